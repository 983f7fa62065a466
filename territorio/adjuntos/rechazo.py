"""Why a file is not kept: a word that the child writes down and the service turns into a sentence. No Django."""


class Rechazo(Exception):
    """The file may not be kept; `codigo` says why, `detalle` what of it."""

    def __init__(self, codigo: str, detalle: str = "") -> None:
        super().__init__(codigo)
        self.codigo, self.detalle = codigo, detalle[:120]
