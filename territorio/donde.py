"""Which units are here: those of every level that cover a place, and the ones near it."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from math import cos, radians

from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point, Polygon
from django.db.models import F, Q

from territorio.fechas import hoy
from territorio.models import Limite, UnidadTerritorial
from territorio.querysets import UnidadQuerySet, pregunta

METROS_POR_GRADO = 111_320


@dataclass(frozen=True)
class Cobertura:
    """A unit whose limit covers the place; `en_disputa` where others of its level claim it too."""

    unidad: UnidadTerritorial
    estado: str
    en_disputa: bool


def donde(punto: Point, en: date | None = None) -> list[Cobertura]:
    """The units of every level that cover `punto` (EPSG:4326) on a day, from the largest to the smallest."""
    limites = (
        Limite.objects.en_vigor(en)
        .filter(geom__covers=punto, unidad__vigencia__contains=en or hoy())
        .select_related("unidad__nivel", "unidad__municipio__nivel", "unidad__padre__nivel")
        .defer("geom", "unidad__punto", "unidad__municipio__punto", "unidad__padre__punto")
        .order_by("unidad__nivel__orden", "unidad__nivel__codigo", "unidad__nombre")
    )
    halladas = [(limite.unidad, limite.estado) for limite in limites]
    por_nivel = Counter(unidad.nivel_id for unidad, _estado in halladas)
    return [Cobertura(unidad, estado, por_nivel[unidad.nivel_id] > 1) for unidad, estado in halladas]


@pregunta
def cercanas_a(unidades: UnidadQuerySet, punto: Point, *, metros: float) -> UnidadQuerySet:
    """Units whose limit or point is within `metros` of `punto` (EPSG:4326), nearest first, with `distancia`."""
    # A box first, in degrees, because it can use the indexes; metres only for what it leaves.
    alto = metros / METROS_POR_GRADO
    ancho = alto / max(cos(radians(punto.y)), 0.01)
    caja = Polygon.from_bbox((punto.x - ancho, punto.y - alto, punto.x + ancho, punto.y + alto))
    caja.srid = 4326
    limites = Limite.objects.en_vigor().filter(geom__bboverlaps=caja).values("unidad")
    return (
        unidades.filter(Q(punto__bboverlaps=caja) | Q(pk__in=limites))
        .con_limite()
        .annotate(distancia=Distance("geometria", punto))
        .filter(distancia__lte=metros)
        .order_by(F("distancia"), "nombre")
    )
