"""A small drawing of where something lies in its municipality: an SVG of a few kilobytes, no map library."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import cos, radians

from django.contrib.gis.db.models import MultiPolygonField
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import F, Func, Value

from territorio.models import Limite, UnidadTerritorial

ANCHO, ALTO_MAXIMO, MARGEN = 320.0, 300.0, 10.0
# What is drawn smaller than this (in the drawing's units) gets a ring, or nobody would find it.
VISIBLE = 14.0


@dataclass
class Croquis:
    """Paths and points in the drawing's own units; `anillo` is the centre of the ring around something tiny."""

    ancho: float
    alto: float
    fondo: str = ""
    vecinas: list[str] = field(default_factory=list)
    propia: str = ""
    linea: str = ""
    punto: tuple[float, float] | None = None
    anillo: tuple[float, float] | None = None


class _Simplificada(Func):
    function = "ST_Simplify"
    output_field = MultiPolygonField(srid=4326)


@dataclass(frozen=True)
class _Encuadre:
    """Degrees to the drawing's units, with the longitudes shortened as they are at this latitude."""

    oeste: float
    norte: float
    por_lon: float
    por_lat: float

    @classmethod
    def de(cls, caja: tuple[float, float, float, float]) -> tuple["_Encuadre", float, float]:
        oeste, sur, este, norte = caja
        achicar = cos(radians((sur + norte) / 2))
        ancho, alto = max((este - oeste) * achicar, 1e-4), max(norte - sur, 1e-4)
        escala = min((ANCHO - 2 * MARGEN) / ancho, (ALTO_MAXIMO - 2 * MARGEN) / alto)
        encuadre = cls(oeste - MARGEN / escala / achicar, norte + MARGEN / escala, escala * achicar, escala)
        return encuadre, round(ancho * escala + 2 * MARGEN, 1), round(alto * escala + 2 * MARGEN, 1)

    def xy(self, lon: float, lat: float) -> tuple[float, float]:
        return round((lon - self.oeste) * self.por_lon, 1), round((self.norte - lat) * self.por_lat, 1)

    def trazo(self, lineas: Iterable, *, cerrar: bool) -> str:
        partes = (" ".join("{:g},{:g}".format(*self.xy(*c[:2])) for c in linea) for linea in lineas)
        return "".join(f"M{parte}{'Z' if cerrar else ''}" for parte in partes if parte)

    def poligono(self, geom: GEOSGeometry) -> str:
        return self.trazo((anillo.coords for parte in geom for anillo in parte), cerrar=True)


def croquis(municipio: UnidadTerritorial | None, lugar: GEOSGeometry | None) -> Croquis | None:
    """Draw `lugar` (point, multi-line or multi-polygon, EPSG:4326) in `municipio`; None where nothing can be drawn."""
    limites = Limite.objects.en_vigor()
    entero = limites.filter(unidad=municipio).first() if municipio else None
    if lugar is not None and lugar.empty:
        lugar = None
    if lugar is None or (entero is None and lugar.geom_type == "Point"):
        return None
    caja = _unir(entero.geom.extent if entero else None, lugar.extent)
    encuadre, ancho, alto = _Encuadre.de(caja)
    detalle = 0.5 / encuadre.por_lat
    dibujo = Croquis(ancho, alto)
    if entero:
        dibujo.fondo = encuadre.poligono(_multi(entero.geom.simplify(detalle, preserve_topology=True)))
        distritos = limites.filter(unidad__municipio=municipio, unidad__nivel__codigo="distrito")
        simples = distritos.annotate(simple=_Simplificada(F("geom"), Value(detalle))).values_list("simple", flat=True)
        dibujo.vecinas = [encuadre.poligono(_multi(geom)) for geom in simples if geom is not None]
    if lugar.geom_type == "Point":
        dibujo.punto = dibujo.anillo = encuadre.xy(lugar.x, lugar.y)
        return dibujo
    simple = lugar.simplify(detalle, preserve_topology=True)
    if lugar.geom_type in {"Polygon", "MultiPolygon"}:
        dibujo.propia = encuadre.poligono(_multi(simple))
    else:
        lineas = simple if simple.geom_type == "MultiLineString" else [simple]
        dibujo.linea = encuadre.trazo((linea.coords for linea in lineas), cerrar=False)
    oeste, sur, este, norte = lugar.extent
    if max((este - oeste) * encuadre.por_lon, (norte - sur) * encuadre.por_lat) < VISIBLE:
        dibujo.anillo = encuadre.xy((oeste + este) / 2, (sur + norte) / 2)
    return dibujo


def croquis_de_limites(formas: Sequence[GEOSGeometry]) -> list[Croquis]:
    """One drawing per limit (multi-polygons, EPSG:4326, in order of time), all in one frame, over the one before it."""
    caja = None
    for forma in formas:
        caja = _unir(caja, forma.extent)
    if caja is None:
        return []
    encuadre, ancho, alto = _Encuadre.de(caja)
    detalle = 0.5 / encuadre.por_lat
    trazos = [encuadre.poligono(_multi(forma.simplify(detalle, preserve_topology=True))) for forma in formas]
    return [Croquis(ancho, alto, fondo=trazos[i - 1] if i else "", propia=trazo) for i, trazo in enumerate(trazos)]


def lugar_de(unidad: UnidadTerritorial) -> GEOSGeometry | None:
    """The limit in force of a unit, else its point."""
    limite = Limite.objects.en_vigor().filter(unidad=unidad).first()
    return limite.geom if limite else unidad.punto


def croquis_de_unidad(unidad: UnidadTerritorial) -> Croquis | None:
    """A unit in its municipality; a municipality, alone."""
    municipio = unidad.municipio or (unidad if unidad.nivel.codigo == "municipio" else None)
    return croquis(municipio, lugar_de(unidad))


def _multi(geom: GEOSGeometry):
    return (
        geom if geom.geom_type == "MultiPolygon" else [geom] if geom.geom_type == "Polygon" and not geom.empty else []
    )


def _unir(una, otra) -> tuple[float, float, float, float]:
    if una is None:
        return otra
    return min(una[0], otra[0]), min(una[1], otra[1]), max(una[2], otra[2]), max(una[3], otra[3])
