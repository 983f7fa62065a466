"""The tables that store where features lie, their names in SQL, and the lock that changes of limits take."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.db import connection, models

from cuentas import aislamiento
from territorio.models import Limite, Localizacion, Solape, Sucesion, UnidadEnUnidad, UnidadTerritorial

# Localising features and changing limits exclude each other; localising features side by side does not.
CERROJO = 0x4D494E4B41

UNIDAD = UnidadTerritorial._meta.db_table
LIMITE = Limite._meta.db_table
SOLAPE = Solape._meta.db_table
SUCESION = Sucesion._meta.db_table
EN_UNIDAD = UnidadEnUnidad._meta.db_table


def tablas() -> list[type[Localizacion]]:
    """Every concrete `Localizacion`, the units' own first: features without geometry copy from it."""
    concretas = [modelo for modelo in apps.get_models() if issubclass(modelo, Localizacion)]
    return sorted(concretas, key=lambda modelo: modelo is not UnidadEnUnidad)


def tabla_de(modelo: type[models.Model]) -> type[Localizacion]:
    """The table that stores where the features of `modelo` lie."""
    concreto = modelo._meta.concrete_model
    return next(tabla for tabla in tablas() if objeto_de(tabla) is concreto)


def analizar(*modelos: type[models.Model]) -> None:
    """Refresh the planner's statistics after a bulk load: without them the first pages take seconds."""
    for modelo in modelos:
        aislamiento.analizar(modelo._meta.db_table)


def bloquear_limites() -> None:
    """Take the lock that a change of limits needs; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CERROJO])


@contextmanager
def por_indice(cursor) -> Iterator[None]:
    """Let the planner search geometries by their index only.

    A limit is large and lies compressed outside its row: a sequential scan, cheap by count, unpacks each one just to see
    its box.
    """
    cursor.execute("SET LOCAL enable_seqscan = off")
    yield
    cursor.execute("SET LOCAL enable_seqscan = on")


def objeto_de(tabla: type[Localizacion]) -> type[models.Model]:
    """The model whose features a table places."""
    return tabla._meta.get_field(tabla.OBJETO).related_model


def con_nombres(sql: str, modelo: type[models.Model], **otros: str) -> str:
    """Fill in the names of a feature's table and of the column of its declared unit."""
    declarada = modelo._meta.get_field(modelo.CAMPO_UNIDAD).column
    return sql.format(tabla=modelo._meta.db_table, declarada=declarada, **otros)
