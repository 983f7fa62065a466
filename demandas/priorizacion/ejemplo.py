"""Five demands of three communities, worked by every rule step by step, with which the rules are explained.

All that is shown of it is computed here; the names are the page's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from .calculo import VORACES, calcular
from .criterios import Columna, Forma, Sentido, aportes, normalizar, puntajes
from .equidad import Cifra, Unidad, bs_por_habitante, gini, parte_del_tercio_pobre, repartir_gasto
from .explicacion import explicar
from .reglas.bolsas import Bolsas
from .reglas.partes_iguales import Padron
from .tipos import Candidata, Entrada, Fase, HariaFalta, Limites, Razon, Regla, Resultado

TECHO = 10_000_000
LETRAS = "ABCDE"
COSTOS = (6_000_000, 5_000_000, 4_000_000, 2_000_000, 1_000_000)
QUIENES = ((1, 2), (1,), (2, 3), (2, 3), (3,))
HABITANTES = {1: 1200, 2: 600, 3: 200}
NBI = {1: 45.0, 2: 70.0, 3: 85.0}
CRITERIOS: dict[str, tuple[tuple[float, ...], Forma, Sentido, float]] = {
    "habitantes": ((640, 600, 800, 280, 200), Forma.PROPORCION, Sentido.MAS, 50),
    "puesto": ((1, 2, 3, 4, 5), Forma.PUESTO, Sentido.MENOS, 30),
    "contraparte": ((1, 1, 0, 1, 0), Forma.SI_NO, Sentido.MAS, 20),
}
MEJORES = 5


@dataclass(frozen=True, slots=True)
class Demanda:
    """One demand with what is known of it (`valores`), each value from 0 to 1 (`normales`) and its points (`aportes`)."""

    letra: str
    costo: int
    quienes: tuple[int, ...]
    valores: Mapping[str, float]
    normales: Mapping[str, float]
    aportes: Mapping[str, float]
    puntaje: float


@dataclass(frozen=True, slots=True)
class Turno:
    """One line of a rule that goes down an order: what there was, whether it entered, what is left."""

    letra: str
    medida: float
    costo: int
    habia: int
    entra: bool
    queda: int


@dataclass(frozen=True, slots=True)
class Seleccion:
    letras: tuple[str, ...]
    costo: int
    puntaje: float


@dataclass(frozen=True, slots=True)
class Oferta:
    """What one demand asks in a round: céntimos per inhabitant of those who want it, or what they lack to pay it."""

    letra: str
    precio: float | None
    falta: int


@dataclass(frozen=True, slots=True)
class Ronda:
    """A round of equal shares: what each community had, the offers, the one bought, what each paid."""

    habia: Mapping[int, float]
    ofertas: tuple[Oferta, ...]
    elegida: str | None
    pagos: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Fuera:
    letra: str
    razon: Razon
    con: str | None
    haria_falta: HariaFalta
    ceder: str | None


@dataclass(frozen=True, slots=True)
class Trabajada:
    """What one rule gives, what it leaves out and why, and how evenly its money falls."""

    regla: Regla
    resultado: Resultado
    dentro: tuple[str, ...]
    fuera: tuple[Fuera, ...]
    bs_por_habitante: Mapping[int | str, float | None]
    gini: Cifra
    tercio_pobre: Cifra


@dataclass(frozen=True, slots=True)
class Ejemplo:
    techo: int
    habitantes: Mapping[int, int]
    nbi: Mapping[int, float]
    pesos: Mapping[str, float]
    demandas: tuple[Demanda, ...]
    reglas: Mapping[Regla, Trabajada]
    turnos: Mapping[Regla, tuple[Turno, ...]]
    mejores: tuple[Seleccion, ...]
    posibles: int
    caben: int
    partes: Mapping[int, float]
    rondas: tuple[Ronda, ...]
    completadas: tuple[str, ...]


def ejemplo() -> Ejemplo:
    demandas = _demandas()
    candidatas = tuple(
        Candidata(i, d.costo, d.puntaje, None, dict.fromkeys(d.quienes, 1)) for i, d in enumerate(demandas)
    )
    trabajadas = {regla: _trabajar(regla, candidatas) for regla in Regla}
    caben = [s for s in _selecciones(candidatas) if s.costo <= TECHO]
    partes = trabajadas[Regla.PARTES_IGUALES].resultado
    return Ejemplo(
        techo=TECHO,
        habitantes=HABITANTES,
        nbi=NBI,
        pesos={c: peso for c, (*_, peso) in CRITERIOS.items()},
        demandas=demandas,
        reglas=trabajadas,
        turnos={regla: tuple(_turnos(trabajadas[regla].resultado, candidatas)) for regla in VORACES},
        mejores=tuple(sorted(caben, key=lambda s: (-s.puntaje, s.costo, s.letras))[:MEJORES]),
        posibles=2 ** len(candidatas),
        caben=len(caben),
        partes={v: TECHO * h / sum(HABITANTES.values()) for v, h in HABITANTES.items()},
        rondas=tuple(_rondas(partes, candidatas)),
        completadas=tuple(LETRAS[k] for k in partes.de_fase(Fase.COMPLETAR)),
    )


def _demandas() -> tuple[Demanda, ...]:
    columnas: dict[str, Columna] = {c: normalizar(v, f, s) for c, (v, f, s, _) in CRITERIOS.items()}
    pesos = {c: peso for c, (*_, peso) in CRITERIOS.items()}
    suyos, total = aportes(columnas, pesos), puntajes(columnas, pesos)
    return tuple(
        Demanda(
            letra=letra,
            costo=COSTOS[i],
            quienes=QUIENES[i],
            valores={c: v[i] for c, (v, *_) in CRITERIOS.items()},
            normales={c: float(columna.valores[i]) for c, columna in columnas.items()},
            aportes={c: float(suyos[c][i]) for c in CRITERIOS},
            puntaje=float(total[i]),
        )
        for i, letra in enumerate(LETRAS)
    )


def _trabajar(regla: Regla, candidatas: tuple[Candidata, ...]) -> Trabajada:
    votantes = HABITANTES if regla == Regla.PARTES_IGUALES else None
    resultado = calcular(Entrada(regla, candidatas, Limites(TECHO), votantes), con_pagos=True)
    fuera = []
    for clave, razon in resultado.razones.items():
        if razon.dentro:
            continue
        falta = explicar(resultado, clave)
        con, ceder = (None if k is None else LETRAS[k] for k in (razon.con, falta.ceder))
        fuera.append(Fuera(LETRAS[clave], razon, con, falta, ceder))
    unidades = _unidades(resultado)
    return Trabajada(
        regla=regla,
        resultado=resultado,
        dentro=tuple(LETRAS[k] for k in resultado.orden),
        fuera=tuple(fuera),
        bs_por_habitante=bs_por_habitante(unidades),
        gini=gini(unidades),
        tercio_pobre=parte_del_tercio_pobre(unidades),
    )


def _unidades(resultado: Resultado) -> list[Unidad]:
    """What reaches each community: the cost of a demand falls on those who want it, by their inhabitants."""
    partes: dict[int, dict[int | str, float]] = {}
    for clave in resultado.orden:
        suyos = {v: HABITANTES[v] for v in QUIENES[clave]}
        partes[clave] = {v: h / sum(suyos.values()) for v, h in suyos.items()}
    gasto = repartir_gasto({clave: COSTOS[clave] for clave in resultado.orden}, partes)
    return [Unidad(v, gasto.get(v, 0), HABITANTES[v], NBI[v]) for v in HABITANTES]


def _turnos(resultado: Resultado, candidatas: tuple[Candidata, ...]) -> Iterator[Turno]:
    voraz, queda = VORACES[resultado.regla], TECHO
    for c in voraz.ordenar(candidatas):
        habia, entra = queda, c.clave in resultado.orden
        queda -= c.costo if entra else 0
        yield Turno(LETRAS[c.clave], voraz.medida(c), c.costo, habia, entra, queda)


def _selecciones(candidatas: tuple[Candidata, ...]) -> Iterator[Seleccion]:
    for cuantas in range(len(candidatas) + 1):
        for grupo in combinations(candidatas, cuantas):
            letras = tuple(LETRAS[c.clave] for c in grupo)
            yield Seleccion(letras, sum(c.costo for c in grupo), sum(c.puntaje for c in grupo))


def _rondas(resultado: Resultado, candidatas: tuple[Candidata, ...]) -> Iterator[Ronda]:
    """Each round with all its offers, and a last one in which nobody can pay anything."""
    padron = Padron(HABITANTES, candidatas, "apoyo")
    bolsas = Bolsas(Fraction(TECHO, padron.peso), len(padron.claves))
    quedan = {c.clave: c for c in candidatas}
    for paso in [*(p for p in resultado.pasos if p.fase == Fase.REGLA), None]:
        habia = dict(zip(padron.claves, (bolsas.aprox * padron.pesos).tolist(), strict=True))
        ofertas = []
        for clave, c in quedan.items():
            precio = bolsas.precio(c.costo, padron.apoyos[clave], 0.0, float("inf"))
            falta = bolsas.faltante(c.costo, padron.apoyos[clave])
            ofertas.append(Oferta(LETRAS[clave], precio.valor if precio else None, falta))
        ofertas.sort(key=lambda o: (o.precio is None, o.precio or 0.0, o.letra))
        yield Ronda(habia, tuple(ofertas), LETRAS[paso.clave] if paso else None, paso.pagos if paso else {})
        if paso:
            apoyo = padron.apoyos[paso.clave]
            bolsas.pagar(apoyo, bolsas.precio_exacto(paso.costo, apoyo, None))
            del quedan[paso.clave]
