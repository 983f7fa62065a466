"""What a file's polygons do to each other, to the siblings that stay, and to what holds them. Said, never refused."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from territorio.fechas import hoy
from territorio.importacion import huecos
from territorio.importacion.superficies import areas_m2, en_palabras
from territorio.importacion.texto import contar
from territorio.models import Limite, UnidadTerritorial

if TYPE_CHECKING:
    from territorio.importacion.plan import FilaUnidad, Pedido, Plan

# Below this an overlap is how two people drew one border, not land that two units claim: left unsaid.
AREA_MINIMA_M2 = 1.0
NOMBRADAS = 5


@dataclass(frozen=True)
class Superposicion:
    """Land that a row and another row, or a stored sibling that stays, both claim."""

    fila: FilaUnidad
    otra: FilaUnidad | UnidadTerritorial
    m2: float
    geom: BaseGeometry

    @property
    def texto(self) -> str:
        return f"{self.fila} y {_quien(self.otra)}: {en_palabras(self.m2)}"


@dataclass
class Hallazgos:
    """What space says about the rows; the map of the report draws it."""

    superposiciones: list[Superposicion] = field(default_factory=list)
    huecos: list[huecos.Hueco] = field(default_factory=list)
    fuera: list[tuple[FilaUnidad, BaseGeometry, float]] = field(default_factory=list)


def revisar(filas: list[FilaUnidad], quedan: list[UnidadTerritorial], plan: Plan, pedido: Pedido) -> None:
    """Report overlaps, gaps and what lies outside; `quedan` are the stored siblings whose limit the file leaves as it is."""
    hallazgos = plan.hallazgos = Hallazgos()
    poligonos = [fila for fila in filas if fila.es_poligono]
    plan.informe.cuentas |= {"con_poligono": len(poligonos), "con_punto": sum(fila.es_punto for fila in filas)}
    for fila, m2 in zip(poligonos, areas_m2([f.geom for f in poligonos]), strict=True):
        fila.m2 = float(m2)
    con_limite = [u for u in quedan if u.limite_wkb]
    ajenas = list(shapely.from_wkb([u.limite_wkb for u in con_limite])) if con_limite else []
    formas = np.array([f.geom for f in poligonos] + ajenas, dtype=object)
    limites = _limites_superiores(filas, plan)
    if poligonos:
        hallazgos.superposiciones = superposiciones(poligonos, con_limite, formas)
        _decir_superposiciones(hallazgos.superposiciones, plan, pedido.tolerancia)
        hallazgos.huecos = huecos.buscar(formas, huecos.regiones(poligonos, limites, plan.municipio))
        huecos.decir(hallazgos.huecos, plan)
    _contencion(filas, limites, plan, pedido.tolerancia)
    if plan.municipio is not None:
        _fuera_del_municipio(filas, limites.get(plan.municipio.pk), plan)


def superposiciones(
    filas: list[FilaUnidad], unidades: list[UnidadTerritorial], formas: np.ndarray
) -> list[Superposicion]:
    """Overlaps of at least AREA_MINIMA_M2, the largest first; `formas` are those of the rows and then of the units."""
    todas: list[FilaUnidad | UnidadTerritorial] = [*filas, *unidades]
    izquierda, derecha = shapely.STRtree(formas).query(formas[: len(filas)], predicate="intersects")
    una_vez = izquierda < derecha
    izquierda, derecha = izquierda[una_vez], derecha[una_vez]
    cortes = shapely.intersection(formas[izquierda], formas[derecha])
    con_area = shapely.area(cortes) > 0
    izquierda, derecha, cortes = izquierda[con_area], derecha[con_area], cortes[con_area]
    halladas = [
        Superposicion(filas[i], todas[j], float(m2), corte)
        for i, j, m2, corte in zip(izquierda, derecha, areas_m2(cortes), cortes, strict=True)
        if m2 >= AREA_MINIMA_M2
    ]
    return sorted(halladas, key=lambda s: (-s.m2, s.fila.numero))


def _decir_superposiciones(halladas: list[Superposicion], plan: Plan, tolerancia: float) -> None:
    if not halladas:
        return
    total = sum(s.m2 for s in halladas)
    plan.informe.cuentas |= {
        "pares_superpuestos": len(halladas),
        "hectareas_superpuestas": round(total / 10_000, 2),
    }
    plan.informe.listas["pares_superpuestos"] = [s.texto for s in halladas]
    plan.informe.aviso(
        f"{contar(len(halladas), 'par de unidades se superpone', 'pares de unidades se superponen')}, en total "
        f"{en_palabras(total)}; se cargan así y lo que caiga allí cuenta a medias para cada una.",
        "Revise la lista «pares superpuestos».",
        codigo="superpuestas",
    )
    por_fila: dict[FilaUnidad, list[tuple[float, str]]] = defaultdict(list)
    for s in halladas:
        por_fila[s.fila].append((s.m2, _quien(s.otra)))
        if not isinstance(s.otra, UnidadTerritorial):
            por_fila[s.otra].append((s.m2, _quien(s.fila)))
    for fila, otras in por_fila.items():
        m2 = sum(m for m, _quien in otras)
        pct = 100 * m2 / fila.m2 if fila.m2 else 100.0
        nombres = ", ".join(f"{quien} ({en_palabras(m)})" for m, quien in otras[:NOMBRADAS])
        resto = f" y {len(otras) - NOMBRADAS} más" if len(otras) > NOMBRADAS else ""
        fila.dudar(
            "superpuesta",
            f"se superpone con {nombres}{resto}: {_pct(pct) if pct <= 100 else 'más del 100 %'} de su superficie.",
            "Compare los dos límites; si hay conflicto, cárguelo como en_conflicto.",
            gravedad="aviso" if pct > tolerancia else "dato",
            m2=round(m2, 1),
        )


def _limites_superiores(filas: list[FilaUnidad], plan: Plan) -> dict[int, BaseGeometry]:
    """Shapes of the parents and of the municipality, by id: those of the day, or today's for a day gone by."""
    ids = {fila.padre.pk for fila in filas if fila.padre is not None}
    ids |= {plan.municipio.pk} if plan.municipio is not None else set()
    vigentes = Limite.objects.en_vigor(max(plan.desde, hoy())).filter(unidad__in=ids)
    return {limite.unidad_id: shapely.from_wkb(bytes(limite.geom.wkb)) for limite in vigentes}


def _contencion(filas: list[FilaUnidad], limites: dict[int, BaseGeometry], plan: Plan, tolerancia: float) -> None:
    """Set `dentro_pct` of each row whose parent has a limit, and doubt those that leave it by more than `tolerancia` %."""
    por_padre: dict[int, list[FilaUnidad]] = defaultdict(list)
    for fila in filas:
        if fila.geom is not None and fila.padre is not None and fila.padre.pk in limites:
            por_padre[fila.padre.pk].append(fila)
    salidas = []
    for pk, hijas in por_padre.items():
        padre = limites[pk]
        shapely.prepare(padre)
        formas = np.array([f.geom for f in hijas], dtype=object)
        dentro = shapely.covers(padre, formas)
        for fila in np.array(hijas, dtype=object)[dentro]:
            fila.dentro_pct = 100.0
        afuera = np.flatnonzero(~dentro)
        restos = shapely.difference(formas[afuera], padre)
        for i, resto, m2 in zip(afuera, restos, areas_m2(restos), strict=True):
            fila = hijas[i]
            if fila.es_punto:
                fila.dentro_pct = 0.0
            else:
                fila.dentro_pct = round(max(0.0, 100 * (1 - m2 / fila.m2)), 4) if fila.m2 else 0.0
                if m2 >= AREA_MINIMA_M2:
                    plan.hallazgos.fuera.append((fila, resto, float(m2)))
            if 100 - fila.dentro_pct > tolerancia:
                salidas.append(fila)
                fila.dudar(
                    "fuera_del_padre",
                    f"el punto queda fuera de {fila.padre.nombre}."
                    if fila.es_punto
                    else f"el {_pct(100 - fila.dentro_pct)} ({en_palabras(m2)}) queda fuera de {fila.padre.nombre}.",
                    "Compare ambos límites, o corrija la unidad superior.",
                    m2=round(float(m2), 1),
                )
    if salidas:
        salidas.sort(key=lambda f: (f.dentro_pct, f.numero))
        plan.informe.cuentas["fuera_de_su_superior"] = len(salidas)
        plan.informe.listas["fuera_de_su_superior"] = [
            f"{f}: {_pct(100 - f.dentro_pct)} fuera de {f.padre.nombre}" for f in salidas
        ]
        plan.informe.aviso(
            f"{contar(len(salidas), 'unidad sale', 'unidades salen')} de su unidad superior en más del {_pct(tolerancia)} "
            "que se tolera.",
            "Revise la lista «fuera de su superior»; la tolerancia se cambia con --tolerancia.",
            codigo="fuera_del_padre",
        )


def _fuera_del_municipio(filas: list[FilaUnidad], municipio: BaseGeometry | None, plan: Plan) -> None:
    nombre = plan.municipio.nombre
    if municipio is None:
        plan.informe.aviso(
            f"{nombre} no tiene límite cargado: no se pudo revisar qué cae fuera.", codigo="municipio_sin_limite"
        )
        return
    con_lugar = [fila for fila in filas if fila.geom is not None]
    formas = np.array([fila.geom for fila in con_lugar], dtype=object)
    shapely.prepare(municipio)
    cruzan = np.flatnonzero(~shapely.covers(municipio, formas)) if con_lugar else np.zeros(0, dtype=int)
    ajenas = [con_lugar[i] for i in cruzan if not shapely.intersects(municipio, formas[i])]
    total_m2 = sum(fila.m2 or 0.0 for fila in con_lugar)
    fuera_m2 = float(areas_m2(shapely.difference(formas[cruzan], municipio)).sum()) if len(cruzan) else 0.0
    if fuera_m2 >= AREA_MINIMA_M2 and total_m2:
        por_ciento = 100 * fuera_m2 / total_m2
        plan.informe.cuentas["km2_fuera_del_municipio"] = round(fuera_m2 / 1e6, 2)
        plan.informe.cuentas["por_ciento_fuera_del_municipio"] = round(por_ciento, 2)
        plan.informe.aviso(
            f"el {_pct(por_ciento)} de la superficie ({en_palabras(fuera_m2)}) queda fuera del límite cargado de {nombre}; "
            "se carga y se cuenta aparte.",
            "Compare la fuente y la fecha de ambos límites.",
            codigo="fuera_del_municipio",
        )
    if ajenas:
        plan.informe.listas["del_todo_fuera_del_municipio"] = [f"fila {f.numero}: {f.nombre}" for f in ajenas]
        plan.informe.aviso(
            f"{contar(len(ajenas), 'unidad está', 'unidades están')} del todo fuera del límite de {nombre}.",
            "Revise la lista «del todo fuera del municipio».",
            codigo="del_todo_fuera",
        )
        for fila in ajenas:
            fila.dudar("del_todo_fuera", f"está del todo fuera de {nombre}.", "Quite la fila o corrija su lugar.")


def _quien(cual: FilaUnidad | UnidadTerritorial) -> str:
    return f"{cual.nombre} (ya cargada)" if isinstance(cual, UnidadTerritorial) else str(cual)


def _pct(valor: float) -> str:
    texto = f"{valor:.1f}" if valor >= 0.1 else f"{valor:.2g}"
    return f"{texto} %".replace(".", ",")
