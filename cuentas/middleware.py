"""Tells the database, at the start of each request, who asks; at its end, when even a stream is out, that nobody does."""

from collections.abc import Callable

from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponse

from cuentas.aislamiento import entrar, salir
from cuentas.origen import direccion
from cuentas.permisos import municipios_de


class QuienPregunta:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        request_finished.connect(_al_terminar, dispatch_uid="minka_quien_pregunta")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        usuario = request.user
        contexto = {
            "desde": direccion(request),
            "ruta": request.path[:200],
            "metodo": request.method,
        }
        if usuario.is_authenticated:
            contexto |= {"usuario": usuario.pk, "cuenta": usuario.get_username()}
        entrar(
            municipios=municipios_de(usuario),
            todo=usuario.is_authenticated and usuario.is_active and usuario.is_superuser,
            contexto=contexto,
        )
        return self.get_response(request)


def _al_terminar(**kwargs) -> None:
    salir()
