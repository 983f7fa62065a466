"""What takes too long or cannot be asked: an answer in words, and a connection that goes on."""

import time
from unittest import mock

import psycopg
import pytest
from django.db import OperationalError, connection, connections
from django.test import Client

from cuentas.guardia.turnos import SinTurno, Turno, ocupados

pytestmark = [pytest.mark.urls("tests.cuentas.guardia.rutas")]


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_takes_too_long_is_a_503_and_the_connection_serves_the_next(settings, client):
    settings.MINKA_ESPERA_MS = 200
    respuesta = client.get("/dormir/")
    assert (respuesta.status_code, respuesta["Retry-After"]) == (503, "30")
    assert "Esto demora demasiado" in respuesta.content.decode()
    de_la_api = client.get("/api/v1/dormir/")
    assert de_la_api.status_code == 503
    assert "demora demasiado" in de_la_api.json()["error"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        assert cursor.fetchone()[0] == "0"
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(("ruta", "tipo"), [("/", "text/html"), ("/api/v1/niveles/", "application/json")])
def test_a_database_that_is_away_is_a_503_in_words(db, ruta, tipo):
    cliente = Client(raise_request_exception=False)
    cae = OperationalError("connection failed")
    cae.__cause__ = psycopg.OperationalError("no hay nadie")
    with mock.patch.object(connections["default"], "cursor", side_effect=cae):
        respuesta = cliente.get(ruta)
    assert (respuesta.status_code, respuesta["Content-Type"].split(";")[0]) == (503, tipo)
    assert "La base de datos no responde" in respuesta.content.decode()


@pytest.mark.parametrize(("ruta", "dice"), [("/caer/", "<h1>"), ("/api/v1/caer/", '{"error": "Algo falló')])
def test_what_nobody_foresaw_is_a_500_in_our_words_without_its_cause(db, ruta, dice):
    respuesta = Client(raise_request_exception=False).get(ruta)
    assert respuesta.status_code == 500
    assert dice in respuesta.content.decode()
    assert "no lo previó nadie" not in respuesta.content.decode()


@pytest.fixture
def otra():
    """A connection of another process."""
    nueva = connections.create_connection("default")
    yield nueva
    nueva.close()


def cerrar(otra) -> None:
    """Close it and wait until the server has seen it go."""
    with otra.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        proceso = cursor.fetchone()[0]
    otra.close()
    limite = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < limite:
            cursor.execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = %s", [proceso])
            if not cursor.rowcount:
                return
            time.sleep(0.05)
    raise AssertionError("el servidor no soltó los turnos de una conexión cerrada")


def tomar(otra, numero: int) -> None:
    with otra.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [0x4D4B01, numero])


def esperar_que_suelte() -> None:
    """The server notices a closed connection a moment after it was closed."""
    for _ in range(100):
        if 0 not in ocupados("exportes"):
            return
        time.sleep(0.05)


def test_turns_are_shared_with_other_processes_and_come_free_with_their_connection(db, otra):
    tomar(otra, 0)
    with Turno("exportes", 2):
        assert sorted(ocupados("exportes")) == [0, 1]
    with pytest.raises(SinTurno):
        Turno("exportes", 1)
    cerrar(otra)
    esperar_que_suelte()
    with Turno("exportes", 1):
        assert list(ocupados("exportes")) == [0]
    assert list(ocupados("exportes")) == []


def test_downloads_beyond_their_turns_are_told_to_come_back_while_pages_go_on(settings, client, muni, otra):
    settings.MINKA_EXPORTES_A_LA_VEZ = 1
    tomar(otra, 0)
    respuesta = client.get("/exportar/unidades.geojson")
    assert (respuesta.status_code, respuesta["Retry-After"]) == (503, "20")
    assert "otras descargas" in respuesta.content.decode()
    assert client.get("/").status_code == 200
    cerrar(otra)
    assert client.get("/exportar/unidades.geojson").status_code == 200


@pytest.mark.parametrize("formato", ["geojson", "csv", "zip"])
def test_a_download_gives_its_turn_back_before_anybody_reads_it(client, muni, formato):
    respuesta = client.get(f"/exportar/unidades.{formato}")
    assert list(ocupados("exportes")) == []
    assert len(b"".join(respuesta.streaming_content)) == int(respuesta["Content-Length"]) > 0


def test_a_download_that_fails_gives_its_turn_back(client, muni, monkeypatch):
    def fallar(*_args):
        yield "a medias"
        raise RuntimeError

    monkeypatch.setattr("mapas.views.exportar.exportar", fallar)
    with pytest.raises(RuntimeError):
        client.get("/exportar/unidades.csv")
    assert list(ocupados("exportes")) == []


@pytest.mark.django_db(transaction=True)
def test_a_download_has_a_time_of_its_own(settings, client, muni, monkeypatch):
    settings.MINKA_ESPERA_MS, settings.MINKA_ESPERA_EXPORTE_MS = 30_000, 150

    def demorar(*_args):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")
        yield ""

    monkeypatch.setattr("mapas.views.exportar.exportar", demorar)
    assert client.get("/exportar/unidades.csv").status_code == 503
    assert list(ocupados("exportes")) == []
