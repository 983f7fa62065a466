"""What must hold before any rule runs."""

import math
from collections.abc import Iterable

from .errores import CodigoError, NoSePuedePriorizar
from .tipos import Candidata, Entrada, Limites


def revisar(entrada: Entrada) -> list[Candidata]:
    """Refuse what makes no sense; give the candidates that have a cost, by key."""
    if not entrada.candidatas:
        raise NoSePuedePriorizar(CodigoError.SIN_CANDIDATAS)
    claves = {c.clave for c in entrada.candidatas}
    if len(claves) != len(entrada.candidatas):
        raise NoSePuedePriorizar(CodigoError.CLAVE_REPETIDA)
    malas = sorted(c.clave for c in entrada.candidatas if not (math.isfinite(c.puntaje) and c.puntaje >= 0))
    if malas:
        raise NoSePuedePriorizar(CodigoError.PUNTAJE_NO_VALIDO, claves=malas)
    _montos(entrada.limites)
    _pares(entrada.limites, claves)
    return sorted((c for c in entrada.candidatas if c.con_costo), key=lambda c: c.clave)


def _montos(limites: Limites) -> None:
    if limites.techo <= 0:
        raise NoSePuedePriorizar(CodigoError.TECHO_NO_POSITIVO, techo=limites.techo)
    for distrito, monto in sorted([*limites.pisos.items(), *limites.topes.items()]):
        if monto < 0:
            raise NoSePuedePriorizar(CodigoError.LIMITE_NEGATIVO, distrito=distrito, monto=monto)
    for distrito, piso in sorted(limites.pisos.items()):
        tope = limites.topes.get(distrito)
        if tope is not None and piso > tope:
            raise NoSePuedePriorizar(CodigoError.PISO_SOBRE_TOPE, distrito=distrito, piso=piso, tope=tope)
    suma = sum(limites.pisos.values())
    if suma > limites.techo:
        raise NoSePuedePriorizar(CodigoError.PISOS_SOBRE_TECHO, suma=suma, techo=limites.techo)


def _pares(limites: Limites, claves: set[int]) -> None:
    for par in sorted(limites.incompatibles | limites.requeridas):
        if not claves.issuperset(par):
            raise NoSePuedePriorizar(CodigoError.PAR_DESCONOCIDO, par=par)
        if par[0] == par[1]:
            raise NoSePuedePriorizar(CodigoError.PARES_CONTRADICTORIOS, par=par)
    opuestas = opuestas_de(limites.incompatibles)
    necesita = requeridas_de(limites.requeridas)
    for clave in sorted(necesita):
        todas = _alcance(clave, necesita)
        if clave in todas:
            raise NoSePuedePriorizar(CodigoError.REQUERIDAS_EN_CIRCULO, claves=sorted(todas))
        juntas = todas | {clave}
        # One that needs two that exclude each other, at whatever distance, could never enter.
        for una in sorted(juntas):
            choque = opuestas.get(una, frozenset()) & juntas
            if choque:
                raise NoSePuedePriorizar(CodigoError.PARES_CONTRADICTORIOS, par=(una, min(choque)), clave=clave)


def _alcance(clave: int, necesita: dict[int, set[int]]) -> set[int]:
    vistas: set[int] = set()
    cola = [clave]
    while cola:
        nuevas = necesita.get(cola.pop(), set()) - vistas
        vistas |= nuevas
        cola.extend(nuevas)
    return vistas


def opuestas_de(pares: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    opuestas: dict[int, set[int]] = {}
    for a, b in pares:
        opuestas.setdefault(a, set()).add(b)
        opuestas.setdefault(b, set()).add(a)
    return opuestas


def requeridas_de(pares: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    necesita: dict[int, set[int]] = {}
    for a, b in pares:
        necesita.setdefault(a, set()).add(b)
    return necesita
