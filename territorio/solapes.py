"""Overlaps between limits of one level: found once when a limit appears, read by every localisation after it."""

from collections.abc import Iterable, Mapping

import numpy as np
import shapely
from django.db import connection
from shapely.geometry.base import BaseGeometry

from cuentas.aislamiento import analizar
from territorio.models import Limite, Solape, UnidadTerritorial

_LIMITE = Limite._meta.db_table
_SOLAPE = Solape._meta.db_table
_UNIDAD = UnidadTerritorial._meta.db_table

# Below this (about a tenth of a square metre, in square degrees) two borders differ in their last digits only.
AREA_MINIMA = 1e-11


def _pares(desde: str, condicion: str) -> str:
    """SQL of the pairs of limits of one level whose days and boxes meet, `a` among `desde`: ids, and both geometries.

    By box and level first, in a fence (OFFSET 0) that leaves the planner no way but the index: the exact question is dear,
    most of what a box meets are units above or below, and inside the fence a limit is only a reference to where it lies.
    """
    return f"""
    SELECT a.id AS una_id, b.id AS otra_id, a.geom::geometry AS una, b.geom AS otra
    FROM {desde}
    JOIN {_UNIDAD} ua ON ua.id = a.unidad_id
    CROSS JOIN LATERAL (
        SELECT l.id, l.unidad_id, l.geom::geometry, l.vigencia FROM {_LIMITE} l
        WHERE l.geom && a.geom AND l.sustituido IS NULL OFFSET 0
    ) b
    JOIN {_UNIDAD} ub ON ub.id = b.unidad_id AND ub.nivel_id = ua.nivel_id
    WHERE a.sustituido IS NULL AND b.unidad_id <> a.unidad_id AND b.vigencia && a.vigencia AND {condicion} OFFSET 0
    """


_PENDIENTES = f"pendiente p JOIN {_LIMITE} a ON a.id = p.id"
_ENTRE_PENDIENTES = "EXISTS (SELECT 1 FROM pendiente q WHERE q.id = b.id)"
_DE_PENDIENTES = _pares(_PENDIENTES, f"b.id >= %(desde)s AND (a.id < b.id OR NOT {_ENTRE_PENDIENTES})")
_CON_AJENOS = _pares(_PENDIENTES, f"b.id >= %(desde)s AND NOT {_ENTRE_PENDIENTES}")
_DE_PAREJAS = f"""
    SELECT a.id AS una_id, b.id AS otra_id, a.geom::geometry AS una, b.geom::geometry AS otra
    FROM unnest(%(unas)s::bigint[], %(otras)s::bigint[]) p (una, otra)
    JOIN {_LIMITE} a ON a.id = p.una JOIN {_LIMITE} b ON b.id = p.otra
"""
_COMUN = "ST_Multi(ST_CollectionExtract(ST_Intersection(una, otra), 3))"


def _guardar(pares: str) -> str:
    """SQL that stores where these pairs overlap, both ways round."""
    return f"""
WITH par AS (
    SELECT una_id, otra_id, {_COMUN} AS geom
    FROM ({pares}) p WHERE ST_Intersects(una, otra)
), con_area AS (
    -- What is cut between digits may cross itself; pages and exports show it, so it is stored valid.
    SELECT una_id, otra_id, ST_Multi(ST_CollectionExtract(ST_MakeValid(geom, 'method=structure'), 3)) AS geom
    FROM par WHERE ST_Area(geom) > {AREA_MINIMA}
)
INSERT INTO {_SOLAPE} (una_id, otra_id, geom)
SELECT una_id, otra_id, geom FROM con_area UNION ALL SELECT otra_id, una_id, geom FROM con_area
ON CONFLICT DO NOTHING
"""


_GUARDAR = _guardar(_DE_PENDIENTES)
_GUARDAR_AJENOS = _guardar(_CON_AJENOS)
_GUARDAR_PAREJAS = _guardar(_DE_PAREJAS)


def olvidar(unidades: Iterable[int]) -> None:
    """Forget what is known of these units' limits: they will be compared anew."""
    limites = Limite.objects.filter(unidad__in=list(unidades))
    Solape.objects.filter(una__in=limites).delete()
    Solape.objects.filter(otra__in=limites).delete()
    limites.update(solapes_al_dia=False)


def comparar(limites: list[int], *, desde: int = 0, formas: Mapping[int, BaseGeometry] | None = None) -> None:
    """Compare these limits (ids) with their siblings that have an id from `desde` on, and keep where they overlap.

    Who has the `formas` of all of them, by id, and knows that they are of one level, spares most of the work.
    """
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.pendiente")
        cursor.execute("CREATE TEMPORARY TABLE pendiente (id bigint PRIMARY KEY) ON COMMIT DROP")
        cursor.execute("INSERT INTO pendiente SELECT DISTINCT unnest(%s::bigint[])", [limites])
        cursor.execute("ANALYZE pg_temp.pendiente")
        # A limit lies compressed outside its row: a sequential scan unpacks each one just to see its box.
        cursor.execute("SET LOCAL enable_seqscan = off")
        if formas is None:
            cursor.execute(_GUARDAR, {"desde": desde})
        else:
            cursor.execute(_GUARDAR_AJENOS, {"desde": desde})
            unas, otras = sospechosos(formas)
            cursor.execute(_GUARDAR_PAREJAS, {"unas": unas, "otras": otras})
        cursor.execute("SET LOCAL enable_seqscan = on")
        analizar(_SOLAPE)


def sospechosos(formas: Mapping[int, BaseGeometry]) -> tuple[list[int], list[int]]:
    """Pairs (ids, side by side) among which are all that overlap; of shapes that fit like tiles there are almost none.

    Two shapes whose edges all match, or lie outside the other, share no ground: the validity of a coverage tells it for
    all of them in one pass, where cutting each pair takes five times as long.
    """
    ids, formas_ = np.array(list(formas), dtype=np.int64), np.array(list(formas.values()), dtype=object)
    if len(ids) < 2:
        return [], []
    sueltas = ~shapely.is_empty(shapely.coverage_invalid_edges(formas_))
    unas, otras = shapely.STRtree(formas_).query(formas_[sueltas])
    unas = np.flatnonzero(sueltas)[unas]
    distintas = (unas < otras) | (unas > otras) & ~sueltas[otras]
    return ids[unas[distintas]].tolist(), ids[otras[distintas]].tolist()


def poner_al_dia() -> None:
    """Compare the limits that were not compared yet with their siblings; nothing to do costs one index look-up."""
    pendientes = list(Limite.objects.filter(solapes_al_dia=False).order_by().values_list("pk", flat=True))
    if pendientes:
        comparar(pendientes)
        Limite.objects.filter(pk__in=pendientes).update(solapes_al_dia=True)


def diferencias() -> list[str]:
    """Overlaps that geometry shows and the table does not, or the other way round; writes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH mitad AS (
                SELECT una_id, otra_id, ST_Area({_COMUN}) AS area FROM ({_pares(f"{_LIMITE} a", "a.id < b.id")}) p
                WHERE ST_Intersects(una, otra)
            ),
            calculado AS (
                SELECT una_id, otra_id, area FROM mitad UNION ALL SELECT otra_id, una_id, area FROM mitad
            ),
            guardado AS (SELECT s.una_id, s.otra_id, ST_Area(s.geom) AS area FROM {_SOLAPE} s
                JOIN {_LIMITE} a ON a.id = s.una_id AND a.sustituido IS NULL
                JOIN {_LIMITE} b ON b.id = s.otra_id AND b.sustituido IS NULL AND b.vigencia && a.vigencia)
            SELECT una_id, otra_id, g.area, c.area FROM
                (SELECT * FROM calculado WHERE area > {AREA_MINIMA}) c FULL JOIN guardado g USING (una_id, otra_id)
            WHERE abs(COALESCE(g.area, 0) - COALESCE(c.area, 0)) > {AREA_MINIMA} ORDER BY 1, 2"""
        )
        return [
            f"los límites {una} y {otra}: guardado {guardada or 0:.3g}, según la geometría {calculada or 0:.3g} grados²"
            for una, otra, guardada, calculada in cursor.fetchall()
        ]
