"""What an upload may weigh: counted while it comes in, so that no disk fills before anybody says no."""

from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from territorio.services import deposito


class LimiteDeSubida(FileUploadHandler):
    """Drops what exceeds the limit and leaves `subida_excedida` on the request; the handlers after it store the rest."""

    def __init__(self, request=None) -> None:
        super().__init__(request)
        self._recibido = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._recibido += len(raw_data)
        if self._recibido > deposito.maximo():
            self.request.subida_excedida = True
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
