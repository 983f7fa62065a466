"""The map pages: one set of figures for map and table, nothing asked of another host, nothing unpublished shown."""

import gzip
import json
import re
from html.parser import HTMLParser

import pytest
from django.urls import reverse
from django.utils.formats import number_format

from demandas.models import Demanda, EstadoDemanda
from mapas import geometrias
from mapas.folium_mapa import piezas
from mapas.preguntas import PREGUNTAS
from mapas.signos import DEMANDAS, PROYECTOS, signos_de
from mapas.views.mapas import conservacion_en_palabras
from proyectos.models import EstadoProyecto
from territorio.conservacion import Conservacion
from territorio.localizacion import localizar
from territorio.models import Limite
from tests import mundo

TODAS = list(PREGUNTAS)


def _demanda(muni, codigo, punto=None, *, publicada=True, titulo="", **campos):
    return Demanda.objects.create(
        municipio=muni,
        codigo=codigo,
        titulo=titulo or f"Demanda {codigo}",
        punto=punto,
        publicada=publicada,
        estado=EstadoDemanda.VALIDADA,
        **campos,
    )


@pytest.fixture
def con_demandas(muni, oeste, este):
    """Three demands in the west, one in the east, one outside and one without place; and one not published."""
    for i in range(3):
        _demanda(muni, f"O{i}", mundo.punto(0.5 + i / 2, 1))
    _demanda(muni, "E1", mundo.punto(3, 1))
    _demanda(muni, "F1", mundo.punto(9, 9))
    _demanda(muni, "S1")
    _demanda(muni, "X1", mundo.punto(1, 1), publicada=False, titulo="Todavía en secreto")
    localizar(Demanda.objects.all())
    return muni


def _pagina(client, pregunta="demanda", **filtros):
    return client.get(reverse(f"mapas:{pregunta}"), filtros)


def _datos(respuesta) -> dict:
    texto = re.search(
        r'<script id="datos-mapa" type="application/json">(.*?)</script>', respuesta.content.decode(), re.S
    )
    return json.loads(texto[1])


class _Tabla(HTMLParser):
    """Cells of the table's body by row id, and what its head and foot say."""

    def __init__(self):
        super().__init__()
        self.filas, self.parte, self.fila, self.celda = {}, "", None, None
        self.pie, self.alcances, self.titulo = [], [], ""

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag in {"thead", "tbody", "tfoot", "caption"}:
            self.parte = tag
        elif tag == "tr" and self.parte == "tbody":
            self.fila = self.filas.setdefault(int(attrs["data-id"]), [])
        elif tag == "th":
            self.alcances.append(attrs.get("scope"))
        if tag in {"td", "th"} and self.parte in {"tbody", "tfoot"}:
            self.celda = ""

    def handle_data(self, data):
        if self.celda is not None:
            self.celda += data
        elif self.parte == "caption":
            self.titulo += data

    def handle_endtag(self, tag):
        if tag in {"td", "th"} and self.celda is not None:
            (self.fila if self.parte == "tbody" else self.pie).append(self.celda.strip())
            self.celda = None
        elif tag in {"thead", "tbody", "tfoot", "caption"}:
            self.parte = ""


def _leido(celda: str) -> float:
    return float(celda.removesuffix("\xa0%").replace(".", "").replace(",", "."))


def _tabla(respuesta) -> _Tabla:
    tabla = _Tabla()
    tabla.feed(re.search(r"<table.*</table>", respuesta.content.decode(), re.S)[0])
    return tabla


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pregunta", TODAS)
def test_each_question_has_a_page_that_opens_with_its_answer(client, con_demandas, pregunta):
    respuesta = _pagina(client, pregunta)
    assert respuesta.status_code == 200
    assert f'<h1 class="frase">{respuesta.context["figuras"].frase}</h1>' in respuesta.content.decode()


@pytest.mark.parametrize("pregunta", TODAS)
def test_table_and_map_hold_the_same_units_and_figures(client, con_demandas, pregunta):
    respuesta = _pagina(client, pregunta)
    datos, tabla = _datos(respuesta), _tabla(respuesta)
    assert [fila[0] for fila in datos["filas"]] == list(tabla.filas)
    for identidad, _clase, *valores in datos["filas"]:
        for valor, celda in zip(valores, tabla.filas[identidad][1:], strict=False):
            if valor is None:
                assert celda == "sin datos"
            elif isinstance(valor, int | float):
                assert float(celda.removesuffix("\xa0%").replace(".", "").replace(",", ".")) == pytest.approx(
                    valor, abs=0.06
                )


def test_figures_are_written_as_in_bolivia(client, con_demandas, oeste):
    for i in range(1250):
        _demanda(con_demandas, f"M{i}", mundo.punto(1.5, 0.5))
    localizar(Demanda.objects.all())
    tabla = _tabla(_pagina(client))
    assert tabla.filas[oeste.pk][1] == number_format(1253, force_grouping=True) == "1.253"


def test_the_table_can_be_read_aloud(client, con_demandas):
    tabla = _tabla(_pagina(client))
    assert tabla.titulo.startswith("Demanda por territorio")
    assert set(tabla.alcances) == {"col", "row"}
    assert tabla.pie[0] == "2 unidades"
    assert tabla.pie[1] == "4"


@pytest.mark.parametrize("pregunta", TODAS)
def test_a_page_names_no_other_host(client, con_demandas, pregunta):
    html = _pagina(client, pregunta).content.decode()
    assert not re.findall(r"(?:https?:)?//(?!www\.w3\.org)[a-z0-9.-]+\.[a-z]{2,}", html)
    assert "jquery" not in html.lower()


def test_a_base_map_is_asked_for_only_where_the_settings_name_one(settings):
    caja = (-65.0, -17.0, -64.0, -16.0)
    assert "tileLayer" not in piezas(caja=caja, datos_id="x").guion
    settings.MINKA_MAPA_BASE = "/fondo/{z}/{x}/{y}.png"
    assert "/fondo/{z}/{x}/{y}.png" in piezas(caja=caja, datos_id="x").guion


def test_the_same_view_is_the_same_page(client, con_demandas):
    def sin_ficha(respuesta):
        return re.sub(rb'(name="csrfmiddlewaretoken" value|nonce)="[^"]+"', b"", respuesta.content)

    assert sin_ficha(_pagina(client)) == sin_ficha(_pagina(client))


def test_the_conservation_line_is_on_the_page_and_adds_up(client, con_demandas):
    html = " ".join(re.sub(r"<[^>]+>", "", _pagina(client).content.decode()).split())
    assert "4 ubicadas · 1 fuera · 1 sin ubicar = 6 demandas" in html


def test_a_conservation_line_with_thirds_adds_up_as_written():
    partes = conservacion_en_palabras(Conservacion(total=100, ubicadas=93.35, fuera=4.65, sin_ubicar=2), "demandas")
    numeros = [float(partes[clave].replace(",", ".")) for clave in ("ubicadas", "fuera", "sin_ubicar")]
    assert sum(numeros) == pytest.approx(float(partes["total"]))


def test_what_is_not_published_is_shown_to_no_visitor(client, con_demandas):
    respuesta = _pagina(client)
    assert "Todavía en secreto" not in respuesta.content.decode()
    assert _datos(respuesta)["filas"][0][2] == 3


def test_a_name_cannot_write_html_or_script(client, muni):
    mala = '</script><script>alert("1")</script>{{ 7*7 }}'
    mundo.unidad("distrito", "9", mundo.cuadro(0, 0, 2), municipio=muni, nombre=mala)
    _demanda(muni, "D1", mundo.punto(1, 1), titulo=mala)
    localizar(Demanda.objects.all())
    respuesta = _pagina(client)
    assert '<script>alert("1")' not in respuesta.content.decode()
    assert _datos(respuesta)["rasgos"][0]["nombre"] == mala


# --- what is missing, what is wrong -----------------------------------------------------------------------------------


def test_an_impossible_filter_is_a_400_that_says_which(client, con_demandas):
    respuesta = _pagina(client, nivel="galaxia")
    assert respuesta.status_code == 400
    assert "galaxia" in respuesta.content.decode()
    assert _pagina(client, municipio="123456").status_code == 400


def test_an_empty_database_says_what_to_do(client, db):
    respuesta = _pagina(client)
    assert respuesta.status_code == 200
    assert "importar_limites" in respuesta.content.decode()
    assert "bin/demo" in respuesta.content.decode()


def test_a_municipality_without_plan_says_what_to_do(client, con_demandas):
    assert "No hay un PDM publicado" in _pagina(client, "cobertura-pdm").content.decode()
    assert "importar_proyectos" in _pagina(client, "ejecucion-poa").content.decode()


def test_units_without_place_are_counted_and_in_the_table(client, con_demandas):
    perdida = mundo.unidad("distrito", "3", municipio=con_demandas, nombre="Sin lugar")
    respuesta = _pagina(client)
    assert respuesta.context["sin_lugar"] == 1
    assert perdida.pk in _tabla(respuesta).filas
    assert "sin lugar en el mapa" in respuesta.content.decode()


def test_a_page_takes_only_reading(client, con_demandas):
    assert client.post(reverse("mapas:demanda")).status_code == 405


# --- outlines ---------------------------------------------------------------------------------------------------------


def _geometria(client, respuesta_de_pagina, **cabeceras):
    return client.get(_datos(respuesta_de_pagina)["geometria"], headers=cabeceras)


def test_outlines_hold_every_unit_that_has_a_place(client, con_demandas, oeste, este):
    solo_punto = mundo.unidad("distrito", "4", mundo.punto(3, 1), municipio=con_demandas)
    sin_lugar = mundo.unidad("distrito", "5", municipio=con_demandas)
    dibujo = _geometria(client, _pagina(client)).json()
    formas = {rasgo["id"]: rasgo["geometry"]["type"] for rasgo in dibujo["features"]}
    assert formas == {oeste.pk: "Polygon", este.pk: "Polygon", solo_punto.pk: "Point"}
    assert sin_lugar.pk not in formas
    assert dibujo["contorno"]["id"] == con_demandas.pk


def test_outlines_of_the_present_version_are_kept_for_good(client, con_demandas):
    pagina = _pagina(client)
    respuesta = _geometria(client, pagina)
    assert respuesta.status_code == 200
    assert "immutable" in respuesta["Cache-Control"]
    assert "private" in respuesta["Cache-Control"]
    otra = _geometria(client, pagina, if_none_match=respuesta["ETag"])
    assert otra.status_code == 304
    assert otra.content == b""


def test_outlines_travel_compressed(client, con_demandas):
    respuesta = _geometria(client, _pagina(client), accept_encoding="gzip")
    assert respuesta["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(respuesta.content))["type"] == "FeatureCollection"


def test_a_changed_limit_has_another_address(client, con_demandas, oeste):
    antes = _pagina(client)
    limite = Limite.objects.get(unidad=oeste)
    limite.geom = mundo.cuadro(0, 0, 1)
    limite.save()
    despues = _pagina(client)
    assert _datos(antes)["geometria"] != _datos(despues)["geometria"]
    assert "no-cache" in _geometria(client, antes)["Cache-Control"]
    assert _geometria(client, despues).json()["features"] != []


def test_a_small_unit_does_not_vanish_beside_a_large_one(muni):
    chica = mundo.unidad("distrito", "7", mundo.cuadro(3.99, 0, 0.002), municipio=muni)
    grande = mundo.unidad("distrito", "8", mundo.cuadro(-400, -400, 800), municipio=muni)
    texto = geometrias.dibujo(municipio_id=muni.pk, nivel_id=chica.nivel_id, version="prueba")
    rasgos = {r["id"]: r["geometry"] for r in json.loads(gzip.decompress(texto))["features"]}
    assert set(rasgos) == {chica.pk, grande.pk}
    anillo = rasgos[chica.pk]["coordinates"][0]
    assert len({tuple(v) for v in anillo}) >= 3


def test_outlines_of_an_unknown_place_are_a_404(client, con_demandas):
    assert client.get("/mapas/geometria/999999/distrito.json").status_code == 404
    assert client.get("/mapas/geometria/990101/galaxia.json").status_code == 404


# --- signs ------------------------------------------------------------------------------------------------------------


def test_every_state_has_a_sign_of_its_own():
    assert set(PROYECTOS) == set(EstadoProyecto)
    assert set(DEMANDAS) == set(EstadoDemanda)
    for signos in (PROYECTOS, DEMANDAS):
        assert len(set(signos.values())) == len(signos)


def test_signs_are_counted_in_the_order_works_go_forward():
    rasgos = [{"tipo": "proyecto", "estado": e, "estado_texto": e} for e in ("concluido", "idea", "concluido")]
    assert [(s.estado, s.cuantos) for s in signos_de(rasgos)] == [("idea", 1), ("concluido", 2)]
