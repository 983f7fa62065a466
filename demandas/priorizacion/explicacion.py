"""What would bring in one that is out, found by running the rule again: asked for one at a time."""

import math
from collections.abc import Sequence
from dataclasses import replace

from .calculo import VORACES
from .errores import Detenida
from .reglas import mochila
from .reglas.voraz import Eleccion, bajar
from .revision import opuestas_de, requeridas_de, revisar
from .tipos import Candidata, Codigo, Detener, HariaFalta, Limites, Regla, Resultado

TECHOS = 200
CESIONES = 60


def explicar(
    resultado: Resultado, clave: int, *, segundos: float = mochila.SEGUNDOS, detener: Detener | None = None
) -> HariaFalta:
    """For one that is out, each thing that alone would bring it in; nothing for one that is in or has no cost."""
    razon = resultado.razones[clave]
    if razon.dentro or razon.codigo == Codigo.SIN_COSTO:
        return HariaFalta()
    candidatas = revisar(resultado.entrada)
    suya = next(c for c in candidatas if c.clave == clave)
    if resultado.regla == Regla.MOCHILA:
        return _perdida(resultado, candidatas, suya, segundos, detener)
    if resultado.regla == Regla.PARTES_IGUALES:
        return HariaFalta(contraparte=razon.contraparte)
    busca = _Voraz(resultado, candidatas, suya, detener)
    return HariaFalta(contraparte=razon.contraparte, techo=busca.techo(), puntaje=busca.puntaje(), ceder=busca.ceder())


def _perdida(
    resultado: Resultado, candidatas: Sequence[Candidata], suya: Candidata, segundos: float, detener: Detener | None
) -> HariaFalta:
    """What the total score loses if it must be in; nothing is said that was not proved in the time."""
    limites = resultado.entrada.limites
    forzada = mochila.resolver(candidatas, limites, segundos=segundos, forzada=suya.clave, detener=detener)
    if forzada is None:
        return HariaFalta(imposible=True)
    if not (forzada.optimo and resultado.optimo):
        return HariaFalta()
    puntajes = {c.clave: c.puntaje for c in candidatas}
    perdida = resultado.puntaje - math.fsum(puntajes[clave] for clave in forzada.elegidas)
    return HariaFalta(perdida=max(0.0, round(perdida, 6)))


class _Voraz:
    """Runs a greedy rule again with one thing changed."""

    def __init__(
        self, resultado: Resultado, candidatas: Sequence[Candidata], suya: Candidata, detener: Detener | None
    ) -> None:
        self.regla = VORACES[resultado.regla]
        self.limites = resultado.entrada.limites
        self.elegidas = resultado.orden
        self.suya = suya
        self.detener = detener
        self.orden = self.regla.ordenar(candidatas)

    def _correr(self, orden: Sequence[Candidata], limites: Limites) -> Eleccion:
        if self.detener and self.detener():
            raise Detenida
        eleccion = Eleccion(limites, breve=True)
        bajar(orden, eleccion)
        return eleccion

    def _entra(self, orden: Sequence[Candidata], limites: Limites) -> bool:
        return self.suya.clave in self._correr(orden, limites).elegidas

    def techo(self) -> int | None:
        """The least céntimos more in the ceiling with which it enters.

        Nothing changes until one more fits, so each trial goes on by the least that was missing for any. Others may
        take what is added: it is not always what it lacked. None after `TECHOS` trials.
        """
        mas = 0
        # Who comes later changes nothing for it, unless it is needed or a floor puts it first.
        cuentan = None if self.limites.requeridas or self.limites.pisos else self.orden.index(self.suya) + 1
        for _ in range(TECHOS):
            eleccion = self._correr(self.orden[:cuentan], replace(self.limites, techo=self.limites.techo + mas))
            if self.suya.clave in eleccion.elegidas:
                return mas
            if eleccion.menor_falta is None:
                return None
            mas += eleccion.menor_falta
        return None

    def puntaje(self) -> float | None:
        """The least score with which it enters: an earlier place never does worse, so the place is found by halves."""
        otras = [c for c in self.orden if c.clave != self.suya.clave]
        bajo, alto = 0, self.orden.index(self.suya)  # at `alto` it is out
        if not self._entra([self.suya, *otras], self.limites):
            return None
        while alto - bajo > 1:
            medio = (bajo + alto) // 2
            if self._entra([*otras[:medio], self.suya, *otras[medio:]], self.limites):
                bajo = medio
            else:
                alto = medio
        return self._que_pasa(otras[bajo])

    def _que_pasa(self, otra: Candidata) -> float:
        """The least score that comes before `otra`."""
        puntaje = self.regla.puntaje_para_pasar(self.suya, otra)
        while not self._pasa(puntaje, otra):
            puntaje = math.nextafter(puntaje, math.inf)
        return puntaje

    def _pasa(self, puntaje: float, otra: Candidata) -> bool:
        con = replace(self.suya, puntaje=puntaje)
        return self.regla.ordenar([con, otra])[0] is con

    def ceder(self) -> int | None:
        """The chosen one of least priority without which it enters, among the last `CESIONES` and what excludes it."""
        puestos = {c.clave: i for i, c in enumerate(self.orden)}
        excluyen = opuestas_de(self.limites.incompatibles).get(self.suya.clave, set())
        suyas = requeridas_de(self.limites.requeridas).get(self.suya.clave, set())
        elegidas = sorted((k for k in self.elegidas if k not in suyas), key=lambda k: -puestos[k])
        for clave in [*elegidas[:CESIONES], *(k for k in elegidas[CESIONES:] if k in excluyen)]:
            if self._entra([c for c in self.orden if c.clave != clave], self.limites):
                return clave
        return None
