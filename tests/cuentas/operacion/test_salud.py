"""Alive, ready, and who is told why not."""

import time
from contextlib import contextmanager

import pytest
from django.db import connection

from cuentas.operacion import salud

AFUERA = {"REMOTE_ADDR": "203.0.113.7"}


@pytest.fixture
def desde_la_prueba(monkeypatch):
    """Readiness looks through the test's own connection, which sees what the test wrote."""

    @contextmanager
    def propia():
        yield connection

    monkeypatch.setattr(salud, "conexion_breve", propia)


def latir(hace: str = "0 seconds") -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval)", [hace])


@pytest.mark.parametrize("ruta", ["/salud/", "/salud/vivo/"])
def test_alive_answers_without_database_session_or_known_host(client, ruta):
    # Without the mark django_db any query fails.
    respuesta = client.get(ruta, headers={"host": "10.1.2.3"})
    assert (respuesta.status_code, respuesta.json()) == (200, {"estado": "vivo"})
    assert not respuesta.cookies


def test_health_is_not_redirected_to_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/salud/").status_code == 200
    assert client.post("/salud/").status_code == 405


@pytest.mark.django_db
def test_ready_when_every_part_is_well(client, desde_la_prueba):
    latir()
    respuesta = client.get("/salud/listo/")
    assert respuesta.status_code == 200, respuesta.json()
    assert set(respuesta.json()["partes"]) == {"base", "disco", "migraciones", "reglas", "trabajador"}


@pytest.mark.django_db
def test_a_worker_that_fell_silent_is_not_ready(client, desde_la_prueba):
    assert client.get("/salud/listo/").status_code == 503
    latir("40 seconds")
    respuesta = client.get("/salud/listo/")
    assert respuesta.status_code == 503
    assert respuesta.json()["partes"]["trabajador"] == {"bien": False, "hace_s": 40}
    latir("5 seconds")
    assert client.get("/salud/listo/").status_code == 200


@pytest.mark.django_db
def test_a_migration_that_is_not_applied_is_named(client, desde_la_prueba):
    latir()
    assert client.get("/salud/listo/").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions' AND name = '0001_initial'")
    respuesta = client.get("/salud/listo/")
    assert respuesta.status_code == 503
    assert respuesta.json()["partes"]["migraciones"] == {"bien": False, "faltan": ["sessions.0001_initial"]}


@pytest.mark.django_db
def test_row_rules_of_another_version_are_not_ready(client, desde_la_prueba):
    latir()
    with connection.cursor() as cursor:
        cursor.execute("COMMENT ON FUNCTION minka_todo() IS 'otra'")
    assert client.get("/salud/listo/").json()["partes"]["reglas"] == {"bien": False}


@pytest.mark.django_db
def test_a_full_disk_is_not_ready(client, desde_la_prueba, settings):
    latir()
    settings.MINKA_DISCO_MINIMO_MB = 10**9
    respuesta = client.get("/salud/listo/")
    assert respuesta.status_code == 503
    assert not respuesta.json()["partes"]["disco"]["bien"]


@pytest.mark.django_db
def test_without_a_database_the_answer_is_soon_no(client, monkeypatch, tmp_path):
    monkeypatch.setitem(connection.settings_dict, "HOST", str(tmp_path))
    antes = time.monotonic()
    respuesta = client.get("/salud/listo/")
    assert time.monotonic() - antes < 2.5
    assert respuesta.status_code == 503
    partes = respuesta.json()["partes"]
    assert not partes["base"]["bien"] and partes["disco"]["bien"]
    assert client.get("/salud/").status_code == 200


@pytest.mark.django_db
def test_a_database_that_hangs_is_given_up(settings):
    from cuentas.operacion.conexion import conexion_breve

    with conexion_breve() as conexion, conexion.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("2s",)
        assert conexion.settings_dict["OPTIONS"]["connect_timeout"] == 2
    assert "statement_timeout" not in str(connection.settings_dict["OPTIONS"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("extra", "proxies", "clave", "ve"),
    [
        ({}, 0, "", True),
        (AFUERA, 0, "", False),
        ({"HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 0, "", False),
        ({"HTTP_X_FORWARDED_FOR": "127.0.0.1, 203.0.113.7"}, 1, "", False),
        ({"REMOTE_ADDR": ""}, 0, "", False),
        (AFUERA | {"HTTP_AUTHORIZATION": "Bearer llave"}, 0, "llave", True),
        (AFUERA | {"HTTP_AUTHORIZATION": "Bearer otra"}, 0, "llave", False),
        (AFUERA | {"HTTP_AUTHORIZATION": "Bearer "}, 0, "", False),
    ],
)
def test_details_are_for_this_machine_or_for_the_key(client, settings, desde_la_prueba, extra, proxies, clave, ve):
    settings.MINKA_PROXIES, settings.MINKA_METRICAS_CLAVE = proxies, clave
    assert ("partes" in client.get("/salud/listo/", **extra).json()) is ve
    assert (client.get("/metricas/", **extra).status_code == 200) is ve
