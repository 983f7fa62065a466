"""A facilitator in a workshop: findings written one after the other on a phone, a demand of one, and the matrix."""

from playwright.sync_api import expect

from demandas.models import Hallazgo
from territorio.models import UnidadTerritorial
from tests.navegador.conftest import TELEFONO
from tests.navegador.pasos import ancho_del_documento
from tests.navegador.test_accesibilidad import mirar


def test_what_a_community_finds_becomes_a_demand(navegacion, municipio, clave_demo):
    con_algo = Hallazgo.objects.filter(municipio=municipio).values("unidad")
    callada = UnidadTerritorial.objects.filter(municipio=municipio, nivel__codigo="comunidad").exclude(pk__in=con_algo)
    comunidad = callada.order_by("codigo").first()
    assert comunidad is not None
    pagina = navegacion.contexto(TELEFONO).new_page()
    pagina.goto("/entrar/")
    pagina.locator("input[name=username]").fill("facilitadora")
    pagina.locator("input[name=password]").fill(clave_demo)
    pagina.locator("main button[type=submit]").click()
    pagina.wait_for_url("/")

    pagina.goto(f"/diagnostico/comunidades/{comunidad.pk}/")
    expect(pagina.locator("h1")).to_have_text(f"{comunidad.nombre} todavía no tiene autodiagnóstico")
    pagina.evaluate("window.sigueAqui = true")
    pagina.locator("select[name=grupo]").select_option("mujeres")
    pagina.locator("select[name=sector]").select_option(label="Saneamiento básico")
    for n, texto in enumerate(("Se acarrea agua una hora", "El pozo se seca en agosto"), 1):
        pagina.locator("textarea[name=texto]").fill(texto)
        pagina.locator("#anotar button[type=submit]").click()
        expect(pagina.locator("#anotar [role=status]")).to_contain_text(f"{texto} (puesto {n})")
        # Group and sector stay for the next one, and so does the page.
        expect(pagina.locator("select[name=grupo]")).to_have_value("mujeres")
        expect(pagina.locator("textarea[name=texto]")).to_be_focused()
    assert pagina.evaluate("window.sigueAqui")
    pagina.locator("textarea[name=texto]").fill("Otra cosa")
    pagina.locator("input[name=puesto]").fill("1")
    pagina.locator("#anotar button[type=submit]").click()
    expect(pagina.locator("#anotar [role=alert]")).to_contain_text("ya lo tiene «Se acarrea agua una hora»")
    expect(pagina.locator("textarea[name=texto]")).to_have_value("Otra cosa")
    assert ancho_del_documento(pagina) <= TELEFONO
    mirar(pagina)

    pagina.get_by_role("link", name="hacer demanda de «Se acarrea agua una hora»").click()
    expect(pagina.locator("input[name=titulo]")).to_have_value("Se acarrea agua una hora")
    pagina.locator("input[name=titulo]").fill("Sistema de agua por gravedad")
    pagina.locator("main button[type=submit]").click()
    expect(pagina.locator("h1")).to_have_text("Sistema de agua por gravedad")

    pagina.goto(f"/diagnostico/?municipio={municipio.codigo}&distrito={comunidad.padre.codigo}&grupo=mujeres&sector=11")
    suya = pagina.locator(".matriz-comunidad").filter(has=pagina.get_by_role("link", name=comunidad.nombre, exact=True))
    expect(suya).to_contain_text("Se acarrea agua una hora")
    expect(suya).to_contain_text("Sistema de agua por gravedad")
    assert ancho_del_documento(pagina) <= TELEFONO
