"""The questions, each answered once: pages, tables, exports and the API all show these figures."""

from collections.abc import Callable

from django.conf import settings
from django.db.models import Sum
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mapas import clases as legenda
from mapas.brechas import brechas
from mapas.clases import Clase
from mapas.diagnostico.pregunta import diagnostico
from mapas.figuras import (
    COLOR_PASO,
    ETIQUETA_PASO,
    Columna,
    Figuras,
    bs,
    columnas_de_habitantes,
    decimal,
    fila_de,
    filas_de,
    fuente_de,
    personas_en_palabras,
    plural,
    por_ciento,
    por_cuantiles,
    por_umbrales,
    sumas,
)
from mapas.filtros import Vista
from mapas.nombres import en_su_idioma
from mapas.rasgos import rasgos_de_demandas, rasgos_de_proyectos
from mapas.servicios import servicios
from proyectos.models import Operacion
from proyectos.querysets.embudo import PASO, PASOS
from proyectos.querysets.pdm import cubiertas, en_el_plan
from territorio.conservacion import Conservacion
from territorio.models import Cifra, Metodo, UnidadEnUnidad, UnidadTerritorial


def demanda(vista: Vista, *, con_rasgos: bool = True) -> Figuras:
    """Demand by territory: how many, for how many people, per 1,000 inhabitants."""
    demandas = vista.demandas
    unidades = vista.unidades.con_demanda(demandas, censo=vista.censo, usuario=vista.usuario)
    columnas = [
        Columna("demandas", _("Demandas"), "decimal"),
        Columna("demandas_en_disputa", _("En disputa"), "decimal"),
        Columna("beneficiarios", _("Beneficiarios"), "entero"),
        *columnas_de_habitantes(),
        Columna("por_mil", _("Por 1.000 hab."), "decimal"),
    ]
    filas = filas_de(unidades, columnas)
    for fila in filas:
        fila["por_mil_metodo"] = fila["habitantes_metodo"]
    valor = vista.medida or "demandas"
    clases = por_cuantiles(filas, valor)
    conservacion = demandas.conservacion(vista.nivel, vista.municipio)
    que = ngettext("%(n)s demanda", "%(n)s demandas", conservacion.total) % {"n": number_format(conservacion.total)}
    if vista.sector:
        que = _("%(que)s de %(sector)s") % {"que": que, "sector": en_su_idioma(vista.sector.nombre)}
    if vista.grupo:
        que = _("%(que)s de %(grupo)s") % {"que": que, "grupo": dict(_grupos())[vista.grupo]}
    mayor = max(filas, key=lambda fila: fila["demandas"], default=None)
    detalle = ""
    if mayor and mayor["demandas"] > 0:
        detalle = _("Más demanda: %(unidad)s (%(n)s).") % {"unidad": mayor["nombre"], "n": decimal(mayor["demandas"])}
    return Figuras(
        pregunta="demanda",
        titulo=_("Demanda por territorio"),
        frase=_("%(que)s en %(n)s %(nivel)s")
        % {"que": que, "n": number_format(len(filas)), "nivel": plural(vista.nivel, len(filas))},
        detalle=detalle.strip(),
        columnas=columnas,
        filas=sorted(filas, key=lambda fila: (-(fila[valor] or 0), fila["nombre"])),
        totales=sumas(filas, ["demandas", "demandas_en_disputa", "beneficiarios", "habitantes"]),
        valor=valor,
        clases=clases,
        conservacion=conservacion,
        objeto=_("demandas"),
        rasgos=rasgos_de_demandas(demandas) if con_rasgos else [],
        fuente=fuente_de(vista) + _sin_reservadas(demandas, vista.usuario),
    )


def _sin_reservadas(demandas, usuario) -> str:
    """What the sums of persons leave out for this reader, in words; nothing where they leave nobody out."""
    if not demandas.con_personas(usuario).filter(reservado=True, personas=None).exists():
        return ""
    return _("; beneficiarios: sin los grupos de menos de %(n)s personas") % {"n": settings.MINKA_UMBRAL_PERSONAS}


def cobertura_pdm(vista: Vista, *, con_rasgos: bool = True) -> Figuras:
    """What the five-year plan answers: demands and inhabitants covered, by unit."""
    demandas = vista.demandas.vigentes()
    base = UnidadTerritorial.objects.base().filter(municipio=vista.municipio)
    en_plan = en_el_plan(base, vista.demandas, vista.pdm, vista.proyectos)
    unidades = vista.unidades.cobertura_pdm(
        demandas, vista.pdm, censo=vista.censo, proyectos=vista.proyectos, en_plan=en_plan
    )
    columnas = [
        Columna("demandas", _("Demandas"), "decimal"),
        Columna("demandas_cubiertas", _("Con respuesta en el PDM"), "decimal"),
        Columna("cobertura", _("Cobertura"), "porcentaje"),
        Columna("habitantes_base", _("Habitantes de sus comunidades"), "entero"),
        Columna("habitantes_cubiertos", _("Habitantes cubiertos"), "entero"),
    ]
    filas = filas_de(unidades, [*columnas, Columna("habitantes_estimados", "")])
    for fila in filas:
        if fila.pop("habitantes_estimados"):
            fila["habitantes_base_metodo"] = fila["habitantes_cubiertos_metodo"] = Metodo.AREA.value
    tonos = legenda.YLGNBU
    umbrales = [
        (75, Clase("c4", _("75 % o más"), tonos[4])),
        (50, Clase("c3", "50 – 74 %", tonos[3])),
        (25, Clase("c2", "25 – 49 %", tonos[2])),
        (1e-9, Clase("c1", _("menos de 25 %"), tonos[1])),
        (0, Clase("cero", _("0 %: nada tiene respuesta"), legenda.CERO)),
    ]
    clases = por_umbrales(filas, "cobertura", umbrales, legenda.sin_datos(_("sin datos: sin demanda")))
    conservacion = demandas.conservacion(vista.nivel, vista.municipio)
    respondidas = cubiertas(demandas, vista.pdm, vista.proyectos).count()
    personas = _habitantes_cubiertos(vista, base, en_plan)
    pendientes = conservacion.total - respondidas
    detalle = _("No responde a %(n)s demandas.") % {"n": number_format(pendientes)} if pendientes else ""
    if personas["todas"]:
        detalle += " " + _(
            "%(cubiertos)s de %(todas)s habitantes viven en comunidades u OTB con proyecto en el plan."
        ) % {
            "cubiertos": personas_en_palabras(personas["cubiertas"], estimadas=bool(personas["estimadas"])),
            "todas": personas_en_palabras(personas["todas"], estimadas=bool(personas["estimadas"])),
        }
    if vista.pdm is None:
        frase = (
            _("No hay un PDM publicado: ninguna de %(n)s demandas tiene respuesta")
            % {"n": number_format(conservacion.total)}
            if conservacion.total
            else _("No hay un PDM publicado ni demandas cargadas")
        )
    else:
        frase = _("El %(plan)s responde a %(cubiertas)s de %(todas)s demandas (%(por_ciento)s %%)") % {
            "plan": vista.pdm.nombre,
            "cubiertas": number_format(respondidas),
            "todas": number_format(conservacion.total),
            "por_ciento": number_format(round(100 * respondidas / conservacion.total) if conservacion.total else 0),
        }
    return Figuras(
        pregunta="cobertura-pdm",
        titulo=_("Cobertura del PDM"),
        frase=frase,
        detalle=detalle.strip(),
        columnas=columnas,
        filas=sorted(filas, key=lambda fila: (101 if fila["cobertura"] is None else fila["cobertura"], fila["nombre"])),
        totales=sumas(filas, ["demandas", "demandas_cubiertas", "habitantes_base", "habitantes_cubiertos"]),
        valor="cobertura",
        clases=clases,
        conservacion=conservacion,
        objeto=_("demandas"),
        rasgos=rasgos_de_proyectos(vista.proyectos.con_efecto().filter(pdm=vista.pdm))
        if vista.pdm and con_rasgos
        else [],
        fuente=fuente_de(vista),
    )


def ejecucion_poa(vista: Vista, *, con_rasgos: bool = True) -> Figuras:
    """How the year's programme goes: physical progress against money, by unit."""
    proyectos = vista.proyectos.con_efecto()
    operaciones = Operacion.objects.visibles_para(vista.usuario).filter(
        poa__municipio=vista.municipio, poa__gestion=vista.gestion or 0, proyecto__in=proyectos.order_by()
    )
    unidades = vista.unidades.ejecucion_poa(operaciones)
    columnas = [
        Columna("operaciones_n", _("Operaciones"), "decimal"),
        Columna("vigente", _("Presupuesto vigente"), "bs"),
        Columna("devengado", _("Devengado"), "bs"),
        Columna("financiero", _("Financiero"), "porcentaje"),
        Columna("programado", _("Físico programado"), "porcentaje"),
        Columna("alcanzado", _("Físico alcanzado"), "porcentaje"),
        Columna("eficacia", _("Eficacia"), "porcentaje"),
    ]
    filas = filas_de(unidades, [c for c in columnas if c.clave != "eficacia"])
    for fila in filas:
        fila["eficacia"] = 100 * fila["alcanzado"] / fila["programado"] if fila["programado"] else None
    umbrales = [
        (85, Clase("al_dia", _("al día: 85 % o más de lo programado"), "#2166AC")),
        (60, Clase("con_retraso", _("con retraso: 60 – 84 %"), "#FDDBC7")),
        (0, Clase("critico", _("crítico: menos de 60 %"), "#B2182B", "rayas")),
    ]
    clases = por_umbrales(filas, "eficacia", umbrales, legenda.sin_datos(_("sin datos: sin operaciones programadas")))
    totales = operaciones.totales()
    n = totales["operaciones"]
    if not n:
        frase = _("No hay operaciones que mostrar") if vista.gestion else _("No hay un POA publicado")
    else:
        frase = _("Avance físico %(alcanzado)s de %(programado)s programado; financiero %(financiero)s") % {
            clave: por_ciento(totales[clave]) for clave in ("alcanzado", "programado", "financiero")
        }
    con_operacion = proyectos.filter(operaciones__in=operaciones.order_by())
    return Figuras(
        pregunta="ejecucion-poa",
        titulo=_("Ejecución del POA"),
        frase=frase,
        detalle=_("POA %(gestion)s: %(n)s operaciones, %(vigente)s vigentes, %(devengado)s devengados.")
        % {
            "gestion": vista.gestion or "–",
            "n": number_format(n),
            "vigente": bs(totales["vigente"]),
            "devengado": bs(totales["devengado"]),
        },
        columnas=columnas,
        filas=sorted(filas, key=lambda fila: (1000 if fila["eficacia"] is None else fila["eficacia"], fila["nombre"])),
        totales=sumas(filas, ["operaciones_n", "vigente", "devengado"])
        | {clave: totales[clave] for clave in ("financiero", "programado", "alcanzado")}
        | {"eficacia": 100 * totales["alcanzado"] / totales["programado"] if totales["programado"] else None},
        valor="eficacia",
        clases=clases,
        conservacion=con_operacion.conservacion(vista.nivel, vista.municipio),
        conservacion_bs=_conservacion_bs(vista, operaciones, filas),
        objeto=_("operaciones"),
        rasgos=rasgos_de_proyectos(con_operacion, operaciones=operaciones) if con_rasgos else [],
        fuente=fuente_de(vista),
    )


def desatendidas(vista: Vista, *, con_rasgos: bool = True) -> Figuras:
    """Who is served and who is not: the step of the funnel of each community or OTB."""
    base = UnidadTerritorial.objects.base().filter(municipio=vista.municipio)
    if vista.nivel.es_base:
        base = base.filter(nivel=vista.nivel)
    en_embudo = base.embudo(
        sector=vista.sector.codigo if vista.sector else None,
        pdm=vista.pdm,
        gestion=vista.gestion,
        metros=vista.metros,
        demandas=vista.demandas,
        proyectos=vista.proyectos,
    )
    if vista.sector:
        en_embudo = en_embudo.con_servicio_cercano(sector=vista.sector.codigo)
    pasos = {u.pk: u for u in en_embudo.con_habitantes(vista.censo).order_by("nombre")}
    clases_paso = [
        Clase(paso, ETIQUETA_PASO[paso](), COLOR_PASO[paso], "rayas" if paso == "sin_demanda" else "") for paso in PASOS
    ]
    cuenta = legenda.contar([*clases_paso, legenda.sin_datos()], [PASOS[u.paso] for u in pasos.values()])
    if vista.nivel.es_base:
        columnas, filas, clases, valor = _embudo_de_cada_una(pasos, cuenta, con_servicio=vista.sector is not None)
    else:
        columnas, filas, clases, valor = _embudo_por_unidad(vista, pasos)
    sin_proyecto = [u for u in pasos.values() if u.paso <= PASO["demanda_sin_pdm"]]
    personas = sum(u.habitantes or 0 for u in sin_proyecto)
    sin_cifra = sum(1 for u in sin_proyecto if u.habitantes is None)
    # "0 inhabitants" would be a figure; where nobody was counted the sentence says none.
    con_cifra = len(sin_proyecto) > sin_cifra or not sin_proyecto
    modelo = (
        _("%(n)s de %(todas)s %(que)s sin ningún proyecto%(sector)s: %(habitantes)s habitantes")
        if con_cifra
        else _("%(n)s de %(todas)s %(que)s sin ningún proyecto%(sector)s")
    )
    frase = modelo % {
        "n": number_format(len(sin_proyecto)),
        "todas": number_format(len(pasos)),
        "que": plural(vista.nivel, len(pasos)) if vista.nivel.es_base else _("comunidades y OTB"),
        "sector": _(" de %(sector)s") % {"sector": en_su_idioma(vista.sector.nombre)} if vista.sector else "",
        "habitantes": personas_en_palabras(personas, estimadas=any(_estimada(u) for u in sin_proyecto)),
    }
    por_paso = {c.clave: c.cuantas for c in cuenta}
    detalle = _("%(piden)s de ellas piden y no están en el PDM; %(callan)s no han pedido nada.") % {
        "piden": number_format(por_paso["demanda_sin_pdm"]),
        "callan": number_format(por_paso["sin_demanda"]),
    }
    if sin_cifra:
        detalle += " " + ngettext(
            "%(n)s no tiene cifra de habitantes.", "%(n)s no tienen cifra de habitantes.", sin_cifra
        ) % {"n": number_format(sin_cifra)}
    return Figuras(
        pregunta="desatendidas",
        titulo=_("Comunidades atendidas y desatendidas"),
        frase=frase,
        detalle=detalle.strip(),
        columnas=columnas,
        filas=filas,
        totales=sumas(
            filas, [c.clave for c in columnas if c.tipo in {"entero", "decimal"} and c.clave != "por_ciento"]
        ),
        valor=valor,
        clases=clases,
        conservacion=_conservacion_base(vista, base),
        objeto=plural(vista.nivel, len(pasos)) if vista.nivel.es_base else _("comunidades y OTB"),
        rasgos=rasgos_de_proyectos(vista.proyectos.con_efecto()) if con_rasgos else [],
        fuente=fuente_de(vista),
    )


PREGUNTAS: dict[str, Callable[..., Figuras]] = {
    "demanda": demanda,
    "cobertura-pdm": cobertura_pdm,
    "ejecucion-poa": ejecucion_poa,
    "desatendidas": desatendidas,
    "servicios": servicios,
    "diagnostico": diagnostico,
    "brechas": brechas,
}


def _estimada(unidad) -> bool:
    """Whether a base unit's inhabitants were estimated and not counted in it."""
    return unidad.habitantes_metodo not in {None, Metodo.CENSO}


def _embudo_de_cada_una(pasos: dict, cuenta: list[Clase], *, con_servicio: bool):
    columnas = [Columna("paso", _("Situación"), "paso"), *columnas_de_habitantes()]
    if con_servicio:
        columnas += [Columna("servicio", _("Servicio más cercano"), "texto"), Columna("km", _("Distancia"), "km")]
    filas = []
    for unidad in sorted(pasos.values(), key=lambda u: (u.paso, -(u.habitantes or 0), u.nombre)):
        paso = PASOS[unidad.paso]
        fila = {"paso": paso, "habitantes": unidad.habitantes, "habitantes_metodo": unidad.habitantes_metodo}
        if con_servicio:
            cercano = unidad.servicio_cercano or {}
            metros = cercano.get("metros")
            fila |= {"servicio": cercano.get("nombre", ""), "km": None if metros is None else metros / 1000}
        filas.append(fila_de(unidad) | fila | {"clase": paso})
    return columnas, filas, cuenta, "paso"


def _embudo_por_unidad(vista: Vista, pasos: dict):
    """The funnel of a level above the base: each base unit counts in it by the part of it that lies there."""
    columnas = [
        *(Columna(paso, ETIQUETA_PASO[paso]().capitalize(), "decimal") for paso in PASOS),
        Columna("por_ciento", _("Sin proyecto"), "porcentaje"),
        Columna("habitantes_sin", _("Habitantes sin proyecto"), "entero"),
    ]
    filas = {u.pk: fila_de(u) | dict.fromkeys(PASOS, 0.0) | {"habitantes_sin": 0.0} for u in vista.unidades}
    partes = UnidadEnUnidad.objects.filter(parte__in=pasos, unidad__in=filas).values_list("parte", "unidad", "fraccion")
    for parte, unidad, fraccion in partes:
        base, fila = pasos[parte], filas[unidad]
        fila[PASOS[base.paso]] += fraccion
        if base.paso <= PASO["demanda_sin_pdm"]:
            fila["habitantes_sin"] += fraccion * (base.habitantes or 0)
            if _estimada(base):
                fila["habitantes_sin_metodo"] = base.habitantes_metodo
    for fila in filas.values():
        todas = sum(fila[paso] for paso in PASOS)
        sin_proyecto = fila["sin_demanda"] + fila["demanda_sin_pdm"]
        fila["por_ciento"] = 100 * sin_proyecto / todas if todas > 1e-9 else None
    ordenadas = sorted(filas.values(), key=lambda f: -1 if f["por_ciento"] is None else f["por_ciento"], reverse=True)
    tonos = legenda.YLGNBU
    umbrales = [
        (75, Clase("c4", _("75 % o más sin proyecto"), tonos[4])),
        (50, Clase("c3", "50 – 74 %", tonos[3])),
        (25, Clase("c2", "25 – 49 %", tonos[2])),
        (1e-9, Clase("c1", _("menos de 25 %"), tonos[1])),
        (0, Clase("cero", _("todas con proyecto"), legenda.CERO)),
    ]
    clases = por_umbrales(ordenadas, "por_ciento", umbrales, legenda.sin_datos(_("sin datos: sin comunidades")))
    return columnas, ordenadas, clases, "por_ciento"


def _conservacion_base(vista: Vista, base) -> Conservacion:
    """Conservation line of the base units at the level shown."""
    partes = UnidadEnUnidad.objects.filter(parte__in=base)
    ubicadas = (
        partes.filter(nivel=vista.nivel, unidad__in=vista.unidades).aggregate(suma=Sum("fraccion"))["suma"] or 0.0
    )
    con_lugar = partes.values("parte").distinct().count()
    total = base.count()
    disputadas = partes.filter(nivel=vista.nivel, en_disputa=True).values("parte").distinct().count()
    return Conservacion.de(total=total, ubicadas=ubicadas, sin_ubicar=total - con_lugar, en_disputa=disputadas)


def _conservacion_bs(vista: Vista, operaciones, filas: list[dict]) -> Conservacion:
    """The same line in bolivianos: budget in force placed, outside, and of projects without place."""
    total = float(operaciones.aggregate(suma=Sum("presupuesto_vigente"))["suma"] or 0)
    sin_lugar = operaciones.filter(proyecto__ubicada_por="sin_ubicar").aggregate(suma=Sum("presupuesto_vigente"))[
        "suma"
    ]
    ubicado = sum(fila["vigente"] for fila in filas)
    sin_ubicar = float(sin_lugar or 0)
    return Conservacion(
        total=total, ubicadas=ubicado, fuera=max(total - ubicado - sin_ubicar, 0.0), sin_ubicar=sin_ubicar
    )


def _habitantes_cubiertos(vista: Vista, base, en_plan: list[int]) -> dict[str, float]:
    cifras = Cifra.objects.habitantes(vista.censo)
    en_base = cifras.filter(unidad__in=base)
    return {
        "todas": en_base.aggregate(suma=Sum("valor"))["suma"] or 0,
        "cubiertas": cifras.filter(unidad__in=en_plan).aggregate(suma=Sum("valor"))["suma"] or 0,
        "estimadas": en_base.exclude(metodo=Metodo.CENSO).count(),
    }


def _grupos():
    from demandas.models import Grupo

    return Grupo.choices
