"""What a repair changed: the ground that was drawn and is no longer covered, or is covered and was not drawn."""

from __future__ import annotations

import time

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from territorio.importacion.superficies import areas_m2

VERTICES_MIRADOS = 60_000
DE_UNA_VEZ = 64  # segments whose crossings are counted together
CRUCES_POR_SEGMENTO = 8  # a border has three: itself and its neighbours; a scribble, as many as it has segments
PARTES, VERTICES_DIBUJADOS, MINIMO_M2 = 5, 200, 1.0
DECIMALES = 6


class Cambios:
    """Finds what repairs changed until the seconds allowed for a whole file are spent."""

    def __init__(self, segundos: float = 5.0) -> None:
        self._quedan = segundos

    def __call__(
        self, dibujada: BaseGeometry | None, reparada: BaseGeometry | None
    ) -> tuple[BaseGeometry, float] | None:
        """The changed ground (its largest parts, simplified) and its m²; None where there is none, or it costs too much."""
        if dibujada is None or reparada is None or self._quedan <= 0:
            return None
        inicio = time.monotonic()
        try:
            return _cambiado(dibujada, reparada) if _sencilla(dibujada) else None
        except shapely.errors.GEOSException:
            return None
        finally:
            self._quedan -= time.monotonic() - inicio


def _sencilla(forma: BaseGeometry) -> bool:
    """Whether the borders cross so seldom that filling them as drawn is cheap."""
    if shapely.get_num_coordinates(forma) > VERTICES_MIRADOS:
        return False
    anillos = [shapely.get_coordinates(a) for a in shapely.get_rings(shapely.get_parts(forma))]
    pares = np.concatenate([np.stack([a[:-1], a[1:]], axis=1) for a in anillos])
    segmentos = shapely.linestrings(pares)
    arbol, hallados = shapely.STRtree(segmentos), 0
    for desde in range(0, len(segmentos), DE_UNA_VEZ):
        hallados += arbol.query(segmentos[desde : desde + DE_UNA_VEZ], predicate="intersects").shape[1]
        if hallados > CRUCES_POR_SEGMENTO * len(segmentos):
            return False
    return True


def _cambiado(dibujada: BaseGeometry, reparada: BaseGeometry) -> tuple[BaseGeometry, float] | None:
    # As programs fill a crossing border: a point is inside where lines are crossed an odd number of times.
    como_se_ve = shapely.make_valid(dibujada, method="linework")
    distinto = shapely.get_parts(shapely.symmetric_difference(como_se_ve, reparada))
    distinto = distinto[shapely.get_type_id(distinto) == shapely.GeometryType.POLYGON]
    if not len(distinto):
        return None
    m2 = np.array(areas_m2(list(distinto)))
    mayores = distinto[np.argsort(-m2, kind="stable")[:PARTES]]
    if (total := float(m2.sum())) < MINIMO_M2:
        return None
    forma, grados = shapely.multipolygons(mayores), 1e-5
    while shapely.get_num_coordinates(forma) > VERTICES_DIBUJADOS and grados < 1:
        forma, grados = shapely.simplify(forma, grados, preserve_topology=True), grados * 4
    return shapely.transform(forma, lambda xy: np.round(xy, DECIMALES)), total
