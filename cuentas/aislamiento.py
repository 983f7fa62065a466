"""The second lock, inside PostgreSQL: the service works as a role that owns nothing, and sees rows by municipality.

A queryset that forgets `visibles_para` gives away nothing: row-level security lets the role `minka_app` read what is
published and what belongs to the municipalities of whoever asks, and write only in those. The rules stand beside the
actions, in each app's `permisos.py`, and are brought to the database after each `migrate`. Commands connect as the owner
of the tables, to whom they do not apply.

What must be worked out over all rows whoever asks (where features lie, figures) runs within `alcance_total`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, models

from cuentas.auditoria import a_texto, del_proceso

ROL = "minka_app"
TODO = "minka_todo()"
SUYOS = "minka_municipios()"

_total: ContextVar[bool] = ContextVar("alcance_total", default=False)


@dataclass(frozen=True)
class Filas:
    """Which rows of a table may be read, which written and which deleted, in SQL over its columns."""

    lectura: str
    escritura: str
    borrado: str

    @property
    def abierta(self) -> bool:
        """All read it: a trigger guards what is written, because row rules hide a table's statistics from the planner.

        Measured with 25,000 communities: with row rules on the units, who is served took over 100 s in place of 3.
        """
        return self.lectura == "true"


_filas: dict[type[models.Model], Filas] = {}
_solo_crecen: set[type[models.Model]] = set()


# --- what each app declares -------------------------------------------------------------------------------------------
def filas(modelo: type[models.Model], *, lectura: str, escritura: str, borrado: str = "") -> None:
    if modelo in _filas:
        raise ValueError(f"Las filas de {modelo._meta.label} ya están declaradas.")
    _filas[modelo] = Filas(lectura, escritura, borrado or escritura)


def del_municipio(modelo: type[models.Model], *, publica: str = "false", columna: str = "municipio_id") -> None:
    """Rows of a municipality: read by its members, or by all where `publica` (SQL) holds; written by its members."""
    propia = f"{columna} = ANY((SELECT {SUYOS})::bigint[])"
    filas(modelo, lectura=f"({publica}) OR (SELECT {TODO}) OR {propia}", escritura=f"(SELECT {TODO}) OR {propia}")


def de_su(modelo: type[models.Model], *campos: str, derivada: bool = False) -> None:
    """Rows that hang on others: read where all of those are, written and deleted where the first may be.

    What is `derivada` is written by nobody but what derives it, and goes with what it was derived from.
    """
    padres = [modelo._meta.get_field(campo) for campo in campos]
    lectura = " AND ".join(
        f"({p.column} IS NULL OR {p.column} IN (SELECT id FROM {p.related_model._meta.db_table}))" for p in padres
    )
    padre = padres[0]
    de_arriba = _filas[padre.related_model].escritura
    todo = f"(SELECT {TODO})"
    borrado = f"{todo} OR {padre.column} IN (SELECT id FROM {padre.related_model._meta.db_table} WHERE {de_arriba})"
    filas(modelo, lectura=f"{todo} OR ({lectura})", escritura=todo if derivada else borrado, borrado=borrado)


def abiertas(modelo: type[models.Model], *, escritura: str = "false", borrado: str = "") -> None:
    """Rows that anybody reads; `escritura` and `borrado` (SQL): by whom, besides what runs with `alcance_total`."""
    todo = f"(SELECT {TODO})"
    filas(modelo, lectura="true", escritura=f"{todo} OR {escritura}", borrado=f"{todo} OR {borrado or escritura}")


def solo_crece(modelo: type[models.Model]) -> None:
    """A table to which the service adds and nothing more: no UPDATE, no DELETE."""
    _solo_crecen.add(modelo)


def declaradas() -> dict[type[models.Model], Filas]:
    return dict(_filas)


def solo_crecen() -> set[type[models.Model]]:
    return set(_solo_crecen)


# --- who asks, for one connection -------------------------------------------------------------------------------------
_ENTRAR = """
SELECT set_config('role', %s, false), set_config('minka.municipios', %s, false), set_config('minka.alcance', %s, false),
    set_config('pghistory.context_metadata', %s, false), set_config('statement_timeout', %s, false)
"""


def entrar(
    *, municipios: list[int], todo: bool = False, contexto: dict | None = None, espera: int | None = None
) -> None:
    """From now on this connection answers as the service does, to whoever belongs to `municipios` (ids).

    `espera`: milliseconds after which a statement is given up; that of the settings unless told.
    """
    limite = settings.MINKA_ESPERA_MS if espera is None else espera
    _configurar(ROL, ",".join(map(str, municipios)), "todo" if todo else "", a_texto(contexto), str(limite))


def salir() -> None:
    """Back to what the connection was opened with."""
    try:
        _configurar("none", "", "", a_texto(del_proceso()), "0")
    except DatabaseError:
        if not connection.in_atomic_block:
            connection.close()


def _configurar(*valores: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ENTRAR, valores)


@contextmanager
def alcance_total() -> Iterator[None]:
    """Within the block, which must lie in a transaction, all rows are there: for what is worked out whoever asks."""
    if _total.get():
        yield
        return
    if not connection.in_atomic_block:
        raise RuntimeError("alcance_total hace falta dentro de una transacción.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('minka.alcance', true), set_config('minka.alcance', 'todo', true)")
        antes = cursor.fetchone()[0]
    ficha = _total.set(True)
    try:
        yield
    finally:
        _total.reset(ficha)
    # Not after an error: what aborts the transaction, or rolls back to before the block, puts the setting back too.
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('minka.alcance', %s, true)", [antes or ""])


def al_conectar(sender, connection, **kwargs) -> None:
    """A new connection of a process without requests: a command (the owner) or the worker, which sees all rows."""
    trabajador = settings.MINKA_PROCESO == "trabajador"
    with connection.cursor() as cursor:
        if trabajador:
            cursor.execute(_ENTRAR, [ROL, "", "todo", a_texto(del_proceso()), "0"])
        else:
            cursor.execute("SELECT set_config('pghistory.context_metadata', %s, false)", [a_texto(del_proceso())])


def analizar(tabla: str) -> None:
    """Bring a table's statistics up to date, which only its owner may: a function of his does it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT minka_analizar(%s)", [tabla])


# --- bringing the rules to the database -------------------------------------------------------------------------------
def preparar(sender, plan=None, using="default", **kwargs) -> None:
    """After `migrate`: role, functions, grants, row rules and the triggers of the record. Does nothing where they stand."""
    # The signal comes once for each app that has models; all tables are there at the first.
    if using != "default" or sender is not next(app for app in apps.get_app_configs() if app.models_module):
        return
    from cuentas.base import poner_al_dia  # needs every app's models

    poner_al_dia(forzar=bool(plan))


def falta_el_rol(error: Exception) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"Falta el rol {ROL} y esta cuenta no puede crearlo. Pida a quien administra PostgreSQL: "
        f"CREATE ROLE {ROL} LOGIN; GRANT {ROL} TO CURRENT_USER; ({error})"
    )
