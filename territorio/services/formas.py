"""Polygons and points that people bring for one unit or for its parts, read by the importer's own reader, in its child.

No geometry reaches GEOS here that the reader has not checked, nor is any repaired in this process.
"""

import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import shapely
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Point
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from territorio.importacion.lector import Lectura, Opciones, leer
from territorio.importacion.texto import normalizar

PARTES_MAXIMAS = 200
_NOMBRES = ("nombre", "name", "denominacion", "nom")
_CODIGOS = ("codigo", "cod", "code", "id")


@dataclass(frozen=True)
class Parte:
    """A unit to be: its name, its code (empty: one is made), and its limit or its point (EPSG:4326), if it has one."""

    nombre: str = ""
    codigo: str = ""
    geom: MultiPolygon | None = None
    punto: Point | None = None
    categoria: str = ""


def leer_partes(ruta: Path, opciones: Opciones | None = None) -> tuple[list[Parte], list[str]]:
    """The units of a file, and what was noticed or repaired, in words; raises `ValidationError` with the remedy."""
    lectura = leer(ruta, opciones or Opciones(caja=settings.MINKA_CAJA))
    errores = [str(p) for p in lectura.problemas if p.gravedad == "error"]
    if errores:
        raise ValidationError({"archivo": errores[:10]})
    if not lectura.filas:
        raise ValidationError({"archivo": _("El archivo no tiene ninguna fila.")})
    if len(lectura.filas) > PARTES_MAXIMAS:
        raise ValidationError(
            {
                "archivo": _("El archivo tiene %(n)s filas; se admiten %(m)s.")
                % {"n": len(lectura.filas), "m": PARTES_MAXIMAS}
            }
        )
    nombre, codigo = _campo(lectura, _NOMBRES), _campo(lectura, _CODIGOS)
    partes = [
        Parte(
            nombre=_texto(fila.atributos.get(nombre)) if nombre else "",
            codigo=_texto(fila.atributos.get(codigo)) if codigo else "",
            **_lugar(fila.geometria, fila.numero),
        )
        for fila in lectura.filas
    ]
    return partes, [str(p) for p in lectura.problemas]


def leer_geojson(geometria: Any) -> MultiPolygon | Point:
    """A GeoJSON geometry (polygon or point) brought as data; raises `ValidationError` on `geom`."""
    rasgo = {"type": "Feature", "properties": {"nombre": "geom"}, "geometry": geometria}
    with tempfile.TemporaryDirectory(prefix="minka-forma-") as carpeta:
        ruta = Path(carpeta) / "geom.geojson"
        ruta.write_text(json.dumps({"type": "FeatureCollection", "features": [rasgo]}), encoding="utf-8")
        try:
            partes, _avisos = leer_partes(ruta)
        except ValidationError as e:
            raise ValidationError({"geom": e.messages}) from None
    lugar = partes[0].geom or partes[0].punto
    if lugar is None:
        raise ValidationError({"geom": _("Falta la geometría: un polígono o un punto.")})
    return lugar


def como_shapely(geom: GEOSGeometry) -> BaseGeometry:
    return shapely.from_wkb(bytes(geom.wkb))


def como_multipoligono(geom: BaseGeometry) -> MultiPolygon | None:
    """The polygons of a geometry, whatever lines and points came out with them; None where there is none."""
    partes = [p for p in _sueltas(geom) if p.geom_type == "Polygon" and not p.is_empty]
    if not partes:
        return None
    return cast(MultiPolygon, GEOSGeometry(memoryview(shapely.to_wkb(shapely.MultiPolygon(partes))), srid=4326))


def _sueltas(geom: BaseGeometry) -> Iterable[BaseGeometry]:
    if not hasattr(geom, "geoms"):
        return [geom]
    return [p for parte in geom.geoms for p in _sueltas(parte)]


def _lugar(geometria: BaseGeometry | None, fila: int) -> dict[str, Any]:
    if geometria is None:
        return {}
    geom = GEOSGeometry(memoryview(shapely.to_wkb(geometria)), srid=4326)
    if geom.geom_type == "Point":
        return {"punto": geom}
    if geom.geom_type == "MultiPolygon":
        return {"geom": geom}
    raise ValidationError({"archivo": _("Fila %(fila)s: se esperaba un polígono o un punto.") % {"fila": fila}})


def _campo(lectura: Lectura, buscados: tuple[str, ...]) -> str | None:
    """The field called like one of these, or beginning so; the most exact first."""
    normales = {campo: normalizar(campo).replace(" ", "") for campo in lectura.campos}
    for exacto in (True, False):
        for buscado in buscados:
            for campo, normal in normales.items():
                if normal == buscado or (not exacto and normal.startswith(buscado)):
                    return campo
    return None


def _texto(valor: Any) -> str:
    return "" if valor is None else " ".join(str(valor).split())[:200]
