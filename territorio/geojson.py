"""GeoJSON of many features: geometry is written by PostGIS, rows are only strung together, not serialized one by one."""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

GEOMETRIA = models.GeometryField(srid=4326)
# Seven decimals of a degree are about a centimetre.
PRECISION = 7


def geometria_propia() -> Coalesce:
    """A located feature's own geometry, whichever of its three columns holds it."""
    return Coalesce("punto", "linea", "poligono", output_field=GEOMETRIA)


def coleccion(
    queryset: QuerySet, propiedades: dict[str, str], geometria, *, extra: dict[str, Any] | None = None
) -> Iterator[str]:
    """Stream a FeatureCollection in pieces of text, in constant memory.

    `propiedades` maps property names to fields or annotations; `extra` are members of the collection itself, which ends
    with `numberReturned`.
    """
    filas = queryset.annotate(_geojson=AsGeoJSON(geometria, precision=PRECISION)).values_list(
        "pk", "_geojson", *propiedades.values()
    )
    nombres = list(propiedades)
    yield from _coleccion(
        (
            (pk, geojson, dict(zip(nombres, valores, strict=True)))
            for pk, geojson, *valores in filas.iterator(chunk_size=2000)
        ),
        extra,
    )


def coleccion_de_filas(
    filas: Iterable[tuple[int, str | None, dict[str, Any]]], *, extra: dict[str, Any] | None = None
) -> Iterator[str]:
    """The same for rows already at hand: (id, geometry as GeoJSON text, properties)."""
    yield from _coleccion(filas, extra)


def filas(objetos: Iterable[dict[str, Any]], *, extra: dict[str, Any] | None = None) -> Iterator[str]:
    """Stream plain rows as `{…extra, "filas": […], "numberReturned": n}`, in pieces of text."""
    yield "{" + "".join(f"{json.dumps(clave)}:{_json(valor)}," for clave, valor in (extra or {}).items()) + '"filas":['
    cuantas = 0
    for cuantas, objeto in enumerate(objetos, 1):
        yield ("," if cuantas > 1 else "") + _json(objeto)
    yield f'],"numberReturned":{cuantas}}}'


def _coleccion(filas: Iterable[tuple[int, str | None, dict[str, Any]]], extra: dict[str, Any] | None) -> Iterator[str]:
    yield '{"type":"FeatureCollection",'
    for clave, valor in (extra or {}).items():
        yield f"{json.dumps(clave)}:{_json(valor)},"
    yield '"features":['
    lote: list[str] = []
    separador, cuantos = "", 0
    for pk, geometria, propiedades in filas:
        lote.append(
            f'{{"type":"Feature","id":{pk},"properties":{_json(propiedades)},"geometry":{geometria or "null"}}}'
        )
        cuantos += 1
        if len(lote) == 200:
            yield separador + ",".join(lote)
            lote, separador = [], ","
    if lote:
        yield separador + ",".join(lote)
    yield f'],"numberReturned":{cuantos}}}'


def _json(valor: Any) -> str:
    return json.dumps(valor, ensure_ascii=False, default=_simple, separators=(",", ":"))


def _simple(valor: Any) -> Any:
    """Money as an exact decimal text would break charts and GIS alike: as a number, to the cent."""
    if isinstance(valor, Decimal):
        return float(valor)
    return valor.isoformat() if isinstance(valor, date) else str(valor)
