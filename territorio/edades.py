"""Age bands as censuses write them («0 a 4 años», «80 y más», «menores de 1»), read as ages and put in order."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from territorio.importacion.texto import normalizar

TOTAL = "total"
SIN_EDAD = "sin especificar"
EDAD_MAXIMA = 130
# Up to which age somebody is young, and adult (Ley 342: youth from 16 to 28 years; Ley 369: elderly from 60 on).
GRUPOS = (("jovenes", 16, 28), ("adultos", 29, 59), ("adultos_mayores", 60, None))

_SIN_EDAD = {
    "sin especificar",
    "no especificado",
    "no especifica",
    "sin dato",
    "sin datos",
    "ignorado",
    "ignorada",
    "nd",
}
_TOTAL = {"total", "todas", "todos", "todas las edades", "general"}
_ANIOS = r"(?: ano| anos)?"
_ENTRE = re.compile(rf"(?:de |edad |entre )?(\d{{1,3}}){_ANIOS} (?:a |al |hasta |y )?(\d{{1,3}}){_ANIOS}")
_DESDE = re.compile(rf"(?:de |edad )?(\d{{1,3}}){_ANIOS} (?:y |o |a |en )?(?:mas|adelante|mayores){_ANIOS}")
_MAS_DE = re.compile(rf"(?:mas|mayores|mayor) de (\d{{1,3}}){_ANIOS}")
_MENOS_DE = re.compile(rf"(?:menos|menores|menor) de (\d{{1,3}}){_ANIOS}")
_UNA = re.compile(rf"(?:edad )?(\d{{1,3}}){_ANIOS}")


@dataclass(frozen=True)
class Banda:
    """Completed years from `desde` to `hasta`, both within; `hasta` None is "and more"."""

    desde: int
    hasta: int | None

    def __str__(self) -> str:
        if self.hasta is None:
            return f"{self.desde}+"
        return str(self.desde) if self.desde == self.hasta else f"{self.desde}-{self.hasta}"

    def __lt__(self, otra: "Banda") -> bool:
        return (self.desde, self.fin) < (otra.desde, otra.fin)

    @property
    def fin(self) -> int:
        return EDAD_MAXIMA if self.hasta is None else self.hasta


def banda(texto: object) -> Banda | None:
    """The ages that a band says; None for one that says none (`total`, `sin especificar`, a word)."""
    escrito = normalizar(str(texto).replace("+", " y más").replace("<", " menores de "))
    if m := _ENTRE.fullmatch(escrito):
        desde, hasta = int(m[1]), int(m[2])
        return Banda(desde, hasta) if desde <= hasta <= EDAD_MAXIMA else None
    if m := _DESDE.fullmatch(escrito):
        return _abierta(int(m[1]))
    if m := _MAS_DE.fullmatch(escrito):
        return _abierta(int(m[1]) + 1)
    if m := _MENOS_DE.fullmatch(escrito):
        return Banda(0, int(m[1]) - 1) if 0 < int(m[1]) <= EDAD_MAXIMA else None
    if m := _UNA.fullmatch(escrito):
        return Banda(int(m[1]), int(m[1])) if int(m[1]) <= EDAD_MAXIMA else None
    return None


def _abierta(desde: int) -> Banda | None:
    return Banda(desde, None) if desde <= EDAD_MAXIMA else None


def como_se_guarda(texto: str) -> str:
    """One spelling for each band, so that two files that write it in two ways do not count people twice."""
    escrito = normalizar(texto)
    if not escrito or escrito in _TOTAL:
        return TOTAL
    if escrito.removeprefix("edad ") in _SIN_EDAD:
        return SIN_EDAD
    return str(banda(texto) or " ".join(texto.split()))


def en_orden(grupos: Iterable[str]) -> list[str]:
    """Bands from the youngest on; what says no age comes last."""
    return sorted(set(grupos), key=lambda g: (banda(g) or Banda(EDAD_MAXIMA + 1, None), g))


def superpuestas(grupos: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of bands that share an age."""
    bandas = sorted((b, g) for g in set(grupos) if (b := banda(g)) is not None)
    return [(g, otro) for i, (b, g) in enumerate(bandas) for o, otro in bandas[i + 1 :] if o.desde <= b.fin]


def faltantes(grupos: Iterable[str]) -> list[Banda]:
    """Ages from 0 on that no band holds."""
    huecos, siguiente = [], 0
    for una in sorted(b for g in set(grupos) if (b := banda(g)) is not None):
        if una.desde > siguiente:
            huecos.append(Banda(siguiente, una.desde - 1))
        siguiente = max(siguiente, una.fin + 1)
    if siguiente <= EDAD_MAXIMA:
        huecos.append(Banda(siguiente, None))
    return huecos


def por_generacion(personas: dict[str, float]) -> dict[str, float]:
    """Persons by band as young, adult and elderly, each band divided evenly between the ages it spans.

    An open band counts wholly where it begins. Under 16 and without age are left out.
    """
    resultado = {grupo: 0.0 for grupo, _desde, _hasta in GRUPOS}
    for texto, cuantas in personas.items():
        una = banda(texto)
        if una is None:
            continue
        for grupo, desde, hasta in GRUPOS:
            if una.hasta is None:
                dentro = 1.0 if desde <= una.desde <= (hasta if hasta is not None else EDAD_MAXIMA) else 0.0
            else:
                comunes = min(una.fin, EDAD_MAXIMA if hasta is None else hasta) - max(una.desde, desde) + 1
                dentro = max(comunes, 0) / (una.fin - una.desde + 1)
            resultado[grupo] += cuantas * dentro
    return resultado
