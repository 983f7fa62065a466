"""Coordinate systems: what a file is in, how it gets to WGS84, and where it would land if it doesn't say."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import pyproj
from pyproj.crs import CoordinateOperation
from pyproj.exceptions import ProjError

# MARGEN's codes are not in zone order.
ZONAS = {
    32719: 19, 32720: 20, 32721: 21,
    5356: 19, 5355: 20, 5357: 21,
    24879: 19, 24880: 20, 24881: 21,
}  # fmt: skip
CANDIDATOS = (4326, *ZONAS)
WGS84 = 4326
# Base system -> the operation EPSG publishes for the whole of Bolivia. Left alone, the library picks ±42 m for PSAD56
# in zone 19 and ±19 m in zone 20, and a Brazilian one for SAD69; systems not listed are refused.
OPERACIONES = {4248: 1202, 4618: 1866, 5354: 5374, 4674: 15894, 4170: 1581}
_DATUMS = {
    "world geodetic system 1984": 4326,
    "provisional south american datum 1956": 4248,
    "south american datum 1969": 4618,
    "marco geodesico nacional de bolivia": 5354,
    "sistema de referencia geocentrico para las americas 2000": 4674,
    "sistema de referencia geocentrico para america del sur 1995": 4170,
}
# National layers overshoot the EPSG box of Bolivia by up to 0.07 degrees.
MARGEN_CAJA = 0.1
_MUESTRA = 20_000

Caja = tuple[float, ...]  # west, south, east, north


class CrsDesconocido(ValueError):
    """A coordinate system that cannot be used; the message is Spanish, for people."""


def indicado(texto: str) -> pyproj.CRS:
    """Read what a person states ("EPSG:24879", "24879", a URN); raises CrsDesconocido."""
    limpio = texto.strip()
    if re.fullmatch(r"(?i)(urn:ogc:def:crs:)?OGC:[\d.]*:?CRS84", limpio):
        return pyproj.CRS.from_epsg(WGS84)
    hallado = re.fullmatch(r"(?i)(?:urn:ogc:def:crs:EPSG:[\d.]*:|EPSG::?)?(\d{4,6})", limpio)
    if not hallado:
        raise CrsDesconocido(f"no se reconoce el sistema de coordenadas {texto[:60]!r}.")
    try:
        crs = pyproj.CRS.from_epsg(int(hallado[1]))
    except ProjError:
        raise CrsDesconocido(f"no existe el sistema de coordenadas EPSG:{hallado[1]}.") from None
    return _horizontal(crs)


def de_wkt(wkt: str) -> pyproj.CRS:
    """Read the WKT of a .prj or of a GeoPackage; raises CrsDesconocido."""
    try:
        crs = _horizontal(pyproj.CRS.from_wkt(wkt))
    except ProjError:
        raise CrsDesconocido("no se entiende la definición del sistema de coordenadas.") from None
    codigo = crs.to_epsg()
    if codigo is None and crs.is_geographic and crs.to_epsg(min_confidence=20) == _base(crs):
        codigo = _base(crs)  # an ESRI .prj differs from EPSG's by the order of its axes
    return pyproj.CRS.from_epsg(codigo) if codigo else crs


def _base(crs: pyproj.CRS) -> int | None:
    """Return the EPSG code of the known datum a system stands on: by its name, since ellipsoids prove nothing."""
    geodesico = crs.geodetic_crs
    datum = geodesico.datum if geodesico is not None else None
    return _DATUMS.get(datum.name.casefold().removesuffix(" ensemble")) if datum is not None else None


def _horizontal(crs: pyproj.CRS) -> pyproj.CRS:
    if crs.is_bound and crs.source_crs is not None:  # a TOWGS84 of the file's own gives way to the pinned operation
        crs = crs.source_crs
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if not (crs.is_projected or crs.is_geographic):
        raise CrsDesconocido(f"{crs.name!r} no es un sistema de coordenadas de mapa.")
    return crs.to_2d()


def nombre(crs: pyproj.CRS) -> str:
    codigo = crs.to_epsg()
    return f"EPSG:{codigo} ({crs.name})" if codigo else crs.name


def iguales(a: pyproj.CRS, b: pyproj.CRS) -> bool:
    return a.equals(b, ignore_axis_order=True) or (a.to_epsg() is not None and a.to_epsg() == b.to_epsg())


@dataclass(frozen=True)
class Transformacion:
    """The way from a system to WGS84; `operacion` is empty when the datum is WGS84 itself."""

    operacion: str
    exactitud: float | None
    aplicar: Callable[[np.ndarray], np.ndarray]  # (n, 2) x/y -> (n, 2) lon/lat


def transformacion(crs: pyproj.CRS) -> Transformacion:
    """Build the one pinned way from `crs` to lon/lat on WGS84 (EPSG:4326); raises CrsDesconocido."""
    base = _base(crs)
    if base is None:
        raise CrsDesconocido(f"no se sabe llevar {nombre(crs)} a WGS 84 en Bolivia con una exactitud conocida.")
    a_base = pyproj.Transformer.from_crs(crs, base, always_xy=True)
    if base == WGS84:
        return Transformacion("", None, _pasos(a_base))
    codigo = OPERACIONES[base]
    operacion = CoordinateOperation.from_epsg(codigo)
    valores = [p.value for p in operacion.params]
    traslacion = f"traslación geocéntrica {', '.join(f'{v:g}' for v in valores)} m"
    return Transformacion(
        f"{operacion.name} [EPSG:{codigo}], {traslacion if any(valores) else 'sin desplazamiento'}, "
        f"exactitud declarada {operacion.accuracy:g} m",
        operacion.accuracy,
        # An operation of EPSG takes and gives latitude, longitude.
        _pasos(a_base, pyproj.Transformer.from_pipeline(f"EPSG:{codigo}") if any(valores) else None),
    )


def _pasos(primero: pyproj.Transformer, latlon: pyproj.Transformer | None = None):
    def aplicar(xy: np.ndarray) -> np.ndarray:
        lon, lat = primero.transform(xy[:, 0], xy[:, 1])
        if latlon is not None:
            lat, lon = latlon.transform(lat, lon)
        return np.column_stack([lon, lat])

    return aplicar


def fuera(lonlat: np.ndarray, caja: Caja) -> np.ndarray:
    """Mark the positions outside the box (with its margin), those that could not be transformed among them."""
    oeste, sur, este, norte = caja
    x, y = lonlat[:, 0], lonlat[:, 1]
    dentro = (x >= oeste - MARGEN_CAJA) & (x <= este + MARGEN_CAJA)
    return ~(dentro & (y >= sur - MARGEN_CAJA) & (y <= norte + MARGEN_CAJA))


def zona_pegada(xy: np.ndarray) -> int | None:
    """Return the UTM zone (19 to 21) whose digits are glued to every easting (19662367.9), if so."""
    if not len(xy):
        return None
    prefijos = np.unique(xy[:, 0] // 1_000_000)
    return int(prefijos[0]) if len(prefijos) == 1 and prefijos[0] in (19, 20, 21) else None


def despegar(xy: np.ndarray, zona: int) -> np.ndarray:
    return xy - np.array([zona * 1_000_000.0, 0.0])


def zona_de(crs: pyproj.CRS) -> int | None:
    codigo = crs.to_epsg()
    return ZONAS.get(codigo or 0) or (int(crs.utm_zone[:-1]) if crs.utm_zone else None)


@dataclass(frozen=True)
class Candidato:
    """A system in which the file would land in the box, and where."""

    crs: str
    nombre: str
    centro: tuple[float, float]
    caja: Caja
    proporcion_dentro: float
    zona_pegada: int | None = None
    invertidos: bool = False  # y before x in the file

    def __str__(self) -> str:
        notas = [f"con la zona {self.zona_pegada} pegada al este"] if self.zona_pegada else []
        notas += ["con los ejes invertidos"] if self.invertidos else []
        caja = " a ".join(f"{x:.3f} {y:.3f}" for x, y in (self.caja[:2], self.caja[2:]))
        return (
            f"{self.crs} ({self.nombre}{', ' + ', '.join(notas) if notas else ''}): centro "
            f"{self.centro[0]:.4f} {self.centro[1]:.4f}, de {caja}"
        )

    def como_dict(self) -> dict:
        return asdict(self)


def candidatos(xy: np.ndarray, caja: Caja) -> list[Candidato]:
    """List the usual systems in which most coordinates fall in the box (axes swapped only if none does)."""
    if not len(xy):
        return []
    muestra = xy[:: max(1, len(xy) // _MUESTRA)]
    return _candidatos(muestra, caja, invertidos=False) or _candidatos(muestra[:, ::-1], caja, invertidos=True)


def _candidatos(xy: np.ndarray, caja: Caja, *, invertidos: bool) -> list[Candidato]:
    zona = zona_pegada(xy)
    if zona:
        xy = despegar(xy, zona)
    hallados = []
    for codigo in CANDIDATOS:
        if zona and ZONAS.get(codigo) != zona:
            continue
        crs = pyproj.CRS.from_epsg(codigo)
        lonlat = transformacion(crs).aplicar(xy)
        dentro = ~fuera(lonlat, caja)
        if dentro.mean() <= 0.5:
            continue
        visibles = lonlat[np.isfinite(lonlat).all(axis=1)]
        (oeste, sur), (este, norte) = visibles.min(axis=0).round(6).tolist(), visibles.max(axis=0).round(6).tolist()
        centro = (round((oeste + este) / 2, 6), round((sur + norte) / 2, 6))
        hallados.append(
            Candidato(
                f"EPSG:{codigo}",
                crs.name,
                centro,
                (oeste, sur, este, norte),
                round(float(dentro.mean()), 4),
                zona,
                invertidos,
            )
        )
    return hallados
