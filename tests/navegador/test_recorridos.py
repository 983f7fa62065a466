"""Walks over the pages around the maps: the citizen's path, languages, the account, no script, only the keyboard."""

import re
import unicodedata
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from demandas.models import Demanda
from proyectos.models import Proyecto
from territorio.models import Limite, UnidadTerritorial
from tests.navegador.conftest import ANCHO, TELEFONO
from tests.navegador.pasos import MAPAS, ancho_del_documento, esperar_mapa, filas_de_la_tabla, frase, lo_mismo_que

cada_ancho = pytest.mark.parametrize("ancho", [ANCHO, TELEFONO])


def sin_acentos(texto: str) -> str:
    return "".join(letra for letra in unicodedata.normalize("NFD", texto) if not unicodedata.combining(letra))


@pytest.fixture
def comunidad(municipio) -> UnidadTerritorial:
    """A community with a limit, whose name has an accent."""
    con_limite = UnidadTerritorial.objects.filter(
        pk__in=Limite.objects.en_vigor().values("unidad"), municipio=municipio, nivel__codigo="comunidad"
    )
    return next(unidad for unidad in con_limite.order_by("codigo") if sin_acentos(unidad.nombre) != unidad.nombre)


# --- the citizen ------------------------------------------------------------------------------------------------------


@cada_ancho
def test_a_citizen_finds_her_community_in_two_steps(abrir, comunidad, ancho):
    pagina = abrir("/", ancho)
    expect(pagina.locator("h1")).to_have_text("¿Qué se planifica en su comunidad?")
    pagina.locator("main input[type=search]").fill(sin_acentos(comunidad.nombre).lower())
    pagina.keyboard.press("Enter")
    pagina.locator("main").get_by_role("link", name=comunidad.nombre).first.click()
    expect(pagina.locator("h1")).to_contain_text(comunidad.nombre)
    assert urlsplit(pagina.url).path == f"/unidades/{comunidad.pk}/"


@cada_ancho
def test_her_position_leads_to_her_community(abrir, comunidad, retratar, ancho):
    lugar = comunidad.limites.en_vigor().get().geom.point_on_surface
    posicion = {"latitude": lugar.y, "longitude": lugar.x}
    pagina = abrir("/", ancho, geolocation=posicion, permissions=["geolocation"])
    with pagina.expect_navigation(url=re.compile("/aqui/")):
        pagina.get_by_role("button", name="Usar mi posición").click()
    expect(pagina.locator("h1")).to_contain_text(comunidad.nombre)
    expect(pagina.get_by_text("Municipio inventado, para demostración")).to_be_visible()
    retratar(pagina, f"aqui-{ancho}")
    pagina.locator("main").get_by_role("link", name=comunidad.nombre).first.click()
    assert urlsplit(pagina.url).path == f"/unidades/{comunidad.pk}/"


def test_a_refused_position_says_what_to_do_instead(abrir):
    pagina = abrir("/")
    boton = pagina.get_by_role("button", name="Usar mi posición")
    boton.click()
    expect(pagina.get_by_role("status")).to_contain_text("Revise el permiso de ubicación o busque por el nombre")
    expect(boton).to_be_enabled()


# --- languages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ruta", ["/", "/mapas/desatendidas/?municipio=990101&nivel=distrito", "/demandas/?q=agua"])
def test_another_language_keeps_the_page(abrir, ruta):
    pagina = abrir(ruta)
    en_espanol = pagina.locator("main h1").inner_text()
    direccion = pagina.url
    for idioma in ("en", "es"):
        with pagina.expect_navigation():
            pagina.locator(f".idiomas button[value={idioma}]").click()
        assert pagina.url == direccion
        assert pagina.locator("html").get_attribute("lang") == idioma
        assert (pagina.locator("main h1").inner_text() == en_espanol) == (idioma == "es")


# --- the account ------------------------------------------------------------------------------------------------------


@cada_ancho
def test_a_planner_enters_sees_what_waits_and_leaves(abrir, clave_demo, retratar, ancho):
    def menu() -> None:
        if ancho == TELEFONO:
            pagina.get_by_role("button", name="Menú").click()

    pagina = abrir("/demandas/", ancho)
    menu()
    pagina.get_by_role("link", name="entrar", exact=True).click()
    formulario = pagina.locator("main form")
    for clave in ("equivocada", clave_demo):
        formulario.locator("[name=username]").fill("planificadora")
        formulario.locator("[name=password]").fill(clave)
        formulario.get_by_role("button", name="Entrar").click()
        if clave != clave_demo:
            expect(pagina.get_by_role("alert")).to_be_visible()
    pagina.wait_for_url("**/demandas/")
    pagina.goto("/")
    expect(pagina.locator("h1")).to_have_text("Lo que le espera")
    retratar(pagina, f"inicio-planificadora-{ancho}")
    menu()
    pagina.get_by_role("button", name="salir").click()
    expect(pagina.locator("h1")).to_have_text("¿Qué se planifica en su comunidad?")


# --- without JavaScript -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pregunta", "ancho"), [*((una, ANCHO) for una in MAPAS), ("demanda", TELEFONO)])
def test_without_javascript_a_map_page_is_its_table(abrir, retratar, pregunta, ancho):
    pagina = abrir(f"/mapas/{pregunta}/", ancho, java_script_enabled=False)
    expect(pagina.locator(".aviso-guion")).to_be_visible()
    expect(pagina.locator(".aviso-guion")).to_have_text(
        "El mapa necesita JavaScript. La tabla tiene las mismas cifras."
    )
    expect(pagina.locator(".cifras-tabla tbody tr").first).to_be_visible()
    expect(pagina.locator(".conservacion")).to_be_visible()
    retratar(pagina, f"mapa-{pregunta}-sin-js-{ancho}")
    antes = frase(pagina)
    formulario = pagina.locator("form[data-filtros]")
    formulario.locator("select[name=sector]").select_option(index=1)
    formulario.get_by_role("button", name="Ver").click()
    assert frase(pagina) != antes
    datos = pagina.request.get(f"/api/v1/{pregunta}/?{urlsplit(pagina.url).query}").json()
    lo_mismo_que(datos, filas_de_la_tabla(pagina))


# --- what is not there ------------------------------------------------------------------------------------------------


@cada_ancho
def test_a_page_that_is_not_there_says_so_in_spanish(navegacion, retratar, ancho):
    pagina = navegacion.contexto(ancho).new_page()
    respuesta = pagina.goto("/no-existe/")
    assert respuesta.status == 404
    assert pagina.locator("html").get_attribute("lang") == "es"
    expect(pagina.locator("h1")).to_have_text("No está aquí")
    expect(pagina.locator("main")).to_contain_text("La página no existe")
    retratar(pagina, f"error-404-{ancho}")
    assert all("404" in queja for queja in navegacion.quejas)
    navegacion.quejas.clear()


def test_a_filter_that_cannot_be_is_refused_in_words(navegacion):
    pagina = navegacion.contexto().new_page()
    assert pagina.goto("/mapas/demanda/?sector=nada").status == 400
    expect(pagina.get_by_role("alert")).to_contain_text("No hay un sector con el código «nada».")
    assert all("400" in queja for queja in navegacion.quejas)
    navegacion.quejas.clear()


# --- the keyboard -----------------------------------------------------------------------------------------------------


def tabular_hasta(pagina: Page, selector: str, *, veces: int) -> None:
    for _vez in range(veces):
        pagina.keyboard.press("Tab")
        if pagina.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"con {veces} tabuladores no se llega a {selector}")


@pytest.mark.parametrize(
    ("ruta", "filtro"),
    [
        *((f"/mapas/{pregunta}/", "select[name=sector]") for pregunta in MAPAS),
        ("/demandas/", "#f-q"),
        ("/proyectos/", "#f-q"),
        ("/", "main input[type=search]"),
    ],
)
def test_the_keyboard_skips_the_header_and_reaches_the_filters(abrir, ruta, filtro):
    pagina = abrir(ruta)
    pagina.keyboard.press("Tab")
    saltar = pagina.get_by_role("link", name="Saltar al contenido")
    expect(saltar).to_be_focused()
    expect(saltar).to_be_in_viewport()
    pagina.keyboard.press("Enter")
    tabular_hasta(pagina, filtro, veces=8)


def test_on_a_phone_the_filters_open_with_the_keyboard(abrir):
    pagina = abrir("/mapas/demanda/", TELEFONO)
    esperar_mapa(pagina)
    pagina.keyboard.press("Tab")
    pagina.keyboard.press("Enter")
    tabular_hasta(pagina, ".filtros-caja summary", veces=10)
    expect(pagina.locator("select[name=sector]")).to_be_hidden()
    pagina.keyboard.press("Enter")
    tabular_hasta(pagina, "select[name=sector]", veces=4)
    expect(pagina.locator("select[name=sector]")).to_be_in_viewport()


def test_the_sheet_of_the_phone_has_three_heights(abrir):
    pagina = abrir("/mapas/demanda/", TELEFONO)
    esperar_mapa(pagina)
    asa = pagina.locator(".asa")
    asa.focus()
    altos = []
    for tecla in ("ArrowDown", "ArrowUp", "ArrowUp"):
        pagina.keyboard.press(tecla)
        pagina.wait_for_timeout(400)  # the sheet's own movement
        altos.append(pagina.locator(".panel").bounding_box()["height"])
        expect(pagina.locator("h1.frase")).to_be_in_viewport()
        expect(pagina.locator(".conservacion")).to_be_in_viewport()
    assert altos == sorted(altos)
    assert len(set(altos)) == 3


# --- every other page, on both widths ---------------------------------------------------------------------------------

PAGINAS = {
    "inicio": "/",
    "unidad-municipio": "/unidades/{municipio}/",
    "unidad-distrito": "/unidades/{distrito}/",
    "unidad-comunidad": "/unidades/{comunidad}/",
    "unidad-otb": "/unidades/{otb}/",
    "demandas": "/demandas/",
    "demandas-vacia": "/demandas/?q=zzzz",
    "demanda": "/demandas/{demanda}/",
    "proyectos": "/proyectos/",
    "proyecto": "/proyectos/{proyecto}/",
    "buscar": "/buscar/?q=agua",
    "buscar-nada": "/buscar/?q=zzzz",
    "municipios": "/municipios/",
    "entrar": "/entrar/",
}


@pytest.fixture
def claves(municipio, comunidad) -> dict[str, int]:
    """Pages with much to show: the unit, the demand and the project that have most."""
    propias = UnidadTerritorial.objects.filter(municipio=municipio)
    return {
        "municipio": municipio.pk,
        "distrito": propias.filter(nivel__codigo="distrito").first().pk,
        "comunidad": comunidad.pk,
        "otb": propias.filter(nivel__codigo="otb").first().pk,
        "demanda": Demanda.objects.filter(publicada=True, respuestas__isnull=False).order_by("codigo").first().pk,
        "proyecto": Proyecto.objects.filter(publicado=True, operaciones__isnull=False).order_by("codigo").first().pk,
    }


@cada_ancho
@pytest.mark.parametrize("cual", PAGINAS)
def test_no_page_is_wider_than_the_screen(abrir, claves, retratar, cual, ancho):
    pagina = abrir(PAGINAS[cual].format(**claves), ancho)
    expect(pagina.get_by_text("Municipio inventado, para demostración")).to_be_visible()
    assert pagina.locator("h1").count() == 1
    salientes = pagina.evaluate(
        """ancho => {
            if (document.documentElement.scrollWidth <= ancho) return [];
            return [...document.body.querySelectorAll("*")]
                .filter(uno => uno.getBoundingClientRect().right > ancho + 1)
                .map(uno => uno.outerHTML.slice(0, 80));
        }""",
        ancho,
    )
    assert salientes == []
    assert ancho_del_documento(pagina) <= ancho
    retratar(pagina, f"{cual}-{ancho}")
