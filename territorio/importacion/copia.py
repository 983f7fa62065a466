"""Rows in bulk: COPY in place of one INSERT per thousand, ids taken beforehand."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models, transaction
from shapely import set_srid, to_wkb
from shapely.geometry.base import BaseGeometry

# What comes by COPY waits here where the rules of rows apply, which COPY itself cannot check.
_ANTESALA = "CREATE TEMPORARY TABLE copia_en_curso AS SELECT {columnas} FROM {tabla} WITH NO DATA"
_PASAR = "INSERT INTO {tabla} ({columnas}) SELECT {columnas} FROM copia_en_curso"


def copiar(modelo: type[models.Model], columnas: Sequence[str], filas: Iterable[Sequence[Any]]) -> None:
    """Write `filas` with COPY; a column that is not named takes its default of the database, constraints hold as ever."""
    tabla = connection.ops.quote_name(modelo._meta.db_table)
    nombres = ", ".join(connection.ops.quote_name(columna) for columna in columnas)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT row_security_active(%s)", [tabla])
        con_reglas = cursor.fetchone()[0]
        if con_reglas:
            cursor.execute(_ANTESALA.format(tabla=tabla, columnas=nombres))
        with cursor.copy(f"COPY {'copia_en_curso' if con_reglas else tabla} ({nombres}) FROM STDIN") as copia:
            for fila in filas:
                copia.write_row(fila)
        if con_reglas:
            cursor.execute(_PASAR.format(tabla=tabla, columnas=nombres))
            cursor.execute("DROP TABLE copia_en_curso")


def apartar_ids(modelo: type[models.Model], cuantos: int) -> list[int]:
    """Ids of rows still to be written, so that what refers to them need not ask for them afterwards."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [modelo._meta.db_table, cuantos],
        )
        return [fila[0] for fila in cursor.fetchall()]


def hexewkb(forma: BaseGeometry | None) -> str | None:
    """A geometry (EPSG:4326) as PostGIS reads it, without a detour through text."""
    if forma is None:
        return None
    return to_wkb(set_srid(forma, 4326), hex=True, include_srid=True)
