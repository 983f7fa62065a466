"""The method's support material: a guide for who runs the process, a booklet for who takes part in it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from cuentas.guardia.parametros import parametros
from mapas.contexto import municipio_en_uso
from territorio.impresos import respuesta_pdf

GUIAS = {"operador": "Guía para el operador", "cartilla": "Cartilla para el usuario"}


@require_safe
@parametros()
def guia(request: HttpRequest, cual: str) -> HttpResponse:
    """One of `GUIAS` as a page; both are written in Spanish, whatever the language of the screens."""
    contexto = {
        "cual": cual,
        "titulo": GUIAS[cual],
        "partes": f"ayuda/_{cual}.html",
        "pdf": reverse(f"paginas:guia-{cual}-pdf"),
    }
    return render(request, "ayuda/guia.html", contexto)


@require_safe
@parametros()
def guia_pdf(request: HttpRequest, cual: str) -> HttpResponse:
    """The same, to print."""
    contexto = {
        "municipio": municipio_en_uso(request),
        "cual": cual,
        "titulo": GUIAS[cual],
        "partes": f"ayuda/_{cual}.html",
        "impreso": True,
    }
    return respuesta_pdf("ayuda/impresa.html", contexto, f"minka-{cual}")
