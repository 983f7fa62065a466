"""The query string: read once, checked, and written back as a link that opens the same view."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuentas.models import Usuario
from mapas.filtros import FiltroInvalido, SinMunicipio, Vista, vista_de
from mapas.preguntas import PREGUNTAS
from proyectos.models import PDM, POA
from territorio.models import Membresia, UnidadTerritorial
from tests.mundo import cuadro, unidad

pytestmark = pytest.mark.django_db
VISITA = AnonymousUser()


def vista(query: str = "", pregunta: str = "demanda", usuario=VISITA) -> Vista:
    return vista_de(QueryDict(query), usuario, pregunta=pregunta)


def test_without_a_municipality_loaded_there_is_nothing_to_ask(db):
    with pytest.raises(SinMunicipio):
        vista()


@pytest.mark.parametrize("pregunta", PREGUNTAS)
@pytest.mark.parametrize(
    "query",
    [
        "",
        "nivel=distrito",
        "nivel=comunidad&sector=11",
        "sector=20&grupo=mujeres&nivel=municipio",
        "gestion=2024&pdm=2021-2025",
        "metros=500",
        "medida=por_mil",
    ],
)
def test_a_view_written_as_a_link_opens_the_same_view(tablero, pregunta, query):
    if "medida" in query and pregunta != "demanda":
        query = ""
    una = vista(query, pregunta)
    assert vista(una.query(), pregunta) == una


def test_a_filter_is_changed_or_taken_away_in_the_link(tablero):
    una = vista("sector=11&grupo=mujeres")
    assert "sector=20" in una.query(sector="20")
    assert "sector" not in una.query(sector="")
    assert vista(una.query(grupo=None)) == replace(una, grupo="")


def test_what_stands_at_its_default_is_left_out(tablero):
    assert "medida" not in vista().parametros()
    assert "metros" not in vista("metros=0", "desatendidas").parametros()


def test_the_year_and_the_plan_in_force_are_taken_where_the_question_needs_them(tablero):
    assert (vista("", "ejecucion-poa").gestion, vista("", "demanda").gestion) == (2024, None)
    assert (vista("", "cobertura-pdm").pdm.periodo, vista("", "desatendidas").pdm) == ("2021-2025", None)


def test_the_level_in_view_is_the_one_that_the_question_is_about(tablero):
    assert (vista("", "demanda").nivel.codigo, vista("", "desatendidas").nivel.codigo) == ("distrito", "comunidad")


def test_levels_without_units_are_not_offered(tablero):
    assert [n.codigo for n in vista().niveles] == ["municipio", "distrito", "comunidad"]
    with pytest.raises(FiltroInvalido, match="no tiene unidades del nivel «otb»"):
        vista("nivel=otb")


@pytest.mark.parametrize(
    "query",
    [
        "municipio=999999", "municipio=%00", "municipio=99%000101", "municipio=" + "9" * 10_000, "municipio='--",
        "nivel=barrio", "nivel=" + "x" * 10_000, "nivel=%00",
        "sector=99", "sector=%00", "sector=11%00", "sector=" + "1" * 10_000,
        "grupo=marcianos", "grupo=%00", "grupo=MUJERES",
        "gestion=mañana", "gestion=-2024", "gestion=2024.5", "gestion=1e9", "gestion=1989", "gestion=20250", "gestion=%00",
        "gestion=002024" + "0" * 9_990, "gestion=0020240", "gestion=" + "9" * 10_000,
        "pdm=2016-2020", "pdm=2021", "pdm=2021-2025-2026", "pdm=-", "pdm=99999-99999", "pdm=" + "9" * 10_000, "pdm=%00",
        "metros=-1", "metros=0.5", "metros=50001", "metros=mucho", "metros=" + "9" * 10_000, "metros=%00", "metros=nan",
        "medida=kilos",
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused_in_a_short_sentence(tablero, query):
    with pytest.raises(FiltroInvalido) as e:
        vista(query)
    assert 10 < len(str(e.value)) < 400


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    nombre=st.sampled_from(["municipio", "nivel", "sector", "grupo", "gestion", "pdm", "metros", "medida"]),
    valor=st.text(max_size=12) | st.text(alphabet="0123456789-٣²", max_size=8),
    pregunta=st.sampled_from(list(PREGUNTAS)),
)
def test_any_value_is_a_view_or_a_refusal(tablero, nombre, valor, pregunta):
    parametros = QueryDict(mutable=True)
    parametros[nombre] = valor
    try:
        una = vista_de(parametros, VISITA, pregunta=pregunta)
        PREGUNTAS[pregunta](una, con_rasgos=False)
    except FiltroInvalido as e:
        assert str(e)


def test_drafts_are_offered_to_members_only(tablero):
    PDM.objects.create(municipio=tablero, nombre="Borrador", desde=2026, hasta=2030)
    POA.objects.create(municipio=tablero, gestion=2026)
    rosa = Usuario.objects.create_user("rosa")
    Membresia.objects.create(usuario=rosa, municipio=tablero, rol="lector")
    with pytest.raises(FiltroInvalido, match="No hay un PDM publicado"):
        vista("pdm=2026-2030", "cobertura-pdm")
    assert vista("pdm=2026-2030", "cobertura-pdm", rosa).pdm.nombre == "Borrador"
    anios = [[v for v, _e, _c in vista("", "ejecucion-poa", u).opciones["gestion"]] for u in (VISITA, rosa)]
    assert anios == [["2024"], ["2026", "2024"]]


def test_a_member_meets_her_own_municipality_and_a_visitor_the_one_with_most_to_show(tablero):
    vecino = unidad("municipio", "990102", cuadro(4, 0, 2), nombre="Vecino")
    unidad("distrito", "v", cuadro(4, 0), municipio=vecino)
    rosa = Usuario.objects.create_user("rosa")
    Membresia.objects.create(usuario=rosa, municipio=vecino, rol="lector")
    assert (vista().municipio, vista("", "demanda", rosa).municipio) == (tablero, vecino)


def test_the_units_of_a_view_are_those_of_its_level_and_municipality(tablero):
    vecino = unidad("municipio", "990102", cuadro(4, 0, 2), nombre="Vecino")
    unidad("distrito", "1", cuadro(4, 0), municipio=vecino)
    assert set(vista("nivel=distrito").unidades) == set(
        UnidadTerritorial.objects.filter(municipio=tablero, nivel__codigo="distrito")
    )
    assert list(vista("nivel=municipio").unidades) == [tablero]
