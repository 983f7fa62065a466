"""The import of limits as GIS staff walk it: upload, progress, report, a row off, acceptance, result, undoing.

The queue is real: a worker of procrastinate takes the jobs, in a thread of its own.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from playwright.sync_api import Page, expect

from territorio.models import Municipio, UnidadTerritorial
from tests.navegador.conftest import ANCHO, TELEFONO
from tests.navegador.pasos import ancho_del_documento

LISTA = "/territorio/importaciones/?municipio=990101"
cada_ancho = pytest.mark.parametrize("ancho", [ANCHO, TELEFONO])
PSAD = "dificiles/otbs_lapaz_psad56_19s_sin_prj_sin_cpg"


@pytest.fixture
def entrar(navegacion, clave_demo) -> Callable[..., Page]:
    """A page of the demo's GIS staff, signed in."""

    def abrir(ancho: int = ANCHO, **opciones) -> Page:
        pagina = navegacion.contexto(ancho, **opciones).new_page()
        pagina.goto("/entrar/")
        pagina.locator("input[name=username]").fill("tecnico")
        pagina.locator("input[name=password]").fill(clave_demo)
        pagina.locator("main button[type=submit]").click()
        pagina.wait_for_url("/")
        return pagina

    return abrir


def subir(pagina: Page, nivel: str, archivos: list[Path] | list[dict]) -> None:
    pagina.goto(LISTA)
    pagina.get_by_label("¿De qué nivel son las unidades?").select_option(nivel)
    pagina.get_by_label("Archivo", exact=True).set_input_files(archivos)
    pagina.get_by_role("button", name="Subir y revisar").click()
    pagina.wait_for_url(re.compile(r"/importaciones/[0-9a-f-]{36}/$"))


def franjas(cuantas: int = 3) -> dict:
    """Strips side by side over the demo's municipality: one of them reaches far outside."""
    oeste, sur, este, norte = _caja()
    ancho = (este - oeste) / cuantas

    def franja(n: int) -> dict:
        x, fin = oeste + n * ancho, oeste + (n + 1) * ancho + (ancho if n == cuantas - 1 else 0)
        anillo = [[x, sur], [fin, sur], [fin, norte], [x, norte], [x, sur]]
        return {
            "type": "Feature",
            "properties": {"codigo": f"F{n}", "nombre": f"Franja {n}"},
            "geometry": {"type": "Polygon", "coordinates": [anillo]},
        }

    return geojson([franja(n) for n in range(cuantas)])


def geojson(rasgos: list[dict], nombre: str = "franjas.geojson") -> dict:
    cuerpo = json.dumps({"type": "FeatureCollection", "features": rasgos}).encode()
    return {"name": nombre, "mimeType": "application/json", "buffer": cuerpo}


def de_las_franjas() -> list[dict]:
    return json.loads(franjas()["buffer"])["features"]


def _caja() -> tuple[float, float, float, float]:
    limite = Municipio.objects.get(codigo="990101").limites.filter(sustituido=None).latest("vigencia")
    return limite.geom.extent


def esperar_mapa_de_diferencias(pagina: Page) -> int:
    """Until it is drawn; says how many rows it holds."""
    expect(pagina.locator("#difmapa")).to_have_attribute("data-listo", re.compile(r"\d+"))
    return int(pagina.locator("#difmapa").get_attribute("data-listo"))


def nombres(nivel: str) -> set[str]:
    return set(
        UnidadTerritorial.objects.filter(nivel__codigo=nivel, codigo__regex="^F[0-9]$").values_list("nombre", flat=True)
    )


@cada_ancho
def test_from_upload_to_undo(entrar, cola, retratar, ancho):
    pagina = entrar(ancho)
    subir(pagina, "macrodistrito", [franjas()])

    # Nobody has read it yet: the bar waits, and then shows the report by itself.
    expect(pagina.get_by_text("Espera su turno")).to_be_visible()
    expect(pagina.get_by_role("button", name="Detener")).to_be_visible()
    retratar(pagina, f"importacion-espera-{ancho}")
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_have_text(
        re.compile(r"^3 macrodistritos: 3 nuevas, 0 cambiadas, ")
    )
    assert nombres("macrodistrito") == set()
    assert esperar_mapa_de_diferencias(pagina) == 3
    assert ancho_del_documento(pagina) <= ancho
    retratar(pagina, f"importacion-informe-{ancho}")

    # A row is found on the map, and another is taken off.
    pagina.get_by_role("button", name="Franja 1").click()
    expect(pagina.locator("tr.elegida")).to_contain_text("Franja 1")
    expect(pagina.locator("#difmapa-dice")).to_contain_text("Franja 1")
    pagina.get_by_role("checkbox", name=re.compile("Franja 2")).uncheck()
    expect(pagina.locator("#decidir")).to_contain_text("Se cargarían 2 nuevas y 0 cambiadas. 1 fila queda fuera.")

    pagina.get_by_role("link", name="Aceptar…").click()
    expect(pagina.get_by_text("Se crearán 2 y se cambiarán 0 macrodistritos")).to_be_visible()
    retratar(pagina, f"importacion-aceptar-{ancho}")
    assert nombres("macrodistrito") == set()
    pagina.get_by_role("button", name="Sí, cargar").click()
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_have_text(
        "Cargado (macrodistritos): 2 unidades nuevas y 0 cambiadas"
    )
    assert nombres("macrodistrito") == {"Franja 0", "Franja 1"}
    expect(pagina.get_by_role("heading", name="Qué cambió de unidad")).to_be_visible()
    assert ancho_del_documento(pagina) <= ancho
    retratar(pagina, f"importacion-resultado-{ancho}")

    pagina.get_by_role("link", name="Deshacer…").click()
    expect(pagina.get_by_text("Se quitan 2 unidades que esta importación creó.")).to_be_visible()
    pagina.get_by_role("button", name="Sí, deshacer").click()
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_have_text("Deshecho (macrodistritos): todo está como antes")
    assert nombres("macrodistrito") == set()


@cada_ancho
def test_system_and_letters_that_a_file_does_not_say_are_chosen_by_pressing(entrar, cola, datos, retratar, ancho):
    pagina = entrar(ancho)
    subir(pagina, "otb", sorted((datos / PSAD).glob("otbs.*")))
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_have_text(
        "Falta decir en qué sistema de coordenadas está el archivo"
    )
    esperar_mapa_de_diferencias(pagina)
    candidatos = pagina.locator("[data-candidato]")
    assert candidatos.count() >= 3
    assert ancho_del_documento(pagina) <= ancho
    retratar(pagina, f"importacion-sistema-{ancho}")
    candidatos.filter(has_text="EPSG:24879").click()
    cola()
    expect(pagina.get_by_role("heading", name="¿Cómo se leen bien los nombres?")).to_be_visible()
    pagina.locator(".candidatos button", has_text="cp1252").filter(has_text="Ñ").click()
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_have_text("Falta decir qué campo trae el nombre o el código")
    pagina.get_by_label("Nombre", exact=True).select_option("nom_otb")
    pagina.get_by_label("Código", exact=True).select_option("-")
    pagina.get_by_label("Unidad superior", exact=True).select_option("-")
    pagina.get_by_role("button", name="Volver a leer").click()
    cola()
    # La Paz is not in the invented municipality: every row says so, and nothing can be loaded without seeing it.
    expect(pagina.get_by_role("heading", level=1)).to_have_text(re.compile(r"^643 OTB: "))
    assert esperar_mapa_de_diferencias(pagina) > 0
    expect(pagina.locator(".encabezado")).to_contain_text("EPSG:1202")
    retratar(pagina, f"importacion-psad56-{ancho}")
    pagina.get_by_role("button", name="Descartar").click()
    expect(pagina.get_by_text("Se descartó: no se escribió nada.")).to_be_visible()


def test_of_several_layers_one_is_chosen_by_pressing(entrar, cola, tmp_path, retratar):
    formas = [shapely.box(*_caja())]
    for nombre, geometrias in (("caminos", [formas[0].exterior]), ("zonas", formas), ("sedes", [formas[0].centroid])):
        pyogrio.raw.write(
            tmp_path / "varias.gpkg", shapely.to_wkb(geometrias), [np.array(["F1"]), np.array(["Franja 1"])],
            ["codigo", "nombre"], geometry_type=geometrias[0].geom_type.replace("LinearRing", "LineString"),
            crs="EPSG:4326", layer=nombre, append=(tmp_path / "varias.gpkg").exists(), driver="GPKG",
        )  # fmt: skip
    pagina = entrar()
    subir(pagina, "macrodistrito", [tmp_path / "varias.gpkg"])
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_have_text("El archivo tiene varias capas: falta decir cuál")
    expect(pagina.locator(".candidatos button")).to_have_text(["caminos", "sedes", "zonas"])
    retratar(pagina, "importacion-capas")
    pagina.get_by_role("button", name="zonas").click()
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_have_text(re.compile("^1 macrodistritos: 1 nueva, "))
    expect(pagina.locator(".encabezado")).to_contain_text("capa: zonas")
    assert esperar_mapa_de_diferencias(pagina) == 1


def test_swapped_axes_are_seen_and_turned_with_one_press(entrar, cola, retratar):
    rasgos = de_las_franjas()
    for rasgo in rasgos:
        rasgo["geometry"]["coordinates"] = [[[y, x] for x, y in rasgo["geometry"]["coordinates"][0]]]
    pagina = entrar()
    subir(pagina, "macrodistrito", [geojson(rasgos)])
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_have_text("La latitud y la longitud parecen cambiadas")
    esperar_mapa_de_diferencias(pagina)
    retratar(pagina, "importacion-ejes")
    pagina.get_by_role("button", name=re.compile("con los ejes invertidos")).click()
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_have_text(re.compile("^3 macrodistritos: 3 nuevas, "))
    assert esperar_mapa_de_diferencias(pagina) == 3


def test_a_file_with_a_bad_row_is_loaded_around_it(entrar, cola, retratar):
    rasgos = de_las_franjas()
    rasgos[1]["geometry"]["coordinates"][0][1] = [1e300, 2]
    pagina = entrar()
    subir(pagina, "macrodistrito", [geojson(rasgos)])
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_have_text(re.compile("2 nuevas, .* 1 con error"))
    # The worst stands first, with what to do; by hand or with the button, the row is left out and the rest read again.
    expect(pagina.locator("table.filas tbody tr").first).to_contain_text("una coordenada imposible")
    retratar(pagina, "importacion-fila-mala")
    pagina.get_by_role("checkbox", name=re.compile("Franja 1")).uncheck()
    expect(pagina.locator("#decidir")).to_contain_text("1 fila queda fuera")
    pagina.get_by_role("button", name="Volver a leer sin esas filas").click()
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_have_text(re.compile("^3 macrodistritos: 2 nuevas, "))
    # Wanted back, it must be read first: nothing is loaded that no report has shown.
    casilla = pagina.get_by_role("checkbox", name=re.compile("Franja 1"))
    casilla.check()
    expect(pagina.get_by_role("button", name="Volver a leer con la fila que vuelve")).to_be_visible()
    casilla.uncheck()
    pagina.get_by_role("link", name="Aceptar…").click()
    pagina.get_by_role("button", name="Sí, cargar").click()
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_have_text(re.compile("2 unidades nuevas"))
    assert nombres("macrodistrito") == {"Franja 0", "Franja 2"}


def test_what_waits_can_be_stopped_and_read_again(entrar, cola):
    pagina = entrar()
    subir(pagina, "macrodistrito", [franjas()])
    pagina.get_by_role("button", name="Detener").click()
    expect(pagina.locator(".encabezado")).to_contain_text("cancelada")
    cola()
    pagina.get_by_role("button", name="Intentar de nuevo").click()
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_have_text(re.compile("3 nuevas"))
    esperar_mapa_de_diferencias(pagina)


def test_a_file_that_is_no_layer_is_refused_beside_its_field_without_leaving_the_page(entrar, cola, navegacion):
    pagina = entrar()
    pagina.goto(LISTA)
    pagina.get_by_label("¿De qué nivel son las unidades?").select_option("distrito")
    pagina.get_by_label("Archivo", exact=True).set_input_files(
        [{"name": "notas.docx", "mimeType": "text/plain", "buffer": b"x"}]
    )
    pagina.get_by_role("button", name="Subir y revisar").click()
    expect(pagina.get_by_role("alert")).to_contain_text("No se puede leer «notas.docx»")
    expect(pagina.get_by_label("¿De qué nivel son las unidades?")).to_have_value("distrito")
    assert all("400" in queja for queja in navegacion.quejas)
    navegacion.quejas.clear()


def test_the_whole_report_is_reached_with_the_keyboard(entrar, cola):
    pagina = entrar()
    subir(pagina, "macrodistrito", [franjas()])
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_have_text(re.compile("3 nuevas"))
    esperar_mapa_de_diferencias(pagina)
    vistos = set()
    for _vez in range(60):
        pagina.keyboard.press("Tab")
        vistos.add(
            pagina.evaluate(
                """() => { const a = document.activeElement;
                return a.dataset.capa || a.getAttribute("name") || a.className || a.textContent.trim(); }"""
            )
        )
    assert {"filas", "cargar", "al-mapa"} <= vistos
    assert any("Aceptar" in v or "btn-primary" in v for v in vistos)


def test_without_script_the_way_is_the_same(entrar, cola):
    pagina = entrar(ANCHO, java_script_enabled=False)
    subir(pagina, "macrodistrito", [franjas()])
    cola()
    # The page asks for itself again every few seconds.
    expect(pagina.get_by_role("heading", level=1)).to_have_text(re.compile("3 nuevas"))
    pagina.get_by_role("checkbox", name=re.compile("Franja 2")).uncheck()
    pagina.get_by_role("button", name="Guardar las filas marcadas").click()
    expect(pagina.locator("#decidir")).to_contain_text("1 fila queda fuera")
    pagina.get_by_role("link", name="Aceptar…").click()
    pagina.get_by_role("button", name="Sí, cargar").click()
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_contain_text("2 unidades nuevas")
    assert nombres("macrodistrito") == {"Franja 0", "Franja 1"}
