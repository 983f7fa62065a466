"""What the endpoints share: lists written in one stream by PostGIS, and how the schema describes them."""

import tempfile
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import models
from django.http import FileResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from territorio import geojson
from territorio.fechas import FechaInvalida, leer_dia
from territorio.models import Localizable, Municipio, UnidadTerritorial
from territorio.pasado import como_era

LIMITE_MAXIMO = 50_000
MEMORIA_POR_LISTA = 8 << 20


class ColeccionMixin:
    """List as a streamed GeoJSON collection. A viewset names its `propiedades` and its `geometria()`."""

    propiedades: dict[str, str] = {}

    def geometria(self):
        return geojson.geometria_propia()

    def list(self, request: Request, *args, **kwargs) -> StreamingHttpResponse:  # FileResponse is one
        solo_parametros(request, {*self.filterset_class.base_filters, "limite", "desde", "fecha"})
        dia = dia_pedido(request)
        if dia is None:
            return StreamingHttpResponse(self._cuerpo(request), content_type="application/geo+json")
        with como_era(municipio_pedido(request, self.get_queryset().model), dia):
            # Read whole within the block: a slow line must not hold that day's transaction open.
            leida = tempfile.SpooledTemporaryFile(max_size=MEMORIA_POR_LISTA)  # noqa: SIM115  (closed with the answer)
            leida.writelines(parte.encode() for parte in self._cuerpo(request, limites_al=dia.isoformat()))
        leida.seek(0)
        return FileResponse(leida, content_type="application/geo+json")

    def _cuerpo(self, request: Request, **extra: Any) -> Iterator[str]:
        consulta, cuantas = pagina(request, self.filter_queryset(self.get_queryset()).order_by("pk"))
        return geojson.coleccion(consulta, self.propiedades, self.geometria(), extra=extra | cuantas)


class FilasMixin:
    """List as streamed JSON of plain rows: {"filas": [...], "numberReturned": n}. A viewset names its `columnas`."""

    columnas: dict[str, str] = {}

    def list(self, request: Request, *args, **kwargs) -> StreamingHttpResponse:
        solo_parametros(request, {*self.filterset_class.base_filters, "limite", "desde"})
        consulta, cuantas = pagina(request, self.filas(self.filter_queryset(self.get_queryset())))
        filas = consulta.iterator(chunk_size=5000)
        cuerpo = geojson.filas((dict(zip(self.columnas, fila, strict=True)) for _pk, *fila in filas), extra=cuantas)
        return StreamingHttpResponse(cuerpo, content_type="application/json")

    def filas(self, consulta: models.QuerySet) -> models.QuerySet:
        """The rows of the answer in a stable order: the key, then `columnas`."""
        return consulta.order_by("pk").values_list("pk", *self.columnas.values())


def solo_parametros(request: Request, permitidos: set[str]) -> None:
    for nombre in request.query_params:
        if nombre not in permitidos:
            raise ValidationError({nombre: _("No existe este parámetro.")})


def pagina(request: Request, consulta: models.QuerySet) -> tuple[models.QuerySet, dict[str, int]]:
    """The rows that `desde` and `limite` ask for and, where a page was asked for, how many there are in all.

    Without paging what is returned is all there is, and counting it first would ask everything twice.
    """
    desde, limite = entero(request, "desde", 0, 10**9), entero(request, "limite", LIMITE_MAXIMO, LIMITE_MAXIMO)
    cuantas = {"numberMatched": consulta.count()} if {"limite", "desde"} & set(request.query_params) else {}
    return consulta[desde : desde + limite], cuantas


# GeoJSON (RFC 7946) as the schema describes it: geometry and properties differ by layer.
RASGO = {
    "type": "object",
    "required": ["type", "id", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "integer"},
        "geometry": {"type": "object", "nullable": True, "description": "Geometría GeoJSON en EPSG:4326, o nada."},
        "properties": {"type": "object"},
    },
}
COLECCION = {
    "type": "object",
    "required": ["type", "features", "numberReturned"],
    "properties": {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {"type": "array", "items": RASGO},
        "numberMatched": {"type": "integer", "description": "Cuántos hay en todo, cuando se pide una página."},
        "numberReturned": {"type": "integer"},
    },
}


def filas_de(**columnas: str) -> dict[str, Any]:
    """The schema of a list of plain rows, from the type of each column (`?` after it: may be empty; `textos`: a list)."""
    fila: dict[str, dict[str, Any]] = {
        nombre: {"type": "array", "items": {"type": "string"}}
        if tipo == "textos"
        else {"type": tipo.rstrip("?")} | ({"nullable": True} if tipo.endswith("?") else {})
        for nombre, tipo in columnas.items()
    }
    return {
        "type": "object",
        "required": ["filas", "numberReturned"],
        "properties": {
            "filas": {"type": "array", "items": {"type": "object", "properties": fila}},
            "numberMatched": {"type": "integer", "description": "Cuántas hay en todo, cuando se pide una página."},
            "numberReturned": {"type": "integer"},
        },
    }


PAGINA = [
    OpenApiParameter("limite", int, description=f"Cuántos a lo más (hasta {LIMITE_MAXIMO})."),
    OpenApiParameter("desde", int, description="Cuántos saltar."),
    OpenApiParameter("fecha", date, description="Día pasado cuyos límites, nombres y unidades se usan; hoy si falta."),
]


def dia_pedido(request: Request) -> date | None:
    """The past day of `fecha`; None is today."""
    try:
        return leer_dia(request.query_params.get("fecha", ""))
    except FechaInvalida as e:
        raise ValidationError({"fecha": str(e)}) from e


def municipio_pedido(request: Request, modelo: type[models.Model]) -> UnidadTerritorial | None:
    """The municipality whose past is asked for: only where things lie must be worked out for it."""
    codigo = request.query_params.get("municipio", "").replace("\x00", "")
    municipio = Municipio.objects.filter(codigo=codigo[:80]).first() if codigo else None
    if municipio is None and issubclass(modelo, Localizable):
        raise ValidationError({"municipio": _("Con «fecha» indique también el código de un municipio.")})
    return municipio


def entero(request: Request, nombre: str, defecto: int, maximo: int) -> int:
    texto = request.query_params.get(nombre, "")
    if not texto:
        return defecto
    if not texto.isascii() or not texto.isdecimal() or len(texto) > 9 or int(texto) > maximo:
        raise ValidationError({nombre: _("Debe ser un número entero de 0 a %(maximo)s.") % {"maximo": maximo}})
    return int(texto)
