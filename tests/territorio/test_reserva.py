"""Small counts: what everybody sees leaves, for each kept count, another world that looks the same and differs in it."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from territorio.edades import TOTAL
from territorio.reserva.regla import Contada, publicas
from territorio.reserva.tabla import HOMBRES, MUJERES, cuentas_chicas, deducibles, hay_que_reservar, total_de

U = 5
TIPOS = list(product((MUJERES, HOMBRES), ("0-29", "30+")))


def tabla(*personas: int) -> dict[tuple[str, str], int]:
    """Women young and old, men young and old, with the sums that a census prints beside them."""
    celdas = dict(zip(TIPOS, personas, strict=True))
    for sexo in (MUJERES, HOMBRES):
        celdas[sexo, TOTAL] = sum(n for (s, g), n in celdas.items() if s == sexo and g != TOTAL)
    for grupo in ("0-29", "30+"):
        celdas[TOTAL, grupo] = celdas[MUJERES, grupo] + celdas[HOMBRES, grupo]
    celdas[TOTAL, TOTAL] = sum(personas)
    return celdas


class Mundo:
    """Places with people of each kind, and units as sets of places, the largest first."""

    def __init__(self, lugares: list[tuple[int, ...]], unidades: list[tuple[int, frozenset[int]]]) -> None:
        self.lugares, self.unidades = lugares, unidades

    def tablas(self) -> list[dict]:
        return [
            tabla(*(sum(self.lugares[i][t] for i in suyos) for t in range(len(TIPOS))))
            for _orden, suyos in self.unidades
        ]

    def publicas(self, umbral: int = U) -> set[int]:
        dentro, cruzan = {}, {}
        for a, (orden, suyos) in enumerate(self.unidades):
            otras = [(b, o, s) for b, (o, s) in enumerate(self.unidades) if b != a]
            dentro[a] = {b for b, o, s in otras if suyos < s or (suyos == s and (o, b) < (orden, a))}
            cruzan[a] = {b for b, o, s in otras if suyos & s and not suyos <= s and not s <= suyos}
        contadas = [Contada(i, self.unidades[i][0], t) for i, t in enumerate(self.tablas())]
        return publicas(contadas, dentro, cruzan, umbral)

    def lo_publico(self, vistas: set[int]) -> list:
        """All that leaves: inhabitants of each unit, and the whole table of some."""
        return [t if i in vistas else t[TOTAL, TOTAL] for i, t in enumerate(self.tablas())]

    def otro_que_se_ve_igual(self, vistas: set[int], unidad: int, clave) -> bool:
        """Whether some exchange of one person between two places changes a count and nothing that leaves."""
        publico, cuanto = self.lo_publico(vistas), self.tablas()[unidad][clave]
        suyos = self.unidades[unidad][1]
        for i, j in product(range(len(self.lugares)), repeat=2):
            if (i in suyos) == (j in suyos):
                continue
            for a, b in product(range(len(TIPOS)), repeat=2):
                if i == j or a == b or not self.lugares[i][a] or not self.lugares[j][b]:
                    continue
                lugares = [list(lugar) for lugar in self.lugares]
                lugares[i][a] -= 1
                lugares[j][a] += 1
                lugares[j][b] -= 1
                lugares[i][b] += 1
                otro = Mundo([tuple(lugar) for lugar in lugares], self.unidades)
                if otro.lo_publico(vistas) == publico and otro.tablas()[unidad][clave] != cuanto:
                    return True
        return False

    def otro_cambiando_a_alguien(self, vistas: set[int], unidad: int, clave) -> bool:
        """Whether somebody may be of another kind without any table that leaves telling so."""
        publico, cuanto = self.lo_publico(vistas), self.tablas()[unidad][clave]
        for i, (a, b) in product(range(len(self.lugares)), product(range(len(TIPOS)), repeat=2)):
            if a == b or not self.lugares[i][a]:
                continue
            lugares = [list(lugar) for lugar in self.lugares]
            lugares[i][a] -= 1
            lugares[i][b] += 1
            otro = Mundo([tuple(lugar) for lugar in lugares], self.unidades)
            if otro.lo_publico(vistas) == publico and otro.tablas()[unidad][clave] != cuanto:
                return True
        return False


def sabidas(mundo: Mundo, vistas: set[int]) -> dict[tuple[int, tuple[str, str]], Fraction]:
    """What a reader finds by adding and subtracting all that leaves: counts of units that have one value only."""
    n, kinds = len(mundo.lugares), len(TIPOS)
    filas = []
    for i, (_orden, suyos) in enumerate(mundo.unidades):
        t = mundo.tablas()[i]
        filas.append(([Fraction(p in suyos) for p in range(n) for _ in range(kinds)], Fraction(t[TOTAL, TOTAL])))
        if i in vistas:
            for k, clave in enumerate(TIPOS):
                filas.append(
                    ([Fraction(p in suyos and q == k) for p in range(n) for q in range(kinds)], Fraction(t[clave]))
                )
    base: list[tuple[int, list[Fraction], Fraction]] = []

    def reducir(coefs, valor):
        for pivote, otros, suyo in base:
            if coefs[pivote]:
                f = coefs[pivote]
                coefs, valor = [c - f * o for c, o in zip(coefs, otros, strict=True)], valor - f * suyo
        return coefs, valor

    for coefs, valor in filas:
        coefs, valor = reducir(coefs, valor)
        pivote = next((k for k, c in enumerate(coefs) if c), None)
        if pivote is not None:
            f = coefs[pivote]
            nueva = (pivote, [c / f for c in coefs], valor / f)
            base = [
                (p, [c - o[pivote] * d for c, d in zip(o, nueva[1], strict=True)], v - o[pivote] * nueva[2])
                for p, o, v in base
            ]
            base.append(nueva)
    halladas = {}
    for i, (_orden, suyos) in enumerate(mundo.unidades):
        for clave in deducibles(mundo.tablas()[i]):
            cuales = [k for k, (s, g) in enumerate(TIPOS) if clave[0] in {s, TOTAL} and clave[1] in {g, TOTAL}]
            coefs, valor = reducir(
                [Fraction(p in suyos and q in cuales) for p in range(n) for q in range(kinds)], Fraction(0)
            )
            if not any(coefs):
                halladas[i, clave] = -valor
    return halladas


def guardadas(mundo: Mundo, vistas: set[int]) -> list[tuple[int, tuple[str, str]]]:
    return [
        (i, clave)
        for i, t in enumerate(mundo.tablas())
        if i not in vistas
        for clave in cuentas_chicas(t, U)
        if clave in t
    ]


# --- one table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("celdas", "se_reserva"),
    [
        (tabla(20, 30, 20, 30), False),
        (tabla(20, 4, 20, 30), True),
        (tabla(20, 0, 20, 30), False),
        ({(TOTAL, TOTAL): 100, (MUJERES, TOTAL): 50, (HOMBRES, TOTAL): 50}, False),
        ({(TOTAL, TOTAL): 100, (MUJERES, TOTAL): 97}, True),  # the men are what is left
        ({(TOTAL, TOTAL): 100, (TOTAL, "0-29"): 60, (TOTAL, "30+"): 38}, True),  # two have no age
        ({(MUJERES, TOTAL): 100, (MUJERES, "0-29"): 60, (MUJERES, "30+"): 38}, True),
        ({(TOTAL, "0-29"): 60, (MUJERES, "0-29"): 57, (TOTAL, TOTAL): 500}, True),
        ({(TOTAL, "0-29"): 60, (TOTAL, "0-9"): 58}, True),  # bands that share ages
        # Men and all are divided in two ways: all from 0 to 29, less the women of both bands.
        ({(TOTAL, "0-29"): 60, (MUJERES, "0-9"): 30, (MUJERES, "10-29"): 27}, True),
    ],
)  # fmt: skip
def test_a_table_is_kept_when_it_gives_away_a_group_of_few(celdas, se_reserva):
    assert hay_que_reservar(celdas, U) is se_reserva


def test_the_total_follows_from_the_parts_where_the_table_does_not_say_it():
    assert total_de({(MUJERES, "0-29"): 3, (HOMBRES, "0-29"): 4}) == 7
    assert total_de({(TOTAL, "0-29"): 3}) == 3
    assert total_de({}) is None


# --- many units -------------------------------------------------------------------------------------------------------

GRANDE, OTRA = (40, 40, 40, 40), (50, 30, 20, 60)


def municipio_de(*lugares) -> Mundo:
    """Communities and the municipality that they make up, which is unit 0."""
    todos = frozenset(range(len(lugares)))
    return Mundo(list(lugares), [(0, todos), *((2, frozenset({i})) for i in todos)])


def test_without_more_than_the_first_rule_a_subtraction_tells_the_kept_count():
    mundo = municipio_de((2, 40, 40, 40), GRANDE, OTRA)
    solo_la_primera = {i for i, t in enumerate(mundo.tablas()) if not hay_que_reservar(t, U)}
    assert sabidas(mundo, solo_la_primera)[1, (MUJERES, "0-29")] == 2


def test_the_smallest_neighbour_is_kept_as_well():
    mundo = municipio_de((2, 40, 40, 40), GRANDE, (10, 20, 10, 20))
    assert mundo.publicas() == {0, 2}
    assert (1, (MUJERES, "0-29")) not in sabidas(mundo, mundo.publicas())


def test_two_kept_whose_sum_is_still_few_take_a_third():
    mundo = municipio_de((1, 40, 40, 40), (2, 40, 40, 40), GRANDE, (9, 9, 9, 9))
    assert mundo.publicas() == {0, 3}


def test_an_only_part_is_kept_with_the_whole():
    mundo = Mundo(
        [(2, 40, 40, 40), GRANDE],
        [(0, frozenset({0, 1})), (1, frozenset({0})), (2, frozenset({0})), (2, frozenset({1}))],
    )
    assert mundo.publicas() == {0}


def test_of_units_that_cross_the_lower_is_kept():
    """Without it, district less cantón would be a community."""
    distritos = [(1, frozenset({0, 1, 2})), (1, frozenset({3}))]
    cantones = [(2, frozenset({0, 1})), (2, frozenset({2, 3}))]
    mundo = Mundo([GRANDE, OTRA, (3, 40, 40, 40), GRANDE], [(0, frozenset(range(4))), *distritos, *cantones])
    vistas = mundo.publicas()
    assert {1, 2} <= vistas
    assert 4 not in vistas
    assert not {clave for clave, n in sabidas(mundo, vistas).items() if 0 < n < U}


def test_a_group_that_is_all_there_is_does_not_stay_known_by_its_total():
    """A hidden community of three women in a district of women only would be known from its inhabitants."""
    distrito = frozenset({0, 1})
    mundo = Mundo(
        [(3, 0, 0, 0), (60, 0, 0, 0), GRANDE],
        [(0, frozenset({0, 1, 2})), (1, distrito), (2, frozenset({0})), (2, frozenset({1}))],
    )
    assert 1 not in mundo.publicas()


def test_without_threshold_all_is_shown():
    mundo = municipio_de((2, 1, 1, 1), GRANDE)
    assert mundo.publicas(umbral=0) == {0, 1, 2}


def test_what_has_nobody_few_is_all_shown():
    mundo = municipio_de(GRANDE, OTRA, GRANDE)
    assert mundo.publicas() == {0, 1, 2, 3}


lugares = st.lists(st.tuples(*[st.sampled_from([0, 1, 3, 4, 5, 9, 30])] * 4), min_size=3, max_size=5)


@given(datos=st.data(), gente=lugares)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_no_kept_count_can_be_known(datos, gente):
    """For any people, districts and cantones: some other world that differs in the kept count leaves the same behind."""
    n = len(gente)
    unidades = [(0, frozenset(range(n)))]
    for orden in (1, 2):
        reparto = datos.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
        unidades += [(orden, frozenset(i for i in range(n) if reparto[i] == k)) for k in range(3) if k in reparto]
    unidades += [(3, frozenset({i})) for i in range(n)]
    mundo = Mundo(gente, unidades)
    vistas = mundo.publicas()
    calladas = guardadas(mundo, vistas)
    assume(calladas)
    halladas = sabidas(mundo, vistas)
    for unidad, clave in calladas:
        assert (unidad, clave) not in halladas
        assert mundo.otro_que_se_ve_igual(vistas, unidad, clave) or mundo.otro_cambiando_a_alguien(
            vistas, unidad, clave
        )
    assert not {clave for clave, cuantas in halladas.items() if 0 < cuantas < U}
