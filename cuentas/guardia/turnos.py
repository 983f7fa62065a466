"""How many at once: turns that all processes share, each an advisory lock, which goes with its connection in any case."""

from collections.abc import Iterator

from django.db import DatabaseError, connection

# The first half of the lock's key; the second is the turn's number.
CLASES = {"exportes": 0x4D4B01}


class SinTurno(Exception):
    """All turns are taken; who asks may try again after `espera` seconds."""

    espera = 20


class Turno:
    """One of so many turns, held until `soltar`."""

    def __init__(self, clase: str, cuantos: int) -> None:
        """Take the first that is free; raises `SinTurno`."""
        self._clave: tuple[int, int] | None = None
        with connection.cursor() as cursor:
            for numero in range(cuantos):
                cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [CLASES[clase], numero])
                if cursor.fetchone()[0]:
                    self._clave = (CLASES[clase], numero)
                    return
        raise SinTurno

    def soltar(self) -> None:
        """Give it back; a second time does nothing."""
        clave, self._clave = self._clave, None
        if clave is None:
            return
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", clave)
        except DatabaseError:
            # The server lets go of what a closed connection held.
            connection.close()

    def __enter__(self) -> "Turno":
        return self

    def __exit__(self, *error: object) -> None:
        self.soltar()


def ocupados(clase: str) -> Iterator[int]:
    """Numbers of the turns that are taken now, in this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted AND objsubid = 2"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [CLASES[clase]],
        )
        yield from (numero for (numero,) in cursor.fetchall())
