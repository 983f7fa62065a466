"""A walk over the map of distances to services, its list and a service's page."""

import pytest
from playwright.sync_api import expect

from tests.navegador.conftest import ANCHO, TELEFONO
from tests.navegador.pasos import ancho_del_documento, con_lugar, esperar_mapa, frase, poligonos


@pytest.mark.parametrize("ancho", [ANCHO, TELEFONO])
def test_from_the_question_to_one_community_to_one_service(abrir, municipio, retratar, ancho):
    pagina = abrir("/mapas/servicios/", ancho=ancho)
    esperar_mapa(pagina)
    retratar(pagina, f"mapa-servicios-{ancho}")
    assert ancho_del_documento(pagina) <= ancho
    assert poligonos(pagina).count() == len(con_lugar(municipio, "comunidad"))
    assert "km de un servicio de Gestión de salud que funcione" in frase(pagina)
    assert "distancias en línea recta" in pagina.locator(".panel .fuente").inner_text()

    # Another sector, and nearer: another answer.
    antes = frase(pagina)
    caja = pagina.locator(".filtros-caja")
    if caja.get_attribute("open") is None:
        caja.locator("> summary").click()
    with pagina.expect_navigation():
        pagina.locator("select[name=sector]").select_option("21")
    esperar_mapa(pagina)
    assert frase(pagina) != antes
    assert "sector=21" in pagina.url

    # The community that is farthest comes first, and says its nearest school.
    pagina.locator(".lista-unidades button").first.click()
    ficha = pagina.locator("#ficha")
    expect(ficha).to_contain_text("Servicio más cercano")
    expect(ficha.locator("dd").first).to_contain_text("km")

    pagina.goto("/equipamientos/?q=escolastica")
    fila = pagina.locator("tbody tr").first
    expect(fila).to_contain_text("Santa Escolástica")
    fila.get_by_role("link").first.click()
    expect(pagina.get_by_role("heading", name="A quién le queda más cerca")).to_be_visible()
    assert ancho_del_documento(pagina) <= ancho
