"""Territory through the API: read by anyone, written by who may, hostile bodies refused in words with nothing written."""

import json

import pytest
from django.test import Client

from cuentas.models import Usuario
from territorio import cifras
from territorio.models import (
    Cifra,
    CodigoExterno,
    Equipamiento,
    Indicador,
    Limite,
    Membresia,
    Poblacion,
    Rol,
    Sector,
    Sucesion,
    UnidadTerritorial,
)
from tests.mundo import cuadro, punto, unidad, xy

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def pampa(muni, oeste):
    return unidad("comunidad", "p", punto(0.5, 0.5), municipio=muni, padre=oeste, nombre="Pampa", personas=80)


@pytest.fixture
def tecnica(muni):
    usuario = Usuario.objects.create_user("tecnica", password="x")
    Membresia.objects.create(usuario=usuario, municipio=muni, rol=Rol.TECNICO_SIG)
    return usuario


@pytest.fixture
def cliente(client, tecnica):
    client.force_login(tecnica)
    return client


def pedir(cliente, verbo: str, ruta: str, cuerpo=None, *, version: str | None = None, **parametros):
    if verbo == "get":
        respuesta = cliente.get(f"/api/v1/{ruta}", parametros)
    else:
        crudo = cuerpo if isinstance(cuerpo, str | bytes) else json.dumps(cuerpo)
        cabeceras = {"If-Match": version} if version else {}
        respuesta = getattr(cliente, verbo)(f"/api/v1/{ruta}", crudo, content_type=JSON, headers=cabeceras)
    contenido = b"".join(respuesta.streaming_content) if respuesta.streaming else respuesta.content
    return respuesta.status_code, json.loads(contenido) if contenido else None


def etiqueta(cliente, ruta: str) -> str:
    """The tag that a reading carries."""
    return cliente.get(f"/api/v1/{ruta}").headers["ETag"]


def escribir(cliente, verbo: str, ruta: str, cuerpo=None):
    """Write what was read just now."""
    leido = ruta.removesuffix("limites/")
    return pedir(cliente, verbo, ruta, cuerpo, version=etiqueta(cliente, leido))


def lugar(x: float, y: float) -> dict:
    return {"type": "Point", "coordinates": list(xy(x, y))}


def poligono(x: float, y: float, lado: float) -> dict:
    return json.loads(cuadro(x, y, lado).geojson)


def contenido() -> tuple:
    modelos = (UnidadTerritorial, Limite, CodigoExterno, Equipamiento, Sucesion)
    return tuple(tuple(modelo.objects.order_by("pk").values_list()) for modelo in modelos)


# --- units ------------------------------------------------------------------------------------------------------------


def test_a_unit_is_made_changed_and_deleted(cliente, muni, oeste):
    cuerpo = {
        "nivel": "comunidad",
        "municipio": "990101",
        "nombre": "Ñuñu Mayu",
        "padre": oeste.pk,
        "punto": lugar(1, 1),
    }
    codigo, hecha = pedir(cliente, "post", "unidades/", cuerpo)
    assert (codigo, hecha["properties"]["codigo"], hecha["properties"]["avisos"]) == (201, "nunu-mayu", [])
    assert hecha["geometry"]["coordinates"] == pytest.approx(list(xy(1, 1)))
    ruta = f"unidades/{hecha['id']}/"
    cambio = {
        "codigo": "N1",
        "punto": {"type": "Point", "coordinates": [*xy(3, 1), 4000]},
        "version": hecha["properties"]["version"],
    }
    codigo, cambiada = pedir(cliente, "patch", ruta, cambio)
    assert (codigo, cambiada["properties"]["codigo"]) == (200, "N1")
    assert cambiada["properties"]["codigos"] == [{"esquema": "codigo_anterior", "codigo": "nunu-mayu"}]
    avisos = " ".join(cambiada["properties"]["avisos"])
    assert "tercera coordenada" in avisos
    assert "1.1 km de Oeste" in avisos
    assert pedir(cliente, "patch", ruta, cambio)[0] == 409  # read before it was changed
    assert escribir(cliente, "delete", ruta) == (204, None)
    assert pedir(cliente, "get", ruta)[0] == 404


def test_what_something_refers_to_is_not_deleted_and_says_what(cliente, pampa):
    codigo, dicho = escribir(cliente, "delete", f"unidades/{pampa.pk}/")
    assert codigo == 409
    assert "1 población" in dicho["error"]


def test_a_renaming_keeps_the_old_name(cliente, pampa):
    cuerpo = {"nombre": "Villa Pampa", "nombre_desde": "2020-01-01", "norma": "Ley 1"}
    assert escribir(cliente, "patch", f"unidades/{pampa.pk}/", cuerpo)[1]["properties"]["nombre"] == "Villa Pampa"
    assert list(pampa.denominaciones.values_list("nombre", "norma")) == [("Pampa", "Ley 1")]


def test_a_write_says_what_it_read_or_is_refused(cliente, muni, oeste, pampa):
    agua = Equipamiento.objects.create(
        municipio=muni, codigo="e", nombre="E", sector=Sector.objects.filter(codigo="11").first(), tipo="pileta"
    )
    limite = {"geom": poligono(0, 0, 1.5), "desde": "2020-01-01"}
    escrituras = [
        ("patch", f"unidades/{pampa.pk}/", {"nombre": "Otra"}),
        ("delete", f"unidades/{pampa.pk}/", None),
        ("post", f"unidades/{oeste.pk}/limites/", limite),
        ("patch", f"equipamientos/{agua.pk}/", {"nombre": "Otra"}),
        ("delete", f"equipamientos/{agua.pk}/", None),
    ]
    antes = contenido()
    for verbo, ruta, cuerpo in escrituras:
        assert pedir(cliente, verbo, ruta, cuerpo or {})[0] == 428, (verbo, ruta)
        assert pedir(cliente, verbo, ruta, cuerpo or {}, version="*")[0] == 400, (verbo, ruta)
        codigo, dicho = pedir(cliente, verbo, ruta, cuerpo or {}, version='"0"')
        ahora = etiqueta(cliente, ruta.removesuffix("limites/"))
        assert (codigo, f'"{dicho["version"]}"') == (409, ahora), (verbo, ruta)
    assert contenido() == antes


def test_the_tag_that_a_compressing_proxy_made_weak_is_the_same(cliente, pampa):
    debil = "W/" + etiqueta(cliente, f"unidades/{pampa.pk}/")
    assert pedir(cliente, "patch", f"unidades/{pampa.pk}/", {"nombre": "Otra"}, version=debil)[0] == 200


def test_header_and_body_that_say_two_versions_are_refused(cliente, pampa):
    cuerpo = {"nombre": "Otra", "version": "0"}
    ahora = etiqueta(cliente, f"unidades/{pampa.pk}/")
    assert list(pedir(cliente, "patch", f"unidades/{pampa.pk}/", cuerpo, version=ahora)[1]["detalle"]) == ["version"]


# --- who may ----------------------------------------------------------------------------------------------------------


def escrituras(muni, pampa) -> list[tuple[str, str, dict]]:
    return [
        ("post", "unidades/", {"nivel": "comunidad", "municipio": "990101", "nombre": "Otra"}),
        ("patch", f"unidades/{pampa.pk}/", {"nombre": "Otra"}),
        ("delete", f"unidades/{pampa.pk}/", {}),
        ("post", f"unidades/{pampa.pk}/limites/", {"geom": poligono(0, 0, 1), "desde": "2020-01-01"}),
        ("post", "sucesiones/", {"motivo": "sustitucion", "predecesoras": [pampa.pk], "desde": "2020-01-01"}),
        ("post", "equipamientos/", {"municipio": "990101", "codigo": "e", "nombre": "E", "sector": "21", "tipo": "t"}),
    ]


def test_nobody_writes_without_the_role(client, muni, pampa):
    vecino = unidad("municipio", "990102", cuadro(4, 0, 2), nombre="Vecino")
    ajena, lectora = Usuario.objects.create_user("ajena"), Usuario.objects.create_user("lectora")
    Membresia.objects.create(usuario=ajena, municipio=vecino, rol=Rol.TECNICO_SIG)
    Membresia.objects.create(usuario=lectora, municipio=muni, rol=Rol.LECTOR)
    antes = contenido()
    for usuario in (None, ajena, lectora):
        if usuario:
            client.force_login(usuario)
        for metodo, ruta, cuerpo in escrituras(muni, pampa):
            codigo, dicho = pedir(client, metodo, ruta, cuerpo)
            assert (codigo, bool(dicho["error"])) == (403, True), (usuario, metodo, ruta)
    assert contenido() == antes


def test_a_session_without_its_csrf_token_writes_nothing(muni, pampa, tecnica):
    estricto = Client(enforce_csrf_checks=True)
    estricto.force_login(tecnica)
    for metodo, ruta, cuerpo in escrituras(muni, pampa):
        assert pedir(estricto, metodo, ruta, cuerpo)[0] == 403


@pytest.mark.parametrize("ruta", ["poblaciones/", "indicadores/", "cifras/", "niveles/", "donde/"])
def test_what_is_only_read_is_written_by_nobody(cliente, ruta):
    for metodo in ("post", "put", "patch", "delete"):
        assert pedir(cliente, metodo, ruta, {})[0] in {403, 405}


# --- hostile bodies ---------------------------------------------------------------------------------------------------

HONDO = "[" * 100_000 + "]" * 100_000
MALOS_PUNTOS = [
    {"type": "Point", "coordinates": [1e200, -16]}, {"type": "Point", "coordinates": [0, 0]},
    {"type": "Point", "coordinates": [-65]}, {"type": "Point", "coordinates": []}, {"type": "Point"},
    {"type": "Point", "coordinates": ["-65", "-17"]}, {"type": "Point", "coordinates": [None, None]},
    {"type": "Point", "coordinates": [True, False]}, {"type": "Point", "coordinates": {"x": 1}},
    {"type": "Polygon", "coordinates": [[[-65, -17], [-64, -17], [-64, -16], [-65, -17]]]},
    {"type": "MultiPoint", "coordinates": [[-65, -17], [-64, -17]]},
    {"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection", "geometries": []}]},
    {"type": "Feature", "geometry": {"type": "Point", "coordinates": [-65, -17]}, "properties": {}},
    {"type": "Point", "coordinates": [-65, -17], "crs": {"type": "link", "properties": {"href": "http://x/"}}},
    {"type": "Punto", "coordinates": [-65, -17]}, "POINT(-65 -17)", "SRID=4326;POINT(-65 -17)", 5, [], [-65, -17],
    {"type": ["Point"], "coordinates": [-65, -17]}, {"type": None}, {},
]  # fmt: skip


@pytest.mark.parametrize("malo", MALOS_PUNTOS, ids=lambda malo: json.dumps(malo)[:60])
def test_a_point_that_is_none_is_refused_beside_its_field(cliente, pampa, malo):
    antes = contenido()
    codigo, dicho = pedir(cliente, "patch", f"unidades/{pampa.pk}/", {"nombre": "Otra", "punto": malo})
    assert (codigo, list(dicho["detalle"])) == (400, ["punto"]), dicho
    assert contenido() == antes


@pytest.mark.parametrize(
    "crudo",
    [
        "", "{", "[]", "null", "5", '"x"', "{}", b"\xff\xfe", HONDO, '{"nombre": ' + HONDO + "}",
        '{"nombre": "a", "nombre": "b"}', '{"punto": {"type": "Point", "type": "Point", "coordinates": [-65, -17]}}',
        '{"punto": {"type": "Point", "coordinates": [NaN, -17]}}', '{"padre": Infinity}', '{"padre": 1e999}',
        '{"padre": 1.5}', '{"padre": -1}', '{"padre": 99999999999999999999999}', '{"padre": true}', '{"padre": "uno"}',
        '{"padre": ' + "9" * 5000 + "}", '{"padre": 999999}', '{"nombre": ""}', '{"nombre": null}', '{"nombre": "\\u0000"}',
        '{"nombre": "\\ud800"}', '{"nombre": ["a"]}', '{"nombre": {"a": 1}}', '{"codigo": ""}', '{"codigos": "x"}',
        '{"codigos": [{"esquema": "a"}]}', '{"codigos": [{"esquema": "a", "codigo": "b", "otro": 1}]}', '{"codigos": [1]}',
        '{"nombre_desde": "mañana", "nombre": "x"}', '{"inventado": 1}', '{"municipio": "990102"}', '{"id": 5}',
        '{"nombre": "' + "x" * 201 + '"}', '{"nivel": "distrito"}',
    ],
    ids=lambda crudo: str(crudo)[:50],
)  # fmt: skip
def test_a_body_that_cannot_be_is_a_400_and_nothing_is_written(cliente, pampa, crudo):
    antes = contenido()
    codigo, dicho = pedir(cliente, "patch", f"unidades/{pampa.pk}/", crudo)
    assert (codigo, bool(dicho["error"]), bool(dicho["detalle"])) == (400, True, True), dicho
    assert contenido() == antes


def test_a_body_of_another_type_is_refused(cliente, pampa):
    respuesta = cliente.patch(
        f"/api/v1/unidades/{pampa.pk}/", "nombre=x", content_type="application/x-www-form-urlencoded"
    )
    assert respuesta.status_code == 415


# --- limits -----------------------------------------------------------------------------------------------------------


def test_a_new_limit_closes_the_old_one_and_history_shows_both(cliente, muni, oeste):
    cuerpo = {"geom": poligono(0, 0, 1.5), "desde": "2020-01-01", "estado": "definido", "norma": "Ley 9"}
    codigo, hecho = escribir(cliente, "post", f"unidades/{oeste.pk}/limites/", cuerpo)
    assert (codigo, hecho["properties"]["estado"], hecho["properties"]["avisos"]) == (201, "definido", [])
    historia = [r["properties"] for r in pedir(cliente, "get", f"unidades/{oeste.pk}/limites/")[1]["features"]]
    assert [(h["desde"], h["hasta"], h["norma"]) for h in historia] == [
        ("2000-01-01", "2020-01-01", ""), ("2020-01-01", None, "Ley 9"),
    ]  # fmt: skip


def test_a_bow_tie_is_mended_and_said(cliente, oeste):
    a, b, c, d = xy(0, 0), xy(1, 1), xy(1, 0), xy(0, 1)
    cuerpo = {"geom": {"type": "Polygon", "coordinates": [[a, b, c, d, a]]}, "desde": "2020-01-01"}
    codigo, hecho = escribir(cliente, "post", f"unidades/{oeste.pk}/limites/", cuerpo)
    assert codigo == 201
    assert any("se cruza" in aviso or "repar" in aviso for aviso in hecho["properties"]["avisos"])


@pytest.mark.parametrize(
    "malo",
    [
        {"type": "Point", "coordinates": list(xy(0, 0))}, {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[list(xy(0, 0)), list(xy(1, 0))]]},
        {"type": "Polygon", "coordinates": [[[1e200, 0], [1, 0], [1, 1], [1e200, 0]]]}, None, "x",
    ],
    ids=lambda malo: json.dumps(malo)[:60],
)  # fmt: skip
def test_a_limit_that_is_none_is_refused(cliente, oeste, malo):
    antes = contenido()
    codigo, dicho = pedir(cliente, "post", f"unidades/{oeste.pk}/limites/", {"geom": malo, "desde": "2020-01-01"})
    assert (codigo, list(dicho["detalle"])) == (400, ["geom"]), dicho
    assert contenido() == antes


# --- successions ------------------------------------------------------------------------------------------------------


def test_a_district_is_divided_and_both_parts_know_where_they_come_from(cliente, muni, oeste):
    partes = [
        {"nombre": nombre, "geom": json.loads(cuadro(0, y, 2, 1).geojson)} for nombre, y in (("Norte", 1), ("Sur", 0))
    ]
    cuerpo = {
        "motivo": "division",
        "predecesoras": [oeste.pk],
        "partes": partes,
        "desde": "2024-01-01",
        "norma": "Ley 2",
    }
    codigo, dicho = pedir(cliente, "post", "sucesiones/", cuerpo)
    assert (codigo, sorted(f["sucesora_nombre"] for f in dicho["filas"])) == (201, ["Norte", "Sur"])
    assert pedir(cliente, "get", "sucesiones/", unidad=oeste.pk)[1]["numberReturned"] == 2


def test_a_succession_must_have_the_units_and_parts_of_its_kind(cliente, muni, oeste, este):
    una = {"motivo": "fusion", "predecesoras": [oeste.pk], "partes": [{"nombre": "x"}], "desde": "2024-01-01"}
    assert list(pedir(cliente, "post", "sucesiones/", una)[1]["detalle"]) == ["predecesoras"]
    sin = {"motivo": "division", "predecesoras": [oeste.pk], "desde": "2024-01-01"}
    assert list(pedir(cliente, "post", "sucesiones/", sin)[1]["detalle"]) == ["partes"]
    assert Sucesion.objects.count() == 0


# --- services and figures ---------------------------------------------------------------------------------------------


def test_a_service_is_recorded_placed_changed_and_deleted(cliente, muni, este):
    cuerpo = {
        "municipio": "990101", "codigo": "E1", "nombre": "Escuela", "sector": "21", "tipo": "unidad educativa",
        "lugar": lugar(3, 1), "estado": "funciona",
    }  # fmt: skip
    codigo, hecha = pedir(cliente, "post", "equipamientos/", cuerpo)
    assert (codigo, hecha["properties"]["ubicada_por"]) == (201, "propia")
    assert [r["id"] for r in pedir(cliente, "get", "equipamientos/", unidad=este.pk)[1]["features"]] == [hecha["id"]]
    ruta = f"equipamientos/{hecha['id']}/"
    cerrada = escribir(cliente, "patch", ruta, {"estado": "cerrado"})[1]["properties"]
    assert (cerrada["estado"], cerrada["version"]) == ("cerrado", 2)
    assert list(pedir(cliente, "patch", ruta, {"sector": "nada"})[1]["detalle"]) == ["sector"]
    assert list(pedir(cliente, "post", "equipamientos/", cuerpo)[1]["detalle"]) != []  # the code is taken
    assert escribir(cliente, "delete", ruta)[0] == 204
    assert Equipamiento.objects.count() == 0


def test_figures_are_read_own_or_estimated_with_their_method(client, muni, oeste, pampa):
    Poblacion.objects.create(unidad=pampa, censo=2024, sexo="mujeres", grupo_edad="0-14", personas=20)
    cifras.recalcular([muni.pk])  # which says as well that everybody may see it
    Indicador.objects.create(unidad=muni, nombre="nbi", anio=2024, valor=40)
    filas = pedir(client, "get", "poblaciones/", municipio="990101", sexo="mujeres")[1]["filas"]
    assert [(f["codigo"], f["grupo_edad"], f["personas"]) for f in filas] == [("p", "0-14", 20)]
    assert pedir(client, "get", "indicadores/", nombre="nbi")[1]["filas"][0]["valor"] == 40
    dicho = pedir(client, "get", "cifras/", municipio="990101", nombre="habitantes", limite=1)[1]
    assert (dicho["numberMatched"], dicho["numberReturned"]) == (Cifra.objects.filter(nombre="habitantes").count(), 1)
    assert pedir(client, "get", "cifras/", metodo="inventado")[0] == 400
    assert pedir(client, "get", "cifras/", sobra="1")[0] == 400


def test_where_am_i_names_every_level_and_each_claimant(client, muni, oeste, este, pampa):
    Limite.objects.filter(unidad=este).update(geom=cuadro(1.5, 0, 2.5, 2))
    lon, lat = xy(1.75, 1)
    dicho = pedir(client, "get", "donde/", lat=lat, lon=lon)[1]
    assert [(u["codigo"], u["en_disputa"]) for u in dicho["unidades"]] == [("990101", False), ("2", True), ("1", True)]
    assert [(u["codigo"], u["metros"] > 0) for u in dicho["cercanas"]] == [("p", True)]


@pytest.mark.parametrize(
    "parametros", [{}, {"lat": "x", "lon": "1"}, {"lat": "nan", "lon": "-65"}, {"lat": "0", "lon": "0"},
                   {"lat": "-17", "lon": "1e400"}, {"lat": "-17", "lon": "-65", "otro": "1"}],
)  # fmt: skip
def test_where_am_i_refuses_what_is_no_place_of_bolivia(client, db, parametros):
    assert pedir(client, "get", "donde/", **parametros)[0] == 400
