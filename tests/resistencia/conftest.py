"""What these tests share: a database of their own, made from that of the tests, and a `var/` of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.test import override_settings

from cuentas.operacion.respaldo import postgres


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    aqui = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(aqui):
            item.add_marker(pytest.mark.resistencia)


@pytest.fixture(scope="session")
def base_de_pruebas(django_db_setup, django_db_blocker, request) -> Iterator[str]:
    """Name of the database of the tests; it is made here where no test of the run has the mark that makes it."""
    antes = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        propia = antes != connection.creation._get_test_db_name() and not antes.startswith("test_")
        if propia:
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False, keepdb=True)
        nombre = connection.settings_dict["NAME"]
        yield nombre
        if propia:
            connection.settings_dict["NAME"] = nombre
            connection.creation.destroy_test_db(antes, verbosity=0, keepdb=request.config.getvalue("reuse_db"))


@pytest.fixture(scope="module")
def base_propia(base_de_pruebas, django_db_blocker, tmp_path_factory, request) -> Iterator[Path]:
    """Django works on a copy of the database of the tests, with its own folder for files; gives that folder."""
    with django_db_blocker.unblock(), _carpeta(tmp_path_factory.mktemp("var")) as carpeta:
        copia = f"{base_de_pruebas[:40]}_{request.module.__name__.rpartition('_')[2]}"
        connections.close_all()
        postgres.borrar(copia)
        with postgres.servidor() as conexion:
            conexion.execute(f'CREATE DATABASE "{copia}" TEMPLATE "{base_de_pruebas}"')
        cache.clear()
        try:
            with postgres.trabajando_en(copia):
                yield carpeta
        finally:
            cache.clear()
            for sobra in _que_empiezan_por(copia):
                postgres.borrar(sobra)


@contextmanager
def _carpeta(carpeta: Path) -> Iterator[Path]:
    with override_settings(VAR_DIR=carpeta, MEDIA_ROOT=carpeta / "archivos", MINKA_DISCOS=[str(carpeta)]):
        yield carpeta


def _que_empiezan_por(nombre: str) -> list[str]:
    with postgres.servidor() as conexion:
        filas = conexion.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [nombre]).fetchall()
    return [fila[0] for fila in filas]
