"""Gaps between siblings: land that none of them holds, inside what holds them all or closed in by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from territorio.importacion.geometria import miles
from territorio.importacion.superficies import METROS_POR_GRADO, areas_m2, en_palabras, largos_m
from territorio.importacion.texto import contar

if TYPE_CHECKING:
    from territorio.importacion.plan import FilaUnidad, Plan
    from territorio.models import UnidadTerritorial

AREA_MINIMA_M2 = 1.0
ANCHO_DE_ASTILLA_M = 20.0
FORMAS_POR_BALDOSA = 300
# Following an outline costs by its vertices; beyond these only what is closed in is looked for.
VERTICES_PARA_ABRIR = 200_000
LISTADOS = 5_000
_REJILLA = 1e-11
HUECO, ASTILLA, SIN_CUBRIR = "hueco", "astilla", "sin_cubrir"


@dataclass(frozen=True)
class Hueco:
    """Land that no sibling holds: `hueco` is closed in, `astilla` is thin, `sin_cubrir` is the rest of the parent."""

    tipo: str
    m2: float
    geom: BaseGeometry
    en: str = ""  # name of the parent, "" where there is none with a limit


def regiones(
    filas: list[FilaUnidad], limites: dict[int, BaseGeometry], municipio: UnidadTerritorial | None
) -> list[tuple[str, BaseGeometry]]:
    """Where siblings should leave nothing out: their parents' limits, else the municipality's; none where none has one."""
    padres = {f.padre.pk: f.padre for f in filas if f.padre is not None and f.padre.pk in limites}
    if municipio is not None and municipio.pk in limites:
        if set(padres) - {municipio.pk}:
            padres.pop(municipio.pk, None)
        else:
            padres = {municipio.pk: municipio}
    return [(padres[pk].nombre, limites[pk]) for pk in sorted(padres)]


def buscar(formas: np.ndarray, donde: list[tuple[str, BaseGeometry]]) -> list[Hueco]:
    """Gaps of at least AREA_MINIMA_M2 between `formas` within each region (by name), or between them, largest first."""
    arbol = shapely.STRtree(formas)
    if not donde:
        return _ordenados(_clasificar(_encerrados(formas, arbol), "", None))
    hallados = []
    for nombre, region in donde:
        hallados += _clasificar(_libres(formas, arbol, region), nombre, region)
    return _ordenados(hallados)


def _ordenados(hallados: list[Hueco]) -> list[Hueco]:
    return sorted(hallados, key=lambda h: (-h.m2, h.geom.bounds))


def _libres(formas: np.ndarray, arbol: shapely.STRtree, region: BaseGeometry) -> np.ndarray:
    """The connected parts of `region` that no shape covers.

    Tile by tile: one union of many thousand shapes whose borders don't match costs minutes and a gigabyte, and what it
    costs grows faster than their number. What a tile's edge cuts is put together again.
    """
    cuantas = len(arbol.query(region))
    lados = max(1, round((cuantas / FORMAS_POR_BALDOSA) ** 0.5))
    oeste, sur, este, norte = region.bounds
    xs, ys = np.linspace(oeste, este, lados + 1), np.linspace(sur, norte, lados + 1)
    enteros, cortados = [], []
    for i in range(lados):
        for j in range(lados):
            baldosa = shapely.box(xs[i], ys[j], xs[i + 1], ys[j + 1])
            suelo = region if lados == 1 else shapely.intersection(region, baldosa)
            partes = _descubierto(suelo, formas[np.sort(arbol.query(suelo, predicate="intersects"))])
            en_el_borde = (
                shapely.intersects(baldosa.boundary, partes) if lados > 1 else np.zeros(len(partes), dtype=bool)
            )
            cortados.append(partes[en_el_borde])
            propios = partes[~en_el_borde]
            enteros.append(propios[areas_m2(propios) >= AREA_MINIMA_M2])
    if not any(map(len, cortados)):
        return np.concatenate(enteros)
    # A grid of a millionth of a millimetre, for tiles' edges that cut one border at two doubles next to each other.
    unidos = shapely.get_parts(shapely.union_all(np.concatenate(cortados), grid_size=_REJILLA))
    return np.concatenate([*enteros, _poligonos(unidos)])


def _descubierto(suelo: BaseGeometry, formas: np.ndarray) -> np.ndarray:
    if suelo.is_empty:
        return np.zeros(0, dtype=object)
    libre = shapely.difference(suelo, shapely.union_all(formas)) if len(formas) else suelo
    return _poligonos(shapely.get_parts(libre))


def _encerrados(formas: np.ndarray, arbol: shapely.STRtree) -> np.ndarray:
    """What the shapes close in, and the clefts between them that open outwards and are thinner than a sliver."""
    oeste, sur, este, norte = shapely.total_bounds(formas)
    aire = 10 * ANCHO_DE_ASTILLA_M / METROS_POR_GRADO
    marco = shapely.box(oeste - aire, sur - aire, este + aire, norte + aire)
    partes = _libres(formas, arbol, marco)
    afuera = shapely.intersects(marco.boundary, partes)
    encerrados = partes[~afuera]
    exterior = shapely.union_all(partes[afuera])
    if shapely.get_num_coordinates(exterior) > VERTICES_PARA_ABRIR:
        return encerrados
    radio = ANCHO_DE_ASTILLA_M / 2 / METROS_POR_GRADO
    ancho = shapely.buffer(shapely.buffer(exterior, -radio, join_style="mitre"), radio, join_style="mitre")
    grietas = _poligonos(shapely.get_parts(shapely.difference(exterior, ancho)))
    entre_dos = [i for i, g in enumerate(grietas) if len(arbol.query(g, predicate="intersects")) > 1]
    return np.concatenate([encerrados, grietas[entre_dos]])


def _poligonos(partes: np.ndarray) -> np.ndarray:
    return partes[shapely.get_type_id(partes) == shapely.GeometryType.POLYGON]


def _clasificar(partes: np.ndarray, nombre: str, region: BaseGeometry | None) -> list[Hueco]:
    superficies = areas_m2(partes)
    partes, superficies = partes[superficies >= AREA_MINIMA_M2], superficies[superficies >= AREA_MINIMA_M2]
    if not len(partes):
        return []
    anchos = 2 * superficies / np.maximum(largos_m(partes), 1e-9)
    abiertos = np.zeros(len(partes), dtype=bool)
    if region is not None:
        borde = region.boundary
        shapely.prepare(borde)
        abiertos = shapely.dwithin(borde, partes, 10 * _REJILLA)
    tipos = np.where(anchos < ANCHO_DE_ASTILLA_M, ASTILLA, np.where(abiertos, SIN_CUBRIR, HUECO))
    return [Hueco(str(t), float(m2), g, nombre) for t, m2, g in zip(tipos, superficies, partes, strict=True)]


def decir(hallados: list[Hueco], plan: Plan) -> None:
    """Report the gaps, and apart from them what the siblings leave of their parent."""
    cerrados = [h for h in hallados if h.tipo != SIN_CUBRIR]
    libres = sum(h.m2 for h in hallados if h.tipo == SIN_CUBRIR)
    if libres:
        plan.informe.cuentas["hectareas_sin_cubrir"] = round(libres / 10_000, 2)
    if not cerrados:
        return
    total = sum(h.m2 for h in cerrados)
    plan.informe.cuentas |= {"huecos": len(cerrados), "m2_en_huecos": round(total, 1)}
    plan.informe.listas["huecos"] = [_texto(h) for h in cerrados[:LISTADOS]]
    if len(cerrados) > LISTADOS:
        plan.informe.listas["huecos"].append(f"y {miles(len(cerrados) - LISTADOS)} más pequeños")
    plan.informe.aviso(
        f"{contar(len(cerrados), 'hueco queda', 'huecos quedan')} entre las unidades, en total {en_palabras(total)}: lo que "
        "caiga allí no es de ninguna.",
        "Revise la lista «huecos»; un hueco angosto suele ser un borde que se dibujó dos veces.",
        codigo="huecos",
    )


def _texto(hueco: Hueco) -> str:
    lugar = hueco.geom.representative_point()
    que = "franja angosta" if hueco.tipo == ASTILLA else "hueco"
    dentro = f" en {hueco.en}" if hueco.en else ""
    return f"{que} de {miles(hueco.m2)} m²{dentro}, cerca de longitud {lugar.x:.5f}, latitud {lugar.y:.5f}"
