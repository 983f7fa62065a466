"""Pages that are not maps: what each says first, what it hides, and what it does with odd input."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.conf import settings
from django.core.exceptions import BadRequest
from django.template.loader import get_template
from django.test import Client, override_settings
from django.urls import include, path, reverse
from django.views.i18n import set_language

from cuentas.models import Usuario
from demandas.models import Demanda, Rango
from mapas.templatetags.minka import bs, fraccion, numero, porcentaje
from mapas.views.paginas import inicio
from proyectos.models import PDM, POA, Operacion, Proyecto, Respuesta
from territorio.localizacion import localizar
from territorio.models import Membresia
from tests import hechos, mundo


def rehusar(request):
    raise BadRequest("La capa no existe.")


# The routes of these pages by themselves, so that a broken map page doesn't fail these tests.
urlpatterns = [
    path("", inicio, name="inicio"),
    path("", include("mapas.urls.paginas")),
    path("", include("cuentas.urls")),
    path("", include("demandas.urls")),
    path("", include("proyectos.urls")),
    path("archivos/", include("territorio.urls_archivos")),
    path("idioma/", set_language, name="set_language"),
    path("cae/", lambda request: 1 / 0),
    path("no/", rehusar),
]
handler400 = "cuentas.guardia.errores.error_400"
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def ayllu(muni, oeste):
    """A community known only by its point, in the west."""
    return mundo.unidad(
        "comunidad", "0001", mundo.punto(0.5, 0.5), municipio=muni, padre=oeste, nombre="Ch'alla Ñiquito", personas=100
    )


@pytest.fixture
def pozo(muni, ayllu):
    demanda = Demanda.objects.create(
        municipio=muni,
        codigo="D1",
        titulo="Perforación de pozo",
        proponente=ayllu,
        grupo="mujeres",
        publicada=True,
        punto=mundo.punto(0.6, 0.6),
        beneficiarias_mujeres=30,
        beneficiarios_hombres=20,
        costo_estimado=Decimal("1234567.89"),
    )
    Rango.objects.create(demanda=demanda, grupo="mujeres", puesto=1)
    localizar(Demanda.objects.all())
    return demanda


@pytest.fixture
def obra(muni, ayllu, pozo):
    """A project of the plan that answers `pozo`, 40 points late: 60 programmed, 20 reached."""
    pdm = PDM.objects.create(municipio=muni, nombre="PDM 2025-2029", desde=2025, hasta=2029, estado="publicado")
    proyecto = Proyecto.objects.create(
        municipio=muni,
        pdm=pdm,
        codigo="P1",
        nombre="Construcción de pozo",
        unidad=ayllu,
        estado="en_ejecucion",
        punto=mundo.punto(0.6, 0.6),
        publicado=True,
    )
    Respuesta.objects.create(demanda=pozo, proyecto=proyecto)
    poa = POA.objects.create(municipio=muni, gestion=2026, estado="en_ejecucion")
    Operacion.objects.create(
        poa=poa, proyecto=proyecto, presupuesto_vigente=1000, devengado=250, fisico_programado=60, fisico_alcanzado=20
    )
    localizar(Proyecto.objects.all())
    return proyecto


@pytest.fixture
def planificadora(client, muni):
    usuaria = Usuario.objects.create_user("rosa", password="x", first_name="Rosa")
    Membresia.objects.create(usuario=usuaria, municipio=muni, rol="planificador")
    client.force_login(usuaria)
    return usuaria


def leer(client, direccion: str, estado: int = 200) -> str:
    """The page's visible text, without tags and with single spaces."""
    respuesta = client.get(direccion)
    assert respuesta.status_code == estado, direccion
    return texto_de(respuesta)


def texto_de(respuesta) -> str:
    sin_etiquetas = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", respuesta.content.decode(), flags=re.S)
    return re.sub(
        r"([(]) | ([)])", r"\1\2", " ".join(sin_etiquetas.replace("&#x27;", "'").replace("\u00a0", " ").split())
    )


# --- home -------------------------------------------------------------------------------------------------------------


def test_an_empty_database_says_how_to_begin(client, db):
    pagina = leer(client, "/")
    assert "bin/demo" in pagina
    assert "importar_limites" in pagina


def test_the_home_page_asks_the_citizens_question_first(client, muni):
    assert re.search(r"<h1>\s*¿Qué se planifica en su comunidad\?", client.get("/").content.decode())


def test_the_home_page_gives_the_figures_of_the_four_questions(client, obra):
    pagina = leer(client, "/")
    assert "1 demanda " in pagina
    assert "0 de 1 comunidades sin ningún proyecto" in pagina
    assert "El plan responde a 1 de 1 demandas (100 %)" in pagina
    assert "Avance físico 20 % de 60 % programado; financiero 25 %" in pagina


def test_a_planner_sees_what_waits_for_her(client, obra, planificadora):
    pagina = leer(client, "/")
    assert "1 demanda por validar" in pagina
    assert "1 proyecto atrasado" in pagina


def test_a_visitor_sees_nothing_waiting(client, obra):
    assert "por validar" not in leer(client, "/")


@pytest.mark.parametrize("ruta", ["/", "/buscar/", "/demandas/", "/proyectos/", "/municipios/", "/entrar/"])
def test_every_page_of_the_invented_municipality_says_so(client, muni, ruta):
    assert muni.codigo == settings.MINKA_MUNICIPIO_DEMO
    assert "Municipio inventado, para demostración" in leer(client, ruta)


def test_a_real_municipality_is_not_called_invented(client, muni):
    mundo.unidad("municipio", "020101", mundo.cuadro(9, 9), nombre="Otro")
    assert "Municipio inventado" not in leer(client, "/?municipio=020101")


@pytest.mark.parametrize("ruta", ["/", "/demandas/", "/entrar/", "/buscar/?q=pozo"])
def test_no_page_asks_anything_of_another_host(client, obra, ruta):
    pagina = client.get(ruta).content.decode()
    pedidos = re.findall(r'(?:src|href|action)="(https?:)?//', pagina)
    assert pedidos == []


# --- search -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("buscado", ["niquito", "ÑIQUITO", "challa'", "0001", "niquito ch'alla"])
def test_a_community_is_found_without_accents_by_name_or_code(client, ayllu, buscado):
    encontrada = f'href="/unidades/{ayllu.pk}/"' in client.get("/buscar/", {"q": buscado}).content.decode()
    assert encontrada == (buscado != "challa'")


def test_demands_and_projects_are_found_by_title(client, obra, pozo):
    pagina = client.get("/buscar/?q=construccion+pozo").content.decode()
    assert f"/proyectos/{obra.pk}/" in pagina
    assert f'href="/demandas/{pozo.pk}/"' not in pagina


def test_a_search_without_result_says_what_to_try(client, muni):
    assert "No se encontró nada" in leer(client, "/buscar/?q=zzz")


RAREZAS = [
    "q=%00",
    "q=%FF",
    "q=" + "a+" * 300,
    "pagina=-1",
    "pagina=%00",
    "pagina=99999999999999999999",
    "municipio=%00",
    "municipio=nada",
    "unidad=99999999999999999999999",
    "unidad=x",
    "unidad=²",
    "orden=-publicada",
    "orden=municipio__usuario__password",
    "titulo__regex=(a%2B)%2B",
    "sector=%00",
    "sector=nada",
    "estado=nada",
    "estado=priorizada&estado=registrada",
    "grupo=nada",
    "lugar=nada",
    "limite=5",
]


@pytest.mark.parametrize("ruta", ["/", "/buscar/", "/demandas/", "/proyectos/", "/municipios/"])
def test_what_a_page_cannot_mean_is_refused_in_words(client, pozo, ruta):
    for consulta in RAREZAS:
        if (ruta, consulta[:7]) == ("/municipios/", "municip") and "%00" not in consulta:
            continue  # that page is where one is chosen
        assert 'role="alert"' in client.get(f"{ruta}?{consulta}").content.decode(), consulta
        assert client.get(f"{ruta}?{consulta}").status_code == 400, consulta


def test_a_refusal_names_the_parameter_and_leads_to_the_page_without_it(client, pozo):
    refusado = leer(client, "/demandas/?municipio=990101&q=pozo&grupo=nada&utm_source=radio", 400)
    assert "«grupo» no puede ser «nada»; puede ser: comunidad, mujeres" in refusado
    respuesta = client.get("/demandas/?municipio=990101&q=pozo&grupo=nada")
    assert 'href="/demandas/?municipio=990101&amp;q=pozo"' in respuesta.content.decode()


@pytest.mark.parametrize(
    "consulta", ["q=%25%27%22%5C", "q=%F0%9F%8F%94", "q=%E2%80%AE", "utm_source=radio&fbclid=x", "pagina=999"]
)
@pytest.mark.parametrize("ruta", ["/buscar/", "/demandas/", "/proyectos/", "/municipios/"])
def test_odd_input_never_fails(client, pozo, ruta, consulta):
    assert client.get(f"{ruta}?{consulta}").status_code == 200


# --- position ---------------------------------------------------------------------------------------------------------


def coordenadas(x: float, y: float) -> str:
    lon, lat = mundo.xy(x, y)
    return f"/aqui/?lat={lat}&lon={lon}"


def test_a_position_leads_to_the_units_that_cover_it(client, muni, oeste, este):
    pagina = client.get(coordenadas(0.5, 0.5)).content.decode()
    assert f"/unidades/{oeste.pk}/" in pagina
    assert f"/unidades/{este.pk}/" not in pagina


def test_where_no_community_covers_the_position_the_nearest_come_first(client, muni, oeste, ayllu):
    lejos = mundo.unidad("comunidad", "2", mundo.cuadro(3, 1), municipio=muni, nombre="Lejana")
    pagina = client.get(coordenadas(0.6, 0.5)).content.decode()
    assert pagina.index(f'href="/unidades/{ayllu.pk}/"') < pagina.index(f'href="/unidades/{lejos.pk}/"')


def test_a_community_beyond_20_km_is_not_near(client, muni, ayllu):
    assert "Niquito" not in leer(client, coordenadas(20.5, 0.5)).replace("Ñ", "N")


@pytest.mark.parametrize(
    "consulta",
    [
        "",
        "lat=-17",
        "lat=nan&lon=-65",
        "lat=inf&lon=inf",
        "lat=1e200&lon=1",
        "lat=48&lon=2",
        "lat=a&lon=b",
    ],
)
def test_a_position_that_cannot_be_is_refused_in_words(client, muni, consulta):
    assert "posición no es válida" in leer(client, f"/aqui/?{consulta}", 400)


# --- unit -------------------------------------------------------------------------------------------------------------


def test_a_unit_says_its_people_its_step_and_how_its_demands_were_placed(client, obra, ayllu):
    pagina = leer(client, f"/unidades/{ayllu.pk}/")
    assert "100 habitantes (Censo 2024)" in pagina
    assert "en ejecución" in pagina
    assert "Perforación de pozo" in pagina
    assert "Bs 2,50 por habitante" in pagina


def test_a_demand_on_the_border_shows_half_in_each_district_and_its_dispute(client, muni, oeste, este):
    Demanda.objects.create(municipio=muni, codigo="F", titulo="Frontera", punto=mundo.punto(2, 1), publicada=True)
    localizar(Demanda.objects.all())
    for distrito in (oeste, este):
        pagina = leer(client, f"/unidades/{distrito.pk}/")
        assert "50 % aquí" in pagina
        assert "en disputa" in pagina


def test_a_unit_lists_what_it_is_made_of_and_its_limits(client, muni, oeste, ayllu):
    pagina = leer(client, f"/unidades/{oeste.pk}/")
    assert "Ch'alla Ñiquito" in pagina
    assert "01/01/2000 – hasta hoy" in pagina
    assert "Oeste" in leer(client, f"/unidades/{muni.pk}/")


def test_a_name_that_is_only_a_number_says_its_level(client, muni):
    cuatro = mundo.unidad("distrito", "4", mundo.cuadro(0, 0), municipio=muni, nombre="4")
    assert "Distrito 4" in leer(client, f"/unidades/{cuatro.pk}/")
    assert "Usted está en Distrito 4" in leer(client, coordenadas(0.5, 0.5))


def test_a_unit_without_limit_nor_point_has_a_page(client, muni):
    nada = mundo.unidad("comunidad", "9", municipio=muni, nombre="Sin lugar")
    assert "No tiene límite ni punto" in leer(client, f"/unidades/{nada.pk}/")


# --- demands and projects ---------------------------------------------------------------------------------------------


def test_a_demand_says_where_who_and_what_answers_it(client, obra, pozo):
    pagina = leer(client, f"/demandas/{pozo.pk}/")
    for parte in (
        "Registrada",
        "Tiene lugar propio: un punto",
        "Mujeres de Ch'alla",
        "Puesto para mujeres 1.º",
        "50 personas",
        "Bs 1.234.567,89",
        "Construcción de pozo",
        "Oeste",
    ):
        assert parte in pagina


def test_a_project_shows_each_year_with_its_money_and_progress(client, obra, pozo):
    pagina = leer(client, f"/proyectos/{obra.pk}/")
    for parte in ("POA 2026", "1.000,00", "250,00", "25 %", "60 %", "20 %", "PDM 2025-2029", pozo.titulo):
        assert parte in pagina


@pytest.mark.parametrize("quien", ["visitor", "stranger"])
def test_what_is_not_published_is_not_there(client, obra, pozo, quien):
    Demanda.objects.update(publicada=False)
    Proyecto.objects.update(publicado=False)
    if quien == "stranger":
        client.force_login(Usuario.objects.create_user("otro"))
    leer(client, f"/demandas/{pozo.pk}/", 404)
    leer(client, f"/proyectos/{obra.pk}/", 404)
    for ruta in ("/demandas/", "/proyectos/", "/buscar/?q=pozo", f"/unidades/{pozo.proponente_id}/", "/"):
        pagina = leer(client, ruta)
        assert pozo.titulo not in pagina
        assert obra.nombre not in pagina


def test_a_member_sees_what_is_not_published_marked_as_such(client, pozo, planificadora):
    Demanda.objects.update(publicada=False)
    assert "sin publicar" in leer(client, f"/demandas/{pozo.pk}/")


def test_an_unpublished_answer_stays_hidden_on_a_published_demand(client, obra, pozo):
    Proyecto.objects.update(publicado=False)
    assert obra.nombre not in leer(client, f"/demandas/{pozo.pk}/")


def test_a_draft_programme_stays_hidden_on_a_published_project(client, obra):
    assert "POA 2026" in leer(client, f"/proyectos/{obra.pk}/")
    hechos.operacion(obra, 2027, estado="borrador")
    assert "POA 2027" not in leer(client, f"/proyectos/{obra.pk}/")


@pytest.mark.parametrize("ruta", ["/unidades/0/", "/demandas/0/", "/proyectos/0/", f"/proyectos/{10**30}/"])
def test_what_does_not_exist_is_not_found_and_says_a_way_on(client, muni, ruta):
    assert "Ir al inicio" in leer(client, ruta, 404)


# --- lists ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("consulta", "esta"),
    [
        ("q=perforacion", True),
        ("q=niquito", True),
        ("grupo=mujeres", True),
        ("grupo=hombres", False),
        ("estado=registrada", True),
        ("estado=validada", False),
        ("lugar=propia", True),
        ("lugar=sin_ubicar", False),
    ],
)
def test_the_list_of_demands_shows_what_the_filters_ask(client, pozo, consulta, esta):
    assert (f"/demandas/{pozo.pk}/" in client.get(f"/demandas/?{consulta}").content.decode()) is esta


@pytest.mark.parametrize(("programado", "esta"), [(35, False), (36, True)])
def test_a_project_is_late_when_more_than_15_points_behind(client, obra, programado, esta):
    Operacion.objects.update(fisico_programado=programado)  # 20 reached
    assert (f"/proyectos/{obra.pk}/" in client.get("/proyectos/?avance=atrasado").content.decode()) is esta


def test_a_cancelled_project_is_not_late(client, obra):
    Proyecto.objects.update(estado="cancelado")
    assert f"/proyectos/{obra.pk}/" not in client.get("/proyectos/?avance=atrasado").content.decode()


def test_a_list_narrowed_to_a_unit_holds_what_lies_in_it(client, pozo, oeste, este):
    localizar(Demanda.objects.all())
    assert f"/demandas/{pozo.pk}/" in client.get(f"/demandas/?unidad={oeste.pk}").content.decode()
    assert f"/demandas/{pozo.pk}/" not in client.get(f"/demandas/?unidad={este.pk}").content.decode()


def test_a_list_sorts_both_ways_with_the_unknown_last(client, muni):
    for codigo, costo in (("caro", 9), ("barato", 1), ("nada", None)):
        Demanda.objects.create(municipio=muni, codigo=codigo, titulo=codigo, costo_estimado=costo, publicada=True)
    for orden, esperado in (("costo", ["barato", "caro", "nada"]), ("-costo", ["caro", "barato", "nada"])):
        pagina = client.get(f"/demandas/?orden={orden}").content.decode()
        assert sorted(esperado, key=lambda titulo: pagina.index(f">{titulo}</a>")) == esperado


def test_a_list_has_fifty_rows_and_offers_what_is_seen(client, muni):
    Demanda.objects.bulk_create(
        Demanda(municipio=muni, codigo=f"{n:03}", titulo=f"Demanda {n}", publicada=True) for n in range(51)
    )
    primera = client.get("/demandas/?q=demanda").content.decode()
    assert len(re.findall(r'href="/demandas/\d+/"', primera)) == 50
    assert len(re.findall(r'href="/demandas/\d+/"', client.get("/demandas/?q=demanda&pagina=2").content.decode())) == 1
    assert 'href="/exportar/demandas.csv?q=demanda&amp;municipio=990101"' in primera


def test_the_number_of_queries_of_a_list_does_not_grow_with_its_rows(
    client, muni, ayllu, django_assert_max_num_queries
):
    Demanda.objects.bulk_create(
        Demanda(municipio=muni, codigo=f"{n}", titulo="x", publicada=True, proponente=ayllu) for n in range(40)
    )
    with django_assert_max_num_queries(12):
        client.get("/demandas/")


# --- errors -----------------------------------------------------------------------------------------------------------


def test_a_failure_has_a_page_that_asks_nothing_of_the_database(db, monkeypatch, django_assert_num_queries):
    cliente = Client(raise_request_exception=False)
    monkeypatch.setattr("cuentas.middleware.QuienPregunta.__call__", lambda self, request: self.get_response(request))
    with django_assert_num_queries(0):
        respuesta = cliente.get("/cae/")
    assert respuesta.status_code == 500
    assert "Algo falló de nuestro lado" in texto_de(respuesta)


@pytest.mark.parametrize("plantilla", ["400.html", "413.html", "429.html", "500.html", "503.html", "403_csrf.html"])
def test_error_pages_stand_without_context(plantilla, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert 'href="/"' in get_template(plantilla).render()


@override_settings(ALLOWED_HOSTS=["bueno.test"])
def test_a_request_to_an_unknown_host_gets_the_page_of_bad_requests(client):
    assert "No se entendió el pedido" in leer(client, "/", 400)


def test_what_we_refuse_is_told_in_our_words(client, db):
    assert "La capa no existe." in leer(client, "/no/", 400)


# --- language and figures ---------------------------------------------------------------------------------------------


def test_the_switch_turns_the_page_to_english_and_back(client, muni):
    client.post("/idioma/", {"language": "en", "next": "/"})
    pagina = client.get("/").content.decode()
    assert '<html lang="en">' in pagina
    client.post("/idioma/", {"language": "es", "next": "/"})
    assert '<html lang="es">' in client.get("/").content.decode()


def test_names_of_routes_are_stable():
    assert reverse("inicio") == "/"
    assert reverse("paginas:unidad", args=[7]) == "/unidades/7/"
    assert reverse("paginas:demanda", args=[7]) == "/demandas/7/"
    assert reverse("paginas:proyecto", args=[7]) == "/proyectos/7/"


@pytest.mark.parametrize(
    ("filtro", "valor", "escrito"),
    [
        (bs, Decimal("1234567.89"), "Bs\u00a01.234.567,89"),
        (bs, None, "sin dato"),
        (numero, 12400, "12.400"),
        (numero, 93.5, "93,5"),
        (numero, 93.0000001, "93"),
        (numero, float("nan"), "sin dato"),
        (porcentaje, 46.4, "46\u00a0%"),
        (fraccion, 0.5, "50\u00a0%"),
        (fraccion, 1.0, ""),
        (fraccion, 0.001, "menos del 1 %"),
    ],
)
def test_figures_are_written_as_people_there_write_them(filtro, valor, escrito):
    assert filtro(valor) == escrito


def test_a_closed_limit_shows_its_last_day(client, muni):
    limite = muni.limites.get()
    limite.vigencia = type(limite.vigencia)(date(2000, 1, 1), date(2010, 1, 1))
    limite.save()
    assert "01/01/2000 – 31/12/2009" in leer(client, f"/unidades/{muni.pk}/")
