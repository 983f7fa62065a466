"""What a demand is worth by each criterion: computations that apps register, and values that a municipality wrote.

An upper app registers its own from its `AppConfig.ready`, so that plans and projects count without this app knowing them.
A value that nobody knows is None: it is counted as «sin dato», never guessed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q, QuerySet

from demandas.models import Criterio, Demanda, DemandaUnidad, Grupo, Madurez, Rango, ValorDeCriterio
from territorio.catalogos import filas_de_catalogo
from territorio.fechas import hoy
from territorio.models import HABITANTES, Cifra, Poblacion, UnidadTerritorial

Valores = dict[int, float | None]
NBI = "nbi"
PUNTOS_DE_MADUREZ = {Madurez.IDEA: 0.0, Madurez.PERFIL: 1.0, Madurez.ESTUDIO: 2.0, Madurez.DISENO: 3.0}


@dataclass(frozen=True)
class Contexto:
    """Of which municipality, with the inhabitants of which census, and in which year the question is asked."""

    municipio: UnidadTerritorial
    censo: int | None
    anio: int

    @classmethod
    def de(cls, municipio: UnidadTerritorial) -> "Contexto":
        return cls(municipio, Poblacion.objects.ultimo_censo(municipio), hoy().year)


Calculo = Callable[[QuerySet[Demanda], Contexto], Valores]
_calculos: dict[str, Calculo] = {}


def registrar(clave: str, calcular: Calculo) -> Calculo:
    """Offer a computation under the name that rows of `Criterio` give in `calculo`. A name used twice is an error."""
    if clave in _calculos:
        raise ValueError(f"El cálculo {clave} ya está registrado.")
    _calculos[clave] = calcular
    return calcular


def registrados() -> list[str]:
    return sorted(_calculos)


def valores(criterios: Sequence[Criterio], demandas: QuerySet[Demanda], contexto: Contexto) -> dict[str, Valores]:
    """By key of criterion, the value of each demand that has one."""
    demandas = demandas.order_by()
    propios = [criterio for criterio in criterios if not criterio.calculo]
    hallados: dict[str, Valores] = {criterio.clave: {} for criterio in propios}
    filas = ValorDeCriterio.objects.filter(criterio__in=propios, demanda__in=demandas)
    for clave, demanda, valor in filas.values_list("criterio__clave", "demanda", "valor"):
        hallados[clave][demanda] = valor
    for criterio in criterios:
        if criterio.calculo in _calculos:
            hallados[criterio.clave] = _calculos[criterio.calculo](demandas, contexto)
        elif criterio.calculo:
            hallados[criterio.clave] = {}
    return hallados


# --- where a demand's people live -------------------------------------------------------------------------------------
def lugares(demandas: QuerySet[Demanda]) -> dict[int, list[int]]:
    """The units whose people a demand is for: the one that proposes it, else those of the lowest level where it lies."""
    hallados: dict[int, list[int]] = {}
    sueltas = set()
    for pk, proponente in demandas.values_list("pk", "proponente"):
        if proponente is None:
            sueltas.add(pk)
        else:
            hallados[pk] = [proponente]
    if not sueltas:
        return hallados
    filas = DemandaUnidad.objects.filter(demanda__in=demandas.filter(proponente=None)).order_by("demanda", "unidad")
    por_nivel: dict[int, dict[tuple[bool, int, str], list[int]]] = defaultdict(lambda: defaultdict(list))
    campos = ("demanda", "unidad", "nivel__es_base", "nivel__orden", "nivel__codigo")
    for demanda, unidad, es_base, orden, nivel in filas.values_list(*campos):
        por_nivel[demanda][es_base, orden, nivel].append(unidad)
    for pk, niveles in por_nivel.items():
        hallados[pk] = niveles[max(niveles)]
    return hallados


def _cifras(nombre: str, anio: int | None, unidades: Iterable[int]) -> dict[int, float]:
    filas = Cifra.objects.filter(nombre=nombre, anio=anio, unidad__in=set(unidades))
    return dict(filas.values_list("unidad", "valor"))


def _todas(donde: Mapping[int, Sequence[int]]) -> set[int]:
    return {unidad for unidades in donde.values() for unidad in unidades}


def habitantes(demandas: QuerySet[Demanda], contexto: Contexto) -> Valores:
    """Persons who live where it is asked; None where one of its units has no figure."""
    donde = lugares(demandas)
    personas = _cifras(HABITANTES, contexto.censo, _todas(donde))
    return {
        pk: float(sum(personas[u] for u in unidades)) if all(u in personas for u in unidades) else None
        for pk, unidades in donde.items()
    }


def nbi(demandas: QuerySet[Demanda], contexto: Contexto) -> Valores:
    """Unmet basic needs of the newest year (% of persons), weighted by inhabitants where it lies in several units."""
    donde = lugares(demandas)
    anio = ultimo_nbi(contexto)
    if anio is None:
        return {}
    tasas = _cifras(NBI, anio, _todas(donde))
    personas = _cifras(HABITANTES, contexto.censo, _todas(donde))
    hallados: Valores = {}
    for pk, unidades in donde.items():
        con = [(tasas[u], personas.get(u, 0.0)) for u in unidades if u in tasas]
        if len(con) != len(unidades):
            continue
        peso = sum(p for _t, p in con)
        hallados[pk] = sum(t * p for t, p in con) / peso if peso else sum(t for t, _p in con) / len(con)
    return hallados


def ultimo_nbi(contexto: Contexto) -> int | None:
    propias = Cifra.objects.filter(Q(unidad__municipio=contexto.municipio) | Q(unidad=contexto.municipio), nombre=NBI)
    return propias.order_by("-anio").values_list("anio", flat=True).first()


# --- what people said -------------------------------------------------------------------------------------------------
def _rango(grupo: str) -> Calculo:
    def puesto(demandas: QuerySet[Demanda], contexto: Contexto) -> Valores:
        filas = Rango.objects.filter(demanda__in=demandas, grupo=grupo).values_list("demanda", "puesto")
        return {pk: float(puesto) for pk, puesto in filas}

    return puesto


def contraparte(demandas: QuerySet[Demanda], contexto: Contexto) -> Valores:
    """% of the cost that the community brings."""
    filas = demandas.filter(contraparte__isnull=False, costo_estimado__gt=0)
    return {
        pk: min(100 * float(suya) / float(costo), 100.0)
        for pk, suya, costo in filas.values_list("pk", "contraparte", "costo_estimado")
    }


def madurez(demandas: QuerySet[Demanda], contexto: Contexto) -> Valores:
    filas = demandas.exclude(madurez="").values_list("pk", "madurez")
    return {pk: PUNTOS_DE_MADUREZ[Madurez(cual)] for pk, cual in filas}


def anios_de_espera(demandas: QuerySet[Demanda], contexto: Contexto) -> Valores:
    hallados: Valores = {}
    for pk, desde, fecha in demandas.values_list("pk", "pedida_desde", "fecha"):
        primero = desde or (fecha.year if fecha else None)
        if primero is not None:
            hallados[pk] = float(max(0, contexto.anio - primero))
    return hallados


def bs_por_beneficiario(demandas: QuerySet[Demanda], contexto: Contexto) -> Valores:
    """Bs for each person who benefits, as far as anybody may know how many; else for each inhabitant."""
    # What a visitor may not be shown must not be found by dividing either.
    filas = demandas.filter(costo_estimado__gt=0).con_personas(AnonymousUser())
    personas = habitantes(demandas, contexto)
    hallados: Valores = {}
    for pk, costo, beneficiarios in filas.values_list("pk", "costo_estimado", "personas"):
        cuantas = beneficiarios or personas.get(pk)
        hallados[pk] = float(costo) / float(cuantas) if cuantas else None
    return hallados


def distritos(demandas: QuerySet[Demanda], municipio: UnidadTerritorial, nivel: str) -> dict[int, int]:
    """The unit of a level that holds the most of each demand; the one with the lower id where two hold the same."""
    filas = (
        DemandaUnidad.objects.filter(demanda__in=demandas.order_by(), nivel__codigo=nivel)
        .filter(Q(unidad__municipio=municipio) | Q(unidad=municipio))
        .order_by("demanda", F("fraccion").desc(), "unidad")
    )
    hallados: dict[int, int] = {}
    for demanda, unidad in filas.values_list("demanda", "unidad"):
        hallados.setdefault(demanda, unidad)
    return hallados


for _clave, _calcular in {
    "habitantes": habitantes,
    "nbi": nbi,
    "rango_acordado": _rango(Grupo.COMUNIDAD),
    "rango_mujeres": _rango(Grupo.MUJERES),
    "rango_jovenes": _rango(Grupo.JOVENES),
    "contraparte": contraparte,
    "madurez": madurez,
    "bs_por_beneficiario": bs_por_beneficiario,
    "anios_de_espera": anios_de_espera,
}.items():
    registrar(_clave, _calcular)


# --- rows of the catalogue --------------------------------------------------------------------------------------------
def del_municipio(municipio: UnidadTerritorial) -> list[Criterio]:
    """What counts in a municipality, in order: its own rows, and those of the catalogue that it did not make its own."""
    por_clave: dict[str, Criterio] = {}
    # Its own come last and stand in the place of the catalogue's with the same key.
    for criterio in Criterio.objects.de(municipio).order_by(F("municipio").asc(nulls_first=True)):
        por_clave[criterio.clave] = criterio
    vigentes = [criterio for criterio in por_clave.values() if criterio.activo]
    return sorted(vigentes, key=lambda criterio: (criterio.orden, criterio.clave))


def cargar_catalogo(**_kwargs: Any) -> None:
    """After `migrate`: the criteria of `fixtures/catalogos` that are not there yet; what a user changed is left alone."""
    for fila in filas_de_catalogo("criterios.csv"):
        datos = {
            campo: fila[campo] for campo in ("nombre", "descripcion", "fuente", "calculo", "sentido", "normalizacion")
        }
        Criterio.objects.get_or_create(
            municipio=None,
            clave=fila["clave"],
            defaults=datos | {"peso": int(fila["peso"]), "orden": int(fila["orden"])},
        )
