"""At the door: addresses that cannot be, parameters that a page does not take, who asks too often, what took too long."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from cuentas.guardia import disco
from cuentas.guardia.esperas import es_de_la_base, es_de_un_dato, es_por_tiempo
from cuentas.guardia.parametros import DE_TODAS, ParametroInvalido, revisar, revisar_direccion, sin
from cuentas.guardia.respuestas import negar
from cuentas.guardia.ritmo import contar
from cuentas.guardia.turnos import SinTurno
from cuentas.origen import direccion

bitacora = logging.getLogger(__name__)

SEGURAS = {"GET", "HEAD", "OPTIONS"}
# A member is counted by account and not by address, and may do so many times what a visitor may.
MIEMBRO = 4
DESCANSO = 30


class Direcciones:
    """Before anything reads the address: one that no page can mean goes no further."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            revisar_direccion(request)
        except ParametroInvalido as error:
            return negar(request, 400, str(error), volver="/")
        return self.get_response(request)


class Guardia:
    """Once it is known who asks: how often she may, and whether the page takes what she says."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, vista: Any, _args: Any, _kwargs: Any) -> HttpResponseBase | None:
        clase = clase_de(request)
        if clase and (espera := contar(clase, quienes(request, clase), por=veces(request, clase))):
            return demasiadas(request, espera)
        if request.GET and (permitidos := parametros_de(request, vista)) is not None:
            try:
                revisar(request.GET, permitidos)
            except ParametroInvalido as error:
                return dicho(request, error)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        return dicho(request, error)


def parametros_de(request: HttpRequest, vista: Any) -> Iterable[str] | None:
    """What the query string may hold; None where the view sees to it by itself, as the lists of the API do.

    A page that says nothing takes where to go afterwards, and nothing else.
    """
    if (clase := getattr(vista, "cls", None)) is not None:
        accion = getattr(vista, "actions", {}).get(str(request.method).lower(), "list")
        return None if accion == "list" else getattr(clase, "parametros", {}).get(accion, ())
    if "admin" in request.resolver_match.app_names:
        return None
    return getattr(vista, "parametros", DE_TODAS | {"next"})


def dicho(request: HttpRequest, error: BaseException | None) -> HttpResponseBase | None:
    """Errors that are answers: all others go their way, to the page that says that something failed."""
    if isinstance(error, ParametroInvalido):
        return negar(request, 400, str(error), volver=sin(request, error.nombre))
    if isinstance(error, SinTurno):
        mensaje = _("Ya se preparan otras descargas. Pruebe de nuevo en unos segundos.")
        return negar(request, 503, mensaje, espera=error.espera)
    if disco.es_falta_de_espacio(error):
        bitacora.error("Falta espacio en el disco", exc_info=error)
        return disco.respuesta(request)
    if es_por_tiempo(error):
        bitacora.warning("Se dejó una consulta por demorar demasiado", extra={"ruta": request.path[:200]})
        mensaje = _("Esto demora demasiado. Pida menos de una vez, o pruebe de nuevo en un momento.")
        return negar(request, 503, mensaje, espera=DESCANSO)
    if es_de_un_dato(error):
        bitacora.warning("Un dato no cabe en la base", exc_info=error)
        return negar(
            request, 400, _("Un dato no puede guardarse: es demasiado grande o trae caracteres que no existen.")
        )
    if es_de_la_base(error):
        bitacora.error("La base de datos no responde", exc_info=error)
        return sin_base(request)
    return None


def clase_de(request: HttpRequest) -> str:
    """The kind of a request, by which it is counted; empty for those that are not."""
    ruta = request.resolver_match.view_name if request.resolver_match else ""
    if request.path.startswith("/api/"):
        return "api" if request.method in SEGURAS else "api_escritura"
    if ruta in {"exportar", "paginas:registro-csv"} or request.path.endswith(".pdf"):
        return "exportes"
    if request.method == "POST" and ruta in {"cuentas:ingresar", "admin:login"}:
        return "ingreso"
    return "busqueda" if request.GET.get("q") else ""


def quienes(request: HttpRequest, clase: str) -> list[str]:
    """For whom a request is counted: the account; of a visitor, the address; who tries to enter, for both."""
    if clase == "ingreso":
        cuenta = request.POST.get("username", "").strip().lower()[:150]
        return [f"direccion:{direccion(request)}", *([f"cuenta:{cuenta}"] if cuenta else [])]
    if request.user.is_authenticated:
        return [f"miembro:{request.user.pk}"]
    return [f"direccion:{direccion(request)}"]


def veces(request: HttpRequest, clase: str) -> int:
    return MIEMBRO if clase != "ingreso" and request.user.is_authenticated else 1


def demasiadas(request: HttpRequest, espera: int) -> HttpResponseBase:
    mensaje = _("Son demasiados pedidos seguidos. Espere %(n)s segundos y pruebe de nuevo.") % {"n": espera}
    return negar(request, 429, mensaje, espera=espera)


def sin_base(request: HttpRequest) -> HttpResponseBase:
    """The database does not answer."""
    mensaje = _("La base de datos no responde en este momento. Lo que ya se guardó está a salvo; pruebe en un minuto.")
    return negar(request, 503, mensaje, espera=DESCANSO)
