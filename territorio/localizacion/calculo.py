"""Computes from geometry where features lie, into temporary tables; stores nothing."""

from contextlib import nullcontext
from dataclasses import dataclass

from django.db import connection, transaction

from territorio import solapes
from territorio.fechas import hoy
from territorio.localizacion import lugar
from territorio.localizacion.reparto import CARA, PIEZA, REPARTO, RIVAL, TOLERANCIA
from territorio.localizacion.tablas import EN_UNIDAD, con_nombres, objeto_de, por_indice
from territorio.models import Localizacion, UnidadEnUnidad


@dataclass(frozen=True)
class Diferencia:
    """A stored localisation that geometry does not confirm."""

    modelo: str
    objeto_id: int
    unidad_id: int
    guardada: float | None
    calculada: float | None


def calcular(cursor, tabla: type[Localizacion], ids: list[int], niveles: list[int] | None = None) -> None:
    """Place these features on the day of `hoy()`, in temporary tables that last until the transaction ends.

    `calculada (id, unidad_id, nivel_id, fraccion, en_disputa)`, of these levels (ids; None: of all), and for features
    that are no units also `marca (id, valor)`: how each came to its place. Those without a geometry copy where their unit
    lies from the table of units in units: on a day that is not today, who asks sets that of the day before it. Must run
    inside a transaction; stores nothing but the overlaps that it finds.
    """
    solapes.poner_al_dia()
    parametros = {"ids": ids, "fecha": hoy(), "niveles": niveles}
    if tabla is UnidadEnUnidad:
        _pasos(cursor, _pasos_de_unidades(), parametros)
        return
    modelo = objeto_de(tabla)
    propias = {
        "escalon": con_nombres(lugar.ESCALONES_PROPIAS, modelo),
        "efectiva": con_nombres(lugar.EFECTIVA_PROPIAS, modelo),
        "fija": lugar.FIJA_PROPIAS,
    }
    copiadas = con_nombres(lugar.COPIADAS, modelo, en_unidad=EN_UNIDAD)
    reparto = {
        "calculada": _de_los_niveles(f"{REPARTO} UNION ALL {copiadas}"),
        "marca": con_nombres(lugar.MARCA, modelo),
    }
    _pasos(cursor, propias | _COMUNES | reparto, parametros)


# The work is done in temporary tables, each with its statistics: as one statement the planner, blind to how many rows a
# step makes, compares every face with every rival (quadratic on a country of communities).
_POR_INDICE = ("pieza", "rival")
POCAS = 50  # rows of a table that is read whole in no time: to index it and to look at it would take longer
_COMUNES = {"pieza": PIEZA, "rival": RIVAL, "cara": CARA}


def _de_los_niveles(consulta: str) -> str:
    return f"SELECT * FROM ({consulta}) r WHERE %(niveles)s::bigint[] IS NULL OR nivel_id = ANY(%(niveles)s)"


def _pasos_de_unidades() -> dict[str, str]:
    de_unidades = {
        "escalon": lugar.ESCALONES_UNIDADES,
        "efectiva": lugar.EFECTIVA_UNIDADES,
        "fija": lugar.FIJA_UNIDADES,
    }
    return de_unidades | _COMUNES | {"calculada": _de_los_niveles(REPARTO)}


def _pasos(cursor, pasos: dict[str, str], parametros: dict) -> None:
    """Make each temporary table from its query, in order."""
    for nombre, consulta in pasos.items():
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{nombre}")
        with por_indice(cursor) if nombre in _POR_INDICE else nullcontext():
            cursor.execute(f"CREATE TEMPORARY TABLE {nombre} ON COMMIT DROP AS {consulta}", parametros)
            filas = cursor.rowcount
        if filas <= POCAS:
            continue
        if nombre == "efectiva":
            cursor.execute("CREATE INDEX ON pg_temp.efectiva USING gist (geom)")
        cursor.execute(f"ANALYZE pg_temp.{nombre}")


def diferencias(tabla: type[Localizacion]) -> list[Diferencia]:
    """Recompute one table from geometry and list what differs from what is stored; writes nothing."""
    modelo = objeto_de(tabla)
    ids = list(modelo._default_manager.order_by().values_list("pk", flat=True))
    with transaction.atomic(), connection.cursor() as cursor:
        calcular(cursor, tabla, ids)
        cursor.execute(
            f"""SELECT COALESCE(c.id, g.{tabla.OBJETO}_id), COALESCE(c.unidad_id, g.unidad_id), g.fraccion, c.fraccion
            FROM calculada c FULL JOIN {tabla._meta.db_table} g
                ON g.{tabla.OBJETO}_id = c.id AND g.unidad_id = c.unidad_id
            WHERE c.id IS NULL OR g.id IS NULL OR abs(g.fraccion - c.fraccion) > {TOLERANCIA}
               OR g.en_disputa <> c.en_disputa OR g.nivel_id <> c.nivel_id
            ORDER BY 1, 2"""
        )
        return [Diferencia(modelo._meta.label, *fila) for fila in cursor.fetchall()]
