"""From what is known of each demand to a score from 0 to 100.

A value that is missing is never guessed: it adds nothing to the score, and how many are missing is counted.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from .errores import CodigoError, NoSePuedePriorizar

DECIMALES = 6


class Forma(StrEnum):
    """How a column of values becomes numbers from 0 to 1."""

    MIN_MAX = "min_max"
    PROPORCION = "proporcion_del_maximo"
    PUESTO = "puesto"
    SI_NO = "si_no"


class Sentido(StrEnum):
    MAS = "mas_es_mejor"
    MENOS = "menos_es_mejor"


@dataclass(frozen=True, slots=True)
class Columna:
    """One criterion over all demands: `valores` from 0 to 1, zero where `sin_dato` is true."""

    valores: np.ndarray
    sin_dato: np.ndarray

    @property
    def faltan(self) -> int:
        return int(self.sin_dato.sum())


def normalizar(valores: Sequence[float | None], forma: Forma, sentido: Sentido = Sentido.MAS) -> Columna:
    """Bring a column to 0..1.

    - `min_max`: the least is 0, the greatest 1.
    - `proporcion_del_maximo`: the share of the greatest value; values below zero are refused.
    - `puesto`: by place, the best 1 and the last 0; equals share the mean of their places.
    - `si_no`: 1 for what is not zero.

    With `menos_es_mejor` what would be v is 1 − v. Where all values are equal, `min_max` and `puesto` give 0.5: the
    column tells nobody apart, and the middle, which is what equals get in `puesto` anyway, neither gives nor takes.
    """
    crudos = np.array([math.nan if v is None else float(v) for v in valores], dtype=float)
    sin_dato = np.isnan(crudos)
    hay = crudos[~sin_dato]
    if np.isinf(hay).any() or (forma == Forma.PROPORCION and (hay < 0).any()):
        raise NoSePuedePriorizar(CodigoError.VALOR_NO_VALIDO, forma=str(forma))
    normales = np.zeros(len(crudos))
    if hay.size:
        normales[~sin_dato] = _FORMAS[forma](hay)
        if sentido == Sentido.MENOS:
            normales[~sin_dato] = 1 - normales[~sin_dato]
    return Columna(normales, sin_dato)


def _min_max(v: np.ndarray) -> np.ndarray:
    menor, mayor = v.min(), v.max()
    if menor == mayor:
        return np.full(len(v), 0.5)
    # Halves, so that the distance between two numbers that a float holds is also one.
    return (v / 2 - menor / 2) / (mayor / 2 - menor / 2)


def _proporcion(v: np.ndarray) -> np.ndarray:
    mayor = v.max()
    return v / mayor if mayor > 0 else np.zeros(len(v))


def _puesto(v: np.ndarray) -> np.ndarray:
    if len(v) == 1:
        return np.array([0.5])
    _, cual, veces = np.unique(v, return_inverse=True, return_counts=True)
    hasta = np.cumsum(veces)
    medio = hasta - (veces + 1) / 2  # places from 0, the mean of the equals
    return medio[cual] / (len(v) - 1)


def _si_no(v: np.ndarray) -> np.ndarray:
    return (v != 0).astype(float)


_FORMAS = {Forma.MIN_MAX: _min_max, Forma.PROPORCION: _proporcion, Forma.PUESTO: _puesto, Forma.SI_NO: _si_no}


def puntajes(columnas: Mapping[str, Columna], pesos: Mapping[str, float]) -> np.ndarray:
    """The weighted mean of the columns, from 0 to 100.

    Rounded to millionths of a point: what differs by less is equal, and the order in which a sum was done decides
    nothing. A column without a weight weighs zero.
    """
    usados = [(columnas[c], _peso(c, pesos[c])) for c in sorted(columnas) if pesos.get(c)]
    suma = math.fsum(peso for _, peso in usados)
    if suma <= 0:
        raise NoSePuedePriorizar(CodigoError.PESOS_EN_CERO)
    if len({len(c.valores) for c in columnas.values()}) > 1:
        raise NoSePuedePriorizar(CodigoError.COLUMNAS_DISTINTAS)
    total = np.zeros(len(usados[0][0].valores))
    for columna, peso in usados:
        total += columna.valores * (peso / suma)
    return np.round(np.clip(total * 100, 0, 100), DECIMALES)


def aportes(columnas: Mapping[str, Columna], pesos: Mapping[str, float]) -> dict[str, np.ndarray]:
    """How many points of the score each criterion gives, to be shown beside it."""
    suma = math.fsum(_peso(c, pesos.get(c, 0)) for c in columnas)
    if suma <= 0:
        raise NoSePuedePriorizar(CodigoError.PESOS_EN_CERO)
    return {c: columnas[c].valores * (pesos.get(c, 0) / suma * 100) for c in sorted(columnas)}


def _peso(criterio: str, peso: float) -> float:
    if not math.isfinite(peso) or peso < 0:
        raise NoSePuedePriorizar(CodigoError.PESO_NEGATIVO, criterio=criterio, peso=peso)
    return peso
