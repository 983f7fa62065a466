"""The four questions as figures: what the rows say, that totals and conservation lines close, who sees what."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict

from cuentas.models import Usuario
from mapas.figuras import Figuras
from mapas.filtros import vista_de
from mapas.preguntas import PREGUNTAS
from proyectos.querysets.embudo import PASOS
from territorio.localizacion import relocalizar
from tests import hechos
from tests.mundo import cuadro, punto, unidad

pytestmark = pytest.mark.django_db


def figuras(pregunta: str, query: str = "", usuario=None) -> Figuras:
    return PREGUNTAS[pregunta](vista_de(QueryDict(query), usuario or AnonymousUser(), pregunta=pregunta))


def por_codigo(f: Figuras) -> dict[str, dict]:
    return {fila["codigo"]: fila for fila in f.filas}


@pytest.fixture
def jefa(db):
    return Usuario.objects.create_superuser("jefa")


# --- demand -----------------------------------------------------------------------------------------------------------


def test_demand_by_district_with_what_is_outside_and_what_has_no_place(tablero):
    f = figuras("demanda")
    filas = por_codigo(f)
    assert {c: filas[c]["demandas"] for c in filas} == {"1": 1.5, "2": 1.5}
    assert filas["1"]["por_mil"] == pytest.approx(1.5 / 0.6)
    assert (f.conservacion.total, f.conservacion.ubicadas, f.conservacion.fuera, f.conservacion.sin_ubicar) == (
        5,
        3,
        1,
        1,
    )
    assert f.conservacion.en_disputa == 1
    assert f.frase == "5 demandas en 2 distritos"
    assert f.totales["demandas"] == 3


def test_sector_and_group_narrow_sentence_rows_and_line_alike(tablero):
    f = figuras("demanda", "sector=11&grupo=mujeres")
    assert f.frase == "1 demanda de Saneamiento básico de mujeres en 2 distritos"
    assert (f.conservacion.total, por_codigo(f)["1"]["demandas"], por_codigo(f)["2"]["demandas"]) == (1, 1, 0)


def test_a_visitors_figures_leave_out_what_is_not_published_and_a_members_do_not(tablero, jefa):
    assert (figuras("demanda").conservacion.total, figuras("demanda", "", jefa).conservacion.total) == (5, 6)


# --- coverage ---------------------------------------------------------------------------------------------------------


def test_coverage_says_what_the_plan_answers(tablero):
    f = figuras("cobertura-pdm")
    assert f.frase == "El PDM 2021-2025 responde a 1 de 5 demandas (20 %)"
    assert "No responde a 4 demandas." in f.detalle
    assert {c: fila["demandas_cubiertas"] for c, fila in por_codigo(f).items()} == {"1": 1, "2": 0}


def test_refused_demands_are_not_owed_an_answer(tablero):
    hechos.demanda(tablero, "r", punto(1, 1), estado="rechazada")
    assert figuras("cobertura-pdm").conservacion.total == 5


def test_without_a_published_plan_the_rows_agree_with_the_sentence(muni, oeste):
    hechos.proyecto(muni, "p", responde=[hechos.demanda(muni, "a", punto(1, 1))])
    f = figuras("cobertura-pdm")
    assert f.frase == "No hay un PDM publicado: ninguna de 1 demandas tiene respuesta"
    assert (por_codigo(f)["1"]["demandas_cubiertas"], f.detalle) == (0, "No responde a 1 demandas.")


# --- execution --------------------------------------------------------------------------------------------------------


def test_execution_shows_published_money_where_the_works_lie(tablero):
    f = figuras("ejecucion-poa")
    filas = por_codigo(f)
    # The line runs 1.5 steps in the west and 1 in the east; the other project is known by its beneficiary only.
    assert (filas["1"]["vigente"], filas["2"]["vigente"]) == pytest.approx((600, 400), abs=0.1)
    assert filas["1"]["eficacia"] == pytest.approx(80)
    bs = f.conservacion_bs
    assert (bs.total, bs.ubicadas, bs.fuera, bs.sin_ubicar) == pytest.approx((1010, 1000, 0, 10), abs=1e-3)
    assert f.totales["financiero"] == pytest.approx(100 * 250 / 1010)


def test_members_see_the_money_of_unpublished_works_too(tablero, jefa):
    assert figuras("ejecucion-poa", "", jefa).conservacion_bs.total == 6010


def test_money_outside_every_limit_is_named(tablero):
    hechos.operacion(hechos.proyecto(tablero, "z", punto(9, 9)), presupuesto_vigente=77)
    assert figuras("ejecucion-poa").conservacion_bs.fuera == pytest.approx(77, abs=1e-3)


def test_money_of_a_voided_work_is_not_counted(tablero):
    hechos.operacion(hechos.proyecto(tablero, "z", punto(1, 1), estado="anulado"), presupuesto_vigente=77)
    assert figuras("ejecucion-poa").conservacion_bs.total == 1010


def test_a_year_without_programme_says_so(tablero):
    assert figuras("ejecucion-poa", "gestion=2000").frase == "No hay operaciones que mostrar"


# --- served or not ----------------------------------------------------------------------------------------------------


def test_each_community_stands_at_one_step(tablero):
    f = figuras("desatendidas")
    assert {c: fila["paso"] for c, fila in por_codigo(f).items()} == {
        "c": "en_ejecucion",
        "p": "demanda_sin_pdm",
        "x": "sin_demanda",
    }
    # 80 were counted in one; the other, of which nobody knows the place, takes what its districts have left.
    assert f.frase == "2 de 3 comunidades sin ningún proyecto: ≈\u00a0880 habitantes"
    assert "no tiene cifra de habitantes" not in f.detalle
    assert (f.conservacion.total, f.conservacion.ubicadas, f.conservacion.sin_ubicar) == (3, 3, 0)


def test_an_unpublished_work_serves_nobody_in_public(tablero, jefa):
    assert por_codigo(figuras("desatendidas", "", jefa))["p"]["paso"] == "atendida"


def test_by_district_each_community_counts_by_its_part_and_all_steps_add_up(tablero):
    relocalizar([unidad("comunidad", "d", cuadro(1, 1, 2, 1), municipio=tablero, personas=100).pk])
    f = figuras("desatendidas", "nivel=distrito")
    filas = por_codigo(f)
    # "d" lies half in each; "Sin lugar", known only by its municipality, half in each too; the border demand is in "d".
    assert [filas["1"][p] for p in PASOS] == pytest.approx([0.5, 0.5, 0, 0, 1, 0], abs=1e-3)
    assert [filas["2"][p] for p in PASOS] == pytest.approx([0.5, 1.5, 0, 0, 0, 0], abs=1e-3)
    assert (filas["1"]["por_ciento"], filas["2"]["por_ciento"]) == pytest.approx((50, 100), abs=0.1)
    assert (filas["1"]["habitantes_sin"], filas["2"]["habitantes_sin"]) == pytest.approx((400, 480), abs=0.1)
    linea = f.conservacion
    assert (linea.total, linea.ubicadas, linea.fuera, linea.sin_ubicar) == (4, pytest.approx(4), pytest.approx(0), 0)


def test_a_community_without_any_place_is_counted_apart(db):
    lejos = unidad("municipio", "990103", None, nombre="Sin límite")
    unidad("comunidad", "x", None, municipio=lejos, personas=5)
    linea = figuras("desatendidas", "municipio=990103").conservacion
    assert (linea.total, linea.ubicadas, linea.fuera, linea.sin_ubicar) == (1, 0, 0, 1)


def test_a_sector_narrows_the_funnel_and_is_said(tablero):
    f = figuras("desatendidas", "sector=20")
    assert "sin ningún proyecto de Gestión de salud" in f.frase
    assert por_codigo(f)["c"]["paso"] == "sin_demanda"


def test_metres_reach_a_community_that_no_project_touches(tablero):
    assert por_codigo(figuras("desatendidas", "metros=1000"))["p"]["paso"] == "en_ejecucion"


# --- every question ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pregunta", PREGUNTAS)
@pytest.mark.parametrize("nivel", ["municipio", "distrito", "comunidad"])
def test_the_line_closes_and_the_legend_counts_every_row_at_every_level(tablero, pregunta, nivel):
    f = figuras(pregunta, f"nivel={nivel}")
    for linea in filter(None, (f.conservacion, f.conservacion_bs)):
        assert linea.ubicadas + linea.fuera + linea.sin_ubicar == pytest.approx(linea.total)
        assert linea.fuera >= 0
    assert sum(c.cuantas for c in f.clases) == len(f.filas)
    assert {fila["clase"] for fila in f.filas} <= {c.clave for c in f.clases}


@pytest.mark.parametrize("pregunta", PREGUNTAS)
def test_a_municipality_with_nothing_in_it_answers_with_zeros(muni, pregunta):
    f = figuras(pregunta)
    assert f.conservacion.total == 0
    assert f.frase
    assert len(f.filas) <= 1


@pytest.mark.parametrize("pregunta", PREGUNTAS)
def test_every_row_has_every_column(tablero, pregunta):
    f = figuras(pregunta)
    for fila in f.filas:
        assert {c.clave for c in f.columnas} <= set(fila)
