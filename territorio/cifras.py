"""The figure of each unit: its own where it was counted, else rolled up from what it holds or down from what holds it."""

from collections.abc import Iterable

from django.db import connection

from territorio.models import HABITANTES, Cifra, Metodo, Poblacion, UnidadTerritorial

_PROPIAS = f"""
INSERT INTO {Cifra._meta.db_table} (unidad_id, nombre, anio, valor, metodo)
SELECT p.unidad_id, '{HABITANTES}', p.censo, p.personas, '{Metodo.CENSO}'
FROM {Poblacion._meta.db_table} p JOIN {UnidadTerritorial._meta.db_table} u ON u.id = p.unidad_id
WHERE p.sexo = 'total' AND p.grupo_edad = 'total' AND (%(municipios)s::bigint[] IS NULL
    OR u.id = ANY(%(municipios)s) OR u.municipio_id = ANY(%(municipios)s))
ON CONFLICT (unidad_id, nombre, anio) DO UPDATE SET valor = excluded.valor, metodo = excluded.metodo
"""


def recalcular(municipios: Iterable[int] | None = None) -> None:
    """Bring the figures of these municipalities (ids; None: of all) to what population, indicators and places say."""
    with connection.cursor() as cursor:
        cursor.execute(_PROPIAS, {"municipios": None if municipios is None else list(municipios)})
