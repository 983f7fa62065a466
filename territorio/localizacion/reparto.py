"""How a feature is shared among the units of each level: pieces, rivals that claim the same ground, and fractions."""

from territorio.localizacion.tablas import LIMITE, SOLAPE, UNIDAD

# Shares closer to 1 than this are 1: the digits beyond come from cutting the same border twice.
TOLERANCIA = 1e-5


def _redonda(fraccion: str) -> str:
    """SQL for a fraction without the digits that tell the order of work and not the ground: what is undone is as before."""
    return f"round(({fraccion})::numeric, 10)::float8"


def _medida(geom: str, dim: str) -> str:
    """SQL for the size of a geometry by its dimension: 1, metres, or square degrees made comparable between latitudes.

    Area on geography comes out negative for slivers and aborts, and any projected area bends edges, so that parts do not
    add up to the whole; degrees weighted by the cosine of the centroid's latitude add up (to 1e-8 for a community, 1e-5 for
    a district of 90 km) and compare as true areas do.
    """
    return (
        f"CASE {dim} WHEN 0 THEN 1 WHEN 1 THEN ST_Length({geom}::geography) "
        f"ELSE COALESCE(ST_Area({geom}) * cos(radians(ST_Y(ST_Centroid({geom})))), 0) END"
    )


# Plan: of a feature and a limit the one with more vertices is outside in the loop, the other is found by its index:
# PostGIS prepares a geometry that comes again and again, and reads it once. Whole containment (either way, where the
# areas allow it) is tested before any intersection is built.
_EN_VIGOR = f"""SELECT l.unidad_id, u.nivel_id, l.geom FROM {LIMITE} l JOIN {UNIDAD} u ON u.id = l.unidad_id
    WHERE l.sustituido IS NULL AND l.vigencia @> %(fecha)s AND u.vigencia @> %(fecha)s
      AND (%(niveles)s::bigint[] IS NULL OR u.nivel_id = ANY(%(niveles)s))"""
_CORTE = "ST_CollectionExtract(ST_Intersection(e.geom, v.geom), e.dim + 1)"
PIEZA = f"""
SELECT * FROM (
    SELECT e.id, v.nivel_id, v.unidad_id, e.dim,
        CASE WHEN e.dim = 0 AND ST_Intersects(v.geom, e.geom) OR e.dim > 0 AND ST_Covers(v.geom, e.geom) THEN e.geom
             WHEN e.dim = 0 THEN NULL
             WHEN e.dim = 2 AND e.area > v.area * 0.999999 AND ST_Covers(e.geom, v.geom) THEN v.geom
             WHEN ST_Intersects(v.geom, e.geom) THEN {_CORTE} END AS geom
    FROM (
        SELECT unidad_id, nivel_id, geom::geometry, ST_NPoints(geom) AS puntos, ST_Area(geom) AS area
        FROM ({_EN_VIGOR} AND l.geom && (SELECT ST_SetSRID(ST_Extent(geom)::geometry, 4326) FROM efectiva)) t OFFSET 0
    ) v
    CROSS JOIN LATERAL (
        SELECT * FROM efectiva WHERE v.geom && geom AND puntos <= v.puntos
            AND nivel_propio IS DISTINCT FROM v.nivel_id OFFSET 0
    ) e
    UNION ALL
    SELECT e.id, v.nivel_id, v.unidad_id, e.dim,
        CASE WHEN e.dim = 2 AND ST_Covers(e.geom, v.geom) THEN v.geom
             WHEN v.area > e.area * 0.999999 AND ST_Covers(v.geom, e.geom) THEN e.geom
             WHEN ST_Intersects(e.geom, v.geom) THEN {_CORTE} END AS geom
    FROM (SELECT * FROM efectiva WHERE puntos > 4 ORDER BY id OFFSET 0) e
    CROSS JOIN LATERAL (
        SELECT unidad_id, nivel_id, geom::geometry, ST_Area(geom) AS area
        FROM ({_EN_VIGOR} AND e.geom && l.geom AND ST_NPoints(l.geom) < e.puntos
            AND u.nivel_id IS DISTINCT FROM e.nivel_propio) t OFFSET 0
    ) v
    OFFSET 0 -- without this fence each piece is cut twice, to see whether it is empty and to keep it
) p
WHERE NOT ST_IsEmpty(geom) AND NOT EXISTS (SELECT 1 FROM fija f WHERE f.id = p.id AND f.nivel_id = p.nivel_id)
"""
# Siblings that claim part of the same piece; by box only where it was cut, for a cut between digits may not be valid and
# a relation of it would fail. A line along a shared border is claimed by both sides.
RIVAL = f"""
SELECT p.id, p.nivel_id, p.unidad_id, otro.unidad_id AS rival_id, s.geom
FROM pieza p
JOIN {LIMITE} propio ON propio.unidad_id = p.unidad_id AND propio.sustituido IS NULL AND propio.vigencia @> %(fecha)s
JOIN {SOLAPE} s ON s.una_id = propio.id AND s.geom && p.geom
JOIN {LIMITE} otro ON otro.id = s.otra_id AND otro.sustituido IS NULL AND otro.vigencia @> %(fecha)s
JOIN {UNIDAD} rival ON rival.id = otro.unidad_id AND rival.vigencia @> %(fecha)s
WHERE p.dim = 2
UNION ALL
SELECT p.id, p.nivel_id, p.unidad_id, v.unidad_id, v.geom
FROM pieza p
CROSS JOIN LATERAL (
    SELECT l.unidad_id, l.geom::geometry FROM {LIMITE} l
    WHERE ST_Intersects(l.geom, p.geom) AND l.sustituido IS NULL AND l.vigencia @> %(fecha)s
        AND l.unidad_id <> p.unidad_id OFFSET 0
) v
JOIN {UNIDAD} u ON u.id = v.unidad_id AND u.nivel_id = p.nivel_id AND u.vigencia @> %(fecha)s
WHERE p.dim = 1 AND (ST_Relate(p.geom, v.geom, '1********') OR ST_Relate(p.geom, v.geom, '*1*******'))
"""
# A disputed piece is cut by its rivals' borders into faces, each with one answer to "how many claim it?". Lines are cut
# segment by segment, by position along each: a crossing point, once rounded, is off the line, and noding misses it.
CARA = """
WITH disputa AS (
    SELECT p.id, p.nivel_id, p.unidad_id, p.dim, p.geom, r.bordes
    FROM pieza p
    JOIN (SELECT id, nivel_id, unidad_id, ST_Boundary(ST_Collect(geom ORDER BY rival_id)) AS bordes
          FROM rival GROUP BY id, nivel_id, unidad_id) r USING (id, nivel_id, unidad_id)
),
cortada AS (
    SELECT d.id, d.nivel_id, d.unidad_id, d.dim, c.geom
    FROM disputa d
    CROSS JOIN LATERAL ST_Dump(ST_Polygonize(ARRAY[ST_UnaryUnion(ST_Collect(
        ST_Boundary(d.geom), ST_CollectionExtract(ST_Intersection(d.geom, d.bordes), 2)))])) c
    -- Polygonising may close faces that the piece does not hold (its holes, gaps between its parts).
    WHERE d.dim = 2 AND ST_Covers(d.geom, ST_PointOnSurface(c.geom))
    UNION ALL
    SELECT d.id, d.nivel_id, d.unidad_id, d.dim, ST_LineSubstring(s.geom, t.desde, t.hasta)
    FROM disputa d
    CROSS JOIN LATERAL ST_DumpSegments(d.geom) s
    CROSS JOIN LATERAL (
        SELECT corte AS desde, lead(corte) OVER (ORDER BY corte) AS hasta
        FROM (
            SELECT 0::float8 AS corte UNION SELECT 1::float8
            UNION SELECT ST_LineLocatePoint(s.geom, q.geom) FROM ST_DumpPoints(ST_Intersection(s.geom, d.bordes)) q
        ) cortes
    ) t
    WHERE d.dim = 1 AND t.hasta > t.desde + 1e-12
)
SELECT row_number() OVER () AS cara, * FROM cortada
"""
REPARTO = f"""
WITH medida AS (
    SELECT e.id, {_medida("e.geom", "e.dim")} AS total FROM efectiva e
),
cara_contada AS MATERIALIZED (
    SELECT c.cara, c.id, c.nivel_id, c.unidad_id, 1 + count(r.id) AS k,
        {_medida("c.geom", "c.dim")} AS medida
    FROM cara c
    LEFT JOIN rival r ON r.id = c.id AND r.nivel_id = c.nivel_id AND r.unidad_id = c.unidad_id
        AND CASE c.dim WHEN 1 THEN ST_DWithin(r.geom, ST_LineInterpolatePoint(c.geom, 0.5), 1e-9)
            ELSE ST_Covers(r.geom, ST_PointOnSurface(c.geom)) END
    GROUP BY c.cara, c.id, c.nivel_id, c.unidad_id, c.dim, c.geom
),
parte AS (
    SELECT p.id, p.nivel_id, p.unidad_id, {_medida("p.geom", "p.dim")} / m.total AS fraccion, false AS en_disputa
    FROM pieza p JOIN medida m USING (id)
    WHERE p.dim > 0 AND NOT EXISTS (
        SELECT 1 FROM rival r WHERE r.id = p.id AND r.nivel_id = p.nivel_id AND r.unidad_id = p.unidad_id)
    UNION ALL
    SELECT c.id, c.nivel_id, c.unidad_id, sum(c.medida / c.k ORDER BY c.medida, c.k) / m.total,
        sum(c.medida) FILTER (WHERE c.k > 1) > m.total * {TOLERANCIA}
    FROM cara_contada c JOIN medida m USING (id)
    GROUP BY c.id, c.nivel_id, c.unidad_id, m.total
    UNION ALL
    SELECT p.id, p.nivel_id, p.unidad_id, 1.0 / count(*) OVER por_nivel, count(*) OVER por_nivel > 1
    FROM pieza p WHERE p.dim = 0 WINDOW por_nivel AS (PARTITION BY p.id, p.nivel_id)
),
sumada AS (
    SELECT *, sum(fraccion) OVER (PARTITION BY id, nivel_id ORDER BY unidad_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS suma
    FROM parte WHERE fraccion > 1e-9
),
repartida AS (
    SELECT id, nivel_id, unidad_id, COALESCE(en_disputa, false) AS en_disputa,
        LEAST(CASE WHEN suma > 1 - {TOLERANCIA} THEN fraccion / suma ELSE fraccion END, 1) AS fraccion
    FROM sumada
),
sin_limite AS (
    SELECT DISTINCT ON (e.id, e.nivel_id) e.id, e.nivel_id, e.unidad_id
    FROM escalon e WHERE NOT e.con_limite AND e.viva ORDER BY e.id, e.nivel_id, e.salto
),
resto AS (
    SELECT s.id, s.nivel_id, s.unidad_id, false AS en_disputa, 1 - COALESCE(r.suma, 0) AS fraccion
    FROM sin_limite s
    JOIN efectiva USING (id)
    LEFT JOIN (
        SELECT id, nivel_id, sum(fraccion ORDER BY unidad_id) AS suma FROM repartida GROUP BY id, nivel_id
    ) r USING (id, nivel_id)
    WHERE COALESCE(r.suma, 0) < 1 - {TOLERANCIA}
      AND NOT EXISTS (SELECT 1 FROM fija f WHERE f.id = s.id AND f.nivel_id = s.nivel_id)
)
SELECT id, unidad_id, nivel_id, {_redonda("fraccion")} AS fraccion, en_disputa FROM repartida
UNION ALL SELECT id, unidad_id, nivel_id, {_redonda("fraccion")}, en_disputa FROM resto
UNION ALL SELECT id, unidad_id, nivel_id, 1.0, false FROM fija
"""
