"""What is near a position: the question of a phone that asks "where am I?"."""

from math import cos, radians

from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point, Polygon
from django.db.models import F, Q

from proyectos.querysets.embudo import lugar_de_la_unidad
from territorio.models import Limite
from territorio.querysets import UnidadQuerySet, pregunta

METROS_POR_GRADO = 111_320


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
        .annotate(_lugar=lugar_de_la_unidad())
        .annotate(distancia=Distance("_lugar", punto))
        .filter(distancia__lte=metros)
        .order_by(F("distancia"), "nombre")
    )
