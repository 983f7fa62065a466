"""How evenly a result shares out: Bs per inhabitant, Gini, the poorest third, the groups."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

CENTIMOS = 100


@dataclass(frozen=True, slots=True)
class Unidad:
    """A community or district: céntimos that reach it, inhabitants and NBI (%) where they are known."""

    clave: int | str
    gasto: int
    habitantes: int | None = None
    nbi: float | None = None


@dataclass(frozen=True, slots=True)
class Cifra:
    """A figure over the units that have data; None where none has. `sin_dato` counts those left out."""

    valor: float | None
    contadas: int
    sin_dato: int


def repartir_gasto(gastos: Mapping[int, int], partes: Mapping[int, Mapping[int | str, float]]) -> dict[int | str, int]:
    """Céntimos by unit, of demands that lie in several: the whole of each is given out, to the last céntimo.

    `partes` says what share of each demand lies in each unit; what is missing to 1 lies in none of them. The céntimos
    that rounding leaves go to the largest remainders, by key where equal.
    """
    unidades: dict[int | str, int] = {}
    for clave, gasto in sorted(gastos.items()):
        suyas = {u: Fraction(f) * gasto for u, f in partes.get(clave, {}).items() if f > 0}
        enteros = {u: int(exacto) for u, exacto in suyas.items()}
        sobran = min(round(sum(suyas.values())), gasto) - sum(enteros.values())
        por_resto = sorted(suyas, key=lambda u: (enteros[u] - suyas[u], str(u)))
        for u in por_resto[: max(0, sobran)]:
            enteros[u] += 1
        for u, monto in enteros.items():
            unidades[u] = unidades.get(u, 0) + monto
    return unidades


def bs_por_habitante(unidades: Iterable[Unidad]) -> dict[int | str, float | None]:
    return {u.clave: u.gasto / CENTIMOS / u.habitantes if u.habitantes else None for u in unidades}


def gini(unidades: Iterable[Unidad]) -> Cifra:
    """Gini of Bs per inhabitant over units weighted by their inhabitants: 0, all alike; towards 1, all to one.

    Twice the area between the Lorenz curve and the diagonal. Nothing to share out gives 0.
    """
    todas = list(unidades)
    con = sorted((u for u in todas if u.habitantes), key=lambda u: Fraction(u.gasto, u.habitantes))
    habitantes, gasto = sum(u.habitantes for u in con), sum(u.gasto for u in con)
    if not con:
        return Cifra(None, 0, len(todas))
    acumulado = area = 0
    for u in con:
        area += u.habitantes * (2 * acumulado + u.gasto)
        acumulado += u.gasto
    valor = float(1 - Fraction(area, habitantes * gasto)) if gasto else 0.0
    return Cifra(valor, len(con), len(todas) - len(con))


def parte_del_tercio_pobre(unidades: Iterable[Unidad]) -> Cifra:
    """Share of the money that reaches the third of the inhabitants with most unmet basic needs (NBI).

    Units go from the highest NBI down; the one in which the third ends counts by the part of its inhabitants that
    falls within, and units of equal NBI by the same part of each.
    """
    todas = list(unidades)
    con = [u for u in todas if u.habitantes and u.nbi is not None]
    gasto = sum(u.gasto for u in con)
    sin_dato = len(todas) - len(con)
    if not gasto:
        return Cifra(None, len(con), sin_dato)
    falta = Fraction(sum(u.habitantes for u in con), 3)
    suyo = Fraction(0)
    for nbi in sorted({u.nbi for u in con}, reverse=True):
        iguales = [u for u in con if u.nbi == nbi]
        habitantes = sum(u.habitantes for u in iguales)
        suyo += min(Fraction(1), falta / habitantes) * sum(u.gasto for u in iguales)
        falta -= habitantes
        if falta <= 0:
            break
    return Cifra(float(suyo / gasto), len(con), sin_dato)


def parte_por_grupo(gastos: Iterable[tuple[str | None, int]]) -> dict[str | None, float]:
    """Share of the money by the group that asked; None are the demands without group."""
    sumas: dict[str | None, int] = {}
    for grupo, gasto in gastos:
        sumas[grupo] = sumas.get(grupo, 0) + gasto
    total = sum(sumas.values())
    return {g: s / total for g, s in sorted(sumas.items(), key=lambda x: (x[0] is None, x[0] or ""))} if total else {}
