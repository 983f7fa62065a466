"""What the whole API shares: its permission for now (reading), and the one table of domain errors and statuses."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import permissions, status
from rest_framework.response import Response

from mapas.filtros import FiltroInvalido, SinMunicipio

ESTADOS: dict[type[Exception], int] = {
    FiltroInvalido: status.HTTP_400_BAD_REQUEST,
    SinMunicipio: status.HTTP_404_NOT_FOUND,
}


class SoloLectura(permissions.BasePermission):
    """Nothing is written through the API yet; what may be read is decided by each queryset."""

    def has_permission(self, request, view) -> bool:
        return request.method in permissions.SAFE_METHODS


def manejar_error(error: Exception, contexto: dict) -> Response | None:
    """Answer errors in one shape: {"error": message, "detalle": what a serializer or filter says}."""
    from rest_framework.views import exception_handler  # that module reads these very settings while it loads

    estado = next((codigo for tipo, codigo in ESTADOS.items() if isinstance(error, tipo)), None)
    if estado is not None:
        return Response({"error": str(error) or "No hay ningún municipio cargado."}, status=estado)
    respuesta = exception_handler(error, contexto)
    if respuesta is not None:
        mensaje = {Http404: "No existe.", PermissionDenied: "No tiene permiso."}.get(
            type(error), "La petición no se puede atender."
        )
        respuesta.data = {"error": mensaje, "detalle": respuesta.data}
    return respuesta
