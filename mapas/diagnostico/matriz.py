"""The matrix community × sector: problem → potential → limitation → aspiration → demand, and its totals.

Few set-based statements, however many communities and sectors: findings and demands are read once for the communities of a
page, and counted in the database for all of them.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, F, Sum
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from demandas.models import DemandaHallazgo
from demandas.querysets.diagnostico import TIPOS
from mapas.diagnostico.pedido import Pedido
from mapas.figuras import plural
from mapas.nombres import en_su_idioma
from territorio.conservacion import Conservacion
from territorio.models import Sector, UnidadEnUnidad, UnidadTerritorial

PLURALES = ("problemas", "potencialidades", "limitaciones", "aspiraciones")


@dataclass(frozen=True)
class Dicho:
    """A finding as a cell shows it."""

    pk: int
    texto: str
    grupo: str
    puesto: int | None


@dataclass(frozen=True)
class Pedida:
    """A demand as a cell shows it; `explicada` where it comes of a finding."""

    pk: int
    codigo: str
    titulo: str
    estado: str
    explicada: bool


@dataclass
class Celda:
    """What is known of a community in a sector."""

    sector: Sector | None
    dichos: dict[str, list[Dicho]] = field(default_factory=lambda: {tipo: [] for tipo in TIPOS})
    demandas: list[Pedida] = field(default_factory=list)


@dataclass
class Comunidad:
    """A community with its row of the matrix."""

    unidad: UnidadTerritorial
    distrito: str
    celdas: list[Celda] = field(default_factory=list)


@dataclass(frozen=True)
class Totales:
    """What the page says first, and what its tables add up to."""

    comunidades: int
    hallazgos: int
    sin_autodiagnostico: list[UnidadTerritorial]
    por_sector: list[dict]
    por_distrito: list[dict]
    conservacion: Conservacion
    frase: str


def comunidades_de(pedido: Pedido) -> list[tuple[UnidadTerritorial, str]]:
    """Units of which something was found or asked under the filters, by district and name, each with its district."""
    con_algo = set(pedido.hallazgos.order_by().values_list("unidad", flat=True).distinct())
    con_algo |= set(pedido.demandas.order_by().values_list("proponente", flat=True).distinct()) - {None}
    unidades = [u for u in pedido.unidades.select_related("nivel") if u.pk in con_algo]
    distritos = _distritos(pedido, con_algo)
    ninguno = ("", "")
    en_orden = sorted(
        unidades, key=lambda u: (u.pk not in distritos, distritos.get(u.pk, ninguno)[0], u.nombre, u.codigo)
    )
    return [(u, distritos.get(u.pk, ninguno)[1]) for u in en_orden]


def matriz(pedido: Pedido, comunidades: Sequence[tuple[UnidadTerritorial, str]]) -> list[Comunidad]:
    """The rows of these communities, in their order; sectors in the order of the catalogue, what has none last."""
    ids = [unidad.pk for unidad, _distrito in comunidades]
    sectores = {s.pk: s for s in Sector.objects.all()}
    celdas: dict[int, dict[int | None, Celda]] = defaultdict(dict)

    def celda(unidad: int, sector: int | None) -> Celda:
        suyas = celdas[unidad]
        if sector not in suyas:
            suyas[sector] = Celda(sectores[sector] if sector is not None else None)
        return suyas[sector]

    dichos = pedido.hallazgos.filter(unidad__in=ids).order_by(F("puesto").asc(nulls_last=True), "pk")
    for pk, unidad, sector, tipo, texto, grupo, puesto in dichos.values_list(
        "pk", "unidad", "sector", "tipo", "texto", "grupo", "puesto"
    ):
        celda(unidad, sector).dichos[tipo].append(Dicho(pk, texto, grupo, puesto))
    pedidas = pedido.demandas.filter(proponente__in=ids).order_by("codigo")
    explicadas = set(
        DemandaHallazgo.objects.filter(
            demanda__proponente__in=ids, hallazgo__in=pedido.visibles.order_by()
        ).values_list("demanda", flat=True)
    )
    for pk, unidad, sector, codigo, titulo, estado in pedidas.values_list(
        "pk", "proponente", "sector", "codigo", "titulo", "estado"
    ):
        celda(unidad, sector).demandas.append(Pedida(pk, codigo, titulo, estado, pk in explicadas))
    return [
        Comunidad(unidad, distrito, sorted(celdas[unidad.pk].values(), key=_orden_de_sector))
        for unidad, distrito in comunidades
    ]


def totales(pedido: Pedido) -> Totales:
    """Counts of all that the filters leave, not only of a page."""
    unidades = list(pedido.unidades.base().order_by("nombre").select_related("nivel"))
    con = set(pedido.visibles.order_by().values_list("unidad", flat=True).distinct())
    sin = [u for u in unidades if u.pk not in con]
    por_sector = _por_sector(pedido)
    conservacion = pedido.hallazgos.conservacion(pedido.nivel_que_reune, pedido.municipio)
    return Totales(
        comunidades=len(unidades),
        hallazgos=int(conservacion.total),
        sin_autodiagnostico=sin,
        por_sector=por_sector,
        por_distrito=_por_distrito(pedido, unidades, sin),
        conservacion=conservacion,
        frase=_frase(unidades, int(conservacion.total), len(sin), por_sector),
    )


def rejilla(pedido: Pedido, comunidades: Sequence[tuple[UnidadTerritorial, str]]) -> tuple[list[Sector | None], list]:
    """Sectors, and for each community how many were found of each and how many demands: (unit, district, [(n, demands)])."""
    cuentas: dict[tuple[int, int | None], list[int]] = defaultdict(lambda: [0, 0])
    for unidad, sector, n in _contados(pedido.hallazgos, "unidad"):
        cuentas[unidad, sector][0] = n
    for unidad, sector, n in _contados(pedido.demandas, "proponente"):
        cuentas[unidad, sector][1] = n
    usados = {sector for _unidad, sector in cuentas}
    sectores: list[Sector | None] = sorted(
        Sector.objects.filter(pk__in=[s for s in usados if s]), key=lambda s: s.codigo
    )
    if None in usados:
        sectores.append(None)
    claves = [s.pk if s else None for s in sectores]
    return sectores, [
        (unidad, distrito, [tuple(cuentas.get((unidad.pk, clave), (0, 0))) for clave in claves])
        for unidad, distrito in comunidades
    ]


def _contados(filas, de: str) -> Iterable[tuple]:
    return filas.order_by().values_list(de, "sector").annotate(n=Count("pk"))


def _por_sector(pedido: Pedido) -> list[dict]:
    """A row for each sector: findings of each kind, and demands; the one that is named most first."""
    filas: dict[int | None, dict] = {}

    def fila(sector: int | None) -> dict:
        return filas.setdefault(sector, dict.fromkeys((*PLURALES, "demandas"), 0))

    contados = pedido.hallazgos.order_by().values_list("sector", "tipo").annotate(n=Count("pk"))
    for sector, tipo, n in contados:
        fila(sector)[PLURALES[TIPOS.index(tipo)]] = n
    for sector, n in pedido.demandas.order_by().values_list("sector").annotate(n=Count("pk")):
        fila(sector)["demandas"] = n
    nombres = {s.pk: en_su_idioma(s.nombre) for s in Sector.objects.filter(pk__in=[pk for pk in filas if pk])}
    hechas = [
        {"sector": nombres[pk] if pk else _("sin sector"), "hallazgos": sum(f[c] for c in PLURALES), **f}
        for pk, f in filas.items()
    ]
    return sorted(hechas, key=lambda f: (-f["hallazgos"], -f["demandas"], f["sector"]))


def _por_distrito(pedido: Pedido, unidades: list[UnidadTerritorial], sin: list[UnidadTerritorial]) -> list[dict]:
    """A row for each district: its communities by the part of each that lies in it, its findings and demands likewise."""
    reunen = UnidadTerritorial.objects.del_municipio(pedido.municipio).filter(nivel=pedido.nivel_que_reune).vigentes()
    if pedido.distrito:
        reunen = reunen.filter(pk=pedido.distrito.pk)
    hallados = pedido.hallazgos.contados(pedido.nivel_que_reune)
    pedidas = pedido.demandas.localizaciones().filter(nivel=pedido.nivel_que_reune).order_by()
    demandas = dict(pedidas.values_list("unidad").annotate(n=Sum("fraccion")))
    nada = dict.fromkeys(TIPOS, 0.0)
    partes: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    callan = {u.pk for u in sin}
    fracciones = UnidadEnUnidad.objects.filter(nivel=pedido.nivel_que_reune, parte__in=[u.pk for u in unidades])
    for parte, unidad, fraccion in fracciones.values_list("parte", "unidad", "fraccion"):
        partes[unidad][0] += fraccion
        partes[unidad][1] += fraccion * (parte in callan)
    return [
        {
            "unidad": d,
            "consulta": pedido.query(distrito=d.codigo),
            "comunidades": partes[d.pk][0],
            "sin": partes[d.pk][1],
            **dict(zip(PLURALES, hallados.get(d.pk, nada).values(), strict=True)),
            "hallazgos": sum(hallados.get(d.pk, nada).values()),
            "demandas": demandas.get(d.pk, 0.0),
        }
        for d in reunen.select_related("nivel").order_by("codigo")
    ]


def _frase(unidades: list[UnidadTerritorial], hallazgos: int, sin: int, por_sector: list[dict]) -> str:
    niveles = {u.nivel for u in unidades}
    de_que = plural(next(iter(niveles)), len(unidades)) if len(niveles) == 1 else _("comunidades y OTB")
    dicho = _("%(n)s %(que)s, %(hallazgos)s, %(sin)s sin autodiagnóstico") % {
        "n": number_format(len(unidades)),
        "que": de_que,
        "hallazgos": ngettext("%(n)s hallazgo", "%(n)s hallazgos", hallazgos) % {"n": number_format(hallazgos)},
        "sin": number_format(sin),
    }
    primero = next((f for f in por_sector if f["hallazgos"]), None)
    if primero is None:
        return dicho
    return _("%(dicho)s; el sector más nombrado: %(sector)s") % {"dicho": dicho, "sector": primero["sector"].lower()}


def _distritos(pedido: Pedido, ids: set[int]) -> dict[int, tuple[str, str]]:
    """The district in which the most of each unit lies: what it is sorted by (2 before 10), and its name."""
    mayores: dict[int, tuple[float, str, str]] = {}
    filas = UnidadEnUnidad.objects.filter(nivel=pedido.nivel_que_reune, parte__in=ids)
    nivel = en_su_idioma(pedido.nivel_que_reune.nombre).capitalize()
    for parte, nombre, codigo, fraccion in filas.values_list("parte", "unidad__nombre", "unidad__codigo", "fraccion"):
        if fraccion > mayores.get(parte, (0.0, "", ""))[0]:
            orden = re.sub(r"\d+", lambda m: m[0].zfill(6), codigo)
            # A name that is only a number says nothing alone.
            mayores[parte] = fraccion, orden, nombre if any(c.isalpha() for c in nombre) else f"{nivel} {nombre}"
    return {parte: (orden, nombre) for parte, (_fraccion, orden, nombre) in mayores.items()}


def _orden_de_sector(celda: Celda) -> tuple[bool, str]:
    return celda.sector is None, celda.sector.codigo if celda.sector else ""
