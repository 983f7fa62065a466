"""What took too long, or could not be asked at all: told apart from what is wrong with the program."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DataError, InterfaceError, OperationalError, connection
from psycopg import errors

# A server that starts, stops or has no room for one more connection; a class (08) of its own for those that break.
SIN_SERVIDOR = ("08", "57P", "53300")
OCUPADA = (errors.QueryCanceled, errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)


def es_por_tiempo(error: BaseException | None) -> bool:
    """Whether PostgreSQL gave a statement up: it took too long, or stood in the way of another."""
    return isinstance(error, OperationalError) and isinstance(error.__cause__, OCUPADA)


def es_de_la_base(error: BaseException | None) -> bool:
    """Whether the database could not be reached, or went away meanwhile."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    estado = getattr(error.__cause__, "sqlstate", None)
    return estado is None or estado.startswith(SIN_SERVIDOR)


def es_de_un_dato(error: BaseException | None) -> bool:
    """Whether a value got as far as the database and cannot stand there: NUL, half a character, too many digits."""
    return isinstance(error, DataError) or (
        isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed"
    )


@contextmanager
def con_espera(milisegundos: int) -> Iterator[None]:
    """Within the block a statement may take this long; afterwards, what it could take before."""
    poner = "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, false)"
    with connection.cursor() as cursor:
        cursor.execute(poner, [str(milisegundos)])
        antes = cursor.fetchone()[0]
    yield
    # Not after an error: the request is over, and its end puts the connection back as it was.
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [antes])
