"""From what is known of a demand to its score."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandas.priorizacion import CodigoError, Forma, NoSePuedePriorizar, Sentido, aportes, normalizar, puntajes

MAS, MENOS = Sentido.MAS, Sentido.MENOS
columnas = st.lists(st.one_of(st.none(), st.integers(0, 5), st.floats(0, 1e300)), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("forma", "sentido", "valores", "esperado"),
    [
        (Forma.MIN_MAX, MAS, [10, 20, 15], [0, 1, 0.5]),
        (Forma.MIN_MAX, MENOS, [10, 20, 15], [1, 0, 0.5]),
        (Forma.MIN_MAX, MAS, [-1e308, 1e308], [0, 1]),
        (Forma.MIN_MAX, MAS, [7, 7], [0.5, 0.5]),
        (Forma.PROPORCION, MAS, [0, 50, 200], [0, 0.25, 1]),
        (Forma.PROPORCION, MENOS, [0, 50, 200], [1, 0.75, 0]),
        (Forma.PROPORCION, MAS, [0, 0], [0, 0]),
        (Forma.PUESTO, MAS, [3, 900, 4], [0, 1, 0.5]),
        (Forma.PUESTO, MENOS, [1, 2, 2, 4, 9], [1, 0.625, 0.625, 0.25, 0]),
        (Forma.PUESTO, MAS, [5], [0.5]),
        (Forma.SI_NO, MAS, [True, False, 3], [1, 0, 1]),
        (Forma.SI_NO, MENOS, [True, False], [0, 1]),
        (Forma.MIN_MAX, MENOS, [None, 10, 20], [0, 1, 0]),
    ],
)
def test_each_form_brings_a_column_to_between_zero_and_one(forma, sentido, valores, esperado):
    columna = normalizar(valores, forma, sentido)
    assert columna.valores == pytest.approx(esperado)
    assert columna.faltan == valores.count(None)


@given(valores=columnas, forma=st.sampled_from(Forma), sentido=st.sampled_from(Sentido))
@settings(max_examples=100, deadline=None)
def test_a_better_value_is_never_worth_less_and_a_missing_one_is_worth_nothing(valores, forma, sentido):
    columna = normalizar(valores, forma, sentido)
    assert ((columna.valores >= 0) & (columna.valores <= 1)).all()
    hay = sorted((v, n) for v, n in zip(valores, columna.valores, strict=True) if v is not None)
    suben = [n for _, n in hay] if sentido == MAS else [n for _, n in reversed(hay)]
    assert suben == sorted(suben)
    assert all(n == 0 for v, n in zip(valores, columna.valores, strict=True) if v is None)
    assert columna.sin_dato.tolist() == [v is None for v in valores]


def test_the_score_is_the_weighted_mean_and_its_parts_add_up_to_it():
    dos = {"nbi": normalizar([0, 5, 10], Forma.MIN_MAX), "rango": normalizar([1, 2, None], Forma.PUESTO, MENOS)}
    pesos = {"nbi": 3, "rango": 1, "otro": 9}
    assert puntajes(dos, pesos).tolist() == [25, 37.5, 75]
    assert puntajes(dos, {"nbi": 3}).tolist() == [0, 50, 100]
    partes = aportes(dos, pesos)
    assert sum(partes.values()) == pytest.approx(puntajes(dos, pesos))
    assert partes["nbi"].tolist() == [0, 37.5, 75]


def test_a_sum_done_in_another_order_does_not_untie():
    tercios = {str(k): normalizar([1, 0, 1] if k else [0, 1, 1], Forma.SI_NO) for k in range(2)}
    assert len(set(puntajes(tercios, {"0": 0.1, "1": 0.1}).tolist()[:2])) == 1
    cols = {c: normalizar([1], Forma.SI_NO) for c in "abc"}
    assert puntajes(cols, {"a": 0.1, "b": 0.2, "c": 0.3}).tolist() == [100]


@pytest.mark.parametrize(
    ("codigo", "hacer"),
    [
        (CodigoError.PESOS_EN_CERO, lambda: puntajes({"a": normalizar([1], Forma.SI_NO)}, {"a": 0})),
        (CodigoError.PESOS_EN_CERO, lambda: aportes({"a": normalizar([1], Forma.SI_NO)}, {"b": 4})),
        (CodigoError.PESO_NEGATIVO, lambda: puntajes({"a": normalizar([1], Forma.SI_NO)}, {"a": -1})),
        (CodigoError.VALOR_NO_VALIDO, lambda: normalizar([-1, 2], Forma.PROPORCION)),
        (CodigoError.VALOR_NO_VALIDO, lambda: normalizar([float("inf")], Forma.MIN_MAX)),
        (
            CodigoError.COLUMNAS_DISTINTAS,
            lambda: puntajes({c: normalizar([1] * n, Forma.SI_NO) for c, n in (("a", 1), ("b", 2))}, {"a": 1, "b": 1}),
        ),
    ],
)
def test_weights_and_values_that_make_no_sense_are_refused(codigo, hacer):
    with pytest.raises(NoSePuedePriorizar) as e:
        hacer()
    assert e.value.codigo == codigo


def test_a_column_is_an_array_of_its_own():
    assert isinstance(normalizar([None, 1.0, 0.0], Forma.SI_NO).valores, np.ndarray)
