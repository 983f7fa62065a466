"""Indicators: long and wide tables, percent or parts of one, what is refused, and the country at once."""

import pytest

from territorio.models import Cifra, Indicador
from tests.archivos import correr, tabla_csv
from tests.mundo import cuadro, unidad

pytestmark = pytest.mark.django_db


@pytest.fixture
def importar(tmp_path, oeste, este):
    def uno(filas, *opciones, nivel="distrito"):
        archivo = tabla_csv(tmp_path / "i.csv", filas)
        return correr("importar_indicadores", archivo, "--municipio", "990101", "--nivel", nivel, *opciones)

    return uno


def guardados(una) -> dict[tuple[str, int], tuple[float, str]]:
    return {(i.nombre, i.anio): (i.valor, i.medida) for i in Indicador.objects.filter(unidad=una)}


def test_one_figure_per_row(importar, oeste):
    corrida = importar(
        [
            {"unidad": "1", "indicador": "NBI", "anio": 2024, "valor": "40,5"},
            {"unidad": "1", "indicador": "Agua y saneamiento", "anio": 2024, "valor": "61"},
            {"unidad": "1", "indicador": "Mortalidad infantil", "anio": 2023, "valor": "24"},
        ],
        "--medidas",
        "mortalidad_infantil=por_mil",
    )
    assert corrida.salida == 0, corrida.texto
    assert guardados(oeste) == {
        ("nbi", 2024): (40.5, "porcentaje"),
        ("nbi_agua_saneamiento", 2024): (61, "porcentaje"),
        ("mortalidad_infantil", 2023): (24, "por_mil"),
    }


def test_a_column_per_indicator_and_year(importar, oeste, este):
    corrida = importar(
        [{"codigo": "1", "nbi_12": 60, "nbi_24": 40, "x": 7}, {"codigo": "2", "nbi_12": 30, "nbi_24": "", "x": 8}],
        "--indicadores",
        "x=Pozos:2020",
        "--medidas",
        "pozos=cantidad",
    )
    assert corrida.salida == 0, corrida.texto
    assert guardados(oeste) == {
        ("nbi", 2012): (60, "porcentaje"),
        ("nbi", 2024): (40, "porcentaje"),
        ("pozos", 2020): (7, "cantidad"),
    }
    assert guardados(este) == {("nbi", 2012): (30, "porcentaje"), ("pozos", 2020): (8, "cantidad")}


def test_parts_of_one_become_percent_and_it_is_said(importar, oeste):
    corrida = importar([{"codigo": "1", "nbi_24": "0,405"}, {"codigo": "2", "nbi_24": "0,9"}])
    assert guardados(oeste) == {("nbi", 2024): (40.5, "porcentaje")}
    assert corrida.avisos == {"partes_de_uno"}


def test_small_percentages_with_their_sign_stay_what_they_are(importar, oeste):
    importar([{"codigo": "1", "nbi_24": "0,4 %"}, {"codigo": "2", "nbi_24": "0,9 %"}])
    assert guardados(oeste) == {("nbi", 2024): (0.4, "porcentaje")}


@pytest.mark.parametrize(
    ("fila", "problema"),
    [
        ({"codigo": "1", "nbi_24": 140}, "valor_invalido"),
        ({"codigo": "1", "nbi_24": -1}, "valor_invalido"),
        ({"codigo": "1", "nbi": 14}, "sin_anio"),
        ({"codigo": "1", "cuantos": 14}, "sin_campos"),
        ({"unidad": "1", "indicador": "pozos", "anio": 2024, "valor": 3}, "sin_medida"),
        ({"unidad": "1", "indicador": "habitantes", "anio": 2024, "valor": 3}, "valor_invalido"),
        ({"unidad": "1", "indicador": "nbi", "anio": 2024, "valor": 3, "medida": "cantidad"}, "dos_medidas"),
        ({"codigo": "1", "nbi_2024": "x"}, "valor_invalido"),
    ],
)
def test_what_is_not_clear_is_refused_by_row_and_nothing_is_written(importar, fila, problema):
    corrida = importar([fila | {"codigo": "2"} if "codigo" in fila else fila, fila])
    assert (corrida.salida, corrida.codigos) == (1, {problema})
    assert not Indicador.objects.exists()


def test_a_name_is_measured_one_way_only(importar):
    largo = {"unidad": "1", "indicador": "pozos", "anio": 2024, "valor": 3}
    assert importar([largo], "--medidas", "pozos=cantidad").salida == 0
    assert importar([largo | {"anio": 2025}]).salida == 0  # as it was measured before
    assert importar([largo], "--medidas", "pozos=porcentaje").codigos == {"dos_medidas"}


def test_a_corrected_figure_is_updated_and_the_same_changes_nothing(importar, oeste):
    assert importar([{"codigo": "1", "nbi_24": 40}]).cuentas["nuevas"] == 1
    assert importar([{"codigo": "1", "nbi_24": 40}]).cuentas["iguales"] == 1
    assert importar([{"codigo": "1", "nbi_24": 41}]).cuentas["cambiadas"] == 1
    assert guardados(oeste) == {("nbi", 2024): (41, "porcentaje")}


def test_what_is_loaded_is_rolled_up_and_down(importar, muni, oeste, este):
    comunidad = unidad("comunidad", "c", cuadro(0, 0), municipio=muni)
    importar([{"codigo": "1", "nbi_24": 10}, {"codigo": "2", "nbi_24": 60}])
    cifras = Cifra.objects.filter(nombre="nbi", anio=2024)
    assert cifras.get(unidad=muni).valor == pytest.approx(0.6 * 10 + 0.4 * 60)
    assert (cifras.get(unidad=comunidad).valor, cifras.get(unidad=comunidad).metodo) == (10, "heredada")


def test_a_dry_run_writes_nothing(importar):
    corrida = importar([{"codigo": "1", "nbi_24": 40}], "--simular")
    assert (corrida.cuentas["nuevas"], Indicador.objects.count()) == (1, 0)


def test_without_municipality_a_level_above_it_must_be_named(tmp_path, oeste):
    archivo = tabla_csv(tmp_path / "i.csv", [{"codigo": "990101", "nbi_24": 40}])
    assert correr("importar_indicadores", archivo).codigos == {"sin_municipio"}
    assert correr("importar_indicadores", archivo, "--nivel", "distrito").codigos == {"sin_municipio"}
    assert correr("importar_indicadores", archivo, "--nivel", "municipio").salida == 0
