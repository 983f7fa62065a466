"""What Prometheus is given."""

import json

import pytest
from django.db import ProgrammingError, connection, transaction
from prometheus_client import REGISTRY

from cuentas.guardia.turnos import Turno
from cuentas.operacion import metricas

pytestmark = pytest.mark.django_db


def valor(nombre: str, **etiquetas: str) -> float:
    return REGISTRY.get_sample_value(nombre, etiquetas) or 0


def test_requests_are_counted_by_route_and_not_by_address(client, muni):
    etiquetas = {"metodo": "GET", "ruta": "paginas:unidad", "estado": "200"}
    antes, en_curso = valor("minka_peticiones_total", **etiquetas), valor("minka_peticiones_en_curso")
    client.get(f"/unidades/{muni.pk}/?fecha=2020-01-01")
    client.get("/no-hay-tal/")
    assert valor("minka_peticiones_total", **etiquetas) == antes + 1
    assert valor("minka_peticion_segundos_count", metodo="GET", ruta="paginas:unidad") >= 1
    assert valor("minka_peticiones_total", metodo="GET", ruta="-", estado="404") >= 1
    assert valor("minka_peticiones_en_curso") == en_curso


def test_an_invented_method_makes_no_new_series(client):
    client.generic("INVENTADO", "/entrar/")
    assert valor("minka_peticiones_total", metodo="otro", ruta="cuentas:ingresar", estado="405") >= 1


def test_failed_log_ins_are_counted(client):
    antes = valor("minka_ingresos_fallidos_total")
    client.post("/entrar/", {"username": "nadie", "password": "nada"})
    assert valor("minka_ingresos_fallidos_total") == antes + 1


def test_an_error_of_the_database_is_counted_once():
    antes = valor("minka_errores_base_total", clase="ProgrammingError")
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT no_hay_tal_funcion()")
    assert valor("minka_errores_base_total", clase="ProgrammingError") == antes + 1


def test_the_page_tells_the_state_of_the_service(client, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    metricas.marca_de_respaldo().write_text(json.dumps({"momento": "2026-11-22T00:00:00+00:00"}))
    texto = client.get("/metricas/").content.decode()
    assert "minka_base_responde 1.0" in texto
    assert "minka_ultimo_respaldo_timestamp_seconds 1.7953056e+09" in texto
    for nombre in ("minka_disco_libre_bytes", "minka_cadena_eslabones", "minka_peticiones_total"):
        assert f"\n{nombre}" in texto or texto.startswith(nombre)


def test_downloads_under_way_are_told(client):
    with Turno("exportes", 2):
        assert "minka_exportes_en_curso 1.0" in client.get("/metricas/").content.decode()
    assert "minka_exportes_en_curso 0.0" in client.get("/metricas/").content.decode()


def test_without_a_database_the_page_says_so(client, monkeypatch, tmp_path):
    monkeypatch.setitem(connection.settings_dict, "HOST", str(tmp_path))
    respuesta = client.get("/metricas/")
    assert respuesta.status_code == 200
    assert "minka_base_responde 0.0" in respuesta.content.decode()
