"""The pages of errors (`handler400` and the rest): in our words, and in JSON for who reads no pages."""

import sys

from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from cuentas.guardia.middleware import dicho
from cuentas.guardia.respuestas import es_de_programa, negar

DEMASIADO = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def error_400(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that cannot be: in our words where we refused it, not in the technical ones of Django."""
    if isinstance(exception, DEMASIADO):
        return negar(request, 413, _("Lo que se envió es demasiado grande para este formulario. No se guardó nada."))
    mensaje = str(exception) if isinstance(exception, BadRequest) else ""
    if es_de_programa(request):
        mensaje = mensaje or _("La petición trae algo que no puede ser.")
    return negar(request, 400, mensaje)


def error_403(request: HttpRequest, exception: Exception) -> HttpResponse:
    if es_de_programa(request):
        return negar(request, 403, str(exception) or _("No tiene permiso."))
    return render(request, "403.html", {"exception": str(exception)}, status=403)


def error_404(request: HttpRequest, exception: Exception) -> HttpResponse:
    if es_de_programa(request):
        return negar(request, 404, _("No existe."))
    return render(request, "404.html", status=404)


def error_500(request: HttpRequest) -> HttpResponseBase:
    """What nobody foresaw; where it was the database that is away or slow, that is said instead."""
    error = sys.exc_info()[1]
    try:
        if (respuesta := dicho(request, error)) is not None:
            return respuesta
        if es_de_programa(request):
            return negar(request, 500, _("Algo falló de nuestro lado. El error quedó registrado."))
        return HttpResponse(render_to_string("500.html"), status=500)
    except Exception:  # nobody stands behind the page of errors
        return HttpResponse("Minka: error 500", status=500, content_type="text/plain; charset=utf-8")


def sin_csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its mark of origin: old, or sent by another site."""
    if es_de_programa(request):
        return negar(request, 403, _("Falta la marca de seguridad del formulario (CSRF), o venció."))
    return HttpResponse(render_to_string("403_csrf.html"), status=403)
