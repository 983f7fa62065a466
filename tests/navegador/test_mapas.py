"""A walk over each of the four map pages, on a wide screen and on a phone."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pyogrio
import pytest
from playwright.sync_api import Page, expect

from proyectos.models import Proyecto
from territorio.models import UnidadTerritorial
from tests.navegador.conftest import ANCHO, TELEFONO
from tests.navegador.pasos import (
    MAPAS,
    ancho_del_documento,
    con_lugar,
    esperar_mapa,
    filas_de_la_tabla,
    frase,
    lo_mismo_que,
    nada_encima,
    nivel_de,
    numero,
    poligonos,
    pulsar_unidad,
    ver_ficha,
)

cada_mapa = pytest.mark.parametrize("pregunta", MAPAS)
cada_ancho = pytest.mark.parametrize("ancho", [ANCHO, TELEFONO])


@pytest.fixture
def abrir_mapa(abrir):
    def abrir_uno(pregunta: str, consulta: str = "", **opciones) -> Page:
        pagina = abrir(f"/mapas/{pregunta}/{consulta}", **opciones)
        esperar_mapa(pagina)
        return pagina

    return abrir_uno


def de_la_api(pagina: Page, pregunta: str) -> dict:
    """What the API answers to the query string of the page."""
    respuesta = pagina.request.get(f"/api/v1/{pregunta}/?{urlsplit(pagina.url).query}")
    assert respuesta.ok, respuesta.text()
    return respuesta.json()


def sectores(pagina: Page) -> list[str]:
    """Codes of the sectors that the page lets one choose."""
    return pagina.locator("select[name=sector] option").evaluate_all("todos => todos.map(o => o.value).filter(Boolean)")


def filtrar(pagina: Page, clave: str, valor: str) -> None:
    caja = pagina.locator(".filtros-caja")
    if caja.get_attribute("open") is None:
        caja.locator("> summary").click()
    with pagina.expect_navigation():
        pagina.locator(f"select[name={clave}]").select_option(valor)
    esperar_mapa(pagina)


@cada_ancho
@cada_mapa
def test_a_map_draws_every_unit_with_its_legend_and_its_conservation_line(
    abrir_mapa, municipio, retratar, pregunta, ancho
):
    pagina = abrir_mapa(pregunta, ancho=ancho)
    retratar(pagina, f"mapa-{pregunta}-{ancho}")
    assert ancho_del_documento(pagina) <= ancho
    dibujados = poligonos(pagina)
    assert dibujados.count() == len(con_lugar(municipio, nivel_de(pagina))) > 0
    # Drawn means seen: none is empty, none lies beside the screen.
    for caja in dibujados.evaluate_all("todos => todos.map(p => p.getBoundingClientRect().toJSON())"):
        assert caja["width"] > 1
        assert caja["height"] > 1
        assert caja["right"] > 0
        assert caja["left"] < ancho

    expect(pagina.get_by_text("Municipio inventado, para demostración")).to_be_in_viewport()
    linea = pagina.locator(".conservacion")
    expect(linea).to_be_in_viewport(ratio=0.95)
    ubicadas, fuera, sin_ubicar, total = map(numero, linea.locator("b").all_inner_texts())
    assert total > 0
    assert ubicadas + fuera + sin_ubicar == pytest.approx(total)

    sin_datos = pagina.locator(".leyenda .clase[data-clase=sin_datos]")
    assert "sin datos" in sin_datos.inner_text()
    sin_datos.scroll_into_view_if_needed()
    expect(sin_datos).to_be_in_viewport()


@cada_ancho
@cada_mapa
def test_a_sector_changes_address_sentence_and_table_and_the_link_gives_it_to_another(
    abrir_mapa, navegacion, pregunta, ancho
):
    pagina = abrir_mapa(pregunta, ancho=ancho)
    antes, filas_antes = frase(pagina), filas_de_la_tabla(pagina)
    sector = sectores(pagina)[0]
    filtrar(pagina, "sector", sector)
    consulta = dict(parse_qsl(urlsplit(pagina.url).query, keep_blank_values=True))
    assert consulta["sector"] == sector
    assert "" not in consulta.values(), "lo que no se filtra no va en la dirección"
    assert frase(pagina) != antes
    assert filas_de_la_tabla(pagina) != filas_antes
    datos = de_la_api(pagina, pregunta)
    assert frase(pagina).split() == datos["frase"].split()
    lo_mismo_que(datos, filas_de_la_tabla(pagina))

    unidad = UnidadTerritorial.objects.get(pk=pulsar_unidad(pagina))
    ver_ficha(pagina, unidad)
    otra = navegacion.contexto(ancho).new_page()
    otra.goto(pagina.url)
    esperar_mapa(otra)
    assert frase(otra) == frase(pagina)
    assert otra.locator("select[name=sector]").input_value() == sector
    ver_ficha(otra, unidad)
    expect(otra.locator(".leaflet-popup h2")).to_have_text(unidad.nombre)
    assert otra.url == pagina.url


@cada_mapa
def test_another_level_draws_its_own_units(abrir_mapa, municipio, pregunta):
    pagina = abrir_mapa(pregunta)
    otro = "distrito" if nivel_de(pagina) != "distrito" else "comunidad"
    filtrar(pagina, "nivel", otro)
    assert nivel_de(pagina) == otro
    assert poligonos(pagina).count() == len(con_lugar(municipio, otro))
    lo_mismo_que(de_la_api(pagina, pregunta), filas_de_la_tabla(pagina))


@cada_ancho
@cada_mapa
def test_a_pressed_unit_shows_its_figures_and_leads_to_its_page(abrir_mapa, retratar, pregunta, ancho):
    pagina = abrir_mapa(pregunta, ancho=ancho)
    unidad = UnidadTerritorial.objects.get(pk=pulsar_unidad(pagina))
    ficha = ver_ficha(pagina, unidad)
    celdas = filas_de_la_tabla(pagina)[unidad.pk]
    assert set(ficha.locator("dd").all_inner_texts()) <= set(celdas)
    assert f"u={unidad.pk}" in urlsplit(pagina.url).fragment
    expect(pagina.locator(".leaflet-popup h2")).to_have_text(unidad.nombre)
    expect(pagina.locator(".leaflet-tooltip")).to_have_count(0)  # a hint would lie under the pop-up
    retratar(pagina, f"mapa-{pregunta}-unidad-{ancho}")
    with pagina.expect_navigation():
        pagina.locator(".leaflet-popup").get_by_role("link", name="Ver su página").click()
    assert unidad.nombre in pagina.locator("h1").inner_text()


@cada_mapa
def test_a_unit_opens_with_the_keyboard_alone(abrir_mapa, pregunta):
    pagina = abrir_mapa(pregunta)
    parada = pagina.locator(".folium-map path[data-id][tabindex='0']")
    assert parada.count() == 1, "las unidades son una sola parada del tabulador"
    # The last stop before the map is in the panel; from there the Tab key goes on by itself.
    pagina.locator(".lista-unidades button").last.focus()
    for _vez in range(10):
        if pagina.evaluate("document.activeElement.matches('path[data-id]')"):
            break
        pagina.keyboard.press("Tab")
    primera = pagina.evaluate("document.activeElement.dataset.id")
    pagina.keyboard.press("ArrowRight")
    segunda = pagina.evaluate("document.activeElement.dataset.id")
    assert primera
    assert segunda
    assert primera != segunda
    pagina.keyboard.press("Enter")
    ver_ficha(pagina, UnidadTerritorial.objects.get(pk=segunda))
    pagina.keyboard.press("Escape")
    expect(pagina.locator("#ficha")).to_be_hidden()


def test_a_legend_step_leaves_only_its_units(abrir_mapa):
    pagina = abrir_mapa("desatendidas")
    boton = pagina.locator(".leyenda .clase[data-clase=atendida]")
    cuantas = int(numero(boton.locator(".clase-cuantas").inner_text()))
    boton.click()
    expect(boton).to_have_attribute("aria-pressed", "true")
    expect(pagina.locator(".lista-unidades li:visible")).to_have_count(cuantas)


@cada_ancho
def test_a_projects_window_leads_to_its_page(abrir_mapa, retratar, ancho):
    pagina = abrir_mapa("ejecucion-poa", ancho=ancho)
    suelto = pagina.locator(".leaflet-rasgos-pane path[role=button]")
    acercar = pagina.get_by_role("button", name="Acercar")
    for _vez in range(6):
        if suelto.count():
            break
        acercar.click()
        pagina.wait_for_timeout(400)  # Leaflet's own animation of the zoom
    nombre = suelto.first.get_attribute("aria-label")
    suelto.first.focus()
    pagina.keyboard.press("Enter")
    ventana = pagina.locator(".leaflet-popup")
    titulo = ventana.locator("h2").inner_text()
    assert nombre.startswith(titulo)
    assert ventana.locator("dd").count() > 0
    ficha = ventana.get_by_role("link", name="Ver su ficha")
    for parte in (ventana.locator("h2"), ficha):
        expect(parte).to_be_in_viewport(ratio=0.9)
        nada_encima(parte)
    retratar(pagina, f"mapa-proyecto-{ancho}")
    with pagina.expect_navigation():
        ficha.click()
    proyecto = Proyecto.objects.get(pk=re.search(r"/proyectos/(\d+)/$", pagina.url)[1])
    assert proyecto.nombre == titulo
    expect(pagina.locator("h1")).to_contain_text(proyecto.nombre)


@cada_ancho
@cada_mapa
def test_the_table_tab_shows_the_figures_of_the_map(abrir_mapa, retratar, pregunta, ancho):
    pagina = abrir_mapa(pregunta, ancho=ancho)
    pagina.locator(".pestanas").get_by_role("link", name="Tabla").click()
    assert urlsplit(pagina.url).fragment == "ver=tabla"
    expect(pagina.locator(".cifras-tabla tbody tr").first).to_be_visible()
    filas = filas_de_la_tabla(pagina)
    lo_mismo_que(de_la_api(pagina, pregunta), filas)
    de_la_lista = pagina.locator(".lista-unidades button").evaluate_all(
        "todos => todos.map(b => [Number(b.dataset.id), b.querySelector('.cifra-valor').textContent.trim()])"
    )
    assert {pk for pk, _valor in de_la_lista} == set(filas)
    assert all(valor in filas[pk] for pk, valor in de_la_lista)
    assert ancho_del_documento(pagina) <= ancho
    retratar(pagina, f"mapa-{pregunta}-tabla-{ancho}")


def test_the_table_sorts_by_a_column_and_leaves_what_has_no_figure_last(abrir_mapa):
    pagina = abrir_mapa("cobertura-pdm", "?nivel=comunidad#ver=tabla")
    pagina.get_by_role("columnheader", name="Cobertura").get_by_role("button").click()
    celdas = [celdas[2] for celdas in filas_de_la_tabla(pagina).values()]
    con_cifra = [numero(celda) for celda in celdas if celda != "sin datos"]
    assert con_cifra == sorted(con_cifra, reverse=True)
    assert set(celdas[len(con_cifra) :]) == {"sin datos"}


def descargado(pagina: Page, extension: str, carpeta: Path) -> Path:
    enlace = pagina.locator(f".descargas a[href*='.{extension}?']").first
    with pagina.expect_download() as espera:
        enlace.click()
    ruta = carpeta / espera.value.suggested_filename
    espera.value.save_as(ruta)
    return ruta


@cada_ancho
@cada_mapa
def test_both_exports_hold_every_unit_that_has_a_place(abrir_mapa, municipio, retratar, tmp_path, pregunta, ancho):
    pagina = abrir_mapa(pregunta, ancho=ancho)
    pagina.locator(".pestanas").get_by_role("link", name="Descargar").click()
    assert ancho_del_documento(pagina) <= ancho
    retratar(pagina, f"mapa-{pregunta}-descargar-{ancho}")
    nombres = {unidad.pk: unidad.nombre for unidad in con_lugar(municipio, nivel_de(pagina))}
    assert any(re.search("[áéíóúñÁÉÍÓÚÑ]", nombre) for nombre in nombres.values())

    geojson = descargado(pagina, "geojson", tmp_path)
    leido = pyogrio.read_dataframe(geojson, fid_as_index=True)
    assert leido.crs.to_epsg() == 4326
    dibujable = leido[~leido.geometry.isna()]
    assert dict(dibujable.nombre) == nombres
    assert dibujable.geometry.is_valid.all()

    comprimido = descargado(pagina, "zip", tmp_path)
    en_shapefile = {}
    for capa, _tipo in pyogrio.list_layers(comprimido):
        if not (una := pyogrio.read_dataframe(comprimido, layer=capa)).__class__.__name__.startswith("Geo"):
            continue  # campos.csv and other tables beside the shapes
        assert una.crs.to_epsg() == 4326
        assert not una.geometry.isna().any()
        en_shapefile |= dict(zip(una["id"], una.nombre, strict=True))
    assert en_shapefile == nombres


@cada_mapa
def test_an_export_keeps_the_filter_of_the_page(abrir_mapa, tmp_path, pregunta):
    pagina = abrir_mapa(pregunta)
    filtrar(pagina, "sector", sectores(pagina)[-1])
    datos = de_la_api(pagina, pregunta)
    pagina.locator(".pestanas").get_by_role("link", name="Descargar").click()
    leido = pyogrio.read_dataframe(descargado(pagina, "geojson", tmp_path), fid_as_index=True)
    esperado = {fila["id"]: fila["clase"] for fila in datos["filas"]}
    assert dict(leido.clase) == esperado


def test_a_link_to_the_table_opens_the_table(abrir_mapa):
    pagina = abrir_mapa("demanda", "#ver=tabla")
    expect(pagina.locator(".cifras-tabla")).to_be_visible()
    expect(pagina.locator(".plano")).to_be_hidden()
