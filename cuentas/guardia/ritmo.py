"""How often: requests of a kind counted for whoever makes them, by one statement that all processes share."""

import logging
import random
from collections.abc import Iterable

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils.crypto import salted_hmac

from cuentas.guardia.medida import leer_ritmo
from cuentas.models import Conteo

bitacora = logging.getLogger(__name__)

# One of so many counts also sweeps away those whose time is over.
BARRER_CADA = 500

# The clock is the database's, the same for all; the rows of one statement come sorted, so that none waits in a circle.
_CONTAR = f"""
WITH ahora AS (SELECT extract(epoch FROM clock_timestamp()) AS t),
nuevas AS (
    SELECT clave, floor(t / segundos)::bigint AS ventana, ceil((floor(t / segundos) + 1) * segundos)::bigint AS vence, t
    FROM unnest(%s::text[], %s::bigint[]) AS pedido (clave, segundos), ahora ORDER BY clave
)
INSERT INTO {Conteo._meta.db_table} AS c (clave, ventana, vence, cuantas)
SELECT clave, ventana, vence, 1 FROM nuevas
ON CONFLICT (clave) DO UPDATE SET
    cuantas = CASE WHEN c.ventana = EXCLUDED.ventana THEN c.cuantas + 1 ELSE 1 END,
    ventana = EXCLUDED.ventana, vence = EXCLUDED.vence
RETURNING clave, cuantas, greatest(1, ceil(vence - extract(epoch FROM clock_timestamp())))::integer
"""  # noqa: S608  (the name of a table of ours)


def contar(clase: str, quienes: Iterable[str], *, por: int = 1) -> int | None:
    """Count one request of `clase` for each of `quienes`; seconds to wait where one has had all of theirs, else None.

    `por` multiplies what is allowed. A count that cannot be made refuses nobody.
    """
    limites = {
        salted_hmac("minka.ritmo", f"{clase}:{nombre}:{quien}", algorithm="sha256").hexdigest()[:40]: ritmo
        for nombre, quien in (q.split(":", 1) for q in quienes)
        if (ritmo := leer_ritmo(settings.MINKA_RITMOS.get(f"{clase}_{nombre}", settings.MINKA_RITMOS.get(clase, ""))))
    }
    if not limites:
        return None
    try:
        contados = _contar({clave: ritmo.segundos for clave, ritmo in limites.items()})
    except DatabaseError:
        bitacora.exception("No se pudo contar una petición de %s", clase)
        return None
    pasados = [espera for clave, cuantas, espera in contados if cuantas > limites[clave].cuantas * por]
    return max(pasados, default=None)


def _contar(ventanas: dict[str, int]) -> list[tuple[str, int, int]]:
    # Within a transaction of somebody else, only what is counted may fail; by itself, a statement needs none.
    if connection.in_atomic_block:
        with transaction.atomic():
            return _contar_ya(ventanas)
    return _contar_ya(ventanas)


def _contar_ya(ventanas: dict[str, int]) -> list[tuple[str, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_CONTAR, [list(ventanas), list(ventanas.values())])
        contados = cursor.fetchall()
        if random.randrange(BARRER_CADA) == 0:  # noqa: S311  # nosec B311  (a broom, not a secret)
            barrer()
    return contados


def barrer() -> int:
    """Take away the counts whose time is over, which nobody will ask for."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {Conteo._meta.db_table} WHERE vence < extract(epoch FROM clock_timestamp())"  # noqa: S608
        )
        return cursor.rowcount
