"""The API: the same figures as the pages, read only, published only; what cannot be is answered in words."""

import json

import pytest
import yaml
from django.urls import get_resolver
from drf_spectacular.validation import validate_schema

from cuentas.models import Usuario
from demandas.models import Demanda
from mapas.preguntas import PREGUNTAS
from proyectos.models import Proyecto
from territorio.models import Membresia, UnidadTerritorial
from tests import hechos
from tests.mundo import cuadro, punto, unidad

pytestmark = pytest.mark.django_db
LISTAS = ("unidades", "demandas", "proyectos")


def pedir(client, ruta: str, **parametros):
    respuesta = client.get(f"/api/v1/{ruta}", parametros)
    cuerpo = b"".join(respuesta.streaming_content) if respuesta.streaming else respuesta.content
    return respuesta.status_code, json.loads(cuerpo)


@pytest.fixture
def rosa(tablero):
    usuario = Usuario.objects.create_user("rosa", password="x")
    Membresia.objects.create(usuario=usuario, municipio=tablero, rol="lector")
    return usuario


@pytest.fixture
def vecina(tablero):
    vecino = unidad("municipio", "990102", cuadro(4, 0, 2), nombre="Vecino")
    usuario = Usuario.objects.create_user("vecina")
    Membresia.objects.create(usuario=usuario, municipio=vecino, rol="planificador")
    return usuario


# --- the four questions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pregunta", PREGUNTAS)
@pytest.mark.parametrize("filtros", [{}, {"nivel": "comunidad", "sector": "11"}, {"nivel": "municipio"}])
def test_each_question_gives_the_pages_own_figures(client, tablero, pregunta, filtros):
    codigo, dicho = pedir(client, f"{pregunta}/", **filtros)
    en_la_pagina = client.get(f"/mapas/{pregunta}/", filtros).context["figuras"]
    assert codigo == 200
    assert (dicho["frase"], dicho["detalle"]) == (en_la_pagina.frase, en_la_pagina.detalle)
    assert dicho["filas"] == json.loads(json.dumps(en_la_pagina.filas, default=float))
    assert dicho["totales"] == pytest.approx(json.loads(json.dumps(en_la_pagina.totales, default=float)))
    assert dicho["conservacion"]["total"] == en_la_pagina.conservacion.total
    partes = dicho["conservacion"]
    assert partes["ubicadas"] + partes["fuera"] + partes["sin_ubicar"] == pytest.approx(partes["total"])


def test_a_member_gets_her_own_figures_and_a_neighbour_the_public_ones(client, tablero, rosa, vecina):
    totales = []
    for usuario in (None, rosa, vecina):
        if usuario:
            client.force_login(usuario)
        totales.append(pedir(client, "demanda/", municipio="990101")[1]["conservacion"]["total"])
    assert totales == [5, 6, 5]


@pytest.mark.parametrize("pregunta", PREGUNTAS)
@pytest.mark.parametrize(
    ("parametro", "valor"),
    [
        ("sectores", "11"), ("metros", "-1"), ("gestion", "mañana"), ("nivel", "barrio"), ("municipio", "9" * 10_000),
        ("sector", "\x00"), ("grupo", "\x00"), ("pdm", "x" * 10_000), ("format", "xml"),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_is_a_400_that_says_why(client, tablero, pregunta, parametro, valor):
    codigo, dicho = pedir(client, f"{pregunta}/", **{parametro: valor})
    assert codigo in ({400, 404} if parametro == "format" else {400})
    if parametro != "format":
        assert 10 < len(dicho["error"]) < 400


@pytest.mark.parametrize("pregunta", PREGUNTAS)
def test_with_no_municipality_loaded_a_question_is_a_404_in_words(client, db, pregunta):
    assert pedir(client, f"{pregunta}/") == (404, {"error": "No hay ningún municipio cargado."})


# --- lists ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lista", "cuantos"), [("unidades", 6), ("demandas", 5), ("proyectos", 2)])
def test_each_list_is_one_geojson_collection(client, tablero, lista, cuantos):
    codigo, dicho = pedir(client, f"{lista}/")
    assert (codigo, dicho["type"], dicho["numberReturned"], len(dicho["features"])) == (
        200,
        "FeatureCollection",
        cuantos,
        cuantos,
    )
    assert client.get(f"/api/v1/{lista}/")["Content-Type"] == "application/geo+json"
    for rasgo in dicho["features"]:
        assert rasgo["type"] == "Feature"
        assert rasgo["geometry"] is None or rasgo["geometry"]["type"] in {"Point", "MultiLineString", "MultiPolygon"}


def test_a_unit_comes_with_its_limit_or_its_point_or_nothing(client, tablero):
    rasgos = {r["properties"]["codigo"]: r for r in pedir(client, "unidades/", nivel="comunidad")[1]["features"]}
    assert {c: r["geometry"] and r["geometry"]["type"] for c, r in rasgos.items()} == {
        "c": "MultiPolygon",
        "p": "Point",
        "x": None,
    }
    assert rasgos["c"]["properties"] == {
        "codigo": "c", "nombre": "Ñuñu Mayu", "nivel": "comunidad", "municipio": "990101", "padre": "1",
        "padre_nombre": "Oeste", "categoria": "", "estado_limite": "referencial",
    }  # fmt: skip


def test_lists_are_filtered_by_place_sector_group_and_name(client, tablero):
    oeste = UnidadTerritorial.objects.get(codigo="1")

    def codigos(lista, **filtros):
        return [r["properties"]["codigo"] for r in pedir(client, f"{lista}/", **filtros)[1]["features"]]

    assert codigos("demandas", sector="11") == ["a", "u"]
    assert codigos("demandas", grupo="mujeres") == ["a"]
    assert codigos("demandas", unidad=oeste.pk) == ["a", "b"]
    assert codigos("demandas", municipio="999999") == []
    assert codigos("proyectos", unidad=oeste.pk, gestion=2024) == ["p"]
    assert codigos("proyectos", gestion=1999) == []
    assert codigos("unidades", nombre="nunu") == ["c"]
    assert codigos("unidades", nombre="%") == []


def test_a_list_is_paged_and_says_how_many_there_are(client, tablero):
    codigo, dicho = pedir(client, "demandas/", limite=2, desde=4)
    assert (codigo, dicho["numberMatched"], dicho["numberReturned"], len(dicho["features"])) == (200, 5, 1, 1)
    assert pedir(client, "demandas/", desde=99)[1]["numberReturned"] == 0
    assert pedir(client, "demandas/", limite=0)[1]["features"] == []


@pytest.mark.parametrize("lista", LISTAS)
@pytest.mark.parametrize(
    ("parametro", "valor"),
    [
        ("nada", "1"), ("punto__intersects", "x"), ("ordering", "usuario"), ("limite", "-1"),
        ("limite", "50001"), ("limite", "muchos"), ("desde", "٣"),
        ("limite", "9" * 10_000), ("municipio", "\x00"), ("page", "2"), ("search", "x"),
    ],
)  # fmt: skip
def test_a_list_refuses_a_parameter_that_it_does_not_have_or_cannot_read(client, tablero, lista, parametro, valor):
    codigo, dicho = pedir(client, f"{lista}/", **{parametro: valor})
    assert codigo == 400
    assert parametro in json.dumps(dicho)


@pytest.mark.parametrize(
    ("lista", "parametro", "valor"),
    [
        ("demandas", "grupo", "marcianos"),
        ("demandas", "estado", "x"),
        ("demandas", "unidad", "uno"),
        ("unidades", "padre", "nan"),
        ("proyectos", "gestion", "mañana"),
        ("proyectos", "estado", "x"),
    ],
)
def test_a_list_refuses_a_value_that_is_no_choice(client, tablero, lista, parametro, valor):
    assert pedir(client, f"{lista}/", **{parametro: valor})[0] == 400


@pytest.mark.parametrize(
    ("lista", "parametro"),
    [("demandas", "unidad"), ("unidades", "padre"), ("proyectos", "unidad"), ("proyectos", "gestion")],
)
@pytest.mark.parametrize("valor", ["99999999999999999999", "1e40", "-1", "1e-9", "1.5"])
def test_a_number_that_no_row_has_gives_an_empty_list_or_a_400(client, tablero, lista, parametro, valor):
    codigo, dicho = pedir(client, f"{lista}/", **{parametro: valor})
    assert codigo == 400 or (codigo, dicho["features"]) == (200, [])


def test_a_demand_in_two_units_is_listed_once(client, tablero, rosa):
    Membresia.objects.create(usuario=rosa, municipio=tablero, rol="comite")
    client.force_login(rosa)
    pks = [r["id"] for r in pedir(client, "demandas/")[1]["features"]]
    assert len(pks) == len(set(pks)) == 6


# --- one ---------------------------------------------------------------------------------------------------------------


def test_one_project_comes_with_its_money_by_year(client, tablero):
    p = Proyecto.objects.get(codigo="p")
    codigo, dicho = pedir(client, f"proyectos/{p.pk}/")
    assert (codigo, dicho["geometry"]["type"], dicho["properties"]["codigo"]) == (200, "MultiLineString", "p")
    assert dicho["properties"]["operaciones"] == [
        {"gestion": 2024, "presupuesto_inicial": "0.00", "presupuesto_vigente": "1000.00", "devengado": "250.00",
         "fisico_programado": "50.00", "fisico_alcanzado": "40.00"},
    ]  # fmt: skip


def test_a_draft_programmes_money_is_not_shown_to_a_visitor(client, tablero):
    p = Proyecto.objects.get(codigo="p")
    hechos.operacion(p, 2026, estado="borrador", presupuesto_vigente=9)
    assert [o["gestion"] for o in pedir(client, f"proyectos/{p.pk}/")[1]["properties"]["operaciones"]] == [2024]


@pytest.mark.parametrize(
    ("lista", "modelo", "codigo"), [("demandas", Demanda, "secreta"), ("proyectos", Proyecto, "oculto")]
)
def test_what_is_not_published_does_not_exist_but_for_members(client, tablero, rosa, vecina, lista, modelo, codigo):
    ruta = f"{lista}/{modelo.objects.get(codigo=codigo).pk}/"
    assert pedir(client, ruta)[0] == 404
    client.force_login(vecina)
    assert pedir(client, ruta)[0] == 404
    assert codigo not in json.dumps(pedir(client, f"{lista}/")[1])
    client.force_login(rosa)
    assert pedir(client, ruta)[0] == 200
    assert codigo in json.dumps(pedir(client, f"{lista}/")[1])


def test_a_published_project_does_not_tell_of_demands_plans_and_years_that_are_not(client, tablero):
    from proyectos.models import PDM

    secreta = Demanda.objects.get(codigo="secreta")
    borrador = PDM.objects.create(municipio=tablero, nombre="Plan en borrador", desde=2026, hasta=2030)
    p = hechos.proyecto(tablero, "z", responde=[secreta], pdm=borrador)
    hechos.operacion(p, 2026, estado="borrador", presupuesto_vigente=9)
    propiedades = pedir(client, f"proyectos/{p.pk}/")[1]["properties"]
    assert (propiedades["demandas"], propiedades["pdm"], propiedades["operaciones"]) == ([], None, [])
    assert "Plan en borrador" not in json.dumps(pedir(client, "proyectos/")[1])
    assert pedir(client, "proyectos/", gestion=2026)[1]["features"] == []


@pytest.mark.parametrize("lista", LISTAS)
@pytest.mark.parametrize("clave", ["0", "abc", "99999999999999999999999", "1.5", "%FF"])
def test_one_that_is_not_there_is_a_404_in_words(client, tablero, lista, clave):
    codigo, dicho = pedir(client, f"{lista}/{clave}/")
    assert (codigo, dicho["error"]) == (404, "No existe.")


# --- read only --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metodo", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize(
    "ruta", ["demandas/", "proyectos/", "demandas/1/", "proyectos/1/", *(f"{p}/" for p in PREGUNTAS)]
)
def test_nothing_is_written_by_visitors_members_or_superusers(client, tablero, rosa, metodo, ruta):
    antes = (Demanda.objects.count(), Proyecto.objects.count(), UnidadTerritorial.objects.count())
    for usuario in (None, rosa, Usuario.objects.create_superuser("jefa")):
        if usuario:
            client.force_login(usuario)
        respuesta = getattr(client, metodo)(f"/api/v1/{ruta}", {"titulo": "x"}, content_type="application/json")
        # Who may register demands is told what the body lacks.
        assert respuesta.status_code in ({400, 403, 404, 405} if ruta.startswith("demandas/") else {403, 405})
        assert respuesta.json()["error"]
    assert (Demanda.objects.count(), Proyecto.objects.count(), UnidadTerritorial.objects.count()) == antes


# --- the schema -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def esquema(django_db_blocker):
    from django.test import Client

    with django_db_blocker.unblock():
        respuesta = Client().get("/api/v1/esquema/")
    assert respuesta.status_code == 200
    return yaml.safe_load(respuesta.content)


def test_the_schema_is_valid_openapi(esquema):
    validate_schema(esquema)


def test_the_schema_names_every_route_of_demands_projects_and_questions_and_what_can_only_be_read(esquema):
    rutas = {f"/api/v1/{r}/" for r in ("proyectos", *PREGUNTAS)} | {"/api/v1/proyectos/{id}/"}
    assert rutas <= set(esquema["paths"])
    assert {metodo for ruta in rutas for metodo in esquema["paths"][ruta]} == {"get"}
    assert set(esquema["paths"]["/api/v1/demandas/"]) == {"get", "post"}
    assert set(esquema["paths"]["/api/v1/demandas/{id}/"]) == {"get", "patch"}
    assert get_resolver().resolve("/api/v1/demanda/").url_name == "api-demanda"


def test_the_schema_tells_what_of_territory_is_read_and_what_is_written(esquema):
    metodos = {ruta.removeprefix("/api/v1/"): set(operaciones) for ruta, operaciones in esquema["paths"].items()}
    assert metodos["unidades/"] == metodos["equipamientos/"] == metodos["sucesiones/"] == {"get", "post"}
    assert metodos["unidades/{id}/"] == metodos["equipamientos/{id}/"] == {"get", "patch", "delete"}
    assert metodos["unidades/{id}/limites/"] == {"get", "post"}
    for leida in ("poblaciones/", "indicadores/", "cifras/", "niveles/", "donde/"):
        assert metodos[leida] == {"get"}


def test_the_schema_is_made_without_a_warning(client, capsys):
    from drf_spectacular.drainage import GENERATOR_STATS

    GENERATOR_STATS.reset()
    client.get("/api/v1/esquema/")
    assert not GENERATOR_STATS, capsys.readouterr().err


def test_the_schema_names_every_parameter_of_a_question(esquema):
    nombres = {p["name"] for p in esquema["paths"]["/api/v1/demanda/"]["get"]["parameters"]}
    assert nombres == {
        *("municipio", "nivel", "sector", "grupo", "otro", "gestion", "pdm", "tipo", "metros", "medida", "fecha"),
    }


def test_points_keep_their_seven_decimals(client, tablero):
    hechos.demanda(tablero, "fina", punto(0.123456789, 1))
    rasgo = next(r for r in pedir(client, "demandas/")[1]["features"] if r["properties"]["codigo"] == "fina")
    assert rasgo["geometry"]["coordinates"][0] == pytest.approx(-65 + 0.00123456789, abs=1e-7)
