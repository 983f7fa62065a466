"""How a figure comes about, for each unit in existence, name (`habitantes` or an indicator) and year.

1. Its own figure (`censo`).
2. Else, from below (`suma`): if all the units of a lower level that make it up have their own, Σ fᵢ·vᵢ for counts and
   Σ fᵢ·hᵢ·vᵢ / Σ fᵢ·hᵢ for rates, where fᵢ is the part of unit i that lies in it by stored localisation and hᵢ are its
   inhabitants in the nearest census. The levels that are served or not (community, OTB …) count as one level, for together
   they make up a district, unless they lie over one another; other levels must cover nine tenths of it.
3. Else, from above: of the nearest superior S that has a figure, what is left after its parts with figures of 1 and 2,
   r = v(S) - Σ fᵢ·vᵢ, never below 0, is shared among its parts without one: by their area in S if all have limits
   (`area`), else equally (`puntos`). Persons are shared whole, by largest remainder, so that shares add up to r. A part
   of which some parts are known has at least those. A rate is that of the superior (`heredada`).

A part counts wholly in each level: fᵢ is its fraction divided by the sum of its fractions at that level; where it lies in
no unit of a level it counts in the one that is declared above it. So what is only known to be in a district is shared too.
"""

from collections import defaultdict

from territorio.fechas import al
from territorio.models import (
    HABITANTES,
    Cifra,
    Indicador,
    Limite,
    Medida,
    Metodo,
    Nivel,
    Poblacion,
    UnidadEnUnidad,
    UnidadTerritorial,
)

_CIFRA = Cifra._meta.db_table
_UNIDAD = UnidadTerritorial._meta.db_table
_NIVEL = Nivel._meta.db_table
_EN_UNIDAD = UnidadEnUnidad._meta.db_table
_LIMITE = Limite._meta.db_table
_POBLACION = Poblacion._meta.db_table
_INDICADOR = Indicador._meta.db_table

POCAS = 50  # rows of a table that needs neither index nor statistics
# A part that reaches into a unit by less than this does not make it up: borders drawn twice never agree.
ASTILLA = 0.01
# How much of a unit a level must cover to make it up.
CUBIERTA = 0.9
# Two base levels of which more than this lies over one another are two ways of dividing the same people.
CRUZADA = 0.1

# Units asked about (`en_ambito`) and those above municipalities. Where one of these has figures of its own, all hang
# together and all are in question. `clave` is the municipality that a unit is or belongs to.
_UNIDADES = f"""
WITH alto AS (
    SELECT u.id FROM {_UNIDAD} u JOIN {_NIVEL} n ON n.id = u.nivel_id
    WHERE u.municipio_id IS NULL AND n.codigo <> 'municipio'
), todo AS (
    SELECT %(municipios)s::bigint[] IS NULL
        OR EXISTS (SELECT 1 FROM {_POBLACION} p JOIN alto a ON a.id = p.unidad_id)
        OR EXISTS (SELECT 1 FROM {_INDICADOR} i JOIN alto a ON a.id = i.unidad_id) AS si
)
SELECT u.id, u.nivel_id, n.orden, n.es_base, u.municipio_id, u.vigencia @> %(fecha)s AS vigente, l.id AS limite_id,
    l.id IS NOT NULL OR u.punto IS NOT NULL AS con_lugar, a.nivel_id AS nivel_del_padre, c.clave,
    t.si OR c.clave IS NULL OR c.clave = ANY(%(municipios)s) AS en_ambito
FROM {_UNIDAD} u
JOIN {_NIVEL} n ON n.id = u.nivel_id
CROSS JOIN todo t
CROSS JOIN LATERAL (
    SELECT CASE WHEN n.codigo = 'municipio' THEN u.id ELSE u.municipio_id END AS clave
) c
LEFT JOIN {_UNIDAD} a ON a.id = u.padre_id
LEFT JOIN {_LIMITE} l ON l.unidad_id = u.id AND l.sustituido IS NULL AND l.vigencia @> %(fecha)s
WHERE t.si OR c.clave = ANY(%(municipios)s) OR (u.municipio_id IS NULL AND EXISTS (SELECT 1 FROM alto))
"""
_DEBAJO = "SELECT menor, mayor FROM unnest(%(menores)s::bigint[], %(mayores)s::bigint[]) d (menor, mayor)"
# Which part of a unit lies in which superior. A unit is wholly in its own municipality, whatever its limit says.
_GUARDADAS = f"""
SELECT l.parte_id, l.unidad_id AS superior_id, s.nivel_id, l.fraccion
FROM {_EN_UNIDAD} l
JOIN cifra_unidad p ON p.id = l.parte_id AND p.vigente
JOIN cifra_unidad s ON s.id = l.unidad_id AND s.vigente
JOIN cifra_debajo d ON d.menor = p.nivel_id AND d.mayor = s.nivel_id
WHERE (p.clave = s.clave AND s.municipio_id IS NOT NULL) OR (p.municipio_id IS NULL AND s.municipio_id IS NULL)
"""
_LUGARES = f"""
WITH RECURSIVE cadena (parte_id, superior_id, salto) AS (
    SELECT u.id, u.padre_id, 1 FROM {_UNIDAD} u JOIN cifra_unidad p ON p.id = u.id AND p.vigente WHERE u.padre_id IS NOT NULL
    UNION ALL
    SELECT c.parte_id, u.padre_id, c.salto + 1 FROM cadena c JOIN {_UNIDAD} u ON u.id = c.superior_id
    WHERE u.padre_id IS NOT NULL AND c.salto < 20
), declarada AS (
    SELECT DISTINCT ON (c.parte_id, s.nivel_id) c.parte_id, c.superior_id, s.nivel_id, 1.0::float8 AS fraccion
    FROM cadena c
    JOIN cifra_unidad p ON p.id = c.parte_id
    JOIN cifra_unidad s ON s.id = c.superior_id AND s.vigente
    JOIN cifra_debajo d ON d.menor = p.nivel_id AND d.mayor = s.nivel_id
    WHERE s.id <> COALESCE(p.clave, 0)
      AND (p.clave = s.clave OR (p.municipio_id IS NULL AND s.municipio_id IS NULL))
      AND NOT EXISTS (SELECT 1 FROM cifra_guardada g WHERE g.parte_id = c.parte_id AND g.nivel_id = s.nivel_id)
    ORDER BY c.parte_id, s.nivel_id, c.salto
), todas AS (
    SELECT * FROM cifra_guardada UNION ALL SELECT * FROM declarada
    UNION ALL
    SELECT p.id, m.id, m.nivel_id, 1 FROM cifra_unidad p JOIN cifra_unidad m ON m.id = p.municipio_id AND m.vigente
    WHERE p.vigente
)
SELECT parte_id, superior_id, fraccion / sum(fraccion) OVER (PARTITION BY parte_id, nivel_id) AS fraccion FROM todas
"""
# `grupo`: 0 for the base levels together; the level's id for any other, or where base levels lie over one another.
_PARTES = f"""
WITH cruce AS (
    SELECT l.parte_id, sum(l.fraccion) AS parte
    FROM {_EN_UNIDAD} l
    JOIN cifra_unidad p ON p.id = l.parte_id AND p.es_base AND p.vigente AND p.con_lugar
    JOIN cifra_unidad q ON q.id = l.unidad_id AND q.es_base AND q.vigente AND q.limite_id IS NOT NULL
    WHERE p.nivel_id <> q.nivel_id GROUP BY l.parte_id
), separada AS (
    SELECT DISTINCT superior_id FROM (
        SELECT l.superior_id FROM cifra_lugar l JOIN cifra_unidad p ON p.id = l.parte_id AND p.es_base
        LEFT JOIN cruce c ON c.parte_id = p.id
        GROUP BY l.superior_id, p.nivel_id HAVING sum(least(COALESCE(c.parte, 0), 1)) > {CRUZADA} * count(*)
    ) s
)
SELECT l.superior_id, l.parte_id, l.fraccion, p.nivel_id, p.orden, p.limite_id IS NOT NULL AS con_limite,
    CASE WHEN p.es_base AND s.superior_id IS NULL THEN 0 ELSE p.nivel_id END AS grupo
FROM cifra_lugar l
JOIN cifra_unidad p ON p.id = l.parte_id
LEFT JOIN separada s ON s.superior_id = l.superior_id
"""
# `suma`: a count, which adds up, against a rate. `firme`: counted, or added up from what was counted.
_PROPIAS = f"""
SELECT p.unidad_id, '{HABITANTES}'::varchar AS nombre, p.censo AS anio, p.personas::float8 AS valor,
    '{Metodo.CENSO}'::varchar AS metodo, NULL::bigint AS nivel_origen_id, true AS suma, true AS entera, true AS firme
FROM {_POBLACION} p JOIN cifra_unidad u ON u.id = p.unidad_id
WHERE p.sexo = 'total' AND p.grupo_edad = 'total'
UNION ALL
SELECT i.unidad_id, i.nombre, i.anio, i.valor, '{Metodo.CENSO}', NULL, i.medida = '{Medida.CANTIDAD}', false, true
FROM {_INDICADOR} i JOIN cifra_unidad u ON u.id = i.unidad_id
"""
# Of municipalities that are not in question, what was added up from units that are not at hand now.
_AJENAS = f"""
INSERT INTO cifra_final
SELECT c.unidad_id, c.nombre, c.anio, c.valor, c.metodo, c.nivel_origen_id,
    c.nombre = '{HABITANTES}' OR EXISTS (
        SELECT 1 FROM {_INDICADOR} i WHERE i.nombre = c.nombre AND i.medida = '{Medida.CANTIDAD}'),
    c.nombre = '{HABITANTES}', true
FROM {_CIFRA} c JOIN cifra_unidad u ON u.id = c.unidad_id AND NOT u.en_ambito
WHERE c.metodo = '{Metodo.SUMA}'
"""
# {sumada} differs between counts and rates; who makes up whom does not.
_DESDE_ABAJO = f"""
INSERT INTO cifra_final
WITH propia AS (SELECT * FROM cifra_final WHERE metodo = '{Metodo.CENSO}' AND {{cuales}}),
grupo AS (
    SELECT superior_id, grupo, min(orden) AS orden, (array_agg(nivel_id ORDER BY nivel_id))[1] AS nivel_id,
        count(*) FILTER (WHERE fraccion >= {ASTILLA}) AS n, bool_and(con_limite) AS con_limite
    FROM cifra_parte GROUP BY superior_id, grupo
), cobertura AS (
    SELECT l.parte_id AS superior_id, l.nivel_id, sum(l.fraccion) AS parte
    FROM {_EN_UNIDAD} l
    JOIN cifra_unidad s ON s.id = l.parte_id AND s.en_ambito
    JOIN cifra_unidad p ON p.id = l.unidad_id AND p.vigente
    JOIN cifra_debajo d ON d.menor = p.nivel_id AND d.mayor = s.nivel_id
    GROUP BY l.parte_id, l.nivel_id
), completo AS (
    SELECT g.* FROM grupo g JOIN cifra_unidad s ON s.id = g.superior_id AND s.en_ambito
    LEFT JOIN cobertura c ON c.superior_id = g.superior_id AND c.nivel_id = g.grupo
    WHERE g.n > 0 AND (g.grupo = 0 OR s.limite_id IS NULL OR NOT g.con_limite OR c.parte >= {CUBIERTA})
), sumada AS ({{sumada}})
SELECT DISTINCT ON (s.superior_id, s.nombre, s.anio)
    s.superior_id, s.nombre, s.anio, s.valor, '{Metodo.SUMA}', g.nivel_id, s.suma, s.entera, true
FROM sumada s JOIN completo g ON g.superior_id = s.superior_id AND g.grupo = s.grupo AND g.n = s.n
WHERE s.valor IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM cifra_final f WHERE (f.unidad_id, f.nombre, f.anio) = (s.superior_id, s.nombre, s.anio))
ORDER BY s.superior_id, s.nombre, s.anio, g.orden
"""
_SUMA_DE_CANTIDADES = f"""
    SELECT p.superior_id, p.grupo, f.nombre, f.anio, f.suma, f.entera, sum(p.fraccion * f.valor) AS valor,
        count(*) FILTER (WHERE p.fraccion >= {ASTILLA}) AS n
    FROM cifra_parte p JOIN propia f ON f.unidad_id = p.parte_id
    GROUP BY p.superior_id, p.grupo, f.nombre, f.anio, f.suma, f.entera
"""
_MEDIA_DE_TASAS = f"""
    SELECT p.superior_id, p.grupo, f.nombre, f.anio, false AS suma, false AS entera,
        sum(p.fraccion * h.personas * f.valor) / NULLIF(sum(p.fraccion * h.personas), 0) AS valor,
        count(*) FILTER (WHERE p.fraccion >= {ASTILLA}) AS n
    FROM cifra_parte p
    JOIN propia f ON f.unidad_id = p.parte_id
    JOIN LATERAL (
        SELECT c.valor AS personas FROM cifra_final c WHERE c.unidad_id = p.parte_id AND c.nombre = '{HABITANTES}'
        ORDER BY abs(c.anio - f.anio), c.anio DESC LIMIT 1
    ) h ON true
    GROUP BY p.superior_id, p.grupo, f.nombre, f.anio
"""
# Who lacks a figure, and the superiors of the nearest level that have it: of two parallel ladders, the one that was
# counted, then that of the declared parent.
_FUENTES = """
WITH juego AS (SELECT DISTINCT nombre, anio, entera FROM cifra_final WHERE {cuales}),
candidato AS (
    SELECT u.id, u.nivel_del_padre, u.limite_id, j.nombre, j.anio, j.entera, p.superior_id, p.grupo, p.fraccion,
        s.nivel_id, s.orden, f.valor, f.firme, COALESCE(f.nivel_origen_id, s.nivel_id) AS origen
    FROM cifra_unidad u
    CROSS JOIN juego j
    JOIN cifra_parte p ON p.parte_id = u.id
    JOIN cifra_unidad s ON s.id = p.superior_id
    JOIN cifra_final f ON (f.unidad_id, f.nombre, f.anio) = (p.superior_id, j.nombre, j.anio)
    WHERE u.nivel_id = ANY(%(niveles)s) AND u.en_ambito AND u.vigente AND NOT EXISTS (
        SELECT 1 FROM cifra_final x WHERE (x.unidad_id, x.nombre, x.anio) = (u.id, j.nombre, j.anio))
), con_niveles AS (
    SELECT c.*, array_agg(nivel_id) OVER (PARTITION BY id, nombre, anio) AS hay,
        bool_and(firme) OVER (PARTITION BY id, nombre, anio, nivel_id) AS contado
    FROM candidato c
), puesto AS (
    SELECT c.*, dense_rank() OVER (
        PARTITION BY id, nombre, anio
        ORDER BY contado DESC, nivel_id = nivel_del_padre DESC NULLS LAST, orden, nivel_id) AS lugar
    FROM con_niveles c
    WHERE NOT EXISTS (SELECT 1 FROM cifra_debajo d WHERE d.mayor = c.nivel_id AND d.menor = ANY(c.hay))
)
SELECT * FROM puesto WHERE lugar = 1
"""
# What the parts that were counted make up, by superior and group; and the size of those that were not.
_DADAS = """
SELECT p.superior_id, p.grupo, f.nombre, f.anio, sum(p.fraccion * f.valor) AS valor
FROM cifra_parte p JOIN cifra_final f ON f.unidad_id = p.parte_id AND f.firme AND f.suma
GROUP BY p.superior_id, p.grupo, f.nombre, f.anio
"""
_SUPERFICIES = f"""
SELECT l.unidad_id AS id, ST_Area(l.geom) * cos(radians(ST_Y(ST_Centroid(l.geom)))) AS area
FROM {_LIMITE} l WHERE l.id IN (SELECT limite_id FROM cifra_fuente)
"""
_REPARTIR = f"""
INSERT INTO cifra_final
WITH receptor AS (
    SELECT f.*, f.fraccion * COALESCE(k.valor, 0) AS conocida,
        bool_and(COALESCE(s.area, 0) > 0) OVER parte AS por_area, f.fraccion * s.area AS area,
        f.valor - COALESCE(d.valor, 0) - sum(f.fraccion * COALESCE(k.valor, 0)) OVER parte AS resto
    FROM cifra_fuente f
    LEFT JOIN cifra_superficie s ON s.id = f.id
    LEFT JOIN LATERAL (
        SELECT max(m.valor) AS valor FROM cifra_dada m
        WHERE (m.superior_id, m.nombre, m.anio) = (f.id, f.nombre, f.anio)
    ) k ON true
    LEFT JOIN cifra_dada d ON (d.superior_id, d.grupo, d.nombre, d.anio) = (f.superior_id, f.grupo, f.nombre, f.anio)
    WINDOW parte AS (PARTITION BY f.superior_id, f.grupo, f.nombre, f.anio)
), pesada AS (
    SELECT *, CASE WHEN entera THEN round(greatest(resto, 0)) ELSE greatest(resto, 0) END AS queda,
        CASE WHEN por_area THEN area ELSE fraccion END AS peso
    FROM receptor
), exacta AS (
    SELECT *, queda * peso / sum(peso) OVER (PARTITION BY superior_id, grupo, nombre, anio) AS toca FROM pesada
), ordenada AS (
    SELECT *, queda - sum(floor(toca)) OVER (PARTITION BY superior_id, grupo, nombre, anio) AS sobran,
        row_number() OVER (PARTITION BY superior_id, grupo, nombre, anio ORDER BY toca - floor(toca) DESC, id) AS turno
    FROM exacta
)
SELECT id, nombre, anio,
    sum(conocida + CASE WHEN NOT entera THEN toca WHEN turno <= sobran THEN floor(toca) + 1 ELSE floor(toca) END),
    CASE WHEN bool_and(por_area) THEN '{Metodo.AREA}' ELSE '{Metodo.PUNTOS}' END,
    (array_agg(origen ORDER BY fraccion DESC, origen))[1], true, bool_and(entera), false
FROM ordenada GROUP BY id, nombre, anio
"""
_HEREDAR = f"""
INSERT INTO cifra_final
SELECT id, nombre, anio, sum(fraccion * valor) / sum(fraccion), '{Metodo.HEREDADA}',
    (array_agg(origen ORDER BY fraccion DESC, origen))[1], false, false, false
FROM cifra_fuente GROUP BY id, nombre, anio
"""


def calcular(cursor, municipios: list[int] | None) -> None:
    """Fill the temporary tables `cifra_final` (the figures) and `cifra_unidad` (whose: those with `en_ambito`)."""
    with al(None) as fecha:  # what is stored is of today, whatever day is being asked about
        parametros = {"municipios": municipios, "fecha": fecha}
    _tabla(cursor, "cifra_unidad", _UNIDADES, parametros, "id")
    _tabla(cursor, "cifra_final", _PROPIAS, {}, "unidad_id, nombre, anio")
    cursor.execute("SELECT EXISTS (SELECT 1 FROM cifra_final)")
    if not cursor.fetchone()[0]:
        # Nothing was counted: nothing to roll up or down, and what was stored goes.
        _tabla(
            cursor, "cifra_parte", "SELECT 0 AS superior_id, 0 AS parte_id, 0 AS grupo, 0 AS fraccion WHERE false", {}
        )
        return
    menores, mayores = zip(*_debajo(), strict=True)
    _tabla(cursor, "cifra_debajo", _DEBAJO, {"menores": list(menores), "mayores": list(mayores)})
    _tabla(cursor, "cifra_guardada", _GUARDADAS, {}, "parte_id, nivel_id")
    _tabla(cursor, "cifra_lugar", _LUGARES, {})
    _tabla(cursor, "cifra_parte", _PARTES, {}, "parte_id")
    cursor.execute(_AJENAS)
    cursor.execute("SELECT DISTINCT es_base, orden, nivel_id FROM cifra_unidad WHERE vigente ORDER BY es_base, orden")
    filas = cursor.fetchall()
    # From the largest level down; the base levels share what is left at one time.
    niveles = [[nivel] for es_base, _orden, nivel in filas if not es_base]
    niveles.append([nivel for es_base, _orden, nivel in filas if es_base])
    cursor.execute("SELECT DISTINCT suma FROM cifra_final")
    hay = {suma for (suma,) in cursor.fetchall()}
    for es_suma, cuales, sumada, bajar in (
        (True, "suma", _SUMA_DE_CANTIDADES, _REPARTIR),
        (False, "NOT suma", _MEDIA_DE_TASAS, _HEREDAR),  # after all counts: rates are weighted by inhabitants
    ):
        if es_suma not in hay:
            continue
        cursor.execute("ANALYZE pg_temp.cifra_final")
        cursor.execute(_DESDE_ABAJO.format(cuales=cuales, sumada=sumada))
        _tabla(cursor, "cifra_dada", _DADAS, {}, "superior_id, nombre, anio")
        for del_nivel in niveles:
            cursor.execute("ANALYZE pg_temp.cifra_final")
            if not _tabla(cursor, "cifra_fuente", _FUENTES.format(cuales=cuales), {"niveles": del_nivel}):
                continue
            if bajar is _REPARTIR:
                _tabla(cursor, "cifra_superficie", _SUPERFICIES, {}, "id")
            cursor.execute(bajar)


def _debajo() -> set[tuple[int, int]]:
    """Pairs of levels (ids), the lower first: each with all above it; a base level is below whatever is above another.

    In Python, because for a recursive query on a table of twenty rows PostgreSQL sets aside the memory of a million.
    """
    superiores: dict[int, set[int]] = defaultdict(set)
    for menor, mayor in Nivel.superiores.through.objects.values_list("from_nivel_id", "to_nivel_id"):
        superiores[menor].add(mayor)
    pares, nuevos = set(), {(menor, mayor) for menor, suyos in superiores.items() for mayor in suyos}
    while nuevos:
        pares |= nuevos
        nuevos = {(menor, mas) for menor, mayor in nuevos for mas in superiores[mayor]} - pares
    bases = set(Nivel.objects.filter(es_base=True).values_list("pk", flat=True))
    return pares | {(b, mayor) for menor, mayor in pares if menor in bases and mayor not in bases for b in bases}


def _tabla(cursor, nombre: str, consulta: str, parametros: dict, indice: str = "") -> int:
    """A temporary table with its statistics: as one statement the planner is blind to how many rows a step makes.

    Says how many rows it has.
    """
    cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{nombre}")
    cursor.execute(f"CREATE TEMPORARY TABLE {nombre} ON COMMIT DROP AS {consulta}", parametros or None)
    filas = cursor.rowcount
    if filas > POCAS:
        if indice:
            cursor.execute(f"CREATE INDEX ON pg_temp.{nombre} ({indice})")
        cursor.execute(f"ANALYZE pg_temp.{nombre}")
    return filas
