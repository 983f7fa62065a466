"""Distance to services as figures: sentence, classes, conservation line, the funnel's columns, estimated marks."""

import csv
import io

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from django.test import Client

from mapas.filtros import FiltroInvalido, vista_de
from mapas.preguntas import PREGUNTAS
from territorio import cifras
from territorio.models import Poblacion
from tests import hechos
from tests.mundo import punto, unidad

pytestmark = pytest.mark.django_db


def figuras(query: str = "", pregunta: str = "servicios"):
    return PREGUNTAS[pregunta](vista_de(QueryDict(query), AnonymousUser(), pregunta=pregunta))


def por_codigo(f) -> dict[str, dict]:
    return {fila["codigo"]: fila for fila in f.filas}


@pytest.fixture
def postas(tablero):
    """A health post in the west, a closed one in the east, one known only by its district and one outside."""
    hechos.equipamiento(tablero, "o", punto(0.5, 0.5))
    hechos.equipamiento(tablero, "cerrada", punto(3, 1), estado="cerrado")
    hechos.equipamiento(tablero, "fuera", punto(9, 9))
    hechos.equipamiento(tablero, "escuela", punto(3, 1), sector_="21", tipo="unidad educativa")
    return tablero


def test_who_lives_beyond_a_distance_worst_first(postas):
    f = figuras("metros=2000")
    assert f.frase == "1 de 3 comunidades a más de 2 km de un servicio de Gestión de salud que funcione: 80 habitantes"
    assert [fila["codigo"] for fila in f.filas] == ["p", "c", "x"]
    filas = por_codigo(f)
    assert filas["p"]["km"] == pytest.approx(2.72, abs=0.01)
    assert (filas["p"]["servicio"], filas["p"]["clase"], filas["c"]["clase"]) == (
        "Servicio o",
        "hasta_5000",
        "hasta_1000",
    )
    assert (filas["x"]["km"], filas["x"]["clase"]) == (None, "sin_lugar")
    assert "50 % de ellas y 60 % de sus habitantes" in f.detalle
    assert "1 sin lugar conocido" in f.detalle
    assert {c.clave: c.cuantas for c in f.clases if c.cuantas} == {"hasta_5000": 1, "hasta_1000": 1, "sin_lugar": 1}


def test_the_line_counts_services_wherever_they_are_and_the_map_shows_their_state(postas):
    f = figuras()
    linea = f.conservacion
    assert (linea.total, linea.ubicadas, linea.fuera, linea.sin_ubicar) == (3, 1, 2, 0)
    assert sorted(r["estado"] for r in f.rasgos) == ["cerrado", "funciona", "funciona"]


def test_a_kind_and_a_sector_narrow_everything(postas):
    assert figuras("sector=21").frase.startswith(
        "0 de 3 comunidades a más de 5 km de un servicio de Gestión de educación"
    )
    assert "«unidad educativa»" in figuras("sector=21&tipo=unidad educativa").frase
    assert figuras("sector=21").conservacion.total == 1
    with pytest.raises(FiltroInvalido):
        figuras("tipo=no hay")


def test_without_a_service_that_works_nothing_is_measured(tablero):
    hechos.equipamiento(tablero, "cerrada", punto(3, 1), estado="cerrado")
    f = figuras()
    assert f.frase == "No hay cargado un servicio de Gestión de salud que funcione: no se puede medir la distancia"
    assert {fila["clase"] for fila in f.filas} == {"sin_servicio", "sin_lugar"}


def test_a_level_above_counts_its_communities_and_their_people(postas):
    filas = por_codigo(figuras("nivel=distrito&metros=2000"))
    assert (filas["1"]["cerca"], filas["1"]["lejos"], filas["1"]["habitantes_cerca"]) == (1, 0, 120)
    assert (filas["2"]["lejos"], filas["2"]["por_ciento"], filas["2"]["habitantes_lejos"]) == (1, 100, 80)


def test_the_funnel_of_a_sector_says_the_nearest_service(postas):
    assert "servicio" not in [c.clave for c in figuras("", "desatendidas").columnas]
    fila = por_codigo(figuras("sector=20", "desatendidas"))["p"]
    assert (fila["servicio"], fila["km"]) == ("Servicio o", pytest.approx(2.72, abs=0.01))


def test_estimated_inhabitants_are_marked_in_sentence_table_api_and_download(postas):
    sin_contar = unidad("comunidad", "e", punto(3.5, 1.5), municipio=postas, nombre="Sin contar")
    cifras.recalcular([postas.pk])
    cifra = por_codigo(figuras("metros=2000"))["e"]
    # Of the 320 that are left in the east, a third goes to the half of «Sin lugar» that may be there.
    assert (cifra["habitantes"], cifra["habitantes_metodo"]) == (213, "puntos")
    assert "≈\u00a0293 habitantes" in figuras("metros=2000").frase
    pagina = Client().get("/mapas/servicios/").content.decode()
    assert "≈\u00a0213" in pagina
    assert "estimada por número de comunidades" in pagina
    datos = Client().get("/api/v1/servicios/").json()
    assert next(f for f in datos["filas"] if f["id"] == sin_contar.pk)["habitantes_metodo"] == "puntos"
    texto = b"".join(Client().get("/exportar/servicios.csv")).decode("utf-8-sig")
    fila = next(f for f in csv.DictReader(io.StringIO(texto)) if f["codigo"] == "e")
    assert (fila["habitantes"], fila["habitantes_metodo"]) == ("213", "puntos")


def test_what_was_counted_carries_no_mark(postas):
    Poblacion.objects.create(unidad=unidad("comunidad", "z", None, municipio=postas), censo=2024, personas=1)
    for codigo in ("x",):
        Poblacion.objects.create(unidad=postas.unidades_del_municipio.get(codigo=codigo), censo=2024, personas=3)
    cifras.recalcular([postas.pk])
    assert "≈" not in Client().get("/mapas/servicios/?municipio=990101").content.decode()


def test_the_list_and_the_page_of_a_service(postas):
    lista = Client().get("/equipamientos/?estado=cerrado").content.decode()
    assert "Servicio cerrada" in lista
    assert "Servicio escuela" not in lista
    texto = b"".join(Client().get("/exportar/equipamientos.csv?estado=cerrado")).decode("utf-8-sig")
    assert [f["codigo"] for f in csv.DictReader(io.StringIO(texto))] == ["cerrada"]
    posta = postas.equipamientos_del_municipio.get(codigo="o")
    ficha = Client().get(f"/equipamientos/{posta.pk}/").content.decode()
    assert "más cercano para 2 comunidades" in ficha
    cerrada = postas.equipamientos_del_municipio.get(codigo="cerrada")
    assert "No funciona" in Client().get(f"/equipamientos/{cerrada.pk}/").content.decode()
    assert Client().get("/equipamientos/0/").status_code == 404
