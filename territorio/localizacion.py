"""Localisation: every located feature is placed, by a spatial query, in the units of every level, and the answer is stored.

Rules (per feature and level; see README, "How features are placed"):

- a point counts 1/k in each of the k units that cover it; a line by its length, a polygon by its area, and a
  stretch claimed by k units counts 1/k in each;
- without a geometry of its own a feature takes the declared unit's limit or point, else those of its ancestors; the
  declared units up to the one that gave the geometry hold it whole at their own levels;
- what no limit of a level covers goes to the declared unit of that level if that unit has no limit (a community known
  only by its point); else it is outside.

So per level Σ fractions + outside + unlocated = number of features.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models.functions import Coalesce

from territorio import cifras, solapes
from territorio.fechas import hoy
from territorio.models import Limite, Localizacion, Solape, Sucesion, UbicadaPor, UnidadEnUnidad, UnidadTerritorial

# Localising features and changing limits exclude each other; localising features side by side does not.
CERROJO = 0x4D494E4B41

# Shares closer to 1 than this are 1: the digits beyond come from cutting the same border twice.
TOLERANCIA = 1e-5

_UNIDAD = UnidadTerritorial._meta.db_table
_LIMITE = Limite._meta.db_table
_SOLAPE = Solape._meta.db_table
_SUCESION = Sucesion._meta.db_table
_EN_UNIDAD = UnidadEnUnidad._meta.db_table


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


# The work is done in temporary tables, each with its statistics: as one statement the planner, blind to how many rows a
# step makes, compares every face with every rival (quadratic on a country of communities).


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
    JOIN {_UNIDAD} u ON u.id = c.unidad_id
    LEFT JOIN LATERAL (
        SELECT min(s.sucesora_id) AS sucesora_id FROM {_SUCESION} s
        WHERE s.predecesora_id = u.id AND s.desde <= %(fecha)s HAVING count(*) = 1
    ) h ON NOT u.vigencia @> %(fecha)s
    WHERE COALESCE(h.sucesora_id, u.padre_id) IS NOT NULL AND c.salto < 20
)"""


# Effective geometry of units: their limit or point, else the nearest ancestor's. `salto` counts the steps up. What was
# declared in a unit that ended lies where its last limit was, but the unit itself holds nothing any more (`viva`).
_ESCALONES_UNIDADES = f"""
{_cadena(f"SELECT id, id, 0 FROM {_UNIDAD} WHERE id = ANY(%(ids)s)")}
SELECT c.id, c.unidad_id, c.salto, u.nivel_id, v.geom AS limite, u.vigencia @> %(fecha)s AS viva,
    COALESCE(v.geom::geometry, x.geom::geometry, u.punto::geometry) AS geom
FROM cadena c
JOIN {_UNIDAD} u ON u.id = c.unidad_id
LEFT JOIN {_LIMITE} v ON v.unidad_id = c.unidad_id AND v.sustituido IS NULL AND v.vigencia @> %(fecha)s
    AND u.vigencia @> %(fecha)s
LEFT JOIN LATERAL (
    SELECT l.geom FROM {_LIMITE} l WHERE l.unidad_id = u.id AND l.sustituido IS NULL ORDER BY l.vigencia DESC LIMIT 1
) x ON NOT u.vigencia @> %(fecha)s
"""
_EFECTIVA_UNIDADES = "SELECT DISTINCT ON (id) id, salto, geom FROM escalon WHERE geom IS NOT NULL ORDER BY id, salto"
# Levels that the declared chain answers by itself, without asking geometry.
_FIJA_UNIDADES = """
SELECT DISTINCT ON (e.id, e.nivel_id) e.id, e.nivel_id, e.unidad_id
FROM escalon e JOIN efectiva d USING (id) WHERE e.salto <= d.salto AND e.viva
ORDER BY e.id, e.nivel_id, e.salto
"""

# The same for features that have their own geometry: no level is answered by declaration alone.
_DECLARADAS_CON_GEOMETRIA = """SELECT id, {declarada}, 0 FROM {tabla}
    WHERE id = ANY(%(ids)s) AND {declarada} IS NOT NULL AND num_nonnulls(punto, linea, poligono) = 1"""
_ESCALONES_PROPIAS = f"""
{_cadena(_DECLARADAS_CON_GEOMETRIA)}
SELECT c.id, c.unidad_id, c.salto, u.nivel_id, v.geom AS limite, u.vigencia @> %(fecha)s AS viva
FROM cadena c
JOIN {_UNIDAD} u ON u.id = c.unidad_id
LEFT JOIN {_LIMITE} v ON v.unidad_id = c.unidad_id AND v.sustituido IS NULL AND v.vigencia @> %(fecha)s
"""
_EFECTIVA_PROPIAS = """
SELECT id, 0 AS salto, COALESCE(punto::geometry, linea::geometry, poligono::geometry) AS geom
FROM {tabla} WHERE id = ANY(%(ids)s) AND num_nonnulls(punto, linea, poligono) = 1
"""
_FIJA_PROPIAS = "SELECT NULL::bigint AS id, NULL::bigint AS nivel_id, NULL::bigint AS unidad_id WHERE false"

# Plan: limits outside, features inside by the index on `efectiva`: a limit is the large geometry, and PostGIS prepares it
# once for all the features that meet it. Whole containment (either way) is tested before any intersection is built.
_PIEZA = f"""
SELECT e.id, v.nivel_id, v.unidad_id, ST_Dimension(e.geom) AS dim,
    CASE WHEN ST_Dimension(e.geom) = 0 OR ST_Covers(v.geom, e.geom) THEN e.geom
         WHEN ST_Dimension(e.geom) = 2 AND ST_Covers(e.geom, v.geom) THEN v.geom::geometry
         ELSE ST_CollectionExtract(ST_Intersection(e.geom, v.geom), ST_Dimension(e.geom) + 1) END AS geom
FROM (
    SELECT l.unidad_id, u.nivel_id, l.geom FROM {_LIMITE} l JOIN {_UNIDAD} u ON u.id = l.unidad_id
    WHERE l.sustituido IS NULL AND l.vigencia @> %(fecha)s AND u.vigencia @> %(fecha)s
      AND l.geom && (SELECT ST_SetSRID(ST_Extent(geom)::geometry, 4326) FROM efectiva)
) v
CROSS JOIN LATERAL (SELECT id, geom FROM efectiva WHERE ST_Intersects(v.geom, geom) OFFSET 0) e
WHERE NOT EXISTS (SELECT 1 FROM fija f WHERE f.id = e.id AND f.nivel_id = v.nivel_id)
"""
# Siblings that claim part of the same piece; by box only where it was cut, for a cut between digits may not be valid and
# a relation of it would fail. A line along a shared border is claimed by both sides.
_RIVAL = f"""
SELECT p.id, p.nivel_id, p.unidad_id, s.geom
FROM pieza p
JOIN {_LIMITE} propio ON propio.unidad_id = p.unidad_id AND propio.sustituido IS NULL AND propio.vigencia @> %(fecha)s
JOIN {_SOLAPE} s ON s.una_id = propio.id AND s.geom && p.geom
JOIN {_LIMITE} otro ON otro.id = s.otra_id AND otro.sustituido IS NULL AND otro.vigencia @> %(fecha)s
WHERE p.dim = 2
UNION ALL
SELECT p.id, p.nivel_id, p.unidad_id, v.geom
FROM pieza p
JOIN {_LIMITE} v ON ST_Intersects(v.geom, p.geom) AND v.sustituido IS NULL AND v.vigencia @> %(fecha)s
    AND v.unidad_id <> p.unidad_id
JOIN {_UNIDAD} u ON u.id = v.unidad_id AND u.nivel_id = p.nivel_id
WHERE p.dim = 1 AND (ST_Relate(p.geom, v.geom, '1********') OR ST_Relate(p.geom, v.geom, '*1*******'))
"""
# A disputed piece is cut by its rivals' borders into faces, each with one answer to "how many claim it?". Lines are cut
# segment by segment, by position along each: a crossing point, once rounded, is off the line, and noding misses it.
_CARA = """
WITH disputa AS (
    SELECT p.id, p.nivel_id, p.unidad_id, p.dim, p.geom, r.bordes
    FROM pieza p
    JOIN (SELECT id, nivel_id, unidad_id, ST_Boundary(ST_Collect(geom)) AS bordes
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
_REPARTO = f"""
WITH medida AS (
    SELECT e.id, {_medida("e.geom", "ST_Dimension(e.geom)")} AS total FROM efectiva e
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
    SELECT c.id, c.nivel_id, c.unidad_id, sum(c.medida / c.k) / m.total,
        sum(c.medida) FILTER (WHERE c.k > 1) > m.total * {TOLERANCIA}
    FROM cara_contada c JOIN medida m USING (id)
    GROUP BY c.id, c.nivel_id, c.unidad_id, m.total
    UNION ALL
    SELECT p.id, p.nivel_id, p.unidad_id, 1.0 / count(*) OVER por_nivel, count(*) OVER por_nivel > 1
    FROM pieza p WHERE p.dim = 0 WINDOW por_nivel AS (PARTITION BY p.id, p.nivel_id)
),
sumada AS (
    SELECT *, sum(fraccion) OVER (PARTITION BY id, nivel_id) AS suma FROM parte WHERE fraccion > 1e-9
),
repartida AS (
    SELECT id, nivel_id, unidad_id, COALESCE(en_disputa, false) AS en_disputa,
        LEAST(CASE WHEN suma > 1 - {TOLERANCIA} THEN fraccion / suma ELSE fraccion END, 1) AS fraccion
    FROM sumada
),
sin_limite AS (
    SELECT DISTINCT ON (e.id, e.nivel_id) e.id, e.nivel_id, e.unidad_id
    FROM escalon e WHERE e.limite IS NULL AND e.viva ORDER BY e.id, e.nivel_id, e.salto
),
resto AS (
    SELECT s.id, s.nivel_id, s.unidad_id, false AS en_disputa, 1 - COALESCE(r.suma, 0) AS fraccion
    FROM sin_limite s
    JOIN efectiva USING (id)
    LEFT JOIN (SELECT id, nivel_id, sum(fraccion) AS suma FROM repartida GROUP BY id, nivel_id) r USING (id, nivel_id)
    WHERE COALESCE(r.suma, 0) < 1 - {TOLERANCIA}
      AND NOT EXISTS (SELECT 1 FROM fija f WHERE f.id = s.id AND f.nivel_id = s.nivel_id)
)
SELECT id, unidad_id, nivel_id, fraccion, en_disputa FROM repartida
UNION ALL SELECT id, unidad_id, nivel_id, fraccion, en_disputa FROM resto
UNION ALL SELECT id, unidad_id, nivel_id, 1.0, false FROM fija
"""

# A feature without geometry of its own lies where its declared unit lies: no spatial work at all.
_COPIADAS = f"""
SELECT o.id, eu.unidad_id, eu.nivel_id, eu.fraccion, eu.en_disputa
FROM {{tabla}} o JOIN {_EN_UNIDAD} eu ON eu.parte_id = o.{{declarada}}
WHERE o.id = ANY(%(ids)s) AND num_nonnulls(o.punto, o.linea, o.poligono) = 0
"""


@dataclass(frozen=True)
class Cambios:
    """What a localisation changed: rows of feature × unit, and the features they belong to."""

    nuevas: int = 0
    cambiadas: int = 0
    quitadas: int = 0
    objetos: frozenset[int] = frozenset()

    @property
    def hay(self) -> bool:
        return bool(self.objetos)


@dataclass(frozen=True)
class Diferencia:
    """A stored localisation that geometry does not confirm."""

    modelo: str
    objeto_id: int
    unidad_id: int
    guardada: float | None
    calculada: float | None


def tablas() -> list[type[Localizacion]]:
    """Every concrete `Localizacion`, the units' own first: features without geometry copy from it."""
    concretas = [modelo for modelo in apps.get_models() if issubclass(modelo, Localizacion)]
    return sorted(concretas, key=lambda modelo: modelo is not UnidadEnUnidad)


def tabla_de(modelo: type[models.Model]) -> type[Localizacion]:
    """The table that stores where the features of `modelo` lie."""
    concreto = modelo._meta.concrete_model
    return next(tabla for tabla in tablas() if _objeto(tabla) is concreto)


def analizar(*modelos: type[models.Model]) -> None:
    """Refresh the planner's statistics after a bulk load: without them the first pages take seconds."""
    with connection.cursor() as cursor:
        for modelo in modelos:
            cursor.execute(f"ANALYZE {modelo._meta.db_table}")


def bloquear_limites() -> None:
    """Take the lock that a change of limits needs; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CERROJO])


@transaction.atomic
def localizar(queryset: models.QuerySet) -> Cambios:
    """Place the features (or units) of `queryset` in the units of every level, and store what changed.

    Set-based: one statement computes, three write the difference. Call it in the transaction that wrote the features.
    """
    ids = list(queryset.order_by().values_list("pk", flat=True))
    if not ids:
        return Cambios()
    tabla = tabla_de(queryset.model)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [CERROJO])
        _calcular(cursor, tabla, ids)
        cambios = _guardar(cursor, tabla, ids)
        if tabla is not UnidadEnUnidad:
            _marcar(cursor, tabla, ids)
    if tabla is UnidadEnUnidad and cambios.hay:
        cifras.recalcular(_municipios_de(cambios.objetos))
    if len(cambios.objetos) > 100:
        analizar(tabla, queryset.model)
    return cambios


def _municipios_de(unidades: Iterable[int]) -> list[int]:
    """Ids of the municipalities that these units are, or belong to."""
    municipio = Coalesce("municipio_id", "pk")
    return list(
        UnidadTerritorial.objects.filter(pk__in=list(unidades)).order_by().values_list(municipio, flat=True).distinct()
    )


@transaction.atomic
def relocalizar(unidades: Iterable[int]) -> dict[str, Cambios]:
    """Place anew all that a change in the limits, points or parents of `unidades` (ids) may have moved.

    Touched are units and features that meet any limit, past or present, of those units, and what is declared in them.
    """
    ids = list(unidades)
    if not ids:
        return {}
    bloquear_limites()
    solapes.olvidar(ids)
    resultado = {}
    with connection.cursor() as cursor:
        # The planner must know the rows that this very transaction wrote.
        analizar(Limite, UnidadTerritorial)
        cursor.execute(_UNIDADES_TOCADAS, {"ids": ids})
        tocadas = [fila[0] for fila in cursor.fetchall()]
    resultado[UnidadTerritorial._meta.label] = localizar(UnidadTerritorial.objects.filter(pk__in=tocadas))
    for tabla in tablas()[1:]:
        modelo = _objeto(tabla)
        with connection.cursor() as cursor:
            cursor.execute(_nombres(_OBJETOS_TOCADOS, modelo), {"ids": ids, "tocadas": tocadas})
            objetos = [fila[0] for fila in cursor.fetchall()]
        resultado[modelo._meta.label] = localizar(modelo.objects.filter(pk__in=objetos))
    return resultado


def diferencias(tabla: type[Localizacion]) -> list[Diferencia]:
    """Recompute one table from geometry and list what differs from what is stored; writes nothing."""
    modelo = _objeto(tabla)
    ids = list(modelo._default_manager.order_by().values_list("pk", flat=True))
    with transaction.atomic(), connection.cursor() as cursor:
        _calcular(cursor, tabla, ids)
        cursor.execute(
            f"""SELECT COALESCE(c.id, g.{tabla.OBJETO}_id), COALESCE(c.unidad_id, g.unidad_id), g.fraccion, c.fraccion
            FROM calculada c FULL JOIN {tabla._meta.db_table} g
                ON g.{tabla.OBJETO}_id = c.id AND g.unidad_id = c.unidad_id
            WHERE c.id IS NULL OR g.id IS NULL OR abs(g.fraccion - c.fraccion) > {TOLERANCIA}
               OR g.en_disputa <> c.en_disputa OR g.nivel_id <> c.nivel_id
            ORDER BY 1, 2"""
        )
        return [Diferencia(modelo._meta.label, *fila) for fila in cursor.fetchall()]


def _objeto(tabla: type[Localizacion]) -> type[models.Model]:
    return tabla._meta.get_field(tabla.OBJETO).related_model


def _nombres(sql: str, modelo: type[models.Model]) -> str:
    """Fill in the names of a feature's table and of the column of its declared unit."""
    declarada = modelo._meta.get_field(modelo.CAMPO_UNIDAD).column
    return sql.format(tabla=modelo._meta.db_table, declarada=declarada, unidad=_UNIDAD, limite=_LIMITE)


def _calcular(cursor, tabla: type[Localizacion], ids: list[int]) -> None:
    """Fill the temporary table `calculada(id, unidad_id, nivel_id, fraccion, en_disputa)` for these features."""
    parametros = {"ids": ids, "fecha": hoy()}
    modelo = _objeto(tabla)
    if tabla is UnidadEnUnidad:
        pasos = {"escalon": _ESCALONES_UNIDADES, "efectiva": _EFECTIVA_UNIDADES, "fija": _FIJA_UNIDADES}
        reparto = _REPARTO
    else:
        pasos = {
            "escalon": _nombres(_ESCALONES_PROPIAS, modelo),
            "efectiva": _nombres(_EFECTIVA_PROPIAS, modelo),
            "fija": _FIJA_PROPIAS,
        }
        reparto = f"{_REPARTO} UNION ALL {_nombres(_COPIADAS, modelo)}"
    solapes.poner_al_dia()
    pasos |= {"pieza": _PIEZA, "rival": _RIVAL, "cara": _CARA, "calculada": reparto}
    # A limit is large and lies compressed outside its row: a sequential scan unpacks each one just to see its box.
    cursor.execute("SET LOCAL enable_seqscan = off")
    for nombre, consulta in pasos.items():
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{nombre}")
        cursor.execute(f"CREATE TEMPORARY TABLE {nombre} ON COMMIT DROP AS {consulta}", parametros)
        if nombre == "efectiva":
            cursor.execute("CREATE INDEX ON pg_temp.efectiva USING gist (geom)")
        cursor.execute(f"ANALYZE pg_temp.{nombre}")
    cursor.execute("SET LOCAL enable_seqscan = on")


def _guardar(cursor, tabla: type[Localizacion], ids: list[int]) -> Cambios:
    """Bring the stored rows to what `calculada` says, touching only what differs."""
    destino, objeto = tabla._meta.db_table, f"{tabla.OBJETO}_id"
    cursor.execute(
        f"""DELETE FROM {destino} g WHERE g.{objeto} = ANY(%s) AND NOT EXISTS (
            SELECT 1 FROM calculada c WHERE c.id = g.{objeto} AND c.unidad_id = g.unidad_id)
        RETURNING g.{objeto}""",
        [ids],
    )
    quitadas = [fila[0] for fila in cursor.fetchall()]
    cursor.execute(
        f"""UPDATE {destino} g SET fraccion = c.fraccion, en_disputa = c.en_disputa, nivel_id = c.nivel_id
        FROM calculada c WHERE c.id = g.{objeto} AND c.unidad_id = g.unidad_id
            AND (abs(g.fraccion - c.fraccion) > 1e-9 OR (g.en_disputa, g.nivel_id) <> (c.en_disputa, c.nivel_id))
        RETURNING g.{objeto}"""
    )
    cambiadas = [fila[0] for fila in cursor.fetchall()]
    cursor.execute(
        f"""INSERT INTO {destino} ({objeto}, unidad_id, nivel_id, fraccion, en_disputa)
        SELECT c.id, c.unidad_id, c.nivel_id, c.fraccion, c.en_disputa FROM calculada c
        WHERE NOT EXISTS (SELECT 1 FROM {destino} g WHERE g.{objeto} = c.id AND g.unidad_id = c.unidad_id)
        RETURNING {objeto}"""
    )
    nuevas = [fila[0] for fila in cursor.fetchall()]
    objetos = frozenset(quitadas) | frozenset(cambiadas) | frozenset(nuevas)
    return Cambios(len(nuevas), len(cambiadas), len(quitadas), objetos)


def _marcar(cursor, tabla: type[Localizacion], ids: list[int]) -> None:
    """Store on each feature how it came to its place (`ubicada_por`)."""
    modelo = _objeto(tabla)
    cursor.execute(_nombres(_MARCA, modelo), {"ids": ids, "fecha": hoy()})


_DECLARADAS_SIN_GEOMETRIA = """SELECT id, {declarada}, 0 FROM {tabla}
    WHERE id = ANY(%(ids)s) AND {declarada} IS NOT NULL AND num_nonnulls(punto, linea, poligono) = 0"""
_MARCA = f"""
{_cadena(_DECLARADAS_SIN_GEOMETRIA)},
dador AS (
    SELECT c.id, min(c.salto) AS salto
    FROM cadena c JOIN {_UNIDAD} u ON u.id = c.unidad_id
    LEFT JOIN {_LIMITE} v ON v.unidad_id = u.id AND v.sustituido IS NULL
        AND (v.vigencia @> %(fecha)s OR NOT u.vigencia @> %(fecha)s)
    WHERE v.id IS NOT NULL OR u.punto IS NOT NULL
    GROUP BY c.id
),
marca AS (
    SELECT o.id, CASE
        WHEN num_nonnulls(o.punto, o.linea, o.poligono) = 1 THEN '{UbicadaPor.PROPIA}'
        WHEN d.salto = 0 THEN '{UbicadaPor.UNIDAD}'
        WHEN d.salto > 0 THEN '{UbicadaPor.ANCESTRO}'
        ELSE '{UbicadaPor.SIN_UBICAR}' END AS valor
    FROM {{tabla}} o LEFT JOIN dador d USING (id) WHERE o.id = ANY(%(ids)s)
)
UPDATE {{tabla}} o SET ubicada_por = m.valor FROM marca m WHERE m.id = o.id AND o.ubicada_por <> m.valor
"""

_UNIDADES_TOCADAS = f"""
WITH RECURSIVE descendiente (id) AS (
    SELECT unnest(%(ids)s::bigint[])
    UNION
    SELECT u.id FROM {_UNIDAD} u JOIN descendiente d ON u.padre_id = d.id
)
SELECT id FROM descendiente
UNION
SELECT v.unidad_id FROM {_LIMITE} v JOIN {_LIMITE} c ON c.unidad_id = ANY(%(ids)s) AND ST_Intersects(v.geom, c.geom)
UNION
SELECT u.id FROM {_UNIDAD} u JOIN {_LIMITE} c ON c.unidad_id = ANY(%(ids)s) AND ST_Intersects(c.geom, u.punto)
"""

_OBJETOS_TOCADOS = """
SELECT o.id FROM {tabla} o JOIN {limite} c ON c.unidad_id = ANY(%(ids)s)
    AND (ST_Intersects(c.geom, o.punto) OR ST_Intersects(c.geom, o.linea) OR ST_Intersects(c.geom, o.poligono))
UNION
SELECT o.id FROM {tabla} o WHERE o.{declarada} = ANY(%(tocadas)s)
"""
