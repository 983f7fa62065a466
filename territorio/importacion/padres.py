"""Under which unit each row stands: the one its field names, else the one that holds it, else the municipality."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from territorio.fechas import hoy
from territorio.importacion.informe import Informe
from territorio.importacion.texto import contar, normalizar
from territorio.models import Limite, Nivel, UnidadTerritorial

if TYPE_CHECKING:
    from territorio.importacion.plan import FilaUnidad, Pedido, Plan


@dataclass
class Superiores:
    """The level in which parents are looked for, and its units here."""

    nivel: Nivel | None = None
    unidades: list[UnidadTerritorial] = field(default_factory=list)


def candidatos(plan: Plan, pedido: Pedido) -> Superiores:
    """The units that may be parents of the rows."""
    nivel = _nivel_padre(plan, pedido)
    if nivel is not None and plan.municipio is not None and nivel.codigo == "municipio":
        return Superiores(nivel, [plan.municipio])
    propias = UnidadTerritorial.objects.filter(nivel=nivel, municipio=plan.municipio).vigentes(max(plan.desde, hoy()))
    return Superiores(nivel, list(propias) if nivel else [])


def asignar(filas: list[FilaUnidad], superiores: Superiores, plan: Plan, pedido: Pedido) -> None:
    """Set each row's parent, and say where what it declares and where it lies disagree."""
    nivel_padre, candidatos = superiores.nivel, superiores.unidades
    if pedido.campo_padre:
        _padres_por_nombre(filas, candidatos, nivel_padre, plan.informe, pedido.campo_padre)
    por_lugar = _padres_por_lugar(filas, candidatos, plan)
    asignados, distintos = 0, []
    for fila in filas:
        la_contienen = por_lugar.get(fila.numero)
        segun_lugar = la_contienen[0] if la_contienen else None
        if fila.padre is not None:
            if la_contienen is not None and fila.padre not in la_contienen:
                donde = " y ".join(u.nombre for u in la_contienen) or "ninguno"
                distintos.append(f"fila {fila.numero}: {fila.nombre} dice {fila.padre.nombre}, su lugar cae en {donde}")
                fila.dudar(
                    "superior_distinto",
                    f"dice ser de {fila.padre.nombre}, pero su lugar cae en {donde}; vale lo que dice.",
                    "Corrija el límite o la unidad superior.",
                )
        elif not pedido.campo_padre and not pedido.nivel_padre and _ya_bajo_otro_nivel(fila, nivel_padre, plan):
            fila.padre = fila.unidad.padre
        elif segun_lugar is not None:
            fila.padre, asignados = segun_lugar, asignados + 1
        elif fila.unidad is not None and not pedido.campo_padre:
            fila.padre = fila.unidad.padre
        else:
            fila.padre = plan.municipio
    if asignados and not (nivel_padre and nivel_padre.codigo == "municipio"):
        plan.informe.cuentas["superior_asignado_por_ubicacion"] = asignados
    if distintos:
        plan.informe.cuentas["superior_distinto_de_su_lugar"] = len(distintos)
        plan.informe.listas["superior_distinto_de_su_lugar"] = distintos
        plan.informe.aviso(
            f"{contar(len(distintos), 'unidad no cae', 'unidades no caen')}, por su punto interior, "
            f"en el {nivel_padre.nombre} que se declara; vale lo declarado.",
            "Revise la lista «superior distinto de su lugar».",
            codigo="superior_distinto",
        )


def _ya_bajo_otro_nivel(fila: FilaUnidad, nivel_padre: Nivel | None, plan: Plan) -> bool:
    """A unit of parallel ladders (distrito, cantón) stays on the one where it stands, unless told."""
    padre = fila.unidad.padre if fila.unidad is not None else None
    return (
        padre is not None and padre != plan.municipio and nivel_padre is not None and padre.nivel_id != nivel_padre.pk
    )


def _nivel_padre(plan: Plan, pedido: Pedido) -> Nivel | None:
    """The level of the parents: the one named, else the nearest superior that has units here."""
    if pedido.nivel_padre:
        return Nivel.objects.get(codigo=pedido.nivel_padre)
    con_unidades = [
        nivel
        for nivel in plan.nivel.superiores.order_by("-orden")
        if nivel.codigo != "municipio"
        and UnidadTerritorial.objects.filter(nivel=nivel, municipio=plan.municipio).exists()
    ]
    if con_unidades:
        # Districts are today's ladder, cantones yesterday's: where both are loaded the choice is said, not made in silence.
        elegido = next((nivel for nivel in con_unidades if nivel.codigo == "distrito"), con_unidades[0])
        if len(con_unidades) > 1:
            otros = ", ".join(nivel.codigo for nivel in con_unidades if nivel != elegido)
            plan.informe.aviso(
                f"la unidad superior de cada fila se busca en el nivel {elegido.codigo}; también hay: {otros}.",
                "Si es otro, dígalo con --nivel-padre.",
                codigo="nivel_padre_supuesto",
            )
        return elegido
    return Nivel.objects.filter(codigo="municipio").first() if plan.municipio is not None else None


def _padres_por_nombre(filas, candidatos, nivel_padre, informe: Informe, campo: str) -> None:
    por_codigo = {u.codigo: u for u in candidatos}
    por_nombre = defaultdict(list)
    for unidad in candidatos:
        por_nombre[normalizar(unidad.nombre)].append(unidad)
    nombre_nivel = nivel_padre.nombre if nivel_padre else "nivel superior"
    for fila in filas:
        if not fila.padre_texto:
            informe.error(
                f"no dice su {nombre_nivel}.", "Llene la celda.", fila=fila.numero, campo=campo, codigo="sin_padre"
            )
            continue
        hallados = (
            [por_codigo[fila.padre_texto]]
            if fila.padre_texto in por_codigo
            else por_nombre[normalizar(fila.padre_texto)]
        )
        if len(hallados) != 1:
            que = "no hay" if not hallados else "hay más de un"
            informe.error(
                f"{que} {nombre_nivel} «{fila.padre_texto}» en este municipio.",
                f"Cargue antes ese nivel, o corrija el valor. Hay: {', '.join(sorted(por_codigo)[:30]) or 'ninguno'}.",
                fila=fila.numero,
                campo=campo,
                codigo="padre_desconocido",
            )
            continue
        fila.padre = hallados[0]


def _padres_por_lugar(filas, candidatos, plan: Plan) -> dict[int, list[UnidadTerritorial]]:
    """For each row with a place, the candidates whose limits hold its point, or an inner point of its polygon, by code."""
    vigentes = Limite.objects.en_vigor(max(plan.desde, hoy())).filter(unidad__in=candidatos)
    formas = {limite.unidad_id: shapely.from_wkb(bytes(limite.geom.wkb)) for limite in vigentes}
    con_forma = sorted((u for u in candidatos if u.pk in formas), key=lambda u: u.codigo)
    con_lugar = [fila for fila in filas if fila.geom is not None]
    if not con_forma or not con_lugar:
        return {}
    interiores = shapely.point_on_surface(np.array([fila.geom for fila in con_lugar], dtype=object))
    hallados: dict[int, list[UnidadTerritorial]] = {fila.numero: [] for fila in con_lugar}
    # A tree of the rows' points, asked by each parent: a parent is prepared once however many rows it holds.
    arbol = shapely.STRtree(interiores)
    for unidad in con_forma:
        for i in arbol.query(formas[unidad.pk], predicate="intersects"):
            hallados[con_lugar[i].numero].append(unidad)
    return hallados
