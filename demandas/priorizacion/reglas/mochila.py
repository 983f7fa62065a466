"""Knapsack: of all selections that the limits allow, one with the greatest total score (HiGHS, mixed-integer
programme).

Scores count as whole millionths of a point. Floors that cannot all be reached are first brought as near as possible
(least céntimos missing in all), and the score is the best among those. What HiGHS returns within its tolerances is
checked in whole numbers, and a selection that exceeds a limit by a céntimo is forbidden and solved again. Candidates
enter by key and the solver runs in one thread from a fixed seed: the same input gives the same selection, also where
several are equally good.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np

from ..errores import CodigoError, Detenida, NoSePuedePriorizar
from ..tipos import Avance, Candidata, Detener, Limites
from . import por_puntaje
from .voraz import Eleccion, bajar

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

    def alcanzable(self) -> bool:
        return self.minimo is None or sum(self.coeficientes.values()) >= self.minimo

    def vale(self, x: np.ndarray) -> bool:
        suma = sum(a for j, a in self.coeficientes.items() if x[j])
        return (self.minimo is None or suma >= self.minimo) and (self.maximo is None or suma <= self.maximo)

    def corte(self, x: np.ndarray) -> "Fila":
        """A row that forbids what `x` does wrong here and nothing that is right."""
        if self.maximo is not None and sum(a for j, a in self.coeficientes.items() if x[j]) > self.maximo:
            dentro = [j for j, a in self.coeficientes.items() if x[j] and a > 0]
            fuera = {j: -1 for j, a in self.coeficientes.items() if a < 0}
            return Fila(dict.fromkeys(dentro, 1) | fuera, maximo=len(dentro) - 1)
        return Fila({j: 1 for j, a in self.coeficientes.items() if not x[j] and a > 0}, minimo=1)

    def reducida(self) -> "Fila":
        """The same row by its greatest common divisor: costs in whole hundreds of Bs become small numbers."""
        d = math.gcd(*self.coeficientes.values()) or 1
        return Fila(
            {j: a // d for j, a in self.coeficientes.items()},
            None if self.minimo is None else -(-self.minimo // d),
            None if self.maximo is None else self.maximo // d,
        )


@dataclass(frozen=True, slots=True)
class _Hecha:
    x: np.ndarray
    brecha: float


class _SinTiempo(Exception):
    """The time ended before any selection was found."""


def resolver(
    candidatas: Sequence[Candidata],
    limites: Limites,
    *,
    segundos: float = SEGUNDOS,
    forzada: int | None = None,
    avance: Avance | None = None,
    detener: Detener | None = None,
) -> Solucion | None:
    """The best selection, None if no selection under the limits holds `forzada`.

    Without time to find any, the one that goes by score (with `forzada`, an empty one), not proved.
    """
    if segundos <= 0:
        raise NoSePuedePriorizar(CodigoError.PARAMETRO_NO_VALIDO, parametro="segundos", valor=segundos)
    if not candidatas:
        return None if forzada is not None else Solucion((), True, 0.0)
    problema = _Problema(list(candidatas), limites, segundos, avance, detener)
    if forzada is not None:
        problema.forzar(forzada)
    try:
        return problema.resolver()
    except _SinTiempo:
        if forzada is not None:
            return Solucion((), False, 1.0)
        voraz = Eleccion(limites)
        bajar(por_puntaje.ordenar(candidatas), voraz)
        return Solucion(tuple(sorted(voraz.elegidas)), False, 1.0)


@dataclass(slots=True)
class _Problema:
    candidatas: list[Candidata]
    limites: Limites
    segundos: float
    avance: Avance | None
    detener: Detener | None
    filas: list[Fila] = field(default_factory=list)
    indice: dict[int, int] = field(default_factory=dict)
    empezo: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.indice = {c.clave: j for j, c in enumerate(self.candidatas)}
        filas = [Fila({j: c.costo for j, c in enumerate(self.candidatas)}, maximo=self.limites.techo)]
        filas += [Fila(self._de(d), maximo=tope) for d, tope in sorted(self.limites.topes.items())]
        for a, b in sorted(self.limites.incompatibles):
            if a in self.indice and b in self.indice:
                filas.append(Fila({self.indice[a]: 1, self.indice[b]: 1}, maximo=1))
        for a, b in sorted(self.limites.requeridas):
            if a in self.indice:  # what has no cost cannot enter, nor what needs it
                filas.append(Fila({self.indice[a]: 1} | ({self.indice[b]: -1} if b in self.indice else {}), maximo=0))
        self.filas = [f for f in filas if f.coeficientes]

    def _de(self, distrito: str) -> dict[int, int]:
        return {j: c.costo for j, c in enumerate(self.candidatas) if c.distrito == distrito}

    def forzar(self, clave: int) -> None:
        self.filas.append(Fila({self.indice[clave]: 1}, minimo=1))

    def resolver(self) -> Solucion | None:
        pisos = {d: p for d, p in sorted(self.limites.pisos.items()) if p}
        puntos = np.array([round(c.puntaje * MILLONESIMAS) for c in self.candidatas], dtype=float)
        duros = [Fila(self._de(d), minimo=p) for d, p in pisos.items()]
        hecha = None
        if all(f.alcanzable() for f in duros):
            hecha = self._optimizar(puntos, self.filas + duros)
        if hecha is None and pisos:
            hecha = self._cerca_de_los_pisos(puntos, pisos)
        elif hecha is None:
            return None
        if hecha is None:
            return None
        elegidas = tuple(c.clave for c, x in zip(self.candidatas, hecha.x, strict=True) if x)
        return Solucion(elegidas, hecha.brecha == 0, hecha.brecha)

    def _cerca_de_los_pisos(self, puntos: np.ndarray, pisos: Mapping[str, int]) -> "_Hecha | None":
        """The least that is missing to the floors in all, then the best score that lacks no more than that."""
        n = len(self.candidatas)
        # One more column per floor: what it lacks, in the largest unit that divides all that it can lack.
        unidad = math.gcd(*pisos.values(), *(a for d in pisos for a in self._de(d).values()))
        holguras = [Fila(self._de(d) | {n + k: unidad}, minimo=p) for k, (d, p) in enumerate(pisos.items())]
        topes = np.array([p // unidad for p in pisos.values()], dtype=float)
        ceros = np.zeros(n)
        menos = self._optimizar(np.concatenate([ceros, -np.ones(len(pisos))]), self.filas + holguras, topes)
        if menos is None:
            return None
        falta = sum(max(0, p - sum(a for j, a in self._de(d).items() if menos.x[j])) for d, p in pisos.items())
        cerca = Fila({n + k: 1 for k in range(len(pisos))}, maximo=falta // unidad)
        puntos = np.concatenate([puntos, np.zeros(len(pisos))])
        hecha = self._optimizar(puntos, [*self.filas, *holguras, cerca], topes)
        if hecha is not None and menos.brecha:
            hecha = _Hecha(hecha.x, max(hecha.brecha, menos.brecha))
        return hecha or menos

    def _optimizar(
        self, puntos: np.ndarray, filas: Sequence[Fila], holguras: np.ndarray | None = None
    ) -> "_Hecha | None":
        """Maximise `puntos · x` under the rows, None if no selection meets them."""
        cortes: list[Fila] = []
        while True:
            hecha = self._correr(puntos, [*filas, *cortes], holguras if holguras is not None else np.empty(0))
            if hecha is None:
                return None
            rota = next((f for f in filas if max(f.coeficientes) < len(hecha.x) and not f.vale(hecha.x)), None)
            if rota is None:
                return hecha
            cortes.append(rota.corte(hecha.x))

    def _correr(self, puntos: np.ndarray, filas: Sequence[Fila], holguras: np.ndarray) -> "_Hecha | None":
        n, h = len(self.candidatas), highspy.Highs()
        h.setOptionValue("output_flag", False)
        for opcion, valor in {"threads": 1, "random_seed": 0, "mip_rel_gap": 0.0, "mip_abs_gap": 0.5}.items():
            h.setOptionValue(opcion, valor)
        quedan = self.segundos - (time.monotonic() - self.empezo)
        h.setOptionValue("time_limit", max(quedan, 0.1))
        h.passModel(_modelo(n, puntos, filas, holguras))
        self._vigilar(h)
        h.run()
        if self.detener and self.detener():
            raise Detenida
        estado, info = h.getModelStatus(), h.getInfo()
        if estado == highspy.HighsModelStatus.kInfeasible:
            return None
        valores = np.array(h.getSolution().col_value)
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            raise _SinTiempo
        brecha = 0.0
        if estado != highspy.HighsModelStatus.kOptimal:
            logrado = info.objective_function_value
            brecha = min(1.0, abs(info.mip_dual_bound - logrado) / max(1.0, abs(info.mip_dual_bound)))
        return _Hecha(np.round(valores[:n]).astype(bool), brecha)

    def _vigilar(self, h: highspy.Highs) -> None:
        """Say how much of the time is gone, and stop the solver when asked to."""
        if not (self.avance or self.detener):
            return

        def mirar(evento: highspy.highs.HighsCallbackEvent) -> None:
            if self.detener and self.detener():
                evento.interrupt()
            if self.avance:
                self.avance(min(1.0, (time.monotonic() - self.empezo) / self.segundos))

        h.cbMipInterrupt.subscribe(mirar)


def _modelo(n: int, puntos: np.ndarray, filas: Sequence[Fila], holguras: np.ndarray) -> highspy.HighsLp:
    """The programme as HiGHS takes it: the first `n` columns are yes or no, those after are the floors' shortfalls."""
    lp, columnas = highspy.HighsLp(), n + len(holguras)
    reducidas = [f.reducida() for f in filas]
    lp.num_col_, lp.num_row_ = columnas, len(reducidas)
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = puntos
    lp.col_lower_ = np.zeros(columnas)
    lp.col_upper_ = np.concatenate([np.ones(n), holguras])
    lp.row_lower_ = np.array([-highspy.kHighsInf if f.minimo is None else f.minimo for f in reducidas], dtype=float)
    lp.row_upper_ = np.array([highspy.kHighsInf if f.maximo is None else f.maximo for f in reducidas], dtype=float)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.cumsum([0, *(len(f.coeficientes) for f in reducidas)])
    lp.a_matrix_.index_ = np.array([j for f in reducidas for j in f.coeficientes])
    lp.a_matrix_.value_ = np.array([a for f in reducidas for a in f.coeficientes.values()], dtype=float)
    entera, continua = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
    lp.integrality_ = [entera] * n + [continua] * len(holguras)
    return lp
