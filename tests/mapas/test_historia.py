"""Pages of the past: history of a unit, disputed ground, and every page and download asked as of another day."""

import csv
import io
import json
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.http import QueryDict
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from mapas.disputas import MetrosCuadrados, contenidos, disputas
from mapas.filtros import FiltroInvalido, vista_de
from territorio.importacion.escritor import poner_limites
from territorio.importacion.geometria import area
from territorio.localizacion import relocalizar
from territorio.models import Limite, Solape
from territorio.services.formas import Parte, como_shapely
from territorio.services.sucesion import dividir
from tests import hechos, mundo

ANTES, CAMBIO = "2022-06-01", date(2023, 1, 1)


def cambiar(unidad, geom, desde=CAMBIO, **datos):
    poner_limites({unidad: geom}, desde=desde, **{"fuente": "prueba", "estado": "definido", **datos})
    relocalizar([unidad.pk])


@pytest.fixture
def movida(muni, oeste, este):
    cambiar(oeste, mundo.cuadro(0, 0, 3, 2), norma="Ley 77")
    cambiar(este, mundo.cuadro(3, 0, 1, 2))
    hechos.demanda(muni, "a", mundo.punto(2.5, 0.5))
    return oeste


def demandas_por_distrito(client, fecha="") -> dict[str, float]:
    filas = client.get(f"/api/v1/demanda/?municipio=990101&nivel=distrito&fecha={fecha}").json()["filas"]
    return {fila["nombre"]: fila["demandas"] for fila in filas if fila["demandas"]}


def test_a_map_page_of_another_day_says_so_and_leads_back(client, movida):
    pagina = client.get("/mapas/demanda/", {"municipio": "990101", "nivel": "distrito", "fecha": ANTES})
    assertContains(pagina, "Límites al 01/06/2022")
    assertContains(pagina, 'href="?municipio=990101&amp;nivel=distrito"')
    assertContains(pagina, f"/unidades/{movida.pk}/?fecha={ANTES}")
    assertContains(pagina, f"/exportar/demanda.geojson?municipio=990101&amp;nivel=distrito&amp;fecha={ANTES}")
    de_hoy = client.get("/mapas/demanda/", {"municipio": "990101", "nivel": "distrito"})
    assertNotContains(de_hoy, "Límites al")
    assert (demandas_por_distrito(client, ANTES), demandas_por_distrito(client)) == ({"Este": 1}, {"Oeste": 1})


def test_outlines_of_another_day_are_other_outlines(client, movida):
    def contorno(fecha):
        respuesta = client.get(f"/mapas/geometria/990101/distrito.json?fecha={fecha}")
        rasgos = json.loads(respuesta.content)["features"]
        return respuesta["ETag"], next(r["geometry"] for r in rasgos if r["id"] == movida.pk)

    (version_hoy, forma_hoy), (version_antes, forma_antes) = contorno(""), contorno(ANTES)
    assert version_hoy != version_antes
    assert forma_hoy != forma_antes
    assert client.get("/mapas/geometria/990101/distrito.json?fecha=ayer").status_code == 400


def test_the_outline_that_a_page_names_may_be_kept(client, movida):
    for fecha in ("", ANTES):
        pagina = client.get("/mapas/demanda/", {"municipio": "990101", "nivel": "distrito", "fecha": fecha})
        assert "immutable" in client.get(pagina.context["datos"]["geometria"])["Cache-Control"]


@pytest.mark.parametrize("formato", ["geojson", "csv", "zip"])
def test_a_download_of_another_day_says_so_in_its_name(client, movida, formato):
    respuesta = client.get(f"/exportar/demanda.{formato}?municipio=990101&nivel=distrito&fecha={ANTES}")
    assert "al_20220601" in respuesta["Content-Disposition"]
    cuerpo = b"".join(respuesta.streaming_content)
    if formato == "geojson":
        dicho = json.loads(cuerpo)
        assert dicho["limites_al"] == ANTES
        assert {r["properties"]["nombre"]: r["properties"]["demandas"] for r in dicho["features"]} == {
            "Este": 1,
            "Oeste": 0,
        }
    if formato == "csv":
        filas = list(csv.DictReader(io.StringIO(cuerpo.decode("utf-8-sig"))))
        assert [f["nombre"] for f in filas if f["demandas"] == "1.0"][:1] == ["Este"]


def test_the_command_writes_another_day_too(movida, tmp_path):
    salida = tmp_path / "d.geojson"
    call_command(
        "exportar", "demanda", municipio="990101", nivel="distrito", fecha=ANTES, formato="geojson", salida=salida
    )
    assert json.loads(salida.read_text())["limites_al"] == ANTES


@pytest.mark.parametrize("fecha", ["ayer", "1700-01-01", "2999-12-31", "2023-02-30"])
def test_a_day_that_cannot_be_is_told_in_words_everywhere(client, movida, fecha):
    for direccion in (
        "/mapas/demanda/",
        "/mapas/disputas/",
        "/api/v1/demanda/",
        "/api/v1/unidades/",
        "/exportar/demanda.csv",
        f"/unidades/{movida.pk}/",
    ):
        assert client.get(direccion, {"municipio": "990101", "fecha": fecha}).status_code == 400
    with pytest.raises(FiltroInvalido, match=r"fecha|llega"):
        vista_de(QueryDict(f"municipio=990101&fecha={fecha}"), AnonymousUser(), pregunta="demanda")


def test_lists_of_the_api_are_those_of_the_day(client, muni, movida):
    def rasgos(**parametros):
        respuesta = client.get("/api/v1/unidades/", {"municipio": "990101", "nivel": "distrito", **parametros})
        return json.loads(b"".join(respuesta.streaming_content))

    assert rasgos(fecha=ANTES)["limites_al"] == ANTES
    assert rasgos(fecha=ANTES)["features"][0]["geometry"] != rasgos()["features"][0]["geometry"]

    def demandas(unidad, **parametros):
        respuesta = client.get("/api/v1/demandas/", {"municipio": "990101", "unidad": unidad.pk, **parametros})
        return json.loads(b"".join(respuesta.streaming_content))["numberReturned"]

    assert (demandas(movida), demandas(movida, fecha=ANTES)) == (1, 0)
    assert client.get("/api/v1/demandas/", {"fecha": ANTES}).status_code == 400


def test_a_unit_is_shown_as_of_the_day(client, movida):
    antes = client.get(f"/unidades/{movida.pk}/", {"fecha": ANTES})
    assertContains(antes, "Límites al 01/06/2022")
    assertNotContains(antes, "Demanda a")
    assertContains(client.get(f"/unidades/{movida.pk}/"), "Demanda a")


def test_a_day_before_every_limit_says_from_when_there_are(client, movida):
    pagina = client.get("/mapas/demanda/", {"municipio": "990101", "nivel": "distrito", "fecha": "1990-01-01"})
    assertContains(pagina, "el más antiguo es del 01/01/2000")


def test_the_history_tells_each_limit_with_its_days_area_and_difference(client, movida):
    cambiar(movida, mundo.cuadro(0, 0, 3, 2), desde=date(2024, 1, 1), estado="en_conflicto")
    pagina = client.get(f"/unidades/{movida.pk}/historia/")
    tramos = pagina.context["historia"].tramos
    assert [(t.desde.year, t.hasta and t.hasta.year, t.rige) for t in tramos] == [
        (2024, None, True),
        (2023, 2023, False),
        (2000, 2022, False),
    ]
    cuadro = area(como_shapely(mundo.cuadro(2, 0, 1, 2)))
    assert tramos[1].ganado == pytest.approx(cuadro, rel=1e-6)
    assert tramos[1].perdido == pytest.approx(0, abs=1)
    assert tramos[0].mismo_terreno
    assert all(t.croquis.propia for t in tramos)
    assertContains(pagina, "31/12/2022")
    assertContains(pagina, "Ley 77")
    assertContains(pagina, "El mismo terreno que el anterior")
    assertNotContains(pagina, "Registrar un cambio")


def test_a_limit_corrected_for_the_same_day_stays_in_the_history(client, movida):
    cambiar(movida, mundo.cuadro(0, 0, 2.9, 2))
    tramos = client.get(f"/unidades/{movida.pk}/historia/").context["historia"].tramos
    assert [t.corregido for t in tramos].count(True) == 1
    assert len(tramos) == 3


@pytest.mark.parametrize("geom", [None, mundo.punto(1, 1)])
def test_a_unit_without_limit_has_a_history_page_too(client, muni, geom):
    unidad = mundo.unidad("comunidad", "c", geom, municipio=muni)
    assertContains(client.get(f"/unidades/{unidad.pk}/historia/"), "Aún no tiene un límite dibujado")


# --- disputes ---------------------------------------------------------------------------------------------------------


def vista(**parametros):
    consulta = QueryDict(mutable=True)
    consulta.update({"municipio": "990101", "nivel": "distrito", **parametros})
    return vista_de(consulta, AnonymousUser(), pregunta="disputas")


@pytest.fixture
def disputado(muni, oeste, este):
    """West and East both claim the column from 2 to 2.5 since 2023."""
    cambiar(oeste, mundo.cuadro(0, 0, 2.5, 2))
    return muni


def test_the_ground_that_two_units_claim_is_one_dispute_with_its_area(disputado, oeste, este):
    (una,) = disputas(vista())
    assert {una.una.unidad, una.otra.unidad} == {oeste, este}
    assert una.m2 == pytest.approx(area(como_shapely(mundo.cuadro(2, 0, 0.5, 2))), rel=1e-6)


def test_before_the_limits_overlapped_there_was_no_dispute(client, disputado):
    for fecha, cuantas in (("", 1), (ANTES, 0)):
        pagina = client.get("/mapas/disputas/", {"municipio": "990101", "nivel": "distrito", "fecha": fecha})
        assert pagina.context["resumen"]["cuantas"] == cuantas


def test_a_dispute_tells_what_lies_in_it_and_nothing_secret(disputado):
    comunidad = mundo.unidad("comunidad", "c", mundo.punto(2.2, 1), municipio=disputado, nombre="Medio", personas=70)
    hechos.demanda(disputado, "dentro", mundo.punto(2.25, 0.5))
    hechos.demanda(disputado, "fuera", mundo.punto(1, 0.5))
    hechos.demanda(disputado, "secreta", mundo.punto(2.25, 0.5), publicada=False)
    hechos.proyecto(disputado, "cruza", mundo.linea((1, 1), (3, 1)))
    mira = vista()
    (dentro,) = contenidos(list(disputas(mira)), mira).values()
    assert [d["nombre"] for d in dentro.demandas] == ["Demanda dentro"]
    assert [p["nombre"] for p in dentro.proyectos] == ["Proyecto cruza"]
    assert [u["id"] for u in dentro.unidades] == [comunidad.pk]
    assert dentro.habitantes == 70


def test_disputes_come_largest_first_and_slivers_apart(client, muni, oeste, este):
    este_2 = mundo.unidad("distrito", "3", mundo.cuadro(2, 2, 2), municipio=muni)
    cambiar(oeste, mundo.cuadro(0, 0, 2.5, 2))
    cambiar(este_2, mundo.cuadro(2, 1.999999, 2, 2))
    pagina = client.get("/mapas/disputas/", {"municipio": "990101", "nivel": "distrito"})
    areas = [fila["solape"].m2 for fila in pagina.context["filas"]]
    assert all(a >= b for a, b in pairwise(areas))
    todas = pagina.context["resumen"]
    assert todas["cuantas"] + todas["menores"] == Solape.objects.count() // 2
    menores = client.get("/mapas/disputas/", {"municipio": "990101", "nivel": "distrito", "menores": "1"})
    assert {f["solape"].pk for f in menores.context["filas"]}.isdisjoint(
        f["solape"].pk for f in pagina.context["filas"]
    )


@pytest.mark.parametrize("formato", ["geojson", "csv", "zip"])
def test_disputes_can_be_downloaded(client, disputado, formato):
    respuesta = client.get(f"/exportar/disputas.{formato}?municipio=990101&nivel=distrito")
    cuerpo = b"".join(respuesta.streaming_content)
    if formato == "geojson":
        (rasgo,) = json.loads(cuerpo)["features"]
        assert rasgo["properties"]["unidad_nombre"] == "Oeste"
        assert rasgo["properties"]["otra_estado"] == "referencial"
    if formato == "csv":
        assert len(cuerpo.decode().strip().splitlines()) == 2


@pytest.mark.parametrize("y", [0, -5, 7])
def test_square_metres_agree_with_the_geodesic_area(muni, y):
    unidad = mundo.unidad("comunidad", "c", mundo.cuadro(0, y, 3, 3), municipio=muni, ubicar=False)
    limite = Limite.objects.filter(unidad=unidad).annotate(m2=MetrosCuadrados("geom")).get()
    assert limite.m2 == pytest.approx(area(como_shapely(limite.geom)), rel=1e-5)


def test_the_field_of_the_day_ends_today(client, movida):
    otra = client.get("/mapas/demanda/", {"municipio": "990101"}).context["otra_fecha"]
    assert otra["ultimo"] == timezone.localdate().isoformat()
    manana = timezone.localdate() + timedelta(days=1)
    assert client.get("/mapas/demanda/", {"municipio": "990101", "fecha": manana.isoformat()}).status_code == 400


@pytest.fixture
def dividido(muni, oeste, admin_user):
    hechos.demanda(muni, "a", proponente=oeste)
    hechos.proyecto(muni, "p", unidad=oeste)
    mitades = [Parte(f"Poniente {i}", "", mundo.cuadro(0, i, 2, 1)) for i in (0, 1)]
    dividir(unidad=oeste, en=mitades, desde=CAMBIO, por=admin_user)
    return oeste


def test_a_unit_that_ended_is_found_last_and_says_so(client, dividido, muni):
    mundo.unidad("comunidad", "z", mundo.cuadro(3, 1), municipio=muni, nombre="Oeste chico")
    pagina = client.get("/buscar/", {"q": "oeste", "municipio": "990101"}).content.decode()
    assert pagina.index("Oeste chico") < pagina.index("dejó de existir el 01/01/2023")
    assert pagina.count("dejó de existir") == 1
    assert "dejó de existir" not in client.get("/buscar/", {"q": "poniente"}).content.decode()


@pytest.mark.parametrize(("que", "cual"), [("demandas", "Demanda a"), ("proyectos", "Proyecto p")])
def test_lists_hold_what_was_declared_in_a_unit_that_ended(client, dividido, que, cual):
    for filtro in ({}, {"q": "oeste"}, {"orden": "-estado"}):
        assertContains(client.get(f"/{que}/", {"municipio": "990101", **filtro}), cual)
    assert client.get(f"/{que}/", {"unidad": dividido.pk}).status_code == 200
    nueva = dividido.sucesiones.first().sucesora
    assertContains(client.get(f"/{que}/", {"unidad": nueva.pk}), "Poniente 0")
    assertContains(client.get(f"/exportar/{que}.csv", {"municipio": "990101"}), "Oeste")
