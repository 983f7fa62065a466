"""Which static files the capture page needs without network, and one version of all of them."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.templatetags.static import static

MODULOS = (
    "almacen", "borrador", "catalogo", "conflicto", "envio", "exif", "fotos", "lista", "lugar", "mapa", "numeros", "pasos",
    "principal", "repaso", "salida", "textos",
)  # fmt: skip
_LETRA = "terceros/source-sans-3/source-sans-3-latin-{}-normal.woff2"
ARCHIVOS = (
    "terceros/bootstrap/css/bootstrap.min.css",
    "minka/minka.css",
    "minka/minka.js",
    "minka/marca.svg",
    "minka/captura/captura.css",
    *(f"minka/captura/{modulo}.js" for modulo in MODULOS),
    "terceros/leaflet/leaflet.css",
    "terceros/leaflet/leaflet.js",
    *(_LETRA.format(peso) for peso in (400, 600, 700)),
)


def direcciones() -> list[str]:
    """Of all that is kept: the form, its steps and its map."""
    return [static(archivo) for archivo in ARCHIVOS]


def del_mapa() -> dict[str, Any]:
    """What the map brings once somebody opens it, and the background tiles of the settings."""
    return {
        "guion": static("terceros/leaflet/leaflet.js"),
        "estilo": static("terceros/leaflet/leaflet.css"),
        "base": settings.MINKA_MAPA_BASE,
        "credito": settings.MINKA_MAPA_BASE_CREDITO,
        "caja": settings.MINKA_CAJA,
    }


def version() -> str:
    """Of the files and of the worker itself."""
    # Sealed addresses carry a digest of what they hold; others are told apart by when they were written.
    if settings.ESTATICOS_SELLADOS:
        return _resumen("\n".join(direcciones()))
    marcas = [
        f"{archivo} {Path(hallado).stat().st_mtime_ns}" for archivo in ARCHIVOS if (hallado := finders.find(archivo))
    ]
    return _resumen("\n".join([*direcciones(), *marcas]))


@cache
def _resumen(texto: str) -> str:
    guion = get_template("demandas/captura/sw.js").template.source  # type: ignore[attr-defined]
    return hashlib.sha256(f"{guion}{texto}".encode()).hexdigest()[:16]
