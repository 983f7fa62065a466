"""Walks through the territory: search, tree and map as one, which unit is here, a point edited and one refused."""

import re

import pytest
from playwright.sync_api import expect

from territorio.models import UnidadTerritorial
from tests.navegador.conftest import ANCHO, TELEFONO
from tests.navegador.pasos import ancho_del_documento, nada_encima


@pytest.fixture
def comunidad(municipio) -> UnidadTerritorial:
    return UnidadTerritorial.objects.filter(municipio=municipio, nivel__codigo="comunidad", punto__isnull=False).first()


def esperar(pagina) -> None:
    pagina.wait_for_selector("#mapa-territorio[data-unidades]", state="attached")


@pytest.mark.parametrize("ancho", [ANCHO, TELEFONO])
def test_search_without_accents_chooses_in_tree_and_map(abrir, retratar, comunidad, ancho):
    pagina = abrir("/territorio/?municipio=990101", ancho)
    esperar(pagina)
    retratar(pagina, f"territorio-{ancho}")
    assert ancho_del_documento(pagina) <= ancho
    pagina.locator(".buscar-unidad input[type=search]").fill(comunidad.codigo)
    hallada = pagina.locator(f"#halladas a[data-id='{comunidad.pk}']")
    nada_encima(hallada)
    hallada.click()
    expect(pagina.locator("#ficha h2")).to_have_text(comunidad.nombre)
    expect(pagina.locator(f".arbol .nombre[data-id='{comunidad.pk}']")).to_have_attribute("aria-current", "true")
    expect(pagina.locator("[data-nivel-del-mapa]")).to_have_value("comunidad")
    retratar(pagina, f"territorio-elegida-{ancho}")


def test_a_click_on_the_map_says_which_unit_it_is(abrir):
    pagina = abrir("/territorio/?municipio=990101")
    esperar(pagina)
    caja = pagina.locator("#mapa-territorio").bounding_box()
    pagina.mouse.click(caja["x"] + caja["width"] / 2, caja["y"] + caja["height"] / 2)
    expect(pagina.locator("#ficha h2")).to_have_text(re.compile("^(Es |Ningún límite)"))
    assert pagina.locator("#ficha a[data-nivel=distrito]").count() >= 1


def test_the_tree_is_walked_with_the_arrows(abrir):
    pagina = abrir("/territorio/?municipio=990101")
    esperar(pagina)
    primera = pagina.locator(".arbol .abrir + .nombre").first
    primera.focus()
    pagina.keyboard.press("ArrowRight")
    expect(pagina.locator(".arbol .abrir").first).to_have_attribute("aria-expanded", "true")
    pagina.keyboard.press("ArrowDown")
    assert pagina.evaluate("document.activeElement.matches('.arbol .rama .rama summary')")
    pagina.keyboard.press("ArrowLeft")
    pagina.keyboard.press("ArrowLeft")
    assert primera.evaluate("uno => uno === document.activeElement")


def test_without_script_the_tree_opens_by_its_links(navegacion):
    pagina = navegacion.abrir("/territorio/?municipio=990101", java_script_enabled=False)
    pagina.locator(".arbol .abrir").first.click()
    assert "abierta=" in pagina.url
    assert pagina.locator(".arbol .rama .rama .nombre").count() > 0


def test_a_point_is_moved_and_one_in_another_country_is_refused(navegacion, clave_demo, comunidad, retratar):
    pagina = navegacion.abrir("/entrar/")
    pagina.fill("[name=username]", "tecnico")
    pagina.fill("[name=password]", clave_demo)
    pagina.click("main button[type=submit]")
    pagina.goto(f"/territorio/unidades/{comunidad.pk}/editar/")
    pagina.fill("#id_coordenadas", "10, 10")
    pagina.click(".acciones button[type=submit]")
    expect(pagina.get_by_text("fuera de Bolivia")).to_be_visible()
    assert all("400" in queja for queja in navegacion.quejas)  # the refusal itself, which Chromium notes
    navegacion.quejas.clear()
    antes = (comunidad.punto.x, comunidad.punto.y)
    pagina.fill("#id_coordenadas", f"{antes[1] + 0.0005:.6f}, {antes[0]:.6f}")
    retratar(pagina, "editar-unidad")
    pagina.click(".acciones button[type=submit]")
    expect(pagina.get_by_text("Se guardó")).to_be_visible()
    comunidad.refresh_from_db()
    assert comunidad.punto.y == pytest.approx(antes[1] + 0.0005, abs=1e-6)
