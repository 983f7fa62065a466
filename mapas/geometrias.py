"""Outlines of a level's units, drawn once per version for every map: GeoJSON, light enough for a slow line."""

import gzip
from dataclasses import dataclass
from datetime import date

from django.core.cache import cache
from django.db import connection

from territorio.fechas import hoy
from territorio.models import Limite, UnidadTerritorial

# Raise it when the form of the answer changes: it is part of every version, and so of every cached address.
FORMATO = 1
SEGUNDOS_EN_CACHE = 24 * 3600

_TABLAS = {"unidad": UnidadTerritorial._meta.db_table, "limite": Limite._meta.db_table}

# xmin and ctid change with every write of a row, so the version follows a new limit, an edited one and a moved point
# alike. ST_Extent reads only the boxes that the rows carry.
SQL_RESUMEN = """
    SELECT md5(string_agg(concat_ws('.', u.id, u.xmin, u.ctid, l.id, l.xmin, l.ctid), ',' ORDER BY u.id)),
           array_agg(u.id) FILTER (WHERE l.id IS NULL AND u.punto IS NULL),
           coalesce(ST_Extent(coalesce(l.geom, u.punto)) FILTER (WHERE u.nivel_id = %(nivel)s), ST_Extent(l.geom))
    FROM {unidad} u
    LEFT JOIN {limite} l ON l.unidad_id = u.id AND l.sustituido IS NULL AND l.vigencia @> %(dia)s::date
    WHERE (u.nivel_id = %(nivel)s AND u.municipio_id = %(municipio)s AND u.vigencia @> %(dia)s::date)
       OR u.id = %(municipio)s
""".format(**_TABLAS)  # noqa: S608  (names of our own tables)

# One scan of the level's units. A vertex may move by 1/10,000 of the drawing, or by 1/40 of the polygon's own side
# where that is less: what is drawn small stays a polygon. Five decimals are about one metre.
SQL_RASGOS = """
    WITH dibujo AS (
        SELECT u.id, u.punto, l.geom, l.estado, u.nivel_id <> %(nivel)s AS es_contorno
        FROM {unidad} u
        LEFT JOIN {limite} l ON l.unidad_id = u.id AND l.sustituido IS NULL AND l.vigencia @> %(dia)s::date
        WHERE (u.nivel_id = %(nivel)s AND u.municipio_id = %(municipio)s AND u.vigencia @> %(dia)s::date)
           OR u.id = %(municipio)s
    ), medida AS (
        SELECT greatest(ST_XMax(caja) - ST_XMin(caja), ST_YMax(caja) - ST_YMin(caja)) / 10000 AS tolerancia
        FROM (SELECT ST_Extent(coalesce(geom, punto)) AS caja FROM dibujo) AS todo
    ), ligero AS (
        SELECT id, estado, es_contorno, punto,
               ST_SimplifyPreserveTopology(geom, least(tolerancia, sqrt(ST_Area(geom)) / 40)) AS geom
        FROM dibujo, medida
        WHERE geom IS NOT NULL OR punto IS NOT NULL
    )
    SELECT es_contorno,
           '{{"type":"Feature","id":' || id
           || ',"properties":{{"estado":"' || coalesce(estado, '') || '"'
           || coalesce(',"rotulo":' || (ST_AsGeoJSON(ST_PointOnSurface(geom), 5)::json ->> 'coordinates'), '')
           || '}},"geometry":' || ST_AsGeoJSON(coalesce(geom, punto), 5) || '}}'
    FROM ligero
    ORDER BY es_contorno DESC, ST_Area(geom) DESC NULLS LAST, id
""".format(**_TABLAS)  # noqa: S608  (names of our own tables)


@dataclass(frozen=True)
class Resumen:
    """What a page must know of a level's outlines before it has them."""

    version: str  # another state of the limits, another name
    sin_lugar: frozenset[int]  # ids of units with neither limit nor point
    caja: tuple[float, float, float, float] | None  # west, south, east, north, EPSG:4326


def resumen(*, municipio_id: int, nivel_id: int) -> Resumen:
    with connection.cursor() as cursor:
        cursor.execute(SQL_RESUMEN, _parametros(municipio_id, nivel_id))
        huella, sin_lugar, caja = cursor.fetchone()
    return Resumen(
        version=f"{FORMATO}-{(huella or '')[:16]}",
        sin_lugar=frozenset(sin_lugar or ()),
        caja=_esquinas(caja),
    )


def _esquinas(caja: str | None) -> tuple[float, float, float, float] | None:
    """PostGIS's `BOX(w s,e n)` as numbers."""
    if not caja:
        return None
    oeste, sur, este, norte = map(float, caja[4:-1].replace(",", " ").split())
    return oeste, sur, este, norte


def dibujo(*, municipio_id: int, nivel_id: int, version: str) -> bytes:
    """Gzipped GeoJSON of a level's units, with the municipality's own outline in `contorno`; cached by `version`."""
    clave = f"geometria:{municipio_id}:{nivel_id}:{version}"
    if (comprimido := cache.get(clave)) is None:
        comprimido = gzip.compress(_texto(municipio_id, nivel_id).encode(), 6)
        cache.set(clave, comprimido, SEGUNDOS_EN_CACHE)
    return comprimido


def _texto(municipio_id: int, nivel_id: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(SQL_RASGOS, _parametros(municipio_id, nivel_id))
        filas = cursor.fetchall()
    unidades = ",".join(texto for es_contorno, texto in filas if not es_contorno)
    contorno = next((texto for es_contorno, texto in filas if es_contorno), "null")
    return f'{{"type":"FeatureCollection","contorno":{contorno},"features":[{unidades}]}}'


def _parametros(municipio_id: int, nivel_id: int) -> dict[str, int | date]:
    return {"municipio": municipio_id, "nivel": nivel_id, "dia": hoy()}


def descomprimir(comprimido: bytes) -> bytes:
    return gzip.decompress(comprimido)
