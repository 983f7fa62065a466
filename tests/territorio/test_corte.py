"""A process killed at any moment of a load leaves the territory as it was, and the load can be repeated."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection

from territorio.models import Importacion, Limite, UnidadTerritorial
from tests.archivos import contenido, correr, geojson
from tests.mundo import cuadro, unidad

pytestmark = pytest.mark.django_db(transaction=True)
RAIZ = Path(__file__).resolve().parents[2]
OPCIONES = ("--nivel", "distrito", "--municipio", "990101")

# A trigger that waits where it is told: the load is then certainly in the middle of its transaction.
ESPERA = """
CREATE FUNCTION esperar() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;
CREATE TRIGGER esperar AFTER {cuando} FOR EACH STATEMENT EXECUTE FUNCTION esperar();
"""


@pytest.fixture
def municipio(transactional_db):
    return unidad("municipio", "990101", cuadro(0, 0, 4, 2))


@pytest.fixture
def archivo(tmp_path):
    filas = [(cuadro(0, 0, 2), {"codigo": "1", "nombre": "Uno"}), (cuadro(2, 0, 2), {"codigo": "2", "nombre": "Dos"})]
    return geojson(tmp_path / "d.geojson", filas)


@pytest.fixture
def sin_espera():
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION IF EXISTS esperar() CASCADE")


@pytest.mark.parametrize(
    "cuando",
    [
        "INSERT ON territorio_unidadterritorial",
        "INSERT ON territorio_limite",
        "INSERT ON territorio_unidadenunidad",
        "UPDATE ON territorio_importacion",
    ],
)
def test_a_load_killed_in_the_middle_leaves_nothing_and_can_be_repeated(municipio, archivo, sin_espera, cuando):
    antes = contenido()
    with connection.cursor() as cursor:
        cursor.execute(ESPERA.format(cuando=cuando))
    proceso = subprocess.Popen(
        [sys.executable, "manage.py", "importar_limites", str(archivo), *OPCIONES],
        cwd=RAIZ,
        env=os.environ | {"DATABASE_URL": _url()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        servidor = _esperando(proceso)
    finally:
        if proceso.poll() is None:
            os.killpg(proceso.pid, signal.SIGKILL)
        proceso.wait(timeout=10)
    _desaparecio(servidor)
    assert contenido() == antes
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION esperar() CASCADE")
    assert correr("importar_limites", archivo, *OPCIONES).salida == 0
    assert (UnidadTerritorial.objects.count(), Limite.objects.count(), Importacion.objects.count()) == (3, 3, 1)


def _url() -> str:
    """Where this test's own database is, as the command is told it."""
    base = settings.DATABASES["default"]
    quien = base["USER"] + (f":{base['PASSWORD']}" if base["PASSWORD"] else "")
    # A folder of sockets as a host keeps its own slash: that is how django-environ tells it from a name.
    servidor = (
        ("/" if base["HOST"].startswith("/") else "") + base["HOST"] + (f":{base['PORT']}" if base["PORT"] else "")
    )
    opciones = urlencode({clave: valor for clave, valor in base.get("OPTIONS", {}).items() if isinstance(valor, str)})
    return f"postgis://{quien}@{servidor}/{base['NAME']}?{opciones}"


def _esperando(proceso: subprocess.Popen) -> int:
    """The server process of the load, once it waits in the trigger."""
    hasta = time.monotonic() + 60
    while time.monotonic() < hasta:
        assert proceso.poll() is None, "la carga terminó antes de lo que debía"
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
            )
            if fila := cursor.fetchone():
                return fila[0]
        time.sleep(0.05)
    raise AssertionError("la carga no llegó a escribir")


def _desaparecio(servidor: int) -> None:
    """The server notices a lost client when it next speaks to it; here it is told not to wait that long."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [servidor])
