"""Publishing one feature, and taking it back, through the API."""

from collections.abc import Callable

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from territorio.api.comun import RASGO
from territorio.api.cuerpo import JSONEstricto
from territorio.api.versiones import IF_MATCH, ConVersionLeida, con_etiqueta, version_leida


class PublicableMixin:
    """A viewset names the service that `publica`, and its `accion`."""

    publica: Callable[..., list]
    parser_classes = [JSONEstricto]

    def retrieve(self, request: Request, *args, **kwargs) -> Response:
        respuesta = super().retrieve(request, *args, **kwargs)
        return con_etiqueta(respuesta, respuesta.data["properties"]["version"])

    @extend_schema(parameters=[IF_MATCH], request=ConVersionLeida, responses={200: RASGO})
    @action(detail=True, methods=["post"])
    def publicar(self, request: Request, pk: str) -> Response:
        """Desde ahora lo ven todos."""
        return self._cambiar(request, publicar=True)

    @extend_schema(parameters=[IF_MATCH], request=ConVersionLeida, responses={200: RASGO})
    @action(detail=True, methods=["post"])
    def retirar(self, request: Request, pk: str) -> Response:
        """Desde ahora lo ven solo los miembros del municipio."""
        return self._cambiar(request, publicar=False)

    def _cambiar(self, request: Request, *, publicar: bool) -> Response:
        objeto = self.get_object()
        cuerpo = ConVersionLeida(data=request.data)
        cuerpo.is_valid(raise_exception=True)
        leida = version_leida(request, cuerpo.validated_data.get("version"))
        type(self).publica(por=request.user, versiones={objeto.pk: leida}, publicar=publicar)
        datos = self.get_serializer(self.get_queryset().get(pk=objeto.pk)).data
        return con_etiqueta(Response(datos), datos["properties"]["version"])
