"""How units stood before a change, so that only what the change can have moved is placed anew."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection

from territorio.fechas import al, hoy
from territorio.localizacion.tablas import LIMITE, SUCESION, UNIDAD, bloquear_limites, con_nombres, por_indice
from territorio.models.localizacion import GEOMETRIAS


class Estampa(NamedTuple):
    """What places depend on, of one unit: its limit in force, the one that gives its place, and its standing."""

    nivel: int
    vigor: int | None
    lugar: int | None
    padre: int | None
    punto: str | None
    vigencia: str


@dataclass(frozen=True)
class Alcance:
    """What a change reaches: units whose standing changed, those of another shape, and limits before and after."""

    en_pie: list[int]
    de_forma: list[int]
    limites: list[tuple[int, int | None, int | None]]  # level, id before, id after

    @property
    def niveles(self) -> list[int]:
        return sorted({nivel for nivel, _antes, _despues in self.limites})


Retrato = Mapping[int, Estampa]

_RETRATO = f"""
SELECT u.id, u.nivel_id, v.id, COALESCE(v.id, x.id), u.padre_id, u.punto::text, u.vigencia::text
FROM {UNIDAD} u
LEFT JOIN {LIMITE} v ON v.unidad_id = u.id AND v.sustituido IS NULL AND v.vigencia @> %(fecha)s
    AND u.vigencia @> %(fecha)s
LEFT JOIN LATERAL (
    SELECT l.id FROM {LIMITE} l WHERE l.unidad_id = u.id AND l.sustituido IS NULL ORDER BY l.vigencia DESC LIMIT 1
) x ON NOT u.vigencia @> %(fecha)s
WHERE u.id = ANY(%(ids)s)
"""


def retratar(unidades: Iterable[int]) -> Retrato:
    """Note how these units stand today, before they are changed; from here on nobody else changes limits."""
    bloquear_limites()
    with al(None), connection.cursor() as cursor:
        cursor.execute(_RETRATO, {"ids": list(unidades), "fecha": hoy()})
        return {pk: Estampa(*resto) for pk, *resto in cursor.fetchall()}


def comparar(antes: Retrato, ahora: Retrato) -> Alcance:
    """What lies between two portraits; a unit that is in one of them only is new, or gone."""
    en_pie, de_forma, limites = [], [], []
    for pk in antes.keys() | ahora.keys():
        a, d = antes.get(pk), ahora.get(pk)
        vieja, nueva = a and a.vigor, d and d.vigor
        if vieja != nueva:
            limites.append(((d or a).nivel, vieja, nueva))
        if a is None or d is None or _en_pie(a) != _en_pie(d):
            en_pie.append(pk)
        elif a.lugar != d.lugar:
            de_forma.append(pk)
    return Alcance(sorted(en_pie), sorted(de_forma), sorted(limites, key=str))


def _en_pie(estampa: Estampa) -> tuple:
    """What the places of others depend on, whatever the shape: parent, days, point, and having limits at all."""
    return (estampa.padre, estampa.vigencia, estampa.punto, estampa.vigor is None, estampa.lugar is None)


# Ground that changed hands: only what meets it can lie elsewhere than before. In small parts, so that a border that moved
# along its whole length does not touch all that its box holds.
_ZONA = f"""
CREATE TEMPORARY TABLE zona ON COMMIT DROP AS
SELECT ST_Subdivide(p.geom, 128) AS geom
FROM unnest(%(antes)s::bigint[], %(despues)s::bigint[]) c (antes, despues)
LEFT JOIN {LIMITE} a ON a.id = c.antes
LEFT JOIN {LIMITE} d ON d.id = c.despues
CROSS JOIN LATERAL ST_Dump(CASE WHEN a.id IS NULL THEN d.geom::geometry WHEN d.id IS NULL THEN a.geom::geometry
    ELSE ST_SymDifference(a.geom, d.geom) END) p
WHERE NOT ST_IsEmpty(p.geom)
"""
# Wide enough for the rounding of what was cut, about a millimetre.
_MARGEN = 1e-8

_SIN_LUGAR = f"""u.punto IS NULL AND NOT EXISTS (SELECT 1 FROM {LIMITE} l WHERE l.unidad_id = u.id
    AND l.sustituido IS NULL AND (l.vigencia @> %(fecha)s OR NOT u.vigencia @> %(fecha)s))"""

# From these units down, and back to those they took the place of: their places may rest on any of these.
_DEPENDEN = f"""
WITH RECURSIVE depende (id) AS (
    SELECT unnest(%(ids)s::bigint[])
    UNION
    SELECT h.id FROM depende d CROSS JOIN LATERAL (
        SELECT u.id FROM {UNIDAD} u WHERE u.padre_id = d.id
        UNION SELECT s.predecesora_id FROM {SUCESION} s WHERE s.sucesora_id = d.id
    ) h
)
SELECT id FROM depende
"""
# The same, only through units that have no place of their own: it is the shape from above that they take.
_HEREDAN = _DEPENDEN.replace(") h\n", f") h JOIN {UNIDAD} u ON u.id = h.id AND {_SIN_LUGAR}\n")

# From the parts of the zone to what lies near, in fences (OFFSET 0): the planner must not turn it round. Of a unit one part
# that meets it is enough, and the first that is tried mostly does: what is large has many in its box.
_UNIDADES_EN_ZONA = f"""
SELECT l.unidad_id
FROM (
    SELECT DISTINCT cerca.id FROM zona z CROSS JOIN LATERAL (
        SELECT l.id FROM {LIMITE} l WHERE l.geom && ST_Expand(z.geom, {_MARGEN}) AND l.sustituido IS NULL OFFSET 0
    ) cerca
) c
JOIN {LIMITE} l USING (id)
WHERE EXISTS (SELECT 1 FROM zona z WHERE ST_DWithin(l.geom, z.geom, {_MARGEN}))
UNION
SELECT cerca.id FROM zona z CROSS JOIN LATERAL (
    SELECT u.id FROM {UNIDAD} u WHERE ST_DWithin(u.punto, z.geom, {_MARGEN}) OFFSET 0
) cerca
"""
_OBJETOS_EN_ZONA = " UNION ".join(
    f"""
    SELECT cerca.id FROM zona z CROSS JOIN LATERAL (
        SELECT o.id FROM {{tabla}} o WHERE ST_DWithin(o.{columna}, z.geom, {_MARGEN}) OFFSET 0
    ) cerca"""
    for columna in GEOMETRIAS
)


def trazar_zona(cursor, alcance: Alcance) -> None:
    """Draw the ground that changed hands, in the temporary table `zona`."""
    cursor.execute("DROP TABLE IF EXISTS pg_temp.zona")
    pares = {"antes": [a for _n, a, _d in alcance.limites], "despues": [d for _n, _a, d in alcance.limites]}
    cursor.execute(_ZONA, pares)
    cursor.execute("CREATE INDEX ON pg_temp.zona USING gist (geom)")
    cursor.execute("ANALYZE pg_temp.zona")


def dependientes(cursor, alcance: Alcance) -> tuple[list[int], list[int]]:
    """Units to be placed anew at every level, and among them those whose standing changed: what names them may move."""
    de_pie = _ids(cursor, _DEPENDEN, alcance.en_pie)
    return sorted({*de_pie, *_ids(cursor, _HEREDAN, alcance.de_forma)}), de_pie


def unidades_en_zona(cursor) -> list[int]:
    """Units that meet the zone, with those that have no place but theirs."""
    with por_indice(cursor):
        cursor.execute(_UNIDADES_EN_ZONA)
        return _ids(cursor, _HEREDAN, [fila[0] for fila in cursor.fetchall()])


def objetos_en_zona(cursor, modelo) -> list[int]:
    """Features whose own geometry meets the zone."""
    with por_indice(cursor):
        cursor.execute(con_nombres(_OBJETOS_EN_ZONA, modelo))
        return [fila[0] for fila in cursor.fetchall()]


def _ids(cursor, consulta: str, ids: list[int]) -> list[int]:
    cursor.execute(consulta, {"ids": ids, "fecha": hoy()})
    return [fila[0] for fila in cursor.fetchall()]


_TOCAN = f"""
SELECT v.unidad_id FROM {LIMITE} v JOIN {LIMITE} c ON c.unidad_id = ANY(%(ids)s) AND ST_Intersects(v.geom, c.geom)
UNION SELECT u.id FROM {UNIDAD} u JOIN {LIMITE} c ON c.unidad_id = ANY(%(ids)s) AND ST_Intersects(c.geom, u.punto)
"""


def dependen_o_tocan(cursor, ids: list[int]) -> list[int]:
    """Units that hang on these, or that meet any limit they ever had."""
    with por_indice(cursor):
        tocan = _ids(cursor, _TOCAN, ids)
    return sorted({*_ids(cursor, _DEPENDEN, ids), *_ids(cursor, _HEREDAN, tocan)})
