"""A walk of the planner: from the process to a product, to a meeting, to who came to it."""

import pytest
from playwright.sync_api import expect

from demandas.models import Evento, Producto
from tests.navegador.conftest import ANCHO, TELEFONO
from tests.navegador.pasos import ancho_del_documento
from tests.navegador.test_archivos import entrar


@pytest.mark.parametrize("ancho", [ANCHO, TELEFONO])
def test_from_the_process_to_a_product_to_a_meeting_to_who_came(abrir, clave_demo, municipio, retratar, ancho):
    pagina = entrar(abrir, clave_demo, "/proceso/", ancho)
    principal = pagina.get_by_role("main")
    expect(principal.get_by_role("heading", level=1)).to_contain_text("de 6: falta")
    assert ancho_del_documento(pagina) == ancho
    retratar(pagina, f"proceso-{ancho}")

    # What comes next is a touch away; its state is changed there.
    principal.get_by_role("link", name="Ir a lo próximo").click()
    producto = Producto.objects.get(pk=int(pagina.url.rstrip("/").rsplit("/", 1)[1]))
    expect(principal.get_by_role("heading", level=1)).to_have_text(producto.nombre)
    principal.get_by_role("link", name="Cambiar estado, fechas o responsable").click()
    principal.get_by_label("Estado").select_option("en_curso")
    principal.get_by_label("Nota").fill(f"Avanza, visto a {ancho} píxeles")
    principal.get_by_role("button", name="Guardar").click()
    expect(principal).to_contain_text(f"Avanza, visto a {ancho} píxeles")
    expect(principal).to_contain_text("en curso")

    # A meeting: its unit by its name, its place by pressing the map.
    pagina.goto("/eventos/")
    principal.get_by_role("link", name="Registrar un evento").click()
    principal.get_by_label("Tipo").select_option("taller_distrital")
    principal.get_by_label("De quién es la reunión").fill("Distrito 3 Wayra Punku")
    principal.get_by_label("Fecha").fill("2026-03-14")
    principal.get_by_label("Estado").select_option("realizado")
    principal.get_by_label("Nombre").fill(f"Taller a {ancho}")
    pagina.locator("#mapa-punto").click(position={"x": 120, "y": 120})
    expect(principal.get_by_label("Punto")).not_to_have_value("")
    assert ancho_del_documento(pagina) == ancho
    principal.get_by_role("button", name="Guardar").click()
    expect(principal.get_by_role("heading", level=1)).to_have_text(f"Taller a {ancho}")
    expect(principal).to_contain_text("Se realizó y le faltan el acta y la asistencia.")

    # Who came: totals follow what is typed, and stand on the page afterwards.
    principal.get_by_role("link", name="Anotar quiénes vinieron").click()
    principal.get_by_label("participación delegada, adultos, mujeres").fill("21")
    principal.get_by_label("participación delegada, jóvenes, hombres").fill("13")
    expect(pagina.locator("[data-gran-total]")).to_have_text("34")
    assert ancho_del_documento(pagina) == ancho
    retratar(pagina, f"asistencia-{ancho}")
    principal.get_by_role("button", name="Guardar").click()
    expect(principal).to_contain_text("34 personas: 21 mujeres y 13 hombres.")
    expect(principal).to_contain_text("Se realizó y le falta el acta.")
    uno = Evento.objects.get(nombre=f"Taller a {ancho}")
    assert uno.punto is not None
    assert sorted(uno.asistencias.values_list("personas", flat=True)) == [13, 21]
