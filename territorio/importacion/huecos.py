"""Gaps between siblings: land that none of them holds, inside what holds them all or closed in by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from territorio.importacion.geometria import miles
from territorio.importacion.superficies import METROS_POR_GRADO, areas_m2, largos_m

if TYPE_CHECKING:
    from territorio.importacion.plan import FilaUnidad, Plan
    from territorio.models import UnidadTerritorial

AREA_MINIMA_M2 = 1.0
ANCHO_DE_ASTILLA_M = 20.0
# Closing the outline of an untidy union costs by its vertices; beyond these only what is closed in is looked for.
VERTICES_PARA_CERRAR = 200_000
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
    if not donde:
        union = shapely.union_all(formas)
        return _ordenados(_clasificar(_encerrados(union), "", None))
    arbol = shapely.STRtree(formas)
    hallados = []
    for nombre, region in donde:
        union = shapely.union_all(formas[np.sort(arbol.query(region, predicate="intersects"))])
        hallados += _clasificar(shapely.get_parts(shapely.difference(region, union)), nombre, region)
    return _ordenados(hallados)


def _ordenados(hallados: list[Hueco]) -> list[Hueco]:
    return sorted(hallados, key=lambda h: (-h.m2, h.geom.bounds))


def _encerrados(union: BaseGeometry) -> np.ndarray:
    """Holes of a union, and the clefts that closing its outline by half a sliver's width fills."""
    partes = shapely.get_parts(union)
    contornos = shapely.get_exterior_ring(partes)
    relleno = shapely.union_all(shapely.polygons(contornos[~shapely.is_missing(contornos)]))
    if shapely.get_num_coordinates(union) <= VERTICES_PARA_CERRAR:
        radio = ANCHO_DE_ASTILLA_M / 2 / METROS_POR_GRADO
        cerrado = shapely.buffer(shapely.buffer(relleno, radio, join_style="mitre"), -radio, join_style="mitre")
        relleno = shapely.union(relleno, cerrado)
    return shapely.get_parts(shapely.difference(relleno, union))


def _clasificar(partes: np.ndarray, nombre: str, region: BaseGeometry | None) -> list[Hueco]:
    partes = partes[shapely.get_type_id(partes) == shapely.GeometryType.POLYGON]
    superficies = areas_m2(partes)
    partes, superficies = partes[superficies >= AREA_MINIMA_M2], superficies[superficies >= AREA_MINIMA_M2]
    if not len(partes):
        return []
    anchos = 2 * superficies / np.maximum(largos_m(partes), 1e-9)
    abiertos = np.zeros(len(partes), dtype=bool)
    if region is not None:
        borde = region.boundary
        shapely.prepare(borde)
        abiertos = shapely.intersects(borde, partes)
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
    plan.informe.listas["huecos"] = [_texto(h) for h in cerrados]
    plan.informe.aviso(
        f"quedan {len(cerrados)} huecos entre las unidades, en total {miles(total)} m²: lo que caiga allí no es de ninguna.",
        "Revise la lista «huecos»; un hueco angosto suele ser un borde que se dibujó dos veces.",
        codigo="huecos",
    )


def _texto(hueco: Hueco) -> str:
    lugar = hueco.geom.representative_point()
    que = "franja angosta" if hueco.tipo == ASTILLA else "hueco"
    dentro = f" en {hueco.en}" if hueco.en else ""
    return f"{que} de {miles(hueco.m2)} m²{dentro}, cerca de longitud {lugar.x:.5f}, latitud {lugar.y:.5f}"
