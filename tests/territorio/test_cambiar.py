"""The page where GIS staff record how a unit changed: told in words first, done after, refused to others."""

import json
from datetime import date

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django.asserts import assertContains

from territorio.models import Membresia, Sucesion, UnidadTerritorial
from territorio.services import deposito
from tests import hechos, mundo
from tests.archivos import contenido

DESDE = {"desde": "2023-01-01", "norma": "Ley 5"}


@pytest.fixture(autouse=True)
def carpeta(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def tecnica(client, muni):
    usuario = get_user_model().objects.create_user("tecnica")
    Membresia.objects.create(usuario=usuario, municipio=muni, rol="tecnico_sig")
    client.force_login(usuario)
    return usuario


def direccion(unidad) -> str:
    return f"/territorio/unidades/{unidad.pk}/historia/cambiar/"


def archivo(*partes) -> SimpleUploadedFile:
    rasgos = [
        {"type": "Feature", "properties": {"nombre": nombre}, "geometry": json.loads(geom.json)}
        for nombre, geom in partes
    ]
    cuerpo = json.dumps({"type": "FeatureCollection", "features": rasgos}).encode()
    return SimpleUploadedFile("partes.geojson", cuerpo, content_type="application/geo+json")


MITADES = (("Norte", mundo.cuadro(0, 1, 2, 1)), ("Sur", mundo.cuadro(0, 0, 2, 1)))


def escrito() -> dict:
    """All that is stored, without the traces of being signed in."""
    return {tabla: filas for tabla, filas in contenido().items() if not tabla.startswith("cuentas")}


def test_a_division_is_told_before_it_is_done(client, muni, oeste, tecnica):
    hechos.demanda(muni, "a", mundo.punto(0.5, 0.5))
    antes = escrito()
    previsto = client.post(direccion(oeste), {"que": "dividir", "archivos": archivo(*MITADES), **DESDE})
    assertContains(previsto, "Oeste termina: su último día es el 31/12/2022")
    assertContains(previsto, "1 demanda.")
    assert escrito() == antes
    hecho = client.post(
        direccion(oeste),
        {
            "que": "dividir",
            "archivo": previsto.context["archivo"],
            "nombre-0": "Norte Alto",
            "codigo-0": "1N",
            "nombre-1": "Sur",
            "aplicar": "1",
            **DESDE,
        },
    )
    assert hecho.status_code == 302
    nuevas = UnidadTerritorial.objects.del_nivel("distrito").vigentes().order_by("codigo")
    assert [(n.nombre, n.codigo) for n in nuevas] == [("Sur", "1-2"), ("Norte Alto", "1N")]
    assert not any(deposito.carpeta("x").parent.iterdir())


def test_parts_without_a_name_can_be_named_on_the_page(client, oeste, tecnica):
    sin_nombre = [("", geom) for _nombre, geom in MITADES]
    respuesta = client.post(direccion(oeste), {"que": "dividir", "archivos": archivo(*sin_nombre), **DESDE})
    assertContains(respuesta, "no tiene nombre", status_code=400)
    otra = client.post(
        direccion(oeste),
        {"que": "dividir", "archivo": respuesta.context["archivo"], "nombre-0": "Norte", "nombre-1": "Sur", **DESDE},
    )
    assertContains(otra, "Esto va a pasar")


@pytest.mark.parametrize(
    ("que", "datos", "dice", "queda"),
    [
        ("nombre", {"nombre": "Poniente"}, "pasa a llamarse «Poniente»", {"Poniente", "Este"}),
        ("estado", {"estado": "definido"}, "límite definido", {"Oeste", "Este"}),
        ("suprimir", {}, "Oeste termina", {"Este"}),
        ("unir", {"nombre": "Todo", "otras": "ESTE"}, "Este termina", {"Todo"}),
    ],
)
def test_each_change_is_told_and_then_done(client, oeste, este, tecnica, que, datos, dice, queda):
    datos = {"que": que, **DESDE, **{k: este.pk if v == "ESTE" else v for k, v in datos.items()}}
    antes = escrito()
    assertContains(client.post(direccion(oeste), datos), dice)
    assert escrito() == antes
    assert client.post(direccion(oeste), {**datos, "aplicar": "1"}).status_code == 302
    assert set(UnidadTerritorial.objects.del_nivel("distrito").vigentes().values_list("nombre", flat=True)) == queda


def test_a_part_leaves_and_another_limit_is_put_from_a_file(client, oeste, tecnica):
    for que, partes, extra in (
        ("separar", MITADES[:1], {}),
        ("limite", [("x", mundo.cuadro(0, 0, 1, 1))], {"estado": "definido", "desde": "2024-01-01"}),
    ):
        datos = {"que": que, **DESDE, **extra}
        previsto = client.post(direccion(oeste), {**datos, "archivos": archivo(*partes)})
        assertContains(previsto, "Esto va a pasar")
        hecho = client.post(direccion(oeste), {**datos, "archivo": previsto.context["archivo"], "aplicar": "1"})
        assert hecho.status_code == 302
    assert Sucesion.objects.get().motivo == "desmembramiento"
    limite = oeste.limites.en_vigor().get()
    assert (limite.estado, limite.vigencia.lower) == ("definido", date(2024, 1, 1))


@pytest.mark.parametrize(
    ("datos", "dice"),
    [
        ({"que": "dividir"}, "Elija un archivo"),
        ({"que": "dividir", "archivo": "inventado"}, "Elija un archivo"),
        ({"que": "nombre", "nombre": "Oeste"}, "ya se llama así"),
        ({"que": "nombre", "nombre": "Otro", "desde": "2999-01-01"}, "todavía no llega"),
        ({"que": "nombre", "nombre": "Otro", "desde": "mañana"}, "fecha"),
        ({"que": "unir", "nombre": "Todo"}, "requerido"),
    ],
)
def test_what_cannot_be_is_told_beside_its_field(client, oeste, tecnica, datos, dice):
    respuesta = client.post(direccion(oeste), {**DESDE, **datos})
    assert respuesta.status_code == 400
    assertContains(respuesta, dice, status_code=400)


def test_a_file_that_cannot_be_read_is_refused_in_words(client, oeste, tecnica):
    roto = SimpleUploadedFile("partes.geojson", b'{"type": "FeatureCollection", "features": [{]}')
    respuesta = client.post(direccion(oeste), {"que": "dividir", "archivos": roto, **DESDE})
    assert respuesta.status_code == 400
    assert respuesta.context["formulario"].errors["archivos"]


def test_the_file_of_another_person_cannot_be_used(client, muni, oeste, tecnica):
    previsto = client.post(direccion(oeste), {"que": "dividir", "archivos": archivo(*MITADES), **DESDE})
    otra = get_user_model().objects.create_user("otra")
    Membresia.objects.create(usuario=otra, municipio=muni, rol="tecnico_sig")
    client.force_login(otra)
    datos = {"que": "dividir", "archivo": previsto.context["archivo"], "aplicar": "1", **DESDE}
    assert client.post(direccion(oeste), datos).status_code == 400


@pytest.mark.parametrize("rol", ["planificador", "comite", None])
def test_only_gis_staff_sees_the_page(client, muni, oeste, rol):
    assert client.get(direccion(oeste)).status_code == 302
    usuario = get_user_model().objects.create_user("otra")
    if rol:
        Membresia.objects.create(usuario=usuario, municipio=muni, rol=rol)
    client.force_login(usuario)
    assert client.get(direccion(oeste)).status_code == 403
    assert client.post(direccion(oeste), {"que": "suprimir", "aplicar": "1", **DESDE}).status_code == 403


def test_the_page_offers_each_change(client, oeste, tecnica):
    assertContains(client.get(direccion(oeste)), "?que=", count=7)
    for que in ("nombre", "dividir", "separar", "unir", "limite", "estado", "suprimir"):
        assertContains(client.get(direccion(oeste), {"que": que}), "Ver qué pasaría")
    assertContains(client.get(f"/unidades/{oeste.pk}/historia/"), "Registrar un cambio")
