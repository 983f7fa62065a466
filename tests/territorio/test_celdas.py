"""Cells of a CSV: words never run, numbers stay numbers."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territorio.celdas import celda, inerte


@pytest.mark.parametrize(
    "texto",
    [
        "=1+1",
        "+59170000000",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "\u00a0=1",
        "\ufeff=1",
        "\u200b=1",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM",
        "﹦1",
        "=cmd|' /C calc'!A0",
        '=HYPERLINK("http://x","y")',
        "\x00=1",
        "\tagua",
    ],
)
def test_what_a_spreadsheet_could_run_is_text(texto):
    assert inerte(texto).startswith("'")


@pytest.mark.parametrize("texto", ["Agua para Ñuñu Mayu", "2026-11", "a=b", "a-b", "'ya", "", "«=»", "(=)"])
def test_words_stay_as_they_are(texto):
    assert inerte(texto) == texto


def test_a_formula_after_the_separator_of_another_country_is_text():
    assert inerte("agua;=1+1") == "agua;'=1+1"
    assert inerte("agua\n=1+1") == "agua\n'=1+1"
    assert inerte("agua; y riego") == "agua; y riego"


def test_numbers_stay_numbers():
    valores = [-5, -1.5, Decimal("-2.50"), 0, None]
    assert [celda(valor) for valor in valores] == valores
    assert [celda(True), celda(False), celda(date(2026, 1, 2)), celda("-5")] == ["sí", "no", "2026-01-02", "'-5"]


@given(st.text())
def test_no_cell_begins_with_a_sign_whatever_is_typed(texto):
    hecha = inerte(texto)
    assert hecha.strip()[:1] not in {"=", "+", "-", "@"}
    assert "\x00" not in hecha
