"""One door to all rules: an `Entrada` gives its `Resultado`."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from .errores import CodigoError, NoSePuedePriorizar
from .reglas import mochila, partes_iguales, por_boliviano, por_puntaje
from .reglas.voraz import Eleccion, bajar
from .revision import revisar
from .tipos import Avance, Candidata, Codigo, Detener, Entrada, Fase, Paso, Piso, Razon, Regla, Resultado


class Voraz(Protocol):
    """A rule that goes down an order: how it sorts, and by what measure."""

    def ordenar(self, candidatas: Sequence[Candidata]) -> list[Candidata]: ...

    def medida(self, c: Candidata) -> float: ...

    def puntaje_para_pasar(self, c: Candidata, otra: Candidata) -> float: ...


VORACES: dict[Regla, Voraz] = {Regla.POR_PUNTAJE: por_puntaje, Regla.POR_BOLIVIANO: por_boliviano}
PARAMETROS = {
    Regla.POR_PUNTAJE: frozenset(),
    Regla.POR_BOLIVIANO: frozenset(),
    Regla.MOCHILA: frozenset({"segundos"}),
    Regla.PARTES_IGUALES: frozenset({"satisfaccion", "completar", "pasos"}),
}


def calcular(
    entrada: Entrada, *, con_pagos: bool = False, avance: Avance | None = None, detener: Detener | None = None
) -> Resultado:
    """Run the rule; `avance` hears shares from 0 to 1, `detener` is asked now and then and ends it with `Detenida`.

    `con_pagos` adds to each step of equal shares how many céntimos each voter gave.
    """
    sobran = sorted(set(entrada.parametros) - PARAMETROS[entrada.regla])
    if sobran:
        raise NoSePuedePriorizar(CodigoError.PARAMETRO_NO_VALIDO, parametro=sobran[0])
    candidatas = revisar(entrada)
    quien: dict[str, Any] = {"avance": avance, "detener": detener}
    if entrada.regla == Regla.MOCHILA:
        return _mochila(entrada, candidatas, quien)
    if entrada.regla == Regla.PARTES_IGUALES:
        hecha = partes_iguales.repartir(
            candidatas, entrada.limites, entrada.votantes, con_pagos=con_pagos, **entrada.parametros, **quien
        )
        extra = {"saldos": hecha.saldos(), "aumento": float(hecha.aumento)}
        return _resultado(entrada, hecha.eleccion, hecha.pasos, **extra)
    eleccion, pasos = recorrer(entrada.regla, candidatas, Eleccion(entrada.limites))
    return _resultado(entrada, eleccion, pasos)


def recorrer(regla: Regla, candidatas: Sequence[Candidata], eleccion: Eleccion) -> tuple[Eleccion, list[Paso]]:
    """Go down the order of a greedy rule."""
    voraz, pasos = VORACES[regla], []

    def anotar(c: Candidata, fase: Fase) -> None:
        pasos.append(Paso(c.clave, fase, voraz.medida(c), c.costo, eleccion.queda))

    bajar(voraz.ordenar(candidatas), eleccion, al_elegir=anotar)
    return eleccion, pasos


def _mochila(entrada: Entrada, candidatas: Sequence[Candidata], quien: Mapping[str, Any]) -> Resultado:
    solucion = mochila.resolver(candidatas, entrada.limites, **entrada.parametros, **quien)
    elegidas = set(solucion.elegidas)
    eleccion, pasos = Eleccion(entrada.limites), []
    for c in por_puntaje.ordenar([c for c in candidatas if c.clave in elegidas]):
        eleccion.elegir(c, Fase.REGLA)
        pasos.append(Paso(c.clave, Fase.REGLA, c.puntaje, c.costo, eleccion.queda))
    for c in candidatas:
        if c.clave not in elegidas:
            eleccion.razones[c.clave] = _por_que_no(c, eleccion)
    return _resultado(entrada, eleccion, pasos, optimo=solucion.optimo, brecha=solucion.brecha)


def _por_que_no(c: Candidata, eleccion: Eleccion) -> Razon:
    """Why the best selection leaves one out: it could never enter, what was chosen excludes it, or others add more."""
    limites = eleccion.limites
    tope = limites.topes.get(c.distrito) if c.distrito is not None else None
    if c.costo > limites.techo:
        return Razon(Codigo.NO_ALCANZA, falta=c.costo - limites.techo)
    if tope is not None and c.costo > tope:
        return Razon(Codigo.TOPE_DE_DISTRITO, falta=c.costo - tope, distrito=c.distrito)
    impedimento = eleccion.impedimento(c, c.costo)
    if impedimento and impedimento.codigo in (Codigo.INCOMPATIBLE, Codigo.FALTA_REQUERIDA):
        return impedimento
    return Razon(Codigo.OTRA_COMBINACION, falta=max(0, c.costo - eleccion.queda))


def _resultado(entrada: Entrada, eleccion: Eleccion, pasos: Sequence[Paso], **extra: Any) -> Resultado:
    sin_costo = {c.clave: Razon(Codigo.SIN_COSTO) for c in entrada.candidatas if not c.con_costo}
    puntajes = {c.clave: c.puntaje for c in entrada.candidatas}
    pisos = tuple(Piso(d, piso, eleccion.por_distrito.get(d, 0)) for d, piso in sorted(entrada.limites.pisos.items()))
    return Resultado(
        regla=entrada.regla,
        orden=tuple(p.clave for p in pasos),
        gastado=eleccion.gastado,
        puntaje=sum(puntajes[clave] for clave in sorted(eleccion.elegidas)),
        razones=dict(sorted((eleccion.razones | sin_costo).items())),
        pasos=tuple(pasos),
        pisos=pisos,
        entrada=entrada,
        **extra,
    )
