"""Paper: a template becomes a PDF of A4 pages in black and white, with our fonts and without asking any other host."""

from __future__ import annotations

import io
import mimetypes
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import content_disposition_header

from cuentas.guardia.turnos import Turno
from territorio.models import UnidadTerritorial

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

# What addresses of a template are relative to: a host that can't exist, so that nothing but `_recursos` can answer.
_BASE = "https://impresos.invalid/"
_TIPOS = {".woff2": "font/woff2", ".svg": "image/svg+xml"}


def pdf(plantilla: str, contexto: Mapping[str, Any]) -> bytes:
    """The PDF of a template that extends `impresos/base.html`, which says what of `contexto` goes in the margins.

    Drawings come as inline SVG, `data:` addresses or `{% static %}`; any other address is left out.
    """
    from weasyprint import HTML  # seconds to load: only who prints waits for it

    html = render_to_string(plantilla, {"hoy": timezone.localdate(), **contexto})
    return HTML(string=html, base_url=_BASE, url_fetcher=_recursos()).write_pdf(pdf_tags=True)


def respuesta_pdf(plantilla: str, contexto: Mapping[str, Any], nombre: str) -> HttpResponse:
    """The same as an answer that a browser shows; `nombre` is the file's, without its ending.

    So many at once, with the downloads; raises `SinTurno`.
    """
    with Turno("exportes", settings.MINKA_EXPORTES_A_LA_VEZ):
        respuesta = HttpResponse(pdf(plantilla, contexto), content_type="application/pdf")
    respuesta["Content-Disposition"] = content_disposition_header(False, f"{nombre}.pdf") or ""
    respuesta["Cache-Control"] = "private, no-cache"
    return respuesta


def pie_de(municipio: UnidadTerritorial, fuente: str = "") -> dict[str, Any]:
    """What the margins of a document need: whose it is and where its data come from."""
    return {"municipio": municipio, "fuente": fuente}


@cache
def _recursos() -> URLFetcher:
    """Who answers WeasyPrint's questions: with our static files and what an address itself holds, else with nothing."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    raiz = _BASE + settings.STATIC_URL.lstrip("/")

    class SoloLoNuestro(URLFetcher):
        def fetch(self, url: str, headers: dict | None = None) -> URLFetcherResponse:
            if url.startswith("data:"):
                return super().fetch(url, headers)
            if not url.startswith(raiz):
                raise ValueError(f"Un impreso no pide nada afuera: {url[:200]}")
            archivo = _estatico(unquote(urlsplit(url).path.removeprefix(settings.STATIC_URL)))
            tipo = _TIPOS.get(archivo.suffix) or mimetypes.guess_type(archivo.name)[0] or "application/octet-stream"
            return URLFetcherResponse(url, io.BytesIO(archivo.read_bytes()), {"Content-Type": tipo})

    return SoloLoNuestro(allowed_protocols={"data"}, allow_redirects=False)


def _estatico(nombre: str) -> Path:
    """Where a static file lies: collected under its sealed name, or in its app's folder; `..` leads nowhere."""
    hallado = finders.find(nombre)
    ruta = Path(hallado if isinstance(hallado, str) else staticfiles_storage.path(nombre))
    if not ruta.is_file():
        raise ValueError(f"No hay un archivo estático «{nombre[:200]}».")
    return ruta
