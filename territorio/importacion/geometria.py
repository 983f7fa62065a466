"""Geometries as a file holds them: checked before GEOS sees them, and made valid after, in the child process."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np
import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

VERTICES_MAXIMOS = 5_000_000
# No unit of land needs more, and what dense borders cost grows with their square where they are jagged.
VERTICES_POR_GEOMETRIA = 250_000
COORDENADA_MAXIMA = 1e8  # UTM with the zone glued on stays below 2.2e7
HONDURA_MAXIMA = 4

_WKB = {1: "Point", 2: "LineString", 3: "Polygon", 4: "Point", 5: "LineString", 6: "Polygon", 7: ""}
_GEOJSON = {"Point": 0, "LineString": 1, "Polygon": 2}
_GEOD = Geod(ellps="WGS84")
_MOTIVOS = {
    "Ring Self-intersection": "un anillo se toca a sí mismo",
    "Self-intersection": "el borde se cruza consigo mismo",
    "Hole lies outside shell": "un hueco queda fuera de su contorno",
    "Holes are nested": "hay huecos dentro de huecos",
    "Nested shells": "hay contornos dentro de contornos",
    "Duplicate Rings": "hay anillos repetidos",
    "Interior is disconnected": "el interior queda partido",
    "Too few points in geometry component": "un anillo tiene muy pocos vértices distintos",
}


class GeometriaRechazada(ValueError):
    """A geometry that must not reach GEOS; carries the machine word and what to tell people."""

    def __init__(self, codigo: str, mensaje: str, remedio: str = ""):
        super().__init__(mensaje)
        self.codigo, self.mensaje, self.remedio = codigo, mensaje, remedio


@dataclass(slots=True)
class Partes:
    """A geometry of one kind: each part is a list of (n, 2) arrays (a polygon's rings, shell first; else just one)."""

    tipo: str  # "Point" | "LineString" | "Polygon"
    partes: list[list[np.ndarray]]
    z: bool = False

    def arreglos(self) -> list[np.ndarray]:
        return [a for parte in self.partes for a in parte]

    def con(self, arreglos: list[np.ndarray]) -> Partes:
        """Return the same shape with other coordinates, in the order of `arreglos()`."""
        siguiente = iter(arreglos)
        return Partes(self.tipo, [[next(siguiente) for _ in parte] for parte in self.partes], self.z)


@dataclass(slots=True)
class Terminada:
    """A finished geometry (EPSG:4326, valid, Point or Multi*) and what had to be done to it."""

    geometria: BaseGeometry | None
    motivo: str = ""  # Spanish; "" when nothing was repaired
    razon: str = ""  # GEOS's own words
    antes_m2: float | None = None
    despues_m2: float | None = None
    dibujada: BaseGeometry | None = None  # as it came, where it was invalid
    detalle: dict = field(default_factory=dict)


def desde_geojson(objeto: object) -> Partes | None:
    """Check a GeoJSON geometry (None or empty gives None); raises GeometriaRechazada."""
    simples: list[tuple[str, list[np.ndarray], bool]] = []
    _geojson(objeto, simples, 0)
    return desde_partes(simples)


def desde_wkb(crudo: bytes | memoryview) -> Partes | None:
    """Check a WKB or EWKB geometry (empty gives None); raises GeometriaRechazada."""
    simples: list[tuple[str, list[np.ndarray], bool]] = []
    try:
        _wkb(memoryview(crudo), 0, simples, 0)
    except (struct.error, IndexError) as e:
        raise GeometriaRechazada("geometria_ilegible", "la geometría está cortada o dañada.") from e
    return desde_partes(simples)


def desde_partes(simples: list[tuple[str, list[np.ndarray], bool]]) -> Partes | None:
    """Join simple parts (type, rings, had Z) of one kind (none gives None); raises GeometriaRechazada."""
    simples = [(tipo, [a for a in anillos if len(a)], z) for tipo, anillos, z in simples if anillos and len(anillos[0])]
    if not simples:
        return None
    tipos = {tipo for tipo, _, _ in simples}
    if len(tipos) > 1:
        raise GeometriaRechazada(
            "coleccion_mixta",
            f"la geometría mezcla tipos ({', '.join(sorted(tipos))}).",
            "Separe puntos, líneas y polígonos en filas o en capas distintas.",
        )
    partes = Partes(tipos.pop(), [anillos for _, anillos, _ in simples], any(z for _, _, z in simples))
    _revisar(partes)
    if partes.tipo == "Point" and len(partes.partes) > 1:
        raise GeometriaRechazada(
            "multipunto", f"la fila tiene {len(partes.partes)} puntos.", "Deje un solo punto por fila."
        )
    return partes


def _revisar(partes: Partes) -> None:
    arreglos = partes.arreglos()
    vertices = sum(map(len, arreglos))
    if vertices > VERTICES_POR_GEOMETRIA:
        raise _muchos_vertices(vertices)
    todas = arreglos[0] if len(arreglos) == 1 else np.concatenate(arreglos)
    if not np.isfinite(todas).all():
        raise GeometriaRechazada(
            "coordenada_no_finita", "tiene coordenadas que no son números (NaN o infinito).", "Vuelva a digitalizarla."
        )
    mayor = float(np.abs(todas).max())
    if mayor > COORDENADA_MAXIMA:
        raise GeometriaRechazada(
            "coordenada_desmedida", f"tiene una coordenada imposible ({mayor:.3g}).", "Vuelva a digitalizarla."
        )


def _geojson(objeto: object, simples: list, hondura: int) -> None:
    if objeto is None:
        return
    if not isinstance(objeto, dict) or not isinstance(objeto.get("type"), str):
        raise GeometriaRechazada("geometria_ilegible", "la geometría no tiene la forma que manda GeoJSON.")
    tipo = objeto["type"]
    if tipo == "GeometryCollection":
        if hondura >= HONDURA_MAXIMA:
            raise _muy_honda()
        for miembro in _lista(objeto.get("geometries")):
            _geojson(miembro, simples, hondura + 1)
        return
    base = tipo.removeprefix("Multi")
    if base not in _GEOJSON:
        raise GeometriaRechazada("tipo_no_admitido", f"tipo de geometría no admitido: {tipo[:40]!r}.")
    coordenadas = _lista(objeto.get("coordinates"))
    partes = coordenadas if tipo != base else ([coordenadas] if coordenadas else [])
    for parte in partes:
        anillos = [[parte]] if base == "Point" else [parte] if base == "LineString" else _lista(parte)
        leidos = [_posiciones(anillo) for anillo in anillos]
        simples.append((base, [a for a, _ in leidos], any(z for _, z in leidos)))


def _lista(objeto: object) -> list:
    if not isinstance(objeto, list):
        raise GeometriaRechazada("geometria_ilegible", "las coordenadas no tienen la forma que manda GeoJSON.")
    return objeto


def _posiciones(lista: object) -> tuple[np.ndarray, bool]:
    """Turn a list of positions into an (n, 2) array, and say whether there were more ordinates."""
    lista = _lista(lista)
    if not lista:
        return np.empty((0, 2)), False
    if len(lista) > VERTICES_POR_GEOMETRIA:
        raise _muchos_vertices(len(lista))
    try:
        a = np.array(lista)
    except (ValueError, OverflowError):
        a = None
    if a is None or a.dtype.kind not in "iuf" or a.ndim != 2 or a.shape[1] < 2:
        a = np.array([_posicion(p) for p in lista])  # mixed 2 and 3 ordinates, or an error to name
        return a, any(len(p) > 2 for p in lista)
    return a[:, :2].astype(float), a.shape[1] > 2


def _posicion(p: object) -> tuple[float, float]:
    if isinstance(p, list) and len(p) >= 2 and all(type(v) in (int, float) for v in p):
        try:
            return float(p[0]), float(p[1])
        except OverflowError:
            raise GeometriaRechazada("coordenada_desmedida", "tiene una coordenada imposible.") from None
    raise GeometriaRechazada(
        "geometria_ilegible", "tiene una posición que no es un par de números.", "Vuelva a exportar la capa."
    )


def _wkb(crudo: memoryview, pos: int, simples: list, hondura: int) -> int:
    if hondura > HONDURA_MAXIMA:
        raise _muy_honda()
    orden = "<" if crudo[pos] == 1 else ">"
    (codigo,) = struct.unpack_from(orden + "I", crudo, pos + 1)
    pos += 5
    if codigo & 0x20000000:  # EWKB carries an SRID
        pos += 4
    z, m = bool(codigo & 0x80000000), bool(codigo & 0x40000000)
    codigo &= 0x0FFFFFFF
    z, m = z or codigo // 1000 in (1, 3), m or codigo // 1000 in (2, 3)
    codigo %= 1000
    if codigo not in _WKB:
        raise GeometriaRechazada(
            "tipo_no_admitido",
            f"tipo de geometría no admitido (curva o superficie, código {codigo}).",
            "Conviértala en líneas o polígonos simples.",
        )
    tipo, dimensiones = _WKB[codigo], 2 + z + m
    if codigo >= 4:
        (n,) = struct.unpack_from(orden + "I", crudo, pos)
        pos += 4
        for _ in range(n):  # a false count ends at the first missing byte
            pos = _wkb(crudo, pos, simples, hondura + 1)
        return pos
    anillos = 1
    if codigo == 3:
        (anillos,) = struct.unpack_from(orden + "I", crudo, pos)
        pos += 4
    leidos = []
    for _ in range(anillos):
        n = 1
        if codigo != 1:
            (n,) = struct.unpack_from(orden + "I", crudo, pos)
            pos += 4
        fin = pos + n * dimensiones * 8
        if fin > len(crudo):
            raise IndexError
        a = np.frombuffer(crudo[pos:fin], dtype=orden + "f8").reshape(n, dimensiones)[:, :2].astype(float)
        if codigo == 1 and np.isnan(a).all():
            a = a[:0]  # how WKB writes an empty point
        leidos.append(a)
        pos = fin
    simples.append((tipo, leidos, z or m))
    return pos


def _muchos_vertices(vertices: int) -> GeometriaRechazada:
    return GeometriaRechazada(
        "demasiados_vertices",
        f"la geometría tiene {miles(vertices)} vértices; el máximo es {miles(VERTICES_POR_GEOMETRIA)}.",
        "Simplifíquela o divídala.",
    )


def _muy_honda() -> GeometriaRechazada:
    return GeometriaRechazada("geometria_anidada", "la geometría tiene colecciones dentro de colecciones.")


def terminar(partes: Partes) -> Terminada:
    """Build the geometry (coordinates already lon/lat) and repair it if invalid; raises GeometriaRechazada."""
    if partes.tipo == "Point":
        return Terminada(shapely.Point(partes.partes[0][0][0]))
    if partes.tipo == "LineString":
        return _terminar_linea(partes)
    poligonos: list[BaseGeometry] = []
    notas: list[str] = []
    for anillos in partes.partes:
        cerrados = [_cerrar(a, notas) for a in anillos]
        if cerrados[0] is None:
            continue
        poligonos.append(shapely.polygons(cerrados[0], holes=[a for a in cerrados[1:] if a is not None] or None))
    multi = dibujada = shapely.multipolygons(poligonos) if poligonos else None
    if multi is not None and shapely.is_valid(multi):
        if not notas:
            return Terminada(multi)
        razon = ""
    else:
        razon = "" if multi is None else shapely.is_valid_reason(multi)
        multi = _reparar(multi)
    antes, despues = area_partes(partes), area(multi)
    motivo = "; ".join(([_motivo(razon)] if razon else []) + list(dict.fromkeys(notas)))
    if multi is None:
        raise GeometriaRechazada(
            "geometria_irreparable", f"el polígono no encierra ninguna superficie ({motivo}).", "Vuelva a dibujarlo."
        )
    return Terminada(multi, motivo, razon or "; ".join(notas), antes, despues, dibujada)


def _terminar_linea(partes: Partes) -> Terminada:
    utiles = [p[0] for p in partes.partes if len(p[0]) > 1 and (p[0] != p[0][0]).any()]
    if not utiles:
        raise GeometriaRechazada("geometria_irreparable", "la línea no tiene dos puntos distintos.", "Redibújela.")
    multi = shapely.multilinestrings([shapely.linestrings(a) for a in utiles])
    motivo = "" if len(utiles) == len(partes.partes) else "se quitaron tramos de un solo punto"
    return Terminada(multi, motivo, motivo)


def _cerrar(anillo: np.ndarray, notas: list[str]) -> shapely.LinearRing | None:
    if (anillo[0] != anillo[-1]).any():
        anillo = np.vstack([anillo, anillo[:1]])
        notas.append("un anillo no cerraba")
    if len(anillo) < 4:
        notas.append("se quitó un anillo de menos de tres vértices")
        return None
    return shapely.linearrings(anillo)


def _reparar(geometria: BaseGeometry | None) -> BaseGeometry | None:
    """Make valid by structure (the default method hangs on dense crossings) and keep the polygons only."""
    if geometria is None:
        return None
    reparada = _poligonos(shapely.make_valid(geometria, method="structure", keep_collapsed=False))
    if reparada is not None and not shapely.is_valid(reparada):
        # Rounding to 1e-9 degrees (0.1 mm) settles what doubles could not hold.
        reparada = _poligonos(shapely.set_precision(reparada, 1e-9))
    return reparada if reparada is not None and shapely.is_valid(reparada) else None


def _poligonos(geometria: BaseGeometry) -> BaseGeometry | None:
    partes = [geometria]
    while any(hasattr(p, "geoms") for p in partes):
        partes = [q for p in partes for q in (p.geoms if hasattr(p, "geoms") else [p])]
    poligonos = [p for p in partes if p.geom_type == "Polygon" and not p.is_empty and p.area > 0]
    return shapely.multipolygons(poligonos) if poligonos else None


def _motivo(razon: str) -> str:
    palabras, _, lugar = razon.partition("[")
    texto = _MOTIVOS.get(palabras.strip(), palabras.strip())
    if not lugar:
        return texto
    x, _, y = lugar.rstrip("]").partition(" ")
    return f"{texto} cerca de longitud {float(x):.5f}, latitud {float(y):.5f}"


def area(geometria: BaseGeometry | None) -> float:
    """Geodesic area on WGS84, in m²."""
    return 0.0 if geometria is None else abs(_GEOD.geometry_area_perimeter(shapely.orient_polygons(geometria))[0])


def area_partes(partes: Partes) -> float | None:
    """Geodesic area in m² of rings as drawn (shells less holes), for polygons no library would measure."""
    total = 0.0
    for anillos in partes.partes:
        for i, a in enumerate(anillos):
            superficie = abs(_GEOD.polygon_area_perimeter(a[:, 0], a[:, 1])[0])
            total += superficie if i == 0 else -superficie
    return total if np.isfinite(total) else None


def miles(numero: float) -> str:
    return f"{numero:,.0f}".replace(",", ".")
