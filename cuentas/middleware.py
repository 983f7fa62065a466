"""Tells the database, at the start of each request, who asks; at its end, when even a stream is out, that nobody does."""

from collections.abc import Callable
from contextvars import ContextVar

from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponse
from django_guid import get_guid

from cuentas.aislamiento import entrar, salir
from cuentas.auditoria import nueva_vez
from cuentas.origen import direccion
from cuentas.permisos import membresias_de

_dentro: ContextVar[bool] = ContextVar("dentro_de_una_peticion", default=False)


class QuienPregunta:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        request_finished.connect(_al_terminar, dispatch_uid="minka_quien_pregunta")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        usuario = request.user
        request.membresias = membresias = membresias_de(usuario)  # type: ignore[attr-defined]  # read by SegundoPaso
        contexto: dict[str, object] = {
            "desde": direccion(request),
            "ruta": request.path[:200],
            "metodo": request.method,
            "peticion": get_guid(),
            "vez": nueva_vez(),
        }
        if usuario.is_authenticated:
            contexto |= {"usuario": usuario.pk, "cuenta": usuario.get_username()}
        entrar(
            municipios=sorted({municipio for municipio, _rol in membresias}),
            todo=usuario.is_authenticated and usuario.is_active and usuario.is_superuser,
            contexto=contexto,
        )
        _dentro.set(True)
        return self.get_response(request)


def _al_terminar(**kwargs) -> None:
    if _dentro.get():  # else nobody was announced, and the database may not even be there
        _dentro.set(False)
        salir()
