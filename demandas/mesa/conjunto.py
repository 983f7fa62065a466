"""The set on the table: each demand with its cost, its district, its value by each criterion, and the votes for it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import F, QuerySet

from demandas import criterios as calculos
from demandas.mesa.montos import a_centimos
from demandas.mesa.pedido import Pedido
from demandas.models import Criterio, Demanda, DemandaUnidad, Grupo, Rango
from territorio.models import HABITANTES, Cifra, UnidadTerritorial

VERSION = 1
# What a rank is worth to who gave it: first 10, second 9, … tenth and further 1; asked for without a rank, 1.
UTILIDAD_DEL_PRIMERO = 10
GRUPOS_QUE_VOTAN = tuple(g for g in Grupo.values if g != Grupo.COMUNIDAD)
# Divided among the groups of a community that ranked anything: a whole number for one to five of them.
PESO_DE_GRUPO = 60


@dataclass(frozen=True, slots=True)
class Fila:
    """A demand of the set; `costo` in céntimos, `distrito` an id, `valores` in the order of the set's criteria."""

    pk: int
    codigo: str
    titulo: str
    estado: str
    grupo: str
    sector: str
    proponente: str
    costo: int | None
    distrito: int | None
    valores: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Distrito:
    pk: int
    codigo: str
    nombre: str
    habitantes: int | None
    nbi: float | None


@dataclass(frozen=True, slots=True)
class Medida:
    """A criterion as a run uses it: key, name, source, and how its values become points."""

    clave: str
    nombre: str
    fuente: str
    sentido: str
    normalizacion: str


@dataclass(frozen=True)
class Votos:
    """Who votes in equal shares: key → weight; and by demand, voter → wish (whole numbers)."""

    pesos: Mapping[int, int]
    apoyos: Mapping[int, Mapping[int, int]]


@dataclass(frozen=True)
class Conjunto:
    """All that a run depends on, apart from what is chosen on the page (rule, ceiling, weights, limits)."""

    anio: int
    censo: int | None
    medidas: tuple[Medida, ...]
    distritos: tuple[Distrito, ...]
    filas: tuple[Fila, ...]
    votos: Votos | None = None

    @cached_property
    def por_codigo(self) -> dict[str, int]:
        return {fila.codigo: fila.pk for fila in self.filas}

    @cached_property
    def por_pk(self) -> dict[int, Fila]:
        return {fila.pk: fila for fila in self.filas}

    def guardado(self) -> dict[str, Any]:
        """JSON with everything that the result follows from, and no more."""
        return {
            "version": VERSION,
            "anio": self.anio,
            "censo": self.censo,
            "criterios": [[m.clave, m.nombre, m.fuente, m.sentido, m.normalizacion] for m in self.medidas],
            "distritos": [[d.pk, d.codigo, d.nombre, d.habitantes, d.nbi] for d in self.distritos],
            "demandas": [
                [f.pk, f.codigo, f.estado, f.grupo, f.costo, f.distrito, list(f.valores)]
                for f in sorted(self.filas, key=lambda f: f.pk)
            ],
            "votos": None
            if self.votos is None
            else [
                sorted([v, peso] for v, peso in self.votos.pesos.items()),
                sorted([pk, sorted([v, u] for v, u in suyos.items())] for pk, suyos in self.votos.apoyos.items()),
            ],
        }

    @classmethod
    def de_guardado(cls, datos: Mapping[str, Any]) -> "Conjunto":
        """The set that `guardado` wrote; titles and names are not part of it."""
        votos = datos["votos"]
        return cls(
            anio=datos["anio"],
            censo=datos["censo"],
            medidas=tuple(Medida(*m) for m in datos["criterios"]),
            distritos=tuple(Distrito(*d) for d in datos["distritos"]),
            filas=tuple(
                Fila(pk, codigo, "", estado, grupo, "", "", costo, distrito, tuple(valores))
                for pk, codigo, estado, grupo, costo, distrito, valores in datos["demandas"]
            ),
            votos=None if votos is None else Votos(dict(votos[0]), {pk: dict(suyos) for pk, suyos in votos[1]}),
        )


# --- read from the database -------------------------------------------------------------------------------------------
def demandas_de(pedido: Pedido, usuario) -> QuerySet[Demanda]:
    """The demands that the workbench is asked about, of those `usuario` may see."""
    demandas = Demanda.objects.visibles_para(usuario).del_municipio(pedido.municipio).propias()
    demandas = demandas.filter(estado__in=pedido.estados)
    if pedido.unidad:
        demandas = demandas.filter(pk__in=Demanda.objects.en(pedido.unidad).order_by().values("pk"))
    if pedido.sector:
        demandas = demandas.de_sector(pedido.sector)
    return demandas.de(grupo=pedido.grupo) if pedido.grupo else demandas


def reunir(pedido: Pedido, usuario, *, con_votos: bool = False) -> Conjunto:
    """Gather the set: a fixed number of queries, however many demands."""
    contexto = calculos.Contexto.de(pedido.municipio)
    return _reunir(demandas_de(pedido, usuario), pedido.criterios, pedido, contexto, con_votos)


def reunir_otra_vez(demandas: QuerySet[Demanda], pedido: Pedido, antes: Conjunto) -> Conjunto:
    """The same demands and criteria as a stored set, as of its year and census, with what they are worth by now."""
    contexto = calculos.Contexto(pedido.municipio, antes.censo, antes.anio)
    claves = [medida.clave for medida in antes.medidas]
    hoy = {criterio.clave: criterio for criterio in Criterio.objects.de(pedido.municipio).order_by("-municipio")}
    criterios = [hoy[clave] for clave in claves if clave in hoy]
    return _reunir(demandas, criterios, pedido, contexto, antes.votos is not None)


def _reunir(
    demandas: QuerySet[Demanda],
    criterios: Sequence[Criterio],
    pedido: Pedido,
    contexto: calculos.Contexto,
    con_votos: bool,
) -> Conjunto:
    demandas = demandas.order_by()
    ids = list(demandas.values_list("pk", flat=True))
    # By id from here on: what the filters cost is paid once.
    demandas = Demanda.objects.filter(pk__in=ids)
    hallados = calculos.valores(criterios, demandas, contexto)
    columnas = [hallados[criterio.clave] for criterio in criterios]
    del_distrito = calculos.distritos(demandas, pedido.municipio, pedido.nivel.codigo) if pedido.nivel else {}
    filas = []
    campos = ("pk", "codigo", "titulo", "estado", "grupo", "sector__codigo", "proponente__nombre", "costo_estimado")
    for pk, codigo, titulo, estado, grupo, sector, proponente, costo in demandas.order_by("pk").values_list(*campos):
        centimos = a_centimos(costo) if costo else None
        valores = tuple(columna.get(pk) for columna in columnas)
        filas.append(
            Fila(
                pk,
                codigo,
                titulo,
                estado,
                grupo,
                sector or "",
                proponente or "",
                centimos,
                del_distrito.get(pk),
                valores,
            )
        )
    return Conjunto(
        anio=contexto.anio,
        censo=contexto.censo,
        medidas=tuple(Medida(c.clave, c.nombre, c.fuente, c.sentido, c.normalizacion) for c in criterios),
        distritos=_distritos(pedido, contexto),
        filas=tuple(filas),
        votos=votos_de(demandas, pedido, contexto) if con_votos else None,
    )


def _distritos(pedido: Pedido, contexto: calculos.Contexto) -> tuple[Distrito, ...]:
    if pedido.nivel is None:
        return ()
    unidades = UnidadTerritorial.objects.filter(municipio=pedido.municipio, nivel=pedido.nivel).vigentes()
    if pedido.unidad and pedido.unidad.nivel_id == pedido.nivel.pk:
        unidades = unidades.filter(pk=pedido.unidad.pk)
    personas = dict(
        Cifra.objects.filter(nombre=HABITANTES, anio=contexto.censo, unidad__in=unidades).values_list("unidad", "valor")
    )
    anio = calculos.ultimo_nbi(contexto)
    nbi = dict(Cifra.objects.filter(nombre=calculos.NBI, anio=anio, unidad__in=unidades).values_list("unidad", "valor"))
    return tuple(
        Distrito(pk, codigo, nombre, round(personas[pk]) if pk in personas else None, nbi.get(pk))
        for pk, codigo, nombre in unidades.order_by("codigo", "pk").values_list("pk", "codigo", "nombre")
    )


# --- who votes in equal shares ----------------------------------------------------------------------------------------
def votos_de(demandas: QuerySet[Demanda], pedido: Pedido, contexto: calculos.Contexto) -> Votos:
    """Communities weighted by inhabitants, or their groups, and how much each wants each demand.

    A community wants what lies in it and what it proposed, by the agreed rank; a group, what it ranked itself.
    """
    comunidades = UnidadTerritorial.objects.base().filter(municipio=pedido.municipio).order_by()
    personas = {
        unidad: max(1, round(valor))
        for unidad, valor in Cifra.objects.filter(
            nombre=HABITANTES, anio=contexto.censo, unidad__in=comunidades.values("pk")
        ).values_list("unidad", "valor")
    }
    pesos = {pk: personas.get(pk, 1) for pk in comunidades.values_list("pk", flat=True)}
    quieren = _quienes_quieren(demandas, pesos)
    if pedido.votantes == "grupos":
        return _votos_de_grupos(demandas, pesos, quieren)
    rangos = dict(Rango.objects.filter(demanda__in=demandas, grupo=Grupo.COMUNIDAD).values_list("demanda", "puesto"))
    apoyos = {pk: dict.fromkeys(unidades, utilidad(rangos.get(pk))) for pk, unidades in quieren.items()}
    return Votos(pesos, apoyos)


def utilidad(puesto: int | None) -> int:
    return 1 if puesto is None else max(1, UTILIDAD_DEL_PRIMERO + 1 - puesto)


def _quienes_quieren(demandas: QuerySet[Demanda], comunidades: Mapping[int, int]) -> dict[int, set[int]]:
    quieren: dict[int, set[int]] = defaultdict(set)
    en_ellas = DemandaUnidad.objects.filter(demanda__in=demandas, nivel__es_base=True)
    propuestas = demandas.exclude(proponente=None).annotate(demanda=F("pk"))
    for filas in (en_ellas.values_list("demanda", "unidad"), propuestas.values_list("demanda", "proponente")):
        for demanda, unidad in filas:
            if unidad in comunidades:
                quieren[demanda].add(unidad)
    return quieren


def _votos_de_grupos(demandas: QuerySet[Demanda], pesos: Mapping[int, int], quieren: Mapping[int, set[int]]) -> Votos:
    """A voter is a group of a community, by `unit × 10 + place of the group`; the groups of one share its weight."""
    apoyos: dict[int, dict[int, int]] = defaultdict(dict)
    hay: dict[int, set[int]] = defaultdict(set)
    filas = Rango.objects.filter(demanda__in=demandas, grupo__in=GRUPOS_QUE_VOTAN)
    for demanda, grupo, puesto in filas.values_list("demanda", "grupo", "puesto"):
        numero = GRUPOS_QUE_VOTAN.index(grupo)
        for unidad in quieren.get(demanda, ()):
            apoyos[demanda][unidad * 10 + numero] = utilidad(puesto)
            hay[unidad].add(numero)
    return Votos(
        {
            unidad * 10 + numero: pesos[unidad] * PESO_DE_GRUPO // len(numeros)
            for unidad, numeros in hay.items()
            for numero in numeros
        },
        apoyos,
    )
