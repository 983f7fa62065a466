"""How evenly a result shares out."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandas.priorizacion.equidad import (
    Cifra,
    Unidad,
    bs_por_habitante,
    gini,
    parte_del_tercio_pobre,
    parte_por_grupo,
    repartir_gasto,
)


def test_gini_is_zero_when_all_get_alike_and_grows_with_what_one_gets():
    assert gini([Unidad(1, 500, 5), Unidad(2, 1000, 10)]).valor == 0
    assert gini([Unidad(1, 0, 50), Unidad(2, 100, 50)]).valor == 0.5
    assert gini([Unidad(1, 0, 99), Unidad(2, 100, 1)]).valor == pytest.approx(0.99)
    assert gini([Unidad(1, 0, 10), Unidad(2, 0, 20)]) == Cifra(0.0, 2, 0)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 6)), min_size=1, max_size=6))
def test_gini_is_that_of_the_inhabitants_one_by_one(pares):
    personas = [Fraction(gasto, gente) for gasto, gente in pares for _ in range(gente)]
    total = sum(personas)
    distancia = sum(abs(a - b) for a in personas for b in personas)
    esperado = float(distancia / (2 * len(personas) * total)) if total else 0
    assert gini([Unidad(i, *par) for i, par in enumerate(pares)]).valor == pytest.approx(esperado, abs=1e-12)


def test_units_without_data_are_counted_and_not_guessed():
    unidades = [Unidad("a", 500, 5, 80.0), Unidad("b", 700), Unidad("c", 100, 0, 90.0), Unidad("d", 500, 5)]
    assert gini(unidades) == Cifra(0.0, 2, 2)
    assert gini([Unidad("b", 700)]) == Cifra(None, 0, 1)
    assert parte_del_tercio_pobre(unidades) == Cifra(pytest.approx(1 / 3), 1, 3)
    assert parte_del_tercio_pobre([Unidad("d", 500, 5)]) == Cifra(None, 0, 1)
    assert bs_por_habitante(unidades) == {"a": 1.0, "b": None, "c": None, "d": 1.0}


def test_the_poorest_third_ends_within_a_unit_and_equals_share_it():
    # 30 inhabitants: the third is the 6 of the poorest and 4 of the 12 of the next.
    unidades = [Unidad(1, 600, 6, 90.0), Unidad(2, 300, 12, 50.0), Unidad(3, 0, 12, 10.0)]
    assert parte_del_tercio_pobre(unidades).valor == pytest.approx((600 + 100) / 900)
    iguales = [Unidad(1, 600, 15, 50.0), Unidad(2, 300, 15, 50.0)]
    assert parte_del_tercio_pobre(iguales).valor == pytest.approx(1 / 3)


@given(
    st.dictionaries(st.integers(0, 4), st.integers(0, 1000), min_size=1),
    st.lists(st.integers(1, 9), min_size=1, max_size=5),
)
def test_what_is_spent_is_given_out_whole_to_the_last_centimo(gastos, pesos):
    partes = {k: {u: p / sum(pesos) for u, p in enumerate(pesos)} for k in gastos}
    dado = repartir_gasto(gastos, partes)
    assert sum(dado.values()) == sum(gastos.values())
    for u, p in enumerate(pesos):
        assert dado.get(u, 0) == pytest.approx(sum(gastos.values()) * p / sum(pesos), abs=len(gastos))


def test_what_lies_outside_is_given_to_nobody():
    assert repartir_gasto({1: 100}, {1: {"a": 0.25}}) == {"a": 25}
    assert repartir_gasto({1: 100}, {}) == {}


def test_share_by_group():
    partes = parte_por_grupo([("mujeres", 30), (None, 50), ("mujeres", 20)])
    assert list(partes.items()) == [("mujeres", 0.5), (None, 0.5)]
    assert parte_por_grupo([]) == {}
