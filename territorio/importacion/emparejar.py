"""Which row is which unit: by code, else by name and place, else by the ground it stands on; what is doubtful is said."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import shapely
from django.db.models import BinaryField, Func, Value
from shapely.geometry.base import BaseGeometry

from territorio.importacion.informe import Informe
from territorio.importacion.superficies import distancia_m
from territorio.importacion.texto import normalizar
from territorio.models import Limite, Nivel, UnidadTerritorial

if TYPE_CHECKING:
    from territorio.importacion.plan import FilaUnidad, Plan

# Common area over joint area from which two shapes lie in one place, and from which they are the same ground.
MISMO_LUGAR, MISMO_SUELO = 0.3, 0.9
LEJOS_M = 500
EMPAREJADAS_CON_DUDA = {"renombrada", "codigo_cambiado", "mismo_nombre", "mismo_lugar", "lejos"}


def revisar_codigos(filas: list[FilaUnidad], nivel: Nivel, informe: Informe, *, con_codigo: bool) -> None:
    """A code may stand once in a file; a repeated name is only reported."""
    if con_codigo:
        por_codigo = defaultdict(list)
        for fila in filas:
            por_codigo[fila.codigo].append(fila.numero)
        for codigo, numeros in por_codigo.items():
            for numero in numeros[1:] if codigo else []:
                informe.error(
                    f"el código «{codigo}» ya está en la fila {numeros[0]}.",
                    "Dé a cada unidad su propio código.",
                    fila=numero,
                    campo="codigo",
                    codigo="codigo_repetido",
                )
    nombres = Counter(normalizar(fila.nombre) for fila in filas)
    repetidos = sorted(nombre for nombre, veces in nombres.items() if veces > 1)
    if repetidos:
        originales = {normalizar(fila.nombre): fila.nombre for fila in filas}
        informe.cuentas["nombres_repetidos"] = len(repetidos)
        informe.listas["nombres_repetidos"] = [originales[nombre] for nombre in repetidos]
        informe.aviso(
            f"{len(repetidos)} nombres se repiten dentro del nivel {nivel.nombre}: "
            + ", ".join(f"{originales[n]} (×{nombres[n]})" for n in repetidos[:20])
            + ".",
            "Quien los nombre sin código quedará como ambiguo.",
            codigo="nombres_repetidos",
        )


def revisar_municipio(filas: list[FilaUnidad], municipio: UnidadTerritorial | None, informe: Informe) -> None:
    """A code that begins with another municipality's INE code belongs there, and is refused here."""
    if municipio is None:
        return
    otros = {
        u.codigo: u.nombre
        for u in UnidadTerritorial.objects.filter(nivel__codigo="municipio").exclude(pk=municipio.pk)
        if len(u.codigo) == 6
    }
    for fila in filas:
        if len(fila.codigo) > 6 and fila.codigo[:6].isdecimal() and fila.codigo[:6] in otros:
            informe.error(
                f"el código «{fila.codigo}» es del municipio {otros[fila.codigo[:6]]} ({fila.codigo[:6]}),"
                f" no de {municipio.nombre}.",
                "Quite la fila, o cárguela con --municipio " + fila.codigo[:6] + ".",
                fila=fila.numero,
                campo="codigo",
                codigo="de_otro_municipio",
            )


def existentes(nivel: Nivel, municipio: UnidadTerritorial | None, en: date) -> list[UnidadTerritorial]:
    """Stored units of the level, each with its limit in force on a day: `limite_wkb` (little-endian, or None),
    `limite_dicho`, its legal state and norm, and `vive`, whether the unit exists that day.
    """
    propias = UnidadTerritorial.objects.filter(nivel=nivel, municipio=municipio)
    unidades = list(propias.select_related("padre"))
    vivas = set(propias.vigentes(en).values_list("pk", flat=True))
    wkb = Func("geom", Value("NDR"), function="ST_AsBinary", output_field=BinaryField())
    vigentes = Limite.objects.en_vigor(en).filter(unidad__in=propias.order_by())
    limites = {
        unidad: (bytes(forma), {"estado": estado, "norma": norma})
        for unidad, forma, estado, norma in vigentes.annotate(wkb=wkb).values_list(
            "unidad_id", "wkb", "estado", "norma"
        )
    }
    for unidad in unidades:
        unidad.limite_wkb, unidad.limite_dicho = limites.get(unidad.pk, (None, {}))
        unidad.vive = unidad.pk in vivas
    return unidades


def unir(plan: Plan, unidades: list[UnidadTerritorial], *, con_codigo: bool) -> None:
    """Give each row its stored unit (by code, else by name and place), and each new row without a code one of its own."""
    filas, informe = plan.todas, plan.informe
    if con_codigo:
        _por_codigo(filas, unidades, informe)
    _por_nombre(filas, [u for u in unidades if u.vive], con_codigo=con_codigo)
    _por_lugar(filas, [u for u in unidades if u.vive], con_codigo=con_codigo)
    _revisar_lugares(filas)
    _resumir(filas, informe)
    if con_codigo:
        return
    usados = {u.codigo for u in unidades}
    sin_unidad = [fila for fila in filas if fila.unidad is None]
    for fila in sorted(sin_unidad, key=lambda f: (normalizar(f.nombre), _orden_estable(f))):
        fila.codigo = codigo_libre(fila.nombre, usados)
        usados.add(fila.codigo)
    for fila in filas:
        if fila.unidad is not None:
            fila.codigo = fila.unidad.codigo
    informe.aviso(
        "el archivo no trae códigos: se forman del nombre y se conservan al volver a cargarlo.",
        "Si hay un campo de código, nómbrelo con --codigo.",
        codigo="codigos_formados",
    )


def _por_codigo(filas: list[FilaUnidad], unidades: list[UnidadTerritorial], informe: Informe) -> None:
    por_codigo = {u.codigo: u for u in unidades}
    for fila in filas:
        fila.unidad = por_codigo.get(fila.codigo)
        if fila.unidad is not None and not fila.unidad.vive and not fila.omitida:
            hasta = fila.unidad.vigencia.upper
            informe.error(
                f"el código «{fila.codigo}» es de {fila.unidad.nombre}, "
                + (f"que dejó de existir el {hasta:%d/%m/%Y}." if hasta else "que ese día todavía no existe."),
                "Dé otro código a la unidad nueva, o cambie el día desde el que rige.",
                fila=fila.numero,
                campo="codigo",
                codigo="unidad_sin_vigencia",
            )


def _por_nombre(filas: list[FilaUnidad], unidades: list[UnidadTerritorial], *, con_codigo: bool) -> None:
    """Join what has one name; a row whose code is unknown must also lie where that unit lies."""
    tomadas = {fila.unidad.pk for fila in filas if fila.unidad is not None}
    guardadas, nuevas = defaultdict(list), defaultdict(list)
    for unidad in unidades:
        if unidad.pk not in tomadas:
            guardadas[normalizar(unidad.nombre)].append(unidad)
    for fila in filas:
        if fila.unidad is None and fila.nombre:
            nuevas[normalizar(fila.nombre)].append(fila)
    for nombre, grupo in nuevas.items():
        candidatas = guardadas.get(nombre, [])
        if con_codigo:
            _unir_con_otro_codigo(grupo, candidatas)
        else:
            _unir_homonimas(grupo, candidatas)


def _unir_con_otro_codigo(filas: list[FilaUnidad], unidades: list[UnidadTerritorial]) -> None:
    for fila in filas:
        for unidad in unidades:
            if _parecido(fila.geom, forma_de(unidad)) >= MISMO_LUGAR and unidad.pk not in {
                f.unidad.pk for f in filas if f.unidad is not None
            }:
                fila.unidad = unidad
                fila.dudar(
                    "codigo_cambiado",
                    f"su código «{fila.codigo}» es nuevo, pero tiene el nombre y el lugar de «{unidad.codigo}»: "
                    "se toma por la misma unidad con otro código.",
                    "Si es otra, omita la fila o cámbiele el nombre.",
                )
                break
        else:
            if unidades:
                fila.dudar(
                    "mismo_nombre",
                    f"ya hay otra unidad llamada así, con código «{unidades[0].codigo}», en otro lugar; "
                    "se crea una nueva.",
                    "Si es la misma, póngale el mismo código.",
                )


def _unir_homonimas(filas: list[FilaUnidad], unidades: list[UnidadTerritorial]) -> None:
    """Among units of one name, rows go to the nearest shape, best pairs first, so that the order of a file is nothing."""
    if len(filas) == len(unidades) == 1:
        filas[0].unidad = unidades[0]
        return
    pares = sorted(
        ((_distancia(fila, unidad), fila.numero, unidad.codigo, fila, unidad) for fila in filas for unidad in unidades),
        key=lambda par: par[:3],
    )
    tomadas: set[int] = set()
    for _d, _n, _c, fila, unidad in pares:
        if fila.unidad is None and unidad.pk not in tomadas:
            fila.unidad = unidad
            tomadas.add(unidad.pk)


def _por_lugar(filas: list[FilaUnidad], unidades: list[UnidadTerritorial], *, con_codigo: bool) -> None:
    """A row on the very ground of a unit that no other row is: without codes, that unit by another name; else said."""
    tomadas = {fila.unidad.pk for fila in filas if fila.unidad is not None}
    libres = [u for u in unidades if u.pk not in tomadas and (u.limite_wkb or u.punto)]
    sueltas = [f for f in filas if f.unidad is None and f.geom is not None]
    if not libres or not sueltas:
        return
    formas = np.array([forma_de(u) for u in libres], dtype=object)
    suyas = np.array([f.geom for f in sueltas], dtype=object)
    pares = []
    for i, j in zip(*shapely.STRtree(formas).query(suyas, predicate="intersects"), strict=True):
        parecido = _parecido(suyas[i], formas[j])
        if parecido >= MISMO_SUELO:
            pares.append((-parecido, sueltas[i].numero, libres[j].codigo, sueltas[i], libres[j]))
    for menos_parecido, _n, _c, fila, unidad in sorted(pares, key=lambda par: par[:3]):
        if fila.unidad is not None or unidad.pk in tomadas:
            continue
        tomadas.add(unidad.pk)
        pct = f"{-100 * menos_parecido:.0f} %"
        if con_codigo:
            fila.dudar(
                "mismo_lugar",
                f"ocupa el lugar ({pct} en común) de «{unidad.nombre}», código «{unidad.codigo}», que no está en el "
                "archivo; con otro código y otro nombre se crea una unidad nueva.",
                "Si es la misma, póngale el mismo código.",
            )
            continue
        fila.unidad = unidad
        fila.dudar(
            "renombrada",
            f"ocupa el lugar ({pct} en común) de «{unidad.nombre}», que no está en el archivo: se toma por la misma "
            "unidad con otro nombre.",
            "Si es otra, omita la fila.",
        )


def _revisar_lugares(filas: list[FilaUnidad]) -> None:
    """Doubt the rows that lie far from where their unit is stored."""
    juntas = [(f, forma_de(f.unidad)) for f in filas if f.unidad is not None and f.geom is not None]
    juntas = [(fila, forma) for fila, forma in juntas if forma is not None]
    if not juntas:
        return
    apartadas = shapely.disjoint([f.geom for f, _ in juntas], [forma for _, forma in juntas])
    for (fila, forma), apartada in zip(juntas, apartadas, strict=True):
        if not apartada:
            continue
        metros = distancia_m(fila.geom.centroid, forma.centroid)
        if metros >= LEJOS_M:
            lejos = f"{metros / 1000:.1f} km".replace(".", ",")
            fila.dudar(
                "lejos",
                f"queda a {lejos} de donde está cargada «{fila.unidad.nombre}» ({fila.unidad.codigo}): quizá es otra.",
                "Si es otra, déle otro código o nombre, u omita la fila.",
                metros=round(metros),
            )


def _resumir(filas: list[FilaUnidad], informe: Informe) -> None:
    """One warning and one list for the matches that a person should look at."""
    dudosas = [(f, d) for f in filas if not f.omitida for d in f.dudas if d.codigo in EMPAREJADAS_CON_DUDA]
    if dudosas:
        informe.cuentas["emparejadas_con_duda"] = len(dudosas)
        informe.listas["emparejadas_con_duda"] = [f"{f}: {d.mensaje}" for f, d in dudosas]
        informe.aviso(
            f"{len(dudosas)} filas se reconocieron con duda (otro nombre, otro código u otro lugar).",
            "Revise la lista «emparejadas con duda».",
            codigo="emparejadas_con_duda",
        )


def forma_de(unidad: UnidadTerritorial) -> BaseGeometry | None:
    """Where a stored unit lies: its limit, else its point."""
    if unidad.limite_wkb:
        return shapely.from_wkb(unidad.limite_wkb)
    return shapely.Point(unidad.punto.coords) if unidad.punto else None


def _parecido(a: BaseGeometry | None, b: BaseGeometry | None) -> float:
    """Common area over joint area; a point in a polygon counts as half alike, equal points as the same."""
    if a is None or b is None:
        return 0.0
    if a.geom_type == b.geom_type == "Point":
        return 1.0 if distancia_m(a, b) < 1 else 0.0
    if "Point" in (a.geom_type, b.geom_type):
        return 0.5 if a.intersects(b) else 0.0
    comun = a.intersection(b).area
    return comun / (a.area + b.area - comun)


def _distancia(fila: FilaUnidad, unidad: UnidadTerritorial) -> float:
    forma = forma_de(unidad)
    if fila.geom is None or forma is None:
        return 0.0 if fila.geom is forma is None else 360.0
    return fila.geom.centroid.distance(forma.centroid)


def _orden_estable(fila: FilaUnidad) -> tuple:
    centro = fila.geom.centroid if fila.geom is not None else shapely.Point(0, 0)
    return (fila.padre_texto, round(centro.x, 6), round(centro.y, 6), fila.numero)


def codigo_libre(nombre: str, usados: set[str]) -> str:
    """A code made from a name, numbered where it is taken."""
    base = normalizar(nombre).replace(" ", "-")[:70] or "unidad"
    codigo, n = base, 1
    while codigo in usados:
        n += 1
        codigo = f"{base}-{n}"
    return codigo
