"""What goes into a rule and what comes out: plain values, money in whole céntimos.

**The tie rule**, the same for every rule: where two candidates stand equal, the one with the higher score comes
first, then the cheaper one, then the one with the lower key. No two are equal after that, so a result never depends
on the order of the input.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Avance = Callable[[float], None]
Detener = Callable[[], bool]


class Regla(StrEnum):
    POR_PUNTAJE = "por_puntaje"
    POR_BOLIVIANO = "por_boliviano"
    MOCHILA = "mochila"
    PARTES_IGUALES = "partes_iguales"


class Fase(StrEnum):
    """At what moment of the rule a candidate was chosen."""

    PISO = "piso"
    REGLA = "regla"
    COMPLETAR = "completar"


class Codigo(StrEnum):
    """Why a candidate is in or out."""

    ELEGIDA = "elegida"
    SIN_COSTO = "sin_costo"
    SIN_APOYO = "sin_apoyo"
    NO_ALCANZA = "no_alcanza"
    TOPE_DE_DISTRITO = "tope_de_distrito"
    INCOMPATIBLE = "incompatible_con"
    FALTA_REQUERIDA = "falta_requerida"
    APOYO_INSUFICIENTE = "apoyo_insuficiente"
    OTRA_COMBINACION = "otra_combinacion_rinde_mas"


@dataclass(frozen=True, slots=True)
class Candidata:
    """A demand that asks for `costo` céntimos; `apoyos`: how much each voter wants it, in whole numbers."""

    clave: int
    costo: int | None
    puntaje: float = 0.0
    distrito: str | None = None
    apoyos: Mapping[int, int] | None = None

    @property
    def con_costo(self) -> bool:
        return self.costo is not None and self.costo > 0

    @property
    def desempate(self) -> tuple[float, int, int]:
        """Sorts by the tie rule: higher score, lower cost, lower key."""
        return (-self.puntaje, self.costo, self.clave)


@dataclass(frozen=True, slots=True)
class Limites:
    """Céntimos to share out, in all and by district; pairs that exclude each other; pairs (a, b) where a needs b."""

    techo: int
    pisos: Mapping[str, int] = field(default_factory=dict)
    topes: Mapping[str, int] = field(default_factory=dict)
    incompatibles: frozenset[tuple[int, int]] = frozenset()
    requeridas: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Entrada:
    """All that a result depends on: the same `Entrada` always gives the same `Resultado`.

    `votantes` (key → weight, whole numbers) and `parametros` are those of the rule: see its function.
    """

    regla: Regla
    candidatas: tuple[Candidata, ...]
    limites: Limites
    votantes: Mapping[int, int] | None = None
    parametros: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Razon:
    """Why one is in or out: a code with its numbers, never a sentence.

    `falta`: céntimos that were missing (in the ceiling, the district's ceiling or among its supporters, as the code
    says). `contraparte`: céntimos that, paid by others, bring it in for sure, where the rule can promise that. `con`:
    the candidate that excludes it, or the one it needs.
    """

    codigo: Codigo
    falta: int | None = None
    contraparte: int | None = None
    con: int | None = None
    distrito: str | None = None

    @property
    def dentro(self) -> bool:
        return self.codigo == Codigo.ELEGIDA


@dataclass(frozen=True, slots=True)
class Paso:
    """One choice: which, in what moment, by what measure (score, score per Bs or price, as the rule goes), what is
    left after.
    """

    clave: int
    fase: Fase
    medida: float
    costo: int
    queda: int
    pagos: Mapping[int, float] | None = None


@dataclass(frozen=True, slots=True)
class Piso:
    """A district's floor and what was spent there; `falta` is above zero where it could not be reached."""

    distrito: str
    piso: int
    gastado: int

    @property
    def falta(self) -> int:
        return max(0, self.piso - self.gastado)


@dataclass(frozen=True, slots=True)
class Resultado:
    """What a rule chose, in the order it chose, and the reason of each candidate.

    `optimo` and `brecha` are the knapsack's: whether the optimum is proved, and if not how far at most it may lie
    """

    regla: Regla
    orden: tuple[int, ...]
    gastado: int
    puntaje: float
    razones: Mapping[int, Razon]
    pasos: tuple[Paso, ...]
    pisos: tuple[Piso, ...]
    entrada: Entrada = field(repr=False, compare=False)
    optimo: bool | None = None
    brecha: float | None = None
    saldos: Mapping[int, float] | None = None
    aumento: float | None = None

    @property
    def queda(self) -> int:
        return self.entrada.limites.techo - self.gastado

    @property
    def pisos_sin_alcanzar(self) -> tuple[Piso, ...]:
        return tuple(p for p in self.pisos if p.falta)

    def cuantas(self, codigo: Codigo) -> int:
        return sum(r.codigo == codigo for r in self.razones.values())

    def de_fase(self, fase: Fase) -> tuple[int, ...]:
        return tuple(p.clave for p in self.pasos if p.fase == fase)


@dataclass(frozen=True, slots=True)
class HariaFalta:
    """What would bring in one that is out; each field alone is enough, and None where the rule cannot promise it.

    `contraparte`: céntimos paid by others. `techo`: the least céntimos more to share out. `puntaje`: the least score.
    `ceder`: the chosen one of least priority that, given up, makes room. `perdida`: points that the optimum loses if
    it is forced in (knapsack); `imposible` says that no selection under these limits holds it.
    """

    contraparte: int | None = None
    techo: int | None = None
    puntaje: float | None = None
    ceder: int | None = None
    perdida: float | None = None
    imposible: bool = False
