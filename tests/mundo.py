"""A small world of squares that fits in the head: one step of the grid is 0.01°, from (-65, -17) to the east and north."""

from datetime import date

from django.contrib.gis.geos import LineString, MultiLineString, MultiPolygon, Point, Polygon
from django.db.backends.postgresql.psycopg_any import DateRange

from territorio import cifras
from territorio.localizacion import localizar
from territorio.models import Limite, Nivel, Poblacion, UnidadTerritorial

PASO = 0.01
ORIGEN = (-65.0, -17.0)
SIEMPRE = DateRange(date(2000, 1, 1), None)


def xy(x: float, y: float) -> tuple[float, float]:
    return ORIGEN[0] + x * PASO, ORIGEN[1] + y * PASO


def punto(x: float, y: float) -> Point:
    return Point(*xy(x, y), srid=4326)


def cuadro(x: float, y: float, ancho: float = 1, alto: float | None = None) -> MultiPolygon:
    """A rectangle whose lower left corner is at grid (x, y)."""
    alto = ancho if alto is None else alto
    esquinas = [xy(x, y), xy(x + ancho, y), xy(x + ancho, y + alto), xy(x, y + alto), xy(x, y)]
    return MultiPolygon(Polygon(esquinas), srid=4326)


def linea(*vertices: tuple[float, float]) -> MultiLineString:
    return MultiLineString(LineString([xy(*v) for v in vertices]), srid=4326)


def nivel(codigo: str) -> Nivel:
    return Nivel.objects.get(codigo=codigo)


def unidad(
    codigo_nivel: str,
    codigo: str,
    geom=None,
    *,
    municipio=None,
    padre=None,
    nombre: str = "",
    personas: int | None = None,
    ubicar: bool = True,
) -> UnidadTerritorial:
    """Make a unit, with a limit where `geom` is a polygon, a point where it is a point; localised (unless told)."""
    es_punto = isinstance(geom, Point)
    nueva = UnidadTerritorial.objects.create(
        nivel=nivel(codigo_nivel),
        codigo=codigo,
        nombre=nombre or f"{codigo_nivel} {codigo}",
        municipio=municipio,
        padre=padre or municipio,
        punto=geom if es_punto else None,
    )
    if geom is not None and not es_punto:
        Limite.objects.create(unidad=nueva, geom=geom, vigencia=SIEMPRE, fuente="mundo de prueba")
    if personas is not None:
        Poblacion.objects.create(unidad=nueva, censo=2024, personas=personas)
        if ubicar and geom is None:  # else placing it, now or all at once, does so
            cifras.recalcular([(municipio or nueva).pk])
    if ubicar:
        localizar(UnidadTerritorial.objects.all())
    return nueva
