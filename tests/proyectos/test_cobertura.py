"""PDM coverage: which demands, and how many people, the plan answers."""

import pytest

from demandas.models import Demanda
from proyectos.models import PDM
from territorio.models import UnidadTerritorial
from tests import hechos
from tests.mundo import cuadro, linea, punto, unidad

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(muni):
    return PDM.objects.create(municipio=muni, nombre="PDM", desde=2021, hasta=2025, estado="publicado")


def cobertura(plan, nivel="distrito", **opciones):
    filas = UnidadTerritorial.objects.del_nivel(nivel).cobertura_pdm(
        Demanda.objects.all(), plan, censo=2024, **opciones
    )
    return {u.codigo: u for u in filas}


def test_coverage_is_the_share_of_demands_that_a_project_of_the_plan_answers(muni, oeste, este, plan):
    a, b = hechos.demanda(muni, "a", punto(1, 1)), hechos.demanda(muni, "b", punto(1, 0.5))
    hechos.demanda(muni, "c", punto(3, 1))
    hechos.proyecto(muni, "p", responde=[a], pdm=plan)
    hechos.proyecto(muni, "q", responde=[b])
    filas = cobertura(plan)
    assert [(u.demandas, u.demandas_cubiertas, u.cobertura) for u in (filas["1"], filas["2"])] == [
        (2, 1, 50),
        (1, 0, 0),
    ]


def test_where_nothing_is_asked_there_is_no_share(muni, oeste, plan):
    assert cobertura(plan)["1"].cobertura is None


def test_a_demand_with_two_answers_is_covered_once_and_a_project_with_two_demands_covers_both(muni, oeste, este, plan):
    a, b = hechos.demanda(muni, "a", linea((1, 1), (3, 1))), hechos.demanda(muni, "b", punto(1, 1))
    hechos.proyecto(muni, "p", responde=[a, b], pdm=plan)
    hechos.proyecto(muni, "q", responde=[a], pdm=plan)
    filas = cobertura(plan)
    assert (filas["1"].demandas_cubiertas, filas["2"].demandas_cubiertas) == pytest.approx((1.5, 0.5))


def test_a_voided_project_answers_nothing(muni, oeste, plan):
    hechos.proyecto(muni, "p", responde=[hechos.demanda(muni, "a", punto(1, 1))], pdm=plan, estado="cancelado")
    assert cobertura(plan)["1"].demandas_cubiertas == 0


def test_another_plan_answers_nothing_here(muni, oeste, plan):
    otro = PDM.objects.create(municipio=muni, nombre="Otro", desde=2016, hasta=2020)
    hechos.proyecto(muni, "p", responde=[hechos.demanda(muni, "a", punto(1, 1))], pdm=otro)
    assert cobertura(plan)["1"].demandas_cubiertas == 0


def test_without_a_plan_nothing_is_covered(muni, oeste):
    hechos.proyecto(muni, "p", responde=[hechos.demanda(muni, "a", punto(1, 1))])
    assert cobertura(None)["1"].demandas_cubiertas == 0


def test_an_answer_that_may_not_be_seen_covers_nothing(muni, oeste, plan):
    from django.contrib.auth.models import AnonymousUser

    from proyectos.models import Proyecto

    hechos.proyecto(muni, "p", responde=[hechos.demanda(muni, "a", punto(1, 1))], pdm=plan, publicado=False)
    assert cobertura(plan, proyectos=Proyecto.objects.visibles_para(AnonymousUser()))["1"].demandas_cubiertas == 0


def test_inhabitants_are_those_of_the_communities_that_lie_in_the_district_by_their_part(muni, oeste, este, plan):
    cota = unidad("comunidad", "c", cuadro(1, 0, 2, 1), municipio=muni, personas=100)
    unidad("comunidad", "p", punto(3, 1.5), municipio=muni, personas=30)
    unidad("comunidad", "sin cifra", punto(0.5, 0.5), municipio=muni)
    hechos.proyecto(muni, "p", beneficia=[cota], pdm=plan)
    filas = cobertura(plan)
    # In the first district the community without a figure takes what the others leave of its 600.
    assert (filas["1"].habitantes_base, filas["2"].habitantes_base) == pytest.approx((50 + 550, 80), abs=0.01)
    assert (filas["1"].habitantes_cubiertos, filas["2"].habitantes_cubiertos) == pytest.approx((50, 50), abs=0.01)


def test_a_project_outside_the_plan_covers_nobody_by_the_plan(muni, oeste, plan):
    cota = unidad("comunidad", "c", cuadro(0, 0), municipio=muni, personas=100)
    hechos.proyecto(muni, "p", beneficia=[cota], estado="concluido")
    assert cobertura(plan)["1"].habitantes_cubiertos == 0


def test_the_municipality_itself_is_answered_like_any_unit(muni, oeste, plan):
    cota = unidad("comunidad", "c", cuadro(0, 0), municipio=muni, personas=100)
    hechos.proyecto(muni, "p", beneficia=[cota], responde=[hechos.demanda(muni, "a", punto(1, 1))], pdm=plan)
    fila = cobertura(plan, "municipio")["990101"]
    assert (fila.demandas_cubiertas, fila.habitantes_base, fila.habitantes_cubiertos) == pytest.approx((1, 100, 100))
