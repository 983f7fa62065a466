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
        tmp_path,
        "unidad,sexo,grupo_edad,personas\n10,mujeres,0 a 14 años,20\n10,mujeres,15 y más,10\n10,hombres,0+,20\n",
        "--censo",
        "2024",
    )
    assert codigo == 0
    assert cifras(centro) == {
        (2024, "mujeres", "0-14"): 20,
        (2024, "mujeres", "15+"): 10,
        (2024, "hombres", "0+"): 20,
        (2024, "total", "total"): 50,
    }
    assert _informe["listas"]["grupos_de_edad"] == ["«0 a 14 años» → 0-14", "«15 y más» → 15+"]


def test_a_wide_table_has_a_column_per_sex_and_band(tmp_path, muni, centro):
    codigo, informe = importar(
        tmp_path, "distrito,personas,hombres_0_19,mujeres_0_19,viviendas\n10,55,26,30,9\n", "--censo", "2024"
    )
    assert codigo == 0
    assert cifras(centro) == {
        (2024, "total", "total"): 55,
        (2024, "hombres", "0-19"): 26,
        (2024, "mujeres", "0-19"): 30,
    }
    assert [p["codigo"] for p in informe["problemas"]] == ["columnas_sin_usar", "edades_que_faltan", "total_distinto"]
    assert informe["listas"]["totales_que_no_cuadran"] == ["Centro: los grupos de edad suman 56 y el total dice 55"]


def avisos(informe) -> set[str]:
    return {p["codigo"] for p in informe["problemas"] if p["gravedad"] == "aviso"}


def test_columns_of_women_and_men_without_age_are_figures_too_and_must_add_up(tmp_path, muni, centro):
    _codigo, informe = importar(tmp_path, "distrito,total,varones,Mujeres\n10,55,25,30\n", "--censo", "2024")
    assert cifras(centro) == {
        (2024, "total", "total"): 55,
        (2024, "hombres", "total"): 25,
        (2024, "mujeres", "total"): 30,
    }
    assert avisos(informe) == set()
    _codigo, informe = importar(tmp_path, "distrito,total,varones,mujeres\n10,56,25,30\n", "--censo", "2024")
    assert informe["listas"]["totales_que_no_cuadran"] == ["Centro: mujeres y hombres suman 55 y el total dice 56"]


def test_bands_that_leave_ages_out_make_no_total(tmp_path, muni, centro):
    _codigo, informe = importar(
        tmp_path, "unidad,grupo_edad,personas\n10,menores de 1,3\n10,5 a 9,7\n", "--censo", "2024"
    )
    assert cifras(centro) == {(2024, "total", "0"): 3, (2024, "total", "5-9"): 7}
    assert {"edades_que_faltan", "sin_total"} <= avisos(informe)


def test_bands_that_overlap_are_said_and_make_no_total(tmp_path, muni, centro):
    _codigo, informe = importar(tmp_path, "unidad,edad,personas\n10,0 a 20,3\n10,20 y más,7\n", "--censo", "2024")
    assert (2024, "total", "total") not in cifras(centro)
    assert "edades_superpuestas" in avisos(informe)


def test_other_bands_of_the_same_people_replace_those_stored(tmp_path, muni, centro):
    importar(tmp_path, "unidad,edad,personas\n10,0-4,3\n10,5 y más,7\n", "--censo", "2024")
    _codigo, informe = importar(tmp_path, "unidad,edad,personas\n10,0-19,6\n10,20+,4\n", "--censo", "2024")
    assert cifras(centro) == {(2024, "total", "0-19"): 6, (2024, "total", "20+"): 4, (2024, "total", "total"): 10}
    assert informe["cuentas"]["reemplazadas"] == 2


@pytest.mark.parametrize(("otra", "es"), [("f", "hombres"), ("h", "mujeres")])
def test_m_is_what_the_other_letter_leaves(tmp_path, muni, centro, otra, es):
    importar(tmp_path, f"unidad,sexo,personas\n10,m,3\n10,{otra},4\n", "--censo", "2024")
    assert cifras(centro)[2024, es, "total"] == 3


def test_m_alone_is_not_guessed(tmp_path, muni, centro):
    texto = "unidad,sexo,personas\n10,M,3\n"
    codigo, informe = importar(tmp_path, texto, "--censo", "2024")
    assert (codigo, [p["codigo"] for p in informe["problemas"] if p["gravedad"] == "error"]) == (1, ["sexo_m"])
    assert importar(tmp_path, texto, "--censo", "2024", "--valores", "sexo:M=mujeres")[0] == 0


def test_a_preliminary_figure_becomes_final_and_never_the_other_way(tmp_path, muni, centro):
    texto = "unidad,personas\n10,3\n"
    importar(tmp_path, texto, "--censo", "2024", "--preliminar")
    assert Poblacion.objects.get(unidad=centro).preliminar
    assert importar(tmp_path, texto, "--censo", "2024")[1]["cuentas"]["cambiadas"] == 1
    assert not Poblacion.objects.get(unidad=centro).preliminar
    codigo, informe = importar(tmp_path, texto, "--censo", "2024", "--preliminar")
    assert (codigo, "ya_definitiva" in {p["codigo"] for p in informe["problemas"]}) == (1, True)


def test_units_that_the_file_leaves_out_are_named(tmp_path, muni, centro):
    mundo.unidad("distrito", "11", mundo.cuadro(1, 0, 1), municipio=muni, nombre="Olvidado")
    _codigo, informe = importar(tmp_path, "unidad,personas\n10,3\n", "--censo", "2024")
    assert informe["listas"]["sin_habitantes_2024"] == ["Olvidado (11)"]


def test_without_municipality_the_file_is_of_municipalities(tmp_path, muni):
    archivo = tmp_path / "m.csv"
    archivo.write_text("codigo,poblacion\n990101,1234\n", encoding="utf-8")
    call_command("importar_poblacion", str(archivo), "--nivel", "municipio", "--censo", "2012")
    assert muni.poblaciones.get(censo=2012).personas == 1234


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
