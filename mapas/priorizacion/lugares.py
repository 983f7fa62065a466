"""Where demands are drawn: one point each, on its own geometry or on its unit."""

from collections.abc import Iterable

from django.db import connection

from demandas.models import Demanda
from territorio.fechas import hoy
from territorio.models import Limite, UnidadTerritorial

# A community's limit is looked up only for those that have nothing of their own.
SQL_LUGARES = f"""
    SELECT d.id, ST_X(p.lugar), ST_Y(p.lugar)
    FROM {Demanda._meta.db_table} d
    LEFT JOIN {UnidadTerritorial._meta.db_table} u ON u.id = d.proponente_id
    LEFT JOIN {Limite._meta.db_table} l ON l.unidad_id = u.id AND l.sustituido IS NULL AND l.vigencia @> %(dia)s::date
        AND num_nonnulls(d.punto, d.linea, d.poligono, u.punto) = 0
    CROSS JOIN LATERAL (SELECT coalesce(d.punto, ST_PointOnSurface(d.linea), ST_PointOnSurface(d.poligono), u.punto,
        ST_PointOnSurface(l.geom)) AS lugar) p
    WHERE d.id = ANY(%(ids)s) AND p.lugar IS NOT NULL AND d.ubicada_por <> 'sin_ubicar'
"""  # noqa: S608  (names of our own tables)


def lugares(demandas: Iterable[int]) -> dict[int, tuple[float, float]]:
    """Longitude and latitude (EPSG:4326, about a metre) by demand; those without a place are left out."""
    with connection.cursor() as cursor:
        cursor.execute(SQL_LUGARES, {"ids": list(demandas), "dia": hoy()})
        return {pk: (round(lon, 5), round(lat, 5)) for pk, lon, lat in cursor.fetchall()}
