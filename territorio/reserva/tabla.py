"""What a unit's persons by sex and age tell: each count of the table, and those found by taking one from another."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from territorio import edades
from territorio.edades import TOTAL, Banda

MUJERES, HOMBRES = "mujeres", "hombres"
SEXOS = (TOTAL, MUJERES, HOMBRES)
# What the groups of a table leave over of their total.
RESTO = "resto"

# (sex, age band) → persons
Clave = tuple[str, str]
Celdas = Mapping[Clave, int]


@lru_cache(maxsize=4096)
def _banda(grupo: str) -> Banda | None:
    return edades.banda(grupo)


@lru_cache(maxsize=4096)
def _se_superponen(grupos: frozenset[str]) -> bool:
    return bool(edades.superpuestas(grupos))


def total_de(celdas: Celdas, sexo: str = TOTAL) -> int | None:
    """Persons of a sex, or of both: as the table says, else the sum of what it divides them into."""
    if (sexo, TOTAL) in celdas:
        return celdas[sexo, TOTAL]
    partes = [n for (s, g), n in celdas.items() if s == sexo and g != TOTAL]
    if sexo == TOTAL and not partes:
        partes = [n for s in (MUJERES, HOMBRES) if (n := total_de(celdas, s)) is not None]
    return sum(partes) if partes else None


def deducibles(celdas: Celdas) -> dict[Clave, int]:
    """Every count of persons that whoever sees the table knows, but for the total, which the census gives."""
    dichas = {clave: n for clave, n in celdas.items() if clave != (TOTAL, TOTAL)}
    for sexo in SEXOS:
        bandas = [n for (s, g), n in celdas.items() if s == sexo and g != TOTAL]
        if bandas and (sexo, TOTAL) in celdas:
            dichas[sexo, RESTO] = celdas[sexo, TOTAL] - sum(bandas)
    for por_grupo in (_por_grupo(celdas), _por_grupo(agrupadas(celdas, _cortes_comunes([celdas])))):
        for grupo, (de_todos, mujeres, hombres) in por_grupo.items():
            if None not in (mujeres, hombres):
                dichas.setdefault((TOTAL, grupo), (mujeres or 0) + (hombres or 0))
            if de_todos is not None and (mujeres is not None or hombres is not None):
                dichas[RESTO, grupo] = de_todos - (mujeres or 0) - (hombres or 0)
    return {clave: n for clave, n in dichas.items() if n > 0 and clave != (TOTAL, TOTAL)}


def _por_grupo(celdas: Celdas) -> dict[str, tuple[int | None, ...]]:
    """Persons, women and men of each band, and of all ages together."""
    grupos = {g for _s, g in celdas if g != TOTAL}
    return {g: tuple(celdas.get((s, g)) for s in SEXOS) for g in grupos} | {
        TOTAL: tuple(total_de(celdas, s) for s in SEXOS)
    }


def cuentas_chicas(celdas: Celdas, umbral: int) -> set[Clave]:
    """The groups of fewer than `umbral` persons, and of at least one, that a table gives away."""
    return {clave for clave, n in deducibles(celdas).items() if n < umbral}


def hay_que_reservar(celdas: Celdas, umbral: int) -> bool:
    """Whether a table, seen whole, gives away a group of fewer than `umbral`.

    Bands that share ages count somebody twice: what their differences tell is not looked into, and they are not shown.
    """
    return bool(cuentas_chicas(celdas, umbral)) or any(
        _se_superponen(frozenset(g for s, g in celdas if s == sexo)) for sexo in SEXOS
    )


# --- what is left of a table when others are taken from it ------------------------------------------------------------


def resta(entera: Celdas, partes: Iterable[Celdas]) -> list[dict[Clave, int]]:
    """What is left of a table, band by band as they are written and, where these differ, by the ages they share."""
    partes = list(partes)
    cortes = _cortes_comunes([entera, *partes])
    return [
        _menos(entera, partes),
        _menos(agrupadas(entera, cortes), [agrupadas(parte, cortes) for parte in partes]),
    ]


def _menos(entera: Celdas, partes: list[Celdas]) -> dict[Clave, int]:
    sexos = [s for s in SEXOS if all(any(suyo == s for suyo, _g in c) for c in (entera, *partes))]
    queda = {clave: n for clave, n in entera.items() if clave[0] in sexos}
    if (todas := total_de(entera)) is not None:
        queda[TOTAL, TOTAL] = todas
    for parte in partes:
        suyas = dict(parte)
        if (todas := total_de(parte)) is not None:
            suyas[TOTAL, TOTAL] = todas
        for clave in queda:
            queda[clave] -= suyas.get(clave, 0)
    return queda


def agrupadas(celdas: Celdas, cortes: Iterable[int]) -> dict[Clave, int]:
    """The table by the wider bands that begin at `cortes` (ages); what says no age stays as it is."""
    inicios = sorted(cortes)
    sumas: dict[Clave, int] = defaultdict(int)
    for (sexo, grupo), n in celdas.items():
        una = _banda(grupo)
        if una is None:
            sumas[sexo, grupo] += n
        else:
            sumas[sexo, f"desde {max((i for i in inicios if i <= una.desde), default=0)}"] += n
    return dict(sumas)


def _cortes_comunes(tablas: Iterable[Celdas]) -> set[int]:
    """Ages at which a band begins in every table and for every sex that has bands."""
    comunes: set[int] | None = None
    for celdas in tablas:
        for sexo in SEXOS:
            inicios = {una.desde for s, g in celdas if s == sexo and (una := _banda(g)) is not None}
            if inicios:
                comunes = inicios if comunes is None else comunes & inicios
    return comunes or set()
