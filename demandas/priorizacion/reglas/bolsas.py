"""What each voter still has to spend, exactly, and at what price a candidate can be bought with it.

Money is kept per unit of weight: a community of 800 inhabitants is 800 voters who want the same, each with the same
share. A price q buys a candidate of cost C if Σ w·min(b, q·u) = C over its supporters, with w the weight, b the money
left and u the wish of each. Those with b < q·u are *poor* and give all they have.

Floating-point numbers find the price to within a known error; whole numbers of any length, over one common
denominator, decide what lies within it and pay. When the denominator passes `BITS_MAXIMOS` (after a hundred choices
or more) it stays at 2^`BITS`: from then on each payment is rounded up by less than 2^-1000 céntimos, and prices that
agree in their first 250 bits are a tie.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

BITS, BITS_MAXIMOS, BITS_DE_EMPATE = 1024, 3072, 250
SOBRAN, DIVISOR = BITS - 128, 2.0**128  # what a float cannot hold of a rounded amount, and its unit then
EPSILON = float(np.finfo(float).eps)


@dataclass(slots=True)
class Apoyo:
    """The supporters of a candidate: their places in the list of voters, wishes and weights (whole numbers kept as
    floats).
    """

    quienes: np.ndarray
    deseos: np.ndarray
    pesos: np.ndarray
    pesados: np.ndarray
    total: float
    firma: int

    @property
    def error(self) -> float:
        """Relative error of a sum over the supporters."""
        return 8 * EPSILON * (len(self.quienes) + 4)


@dataclass(frozen=True, slots=True)
class Precio:
    """A price and the relative error it may have; `minimo` says that it is only known to be no less than this."""

    valor: float
    error: float
    minimo: bool = False


@dataclass(frozen=True, slots=True)
class PrecioExacto:
    """`numerador / (denominador of the purses · deseos)`, and which supporters are poor at it."""

    numerador: int
    deseos: int
    pobres: list[bool]


class Bolsas:
    def __init__(self, por_unidad: Fraction, votantes: int) -> None:
        self.denominador = por_unidad.denominator
        self.exactas = True
        self._monto = [por_unidad.numerator] * votantes
        self._sobre = [self.denominador] * votantes  # the denominator when each was last touched, while exact
        self.aprox = np.full(votantes, float(por_unidad))
        self._sumas: dict[bytes, int] = {}

    def faltante(self, costo: int, apoyo: Apoyo) -> int:
        """Céntimos, rounded up, that the supporters together lack."""
        suma = float(self.aprox[apoyo.quienes] @ apoyo.pesos)
        error = suma * apoyo.error
        if math.floor(suma - error) == math.floor(suma + error):
            return max(0, costo - math.floor(suma))
        grupo = apoyo.quienes.tobytes()
        if grupo not in self._sumas:
            montos = self._montos(apoyo.quienes.tolist())
            self._sumas[grupo] = sum(int(w) * m for m, w in zip(montos, apoyo.pesos.tolist(), strict=True))
        return max(0, -((self._sumas[grupo] - costo * self.denominador) // self.denominador))

    def precio(self, costo: int, apoyo: Apoyo, desde: float, hasta: float) -> Precio | None:
        """The price, searched upwards from a known lower bound; above `hasta` any lower bound will do. None: they
        cannot pay.

        Each step takes as poor those who are so at the price so far: it never passes the true price.
        """
        b = self.aprox[apoyo.quienes]
        tienen = b * apoyo.pesos
        error = apoyo.error
        suma = float(tienen.sum())
        if suma < costo * (1 - error):
            return None
        if suma <= costo * (1 + error):
            return self._precio_justo(costo, apoyo)
        q = max(desde, costo / apoyo.total)
        while True:
            pobres = b < q * apoyo.deseos
            falta = costo - float(tienen @ pobres)
            deseos = apoyo.total - float(apoyo.pesados @ pobres)
            if deseos <= 0 or falta <= 0:
                return self._precio_justo(costo, apoyo)
            siguiente = falta / deseos
            error = apoyo.error * (1 + costo / falta)
            if siguiente <= q:
                return Precio(q, error)
            q = siguiente
            if q * (1 - error) > hasta:
                return Precio(q, error, minimo=True)

    def _precio_justo(self, costo: int, apoyo: Apoyo) -> Precio | None:
        """Where all that they have is about all that it costs, only whole numbers can tell."""
        exacto = self.precio_exacto(costo, apoyo, None)
        if exacto is None:
            return None
        return Precio(exacto.numerador / (self.denominador * exacto.deseos), 4 * EPSILON)

    def precio_exacto(self, costo: int, apoyo: Apoyo, cerca: Precio | None) -> PrecioExacto | None:
        """The price in whole numbers; `cerca` spares it those who are poor without doubt. None: they cannot pay."""
        quienes = apoyo.quienes.tolist()
        deseos = apoyo.deseos.astype(np.int64).tolist()
        pesos = apoyo.pesos.astype(np.int64).tolist()
        montos = self._montos(quienes)
        if cerca is None:
            pobres = [False] * len(quienes)
        else:
            seguro = cerca.valor * (1 - 2 * cerca.error - 1e-12)
            pobres = (self.aprox[apoyo.quienes] < seguro * apoyo.deseos).tolist()
        numerador = costo * self.denominador
        ricos = 0
        for p, w, m, u in zip(pobres, pesos, montos, deseos, strict=True):
            if p:
                numerador -= w * m
            else:
                ricos += w * u
        while ricos > 0:
            nuevos = [k for k, m in enumerate(montos) if not pobres[k] and m * ricos < numerador * deseos[k]]
            if not nuevos:
                return PrecioExacto(numerador, ricos, pobres)
            for k in nuevos:
                pobres[k] = True
                numerador -= pesos[k] * montos[k]
                ricos -= pesos[k] * deseos[k]
        return None

    def pagar(self, apoyo: Apoyo, precio: PrecioExacto) -> None:
        """Each supporter pays its part; the sum is the cost."""
        self._sumas.clear()
        quienes, deseos = apoyo.quienes.tolist(), apoyo.deseos.astype(np.int64).tolist()
        montos = self._montos(quienes)
        if self.exactas:
            comun = math.gcd(precio.numerador, precio.deseos)
            veces, quita = precio.deseos // comun, precio.numerador // comun
            self.denominador *= veces
            quedan = [
                0 if pobre else m * veces - quita * u for m, u, pobre in zip(montos, deseos, precio.pobres, strict=True)
            ]
            self.aprox[apoyo.quienes] = [m / self.denominador for m in quedan]
        else:
            quita = -(-precio.numerador // precio.deseos)
            quedan = [
                0 if pobre else max(0, m - quita * u) for m, u, pobre in zip(montos, deseos, precio.pobres, strict=True)
            ]
            self.aprox[apoyo.quienes] = [(m >> SOBRAN) / DIVISOR for m in quedan]
        for i, m in zip(quienes, quedan, strict=True):
            self._monto[i] = m
            self._sobre[i] = self.denominador
        if self.exactas and self.denominador.bit_length() > BITS_MAXIMOS:
            self._recortar()

    def _montos(self, quienes: list[int]) -> list[int]:
        """What each has, over the common denominator."""
        if self.exactas:
            for i in quienes:
                if self._sobre[i] != self.denominador:
                    self._monto[i] *= self.denominador // self._sobre[i]
                    self._sobre[i] = self.denominador
        return [self._monto[i] for i in quienes]

    def _recortar(self) -> None:
        self.exactas = False
        self._monto = [(m << BITS) // d for m, d in zip(self._monto, self._sobre, strict=True)]
        self.denominador = 1 << BITS

    def empatan(self, a: tuple[int, int], b: tuple[int, int]) -> bool:
        """Whether two quotients are the same price."""
        x, y = a[0] * b[1], b[0] * a[1]
        if self.exactas or x == y:
            return x == y
        return abs(x - y).bit_length() + BITS_DE_EMPATE < max(x, y).bit_length()
