"""Areas of influence: of the units of a level known only by a point, the ground that is nearer to each than to the others.

An estimate to see by, never a limit: it is not stored, places nothing, and serves nobody.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import cos, radians

import shapely
from shapely.geometry.base import BaseGeometry

from territorio.fechas import hoy
from territorio.models import Limite, Nivel, UnidadTerritorial

METODO = "voronoi"


@dataclass(frozen=True)
class Area:
    """The area of influence of a unit (EPSG:4326): `en` is whose limit cuts it, `comparten` how many have that point."""

    unidad: UnidadTerritorial
    geom: BaseGeometry
    en: UnidadTerritorial
    comparten: int


def influencia(municipio: UnidadTerritorial, nivel: Nivel) -> list[Area]:
    """One area for each unit of `nivel` that has a point, no limit, and lies in the municipality.

    A point's area is cut by the limit of its parent where that holds the point, else of the sibling of its parent that
    does, else by what no such limit takes of the municipality. Ground inside a limit of the level itself is that unit's,
    and no area takes it. Points in one place share one area.
    """
    unidades = _solo_con_punto(municipio, nivel)
    if not unidades:
        return []
    recintos = _recintos(municipio, unidades)
    grupos: dict[int, list[UnidadTerritorial]] = defaultdict(list)
    for unidad in unidades:
        if (recinto := _recinto_de(unidad, recintos, municipio)) is not None:
            grupos[recinto].append(unidad)
    ocupado = _ocupado(municipio, nivel)
    areas = []
    for pk, suyas in grupos.items():
        dueno, limite = recintos[pk]
        for unidad, geom, comparten in _repartir(suyas, limite):
            libre = geom if ocupado is None else _poligonos(geom.difference(ocupado))
            if libre is not None:
                areas.append(Area(unidad, libre, dueno, comparten))
    return sorted(areas, key=lambda area: (area.unidad.nombre, area.unidad.pk))


def _solo_con_punto(municipio: UnidadTerritorial, nivel: Nivel) -> list[UnidadTerritorial]:
    con_limite = Limite.objects.en_vigor().filter(unidad__municipio=municipio, unidad__nivel=nivel).values("unidad")
    unidades = UnidadTerritorial.objects.filter(municipio=municipio, nivel=nivel, punto__isnull=False).vigentes()
    return list(unidades.exclude(pk__in=con_limite).select_related("padre").order_by("pk"))


def _ocupado(municipio: UnidadTerritorial, nivel: Nivel) -> BaseGeometry | None:
    """The ground of the level's own limits, which are known and need no estimate."""
    limites = Limite.objects.en_vigor().filter(unidad__municipio=municipio, unidad__nivel=nivel)
    geoms = [shapely.from_wkb(bytes(geom.wkb)) for geom in limites.values_list("geom", flat=True)]
    return shapely.union_all(geoms) if geoms else None


def _recintos(
    municipio: UnidadTerritorial, unidades: list[UnidadTerritorial]
) -> dict[int, tuple[UnidadTerritorial, BaseGeometry]]:
    """Limits that may cut an area, by unit: those of the levels that parents are of and, less those, the municipality's."""
    niveles = {u.padre.nivel_id for u in unidades if u.padre_id and u.padre_id != municipio.pk}
    limites = Limite.objects.en_vigor().filter(unidad__vigencia__contains=hoy()).select_related("unidad")
    recintos = {}
    for limite in limites.filter(unidad__municipio=municipio, unidad__nivel__in=niveles):
        recintos[limite.unidad_id] = (limite.unidad, shapely.from_wkb(bytes(limite.geom.wkb)))
    entero = limites.filter(unidad=municipio).first()
    if entero is not None:
        resto = shapely.from_wkb(bytes(entero.geom.wkb))
        if recintos:
            resto = resto.difference(shapely.union_all([geom for _unidad, geom in recintos.values()]))
        recintos[municipio.pk] = (municipio, resto)
    for _unidad, geom in recintos.values():
        shapely.prepare(geom)
    return recintos


def _recinto_de(
    unidad: UnidadTerritorial,
    recintos: dict[int, tuple[UnidadTerritorial, BaseGeometry]],
    municipio: UnidadTerritorial,
) -> int | None:
    """Which of the limits cuts the area of a unit; None where none holds its point (it is told, not drawn)."""
    punto = shapely.Point(unidad.punto.x, unidad.punto.y)
    posibles = [unidad.padre_id, *(pk for pk in sorted(recintos) if pk != municipio.pk), municipio.pk]
    return next((pk for pk in posibles if pk in recintos and shapely.covers(recintos[pk][1], punto)), None)


def _repartir(
    unidades: list[UnidadTerritorial], recinto: BaseGeometry
) -> list[tuple[UnidadTerritorial, BaseGeometry, int]]:
    """Voronoi cells of the points, cut by `recinto`: longitudes are shortened first, so that nearer means in metres."""
    por_punto: dict[tuple[float, float], list[UnidadTerritorial]] = defaultdict(list)
    for unidad in unidades:
        por_punto[unidad.punto.x, unidad.punto.y].append(unidad)
    puntos = list(por_punto)
    celdas = [recinto] if len(puntos) == 1 else _celdas(puntos, recinto)
    repartidas = []
    for lugar, celda in zip(puntos, celdas, strict=True):
        geom = _poligonos(celda if shapely.contains_properly(recinto, celda) else recinto.intersection(celda))
        if geom is not None:
            repartidas += [(unidad, geom, len(por_punto[lugar])) for unidad in por_punto[lugar]]
    return repartidas


def _celdas(puntos: list[tuple[float, float]], recinto: BaseGeometry) -> list[BaseGeometry]:
    achicar = cos(radians(sum(lat for _lon, lat in puntos) / len(puntos)))
    oeste, sur, este, norte = recinto.bounds
    marco = shapely.box(oeste * achicar, sur, este * achicar, norte)
    llanos = shapely.MultiPoint([(lon * achicar, lat) for lon, lat in puntos])
    celdas = shapely.voronoi_polygons(llanos, extend_to=marco, ordered=True)
    return [shapely.transform(celda, lambda xy: xy / [achicar, 1]) for celda in celdas.geoms]


def _poligonos(geom: BaseGeometry) -> BaseGeometry | None:
    """The polygons of a cut, without the lines and points where it only touched."""
    partes = [p for p in getattr(geom, "geoms", [geom]) if p.geom_type == "Polygon" and not p.is_empty]
    return shapely.multipolygons(partes) if partes else None
