"""Overlaps between limits of one level: found once when a limit appears, read by every localisation after it."""

from collections.abc import Iterable

from django.db import connection

from territorio.models import Limite, Solape, UnidadTerritorial

_LIMITE = Limite._meta.db_table
_SOLAPE = Solape._meta.db_table
_UNIDAD = UnidadTerritorial._meta.db_table

# Below this (about a tenth of a square metre, in square degrees) two borders differ in their last digits only.
AREA_MINIMA = 1e-11

_PARES = f"""
SELECT a.id AS una_id, b.id AS otra_id, ST_Multi(ST_CollectionExtract(ST_Intersection(a.geom, b.geom), 3)) AS geom
FROM {_LIMITE} a
JOIN {_UNIDAD} ua ON ua.id = a.unidad_id
JOIN {_LIMITE} b ON ST_Intersects(b.geom, a.geom) AND b.unidad_id <> a.unidad_id AND b.vigencia && a.vigencia
JOIN {_UNIDAD} ub ON ub.id = b.unidad_id AND ub.nivel_id = ua.nivel_id
WHERE a.sustituido IS NULL AND b.sustituido IS NULL
"""
_GUARDAR = f"""
WITH par AS (
    {_PARES} AND a.id IN (SELECT id FROM pendiente) AND b.id >= %(desde)s
        AND (a.id < b.id OR b.id NOT IN (SELECT id FROM pendiente))
), con_area AS (
    -- What is cut between digits may cross itself; pages and exports show it, so it is stored valid.
    SELECT una_id, otra_id, ST_Multi(ST_CollectionExtract(ST_MakeValid(geom, 'method=structure'), 3)) AS geom
    FROM par WHERE ST_Area(geom) > {AREA_MINIMA}
)
INSERT INTO {_SOLAPE} (una_id, otra_id, geom)
SELECT una_id, otra_id, geom FROM con_area UNION ALL SELECT otra_id, una_id, geom FROM con_area
ON CONFLICT DO NOTHING
"""


def olvidar(unidades: Iterable[int]) -> None:
    """Forget what is known of these units' limits: they will be compared anew."""
    limites = Limite.objects.filter(unidad__in=list(unidades))
    Solape.objects.filter(una__in=limites).delete()
    Solape.objects.filter(otra__in=limites).delete()
    limites.update(solapes_al_dia=False)


def comparar(limites: list[int], *, desde: int = 0) -> None:
    """Compare these limits (ids) with their siblings that have an id from `desde` on, and keep where they overlap."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.pendiente")
        cursor.execute(
            "CREATE TEMPORARY TABLE pendiente ON COMMIT DROP AS SELECT unnest(%s::bigint[]) AS id", [limites]
        )
        cursor.execute("ANALYZE pg_temp.pendiente")
        # A limit lies compressed outside its row: a sequential scan unpacks each one just to see its box.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(_GUARDAR, {"desde": desde})
        cursor.execute("SET LOCAL enable_seqscan = on")
        cursor.execute(f"ANALYZE {_SOLAPE}")


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
            f"""WITH calculado AS (SELECT una_id, otra_id, ST_Area(geom) AS area FROM ({_PARES}) p),
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
