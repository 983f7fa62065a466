"""By score: the highest first, taking what fits and passing over what does not."""

from collections.abc import Sequence

from ..tipos import Candidata


def ordenar(candidatas: Sequence[Candidata]) -> list[Candidata]:
    return sorted(candidatas, key=lambda c: c.desempate)


def medida(c: Candidata) -> float:
    return c.puntaje


def puntaje_para_pasar(c: Candidata, otra: Candidata) -> float:
    """The least score with which `c` comes before `otra`."""
    return otra.puntaje
