"""Age bands as people write them."""

import pytest

from territorio.edades import banda, como_se_guarda, en_orden, faltantes, por_generacion, superpuestas


@pytest.mark.parametrize(
    ("escrito", "se_guarda"),
    [
        ("0-4", "0-4"),
        ("0 a 4 años", "0-4"),
        ("de 5 a 9", "5-9"),
        ("80 y más", "80+"),
        ("80+", "80+"),
        ("60 años o mas", "60+"),
        ("60 mas", "60+"),
        ("mayores de 60", "61+"),
        ("menores de 1", "0"),
        ("Menores de 5 años", "0-4"),
        ("18", "18"),
        ("TOTAL", "total"),
        ("", "total"),
        ("Sin especificar", "sin especificar"),
        ("edad_sin_especificar", "sin especificar"),
        ("9-5", "9-5"),
        ("Tercera  edad", "Tercera edad"),
    ],
)
def test_each_band_has_one_spelling(escrito, se_guarda):
    assert como_se_guarda(escrito) == se_guarda


def test_what_says_no_age_is_no_band():
    assert [banda(t) for t in ("total", "sin especificar", "9-5", "200 y más", "tercera edad")] == [None] * 5


def test_order_overlaps_and_gaps():
    assert en_orden(["80+", "0-4", "0+", "80-84"]) == ["0-4", "0+", "80-84", "80+"]
    assert en_orden(["80+", "sin especificar", "0-4", "5-79"]) == ["0-4", "5-79", "80+", "sin especificar"]
    assert superpuestas(["0-19", "10-29", "30+"]) == [("0-19", "10-29")]
    assert [str(b) for b in faltantes(["1-4", "10-19"])] == ["0", "5-9", "20+"]
    assert faltantes(["0-19", "20+"]) == []


def test_bands_are_shared_among_generations_by_the_ages_they_span():
    grupos = por_generacion({"0-15": 50, "16-28": 30, "20-39": 20, "60+": 9, "sin especificar": 4})
    assert grupos == {"jovenes": 30 + 20 * 9 / 20, "adultos": 20 * 11 / 20, "adultos_mayores": 9}
