"""The past in the browser: a map of another day and back, the history of a unit, a change recorded, disputed ground."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db.backends.postgresql.psycopg_any import DateRange
from playwright.sync_api import expect

from territorio.importacion.geometria import area
from territorio.localizacion import localizar, relocalizar
from territorio.models import Limite, Municipio, Nivel, UnidadTerritorial
from territorio.services.formas import como_shapely
from tests.navegador.conftest import ANCHO, TELEFONO
from tests.navegador.pasos import ancho_del_documento, esperar_mapa, filas_de_la_tabla, numero, poligonos

ENTONCES = "1992-06-01"


@pytest.fixture(scope="module")
def distrito(demo, django_db_blocker) -> Iterator[UnidadTerritorial]:
    """A district of the demo, which has two limits, with one more before them: its whole box."""
    with django_db_blocker.unblock():
        unidad = UnidadTerritorial.objects.filter(municipio__codigo="990101", nivel__codigo="distrito").first()
        primero = unidad.limites.order_by("vigencia").first()
        viejo = Limite.objects.create(
            unidad=unidad,
            geom=MultiPolygon(Polygon.from_bbox(primero.geom.extent), srid=4326),
            vigencia=DateRange(date(1990, 1, 1), primero.vigencia.lower),
            fuente="Mapa de 1990",
            estado="en_conflicto",
        )
        relocalizar([unidad.pk])
        yield unidad
        viejo.delete()
        relocalizar([unidad.pk])


@pytest.fixture(scope="module")
def comunidad(demo, django_db_blocker) -> Iterator[UnidadTerritorial]:
    """A community of the demo that is there only for this walk."""
    with django_db_blocker.unblock():
        municipio = Municipio.objects.get(codigo="990101")
        nueva = UnidadTerritorial.objects.create(
            nivel=Nivel.objects.get(codigo="comunidad"),
            municipio=municipio,
            padre=municipio,
            codigo="paso",
            nombre="Paso Viejo",
        )
        localizar(UnidadTerritorial.objects.filter(pk=nueva.pk))
        yield nueva
        nueva.delete()


@pytest.mark.parametrize("ancho", [ANCHO, TELEFONO])
def test_a_map_of_another_day_and_back_to_today(abrir, retratar, servidor, distrito, ancho):
    pagina = abrir("/mapas/demanda/?municipio=990101&nivel=distrito", ancho)
    esperar_mapa(pagina)
    todos = poligonos(pagina).count()
    assert todos > 1
    if ancho == TELEFONO:
        pagina.locator(".filtros-caja > summary").click()
    pagina.locator(".otra-fecha > summary").click()
    pagina.locator("input[name=fecha]").fill(ENTONCES)
    pagina.locator("input[name=fecha]").dispatch_event("change")
    expect(pagina.locator(".otro-dia")).to_contain_text("Límites al 01/06/1992")
    esperar_mapa(pagina)
    expect(poligonos(pagina)).to_have_count(1)
    datos = pagina.request.get(f"{servidor}/api/v1/demanda/?municipio=990101&nivel=distrito&fecha={ENTONCES}").json()
    escritas = {pk: numero(celdas[0]) for pk, celdas in filas_de_la_tabla(pagina).items()}
    assert escritas == pytest.approx({fila["id"]: fila["demandas"] for fila in datos["filas"]}, abs=0.051)
    assert ancho_del_documento(pagina) <= ancho
    retratar(pagina, f"otro-dia-{ancho}")
    pagina.locator(".otro-dia a").click()
    expect(pagina.locator(".otro-dia")).to_have_count(0)
    esperar_mapa(pagina)
    expect(poligonos(pagina)).to_have_count(todos)


@pytest.mark.parametrize("ancho", [ANCHO, TELEFONO])
def test_the_limits_of_a_unit_are_compared_on_a_map(abrir, retratar, distrito, ancho):
    pagina = abrir(f"/unidades/{distrito.pk}/", ancho)
    pagina.locator(f"a[href='/unidades/{distrito.pk}/historia/']").first.click()
    pagina.wait_for_selector("#mapa-historia[data-listo]")
    expect(pagina.locator(".tramo")).to_have_count(3)
    formas = pagina.locator("#mapa-historia .leaflet-overlay-pane path")
    expect(formas).to_have_count(2)  # the limit in force and the one before it
    pagina.locator("[data-ver-limite]").nth(2).check()
    expect(formas).to_have_count(3)
    pagina.locator("[data-ver-limite]").nth(0).uncheck()
    expect(formas).to_have_count(2)
    assert ancho_del_documento(pagina) <= ancho
    retratar(pagina, f"historia-{ancho}")


def test_without_script_the_history_is_a_list_with_drawings(abrir, distrito):
    pagina = abrir(f"/unidades/{distrito.pk}/historia/", java_script_enabled=False)
    expect(pagina.locator(".tramo svg.croquis .propia")).to_have_count(3)
    expect(pagina.locator("#mapa-historia")).to_be_hidden()


def test_gis_staff_renames_a_community_after_reading_what_will_happen(abrir, retratar, clave_demo, comunidad):
    pagina = abrir(f"/entrar/?next=/unidades/{comunidad.pk}/historia/")
    pagina.locator("input[name=username]").fill("tecnico")
    pagina.locator("input[name=password]").fill(clave_demo)
    pagina.locator("form:has(input[name=password]) button").click()
    pagina.get_by_role("link", name="Registrar un cambio").click()
    pagina.get_by_role("link", name="Cambiar el nombre").click()
    pagina.locator("input[name=nombre]").fill("Paso Nuevo")
    pagina.locator("input[name=desde]").fill("2020-02-01")
    pagina.get_by_role("button", name="Ver qué pasaría").click()
    expect(pagina.locator("main")).to_contain_text("«Paso Viejo» pasa a llamarse «Paso Nuevo»")
    retratar(pagina, "cambio-previsto")
    comunidad.refresh_from_db()
    assert comunidad.nombre == "Paso Viejo"
    pagina.get_by_role("button", name="Cambiar el nombre").click()
    expect(pagina.locator("h1")).to_have_text("Historia de Paso Nuevo")
    expect(pagina.locator("main")).to_contain_text("31/01/2020")
    pagina.goto(f"/unidades/{comunidad.pk}/?fecha=2019-01-01")
    expect(pagina.locator("h1")).to_contain_text("Paso Viejo")


@pytest.mark.parametrize("ancho", [ANCHO, TELEFONO])
def test_disputed_ground_is_listed_and_drawn(abrir, retratar, demo, ancho):
    pagina = abrir("/mapas/disputas/?municipio=990101&nivel=municipio", ancho)
    pagina.wait_for_selector("#mapa-disputas[data-listo]")
    expect(pagina.locator(".disputas > li")).to_have_count(1)
    limites = [como_shapely(lim.geom) for lim in Limite.objects.en_vigor().filter(unidad__nivel__codigo="municipio")]
    franja = area(limites[0].intersection(limites[1]))
    dicho = pagina.locator(".disputa-area").inner_text()
    hectareas = float(dicho.split()[0].replace(".", "").replace(",", ".")) * (100 if "km" in dicho else 1)
    assert hectareas == pytest.approx(franja / 10_000, rel=0.01)
    assert ancho_del_documento(pagina) <= ancho
    retratar(pagina, f"disputas-{ancho}")
