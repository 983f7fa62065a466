"""A connection of its own for whoever watches: made anew, given up soon, never the one that pages use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

ESPERA_S = 2  # libpq waits no less


@contextmanager
def conexion_breve() -> Iterator[BaseDatabaseWrapper]:
    """The database of the service, which must answer each statement within two seconds."""
    propia = connection.copy()
    opciones = propia.settings_dict.setdefault("OPTIONS", {})
    opciones["connect_timeout"] = ESPERA_S
    opciones["options"] = f"{opciones.get('options', '')} -c statement_timeout={ESPERA_S * 1000}".strip()
    try:
        yield propia
    finally:
        propia.close()
