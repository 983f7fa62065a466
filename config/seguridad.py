"""What each answer tells the browser that it may do: load from us, run our scripts, be shown in no frame."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# The position of the reader is asked for by our own pages alone; nothing else of the device is.
PERMISOS = ", ".join(
    ["geolocation=(self)", "fullscreen=(self)"]
    + [f"{cual}=()" for cual in ("camera", "microphone", "payment", "usb", "serial", "midi", "browsing-topics")]
)


def politica_de_contenido(mapa_base: str) -> dict[str, Any]:
    """The directives of the policy: no inline script but the map's, by nonce, and no inline style at all."""
    imagenes = [SELF, "data:", *([origen_de(mapa_base)] if mapa_base else [])]
    return {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": imagenes,
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }


def origen_de(plantilla: str) -> str:
    """Scheme and host of an XYZ template; `{s}` stands for any subdomain."""
    partes = urlsplit(plantilla.replace("{s}", "*"))
    return f"{partes.scheme}://{partes.netloc}"


class Cabeceras:
    """Headers for which Django has no setting."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        respuesta = self.get_response(request)
        respuesta.headers.setdefault("Permissions-Policy", PERMISOS)
        respuesta.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return respuesta
