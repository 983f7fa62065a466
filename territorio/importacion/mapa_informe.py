"""The map of a dry run: what the file holds, what it would replace, and every doubt that has a place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from territorio.importacion.emparejar import forma_de

if TYPE_CHECKING:
    from territorio.importacion.lector import Lectura
    from territorio.importacion.plan import FilaUnidad, Plan

CAPAS = ("filas", "antes", "superposiciones", "huecos", "fuera", "reparadas", "faltan", "candidatos")
# A tenth of a metre; of many rows a map shows less, and each decimal of each vertex is two bytes.
DECIMALES, DECIMALES_DE_MUCHAS = 6, 5
MUCHAS = 5_000
# Vertices that the shapes of a layer may keep together, about 20 bytes each, and one shape at the least.
VERTICES_EN_TOTAL, VERTICES_MINIMOS = 16_000, 5
VERTICES_DE_HALLAZGOS = 6_000
# An overlap along a border is a string of slivers: so many of them are drawn, the largest.
PARTES_DIBUJADAS = 2
# Shapes of overlaps, gaps and the like that are drawn, the largest first; the report counts them all.
DIBUJADOS = 1_000
_LUGAR = re.compile(r"\[(-?[\d.]+) (-?[\d.]+)")


def mapa(plan: Plan, lectura: Lectura | None) -> dict[str, dict[str, Any]]:
    """Layers by name, each a GeoJSON FeatureCollection (EPSG:4326) with a `numero` where a row of the file is meant.

    Without a system of coordinates there is only one box for each candidate.
    """
    capas = {nombre: _coleccion([]) for nombre in CAPAS}
    if lectura is None:
        return capas
    if not any(c["elegido"] for c in lectura.candidatos):
        capas["candidatos"] = _coleccion(
            (shapely.box(*c["caja"]), {k: c[k] for k in ("crs", "nombre", "invertidos", "zona_pegada")})
            for c in lectura.candidatos
        )
    con_lugar = [f for f in plan.todas if f.geom is not None]
    if not con_lugar:
        return capas
    estados = {fila["numero"]: fila for fila in plan.informe.filas}
    formas = _aligerar([f.geom for f in con_lugar])
    capas["filas"] = _coleccion(
        (forma, _propiedades(fila, estados.get(fila.numero))) for fila, forma in zip(con_lugar, formas, strict=True)
    )
    cambiadas = [f for f in plan.filas if f.unidad is not None and f.cambios & {"limite", "punto"}]
    capas["antes"] = _de_unidades([(f.unidad, {"numero": f.numero}) for f in cambiadas])
    capas["faltan"] = _de_unidades([(u, {}) for u in plan.faltan])
    reparadas = [p for p in lectura.problemas if p.codigo == "geometria_reparada"]
    por_numero = {f.numero: f for f in con_lugar}
    capas["reparadas"] = _coleccion(
        (
            _donde_se_reparo(por_numero[p.fila], p.detalle),
            {"numero": p.fila, "nombre": por_numero[p.fila].nombre, "mensaje": p.mensaje},
        )
        for p in reparadas[:DIBUJADOS]
        if p.fila in por_numero
    )
    if plan.hallazgos is not None:
        _hallazgos(plan, capas)
    return capas


def _donde_se_reparo(fila: FilaUnidad, detalle: dict[str, Any]) -> BaseGeometry:
    """The ground that changed, else the point that GEOS blames ("Self-intersection[-65 -17]"), else one inside."""
    if cambiado := detalle.get("cambiado"):
        return shapely.from_wkt(cambiado)
    if hallado := _LUGAR.search(detalle.get("razon", "")):
        return shapely.Point(float(hallado[1]), float(hallado[2]))
    return fila.geom.representative_point()


def _hallazgos(plan: Plan, capas: dict[str, dict[str, Any]]) -> None:
    pares = plan.hallazgos.superposiciones[:DIBUJADOS]
    capas["superposiciones"] = _coleccion(
        (
            forma,
            {
                "numero": s.fila.numero,
                "nombre": s.fila.nombre,
                "otra_numero": getattr(s.otra, "numero", None),
                "otra": s.otra.nombre,
                "m2": round(s.m2, 1),
            },
        )
        for s, forma in zip(pares, _aligerar([_mayores(s.geom) for s in pares], VERTICES_DE_HALLAZGOS), strict=True)
    )
    huecos = plan.hallazgos.huecos[:DIBUJADOS]
    capas["huecos"] = _coleccion(
        (forma, {"tipo": h.tipo, "m2": round(h.m2, 1), "en": h.en})
        for h, forma in zip(huecos, _aligerar([h.geom for h in huecos], VERTICES_DE_HALLAZGOS), strict=True)
    )
    fuera = plan.hallazgos.fuera[:DIBUJADOS]
    capas["fuera"] = _coleccion(
        (forma, {"numero": fila.numero, "nombre": fila.nombre, "m2": round(m2, 1), "padre": fila.padre.nombre})
        for (fila, _g, m2), forma in zip(
            fuera, _aligerar([_mayores(g) for _f, g, _m in fuera], VERTICES_DE_HALLAZGOS), strict=True
        )
    )


def _propiedades(fila: FilaUnidad, contada: dict[str, Any] | None) -> dict[str, Any]:
    dudas = [d for d in contada["dudas"] if d["gravedad"] != "dato"] if contada else fila.dudas
    return {
        "numero": fila.numero,
        "nombre": fila.nombre[:40],
        "estado": contada["estado"] if contada else None,
        "dudas": len(dudas),
    }


def _de_unidades(unidades: list[tuple[Any, dict[str, Any]]]) -> dict[str, Any]:
    con_forma = [(u, mas, forma) for u, mas in unidades if (forma := forma_de(u)) is not None]
    ligeras = _aligerar([forma for _u, _mas, forma in con_forma])
    return _coleccion(
        (ligera, {"id": u.pk, "codigo": u.codigo, "nombre": u.nombre, **mas})
        for (u, mas, _forma), ligera in zip(con_forma, ligeras, strict=True)
    )


def _mayores(forma: BaseGeometry) -> BaseGeometry:
    """The largest polygons of a shape, as many as are drawn."""
    partes = shapely.get_parts(forma)
    partes = partes[shapely.get_type_id(partes) == shapely.GeometryType.POLYGON]
    return shapely.multipolygons(partes[np.argsort(-shapely.area(partes), kind="stable")[:PARTES_DIBUJADAS]])


def _aligerar(formas: list[BaseGeometry], vertices: int = VERTICES_EN_TOTAL) -> np.ndarray:
    """Simplify all alike, just as much as their number of vertices asks for; none is lost."""
    arreglo = np.array(formas, dtype=object)
    if not len(arreglo):
        return arreglo
    tope = max(vertices, VERTICES_MINIMOS * len(arreglo))
    grados = 2e-6
    while shapely.get_num_coordinates(arreglo).sum() > tope and grados < 1:
        grados *= 8
        nuevas = shapely.simplify(arreglo, grados, preserve_topology=True)
        arreglo = np.where(shapely.is_empty(nuevas), arreglo, nuevas)
    return arreglo


def _coleccion(rasgos: Iterable[tuple[BaseGeometry, dict[str, Any]]]) -> dict[str, Any]:
    pares = list(rasgos)
    decimales = DECIMALES if len(pares) <= MUCHAS else DECIMALES_DE_MUCHAS
    formas = np.array([forma for forma, _ in pares], dtype=object)
    redondas = shapely.transform(formas, lambda xy: np.round(xy, decimales)) if pares else formas
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": _geojson(forma), "properties": propiedades}
            for forma, (_forma, propiedades) in zip(redondas, pares, strict=True)
        ],
    }


def _geojson(geometria: BaseGeometry) -> dict[str, Any]:
    partes = getattr(geometria, "geoms", None)
    return shapely.geometry.mapping(partes[0] if partes is not None and len(partes) == 1 else geometria)
