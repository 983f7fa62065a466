"""What a file's polygons do to each other and to what holds them: overlaps, and what lies outside. Said, never refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Geod

from territorio.models import Limite

if TYPE_CHECKING:
    from territorio.importacion.limites import FilaUnidad, Plan

GEOD = Geod(ellps="WGS84")
# Below this an overlap is how two people drew one border, not land that two units claim: left unsaid.
AREA_MINIMA_M2 = 1.0


def revisar(filas: list[FilaUnidad], plan: Plan) -> None:
    """Report overlaps between the rows, and the area that lies outside the municipality."""
    poligonos = [fila for fila in filas if fila.geom is not None and fila.geom.geom_type == "MultiPolygon"]
    puntos = sum(1 for fila in filas if fila.geom is not None and fila.geom.geom_type == "Point")
    plan.informe.cuentas |= {"con_poligono": len(poligonos), "con_punto": puntos}
    if poligonos:
        _superposiciones(poligonos, plan)
    if plan.municipio is not None:
        _contencion(filas, plan)


def area_m2(geom) -> float:
    """Geodesic area in m² of the polygons in `geom` (WGS84)."""
    return abs(GEOD.geometry_area_perimeter(geom)[0]) if geom.area > 0 else 0.0


def _superposiciones(filas: list[FilaUnidad], plan: Plan) -> None:
    formas = np.array([fila.geom for fila in filas])
    izquierda, derecha = shapely.STRtree(formas).query(formas, predicate="intersects")
    pares = izquierda < derecha
    cortes = shapely.intersection(formas[izquierda[pares]], formas[derecha[pares]])
    superpuestos = []
    for i, j, corte in zip(izquierda[pares], derecha[pares], cortes, strict=True):
        if shapely.area(corte) <= 0:
            continue
        poligonal = shapely.multipolygons([p for p in shapely.get_parts(corte) if p.geom_type == "Polygon"])
        area = area_m2(poligonal)
        if area >= AREA_MINIMA_M2:
            superpuestos.append((area, filas[i], filas[j]))
    if not superpuestos:
        return
    superpuestos.sort(key=lambda par: -par[0])
    total = sum(area for area, *_ in superpuestos)
    plan.informe.cuentas |= {
        "pares_superpuestos": len(superpuestos),
        "hectareas_superpuestas": round(total / 10_000, 2),
    }
    plan.informe.listas["pares_superpuestos"] = [
        f"{a.nombre} (fila {a.numero}) y {b.nombre} (fila {b.numero}): {area:,.0f} m²".replace(",", ".")
        for area, a, b in superpuestos
    ]
    plan.informe.aviso(
        f"{len(superpuestos)} pares de unidades se superponen, en total {total / 10_000:.1f} ha; se cargan así "
        "y lo que caiga allí cuenta a medias para cada una.".replace(".", ",", 1),
        "Revise la lista «pares superpuestos».",
        codigo="superpuestas",
    )


def _contencion(filas: list[FilaUnidad], plan: Plan) -> None:
    limite = Limite.objects.en_vigor().filter(unidad=plan.municipio).first()
    if limite is None:
        plan.informe.aviso(
            f"{plan.municipio.nombre} no tiene límite cargado: no se pudo revisar qué cae fuera.",
            codigo="municipio_sin_limite",
        )
        return
    municipio = shapely.from_wkb(bytes(limite.geom.wkb))
    shapely.prepare(municipio)
    fuera_m2, total_m2, ajenas = 0.0, 0.0, []
    for fila in filas:
        if fila.geom is None:
            continue
        if fila.geom.geom_type == "Point":
            if not municipio.covers(fila.geom):
                ajenas.append(fila)
            continue
        area = area_m2(fila.geom)
        total_m2 += area
        if municipio.covers(fila.geom):
            continue
        if not municipio.intersects(fila.geom):
            ajenas.append(fila)
            fuera_m2 += area
        else:
            fuera_m2 += area_m2(fila.geom.difference(municipio))
    if fuera_m2 >= 1 and total_m2:
        por_ciento = 100 * fuera_m2 / total_m2
        plan.informe.cuentas["km2_fuera_del_municipio"] = round(fuera_m2 / 1e6, 2)
        plan.informe.cuentas["por_ciento_fuera_del_municipio"] = round(por_ciento, 2)
        plan.informe.aviso(
            f"el {por_ciento:.1f} % de la superficie ({fuera_m2 / 1e6:.1f} km²) queda fuera del límite cargado de ".replace(
                ".", ","
            )
            + f"{plan.municipio.nombre}; se carga y se cuenta aparte.",
            "Compare la fuente y la fecha de ambos límites.",
            codigo="fuera_del_municipio",
        )
    if ajenas:
        plan.informe.listas["del_todo_fuera_del_municipio"] = [f"fila {f.numero}: {f.nombre}" for f in ajenas]
        plan.informe.aviso(
            f"{len(ajenas)} unidades están del todo fuera del límite de {plan.municipio.nombre}.",
            "Revise la lista «del todo fuera del municipio».",
            codigo="del_todo_fuera",
        )
