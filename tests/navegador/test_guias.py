"""The guides and their pictures, which are taken anew from the screens themselves with `MINKA_RETRATOS=1`."""

import io
import os
import re
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Page

from demandas.models import Demanda, Evento, Hallazgo
from mapas.views.ayuda import GUIAS
from tests.navegador.conftest import ANCHO, TELEFONO, Navegacion
from tests.navegador.pasos import ancho_del_documento

CARPETA = Path(settings.BASE_DIR) / "mapas" / "static" / "ayuda"


def figuras(cual: str) -> list[tuple[str, bool]]:
    """Names of the pictures of a guide, and whether they show a phone."""
    texto = (Path(settings.BASE_DIR) / "mapas" / "templates" / "ayuda" / f"_{cual}.html").read_text(encoding="utf-8")
    return [(nombre, bool(tel)) for nombre, tel in re.findall(r'imagen="(\w+)" pie="[^"]*"( telefono=1)?', texto)]


def rutas() -> dict[str, str]:
    """Where each picture is taken."""
    demanda = Demanda.objects.filter(estado="priorizada_municipio", publicada=True).order_by("codigo").first()
    comunidad = demanda.proponente_id
    evento = Evento.objects.filter(asistencias__isnull=False, tipo="autodiagnostico").order_by("-fecha").first()
    con_hallazgos = Hallazgo.objects.order_by("pk").values_list("unidad", flat=True).first()
    return {
        "proceso": "/proceso/",
        "evento": f"/eventos/{evento.pk}/",
        "autodiagnostico": f"/diagnostico/comunidades/{con_hallazgos}/",
        "captura": "/demandas/nueva/",
        "cargas": "/demandas/cargas/",
        "parecidas": "/demandas/parecidas/",
        "diagnostico": "/diagnostico/",
        "demanda": f"/demandas/{demanda.pk}/",
        "priorizacion": "/mapas/priorizacion/",
        "brechas": "/mapas/brechas/",
        "inicio_telefono": "/",
        "unidad_telefono": f"/unidades/{comunidad}/",
        "demanda_telefono": f"/demandas/{demanda.pk}/",
        "mapa_telefono": "/mapas/demanda/",
    }


def entrar(navegacion: Navegacion, clave: str, ancho: int) -> Page:
    pagina = navegacion.contexto(ancho).new_page()
    pagina.goto("/entrar/")
    pagina.get_by_label("Usuario").fill("planificadora")
    pagina.get_by_label("Contraseña").fill(clave)
    with pagina.expect_navigation():
        pagina.get_by_role("main").get_by_role("button", name="Entrar").click()
    return pagina


@pytest.mark.skipif(not os.environ.get("MINKA_RETRATOS"), reason="solo para tomar de nuevo las figuras de las guías")
def test_take_the_pictures_anew(clave_demo, navegacion):
    de_planificadora = {ancho: entrar(navegacion, clave_demo, ancho) for ancho in (ANCHO, TELEFONO)}
    de_visita = navegacion.abrir("/", ancho=TELEFONO)
    direcciones = rutas()
    for nombre, telefono in {figura for cual in GUIAS for figura in figuras(cual)}:
        ancho = TELEFONO if telefono else ANCHO
        pagina = de_visita if nombre.endswith("_telefono") else de_planificadora[ancho]
        respuesta = pagina.goto(direcciones[nombre])
        assert respuesta.ok, direcciones[nombre]
        pagina.wait_for_load_state("networkidle")
        pagina.wait_for_timeout(800)  # a map settles
        with Image.open(io.BytesIO(pagina.screenshot())) as imagen:
            imagen.convert("RGB").save(CARPETA / f"{nombre}.jpg", quality=70, optimize=True, progressive=True)


@pytest.mark.parametrize("ancho", [ANCHO, TELEFONO])
@pytest.mark.parametrize("cual", GUIAS)
def test_each_guide_shows_all_its_pictures(abrir, retratar, cual, ancho):
    pagina = abrir(f"/ayuda/{cual}/", ancho=ancho)
    imagenes = pagina.locator(".figura img")
    assert imagenes.count() == len(figuras(cual)) > 3
    for imagen in imagenes.all():
        imagen.scroll_into_view_if_needed()
        pagina.wait_for_function("img => img.complete && img.naturalWidth > 0", arg=imagen.element_handle())
    assert ancho_del_documento(pagina) <= ancho
    retratar(pagina, f"guia-{cual}-{ancho}")


def test_pictures_weigh_little_and_none_is_left_over():
    usadas = {f"{nombre}.jpg" for cual in GUIAS for nombre, _tel in figuras(cual)}
    assert {ruta.name for ruta in CARPETA.glob("*.jpg")} == usadas
    for nombre in usadas:
        assert (CARPETA / nombre).stat().st_size < 200_000, nombre
