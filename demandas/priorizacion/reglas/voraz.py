"""What the rules that go down an order have in common: take what fits, pass over what does not.

1. *Floors first.* Down the order, among the districts whose floor is not reached yet; a candidate may use what is
   free and what is kept for its own district, never what is kept for another.
2. *Then all.* Down the order again with what is left, now that nothing is kept any more.

One that needs another waits for it and is tried the moment that one enters. What is left only ever shrinks, so one
that comes earlier in the order never loses by it: the promises of `Razon.contraparte` and `HariaFalta.puntaje` rest
on that.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..revision import opuestas_de, requeridas_de
from ..tipos import Candidata, Codigo, Fase, Limites, Razon

NO_ENTRA = Razon(Codigo.NO_ALCANZA)


@dataclass(slots=True)
class Eleccion:
    """What has been chosen so far under some limits, and why each of the others could not be."""

    limites: Limites
    gastado: int = 0
    por_distrito: dict[str, int] = field(default_factory=dict)
    elegidas: dict[int, Fase] = field(default_factory=dict)
    razones: dict[int, Razon] = field(default_factory=dict)
    breve: bool = False  # only whether each enters is asked, not why
    menor_falta: int | None = None  # the least that was missing in the ceiling for any that did not fit
    opuestas: dict[int, set[int]] = field(default_factory=dict)
    necesita: dict[int, set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.opuestas = opuestas_de(self.limites.incompatibles)
        self.necesita = requeridas_de(self.limites.requeridas)

    @property
    def queda(self) -> int:
        return self.limites.techo - self.gastado

    def opuesta_elegida(self, clave: int) -> int | None:
        opuestas = self.opuestas.get(clave)
        return min((o for o in opuestas if o in self.elegidas), default=None) if opuestas else None

    def requerida_ausente(self, clave: int) -> int | None:
        requeridas = self.necesita.get(clave)
        return min((r for r in requeridas if r not in self.elegidas), default=None) if requeridas else None

    def queda_en(self, distrito: str | None) -> int | None:
        """Céntimos below the district's ceiling, None without one."""
        tope = self.limites.topes.get(distrito) if distrito is not None else None
        return None if tope is None else tope - self.por_distrito.get(distrito, 0)

    def impedimento(self, c: Candidata, disponible: int) -> Razon | None:
        """Why `c` cannot enter now with `disponible` céntimos, None if it can."""
        opuesta = self.opuesta_elegida(c.clave)
        if opuesta is not None:
            return Razon(Codigo.INCOMPATIBLE, con=opuesta)
        requerida = self.requerida_ausente(c.clave)
        if requerida is not None:
            return Razon(Codigo.FALTA_REQUERIDA, con=requerida)
        en_distrito = self.queda_en(c.distrito)
        falta = c.costo - disponible
        falta_distrito = 0 if en_distrito is None else c.costo - en_distrito
        if falta <= 0 and falta_distrito <= 0:
            return None
        if falta > 0 and (self.menor_falta is None or falta < self.menor_falta):
            self.menor_falta = falta
        if self.breve:
            return NO_ENTRA
        mayor = max(falta, falta_distrito)
        contraparte = mayor if mayor < c.costo else None
        if falta_distrito >= falta:
            return Razon(Codigo.TOPE_DE_DISTRITO, falta=falta_distrito, contraparte=contraparte, distrito=c.distrito)
        return Razon(Codigo.NO_ALCANZA, falta=falta, contraparte=contraparte)

    def anotar(self, clave: int, razon: Razon) -> None:
        """Keep the reason; of two trials that failed for money, the one that was nearer to fit."""
        if self.breve:
            return
        previa = self.razones.get(clave)
        if previa and previa.falta is not None and razon.falta is not None and previa.falta <= razon.falta:
            return
        self.razones[clave] = razon

    def elegir(self, c: Candidata, fase: Fase) -> None:
        self.gastado += c.costo
        if c.distrito is not None:
            self.por_distrito[c.distrito] = self.por_distrito.get(c.distrito, 0) + c.costo
        self.elegidas[c.clave] = fase
        self.razones[c.clave] = Razon(Codigo.ELEGIDA)

    def pendiente(self, distrito: str) -> int:
        """Céntimos that the district still lacks to its floor."""
        return max(0, self.limites.pisos.get(distrito, 0) - self.por_distrito.get(distrito, 0))


Eligio = Callable[[Candidata, Fase], None]


def bajar(
    orden: Sequence[Candidata], eleccion: Eleccion, *, fase: Fase = Fase.REGLA, al_elegir: Eligio | None = None
) -> None:
    """Go down `orden` twice, floors first, adding to `eleccion` what fits."""
    if eleccion.limites.pisos:
        llenar_pisos(orden, eleccion, al_elegir=al_elegir)
    _pasada([c for c in orden if c.clave not in eleccion.elegidas], eleccion, fase, al_elegir)


def llenar_pisos(orden: Sequence[Candidata], eleccion: Eleccion, *, al_elegir: Eligio | None = None) -> None:
    pisos = eleccion.limites.pisos
    suyas = [c for c in orden if c.distrito in pisos and c.clave not in eleccion.elegidas]
    _pasada(suyas, eleccion, Fase.PISO, al_elegir, por_pisos=True)


def _pasada(
    orden: Sequence[Candidata], eleccion: Eleccion, fase: Fase, al_elegir: Eligio | None, *, por_pisos: bool = False
) -> None:
    esperan: dict[int, list[int]] = {}
    guardado = sum(map(eleccion.pendiente, eleccion.limites.pisos)) if por_pisos else 0
    for puesto in range(len(orden)):
        listas = [puesto]
        while listas:  # the one whose turn it is, then those that were waiting for what entered
            i = heapq.heappop(listas)
            c = orden[i]
            disponible = eleccion.queda
            if por_pisos:
                pendiente = eleccion.pendiente(c.distrito)
                if not pendiente:
                    continue
                disponible -= guardado - pendiente
            impedimento = eleccion.impedimento(c, disponible)
            if impedimento is None:
                eleccion.elegir(c, fase)
                if por_pisos:
                    guardado -= pendiente - eleccion.pendiente(c.distrito)
                if al_elegir:
                    al_elegir(c, fase)
                for otra in esperan.pop(c.clave, ()):
                    heapq.heappush(listas, otra)
                continue
            eleccion.anotar(c.clave, impedimento)
            if impedimento.codigo == Codigo.FALTA_REQUERIDA:
                esperan.setdefault(impedimento.con, []).append(i)
