"""The funnel: each community stands at exactly one step, for a sector, a plan and a year."""

import pytest
from django.contrib.gis.geos import Point
from pyproj import Geod

from demandas.models import Demanda
from proyectos.models import PDM, Proyecto
from proyectos.querysets.embudo import PASO, PASOS
from territorio.models import OTB, Comunidad, UnidadTerritorial
from tests import hechos
from tests.mundo import cuadro, linea, punto, unidad

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(muni):
    return PDM.objects.create(municipio=muni, nombre="PDM", desde=2021, hasta=2025, estado="publicado")


@pytest.fixture
def cota(muni, oeste):
    return unidad("comunidad", "c", cuadro(0, 0), municipio=muni, padre=oeste, nombre="Cota")


@pytest.fixture
def pampa(muni, este):
    """Known by its point only."""
    return unidad("comunidad", "p", punto(3, 1), municipio=muni, padre=este, nombre="Pampa")


def paso(de: UnidadTerritorial, **opciones) -> str:
    return PASOS[UnidadTerritorial.objects.filter(pk=de.pk).embudo(**opciones).get().paso]


# --- the six steps ----------------------------------------------------------------------------------------------------


def test_a_community_climbs_the_six_steps_one_by_one(muni, cota, plan):
    assert paso(cota) == "sin_demanda"
    d = hechos.demanda(muni, "d", proponente=cota)
    assert paso(cota) == "demanda_sin_pdm"
    p = hechos.proyecto(muni, "p", beneficia=[cota], responde=[d], pdm=plan)
    assert paso(cota) == "en_pdm_sin_poa"
    o = hechos.operacion(p, presupuesto_vigente=100)
    assert paso(cota) == "en_poa_sin_ejecutar"
    o.devengado = 10
    o.save()
    assert paso(cota) == "en_ejecucion"
    o.fisico_alcanzado = 100
    o.save()
    assert paso(cota) == "atendida"


@pytest.mark.parametrize(
    ("estado", "esperado"),
    [
        ("idea", "sin_demanda"), ("programado", "en_poa_sin_ejecutar"), ("en_licitacion", "en_poa_sin_ejecutar"),
        ("adjudicado", "en_poa_sin_ejecutar"), ("contratado", "en_ejecucion"), ("en_ejecucion", "en_ejecucion"),
        ("paralizado", "en_ejecucion"), ("concluido", "atendida"), ("desierto", "sin_demanda"), ("anulado", "sin_demanda"),
        ("cancelado", "sin_demanda"),
    ],
)  # fmt: skip
def test_a_projects_own_state_says_its_step_where_there_is_no_programme(muni, cota, estado, esperado):
    hechos.proyecto(muni, "p", beneficia=[cota], estado=estado)
    assert paso(cota) == esperado


def test_a_voided_project_serves_nobody_however_far_it_came(muni, cota, plan):
    p = hechos.proyecto(muni, "p", punto(0.5, 0.5), beneficia=[cota], unidad=cota, pdm=plan, estado="anulado")
    hechos.operacion(p, presupuesto_vigente=100, devengado=100, fisico_alcanzado=100)
    assert paso(cota, metros=1000) == "sin_demanda"


def test_the_furthest_of_several_projects_counts(muni, cota, plan):
    hechos.proyecto(muni, "a", beneficia=[cota], pdm=plan)
    hechos.proyecto(muni, "b", punto(0.5, 0.5), estado="contratado")
    hechos.proyecto(muni, "c", unidad=cota, estado="programado")
    assert paso(cota) == "en_ejecucion"


def test_a_demand_that_was_sent_back_or_refused_is_no_demand(muni, cota):
    hechos.demanda(muni, "a", proponente=cota, estado="rechazada")
    hechos.demanda(muni, "b", proponente=cota, estado="devuelta")
    assert paso(cota) == "sin_demanda"


def test_steps_add_up_to_all_units_with_or_without_place(muni, cota, pampa, plan):
    unidad("comunidad", "x", None, municipio=muni, nombre="Sin lugar")
    unidad("otb", "o", cuadro(1, 1), municipio=muni)
    hechos.demanda(muni, "d", proponente=cota)
    hechos.proyecto(muni, "p", beneficia=[pampa], pdm=plan)
    pasos = [u.paso for u in UnidadTerritorial.objects.base().embudo(metros=500)]
    assert sorted(pasos) == [0, 0, 1, 2]
    assert {u.codigo: PASOS[u.paso] for u in Comunidad.objects.embudo()} == {
        "c": "demanda_sin_pdm",
        "p": "en_pdm_sin_poa",
        "x": "sin_demanda",
    }
    assert [u.paso for u in OTB.objects.embudo()] == [PASO["sin_demanda"]]


# --- who is served ----------------------------------------------------------------------------------------------------


def test_a_project_that_lies_in_a_community_serves_it(muni, cota, pampa):
    hechos.proyecto(muni, "p", linea((0.5, 0.5), (1.5, 0.5)), estado="concluido")
    assert (paso(cota), paso(pampa)) == ("atendida", "sin_demanda")


def test_a_project_known_only_by_its_district_serves_no_community_in_particular(muni, oeste, cota):
    hechos.proyecto(muni, "p", unidad=oeste, estado="concluido")
    assert paso(cota) == "sin_demanda"


def test_a_demand_of_the_district_is_no_demand_of_each_community(muni, oeste, cota):
    hechos.demanda(muni, "d", proponente=oeste)
    assert paso(cota) == "sin_demanda"
    hechos.demanda(muni, "e", punto(0.5, 0.5), proponente=oeste)
    assert paso(cota) == "demanda_sin_pdm"


def a_metros(desde: Point, metros: float) -> Point:
    lon, lat, _ = Geod(ellps="WGS84").fwd(desde.x, desde.y, 90, metros)
    return Point(lon, lat, srid=4326)


@pytest.mark.parametrize(("lejos", "sirve"), [(900, True), (1100, False)])
def test_metres_are_metres_from_a_point_and_from_a_border(muni, cota, pampa, lejos, sirve):
    hechos.proyecto(muni, "p", a_metros(pampa.punto, lejos), estado="concluido")
    assert (paso(pampa, metros=1000) == "atendida") is sirve
    assert paso(pampa) == "sin_demanda"
    Proyecto.objects.all().delete()
    hechos.proyecto(muni, "q", a_metros(punto(1, 0.5), lejos), estado="concluido")
    assert (paso(cota, metros=1000) == "atendida") is sirve


def test_a_unit_without_place_is_near_nothing(muni):
    nadie = unidad("comunidad", "x", None, municipio=muni)
    hechos.proyecto(muni, "p", punto(1, 1), estado="concluido")
    assert paso(nadie, metros=50_000) == "sin_demanda"


# --- sector, plan, year, what may be seen -----------------------------------------------------------------------------


def test_a_sector_leaves_out_the_demands_and_projects_of_others(muni, cota):
    hechos.demanda(muni, "d", proponente=cota, sector=hechos.sector("11"))
    hechos.proyecto(muni, "p", beneficia=[cota], sector=hechos.sector("21"), estado="concluido")
    assert [paso(cota, sector=s) for s in ("11", "21", "12")] == ["demanda_sin_pdm", "atendida", "sin_demanda"]


def test_operations_of_later_years_do_not_count(muni, cota, plan):
    p = hechos.proyecto(muni, "p", beneficia=[cota], pdm=plan)
    hechos.operacion(p, 2023, presupuesto_vigente=10)
    hechos.operacion(p, 2024, presupuesto_vigente=10, devengado=10, fisico_alcanzado=100)
    assert [paso(cota, gestion=g) for g in (2022, 2023, 2024, None)] == [
        "en_pdm_sin_poa", "en_poa_sin_ejecutar", "atendida", "atendida",
    ]  # fmt: skip


def test_only_the_plan_asked_for_is_the_plan(muni, cota, plan):
    otro = PDM.objects.create(municipio=muni, nombre="Otro", desde=2016, hasta=2020, estado="publicado")
    hechos.proyecto(muni, "p", beneficia=[cota], pdm=otro)
    assert (paso(cota), paso(cota, pdm=otro), paso(cota, pdm=plan)) == (
        "en_pdm_sin_poa",
        "en_pdm_sin_poa",
        "sin_demanda",
    )


def test_what_may_not_be_seen_is_not_counted(muni, cota):
    from django.contrib.auth.models import AnonymousUser

    hechos.demanda(muni, "d", proponente=cota, publicada=False)
    hechos.proyecto(muni, "p", beneficia=[cota], publicado=False, estado="concluido")
    visita = AnonymousUser()
    visto = {"demandas": Demanda.objects.visibles_para(visita), "proyectos": Proyecto.objects.visibles_para(visita)}
    assert (paso(cota, **visto), paso(cota)) == ("sin_demanda", "atendida")


def test_one_query_answers_for_all(muni, cota, pampa, plan, django_assert_num_queries):
    hechos.proyecto(muni, "p", beneficia=[cota, pampa], pdm=plan)
    with django_assert_num_queries(1):
        assert len(list(Comunidad.objects.embudo(sector="11", pdm=plan, gestion=2024, metros=500))) == 2
