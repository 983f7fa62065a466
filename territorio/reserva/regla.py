"""Which units may show their people by sex and age to everybody, so that no group of few can be found by subtraction.

Let U be the threshold. A unit's table is shown whole or not at all; inhabitants, as the census gives them, always are.

1. Not shown: a table that gives away a group of 1 to U-1 persons, by itself or by taking one count from another.
2. Shown units are nested or apart. Of two that cross (cantón and distrito, a community across two districts), that of
   the lower level is not shown; so what is shown is a tree, and everybody can work out, for each shown unit S, the
   table R(S) of those who live in S and in no shown unit within S; whatever else can be worked out is a sum of these.
3. No R(S) gives away a group of 1 to U-1 persons: else the least of the shown units next within S is not shown either.
4. No R(S) consists wholly of a group that a hidden unit in it keeps for being of few.

Then no kept count can be known. Let h be hidden, with n persons of a group G, 0 < n < U, who live in R(S). By 3, R(S) has
at least U of G, so that some live in it outside h; by 4 somebody in it is not of G. Let a person of G and one not of G, of
whom just one lives in h, change places. Each shown unit holds both or neither: all tables and all numbers of inhabitants
stay what they were, and h has n-1 or n+1 persons of G. Both worlds look the same from outside. Above the topmost shown
units nothing is known but inhabitants. Censuses are apart: no sum joins them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from territorio.edades import TOTAL
from territorio.reserva.tabla import Celdas, Clave, cuentas_chicas, deducibles, hay_que_reservar, resta, total_de


@dataclass(frozen=True)
class Contada:
    """A unit that has a table in a census."""

    pk: int
    orden: int
    celdas: Celdas

    @property
    def rango(self) -> tuple[int, int, int]:
        """Larger levels first, then more inhabitants."""
        return self.orden, -(total_de(self.celdas) or 0), self.pk


Relacion = Mapping[int, set[int]]


def publicas(unidades: Iterable[Contada], dentro: Relacion, cruzan: Relacion, umbral: int) -> set[int]:
    """Ids of the units whose table everybody may see.

    `dentro`: the units that hold one wholly, never each other; `cruzan`: those that share part of its people.
    """
    todas = {u.pk: u for u in unidades}
    if not umbral:
        return set(todas)
    vistas: set[int] = set()
    for una in sorted(todas.values(), key=lambda u: u.rango):
        if not hay_que_reservar(una.celdas, umbral) and vistas.isdisjoint(cruzan.get(una.pk, ())):
            vistas.add(una.pk)
    return _Bosque(todas, dentro, cruzan, vistas, umbral).podado()


@dataclass
class _Bosque:
    """The shown units as trees: who is next above each, shown or hidden, and what each has next below."""

    todas: dict[int, Contada]
    dentro: Relacion
    cruzan: Relacion
    vistas: set[int]
    umbral: int
    debajo: dict[int, set[int]] = field(default_factory=dict)
    # Groups that hidden units keep, by the shown units where their people live.
    guardan: dict[int, set[Clave]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.debajo = {pk: set() for pk in self.vistas}
        self.guardan = {pk: set() for pk in self.vistas}
        for pk, una in self.todas.items():
            sobre = self._sobre(pk)
            if pk in self.vistas:
                if sobre is not None:
                    self.debajo[sobre].add(pk)
                continue
            chicas = cuentas_chicas(una.celdas, self.umbral)
            for alguna in {sobre, *(self.cruzan.get(pk, set()) & self.vistas)} - {None}:
                self.guardan[alguna] |= chicas

    def _sobre(self, pk: int) -> int | None:
        """The least of the shown units that hold it: they are nested, and the innermost has most above it."""
        arriba = self.dentro.get(pk, set()) & self.vistas
        return max(arriba, key=lambda s: (len(self.dentro.get(s, set()) & self.vistas), s), default=None)

    def podado(self) -> set[int]:
        pendientes = set(self.vistas)
        while pendientes:
            pk = pendientes.pop()
            while pk in self.vistas and not self._guarda_lo_suyo(pk):
                hijas = self.debajo[pk]
                # A unit whose own table is that of a kept group goes itself when nothing within it is shown any more.
                cual = min(hijas, key=lambda h: (total_de(self.todas[h].celdas) or 0, h)) if hijas else pk
                pendientes |= self._ocultar(cual)
        return self.vistas

    def _ocultar(self, pk: int) -> set[int]:
        """Hide one; what hung on it hangs on what was above. Says whose rest changed."""
        sobre = self._sobre(pk)
        self.vistas.discard(pk)
        hijas, guardados = self.debajo.pop(pk), self.guardan.pop(pk)
        if sobre is None:
            return set()
        self.debajo[sobre] = (self.debajo[sobre] - {pk}) | hijas
        self.guardan[sobre] |= guardados
        return {sobre}

    def _guarda_lo_suyo(self, pk: int) -> bool:
        hijas = self.debajo[pk]
        if not hijas and not self.guardan[pk]:
            return True
        for queda in resta(self.todas[pk].celdas, [self.todas[h].celdas for h in hijas]):
            if hijas and cuentas_chicas(queda, self.umbral):
                return False
            dichas, todos = deducibles(queda), queda.get((TOTAL, TOTAL), 0)
            if todos > 0 and any(dichas.get(grupo) == todos for grupo in self.guardan[pk]):
                return False
        return True
