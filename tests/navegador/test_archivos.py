"""A walk over the documents and photos of a project: brought, refused, published, withdrawn."""

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from proyectos.models import Proyecto
from tests import imagenes
from tests.navegador.conftest import ANCHO, TELEFONO
from tests.navegador.pasos import ancho_del_documento


def entrar(abrir, clave: str, ruta: str, ancho: int, **opciones):
    pagina = abrir(f"/entrar/?next={ruta}", ancho=ancho, **opciones)
    pagina.get_by_label("Usuario").fill("planificadora")
    pagina.get_by_label("Contraseña").fill(clave)
    with pagina.expect_navigation():
        pagina.get_by_role("main").get_by_role("button", name="Entrar").click()
    return pagina


def cercana_y_lejana(proyecto: Proyecto) -> list[dict]:
    lon, lat = proyecto.punto.coords
    return [
        {"name": "avance de obra.jpg", "mimeType": "image/jpeg",
         "buffer": imagenes.foto(ancho=900, alto=600, lugar=(lon, lat + 0.001), hora="2025:03:04 10:20:00")},
        {"name": "otra parte.heic", "mimeType": "image/heic",
         "buffer": imagenes.foto(ancho=500, alto=700, formato="HEIF", lugar=(lon + 0.02, lat))},
    ]  # fmt: skip


@pytest.mark.parametrize("ancho", [ANCHO, TELEFONO])
def test_from_several_files_to_what_a_visitor_sees(abrir, clave_demo, navegacion, retratar, ancho):
    proyecto = Proyecto.objects.filter(punto__isnull=False, publicado=True).order_by("codigo")[int(ancho == TELEFONO)]
    ruta = f"/proyectos/{proyecto.pk}/"
    pagina = entrar(abrir, clave_demo, ruta, ancho)
    seccion = pagina.get_by_role("region", name="Documentos y fotos")
    expect(seccion).to_contain_text("Todavía no hay ninguno.")

    mala = {"name": "acta.pdf", "mimeType": "application/pdf", "buffer": b"<html><script>alert(1)</script></html>"}
    seccion.get_by_label("Archivos").set_input_files([*cercana_y_lejana(proyecto), mala])
    seccion.get_by_role("button", name="Subir").click()
    expect(seccion.get_by_role("alert")).to_contain_text("acta.pdf: No se puede guardar")
    (_queja,) = navegacion.quejas  # the browser notes the 400 of the file that was refused
    navegacion.quejas.clear()
    expect(seccion.get_by_role("listitem").filter(has_text="otra parte.heic")).to_be_visible()
    retratar(pagina, f"archivos-error-{ancho}")

    pagina.reload()
    lejos = seccion.get_by_role("listitem").filter(has_text="otra parte.heic")
    cerca = seccion.get_by_role("listitem").filter(has_text="avance de obra.jpg")
    expect(cerca).to_contain_text("Tomada el 04/03/2025 10:20, según la cámara")
    expect(cerca).to_contain_text("m del proyecto")
    expect(lejos).to_contain_text("km del proyecto: lejos")
    miniatura = cerca.get_by_role("img")
    miniatura.scroll_into_view_if_needed()
    pagina.wait_for_function("img => img.complete && img.naturalWidth > 0", arg=miniatura.element_handle())
    retratar(pagina, f"archivos-{ancho}")
    assert ancho_del_documento(pagina) <= ancho

    with pagina.expect_navigation():
        cerca.get_by_role("button", name="Publicar").click()
    expect(cerca).to_contain_text("publicado")
    lejos.get_by_text("Retirar…").click()
    lejos.get_by_label("Por qué se retira").fill("es de otra obra")
    retratar(pagina, f"archivos-retirar-{ancho}")
    with pagina.expect_navigation():
        lejos.get_by_role("button", name="Retirar").click()
    expect(lejos).to_contain_text("es de otra obra")

    visita = abrir(ruta, ancho=ancho, java_script_enabled=False)
    vista = visita.get_by_role("region", name="Documentos y fotos")
    expect(vista.get_by_role("listitem")).to_have_count(1)
    expect(vista).not_to_contain_text("km del proyecto")
    expect(vista.get_by_role("button", name="Subir")).to_have_count(0)
    call_command("verificar")


def test_without_scripts_the_form_works_and_says_what_was_refused(abrir, clave_demo, navegacion):
    proyecto = Proyecto.objects.filter(punto__isnull=False, publicado=True).order_by("codigo")[2]
    pagina = entrar(abrir, clave_demo, f"/proyectos/{proyecto.pk}/", ANCHO, java_script_enabled=False)
    seccion = pagina.get_by_role("region", name="Documentos y fotos")
    mala = {"name": "mala.jpg", "mimeType": "image/jpeg", "buffer": b"GIF89a mentira"}
    seccion.get_by_label("Archivos").set_input_files([cercana_y_lejana(proyecto)[0], mala])
    with pagina.expect_navigation():
        seccion.get_by_role("button", name="Subir").click()
    expect(seccion.get_by_role("alert")).to_contain_text("mala.jpg")
    expect(seccion.get_by_role("listitem").filter(has_text="avance de obra.jpg")).to_have_count(1)
    assert len(navegacion.quejas) == 1, "the 400 of the page that says what was refused"
    navegacion.quejas.clear()
