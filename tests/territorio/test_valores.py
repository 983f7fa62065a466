"""Cells as values: what people write is read as they meant it, or refused in words; nothing is guessed."""

import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territorio.importacion import valores
from territorio.importacion.valores import ValorInvalido

BOLIVIA = (-69.66, -22.91, -57.52, -9.67)
montos = st.decimals(min_value=0, max_value=Decimal("999999999999.99"), places=2, allow_nan=False, allow_infinity=False)


def miles(numero: Decimal, punto: str, coma: str) -> str:
    return f"{numero:,.2f}".translate(str.maketrans({",": punto, ".": coma}))


# --- numbers ----------------------------------------------------------------------------------------------------------


@given(montos)
def test_an_amount_with_cents_reads_back_in_both_writings(monto):
    for escrito in (
        miles(monto, ".", ","),
        miles(monto, ",", "."),
        miles(monto, " ", ","),
        f"{monto:.2f}",
        f"Bs {miles(monto, '.', ',')}",
    ):
        assert valores.dinero(escrito) == monto


@given(montos.filter(lambda m: m < 10**12))
def test_an_amount_as_a_spreadsheet_stores_it_reads_back_to_the_cent(monto):
    if monto < 10**9:  # above, a binary number no longer tells cents apart from its own noise
        assert valores.dinero(float(monto)) == monto
    assert valores.dinero(monto) == monto


@given(st.integers(-(10**15), 10**15))
def test_a_whole_number_reads_back_plain_and_with_decimals(n):
    assert valores.decimal(str(n)) == valores.decimal(n) == valores.decimal(f"{n},0") == valores.decimal(f"{n}.00") == n


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_a_refusal_in_words(texto):
    try:
        numero = valores.decimal(texto)
    except ValorInvalido as e:
        assert str(e)
        assert e.remedio
    else:
        assert numero is None or numero.is_finite()


@pytest.mark.parametrize("escrito", ["1.234", "12,345", "-1.234", "Bs 999.999"])
def test_three_digits_after_one_separator_may_be_thousands_or_decimals_and_are_refused(escrito):
    with pytest.raises(ValorInvalido, match="puede ser") as e:
        valores.decimal(escrito)
    assert e.value.remedio.startswith("Escriba ")


@pytest.mark.parametrize(
    ("escrito", "numero"),
    [
        ("0.125", "0.125"),
        ("1234.567", "1234.567"),
        ("1.234.567", "1234567"),
        ("1,5", "1.5"),
        ("−3", "-3"),
        ("+7", "7"),
        ("85 %", "85"),
    ],
)
def test_what_can_only_be_one_number_is_that_number(escrito, numero):
    assert valores.decimal(escrito) == Decimal(numero)


@pytest.mark.parametrize(
    "escrito",
    [
        "mil",
        "12-5",
        "1e5",
        "--4",
        ".",
        "10.5.2025",
        "1.23.4",
        "12,34.5",
        "1.234,567.8",
        "1.2.3,4",
        "1,,2",
        float("nan"),
        float("inf"),
    ],
)
def test_what_is_no_number_is_refused(escrito):
    with pytest.raises(ValorInvalido):
        valores.decimal(escrito)


@pytest.mark.parametrize("vacio", [None, "", "   "])
def test_an_empty_cell_is_no_value(vacio):
    assert valores.decimal(vacio) is valores.dinero(vacio) is valores.entero(vacio) is valores.fecha(vacio) is None


@pytest.mark.parametrize(
    ("escrito", "dice"),
    [
        ("-5", "negativo"),
        ("10,555", "puede ser"),
        ("1234,555", "más de dos decimales"),
        (10**12, "demasiado grande"),
        ("9" * 400, "demasiado grande"),
    ],
)
def test_an_amount_that_cannot_be_is_refused(escrito, dice):
    with pytest.raises(ValorInvalido, match=dice):
        valores.dinero(escrito)


def test_a_third_decimal_that_only_the_binary_number_has_is_no_third_decimal():
    assert valores.dinero(80330.9) == Decimal("80330.90")
    assert valores.dinero(0.1 + 0.2) == Decimal("0.30")


@pytest.mark.parametrize("dicho", [-1, 100.5, "101"])
def test_a_share_lies_between_none_and_all(dicho):
    with pytest.raises(ValorInvalido, match="entre 0 y 100"):
        valores.porcentaje(dicho)


@pytest.mark.parametrize("dicho", [2.5, -1, 51, "9" * 5000])
def test_a_count_is_whole_and_within_its_bounds(dicho):
    with pytest.raises(ValorInvalido) as e:
        valores.entero(dicho, maximo=50)
    assert len(str(e.value)) < 200


# --- dates, text, options ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dicho",
    [
        "2026-11-22",
        "22/11/2026",
        "22-11-2026",
        date(2026, 11, 22),
        datetime(2026, 11, 22, 9, 30),
        "2026-11-22T00:00:00",
        " 22/11/2026 ",
    ],
)
def test_a_date_is_read_day_first_or_iso(dicho):
    assert valores.fecha(dicho) == date(2026, 11, 22)


@pytest.mark.parametrize("dicho", ["11/22/2026", "ayer", "31/02/2026", "22/11/26", "0026-11-22", 45000])
def test_what_is_no_date_is_refused(dicho):
    with pytest.raises(ValorInvalido, match="no es una fecha"):
        valores.fecha(dicho)


def test_text_is_never_cut():
    assert valores.texto("  Ñuñu \n Mayu\x00 ") == "Ñuñu Mayu"
    with pytest.raises(ValorInvalido, match="tiene 301 caracteres y caben 300"):
        valores.texto("a" * 301)


def test_an_unknown_option_is_refused_with_the_nearest():
    opciones = {"Saneamiento básico": "11", "Educación": "21"}
    assert valores.uno_de("SANEAMIENTO BASICO", opciones) == "11"
    with pytest.raises(ValorInvalido) as e:
        valores.uno_de("Saneamento basico", opciones)
    assert "¿Quiso decir 11?" in e.value.remedio


# --- places -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lat", "lon"),
    [("-17.5", "-65.25"), ("-17,5", "-65,25"), (-17.5, -65.25), ("−17.500", "−65.250"), (" -17.5 ", "-65.25")],
)
def test_latitude_and_longitude_give_a_point(lat, lon):
    assert valores.lugar(lat, lon, None, BOLIVIA).coords[0] == (-65.25, -17.5)


@pytest.mark.parametrize(("lat", "lon"), [("-17", "-65"), (-17, -65), ("-17.0", "-65,0")])
def test_whole_degrees_are_degrees(lat, lon):
    assert valores.lugar(lat, lon, None, BOLIVIA).coords[0] == (-65, -17)


@pytest.mark.parametrize(
    ("lat", "lon", "wkt", "dice"),
    [
        (-17, None, None, "falta la latitud o la longitud"),
        (None, -65, "", "falta la latitud o la longitud"),
        (48.85, 2.35, None, "fuera de Bolivia"),
        (-17, -65, "POINT (-65 -17)", "dos lugares"),
        (None, None, "POINT (-65", "no se entiende"),
        (None, None, "SRID=32719;POINT (1 1)", "no se entiende"),
        (None, None, "POINT (1e200 -17)", "fuera de Bolivia"),
        (None, None, "POINT (nan nan)", "fuera de Bolivia"),
        (None, None, "LINESTRING (-65 -17, inf -17)", "fuera de Bolivia"),
        (None, None, "POLYGON EMPTY", "vacía"),
        (None, None, "MULTIPOINT (-65 -17, -66 -17)", "no se admite"),
        (None, None, "GEOMETRYCOLLECTION (POINT (-65 -17))", "no se admite"),
        (None, None, "POLYGON ((-65 -17, -64 -16, -65 -16, -64 -17, -65 -17))", "no es válida"),
        (None, None, "POINT (" + "1" * 600_000 + " 0)", "demasiado grande"),
        (None, None, "CIRCULARSTRING (-65 -17, -64.5 -16.5, -64 -17)", "no se"),
        (None, None, "CURVEPOLYGON (CIRCULARSTRING (-65 -17, -64 -16, -65 -17))", "no se"),
        (None, None, "COMPOUNDCURVE ((-65 -17, -64 -16))", "no se"),
        (None, None, "TRIANGLE ((-65 -17, -64 -16, -64 -17, -65 -17))", "no se"),
    ],
)
def test_a_place_that_cannot_be_is_refused_in_words(lat, lon, wkt, dice):
    with pytest.raises(ValorInvalido, match=dice) as e:
        valores.lugar(lat, lon, wkt, BOLIVIA)
    assert e.value.remedio


def test_swapped_latitude_and_longitude_are_named_as_such():
    with pytest.raises(ValorInvalido) as e:
        valores.lugar(-65, -17, None, BOLIVIA)
    assert "latitud y longitud están cambiadas" in e.value.remedio


def test_height_and_measure_are_left_out():
    for escrito in (
        "POINT Z (-65 -17 3600)",
        "POINT ZM (-65 -17 3600 1)",
        "POINT (-65 -17 3600)",
        "POINTZ(-65 -17 3600)",
    ):
        assert valores.lugar(None, None, escrito, BOLIVIA).wkt == "POINT (-65 -17)"


@pytest.mark.parametrize(
    ("escrito", "tipo"),
    [
        ("LINESTRING (-65 -17, -64 -16)", "MultiLineString"),
        ("MULTIPOINT (-65 -17)", "Point"),
        ("POLYGON ((-65 -17, -64 -17, -64 -16, -65 -17))", "MultiPolygon"),
    ],
)
def test_a_shape_becomes_what_a_feature_stores(escrito, tipo):
    assert valores.lugar(None, None, escrito, BOLIVIA).geom_type == tipo


@pytest.mark.parametrize("hondura", [6, 400, 4900, 100_000])
def test_deep_nesting_is_refused_and_stops_no_process(hondura):
    programa = (
        "from territorio.importacion.valores import lugar, ValorInvalido\n"
        f"try: lugar(None, None, 'GEOMETRYCOLLECTION('*{hondura} + 'POINT(-65 -17)' + ')'*{hondura}, {BOLIVIA})\n"
        "except ValorInvalido as e: print('rechazada')"
    )
    hijo = subprocess.run([sys.executable, "-c", programa], capture_output=True, text=True, timeout=30, check=False)
    assert (hijo.returncode, hijo.stdout.strip()) == (0, "rechazada"), hijo.stderr[-300:]
