"""The world most tests live in: a municipality of 4 × 2 squares with two districts, west and east."""

import os
from functools import partial
from pathlib import Path

import pytest
from django.db import connection
from django.test import override_settings

from cuentas import middleware
from demandas.models import Demanda
from proyectos.models import PDM, Proyecto
from territorio.localizacion import localizar
from territorio.models import UnidadTerritorial
from tests import hechos, mundo


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the work: a file stays together, and so do all that share one server."""
    for item in items:
        juntos = next((c for c in ("navegador", "resistencia") if c in item.path.parts), str(item.path))
        item.add_marker(pytest.mark.xdist_group(juntos))


@pytest.fixture(autouse=True)
def sin_tablas_de_paso(monkeypatch):
    """Before a request is served as the service's role, drop what the test itself, in the same transaction, left as owner.

    Steps of a computation are temporary tables that go at commit, which a test never reaches.
    """
    entrar = middleware.entrar

    def sin_restos(**quien) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT string_agg(format('pg_temp.%I', relname), ', ') FROM pg_class"
                " WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r'"
            )
            if tablas := cursor.fetchone()[0]:
                cursor.execute(f"DROP TABLE {tablas}")
        entrar(**quien)

    monkeypatch.setattr(middleware, "entrar", sin_restos)


@pytest.fixture(scope="session", autouse=True)
def _sin_prisa():
    """Requests are not counted, except where a test asks for it (`settings.MINKA_RITMOS`)."""
    with override_settings(MINKA_RITMOS={}):
        yield


@pytest.fixture(scope="session", autouse=True)
def _claves_sin_espera():
    """Argon2 is slow on purpose: what tests of it say so."""
    hashers = [f"django.contrib.auth.hashers.{nombre}PasswordHasher" for nombre in ("MD5", "Argon2", "PBKDF2")]
    with override_settings(PASSWORD_HASHERS=hashers):
        yield


@pytest.fixture
def muni(db):
    return mundo.unidad("municipio", "990101", mundo.cuadro(0, 0, 4, 2), nombre="Municipio de prueba", personas=1000)


@pytest.fixture
def oeste(muni):
    return mundo.unidad("distrito", "1", mundo.cuadro(0, 0, 2), municipio=muni, nombre="Oeste", personas=600)


@pytest.fixture
def este(muni):
    return mundo.unidad("distrito", "2", mundo.cuadro(2, 0, 2), municipio=muni, nombre="Este", personas=400)


@pytest.fixture
def datos() -> Path:
    """The folder of real data, named by MINKA_DATOS; tests that need it skip where it is absent."""
    carpeta = Path(os.environ.get("MINKA_DATOS", Path(__file__).parents[1] / ".." / "shared" / "datos")).resolve()
    if not carpeta.is_dir():
        pytest.skip(f"no está la carpeta de datos reales {carpeta} (MINKA_DATOS)")
    return carpeta


@pytest.fixture
def tablero(db):
    """A little of everything the questions ask about: published or not, on the border, outside, without place."""
    unidad, demanda, proyecto = (partial(f, ubicar=False) for f in (mundo.unidad, hechos.demanda, hechos.proyecto))
    muni = unidad("municipio", "990101", mundo.cuadro(0, 0, 4, 2), nombre="Municipio de prueba", personas=1000)
    oeste = unidad("distrito", "1", mundo.cuadro(0, 0, 2), municipio=muni, nombre="Oeste", personas=600)
    este = unidad("distrito", "2", mundo.cuadro(2, 0, 2), municipio=muni, nombre="Este", personas=400)
    cota = unidad("comunidad", "c", mundo.cuadro(0, 0), municipio=muni, padre=oeste, nombre="Ñuñu Mayu", personas=120)
    pampa = unidad("comunidad", "p", mundo.punto(3, 1), municipio=muni, padre=este, nombre="Pampa", personas=80)
    unidad("comunidad", "x", None, municipio=muni, nombre="Sin lugar")
    agua, salud = hechos.sector("11"), hechos.sector("20")
    a = demanda(muni, "a", mundo.punto(0.5, 0.5), sector=agua, grupo="mujeres", beneficiarias_mujeres=10)
    demanda(muni, "b", mundo.punto(2, 1), sector=salud, grupo="jovenes")
    demanda(muni, "u", proponente=pampa, sector=agua)
    demanda(muni, "f", mundo.punto(9, 9))
    demanda(muni, "n")
    demanda(muni, "secreta", mundo.punto(0.5, 0.5), publicada=False, titulo="Todavía en secreto")
    plan = PDM.objects.create(municipio=muni, nombre="PDM 2021-2025", desde=2021, hasta=2025, estado="publicado")
    p = proyecto(muni, "p", mundo.linea((0.5, 0.5), (3, 0.5)), responde=[a], pdm=plan, sector=agua)
    hechos.operacion(p, presupuesto_vigente=1000, devengado=250, fisico_programado=50, fisico_alcanzado=40)
    hechos.operacion(proyecto(muni, "q", beneficia=[cota]), presupuesto_vigente=10)
    oculto = proyecto(
        muni, "oculto", mundo.punto(3, 1), beneficia=[pampa], publicado=False, estado="concluido", nombre="Aún oculto"
    )
    hechos.operacion(oculto, presupuesto_vigente=5000)
    for modelo in (UnidadTerritorial, Demanda, Proyecto):
        localizar(modelo.objects.all())
    return muni
