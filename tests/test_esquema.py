"""The API against its own schema: whatever is sent, to every operation, the answer is one that the schema names.

`pytest -m esquema` runs it alone; MINKA_EJEMPLOS=200 looks deeper than the few examples of every run.
"""

import itertools
import os
from collections.abc import Iterator

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client, override_settings
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application
from demandas.models import Demanda
from proyectos.models import PDM, POA, Proyecto
from territorio.models import Equipamiento, Rol, UnidadTerritorial
from tests import hechos, mundo, quienes

pytestmark = [pytest.mark.esquema, pytest.mark.django_db]

EJEMPLOS = int(os.environ.get("MINKA_EJEMPLOS", "4"))
COMPROBAR = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
con_pocos = settings(
    max_examples=EJEMPLOS,
    phases=[Phase.generate],  # what fails is told as it came: making it smaller takes as long again
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def una_conexion() -> Iterator[None]:
    """Requests end in the transaction of the test, as those of Django's own client do."""
    for aviso in (request_started, request_finished):
        aviso.disconnect(close_old_connections)
    yield
    for aviso in (request_started, request_finished):
        aviso.connect(close_old_connections)


@pytest.fixture
def api(tablero, tmp_path, una_conexion):
    hechos.equipamiento(tablero, "e1", mundo.punto(1, 1))
    with override_settings(MEDIA_ROOT=tmp_path, ALLOWED_HOSTS=["*"]):
        yield schemathesis.openapi.from_wsgi("/api/v1/esquema/?format=json", application)


@pytest.fixture
def administradora(api, tablero) -> dict[str, str]:
    """Headers of a member who may write everything, her second factor given."""
    usuaria = quienes.miembro(tablero, Rol.ADMINISTRADOR)
    for rol in set(Rol) - {Rol.ADMINISTRADOR, Rol.LECTOR}:
        quienes.miembro(tablero, rol)
    cliente = quienes.entrar(Client(), usuaria)
    marca = "a" * 32
    return {
        "Cookie": f"sessionid={cliente.cookies['sessionid'].value}; csrftoken={marca}",
        "X-CSRFToken": marca,
    }


@pytest.fixture
def existentes(api) -> Iterator[dict[str, list[int]]]:
    """Ids of what there is, by the first word of the address: invented ones would only ever find nothing."""
    modelos = {
        "unidades": UnidadTerritorial, "demandas": Demanda, "proyectos": Proyecto, "equipamientos": Equipamiento,
        "pdm": PDM, "poas": POA,
    }  # fmt: skip
    yield {palabra: itertools.cycle(modelo.objects.values_list("pk", flat=True)) for palabra, modelo in modelos.items()}


def recorrer(esquema, cabeceras: dict[str, str], existentes) -> None:
    """Send a few of the cases of every operation; whatever fails is told together, operation by operation."""
    turno, fallos = itertools.count(), []
    for resultado in esquema.get_all_operations():
        operacion = resultado.ok()

        @con_pocos
        @given(case=operacion.as_strategy())
        def probar(case) -> None:
            palabra = case.path.split("/")[3]
            if "id" in (case.path_parameters or {}) and palabra in existentes and next(turno) % 3:
                case.path_parameters["id"] = next(existentes[palabra])
            case.call_and_validate(headers={"Accept-Encoding": "identity", **cabeceras}, checks=COMPROBAR)

        try:
            probar()
        except (Exception, BaseExceptionGroup) as fallo:
            fallos.append(f"{operacion.label}: {fallo}")
    assert not fallos, "\n\n".join(fallos)


def test_whatever_a_visitor_sends_the_answer_is_in_the_schema(api, existentes):
    recorrer(api, {}, existentes)


def test_whatever_a_member_sends_the_answer_is_in_the_schema(api, administradora, existentes):
    recorrer(api, administradora, existentes)


def test_the_schema_is_valid_and_says_everything_without_a_warning(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "esquema.yml"))
