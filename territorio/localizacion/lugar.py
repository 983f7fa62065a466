"""Where a feature lies before any unit is asked: its own geometry, else that of its declared unit or of those above."""

from territorio.localizacion.tablas import LIMITE, SUCESION, UNIDAD
from territorio.models import UbicadaPor


def _cadena(inicio: str) -> str:
    """SQL of a recursive `cadena (id, unidad_id, salto)`: from where `inicio` starts, step by step up the tree.

    A unit that ended gives way to its only successor, where it has just one.
    """
    return f"""
WITH RECURSIVE cadena (id, unidad_id, salto) AS (
    {inicio}
    UNION ALL
    SELECT c.id, COALESCE(h.sucesora_id, u.padre_id), c.salto + 1
    FROM cadena c
    JOIN {UNIDAD} u ON u.id = c.unidad_id
    LEFT JOIN LATERAL (
        SELECT min(s.sucesora_id) AS sucesora_id FROM {SUCESION} s
        WHERE s.predecesora_id = u.id AND s.desde <= %(fecha)s HAVING count(*) = 1
    ) h ON NOT u.vigencia @> %(fecha)s
    WHERE COALESCE(h.sucesora_id, u.padre_id) IS NOT NULL AND c.salto < 20
)"""


# Effective geometry of units: their limit or point, else the nearest ancestor's. `salto` counts the steps up. What was
# declared in a unit that ended lies where its last limit was, but the unit itself holds nothing any more (`viva`).
# A step names the limit that gives its place and leaves the geometry where it is: copied, that of a municipality would
# be written once per community.
ESCALONES_UNIDADES = f"""
{_cadena(f"SELECT id, id, 0 FROM {UNIDAD} WHERE id = ANY(%(ids)s)")}
SELECT c.id, c.unidad_id, c.salto, u.nivel_id, v.id IS NOT NULL AS con_limite, u.vigencia @> %(fecha)s AS viva,
    COALESCE(v.id, x.id) AS limite_id, COALESCE(v.id, x.id) IS NOT NULL OR u.punto IS NOT NULL AS con_lugar
FROM cadena c
JOIN {UNIDAD} u ON u.id = c.unidad_id
LEFT JOIN {LIMITE} v ON v.unidad_id = c.unidad_id AND v.sustituido IS NULL AND v.vigencia @> %(fecha)s
    AND u.vigencia @> %(fecha)s
LEFT JOIN LATERAL (
    SELECT l.id FROM {LIMITE} l WHERE l.unidad_id = u.id AND l.sustituido IS NULL ORDER BY l.vigencia DESC LIMIT 1
) x ON NOT u.vigencia @> %(fecha)s
"""
_MEDIDAS = "ST_Dimension(geom) AS dim, ST_NPoints(geom) AS puntos, ST_Area(geom) AS area"
EFECTIVA_UNIDADES = f"""
SELECT *, {_MEDIDAS} FROM (
    SELECT d.id, d.salto, COALESCE(l.geom::geometry, u.punto::geometry) AS geom,
        CASE WHEN d.viva THEN u.nivel_id END AS nivel_propio
    FROM (
        SELECT DISTINCT ON (id) id, salto, unidad_id, limite_id, viva FROM escalon WHERE con_lugar ORDER BY id, salto
    ) d
    JOIN {UNIDAD} u ON u.id = d.unidad_id
    LEFT JOIN {LIMITE} l ON l.id = d.limite_id
) e
"""
# Levels that the declared chain answers by itself, without asking geometry.
FIJA_UNIDADES = """
SELECT DISTINCT ON (e.id, e.nivel_id) e.id, e.nivel_id, e.unidad_id
FROM escalon e JOIN efectiva d USING (id) WHERE e.salto <= d.salto AND e.viva
ORDER BY e.id, e.nivel_id, e.salto
"""

# The same for features that have their own geometry: no level is answered by declaration alone.
_DECLARADAS_CON_GEOMETRIA = """SELECT id, {declarada}, 0 FROM {tabla}
    WHERE id = ANY(%(ids)s) AND {declarada} IS NOT NULL AND num_nonnulls(punto, linea, poligono) = 1"""
ESCALONES_PROPIAS = f"""
{_cadena(_DECLARADAS_CON_GEOMETRIA)}
SELECT c.id, c.unidad_id, c.salto, u.nivel_id, v.id IS NOT NULL AS con_limite, u.vigencia @> %(fecha)s AS viva
FROM cadena c
JOIN {UNIDAD} u ON u.id = c.unidad_id
LEFT JOIN {LIMITE} v ON v.unidad_id = c.unidad_id AND v.sustituido IS NULL AND v.vigencia @> %(fecha)s
"""
EFECTIVA_PROPIAS = f"""
SELECT *, {_MEDIDAS} FROM (
    SELECT id, 0 AS salto, COALESCE(punto::geometry, linea::geometry, poligono::geometry) AS geom,
        NULL::bigint AS nivel_propio
    FROM {{tabla}} WHERE id = ANY(%(ids)s) AND num_nonnulls(punto, linea, poligono) = 1
) e
"""
FIJA_PROPIAS = "SELECT NULL::bigint AS id, NULL::bigint AS nivel_id, NULL::bigint AS unidad_id WHERE false"

# A feature without geometry of its own lies where its declared unit lies: no spatial work at all.
COPIADAS = """
SELECT o.id, eu.unidad_id, eu.nivel_id, eu.fraccion, eu.en_disputa
FROM {tabla} o JOIN {en_unidad} eu ON eu.parte_id = o.{declarada}
WHERE o.id = ANY(%(ids)s) AND num_nonnulls(o.punto, o.linea, o.poligono) = 0
"""

# How a feature came to its place.
_DECLARADAS_SIN_GEOMETRIA = """SELECT id, {declarada}, 0 FROM {tabla}
    WHERE id = ANY(%(ids)s) AND {declarada} IS NOT NULL AND num_nonnulls(punto, linea, poligono) = 0"""
MARCA = f"""
{_cadena(_DECLARADAS_SIN_GEOMETRIA)},
dador AS (
    SELECT c.id, min(c.salto) AS salto
    FROM cadena c JOIN {UNIDAD} u ON u.id = c.unidad_id
    LEFT JOIN {LIMITE} v ON v.unidad_id = u.id AND v.sustituido IS NULL
        AND (v.vigencia @> %(fecha)s OR NOT u.vigencia @> %(fecha)s)
    WHERE v.id IS NOT NULL OR u.punto IS NOT NULL
    GROUP BY c.id
)
SELECT o.id, CASE
    WHEN num_nonnulls(o.punto, o.linea, o.poligono) = 1 THEN '{UbicadaPor.PROPIA}'
    WHEN d.salto = 0 THEN '{UbicadaPor.UNIDAD}'
    WHEN d.salto > 0 THEN '{UbicadaPor.ANCESTRO}'
    ELSE '{UbicadaPor.SIN_UBICAR}' END AS valor
FROM {{tabla}} o LEFT JOIN dador d USING (id) WHERE o.id = ANY(%(ids)s)
"""
