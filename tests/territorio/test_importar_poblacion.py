"""Inhabitants by census, sex and age band: long and wide tables, totals, and what is refused."""

import json

import pytest
from django.core.management import call_command

from territorio.models import Poblacion, UnidadTerritorial
from tests import mundo

pytestmark = pytest.mark.django_db


@pytest.fixture
def centro(muni):
    return mundo.unidad("distrito", "10", mundo.cuadro(0, 0, 1), municipio=muni, nombre="Centro")


def importar(tmp_path, texto, *opciones):
    archivo, informe = tmp_path / "p.csv", tmp_path / "i.json"
    archivo.write_text(texto, encoding="utf-8")
    orden = [
        "importar_poblacion",
        str(archivo),
        "--municipio",
        "990101",
        "--nivel",
        "distrito",
        "--informe",
        str(informe),
    ]
    try:
        call_command(*orden, *opciones)
        codigo = 0
    except SystemExit as e:
        codigo = e.code
    return codigo, json.loads(informe.read_text(encoding="utf-8"))


def cifras(unidad):
    return {(p.censo, p.sexo, p.grupo_edad): p.personas for p in unidad.poblaciones.all()}


def test_one_figure_per_row_and_a_total_made_of_them(tmp_path, muni, centro):
    codigo, _informe = importar(
        tmp_path, "unidad,sexo,grupo_edad,personas\n10,mujeres,0-14,30\n10,hombres,0-14,20\n", "--censo", "2024"
    )
    assert codigo == 0
    assert cifras(centro) == {
        (2024, "mujeres", "0-14"): 30,
        (2024, "hombres", "0-14"): 20,
        (2024, "total", "total"): 50,
    }


def test_a_wide_table_has_a_column_per_sex_and_band(tmp_path, muni, centro):
    codigo, informe = importar(
        tmp_path, "distrito,personas,hombres_0_19,mujeres_0_19,viviendas\n10,55,20,30,9\n", "--censo", "2024"
    )
    assert codigo == 0
    assert cifras(centro) == {
        (2024, "total", "total"): 55,
        (2024, "hombres", "0-19"): 20,
        (2024, "mujeres", "0-19"): 30,
    }
    assert [p["codigo"] for p in informe["problemas"]] == ["columnas_sin_usar", "total_distinto"]


def test_the_same_file_twice_changes_nothing_and_a_corrected_figure_is_updated(tmp_path, muni, centro):
    texto = "unidad,censo,personas\n10,2012,40\n"
    assert importar(tmp_path, texto)[1]["cuentas"]["nuevas"] == 1
    assert importar(tmp_path, texto)[1]["cuentas"]["iguales"] == 1
    assert importar(tmp_path, texto.replace("40", "41"))[1]["cuentas"]["cambiadas"] == 1
    assert cifras(centro) == {(2012, "total", "total"): 41}


@pytest.mark.parametrize(
    ("texto", "problema"),
    [
        ("unidad,personas\n10,40\n", "sin_censo"),
        ("unidad,censo,personas\n10,2024,-4\n", "valor_invalido"),
        ("unidad,censo,personas\n10,2024,cuarenta\n", "valor_invalido"),
        ("unidad,censo,personas\n,2024,4\n", "valor_invalido"),
        ("unidad,censo,personas\n10,2024,4\n10,2024,5\n", "valor_invalido"),
        ("unidad,censo,sexo,personas\n10,2024,otro,5\n", "valor_invalido"),
        ("lugar,cuantos\n10,5\n", "sin_campos"),
    ],
)
def test_what_is_not_clear_is_refused_and_nothing_is_written(tmp_path, muni, centro, texto, problema):
    antes = Poblacion.objects.count()
    codigo, informe = importar(tmp_path, texto)
    assert codigo == 1
    assert problema in {p["codigo"] for p in informe["problemas"] if p["gravedad"] == "error"}
    assert Poblacion.objects.count() == antes


def test_the_districts_of_la_paz_have_their_census(tmp_path, db, datos):
    la_paz = mundo.unidad("municipio", "020101", nombre="La Paz")
    call_command(
        "importar_limites", str(datos / "lapaz" / "distritos.geojson"), "--nivel", "distrito", "--codigo", "distrito",
        "--municipio", "020101",
    )  # fmt: skip
    call_command(
        "importar_poblacion", str(datos / "lapaz" / "poblacion_distritos_2024.csv"), "--municipio", "020101",
        "--nivel", "distrito", "--censo", "2024", "--columnas", "distrito=unidad",
    )  # fmt: skip
    distritos = UnidadTerritorial.objects.filter(municipio=la_paz, nivel__codigo="distrito")
    totales = Poblacion.objects.totales().filter(unidad__in=distritos)
    assert (totales.count(), sum(p.personas for p in totales)) == (22, 768_360)
