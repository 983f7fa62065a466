"""Areas in m² of many polygons at once, in an equal-area plane of the WGS84 ellipsoid."""

from __future__ import annotations

import numpy as np
import shapely

SEMIEJE = 6_378_137.0
_E2 = 0.00669437999014
_E = _E2**0.5
METROS_POR_GRADO = 111_195.0  # of a great circle, for widths and distances said to people


def plano(lonlat: np.ndarray) -> np.ndarray:
    """Take degrees to metres by the cylindrical equal-area projection (Lambert; Snyder 1987, p. 81, standard parallel 0).

    It keeps areas exactly. Edges are straight here and geodesics on the ground: under 0.05 % of the area for a polygon
    of one degree with a vertex at each corner, and nothing to speak of for borders as they are drawn.
    """
    seno = np.sin(np.radians(lonlat[:, 1]))
    q = (1 - _E2) * (seno / (1 - _E2 * seno**2) - np.log((1 - _E * seno) / (1 + _E * seno)) / (2 * _E))
    return np.column_stack([np.radians(lonlat[:, 0]) * SEMIEJE, q * SEMIEJE / 2])


def areas_m2(geometrias: np.ndarray | list) -> np.ndarray:
    """Area of each geometry (EPSG:4326; lines and points have none; None gives 0)."""
    arreglo = np.asarray(geometrias, dtype=object)
    return np.nan_to_num(shapely.area(shapely.transform(arreglo, plano))) if len(arreglo) else np.zeros(0)


def area_m2(geometria) -> float:
    return float(areas_m2([geometria])[0])


def largos_m(geometrias: np.ndarray | list) -> np.ndarray:
    """Length of each line, or perimeter of each polygon, by scaling degrees at its own latitude: good to half a percent."""
    arreglo = np.asarray(geometrias, dtype=object)
    if not len(arreglo):
        return np.zeros(0)
    medias = np.nan_to_num(shapely.bounds(arreglo)[:, [1, 3]].mean(axis=1))
    cuentas = shapely.get_num_coordinates(arreglo)
    escala = np.repeat(np.cos(np.radians(medias)), cuentas)
    escalados = shapely.set_coordinates(
        arreglo.copy(), shapely.get_coordinates(arreglo) * np.column_stack([escala, np.ones_like(escala)])
    )
    return np.nan_to_num(shapely.length(escalados)) * METROS_POR_GRADO


def distancia_m(a, b) -> float:
    """Distance between two points, in metres, good to half a percent within a country."""
    escala = np.cos(np.radians((a.y + b.y) / 2))
    return float(np.hypot((a.x - b.x) * escala, a.y - b.y) * METROS_POR_GRADO)


def en_palabras(m2: float) -> str:
    """An area as people say it: `94 m²`, `8,9 ha`, `1.019,0 km²`."""
    if m2 < 10_000:
        return f"{m2:,.0f} m²".replace(",", ".")
    valor, medida = (m2 / 10_000, "ha") if m2 < 1e6 else (m2 / 1e6, "km²")
    return f"{valor:,.1f} {medida}".translate(str.maketrans(",.", ".,"))
