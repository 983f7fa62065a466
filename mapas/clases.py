"""Classes of a map's legend: colour, pattern and words, and how many units stand in each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from django.utils.formats import number_format
from django.utils.translation import gettext as _

# ColorBrewer YlGnBu, 5 classes, light to dark; zero is paper grey so that it is not read as "little".
YLGNBU = ("#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494")
CERO = "#e6e3dc"
BLANCO = "#ffffff"


@dataclass(frozen=True)
class Clase:
    """One row of a legend; `trama` is a pattern over the colour, so that colour never speaks alone."""

    clave: str
    etiqueta: str
    color: str
    trama: str = ""
    cuantas: int = 0


def sin_datos(etiqueta: str = "") -> Clase:
    return Clase("sin_datos", etiqueta or _("sin datos"), BLANCO, "puntos")


def contar(clases: Iterable[Clase], claves: Iterable[str]) -> list[Clase]:
    """The classes with how many units stand in each."""
    claves = list(claves)
    return [replace(clase, cuantas=claves.count(clase.clave)) for clase in clases]


def cuantiles(valores: Sequence[float | None], *, decimales: int = 0) -> tuple[list[Clase], list[str]]:
    """Legend of up to five quantile classes, zero and no data apart; and the class key of each value, in order."""
    positivos = sorted({round(v, decimales) for v in valores if v is not None and v > 0})
    cortes = _cortes(sorted(v for v in valores if v is not None and v > 0), min(len(YLGNBU), len(positivos)))
    clases = [Clase("cero", number_format(0), CERO)]
    for i, (desde, hasta) in enumerate(pairwise(cortes)):
        # A class of positive values must not read as if it began at the class "0".
        d = number_format(desde if round(desde, decimales) else 10**-decimales, decimales)
        h = number_format(hasta, decimales)
        color = YLGNBU[i if len(cortes) == 6 else round(i * 4 / max(len(cortes) - 2, 1))]
        clases.append(Clase(f"c{i}", d if d == h else f"{d} – {h}", color))
    clases.append(sin_datos())

    def clave(valor: float | None) -> str:
        if valor is None:
            return "sin_datos"
        if valor <= 0:
            return "cero"
        return next(f"c{i}" for i, hasta in enumerate(cortes[1:]) if valor <= hasta)

    claves = [clave(v) for v in valores]
    return contar(clases, claves), claves


def _cortes(ordenados: list[float], clases: int) -> list[float]:
    """Class bounds so that each holds about as many values; repeated bounds are merged."""
    if not ordenados:
        return []
    cortes = [ordenados[0]]
    for i in range(1, clases + 1):
        corte = ordenados[max(round(i * len(ordenados) / clases) - 1, 0)]
        if corte > cortes[-1] or i == clases == 1:
            cortes.append(corte)
    return cortes if len(cortes) > 1 else [cortes[0], cortes[0]]


def por_umbrales(
    valores: Sequence[float | None], umbrales: Sequence[tuple[float, Clase]], vacia: Clase
) -> tuple[list[Clase], list[str]]:
    """Legend of fixed classes: a value takes the first class whose threshold it reaches (thresholds fall)."""
    claves = [
        vacia.clave if v is None else next((c.clave for umbral, c in umbrales if v >= umbral), umbrales[-1][1].clave)
        for v in valores
    ]
    return contar([*(clase for _umbral, clase in umbrales), vacia], claves), claves
