"""Refusals: a page in words for people, {"error", "detalle"} for programs. None of them asks the database for anything."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string


def es_de_programa(request: HttpRequest) -> bool:
    """Whether who asks reads JSON and no page: the API, the outlines that scripts fetch, or who says so."""
    if request.path.startswith("/api/") or request.path.endswith(".json"):
        return True
    acepta = request.headers.get("Accept", "")
    return "application/json" in acepta and "text/html" not in acepta


def negar(
    request: HttpRequest, estado: int, mensaje: str, *, espera: int | None = None, detalle: Any = None, **contexto: Any
) -> HttpResponse:
    """An answer of an error status that has a template of its name; `espera`: seconds after which to try again."""
    respuesta: HttpResponse
    if es_de_programa(request):
        cuerpo = {"error": mensaje} | ({} if detalle is None else {"detalle": detalle})
        respuesta = JsonResponse(cuerpo, status=estado, json_dumps_params={"ensure_ascii": False})
    else:
        pagina = render_to_string(f"{estado}.html", {"mensaje": mensaje, "espera": espera, **contexto})
        respuesta = HttpResponse(pagina, status=estado)
    if espera is not None:
        respuesta["Retry-After"] = str(espera)
    # A refusal is of this moment and of this reader.
    respuesta["Cache-Control"] = "no-store"
    return respuesta
