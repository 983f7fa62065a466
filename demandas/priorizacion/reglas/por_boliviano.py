"""By score per Bs: the most points for each Boliviano first, taking what fits and passing over what does not."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby

from ..tipos import Candidata

CENTIMOS = 100


def ordenar(candidatas: Sequence[Candidata]) -> list[Candidata]:
    """Exact: a rounded quotient never inverts an order, so only those whose quotients round to the same are compared
    in full.
    """
    gruesa = sorted(candidatas, key=medida, reverse=True)
    orden: list[Candidata] = []
    for _, iguales in groupby(gruesa, key=medida):
        juntas = list(iguales)
        if len(juntas) > 1:
            juntas.sort(key=lambda c: (-Fraction(c.puntaje) / c.costo, c.desempate))
        orden.extend(juntas)
    return orden


def medida(c: Candidata) -> float:
    """Points per Bs."""
    return c.puntaje / c.costo * CENTIMOS


def puntaje_para_pasar(c: Candidata, otra: Candidata) -> float:
    """About the least score with which `c` comes before `otra`; whoever needs it exact tries its neighbours."""
    return float(Fraction(otra.puntaje) * c.costo / otra.costo)
