"""Hostile input at every door: never a failure of ours, always a message that says what is wrong."""

import json
from itertools import cycle, islice, product

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from cuentas.guardia.parametros import DE_TODAS
from mapas.capas import CAPAS
from territorio.models import Rol, UnidadTerritorial
from tests import mundo, quienes

pytestmark = pytest.mark.django_db

RAROS = {
    "emoji": "🏔️" * 3,
    "rtl": "\u202eodinevneib",
    "largo": "ñ" * 10_000,
    "negativo": "-1",
    "enorme": str(2**63),
    "formato": "%s%n{0}{{7*7}}",
    "comillas": "'\"; DROP TABLE x; --",
}
PAGINAS = [
    "/", "/buscar/", "/municipios/", "/aqui/", "/territorio/", "/territorio/buscar/", "/territorio/aqui/", "/demandas/",
    "/proyectos/", "/equipamientos/", "/mapas/demanda/", "/mapas/desatendidas/", "/mapas/cobertura-pdm/",
    "/mapas/ejecucion-poa/", "/mapas/servicios/", "/mapas/disputas/", "/exportar/demandas.csv", "/exportar/unidades.geojson",
    "/mapas/geometria/990101/distrito.json", "/mapas/influencia/990101/distrito.json", "/entrar/",
]  # fmt: skip
LISTAS = ["unidades", "demandas", "proyectos", "equipamientos", "cifras", "poblaciones", "indicadores", "sucesiones"]


@pytest.fixture
def cliente(tablero) -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def tecnica(tablero) -> Client:
    cliente = Client(raise_request_exception=False)
    return quienes.entrar(cliente, quienes.miembro(tablero, Rol.TECNICO_SIG))


def dicho(respuesta) -> str:
    return b"".join(respuesta.streaming_content).decode() if respuesta.streaming else respuesta.content.decode()


# --- the query string -------------------------------------------------------------------------------------------------


def test_no_page_takes_a_parameter_that_it_does_not_know(cliente):
    parametros = ("no_existe", "titulo__regex", "__proto__", "[]")
    for ruta, parametro in product(PAGINAS, parametros):
        respuesta = cliente.get(ruta, {parametro: "1"})
        assert (respuesta.status_code, parametro in dicho(respuesta)) == (400, True), (ruta, parametro)


def test_whatever_a_known_parameter_says_no_page_fails(cliente):
    for ruta in PAGINAS:
        probar_rarezas(cliente, ruta)


def probar_rarezas(cliente: Client, ruta: str) -> None:
    capa = CAPAS.get(ruta.rpartition("/")[2].split(".")[0])
    nombres = capa.parametros if capa else getattr(resolve(ruta).func, "parametros", DE_TODAS)
    # Each with some of the oddities, all of them over all.
    for i, nombre in enumerate(sorted(nombres)):
        for raro, valor in islice(cycle(RAROS.items()), i, i + 3):
            assert cliente.get(ruta, {nombre: valor}).status_code in {200, 400, 404}, (nombre, raro)


def test_lists_of_the_api_take_only_their_filters(cliente):
    for lista in LISTAS:
        probar_lista(cliente, lista)


def probar_lista(cliente: Client, lista: str) -> None:
    for parametro in (
        "ordering",
        "codigo__contains",
        "unidad__nombre__regex",
        "page_size",
        "fields",
        "punto__bboverlaps",
    ):
        respuesta = cliente.get(f"/api/v1/{lista}/", {parametro: "1"})
        assert (respuesta.status_code, parametro in dicho(respuesta)) == (400, True), parametro
    for raro, valor in RAROS.items():
        for nombre in ("municipio", "unidad", "limite", "desde", "codigo"):
            assert cliente.get(f"/api/v1/{lista}/", {nombre: valor}).status_code in {200, 400}, (nombre, raro)


def test_one_thing_of_the_api_takes_no_parameter_either(cliente, tablero):
    respuesta = cliente.get(f"/api/v1/unidades/{tablero.pk}/", {"campos": "password"})
    assert respuesta.status_code == 400
    assert "campos" in respuesta.json()["error"]
    assert cliente.get(f"/api/v1/unidades/{tablero.pk}/", {"fecha": "2020-01-01"}).status_code == 200


# --- the address, the method, the headers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ruta", ["/%00", "/unidades/%00/", "/%FF%FE/", "/demandas/?q=%FF", "/?q=%00", "/?%00=1", "/exportar/%2e%2e%2fx.csv"]
)
def test_addresses_in_no_encoding_are_refused_in_words(cliente, ruta):
    respuesta = cliente.get(ruta)
    assert respuesta.status_code in {400, 404}
    assert "<h1>" in dicho(respuesta)


@pytest.mark.parametrize("ruta", ["/", "/api/v1/niveles/"])
def test_an_endless_address_is_refused_in_words(cliente, ruta):
    respuesta = cliente.get(ruta + "?" + "&".join(f"a{i}=1" for i in range(900)))
    assert respuesta.status_code == 400
    assert "demasiado larga" in dicho(respuesta)


def test_ids_that_no_row_can_have_are_not_found(cliente):
    rutas = ("/unidades/{}/", "/demandas/{}/", "/proyectos/{}/", "/api/v1/unidades/{}/")
    for ruta, pk in product(rutas, (0, 2**31, 2**63, 10**30)):
        assert cliente.get(ruta.format(pk)).status_code == 404, (ruta, pk)


def test_no_method_makes_a_page_fail(cliente):
    rutas = ("/", "/mapas/demanda/", "/exportar/unidades.csv", "/api/v1/unidades/", "/entrar/")
    for ruta, metodo in product(rutas, ("head", "options", "trace", "put", "patch", "delete")):
        estado = getattr(cliente, metodo)(ruta).status_code
        assert estado in ({200} if metodo == "head" else {200, 204, 403, 405, 415}), (metodo, ruta)


CABECERAS = [
    {"HTTP_ACCEPT": "*/*;q=NaN, ;;;, text/" + "x" * 3000},
    {"HTTP_ACCEPT": "application/xml"},
    {"HTTP_RANGE": "bytes=9999999-1,-5,abc"},
    {"HTTP_ACCEPT_LANGUAGE": "xx-" + "y" * 600 + ";q=9"},
    {"HTTP_IF_NONE_MATCH": '"' + "a" * 5000},
    {"HTTP_IF_MODIFIED_SINCE": "ayer"},
    {"HTTP_COOKIE": "sessionid=\x00; csrftoken=" + "x" * 4000},
    {"HTTP_COOKIE": "sessionid=" + ("🏔" * 50).encode().decode("latin-1")},
    {"HTTP_X_FORWARDED_FOR": "nadie, 1.2.3.4.5, " + "9" * 500},
    {"HTTP_USER_AGENT": "\x00\x01"},
]


def test_no_header_makes_a_page_fail(cliente):
    rutas = ("/", "/api/v1/niveles/", "/mapas/geometria/990101/distrito.json", "/exportar/unidades.csv")
    for cabeceras, ruta in product(CABECERAS, rutas):
        assert cliente.get(ruta, **cabeceras).status_code in {200, 400, 406}, (cabeceras, ruta)


# --- what is sent -----------------------------------------------------------------------------------------------------


def mandar(cliente: Client, crudo: bytes | str, tipo: str = "application/json", ruta: str = "/api/v1/unidades/"):
    respuesta = cliente.generic("POST", ruta, crudo, content_type=tipo)
    return respuesta.status_code, respuesta.json()


CUERPOS = [
    b"{", b"", b"[]", b"\xff\xfe", b'{"nombre": NaN}', b'{"a":1,"a":2}', b"[" * 100_000, b'{"nombre": "\\u0000"}',
    b'{"nombre": "\\ud800"}', b"1e999",
]  # fmt: skip


def test_a_body_that_is_no_json_is_refused_in_words(tecnica):
    for crudo in CUERPOS:
        codigo, cuerpo = mandar(tecnica, crudo)
        assert (codigo, bool(cuerpo["error"])) == (400, True), crudo[:40]


def test_a_body_of_another_type_is_refused_in_words(tecnica):
    for tipo in ("text/plain", "application/xml", "multipart/form-data", "x", "application/json; charset=nada"):
        codigo, cuerpo = mandar(tecnica, b"{}", tipo)
        assert codigo in {400, 415}, tipo
        assert cuerpo["error"]


def unidad_nueva(**otro) -> str:
    lon, lat = mundo.xy(1, 1)
    datos = {
        "nivel": "comunidad", "municipio": "990101", "codigo": "nueva", "nombre": "Nueva",
        "punto": {"type": "Point", "coordinates": [lon, lat]},
    }  # fmt: skip
    return json.dumps(datos | otro)


IMPOSIBLES = [
    {"nombre": "x" * 10_000}, {"nombre": "a\x00b"}, {"codigo": "\x00"}, {"nombre": "\ud800"}, {"padre": 2**63},
    {"padre": -1}, {"padre": "uno"},
    {"municipio": "\x00"}, {"municipio": "999999"}, {"nivel": "galaxia"}, {"inventado": 1},
    {"punto": {"type": "Point", "coordinates": [1e200, 1e200]}}, {"punto": {"type": "Point", "coordinates": []}},
    {"punto": {"type": "GeometryCollection", "geometries": []}}, {"punto": "POINT(0 0)"},
    {"punto": {"type": "Point", "coordinates": [[[[[[]]]]]]}},
]  # fmt: skip


def test_a_unit_with_a_value_that_cannot_be_is_refused_in_words(tecnica):
    for campos in IMPOSIBLES:
        codigo, cuerpo = mandar(tecnica, unidad_nueva(**campos))
        assert (codigo, bool(cuerpo["error"])) == (400, True), campos
    assert not UnidadTerritorial.objects.filter(codigo="nueva").exists()


@pytest.mark.parametrize("nombre", ["Ñuñu 🏔️ Mayu", "\u202eallimaK", "Ch'alla <b>"])
def test_names_as_people_write_them_are_taken_and_shown_as_text(tecnica, nombre):
    codigo, _cuerpo = mandar(tecnica, unidad_nueva(nombre=nombre))
    assert codigo == 201
    pagina = tecnica.get(f"/unidades/{UnidadTerritorial.objects.get(codigo='nueva').pk}/").content.decode()
    assert "<b></h1>" not in pagina
    assert "Ch&#x27;alla &lt;b&gt;" in pagina or nombre in pagina


def test_a_form_that_is_too_big_says_so(tecnica, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10
    respuesta = tecnica.post("/entrar/", {f"campo{i}": "1" for i in range(20)})
    assert respuesta.status_code == 413
    assert "demasiado grande" in respuesta.content.decode()


# --- errors in one shape ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metodo", "ruta", "estado"),
    [
        ("get", "/api/v1/no-hay/", 404), ("get", "/api/v1/unidades/0/", 404), ("put", "/api/v1/unidades/", 405),
        ("post", "/api/v1/unidades/", 403), ("get", "/api/v1/importaciones/", 403), ("get", "/api/v1/unidades/?x=1", 400),
    ],
)  # fmt: skip
def test_the_api_says_every_error_in_one_shape(cliente, metodo, ruta, estado):
    if estado == 405:
        cliente = quienes.entrar(
            cliente, quienes.miembro(UnidadTerritorial.objects.get(codigo="990101"), Rol.TECNICO_SIG)
        )
    respuesta = getattr(cliente, metodo)(ruta)
    assert (respuesta.status_code, respuesta["Content-Type"].split(";")[0]) == (estado, "application/json")
    assert set(respuesta.json()) <= {"error", "detalle"}
    assert respuesta.json()["error"]


def test_a_form_without_its_mark_is_refused_in_words(tablero):
    respuesta = Client(enforce_csrf_checks=True).post("/entrar/", {"username": "x", "password": "y"})
    assert respuesta.status_code == 403
    assert "El formulario venció" in respuesta.content.decode()


def test_what_belongs_to_another_municipality_is_not_found_rather_than_forbidden(tablero, cliente):
    otro = mundo.unidad("municipio", "990102", mundo.cuadro(5, 0), nombre="Vecino")
    vecina = quienes.entrar(cliente, quienes.miembro(otro, Rol.TECNICO_SIG))
    from demandas.models import Demanda

    secreta = Demanda.objects.get(codigo="secreta")
    assert vecina.get(f"/demandas/{secreta.pk}/").status_code == 404
    assert vecina.get(f"/api/v1/demandas/{secreta.pk}/").status_code == 404


# --- every page says what it takes ------------------------------------------------------------------------------------


def rutas(patrones, antes: str = ""):
    for patron in patrones:
        if isinstance(patron, URLResolver):
            yield from rutas(patron.url_patterns, antes + str(patron.pattern))
        elif isinstance(patron, URLPattern):
            yield antes + str(patron.pattern), patron.callback


def test_every_page_that_is_read_by_a_visitor_says_its_parameters():
    """The others take the municipality and where to go afterwards: what else they read would be refused."""
    de_lectura = {
        ruta: vista for ruta, vista in rutas(get_resolver().url_patterns) if vista.__module__.startswith("mapas.views")
    }
    assert len(de_lectura) > 25
    assert [ruta for ruta, vista in de_lectura.items() if not hasattr(vista, "parametros")] == []
