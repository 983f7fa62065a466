"""What each request of a signed-in person goes through: how long a session lives, and whether it lacks the second step."""

from collections.abc import Callable
from time import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from cuentas.permisos import FaltaSegundoFactor, verificada
from cuentas.rutas import es_libre
from cuentas.segundo_factor import debe

VISTO = "visto"
CADA = 300  # seconds between two notes of the same session's use


class SegundoPaso:
    """Leads to the second step who needs it: by role, on every page; by what is being done, where `exigir` says so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and time() - request.session.get(VISTO, 0) > CADA:
            request.session[VISTO] = int(time())  # saved, and so lives on: an idle one ends at SESSION_COOKIE_AGE
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view_func: Callable, args: Any, kwargs: Any) -> HttpResponse | None:
        usuario, ruta = request.user, request.resolver_match
        if not usuario.is_authenticated or ruta is None or es_libre(ruta.view_name):
            return None
        if verificada(usuario) or not debe(usuario, getattr(request, "membresias", None)):
            return None
        if hasattr(view_func, "cls"):  # a view of the API
            mensaje = _("Su rol pide entrar con el segundo paso: hágalo en las páginas de Minka.")
            return JsonResponse({"error": mensaje, "detalle": mensaje, "falta": "segundo_factor"}, status=403)
        return al_segundo_paso(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return al_segundo_paso(request) if isinstance(exception, FaltaSegundoFactor) else None


def al_segundo_paso(request: HttpRequest) -> HttpResponse:
    """To the page that asks for the code, and from there back to where the person was."""
    destino = f"{reverse('cuentas:segundo-paso')}?{urlencode({'next': _donde_estaba(request)})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": destino})
    return redirect(destino)


def _donde_estaba(request: HttpRequest) -> str:
    """The address itself, or the page whose form was sent: a POST is not done again by itself."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    anterior = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(anterior, {request.get_host()}):
        return "/"
    partes = urlsplit(anterior)
    return f"{partes.path}?{partes.query}" if partes.query else partes.path
