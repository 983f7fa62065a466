"""How often: counts shared by all connections, refusals in words, nobody refused for a count that failed."""

import logging
from threading import Thread

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, connections

from cuentas.guardia import medida, ritmo
from cuentas.guardia.medida import Ritmo, leer_ritmo
from cuentas.guardia.ritmo import contar
from cuentas.models import Conteo

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def a_mitad_de_la_ventana(monkeypatch):
    """Windows of a day, so that none ends between two requests of a test."""
    monkeypatch.setattr(medida, "SEGUNDOS", dict.fromkeys("smhd", 86400))


@pytest.mark.parametrize(
    ("texto", "leido"), [("60/m", Ritmo(60, 60)), ("5/10s", Ritmo(5, 10)), ("", None), ("0", None)]
)
def test_a_rhythm_reads_as_people_write_it(monkeypatch, texto, leido):
    monkeypatch.undo()
    assert leer_ritmo(texto) == leido


@pytest.mark.parametrize("texto", ["60", "60/min", "/m", "-1/m", "0/m", "60/0s", "muchos"])
def test_a_rhythm_that_cannot_be_says_how_it_is_written(texto):
    with pytest.raises(ImproperlyConfigured, match="60/m"):
        leer_ritmo(texto)


def test_each_has_its_own_count_and_what_passes_waits(settings):
    settings.MINKA_RITMOS = {"api": "2/m"}
    assert [contar("api", ["direccion:10.0.0.1"]) for _vez in range(2)] == [None, None]
    assert 0 < contar("api", ["direccion:10.0.0.1"]) <= 86400
    assert contar("api", ["direccion:10.0.0.2"]) is None
    assert contar("otra", ["direccion:10.0.0.1"]) is None


def test_a_new_window_begins_from_nothing(settings):
    settings.MINKA_RITMOS = {"api": "1/m"}
    contar("api", ["direccion:x"])
    assert contar("api", ["direccion:x"])
    Conteo.objects.update(ventana=0)
    assert contar("api", ["direccion:x"]) is None


def test_what_is_kept_names_nobody_and_is_swept(settings):
    settings.MINKA_RITMOS = {"ingreso": "9/m"}
    contar("ingreso", ["direccion:10.9.8.7", "cuenta:rosa"])
    assert Conteo.objects.count() == 2
    assert not any("10.9" in fila.clave or "rosa" in fila.clave for fila in Conteo.objects.all())
    assert ritmo.barrer() == 0
    Conteo.objects.update(vence=1)
    assert ritmo.barrer() == 2


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_are_counted_one_by_one(settings):
    settings.MINKA_RITMOS = {"api": "30/m"}
    dichos = []

    def pedir() -> None:
        dichos.extend(contar("api", ["direccion:x", "cuenta:y"]) for _vez in range(10))
        connections.close_all()

    hilos = [Thread(target=pedir) for _hilo in range(4)]
    for hilo in hilos:
        hilo.start()
    for hilo in hilos:
        hilo.join()
    assert sum(espera is None for espera in dichos) == 30
    assert set(Conteo.objects.values_list("cuantas", flat=True)) == {40}


def test_a_count_that_fails_refuses_nobody(settings, monkeypatch, caplog, client, muni):
    settings.MINKA_RITMOS = {"busqueda": "1/m"}

    def fallar(ventanas):
        raise DatabaseError("sin tabla")

    monkeypatch.setattr(ritmo, "_contar", fallar)
    with caplog.at_level(logging.ERROR):
        assert [client.get("/buscar/?q=agua").status_code for _vez in range(3)] == [200] * 3
    assert "No se pudo contar" in caplog.text


def test_without_its_table_the_page_is_answered_all_the_same(settings, client, muni):
    settings.MINKA_RITMOS = {"busqueda": "1/m"}
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {Conteo._meta.db_table} RENAME TO en_otra_parte")
    assert [client.get("/buscar/?q=agua").status_code for _vez in range(2)] == [200] * 2


@pytest.mark.parametrize(
    ("clase", "ruta"),
    [
        ("busqueda", "/buscar/?q=agua"),
        ("busqueda", "/territorio/buscar/?q=agua"),
        ("exportes", "/exportar/unidades.csv"),
    ],
)
def test_a_page_asked_too_often_says_when_to_come_back(settings, client, muni, clase, ruta):
    settings.MINKA_RITMOS = {clase: "2/m"}
    assert [client.get(ruta).status_code for _vez in range(3)] == [200, 200, 429]
    respuesta = client.get(ruta)
    assert int(respuesta["Retry-After"]) > 0
    assert "Demasiados pedidos seguidos" in respuesta.content.decode()
    assert client.get("/").status_code == 200
    assert client.get(ruta, REMOTE_ADDR="10.0.0.9").status_code == 200


def test_the_api_says_so_in_its_own_shape_and_counts_writes_apart(settings, client, muni):
    settings.MINKA_RITMOS = {"api": "1/m", "api_escritura": "1/m"}
    assert [client.get("/api/v1/niveles/").status_code for _vez in range(2)] == [200, 429]
    respuesta = client.get("/api/v1/niveles/")
    assert "Espere" in respuesta.json()["error"]
    assert respuesta["Retry-After"]
    assert [client.post("/api/v1/unidades/").status_code for _vez in range(2)] == [403, 429]


def test_a_member_is_counted_by_account_and_may_more(settings, client, muni):
    settings.MINKA_RITMOS = {"busqueda": "1/m"}
    client.get("/buscar/?q=agua")
    assert client.get("/buscar/?q=agua").status_code == 429
    client.force_login(get_user_model().objects.create_user("rosa"))
    assert [client.get("/buscar/?q=agua").status_code for _vez in range(5)] == [200] * 4 + [429]


def test_attempts_to_enter_count_for_the_address_and_for_the_account(settings, client, db):
    settings.MINKA_RITMOS = {"ingreso_direccion": "4/m", "ingreso_cuenta": "2/m"}

    def intentar(cuenta: str, **otra) -> int:
        return client.post("/entrar/", {"username": cuenta, "password": "mala"}, **otra).status_code

    assert [intentar("rosa") for _vez in range(3)] == [200, 200, 429]
    assert intentar("ROSA ", REMOTE_ADDR="10.0.0.9") == 429
    assert [intentar("otra"), intentar("otra más")] == [200, 429]


def test_files_of_ours_are_never_counted(settings, client, muni):
    settings.MINKA_RITMOS = dict.fromkeys(("api", "busqueda", "exportes", "ingreso"), "1/m")
    assert {client.get("/static/minka/minka.css?q=1").status_code for _vez in range(3)} == {200}
    assert not Conteo.objects.exists()
