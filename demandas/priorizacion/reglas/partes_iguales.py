"""Equal shares: the money is split among the voters by their weight, and what is chosen is paid by those who want it.

Of all that its supporters can pay, each round takes the one at the lowest price per unit of wish, equal for all its
supporters (who has less gives all that is left), as in the Method of Equal Shares (Peters, Pierczyński and Skowron,
2021) for additive wishes. Equal prices go by the tie rule of `tipos`. A voter of weight w counts as w voters who want
the same.

**Wishes**: `satisfaccion="apoyo"` takes the wish as it stands; `"costo"` multiplies it by the cost of the candidate,
so that a Boliviano spent on what one wants is worth the same whatever it is spent on.

**Floors** first: the floor of each district is split among those who want something there and spent by shares within
it; what still lacks is taken by score. Then all the rest of the ceiling is split again, among all.

**The rest**: shares leave money where nobody can pay a whole candidate alone. `completar` says what becomes of it:
`"ninguna"`: it stays; `"por_puntaje"`: by score, what fits; `"aumento"`: all shares are raised together by 1/`pasos`
at a time and the whole is done anew, until nothing more fits or the ceiling would be passed (then the last that did
not pass it stands), and then by score what fits. After 1,000 raises no more are tried.
"""

import heapq
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from ..errores import CodigoError, Detenida, NoSePuedePriorizar
from ..tipos import Avance, Candidata, Codigo, Detener, Fase, Limites, Paso, Razon
from . import por_puntaje
from .bolsas import Apoyo, Bolsas, Precio, PrecioExacto
from .voraz import Eleccion, bajar, llenar_pisos

SATISFACCIONES = ("apoyo", "costo")
COMPLETAR = ("ninguna", "por_puntaje", "aumento")
PASOS, PASOS_MAXIMOS = 100, 1000
EXACTO = 2.0**53


class Padron:
    """The voters with a weight, by key, and who supports each candidate."""

    def __init__(self, votantes: Mapping[int, int] | None, candidatas: Sequence[Candidata], satisfaccion: str) -> None:
        if any(p < 0 for p in (votantes or {}).values()):
            raise NoSePuedePriorizar(CodigoError.PESO_NEGATIVO)
        todas = sorted(votantes or {})
        self.claves = [v for v in todas if votantes[v] > 0]
        if not self.claves:
            raise NoSePuedePriorizar(CodigoError.SIN_VOTANTES)
        self.pesos = np.array([votantes[v] for v in self.claves], dtype=float)
        self.peso = sum(votantes[v] for v in self.claves)
        self._todas = np.array(todas)
        cuentan = np.array([votantes[v] > 0 for v in todas])
        self._lugar = np.where(cuentan, np.cumsum(cuentan) - 1, -1)
        self._firmas: dict[tuple[int, bytes, bytes], int] = {}
        self.apoyos = {c.clave: self._apoyo(c) for c in candidatas}
        # With wishes by cost, prices of different candidates compare only after dividing by it.
        self.escala = {c.clave: c.costo if satisfaccion == "costo" else 1 for c in candidatas}

    def _apoyo(self, c: Candidata) -> Apoyo | None:
        if not c.apoyos:
            return None
        claves = np.fromiter(c.apoyos.keys(), dtype=np.int64, count=len(c.apoyos))
        deseos = np.fromiter(c.apoyos.values(), dtype=float, count=len(c.apoyos))
        lugares = np.minimum(np.searchsorted(self._todas, claves), len(self._todas) - 1)
        ajenas = claves[self._todas[lugares] != claves]
        if ajenas.size:
            raise NoSePuedePriorizar(CodigoError.APOYO_NO_VALIDO, clave=c.clave, votante=int(ajenas.min()))
        if not (np.isfinite(deseos) & (deseos >= 0) & (deseos == np.floor(deseos))).all():
            raise NoSePuedePriorizar(CodigoError.APOYO_NO_VALIDO, clave=c.clave)
        quienes = self._lugar[lugares]
        cuentan = (quienes >= 0) & (deseos > 0)
        if not cuentan.any():
            return None
        quienes, deseos = quienes[cuentan], deseos[cuentan]
        orden = np.argsort(quienes)
        quienes, deseos = quienes[orden], deseos[orden]
        pesos = self.pesos[quienes]
        total = float(deseos @ pesos)
        if total >= EXACTO:
            raise NoSePuedePriorizar(CodigoError.NUMEROS_MUY_GRANDES, clave=c.clave)
        firma = self._firmas.setdefault((c.costo, quienes.tobytes(), deseos.tobytes()), len(self._firmas))
        return Apoyo(quienes, deseos, pesos, deseos * pesos, total, firma)

    def peso_de(self, lugares: Iterable[int]) -> int:
        return int(sum(self.pesos[list(lugares)]))


AlElegir = Callable[[Candidata, Fase, float, Mapping[int, float] | None], None]


@dataclass(slots=True)
class Reparto:
    """One run of equal shares over some candidates, with purses that it empties."""

    padron: Padron
    bolsas: Bolsas
    eleccion: Eleccion
    al_elegir: AlElegir
    fase: Fase = Fase.REGLA
    con_pagos: bool = False
    detener: Detener | None = None
    suyas: dict[int, Candidata] = field(default_factory=dict)

    def correr(self, candidatas: Sequence[Candidata]) -> None:
        """Buy, cheapest first, until nobody can pay anything more."""
        self.suyas = {c.clave: c for c in candidatas}
        apoyos, escala = self.padron.apoyos, self.padron.escala
        # No price is below the one that all supporters would pay alike, and prices only rise as purses empty: the heap
        # holds lower bounds, and only what may be the cheapest is looked at again.
        monton = [
            (c.costo / apoyos[c.clave].total / escala[c.clave] * (1 - 1e-12), c.clave)
            for c in candidatas
            if apoyos[c.clave] is not None and c.clave not in self.eleccion.elegidas
        ]
        heapq.heapify(monton)
        esperan: dict[int, list[tuple[float, int]]] = {}
        while monton:
            if self.detener and self.detener():
                raise Detenida
            elegida = self._ronda(monton, esperan)
            if elegida is None:
                return
            for entrada in esperan.pop(elegida, ()):
                heapq.heappush(monton, entrada)

    def _ronda(self, monton: list[tuple[float, int]], esperan: dict[int, list[tuple[float, int]]]) -> int | None:
        mejor, vistas = math.inf, []
        while monton and monton[0][0] <= mejor:
            piso, clave = heapq.heappop(monton)
            c = self.suyas[clave]
            # Whether the money is enough is for the purses to say: here only districts and pairs are asked.
            impedimento = self.eleccion.impedimento(c, c.costo)
            if impedimento is not None:
                if impedimento.codigo == Codigo.FALTA_REQUERIDA:
                    esperan.setdefault(impedimento.con, []).append((piso, clave))
                continue
            escala = self.padron.escala[clave]
            precio = self.bolsas.precio(c.costo, self.padron.apoyos[clave], piso * escala, mejor * escala)
            if precio is None:
                continue
            bajo = precio.valor * (1 - precio.error) / escala
            vistas.append((bajo, clave, precio))
            if not precio.minimo:
                mejor = min(mejor, precio.valor * (1 + precio.error) / escala)
        finalistas = [(clave, precio) for bajo, clave, precio in vistas if bajo <= mejor and not precio.minimo]
        elegida = self._comprar(finalistas) if finalistas else None
        for bajo, clave, _ in vistas:
            if clave != elegida:
                heapq.heappush(monton, (bajo, clave))
        return elegida

    def _comprar(self, finalistas: list[tuple[int, Precio]]) -> int:
        """Among those whose prices the approximation cannot tell apart, the cheapest, by the tie rule where equal."""
        exactos: dict[int, PrecioExacto] = {}
        for clave, precio in finalistas:
            apoyo = self.padron.apoyos[clave]
            if apoyo.firma not in exactos:
                exactos[apoyo.firma] = self.bolsas.precio_exacto(self.suyas[clave].costo, apoyo, precio)
        cocientes = {}
        for clave, _ in finalistas:
            exacto = exactos[self.padron.apoyos[clave].firma]
            cocientes[clave] = (exacto.numerador, exacto.deseos * self.padron.escala[clave])
        menor = next(iter(cocientes.values()))
        for cociente in cocientes.values():
            if cociente[0] * menor[1] < menor[0] * cociente[1]:
                menor = cociente
        iguales = [self.suyas[k] for k, cociente in cocientes.items() if self.bolsas.empatan(cociente, menor)]
        c = min(iguales, key=lambda c: c.desempate)
        self._pagar(c, exactos[self.padron.apoyos[c.clave].firma])
        return c.clave

    def _pagar(self, c: Candidata, exacto: PrecioExacto) -> None:
        apoyo = self.padron.apoyos[c.clave]
        precio = exacto.numerador / (self.bolsas.denominador * exacto.deseos * self.padron.escala[c.clave])
        antes = self.bolsas.aprox[apoyo.quienes] if self.con_pagos else None
        self.bolsas.pagar(apoyo, exacto)
        pagos = None
        if antes is not None:
            dieron = (antes - self.bolsas.aprox[apoyo.quienes]) * apoyo.pesos
            pagos = {self.padron.claves[i]: m for i, m in zip(apoyo.quienes.tolist(), dieron.tolist(), strict=True)}
        self.eleccion.elegir(c, self.fase)
        self.al_elegir(c, self.fase, precio, pagos)


@dataclass(slots=True)
class Reparticion:
    """What equal shares gave: the choice, its steps, what each voter kept and by how much shares were raised in the
    end.
    """

    eleccion: Eleccion
    pasos: list[Paso]
    bolsas: Bolsas
    padron: Padron
    aumento: Fraction

    def saldos(self) -> dict[int, float]:
        return dict(zip(self.padron.claves, (self.bolsas.aprox * self.padron.pesos).tolist(), strict=True))


@dataclass(slots=True)
class Orden:
    """What is asked of equal shares."""

    candidatas: Sequence[Candidata]
    limites: Limites
    padron: Padron
    con_pagos: bool = False
    avance: Avance | None = None
    detener: Detener | None = None

    def repartir(self, aumento: Fraction) -> Reparticion:
        """Floors, then all; with shares raised by `aumento` the ceiling may be passed."""
        eleccion = Eleccion(self.limites)
        pasos: list[Paso] = []

        def anotar(c: Candidata, fase: Fase, medida: float, pagos: Mapping[int, float] | None) -> None:
            pasos.append(Paso(c.clave, fase, medida, c.costo, eleccion.queda, pagos))
            if self.avance:
                self.avance(min(1.0, eleccion.gastado / self.limites.techo))

        for distrito, piso in sorted(self.limites.pisos.items()):
            self._piso(distrito, piso, eleccion, anotar)
        if self.limites.pisos:
            orden = por_puntaje.ordenar(self.candidatas)
            llenar_pisos(orden, eleccion, al_elegir=lambda c, fase: anotar(c, fase, c.puntaje, None))
        por_unidad = Fraction(eleccion.queda, self.padron.peso) * (1 + aumento)
        bolsas = Bolsas(por_unidad, len(self.padron.claves))
        Reparto(self.padron, bolsas, eleccion, anotar, Fase.REGLA, self.con_pagos, self.detener).correr(self.candidatas)
        return Reparticion(eleccion, pasos, bolsas, self.padron, aumento)

    def _piso(self, distrito: str, piso: int, eleccion: Eleccion, anotar: AlElegir) -> None:
        suyas = [c for c in self.candidatas if c.distrito == distrito]
        quienes = {
            i for c in suyas if self.padron.apoyos[c.clave] for i in self.padron.apoyos[c.clave].quienes.tolist()
        }
        if not quienes or not piso:
            return
        bolsas = Bolsas(Fraction(piso, self.padron.peso_de(quienes)), len(self.padron.claves))
        Reparto(self.padron, bolsas, eleccion, anotar, Fase.PISO, self.con_pagos, self.detener).correr(suyas)

    def aumentar(self, pasos: int) -> Reparticion:
        """Raise all shares step by step; the last outcome that the ceiling bears."""
        hecha = self.repartir(Fraction(0))
        for k in range(1, PASOS_MAXIMOS + 1):
            if self._agotada(hecha.eleccion):
                break
            siguiente = self.repartir(Fraction(k, pasos))
            if siguiente.eleccion.queda < 0:
                break
            hecha = siguiente
        return hecha

    def _agotada(self, eleccion: Eleccion) -> bool:
        """Whether nothing that anybody wants fits any more."""
        return all(
            c.clave in eleccion.elegidas
            or self.padron.apoyos[c.clave] is None
            or eleccion.impedimento(c, eleccion.queda)
            for c in self.candidatas
        )


def repartir(
    candidatas: Sequence[Candidata],
    limites: Limites,
    votantes: Mapping[int, int] | None,
    *,
    satisfaccion: str = "apoyo",
    completar: str = "por_puntaje",
    pasos: int = PASOS,
    con_pagos: bool = False,
    avance: Avance | None = None,
    detener: Detener | None = None,
) -> Reparticion:
    for parametro, valor, validos in (
        ("satisfaccion", satisfaccion, SATISFACCIONES),
        ("completar", completar, COMPLETAR),
    ):
        if valor not in validos:
            raise NoSePuedePriorizar(CodigoError.PARAMETRO_NO_VALIDO, parametro=parametro, valor=valor)
    if not isinstance(pasos, int) or pasos < 1:
        raise NoSePuedePriorizar(CodigoError.PARAMETRO_NO_VALIDO, parametro="pasos", valor=pasos)
    padron = Padron(votantes, candidatas, satisfaccion)
    orden = Orden(candidatas, limites, padron, con_pagos, avance, detener)
    hecha = orden.aumentar(pasos) if completar == "aumento" else orden.repartir(Fraction(0))
    razones = _razones(hecha, candidatas)
    if completar != "ninguna":
        _completar(hecha, candidatas, razones)
    if completar == "aumento":  # a cheaper one may change how far shares are raised, and then all: nothing is promised
        razones = {clave: replace(r, contraparte=None) for clave, r in razones.items()}
    hecha.eleccion.razones = {c: Razon(Codigo.ELEGIDA) for c in hecha.eleccion.elegidas} | {
        clave: razon for clave, razon in razones.items() if clave not in hecha.eleccion.elegidas
    }
    return hecha


def _razones(hecha: Reparticion, candidatas: Sequence[Candidata]) -> dict[int, Razon]:
    """Why each of those left was left, by what its supporters have in the end.

    With its cost lowered by what they lack it enters: otherwise all would go as it went, and in the end they could
    pay it.
    """
    razones = {}
    for c in candidatas:
        if c.clave in hecha.eleccion.elegidas:
            continue
        apoyo = hecha.padron.apoyos[c.clave]
        impedimento = hecha.eleccion.impedimento(c, c.costo)
        if impedimento is not None and impedimento.codigo != Codigo.TOPE_DE_DISTRITO:
            razones[c.clave] = impedimento
            continue
        if apoyo is None:
            razones[c.clave] = Razon(Codigo.SIN_APOYO)
            continue
        falta = hecha.bolsas.faltante(c.costo, apoyo)
        mayor = max(falta, impedimento.falta if impedimento else 0)
        contraparte = mayor if 0 < mayor < c.costo else None
        if impedimento is not None:
            razones[c.clave] = Razon(Codigo.TOPE_DE_DISTRITO, impedimento.falta, contraparte, distrito=c.distrito)
        else:
            razones[c.clave] = Razon(Codigo.APOYO_INSUFICIENTE, falta, contraparte)
    return razones


def _completar(hecha: Reparticion, candidatas: Sequence[Candidata], razones: dict[int, Razon]) -> None:
    """Spend by score what shares left; the less of what either way asks is enough to bring one in."""
    eleccion = hecha.eleccion
    eleccion.razones = {}

    def anotar(c: Candidata, fase: Fase) -> None:
        hecha.pasos.append(Paso(c.clave, fase, c.puntaje, c.costo, eleccion.queda))

    resto = [c for c in por_puntaje.ordenar(candidatas) if c.clave not in eleccion.elegidas]
    eleccion.limites = replace(eleccion.limites, pisos={})  # their turn has passed
    bajar(resto, eleccion, fase=Fase.COMPLETAR, al_elegir=anotar)
    for clave, suya in razones.items():
        otra = eleccion.razones.get(clave)
        if otra is None or otra.dentro:
            continue
        if otra.codigo in (Codigo.INCOMPATIBLE, Codigo.FALTA_REQUERIDA):
            razones[clave] = otra  # what entered by score excludes it now
        elif otra.contraparte is not None and (suya.contraparte is None or otra.contraparte < suya.contraparte):
            razones[clave] = replace(suya, contraparte=otra.contraparte)
