"""What each row would change in what is stored, field by field, and the report of every row."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from territorio.importacion.lector import Problema
from territorio.importacion.superficies import METROS_POR_GRADO, areas_m2
from territorio.importacion.texto import contar
from territorio.models import Poblacion, UnidadTerritorial

if TYPE_CHECKING:
    from territorio.importacion.plan import FilaUnidad, Pedido, Plan

# A border that moved by less is the same border, written by another program or brought from another system.
MISMO_BORDE_M = 0.01


def comparar(filas: list[FilaUnidad], unidades: list[UnidadTerritorial], plan: Plan, pedido: Pedido) -> None:
    """Keep in the plan what is new or differs, and count the rest."""
    cuentas = Counter()
    propias = Poblacion.objects.totales().filter(
        censo=plan.censo, unidad__nivel=plan.nivel, unidad__municipio=plan.municipio
    )
    cifras = dict(propias.values_list("unidad_id", "personas")) if plan.censo else {}
    limites = _limites(filas, pedido)
    for fila in filas:
        if fila.unidad is None:
            cuentas["nuevas"] += 1
            fila.cambios = {"nueva"}
        else:
            fila.diferencias = _diferencias(fila, cifras.get(fila.unidad.pk)) | limites.get(fila, {})
            fila.cambios = set(fila.diferencias)
            cuentas["cambiadas" if fila.cambios else "iguales"] += 1
        if fila.cambios:
            plan.filas.append(fila)
    plan.informe.cuentas |= {clave: cuentas[clave] for clave in ("nuevas", "cambiadas", "iguales")}
    if omitidas := sum(fila.omitida for fila in plan.todas):
        plan.informe.cuentas["omitidas"] = omitidas
    if plan.censo:
        plan.informe.cuentas["habitantes"] = sum(fila.personas or 0 for fila in filas)
    _faltan(unidades, plan)


def _faltan(unidades: list[UnidadTerritorial], plan: Plan) -> None:
    en_el_archivo = {fila.unidad.pk for fila in plan.todas if fila.unidad is not None}
    plan.faltan = [u for u in unidades if u.vive and u.pk not in en_el_archivo]
    if plan.faltan:
        plan.informe.cuentas["faltan_en_el_archivo"] = len(plan.faltan)
        plan.informe.listas["faltan_en_el_archivo"] = [f"{u.codigo} {u.nombre}" for u in plan.faltan]
        plan.informe.aviso(
            f"{contar(len(plan.faltan), 'unidad ya cargada no está', 'unidades ya cargadas no están')} en el archivo; "
            f"{'se conserva' if len(plan.faltan) == 1 else 'se conservan'}.",
            codigo="faltan_en_el_archivo",
        )


def _diferencias(fila: FilaUnidad, personas: int | None) -> dict[str, list[Any]]:
    unidad = fila.unidad
    cambios: dict[str, list[Any]] = {}
    if fila.codigo != unidad.codigo:
        cambios["codigo"] = [unidad.codigo, fila.codigo]
    if fila.nombre != unidad.nombre:
        cambios["nombre"] = [unidad.nombre, fila.nombre]
    if fila.padre != unidad.padre:
        cambios["padre"] = [u.nombre if u is not None else None for u in (unidad.padre, fila.padre)]
    if fila.categoria and fila.categoria != unidad.categoria:
        cambios["categoria"] = [unidad.categoria, fila.categoria]
    if fila.personas is not None and fila.personas != personas:
        cambios["poblacion"] = [personas, fila.personas]
    if fila.es_punto and (unidad.punto is None or unidad.punto.coords != fila.geom.coords[0]):
        cambios["punto"] = [list(unidad.punto.coords) if unidad.punto else None, list(fila.geom.coords[0])]
    return cambios


def _limites(filas: list[FilaUnidad], pedido: Pedido) -> dict[FilaUnidad, dict[str, list[Any]]]:
    """Rows whose limit would change: m² before, after, and of the land on which both differ; and state and norm."""
    cambian: dict[FilaUnidad, dict[str, list[Any]]] = {}
    otras: list[FilaUnidad] = []
    for fila in filas:
        if fila.unidad is None or not fila.es_poligono:
            continue
        if fila.unidad.limite_wkb is None:
            cambian[fila] = {"limite": [None, {"m2": round(fila.m2, 1)}]}
        elif fila.unidad.limite_wkb != shapely.to_wkb(fila.geom, byte_order=1):
            otras.append(fila)
    cambian |= _movidos(otras)
    for fila in filas:
        # A new legal state or norm of the same ground is a new limit too: the old one stays in the history.
        if fila.unidad is None or not fila.es_poligono or fila.unidad.limite_wkb is None:
            continue
        dicho = fila.unidad.limite_dicho
        for campo, nuevo in (("estado", pedido.estado), ("norma", pedido.norma)):
            if nuevo and dicho.get(campo) != nuevo:
                suelo = [{"m2": round(fila.m2, 1)}, {"m2": round(fila.m2, 1), "diferencia_m2": 0.0}]
                cambian.setdefault(fila, {"limite": suelo})[campo] = [dicho.get(campo), nuevo]
    return cambian


def _movidos(filas: list[FilaUnidad]) -> dict[FilaUnidad, dict[str, list[Any]]]:
    if not filas:
        return {}
    antes = shapely.from_wkb([f.unidad.limite_wkb for f in filas])
    ahora = np.array([f.geom for f in filas], dtype=object)
    distinto = shapely.symmetric_difference(antes, ahora)
    delgado = MISMO_BORDE_M / METROS_POR_GRADO / 2
    iguales = shapely.is_empty(shapely.buffer(distinto, -delgado, quad_segs=1))
    return {
        fila: {"limite": [{"m2": round(float(a), 1)}, {"m2": round(fila.m2, 1), "diferencia_m2": round(float(d), 1)}]}
        for fila, a, d, igual in zip(filas, areas_m2(antes), areas_m2(distinto), iguales, strict=True)
        if not igual
    }


def contar_filas(plan: Plan) -> None:
    """Write down every row of the file, and the stored units that it leaves out, in the report."""
    con_error = plan.informe.filas_con_error
    de_la_fila: dict[int, list[Problema]] = defaultdict(list)
    for problema in plan.informe.problemas:
        if problema.fila is not None:
            de_la_fila[problema.fila].append(problema)
    cajas = shapely.bounds(np.array([fila.geom for fila in plan.todas], dtype=object)).round(6).tolist()
    plan.informe.filas = [
        {
            "numero": fila.numero,
            "codigo": fila.codigo,
            "nombre": fila.nombre,
            "padre": fila.padre.nombre if fila.padre is not None else fila.padre_texto or None,
            "unidad": fila.unidad.pk if fila.unidad is not None else None,
            "estado": _estado(fila, con_error),
            "cambios": fila.diferencias,
            "dudas": [_duda(p) for p in [*de_la_fila[fila.numero], *fila.dudas]],
            "m2": round(fila.m2, 1) if fila.m2 is not None else None,
            "dentro_pct": fila.dentro_pct,
            "caja": caja if fila.geom is not None else None,
        }
        for fila, caja in zip(plan.todas, cajas, strict=True)
    ]
    plan.informe.faltan = [{"id": u.pk, "codigo": u.codigo, "nombre": u.nombre} for u in plan.faltan]


def _estado(fila: FilaUnidad, con_error: set[int]) -> str:
    if fila.omitida:
        return "omitida"
    if fila.numero in con_error:
        return "con_error"
    return "nueva" if "nueva" in fila.cambios else "cambiada" if fila.cambios else "igual"


def _duda(problema: Problema) -> dict[str, Any]:
    datos = asdict(problema)
    return {clave: datos[clave] for clave in ("codigo", "mensaje", "remedio", "gravedad", "campo")}
