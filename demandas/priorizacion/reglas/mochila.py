"""Knapsack: of all selections that the limits allow, one with the greatest total score (HiGHS, mixed-integer programme).

Scores count as whole millionths of a point. Floors that cannot all be reached are first brought as near as possible (least
céntimos missing in all), and the score is the best among those. What HiGHS returns within its tolerances is checked in whole
numbers, and a selection that exceeds a limit by a céntimo is forbidden and solved again. Candidates enter by key and the solver
runs in one thread from a fixed seed: the same input gives the same selection, also where several are equally good.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np

from ..errores import CodigoError, Detenida, NoSePuedePriorizar
from ..tipos import Avance, Candidata, Detener, Limites

MILLONESIMAS = 1_000_000
SEGUNDOS = 60.0


@dataclass(frozen=True, slots=True)
class Solucion:
    """`elegidas` by key; `brecha` is the share of the total score that a better selection could at most still add."""

    elegidas: tuple[int, ...]
    optimo: bool
    brecha: float


@dataclass(slots=True)
class Fila:
    """`minimo <= Σ coeficiente · x <= maximo`, in whole numbers."""

    coeficientes: dict[int, int]
    minimo: int | None = None
    maximo: int | None = None

    def vale(self, x: np.ndarray) -> bool:
        suma = sum(a for j, a in self.coeficientes.items() if x[j])
        return (self.minimo is None or suma >= self.minimo) and (self.maximo is None or suma <= self.maximo)

    def reducida(self) -> "Fila":
        """The same row by its greatest common divisor: costs in whole hundreds of Bs become small numbers."""
        d = math.gcd(*self.coeficientes.values()) or 1
        return Fila(
            {j: a // d for j, a in self.coeficientes.items()},
            None if self.minimo is None else -(-self.minimo // d),
            None if self.maximo is None else self.maximo // d,
        )


def resolver(
    candidatas: Sequence[Candidata],
    limites: Limites,
    *,
    segundos: float = SEGUNDOS,
    forzada: int | None = None,
    avance: Avance | None = None,
    detener: Detener | None = None,
) -> Solucion | None:
    """The best selection, None if no selection under the limits holds `forzada`."""
    if segundos <= 0:
        raise NoSePuedePriorizar(CodigoError.PARAMETRO_NO_VALIDO, parametro="segundos", valor=segundos)
    problema = _Problema(list(candidatas), limites, time.monotonic() + segundos, segundos, avance, detener)
    if forzada is not None and not problema.forzar(forzada):
        return None
    return problema.resolver()


@dataclass(slots=True)
class _Problema:
    candidatas: list[Candidata]
    limites: Limites
    hasta: float
    segundos: float
    avance: Avance | None
    detener: Detener | None
    filas: list[Fila] = field(default_factory=list)
    indice: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.indice = {c.clave: j for j, c in enumerate(self.candidatas)}
        costos = {j: c.costo for j, c in enumerate(self.candidatas)}
        self.filas.append(Fila(costos, maximo=self.limites.techo))
        for distrito, tope in sorted(self.limites.topes.items()):
            self.filas.append(Fila(self._de(distrito), maximo=tope))
        for a, b in sorted(self.limites.incompatibles):
            if a in self.indice and b in self.indice:
                self.filas.append(Fila({self.indice[a]: 1, self.indice[b]: 1}, maximo=1))
        for a, b in sorted(self.limites.requeridas):
            if a not in self.indice:
                continue
            if b in self.indice:
                self.filas.append(Fila({self.indice[a]: 1, self.indice[b]: -1}, maximo=0))
            else:  # what it needs has no cost, so that it cannot enter
                self.filas.append(Fila({self.indice[a]: 1}, maximo=0))
        self.filas = [f for f in self.filas if f.coeficientes]

    def _de(self, distrito: str) -> dict[int, int]:
        return {j: c.costo for j, c in enumerate(self.candidatas) if c.distrito == distrito}

    def forzar(self, clave: int) -> bool:
        if clave not in self.indice:
            return False
        self.filas.append(Fila({self.indice[clave]: 1}, minimo=1))
        return self._optimizar(np.zeros(len(self.candidatas)), {}) is not None

    def resolver(self) -> Solucion:
        if not self.candidatas:
            return Solucion((), True, 0.0)
        pisos = {d: p for d, p in sorted(self.limites.pisos.items()) if p and self._de(d)}
        optimo = True
        if pisos:
            faltantes = self._optimizar(None, pisos)
            optimo = faltantes.optimo
            for distrito, piso in pisos.items():
                fila = self._de(distrito)
                logrado = sum(a for j, a in fila.items() if faltantes.x[j])
                self.filas.append(Fila(fila, minimo=min(piso, logrado)))
            self._pisos_juntos(pisos, faltantes.x)
        puntos = np.array([round(c.puntaje * MILLONESIMAS) for c in self.candidatas], dtype=float)
        hecha = self._optimizar(puntos, {})
        elegidas = tuple(c.clave for c, x in zip(self.candidatas, hecha.x, strict=True) if x)
        return Solucion(elegidas, optimo and hecha.optimo, hecha.brecha)

    def _pisos_juntos(self, pisos: Mapping[str, int], x: np.ndarray) -> None:
        raise NotImplementedError
