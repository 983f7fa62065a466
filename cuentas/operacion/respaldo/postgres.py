"""PostgreSQL's own programs, and the statements that go to the server rather than to one database."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils.translation import gettext as _
from psycopg import sql

# Which variable of libpq holds what Django's settings call so: a password must not stand among a program's arguments.
VARIABLES = {
    "user": "PGUSER",
    "password": "PGPASSWORD",  # nosec B105  (a name, not a password)
    "host": "PGHOST",
    "port": "PGPORT",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
_VACIA = """
SELECT NOT EXISTS (
    SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND NOT EXISTS (SELECT 1 FROM pg_depend d
            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
"""


class Falla(Exception):
    """What a backup or a restore could not do, in words for who runs it."""


def correr(nombre: str, *argumentos: str, base: str) -> None:
    """Run `pg_dump` or `pg_restore` against a database of the server of the settings; raises Falla with what it said."""
    entorno = os.environ | {"PGDATABASE": base, "LC_MESSAGES": "C"}
    for parametro, valor in _parametros().items():
        entorno[VARIABLES[parametro]] = str(valor)
    hecho = subprocess.run([_programa(nombre), *argumentos], env=entorno, capture_output=True, text=True, check=False)
    if hecho.returncode:
        ultimo = "\n".join(hecho.stderr.strip().splitlines()[-8:])
        raise Falla(_("%(nombre)s falló:\n%(error)s") % {"nombre": nombre, "error": ultimo})


def _programa(nombre: str) -> str:
    """Where the program is: of the server's version, or of a newer one, which also understands it."""
    with servidor() as conexion:
        version = conexion.info.server_version // 10000
    carpetas = sorted(
        (carpeta for carpeta in Path("/usr/lib/postgresql").glob("*/bin") if carpeta.parent.name.isdigit()),
        key=lambda carpeta: int(carpeta.parent.name),
    )
    for carpeta in carpetas:
        if int(carpeta.parent.name) >= version and (carpeta / nombre).exists():
            return str(carpeta / nombre)
    if hallado := shutil.which(nombre):
        return hallado
    raise Falla(_("No encuentro %(nombre)s de PostgreSQL %(n)s.") % {"nombre": nombre, "n": version})


def _parametros() -> dict[str, Any]:
    todos = connection.get_connection_params()
    return {nombre: todos[nombre] for nombre in VARIABLES if todos.get(nombre)}


@contextmanager
def servidor(base: str = "postgres") -> Iterator[psycopg.Connection]:
    """A connection with the account of the settings, by default to the database that every server has."""
    try:
        conexion = psycopg.connect(dbname=base, autocommit=True, connect_timeout=10, **_parametros())
    except psycopg.OperationalError as error:
        mensaje = _("No se pudo entrar a PostgreSQL (base %(base)s): %(error)s")
        raise Falla(mensaje % {"base": base, "error": error}) from error
    with conexion:
        yield conexion


def existe(base: str) -> bool:
    return _uno("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = %s)", base)


def puede_crear() -> bool:
    return _uno("SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user")


def conectados(base: str) -> int:
    """How many are at work in a database."""
    return _uno("SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'", base)


def vacia(base: str) -> bool:
    """Whether a database holds nothing but what extensions brought."""
    with servidor(base) as conexion:
        return bool(conexion.execute(_VACIA).fetchone()[0])


def _uno(consulta: str, *datos: str) -> Any:
    with servidor() as conexion:
        return conexion.execute(consulta, datos).fetchone()[0]


def crear(base: str) -> None:
    _mandar("CREATE DATABASE {}", base)


def borrar(base: str) -> None:
    _mandar("DROP DATABASE IF EXISTS {} WITH (FORCE)", base)


def renombrar(base: str, otra: str) -> None:
    _mandar("ALTER DATABASE {} RENAME TO {}", base, otra)


def _mandar(mandato: str, *nombres: str) -> None:
    try:
        with servidor() as conexion:
            conexion.execute(sql.SQL(mandato).format(*map(sql.Identifier, nombres)))
    except psycopg.Error as error:
        raise Falla(str(error)) from error


@contextmanager
def trabajando_en(base: str) -> Iterator[None]:
    """Within the block Django's connection is to another database of the same server."""
    connection.close()
    antes = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = base
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = antes
        ContentType.objects.clear_cache()
