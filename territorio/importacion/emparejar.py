"""Which row is which unit: by code, else by name, and among repeated names by space; and under which parent it stands."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import TYPE_CHECKING

import shapely
from django.db.models import BinaryField, Func, Value

from territorio.importacion.informe import Informe
from territorio.importacion.texto import normalizar
from territorio.models import Limite, Nivel, Poblacion, UnidadTerritorial

if TYPE_CHECKING:
    from territorio.importacion.limites import FilaUnidad, Pedido, Plan


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
    """Stored units of the level, each with its limit in force on a day: `limite_wkb` (little-endian, or None) and
    `limite_dicho`, its legal state and norm.
    """
    unidades = list(UnidadTerritorial.objects.filter(nivel=nivel, municipio=municipio).select_related("padre"))
    wkb = Func("geom", Value("NDR"), function="ST_AsBinary", output_field=BinaryField())
    vigentes = Limite.objects.en_vigor(en).filter(unidad__in=unidades)
    limites = {
        unidad: (bytes(forma), {"estado": estado, "norma": norma})
        for unidad, forma, estado, norma in vigentes.annotate(wkb=wkb).values_list(
            "unidad_id", "wkb", "estado", "norma"
        )
    }
    for unidad in unidades:
        unidad.limite_wkb, unidad.limite_dicho = limites.get(unidad.pk, (None, {}))
    return unidades


def unir(filas: list[FilaUnidad], unidades: list[UnidadTerritorial], informe: Informe, *, con_codigo: bool) -> None:
    """Give each row its stored unit, and each new row without a code one made from its name."""
    if con_codigo:
        por_codigo = {u.codigo: u for u in unidades}
        for fila in filas:
            fila.unidad = por_codigo.get(fila.codigo)
        return
    guardadas, nuevas = defaultdict(list), defaultdict(list)
    for unidad in unidades:
        guardadas[normalizar(unidad.nombre)].append(unidad)
    for fila in filas:
        nuevas[normalizar(fila.nombre)].append(fila)
    for nombre, grupo in nuevas.items():
        _unir_homonimas(grupo, guardadas.get(nombre, []))
    usados = {u.codigo for u in unidades}
    for nombre, grupo in sorted(nuevas.items()):
        for fila in sorted((f for f in grupo if f.unidad is None), key=_orden_estable):
            fila.codigo = _codigo_libre(nombre, usados)
            usados.add(fila.codigo)
    for fila in filas:
        if fila.unidad is not None:
            fila.codigo = fila.unidad.codigo
    informe.aviso(
        "el archivo no trae códigos: se forman del nombre y se conservan al volver a cargarlo.",
        "Si hay un campo de código, nómbrelo con --codigo.",
        codigo="codigos_formados",
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


def _distancia(fila: FilaUnidad, unidad: UnidadTerritorial) -> float:
    forma = shapely.from_wkb(unidad.limite_wkb) if unidad.limite_wkb else None
    if forma is None and unidad.punto:
        forma = shapely.Point(unidad.punto.coords)
    if fila.geom is None or forma is None:
        return 0.0 if fila.geom is forma is None else 360.0
    return fila.geom.centroid.distance(forma.centroid)


def _orden_estable(fila: FilaUnidad) -> tuple:
    centro = fila.geom.centroid if fila.geom is not None else shapely.Point(0, 0)
    return (fila.padre_texto, round(centro.x, 6), round(centro.y, 6), fila.numero)


def _codigo_libre(nombre: str, usados: set[str]) -> str:
    base = nombre.replace(" ", "-")[:70] or "unidad"
    codigo, n = base, 1
    while codigo in usados:
        n += 1
        codigo = f"{base}-{n}"
    return codigo


def padres(filas: list[FilaUnidad], plan: Plan, pedido: Pedido) -> None:
    """Set each row's parent: the one its field names, else the unit above that holds most of it, else the municipality."""
    nivel_padre = _nivel_padre(plan, pedido)
    candidatos = list(
        UnidadTerritorial.objects.filter(nivel=nivel_padre, municipio=plan.municipio) if nivel_padre else []
    )
    if nivel_padre is not None and plan.municipio is not None and nivel_padre.codigo == "municipio":
        candidatos = [plan.municipio]
    if pedido.campo_padre:
        _padres_por_nombre(filas, candidatos, nivel_padre, plan.informe, pedido.campo_padre)
    por_lugar = _padres_por_lugar(filas, candidatos)
    asignados, distintos = 0, []
    for fila in filas:
        la_contienen = por_lugar.get(fila.numero)
        segun_lugar = la_contienen[0] if la_contienen else None
        if fila.padre is not None:
            if la_contienen is not None and fila.padre not in la_contienen:
                donde = " y ".join(u.nombre for u in la_contienen) or "ninguno"
                distintos.append(f"fila {fila.numero}: {fila.nombre} dice {fila.padre.nombre}, su lugar cae en {donde}")
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
            f"{len(distintos)} unidades no caen, por su punto interior, en el {nivel_padre.nombre} que declaran"
            "; vale lo declarado.",
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


def _padres_por_lugar(filas, candidatos) -> dict[int, list[UnidadTerritorial]]:
    """For each row with a place, the candidates whose limits hold its point, or an inner point of its polygon, by code."""
    formas = {
        limite.unidad_id: shapely.from_wkb(bytes(limite.geom.wkb))
        for limite in Limite.objects.en_vigor().filter(unidad__in=candidatos)
    }
    con_forma = [u for u in candidatos if u.pk in formas]
    if not con_forma:
        return {}
    arbol = shapely.STRtree([formas[u.pk] for u in con_forma])
    con_lugar = [fila for fila in filas if fila.geom is not None]
    interiores = [fila.geom.representative_point() for fila in con_lugar]
    hallados: dict[int, list[UnidadTerritorial]] = {fila.numero: [] for fila in con_lugar}
    indices = arbol.query(interiores, predicate="intersects") if interiores else [[], []]
    for i, j in sorted(zip(*indices, strict=True), key=lambda par: con_forma[par[1]].codigo):
        hallados[con_lugar[i].numero].append(con_forma[j])
    return hallados


def comparar(filas: list[FilaUnidad], unidades: list[UnidadTerritorial], plan: Plan, pedido: Pedido) -> None:
    """Keep in the plan what is new or differs, and count the rest."""
    cuentas = Counter()
    cifras = {
        cifra.unidad_id: cifra.personas
        for cifra in Poblacion.objects.totales().filter(censo=plan.censo, unidad__in=[u.pk for u in unidades])
    }
    for fila in filas:
        if fila.unidad is None:
            cuentas["nuevas"] += 1
            fila.cambios = {"nueva"}
        else:
            fila.cambios = _cambios(fila, cifras.get(fila.unidad.pk), pedido)
            cuentas["cambiadas" if fila.cambios else "iguales"] += 1
        if fila.cambios:
            plan.filas.append(fila)
    tocadas = {fila.unidad.pk for fila in filas if fila.unidad}
    faltan = [u for u in unidades if u.pk not in tocadas]
    plan.informe.cuentas |= {clave: cuentas[clave] for clave in ("nuevas", "cambiadas", "iguales")}
    if plan.censo:
        plan.informe.cuentas["habitantes"] = sum(fila.personas or 0 for fila in filas)
    if faltan:
        plan.informe.cuentas["faltan_en_el_archivo"] = len(faltan)
        plan.informe.listas["faltan_en_el_archivo"] = [f"{u.codigo} {u.nombre}" for u in faltan]
        plan.informe.aviso(
            f"{len(faltan)} unidades ya cargadas no están en el archivo; se conservan.", codigo="faltan_en_el_archivo"
        )


def _cambios(fila: FilaUnidad, personas: int | None, pedido: Pedido) -> set[str]:
    unidad, cambios = fila.unidad, set()
    if fila.nombre != unidad.nombre:
        cambios.add("nombre")
    if fila.padre != unidad.padre:
        cambios.add("padre")
    if fila.categoria and fila.categoria != unidad.categoria:
        cambios.add("categoria")
    if fila.personas is not None and fila.personas != personas:
        cambios.add("poblacion")
    if fila.geom is not None:
        if fila.geom.geom_type == "Point":
            if unidad.punto is None or unidad.punto.coords != fila.geom.coords[0]:
                cambios.add("punto")
        # A new legal state or norm of the same ground is a new limit too: the old one stays in the history.
        elif unidad.limite_wkb != shapely.to_wkb(fila.geom, byte_order=1) or any(
            dicho and unidad.limite_dicho.get(campo) != dicho
            for campo, dicho in (("estado", pedido.estado), ("norma", pedido.norma))
        ):
            cambios.add("limite")
    return cambios
