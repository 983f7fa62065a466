"""Which demands may be the same: of one sector, near or of the same unit, and in similar words.

Candidates are found by sector and place first, and only their words are then compared by trigrams. All of it works on rows
read once (`MATERIALIZED`): under row security no index answers a question about words or places, because the functions
that would ask it may not see rows before the policy has.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from demandas.models import Demanda, NoSonLaMisma
from territorio.models import UnidadTerritorial

METROS = 500
PARECIDO = 0.4  # share of trigrams in common (pg_trgm) from which words are similar
LEJOS = 5000  # in one unit, what lies farther apart than this is not the same
MUESTRA = 300  # pairs proposed at most, the most similar


def _palabras(titulo: str, unidad: str) -> str:
    """SQL: the words of a title, without the name of its own unit, which would make all of a community alike."""
    simple = "translate(lower({}), 'áéíóúüñ', 'aeiouun')"
    return f"replace({simple.format(titulo)}, coalesce({simple.format(unidad)}, ' '), ' ')"


_VIGENTES = f"""
crudas AS MATERIALIZED (
    SELECT d.id, coalesce(d.sector_id, 0) AS sector, d.proponente_id AS unidad, d.codigo, d.titulo AS escrito,
        {_palabras("d.titulo", "u.nombre")} AS titulo, ST_X(p.lugar) AS lon, ST_Y(p.lugar) AS lat
    FROM {Demanda._meta.db_table} d
    LEFT JOIN {UnidadTerritorial._meta.db_table} u ON u.id = d.proponente_id
    CROSS JOIN LATERAL (SELECT coalesce(d.punto, ST_Centroid(coalesce(d.linea, d.poligono))) AS lugar) p
    WHERE d.municipio_id = %(municipio)s AND d.estado NOT IN ('devuelta', 'rechazada', 'unida')
),
-- One degree east in metres, the same for all of a municipality: it must mean the same for both of a pair.
medida AS (SELECT cos(radians(coalesce(avg(lat), -17))) * 111320 AS grado FROM crudas),
d AS MATERIALIZED (SELECT *, lon * grado AS x, lat * 110574 AS y FROM crudas CROSS JOIN medida)
"""  # noqa: S608
_CERCA = """(
    ({a}.unidad = {b}.unidad AND coalesce(greatest(abs({a}.x - {b}.x), abs({a}.y - {b}.y)) <= %(lejos)s, true))
    OR (abs({a}.x - {b}.x) <= %(metros)s AND abs({a}.y - {b}.y) <= %(metros)s
        AND ({a}.x - {b}.x) ^ 2 + ({a}.y - {b}.y) ^ 2 <= %(metros)s::float ^ 2))"""
PARES = f"""
WITH {_VIGENTES},
cercanas AS MATERIALIZED (
    SELECT a.id AS una, b.id AS otra, similarity(a.titulo, b.titulo) AS parecido, a.unidad = b.unidad AS misma_unidad,
        sqrt((a.x - b.x) ^ 2 + (a.y - b.y) ^ 2) AS metros
    FROM d a JOIN d b ON b.sector = a.sector AND b.id > a.id AND {_CERCA.format(a="a", b="b")}
)
SELECT una, otra, parecido, coalesce(misma_unidad, false), metros, count(*) OVER ()
FROM cercanas c
WHERE parecido >= %(parecido)s
    AND NOT EXISTS (SELECT FROM {NoSonLaMisma._meta.db_table} n WHERE n.una_id = c.una AND n.otra_id = c.otra)
ORDER BY parecido DESC, metros NULLS LAST, una, otra
LIMIT %(limite)s
"""  # noqa: S608
DE_FILAS = f"""
WITH {_VIGENTES},
f AS MATERIALIZED (
    SELECT f.numero, f.sector, f.unidad, {_palabras("f.titulo", "u.nombre")} AS titulo,
        f.lon * grado AS x, f.lat * 110574 AS y
    FROM unnest(%(numeros)s::int[], %(sectores)s::bigint[], %(unidades)s::bigint[], %(titulos)s::text[],
        %(lons)s::float[], %(lats)s::float[]) AS f(numero, sector, unidad, titulo, lon, lat)
    CROSS JOIN medida LEFT JOIN {UnidadTerritorial._meta.db_table} u ON u.id = f.unidad
),
cercanas AS MATERIALIZED (
    SELECT f.numero, d.id, d.codigo, d.escrito, similarity(f.titulo, d.titulo) AS parecido
    FROM f JOIN d ON d.sector = f.sector AND {_CERCA.format(a="f", b="d")}
)
SELECT DISTINCT ON (numero) numero, id, codigo, escrito, parecido
FROM cercanas WHERE parecido >= %(parecido)s
ORDER BY numero, parecido DESC, id
"""  # noqa: S608


@dataclass(frozen=True)
class Par:
    """Two demands that resemble each other; `metros` is None where one of them has no place of its own."""

    una: int
    otra: int
    parecido: float
    misma_unidad: bool
    metros: float | None


def pares(
    municipio: UnidadTerritorial, *, metros: int = METROS, parecido: float = PARECIDO, limite: int = MUESTRA
) -> tuple[list[Par], int]:
    """The pairs that nobody has judged yet, the most similar first, and how many there are in all."""
    pregunta = {"municipio": municipio.pk, "metros": metros, "lejos": LEJOS, "parecido": parecido, "limite": limite}
    with connection.cursor() as cursor:
        cursor.execute(PARES, pregunta)
        filas = cursor.fetchall()
    return [Par(*fila[:5]) for fila in filas], filas[0][5] if filas else 0


def de_filas(
    municipio: UnidadTerritorial,
    filas: Iterable[Mapping[str, Any]],
    *,
    metros: int = METROS,
    parecido: float = PARECIDO,
) -> dict[int, tuple[int, str, str, float]]:
    """Of rows not stored yet (numero, sector, unidad, titulo, lon, lat): the stored demand each resembles most.

    By row number: id, code, title and share in common.
    """
    filas = list(filas)
    if not filas:
        return {}
    columnas = {"numeros": "numero", "unidades": "unidad", "titulos": "titulo", "lons": "lon", "lats": "lat"}
    pregunta: dict[str, Any] = {"municipio": municipio.pk, "metros": metros, "lejos": LEJOS, "parecido": parecido}
    pregunta |= {nombre: [fila[campo] for fila in filas] for nombre, campo in columnas.items()}
    pregunta["sectores"] = [fila["sector"] or 0 for fila in filas]
    with connection.cursor() as cursor:
        cursor.execute(DE_FILAS, pregunta)
        return {numero: tuple(suya) for numero, *suya in cursor.fetchall()}
