"""Gaps between groups: what women, men, young and old rank first, side by side, and how much of it reached the plan.

What a group ranked first is the choice of those of the group who met. Where these are few, a visitor is told nothing of that
unit, nor of as many others as it takes for nobody to find it by subtraction.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import Q, Sum
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cuentas.permisos import municipios_de
from demandas.models import Asistencia, DemandaUnidad, EstadoEvento, Grupo, GrupoEdad, Rango, Sexo
from mapas import clases as legenda
from mapas.clases import Clase
from mapas.figuras import Columna, Figuras, Tabla, decimal, fila_de, fuente_de, por_ciento, por_umbrales, sumas
from mapas.filtros import Vista
from mapas.nombres import en_su_idioma
from proyectos.models import POA
from proyectos.querysets.brechas import PRIMERO, presupuestadas, puestas_primero
from proyectos.querysets.pdm import cubiertas
from territorio.models import UnidadTerritorial

LADO_A_LADO = (Grupo.MUJERES, Grupo.HOMBRES, Grupo.JOVENES, Grupo.ADULTOS_MAYORES)
CUANTAS = 3  # sectors that a cell names
# ColorBrewer PuOr: more than the other group, or less.
PUOR = ("#b35806", "#f1a340", "#f7f7f7", "#998ec3", "#542788")
_DE = {
    Grupo.MUJERES: Q(sexo=Sexo.MUJERES),
    Grupo.HOMBRES: Q(sexo=Sexo.HOMBRES),
    Grupo.JOVENES: Q(grupo_edad=GrupoEdad.JOVENES),
    Grupo.ADULTOS: Q(grupo_edad=GrupoEdad.ADULTOS),
    Grupo.ADULTOS_MAYORES: Q(grupo_edad=GrupoEdad.ADULTOS_MAYORES),
}


def brechas(vista: Vista, *, con_rasgos: bool = True) -> Figuras:
    """The share of what a group ranked first that reached the plan or the budget; or how far it is from another's."""
    demandas = vista.con(grupo="").demandas.vigentes()
    respuesta = {
        "pdm": vista.pdm,
        "proyectos": vista.proyectos,
        "poas": POA.objects.visibles_para(vista.usuario).del_municipio(vista.municipio),
        "gestion": vista.gestion,
    }
    unidades = vista.unidades.con_habitantes(vista.censo).brechas(demandas, grupo=vista.grupo, **respuesta)
    if vista.otro:
        unidades = unidades.brechas(demandas, grupo=vista.otro, prefijo="otro_", **respuesta)
    primeros = _primeros_de_cada_grupo(vista, demandas)
    columnas = _columnas(vista)
    filas = [_fila(u, vista, primeros) for u in unidades.select_related("padre").order_by("nombre")]
    totales = _totales(filas, demandas, vista, respuesta)
    calladas = _callar(filas, vista)
    valor = "diferencia" if vista.otro else f"cuota_{vista.medida}"
    clases = _clases(filas, valor, vista)
    for fila in filas:
        fila.pop("personas"), fila.pop("padre")
    conservacion = puestas_primero(demandas, vista.grupo).conservacion(vista.nivel, vista.municipio)
    return Figuras(
        pregunta="brechas",
        titulo=_("Brechas entre grupos"),
        frase=_frase(vista, totales),
        detalle=_detalle(vista, totales, calladas),
        columnas=columnas,
        filas=sorted(filas, key=lambda f: (101 if f[valor] is None else f[valor], f["nombre"])),
        totales=totales,
        valor=valor,
        clases=clases,
        conservacion=conservacion,
        objeto=_("demandas que puso primero este grupo"),
        fuente=fuente_de(vista) + _nota_de_reserva(vista),
        tablas=_tablas(demandas, respuesta),
    )


def _nombre(grupo: str) -> str:
    return str(Grupo(grupo).label)


def _columnas(vista: Vista) -> list[Columna]:
    columnas = [
        Columna("primeras", _("Puso primero"), "decimal"),
        Columna("en_pdm", _("En el PDM"), "decimal"),
        Columna("cuota_pdm", _("Llegó al PDM"), "porcentaje"),
        Columna("en_poa", _("En el POA"), "decimal"),
        Columna("cuota_poa", _("Llegó al POA"), "porcentaje"),
    ]
    if vista.otro:
        columnas += [
            Columna(f"otro_cuota_{vista.medida}", _("Lo de %(grupo)s") % {"grupo": _nombre(vista.otro)}, "porcentaje"),
            Columna("diferencia", _("Diferencia (puntos)"), "decimal"),
        ]
    return columnas + [
        Columna(f"primero_{g.value}", _("Lo primero para %(grupo)s") % {"grupo": g.label}, "texto") for g in LADO_A_LADO
    ]


def _fila(unidad: UnidadTerritorial, vista: Vista, primeros: dict[tuple[int, str], str]) -> dict[str, Any]:
    fila = fila_de(unidad) | {"padre": unidad.padre_id, "personas": unidad.habitantes}  # type: ignore[attr-defined]
    claves = [c.clave for c in _columnas(vista) if c.tipo != "texto" and c.clave != "diferencia"]
    fila |= {clave: getattr(unidad, clave) for clave in claves}
    if vista.otro:
        una, otra = fila[f"cuota_{vista.medida}"], fila[f"otro_cuota_{vista.medida}"]
        fila["diferencia"] = None if una is None or otra is None else una - otra
    return fila | {f"primero_{g.value}": primeros.get((unidad.pk, g.value), "") for g in LADO_A_LADO}


def _primeros_de_cada_grupo(vista: Vista, demandas) -> dict[tuple[int, str], str]:
    """By (unit, group): the demand that it ranked first, or, where there are several, the sectors that it named most."""
    filas = DemandaUnidad.objects.filter(
        nivel=vista.nivel,
        demanda__in=demandas.order_by(),
        demanda__rangos__puesto=PRIMERO,
        demanda__rangos__grupo__in=[g.value for g in LADO_A_LADO],
    ).values_list("unidad", "demanda__rangos__grupo", "demanda__sector__nombre", "demanda__titulo", "fraccion")
    titulos: dict[tuple[int, str], list[str]] = defaultdict(list)
    sectores: dict[tuple[int, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for unidad, grupo, sector, titulo, fraccion in filas:
        titulos[unidad, grupo].append(titulo)
        sectores[unidad, grupo][en_su_idioma(sector) if sector else _("sin sector")] += fraccion
    return {
        clave: suyos[0] if len(suyos) == 1 else _los_mas_nombrados(sectores[clave]) for clave, suyos in titulos.items()
    }


def _los_mas_nombrados(cuenta: dict[str, float]) -> str:
    en_orden = sorted(cuenta.items(), key=lambda par: (-round(par[1], 6), par[0]))
    return ", ".join(f"{sector} ({decimal(n)})" for sector, n in en_orden[:CUANTAS])


def _totales(filas: list[dict], demandas, vista: Vista, respuesta: dict) -> dict[str, Any]:
    """Sums of the columns; shares are those of all demands, wherever they lie."""
    totales: dict[str, Any] = sumas(filas, ["primeras", "en_pdm", "en_poa"])
    cuentas = _cuentas(demandas, vista.grupo, respuesta)
    totales |= {"cuota_pdm": _cuota(cuentas["en_pdm"], cuentas["primeras"])}
    totales |= {"cuota_poa": _cuota(cuentas["en_poa"], cuentas["primeras"]), "todas": cuentas["primeras"]}
    if vista.otro:
        otras = _cuentas(demandas, vista.otro, respuesta)
        suya = _cuota(otras[f"en_{vista.medida}"], otras["primeras"])
        propia = totales[f"cuota_{vista.medida}"]
        totales |= {f"otro_cuota_{vista.medida}": suya}
        totales |= {"diferencia": None if propia is None or suya is None else propia - suya}
    return totales


def _cuentas(demandas, grupo: str, respuesta: dict) -> dict[str, int]:
    primeras = puestas_primero(demandas, grupo)
    en_presupuesto = presupuestadas(
        primeras, proyectos=respuesta["proyectos"], poas=respuesta["poas"], gestion=respuesta["gestion"]
    )
    return {
        "primeras": primeras.count(),
        "en_pdm": cubiertas(primeras, respuesta["pdm"], respuesta["proyectos"]).count(),
        "en_poa": en_presupuesto.count(),
    }


def _cuota(parte: float, todo: float) -> float | None:
    return 100 * parte / todo if todo else None


# --- what a visitor is not told ---------------------------------------------------------------------------------------
def _callar(filas: list[dict], vista: Vista) -> int:
    """Empty the figures of units where few persons chose, for who is not a member; how many were emptied."""
    umbral = settings.MINKA_UMBRAL_PERSONAS
    if not umbral or vista.usuario.is_superuser or vista.municipio.pk in municipios_de(vista.usuario):
        return 0
    asistieron = _asistieron(vista, [g for g in (vista.grupo, vista.otro) if g])
    for fila in filas:
        fila["personas"] = asistieron.get(fila["id"], fila["personas"])
    calladas = reservadas(filas, umbral)
    for fila in filas:
        if fila["id"] in calladas:
            for columna in _columnas(vista):
                fila[columna.clave] = "" if columna.tipo == "texto" else None
            fila["reservada"] = True
    return len(calladas)


def reservadas(filas: Iterable[dict], umbral: int) -> set[int]:
    """Ids of the rows to be silent about: those with fewer `personas` than `umbral`, and, where one alone would be
    silent among those of its `padre` or in all, the next with fewest. Rows without `primeras` say nothing of anybody.
    """
    dicen = [fila for fila in filas if fila["primeras"]]
    calladas = {f["id"] for f in dicen if f["personas"] is not None and f["personas"] < umbral}
    familias: dict[Any, list[dict]] = defaultdict(list)
    for fila in dicen:
        familias[fila["padre"]].append(fila)
    # Whoever goes along may be the only one of another family: until none is alone.
    while (otra := _acompaniante((dicen, *familias.values()), calladas)) is not None:
        calladas.add(otra)
    return calladas


def _acompaniante(familias: Iterable[list[dict]], calladas: set[int]) -> int | None:
    """Who is to go along with the only silent one of some family: with fewest persons; None where nobody is alone."""
    for familia in familias:
        otras = [f for f in familia if f["id"] not in calladas]
        if otras and len(familia) - len(otras) == 1:
            return min(otras, key=lambda f: (f["personas"] is None, f["personas"] or 0, f["id"]))["id"]
    return None


def _asistieron(vista: Vista, grupos: list[str]) -> dict[int, int]:
    """By unit: persons of these groups who came to its meetings (the group with fewest); only where they were counted."""
    asistencias = Asistencia.objects.filter(
        evento__municipio=vista.municipio,
        evento__estado=EstadoEvento.REALIZADO,
        evento__unidad__localizaciones__nivel=vista.nivel,
    )
    pocas: dict[int, int] = {}
    for grupo in grupos:
        suma = asistencias.filter(_DE.get(Grupo(grupo), Q())).order_by()
        for unidad, personas in suma.values_list("evento__unidad__localizaciones__unidad").annotate(n=Sum("personas")):
            pocas[unidad] = min(personas, pocas.get(unidad, personas))
    return pocas


def _nota_de_reserva(vista: Vista) -> str:
    if not settings.MINKA_UMBRAL_PERSONAS:
        return ""
    return _(
        "; lo que puso primero un grupo de menos de %(n)s asistentes (o habitantes, si no se contaron) no se publica, "
        "ni lo de otra unidad con la que se lo hallaría por diferencia"
    ) % {"n": settings.MINKA_UMBRAL_PERSONAS}


# --- in words and colours ---------------------------------------------------------------------------------------------
def _clases(filas: list[dict], valor: str, vista: Vista) -> list[Clase]:
    vacia = legenda.sin_datos(_("el grupo no puso nada primero, o no se publica"))
    if valor != "diferencia":
        tonos = legenda.YLGNBU
        umbrales = [
            (75, Clase("c4", _("75 % o más"), tonos[4])),
            (50, Clase("c3", "50 – 74 %", tonos[3])),
            (25, Clase("c2", "25 – 49 %", tonos[2])),
            (1e-9, Clase("c1", _("menos de 25 %"), tonos[1])),
            (0, Clase("cero", _("0 %: nada llegó"), legenda.CERO)),
        ]
        return por_umbrales(filas, valor, umbrales, vacia)
    nombres = {"una": _nombre(vista.grupo), "otra": _nombre(vista.otro)}
    mas, menos = _("a %(una)s le llegó más: %(n)s"), _("a %(otra)s le llegó más: %(n)s")
    umbrales = [
        (25, Clase("mas2", mas % {**nombres, "n": _("25 puntos o más")}, PUOR[4])),
        (5, Clase("mas1", mas % {**nombres, "n": _("5 a 24 puntos")}, PUOR[3])),
        (-5, Clase("igual", _("casi lo mismo: menos de 5 puntos"), PUOR[2])),
        (-25, Clase("menos1", menos % {**nombres, "n": _("5 a 24 puntos")}, PUOR[1], "rayas")),
        (-1000, Clase("menos2", menos % {**nombres, "n": _("25 puntos o más")}, PUOR[0], "rayas")),
    ]
    return por_umbrales(filas, valor, umbrales, vacia)


def _frase(vista: Vista, totales: dict[str, Any]) -> str:
    if not totales["todas"]:
        return _("Todavía no hay demandas que %(grupo)s haya puesto primero") % {"grupo": _nombre(vista.grupo)}
    a_donde = _("al PDM") if vista.medida == "pdm" else _("al POA")
    llega = totales[f"cuota_{vista.medida}"]
    if vista.otro and totales.get("diferencia") is not None:
        return _("Llegó %(donde)s el %(una)s de lo que pusieron primero %(grupo)s, y el %(otra)s de lo de %(otro)s") % {
            "donde": a_donde,
            "una": por_ciento(llega),
            "grupo": _nombre(vista.grupo),
            "otra": por_ciento(totales[f"otro_cuota_{vista.medida}"]),
            "otro": _nombre(vista.otro),
        }
    return ngettext(
        "Llegó %(donde)s el %(cuota)s de lo que puso primero el grupo: %(grupo)s (%(n)s demanda)",
        "Llegó %(donde)s el %(cuota)s de lo que puso primero el grupo: %(grupo)s (%(n)s demandas)",
        totales["todas"],
    ) % {
        "donde": a_donde,
        "cuota": por_ciento(llega),
        "grupo": _nombre(vista.grupo),
        "n": number_format(totales["todas"]),
    }


def _detalle(vista: Vista, totales: dict[str, Any], calladas: int) -> str:
    dicho = _("Al plan llegó el %(pdm)s y al presupuesto el %(poa)s.") % {
        "pdm": por_ciento(totales["cuota_pdm"]),
        "poa": por_ciento(totales["cuota_poa"]),
    }
    if not totales["todas"]:
        dicho = _("Los puestos que da cada grupo se anotan con cada demanda.")
    if calladas:
        dicho += " " + ngettext(
            "%(n)s unidad no se muestra: decidieron pocas personas.",
            "%(n)s unidades no se muestran: decidieron pocas personas.",
            calladas,
        ) % {"n": number_format(calladas)}
    return dicho


def _tablas(demandas, respuesta: dict) -> list[Tabla]:
    """All groups side by side: by sector what they ranked first, and how much of it reached plan and budget."""
    grupos = list(Grupo)
    contados: dict[str, Counter[str]] = defaultdict(Counter)
    filas = Rango.objects.filter(demanda__in=demandas.order_by(), puesto=PRIMERO)
    for grupo, sector in filas.values_list("grupo", "demanda__sector__nombre"):
        contados[grupo][en_su_idioma(sector) if sector else _("sin sector")] += 1
    todos = {g.value: sum(contados[g.value].values()) for g in grupos}
    juntos: Counter[str] = sum(contados.values(), Counter())
    sectores = sorted(juntos, key=lambda s: (-juntos[s], s))
    nombres = [_("orden acordado") if g == Grupo.COMUNIDAD else str(g.label) for g in grupos]
    por_sector = Tabla(
        _("Qué puso primero cada grupo"),
        [_("Sector"), *nombres],
        [[sector, *(_cuantas(contados[g.value][sector], todos[g.value]) for g in grupos)] for sector in sectores],
        _("De cada grupo, cuántas de sus primeras prioridades son de cada sector"),
    )
    llegaron = []
    for grupo, nombre in zip(grupos, nombres, strict=True):
        cuentas = _cuentas(demandas, grupo.value, respuesta)
        primeras = cuentas["primeras"]
        cuotas = [por_ciento(_cuota(cuentas[c], primeras)) for c in ("en_pdm", "en_poa")]
        llegaron.append([nombre, str(primeras), str(cuentas["en_pdm"]), cuotas[0], str(cuentas["en_poa"]), cuotas[1]])
    encabezados = [_("Grupo"), _("Puso primero"), _("En el PDM"), _("Llegó al PDM"), _("En el POA"), _("Llegó al POA")]
    cuanto = Tabla(_("Qué llegó de lo puesto primero"), encabezados, llegaron)
    return [por_sector, cuanto] if sectores else []


def _cuantas(n: int, todas: int) -> str:
    return f"{n} ({por_ciento(_cuota(n, todas))})" if n else "–"
