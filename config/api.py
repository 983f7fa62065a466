"""What the whole API shares: who may write through it, and the one table of domain errors and statuses."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ErrorDeValidacion
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import permissions, status
from rest_framework.response import Response

from cuentas.guardia import disco
from cuentas.permisos import FaltaSegundoFactor, exigir
from cuentas.versiones import FaltaVersion, VersionVieja
from demandas.services.flujo import PasoImposible
from mapas.filtros import FiltroInvalido, SinMunicipio
from proyectos.services.tramite import EstadoNoPermite
from territorio.services.deposito import ArchivoRechazado
from territorio.services.importaciones import NoCorresponde
from territorio.services.unidades import NoSePuedeBorrar

ESTADOS: dict[type[Exception], int] = {
    FiltroInvalido: status.HTTP_400_BAD_REQUEST,
    SinMunicipio: status.HTTP_404_NOT_FOUND,
    FaltaVersion: status.HTTP_428_PRECONDITION_REQUIRED,
    VersionVieja: status.HTTP_409_CONFLICT,
    EstadoNoPermite: status.HTTP_409_CONFLICT,
    PasoImposible: status.HTTP_409_CONFLICT,
    NoSePuedeBorrar: status.HTTP_409_CONFLICT,
    ArchivoRechazado: status.HTTP_400_BAD_REQUEST,
    NoCorresponde: status.HTTP_409_CONFLICT,
}


class SegunRol(permissions.BasePermission):
    """Anybody reads what each queryset gives; a view is written through only by who may do its `accion`.

    A view without `accion` is read only. Where the municipality is known only from the body, the service decides.
    """

    message = gettext_lazy("Su rol no permite escribir esto.")

    def has_permission(self, request, view) -> bool:
        if request.method in permissions.SAFE_METHODS:
            return True
        return getattr(view, "accion", None) is not None and request.user.is_authenticated and request.user.is_active

    def has_object_permission(self, request, view, obj) -> bool:
        if request.method in permissions.SAFE_METHODS:
            return True
        municipio = obj.municipio_propio if hasattr(obj, "municipio_propio") else obj.municipio
        exigir(request.user, view.accion, municipio, obj if hasattr(obj, "localizaciones") else None)
        return True


def manejar_error(error: Exception, contexto: dict) -> Response | None:
    """Answer errors in one shape: {"error": message, "detalle": what a serializer or filter says}."""
    from rest_framework.views import exception_handler, set_rollback  # reads these very settings while it loads

    estado = next((codigo for tipo, codigo in ESTADOS.items() if isinstance(error, tipo)), None)
    if estado is not None:
        set_rollback()
        dicho: dict[str, Any] = {"error": str(error) or _("No hay ningún municipio cargado.")}
        if isinstance(error, VersionVieja):
            dicho["version"] = error.actual
        return Response(dicho, status=estado)
    if isinstance(error, ErrorDeValidacion):
        set_rollback()
        detalle = error.message_dict if hasattr(error, "error_dict") else error.messages
        return Response({"error": _("No se escribió nada: hay datos que corregir."), "detalle": detalle}, status=400)
    if disco.es_falta_de_espacio(error):
        set_rollback()
        return Response({"error": disco.mensaje()}, status=disco.ESTADO, headers={"Retry-After": str(disco.ESPERA)})
    respuesta = exception_handler(error, contexto)
    if respuesta is not None:
        mensaje = _("La petición no se puede atender.")
        if isinstance(error, Http404):
            mensaje = _("No existe.")
        elif isinstance(error, PermissionDenied):
            mensaje = str(error) or _("No tiene permiso.")
        respuesta.data = {"error": mensaje, "detalle": respuesta.data}
        if isinstance(error, FaltaSegundoFactor):
            respuesta.data["falta"] = "segundo_factor"
    return respuesta
