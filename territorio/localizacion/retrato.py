"""How units stood before a change, so that only what the change can have moved is placed anew."""

from collections import defaultdict
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
    viva: bool


@dataclass(frozen=True)
class Alcance:
    """What a change reaches: units whose standing changed, those whose own place did, and limits before and after."""

    en_pie: list[int]
    padres: list[int]  # of those, before and after
    niveles_en_pie: list[int]
    de_lugar: list[int]
    limites: list[tuple[int, int | None, int | None]]  # level, id before, id after


@dataclass(frozen=True)
class Tocado:
    """What (ids) is to be placed anew, at every level or at one."""

    en_todos: set[int]
    por_nivel: dict[int, set[int]]

    @property
    def ids(self) -> set[int]:
        return self.en_todos.union(*self.por_nivel.values())

    def y(self, otro: "Tocado") -> "Tocado":
        """Both together."""
        niveles = sorted(self.por_nivel.keys() | otro.por_nivel.keys())
        de_nivel = {n: self.por_nivel.get(n, set()) | otro.por_nivel.get(n, set()) for n in niveles}
        return Tocado.de(self.en_todos | otro.en_todos, de_nivel)

    @classmethod
    def de(cls, en_todos: set[int], por_nivel: Mapping[int, set[int]]) -> "Tocado":
        """What is placed anew at every level is not so at one."""
        return cls(en_todos, {nivel: resto for nivel, ids in sorted(por_nivel.items()) if (resto := ids - en_todos)})


@dataclass(frozen=True)
class Dependientes:
    """Units that hang on one whose standing changed, and the levels that a chain of declared units may answer."""

    ids: set[int]
    niveles: set[int]


Retrato = Mapping[int, Estampa]

_RETRATO = f"""
SELECT u.id, u.nivel_id, v.id, COALESCE(v.id, x.id), u.padre_id, u.punto::text,
    u.vigencia @> %(fecha)s
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
    with al(None):
        return estampas(unidades)


def estampas(unidades: Iterable[int]) -> Retrato:
    """How these units stand on the day of `hoy()`."""
    with connection.cursor() as cursor:
        cursor.execute(_RETRATO, {"ids": list(unidades), "fecha": hoy()})
        return {pk: Estampa(*resto) for pk, *resto in cursor.fetchall()}


def comparar(antes: Retrato, ahora: Retrato) -> Alcance:
    """What lies between two portraits; a unit that is in one of them only is new, or gone."""
    en_pie, padres, niveles, de_lugar, limites = [], set(), set(), [], []
    for pk in antes.keys() | ahora.keys():
        vistas = [estampa for estampa in (antes.get(pk), ahora.get(pk)) if estampa]
        a, d = antes.get(pk), ahora.get(pk)
        vieja, nueva = a and a.vigor, d and d.vigor
        if vieja != nueva:
            limites.append((vistas[0].nivel, vieja, nueva))
        if a is None or d is None or _en_pie(a) != _en_pie(d):
            en_pie.append(pk)
            padres |= {estampa.padre for estampa in vistas if estampa.padre}
            # What changed no more than its parent holds at its own level what it held.
            niveles |= {x.nivel for x in vistas if a is None or d is None or _en_pie(a)[1:] != _en_pie(d)[1:]}
        if a is None or d is None or (a.lugar, a.punto) != (d.lugar, d.punto):
            de_lugar.append(pk)
    return Alcance(sorted(en_pie), sorted(padres), sorted(niveles), sorted(de_lugar), sorted(limites, key=str))


def _en_pie(estampa: Estampa) -> tuple:
    """What the places of others depend on, whatever the shape: parent, existence, point, and having limits at all."""
    return (estampa.padre, estampa.viva, estampa.punto, estampa.vigor is None, estampa.lugar is None)


# Ground that changed hands at a level: only what meets it can lie elsewhere there than before. In small parts, so that a
# border that moved along its whole length does not touch all that its box holds.
_ZONA = f"""
CREATE TEMPORARY TABLE zona ON COMMIT DROP AS
SELECT c.nivel_id, ST_Subdivide(p.geom, 128) AS geom
FROM unnest(%(niveles)s::bigint[], %(antes)s::bigint[], %(despues)s::bigint[]) c (nivel_id, antes, despues)
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
_LOS_SIN_LUGAR = f"SELECT u.id FROM {UNIDAD} u WHERE u.id = ANY(%(ids)s) AND {_SIN_LUGAR}"
# From these units up, and on to those that took their place: the levels where one has no limit, for there it may hold
# what no limit covers.
_NIVELES_SIN_LIMITE = f"""
WITH RECURSIVE arriba (id) AS (
    SELECT unnest(%(ids)s::bigint[])
    UNION
    SELECT h.id FROM arriba a CROSS JOIN LATERAL (
        SELECT u.padre_id FROM {UNIDAD} u WHERE u.id = a.id AND u.padre_id IS NOT NULL
        UNION SELECT s.sucesora_id FROM {SUCESION} s WHERE s.predecesora_id = a.id
    ) h (id)
)
SELECT DISTINCT u.nivel_id FROM arriba JOIN {UNIDAD} u USING (id)
WHERE NOT EXISTS (SELECT 1 FROM {LIMITE} l WHERE l.unidad_id = u.id AND l.sustituido IS NULL AND l.vigencia @> %(fecha)s)
"""

# From the parts of the zone to what lies near, in fences (OFFSET 0): the planner must not turn it round. Of a unit one part
# that meets it is enough, and the first that is tried mostly does: what is large has many in its box.
_UNIDADES_EN_ZONA = f"""
SELECT l.unidad_id, c.nivel_id
FROM (
    SELECT DISTINCT cerca.id, z.nivel_id FROM zona z CROSS JOIN LATERAL (
        SELECT l.id FROM {LIMITE} l WHERE l.geom && ST_Expand(z.geom, {_MARGEN}) AND l.sustituido IS NULL OFFSET 0
    ) cerca
) c
JOIN {LIMITE} l USING (id)
WHERE EXISTS (SELECT 1 FROM zona z WHERE z.nivel_id = c.nivel_id AND ST_DWithin(l.geom, z.geom, {_MARGEN}))
UNION
SELECT cerca.id, z.nivel_id FROM zona z CROSS JOIN LATERAL (
    SELECT u.id FROM {UNIDAD} u WHERE ST_DWithin(u.punto, z.geom, {_MARGEN}) OFFSET 0
) cerca
"""
_OBJETOS_EN_ZONA = " UNION ".join(
    f"""
    SELECT cerca.id, z.nivel_id FROM zona z CROSS JOIN LATERAL (
        SELECT o.id FROM {{tabla}} o WHERE ST_DWithin(o.{columna}, z.geom, {_MARGEN}) OFFSET 0
    ) cerca"""
    for columna in GEOMETRIAS
)


# Features of a declared unit: those that lie where it lies, and those that have a geometry of their own.
_COPIAN = """
SELECT o.id FROM {tabla} o WHERE o.{declarada} = ANY(%(ids)s) AND num_nonnulls(o.punto, o.linea, o.poligono) = 0
"""
_NOMBRAN = _COPIAN.replace("= 0", "= 1")


def trazar_zona(cursor, alcance: Alcance) -> None:
    """Draw the ground that changed hands, in the temporary table `zona`."""
    cursor.execute("DROP TABLE IF EXISTS pg_temp.zona")
    niveles, antes, despues = zip(*alcance.limites, strict=True) if alcance.limites else ((), (), ())
    cursor.execute(_ZONA, {"niveles": list(niveles), "antes": list(antes), "despues": list(despues)})
    cursor.execute("CREATE INDEX ON pg_temp.zona USING gist (geom)")
    cursor.execute("ANALYZE pg_temp.zona")


def dependientes(cursor, alcance: Alcance) -> Dependientes:
    """What hangs on the units whose standing changed.

    What has a place of its own lies elsewhere for it only at the levels of those units, or of others in their chain that
    have no limit.
    """
    if not alcance.en_pie:
        return Dependientes(set(), set())
    sin_limite = _ids(cursor, _NIVELES_SIN_LIMITE, [*alcance.en_pie, *alcance.padres])
    return Dependientes(set(_ids(cursor, _DEPENDEN, alcance.en_pie)), {*alcance.niveles_en_pie, *sin_limite})


def unidades_tocadas(cursor, alcance: Alcance, cuelgan: Dependientes) -> Tocado:
    """Units that a change may have moved; `zona` must be drawn."""
    enteras = {*_ids(cursor, _HEREDAN, alcance.de_lugar), *_ids(cursor, _LOS_SIN_LUGAR, cuelgan.ids)}
    with por_indice(cursor):
        cursor.execute(_UNIDADES_EN_ZONA)
        en_zona = _por_nivel(cursor.fetchall())
    # Those that have no place but theirs, too.
    en_zona = {nivel: set(_ids(cursor, _HEREDAN, ids)) for nivel, ids in en_zona.items()}
    return _tocado(enteras, en_zona, cuelgan.ids, cuelgan.niveles)


def objetos_tocados(cursor, modelo, cuelgan: Dependientes, movidas: Iterable[int]) -> Tocado:
    """Features that a change may have moved, `movidas` being the units that it did; `zona` must be drawn."""
    enteros = _ids(cursor, con_nombres(_COPIAN, modelo), [*cuelgan.ids, *movidas])
    nombran = _ids(cursor, con_nombres(_NOMBRAN, modelo), cuelgan.ids)
    with por_indice(cursor):
        cursor.execute(con_nombres(_OBJETOS_EN_ZONA, modelo))
        en_zona = _por_nivel(cursor.fetchall())
    return _tocado(set(enteros), en_zona, set(nombran), cuelgan.niveles)


def _tocado(enteros: set[int], en_zona: Mapping[int, set[int]], cuelgan: set[int], niveles: set[int]) -> Tocado:
    por_nivel = {nivel: set(ids) for nivel, ids in en_zona.items()}
    for nivel in niveles:
        por_nivel.setdefault(nivel, set()).update(cuelgan)
    return Tocado.de(enteros, por_nivel)


def _por_nivel(filas: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    por_nivel: dict[int, set[int]] = defaultdict(set)
    for pk, nivel in filas:
        por_nivel[nivel].add(pk)
    return por_nivel


def _ids(cursor, consulta: str, ids: Iterable[int]) -> list[int]:
    cursor.execute(consulta, {"ids": list(ids), "fecha": hoy()})
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
