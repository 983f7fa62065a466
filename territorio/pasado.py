"""How a municipality stood on another day, for every query there is.

The stored localisation is that of today. For another day it is worked out on the spot, for one municipality, and set
before the stored tables under their own names in the session's temporary schema, where PostgreSQL looks first: querysets,
aggregates, conservation lines and exports then answer as of that day without knowing of it. So that nothing else comes of
it:

- all happens in a transaction (or a savepoint) that is rolled back, whatever happens in it: the tables go with it, and the
  connection serves the next request as it was; once they stand, the transaction is read only;
- only what a changed limit may have moved is worked out, at the levels of those limits (the same question that a change
  asks, between the units as they stood that day and as they stand today); the rest is what is stored. Where nothing changed
  there is nothing to set before anything. What was worked out is kept for as long as none of the rows that it was made from
  is written;
- located features are seen through a view that says how each came to its place that day; units, where one of the
  municipality had another name, in a copy with the names of that day (a table and not a view: queries group by its key);
- an answer must be complete before the block ends: read a stream within it.

Figures of inhabitants are those of the last census, and parents those of today: neither is kept by day.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date

from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from cuentas.aislamiento import alcance_total
from territorio.fechas import al
from territorio.localizacion import calcular, retrato, tablas
from territorio.localizacion.retrato import Tocado
from territorio.localizacion.tablas import objeto_de
from territorio.models import Denominacion, Limite, Localizacion, Sucesion, UnidadEnUnidad, UnidadTerritorial

_UNIDAD = UnidadTerritorial._meta.db_table
_LIMITE = Limite._meta.db_table
_SUCESION = Sucesion._meta.db_table
_DENOMINACION = Denominacion._meta.db_table

FILAS_EN_CACHE = 50_000
SEGUNDOS_EN_CACHE = 3600

_preparado: ContextVar[tuple[int | None, date] | None] = ContextVar("pasado", default=None)

# Units that had another limit that day, or none, or that do not exist on one of the two; and whether they are of this
# municipality.
_CAMBIADAS = f"""
SELECT u.id, COALESCE(u.id = %(municipio)s OR u.municipio_id = %(municipio)s, false)
FROM {_UNIDAD} u
WHERE u.vigencia @> %(dia)s::date <> u.vigencia @> %(hoy)s::date
   OR u.id IN (SELECT l.unidad_id FROM {_LIMITE} l
               WHERE l.sustituido IS NULL AND l.vigencia @> %(dia)s::date <> l.vigencia @> %(hoy)s::date)
"""
# Of these limits, those that may meet anything of the municipality.
_CERCANOS = f"""
SELECT c.id FROM {_LIMITE} c WHERE c.id = ANY(%(limites)s) AND c.geom && (
    SELECT ST_SetSRID(ST_Extent(g.geom)::geometry, 4326) FROM (
        SELECT l.geom::geometry FROM {_LIMITE} l JOIN {_UNIDAD} u ON u.id = l.unidad_id
        WHERE l.sustituido IS NULL AND (u.id = %(municipio)s OR u.municipio_id = %(municipio)s)
        UNION ALL SELECT u.punto::geometry FROM {_UNIDAD} u WHERE u.municipio_id = %(municipio)s
        {{objetos}}
    ) g)
"""
_DE_OBJETOS = """UNION ALL SELECT COALESCE(o.punto::geometry, o.linea::geometry, o.poligono::geometry)
    FROM {tabla} o WHERE o.municipio_id = %(municipio)s"""
# What is stored of this municipality (its features, or its units) and was not touched, and what was worked out.
_DEL_MUNICIPIO = "({0}.municipio_id = %(municipio)s OR {0}.id = %(municipio)s)"
_COLUMNAS = ("objeto_id", "unidad_id", "nivel_id", "fraccion", "en_disputa")
_LOCALIZACION = f"""
CREATE TEMPORARY TABLE {{tabla}} ON COMMIT DROP AS
SELECT {{columnas}} FROM {{tabla}} g JOIN {{objetos}} o ON o.id = g.{{objeto}} JOIN {_UNIDAD} u ON u.id = g.unidad_id
WHERE ({{del_municipio}} OR {_DEL_MUNICIPIO.format("u")}) AND NOT g.{{objeto}} = ANY(%(ids)s)
    AND (g.{{objeto}}, g.nivel_id) NOT IN (SELECT * FROM unnest(%(de_nivel)s::bigint[], %(niveles)s::bigint[]))
UNION ALL
SELECT {{nuevas}} FROM unnest(%(objeto_id)s::bigint[], %(unidad_id)s::bigint[], %(nivel_id)s::bigint[],
    %(fraccion)s::float8[], %(en_disputa)s::boolean[]) c (objeto_id, unidad_id, nivel_id, fraccion, en_disputa)
"""
# On two days with the same limits and units in force the same is worked out.
_VERSION_LIMITES = f"""
SELECT md5(string_agg(concat_ws('.', l.id, l.xmin, l.ctid, l.vigencia @> %(dia)s::date, l.vigencia @> %(hoy)s::date), ','
    ORDER BY l.id)) FROM {_LIMITE} l"""
_VERSION_UNIDADES = f"""
SELECT md5(string_agg(concat_ws('.', u.id, u.xmin, u.ctid, u.vigencia @> %(dia)s::date, u.vigencia @> %(hoy)s::date), ','
    ORDER BY u.id)) FROM {_UNIDAD} u"""
_VERSION_SUCESIONES = f"""
SELECT md5(string_agg(concat_ws('.', s.id, s.xmin, s.ctid, s.desde <= %(dia)s), ',' ORDER BY s.id)) FROM {_SUCESION} s"""
_VERSION_OBJETOS = "SELECT md5(string_agg(concat_ws('.', o.id, o.xmin, o.ctid), ',' ORDER BY o.id)) FROM {tabla} o"
_RASGOS = """
CREATE TEMPORARY VIEW {tabla} AS
SELECT {columnas} FROM {tabla} o LEFT JOIN {marcas} m ON m.id = o.id
"""
_UNIDADES = f"""
CREATE TEMPORARY TABLE {_UNIDAD} ON COMMIT DROP AS
SELECT {{columnas}} FROM {_UNIDAD} u
LEFT JOIN {_DENOMINACION} d ON d.unidad_id = u.id AND d.vigencia @> %(dia)s::date
"""


@dataclass(frozen=True)
class Calculada:
    """The features of a table that were worked out, where each lies, and how it came there."""

    ids: list[int]
    de_nivel: list[tuple[int, int]]  # (feature, level): worked out at that level only
    filas: list[tuple]  # (feature, unit, level, share, disputed)
    marcas: list[tuple[int, str]]


@contextmanager
def como_era(municipio: UnidadTerritorial | None, dia: date | None) -> Iterator[None]:
    """Within the block every query about `municipio` answers as of `dia`; None is today, and costs nothing.

    Without a municipality limits, units and names are those of the day, but nothing may be asked about what lies in them.
    """
    if dia is None or dia == timezone.localdate():
        yield
        return
    pedido = (municipio.pk if municipio else None, dia)
    if (antes := _preparado.get()) is not None:
        if antes != pedido:
            raise RuntimeError("Ya se pregunta por otro día o por otro municipio.")
        yield
        return
    al_abrir = not connection.in_atomic_block
    ficha = _preparado.set(pedido)
    try:
        with al(dia), transaction.atomic():
            try:
                _anteponer(municipio, dia, al_abrir=al_abrir)
                yield
            finally:
                transaction.set_rollback(True)
    finally:
        _preparado.reset(ficha)


def _anteponer(municipio: UnidadTerritorial | None, dia: date, *, al_abrir: bool) -> None:
    with connection.cursor() as cursor:
        if al_abrir:
            # One picture for the whole answer: what is stored may change under it, and sums would not close.
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        if municipio is not None:
            with alcance_total():  # what is worked out is kept for all; who may see which of it is asked afterwards
                antepuestas = _anteponer_localizacion(cursor, municipio.pk, dia)
            _quitar_lo_ajeno(cursor, antepuestas)
        _anteponer_nombres(cursor, municipio, dia)
        cursor.execute("SET LOCAL transaction_read_only = on")


def _anteponer_localizacion(cursor, municipio: int, dia: date) -> list[type[Localizacion]]:
    """Set the localisation of that day before the stored one; returns the tables that now have another before them."""
    parametros: dict = {"municipio": municipio, "dia": dia, "hoy": timezone.localdate()}
    cursor.execute(_CAMBIADAS, parametros)
    cambiadas = cursor.fetchall()
    if not cambiadas:
        return []
    clave = f"pasado:{municipio}:{_version(cursor, parametros)}"
    guardadas = cache.get(clave)
    tocado = _tocado(cursor, municipio, cambiadas) if guardadas is None else {}
    calculadas, antepuestas = {}, []
    for tabla in tablas():
        # Units first: a feature without geometry lies where its unit, as set here, lies that day.
        calculada = _calculada(cursor, tabla, tocado[tabla]) if guardadas is None else guardadas[tabla._meta.label]
        if calculada.ids or calculada.de_nivel:
            _anteponer_tabla(cursor, tabla, calculada, municipio)
            antepuestas.append(tabla)
        calculadas[tabla._meta.label] = calculada
    cuantas = sum(len(c.ids) + len(c.de_nivel) + len(c.filas) for c in calculadas.values())
    if guardadas is None and cuantas <= FILAS_EN_CACHE:
        cache.set(clave, calculadas, SEGUNDOS_EN_CACHE)
    return antepuestas


def _quitar_lo_ajeno(cursor, antepuestas: list[type[Localizacion]]) -> None:
    """Leave in the tables set before the stored ones only what whoever asks may see: they have no row rules of their own."""
    for tabla in antepuestas:
        if tabla is not UnidadEnUnidad:
            objetos, nombre = objeto_de(tabla)._meta.db_table, tabla._meta.db_table
            cursor.execute(
                f"DELETE FROM pg_temp.{nombre} WHERE {tabla.OBJETO}_id NOT IN (SELECT id FROM public.{objetos})"
            )


def _tocado(cursor, municipio: int, cambiadas: list[tuple[int, bool]]) -> dict[type[Localizacion], Tocado]:
    """What may lie elsewhere: of all, by units of this municipality; of what is this municipality's, by any other."""
    propias = [pk for pk, propia in cambiadas if propia]
    ajenas = [pk for pk, propia in cambiadas if not propia]
    por_propias = _tocado_por(cursor, _alcance(propias))
    if not ajenas:
        return por_propias
    por_ajenas = _tocado_por(cursor, _que_llega(cursor, _alcance(ajenas), municipio))
    return {tabla: por_propias[tabla].y(_solo_de(tabla, por_ajenas[tabla], municipio)) for tabla in tablas()}


def _alcance(unidades: list[int]) -> retrato.Alcance:
    """From how these units stand today to how they stood that day."""
    with al(None):
        ahora = retrato.estampas(unidades)
    return retrato.comparar(ahora, retrato.estampas(unidades))


def _tocado_por(cursor, alcance: retrato.Alcance) -> dict[type[Localizacion], Tocado]:
    retrato.trazar_zona(cursor, alcance)
    cuelgan = retrato.dependientes(cursor, alcance)
    unidades = retrato.unidades_tocadas(cursor, alcance, cuelgan)
    de_objetos = {
        tabla: retrato.objetos_tocados(cursor, objeto_de(tabla), cuelgan, unidades.ids)
        for tabla in tablas()
        if tabla is not UnidadEnUnidad
    }
    return {UnidadEnUnidad: unidades, **de_objetos}


def _que_llega(cursor, alcance: retrato.Alcance, municipio: int) -> retrato.Alcance:
    """The same without the limits that are far from all that is this municipality's."""
    de_objetos = [_DE_OBJETOS.format(tabla=objeto_de(t)._meta.db_table) for t in tablas() if t is not UnidadEnUnidad]
    limites = [pk for _nivel, *par in alcance.limites for pk in par if pk]
    cursor.execute(_CERCANOS.format(objetos=" ".join(de_objetos)), {"municipio": municipio, "limites": limites})
    cercanos = {fila[0] for fila in cursor.fetchall()}
    return replace(alcance, limites=[limite for limite in alcance.limites if cercanos.intersection(limite[1:])])


def _solo_de(tabla: type[Localizacion], tocado: Tocado, municipio: int) -> Tocado:
    objetos = objeto_de(tabla)._default_manager.order_by()
    propios = set(objetos.filter(municipio=municipio).values_list("pk", flat=True))
    if tabla is UnidadEnUnidad:
        propios.add(municipio)
    return Tocado(tocado.en_todos & propios, {nivel: ids & propios for nivel, ids in tocado.por_nivel.items()})


def _version(cursor, parametros: dict) -> str:
    """Another state of what is worked out from, another version: xmin and ctid change with every write of a row."""
    objetos = [objeto_de(tabla) for tabla in tablas() if tabla is not UnidadEnUnidad]
    partes = [_VERSION_LIMITES, _VERSION_UNIDADES, _VERSION_SUCESIONES]
    partes += [_VERSION_OBJETOS.format(tabla=modelo._meta.db_table) for modelo in objetos]
    todas = ", '|', ".join(f"({parte})" for parte in partes)
    cursor.execute(f"SELECT md5(concat({todas}))", parametros)
    return cursor.fetchone()[0]


def _calculada(cursor, tabla: type[Localizacion], tocado: Tocado) -> Calculada:
    filas, marcas = [], []
    pedidos = [(tocado.en_todos, None), *((ids, [nivel]) for nivel, ids in tocado.por_nivel.items())]
    for ids, niveles in pedidos:
        if not ids:
            continue
        calcular(cursor, tabla, sorted(ids), niveles)
        cursor.execute("SELECT id, unidad_id, nivel_id, fraccion, en_disputa FROM calculada")
        filas += cursor.fetchall()
        if tabla is not UnidadEnUnidad:
            cursor.execute("SELECT id, valor FROM marca")
            marcas += cursor.fetchall()
    de_nivel = [(pk, nivel) for nivel, ids in tocado.por_nivel.items() for pk in ids]
    return Calculada(sorted(tocado.en_todos), de_nivel, filas, sorted(set(marcas)))


def _anteponer_tabla(cursor, tabla: type[Localizacion], calculada: Calculada, municipio: int) -> None:
    modelo = objeto_de(tabla)
    nombre, objeto = tabla._meta.db_table, f"{tabla.OBJETO}_id"
    columnas = [campo.column for campo in tabla._meta.concrete_fields]
    nuevas = {"id": "-row_number() OVER ()", objeto: "c.objeto_id"}
    sql = _LOCALIZACION.format(
        tabla=nombre,
        objetos=modelo._meta.db_table,
        objeto=objeto,
        del_municipio=_DEL_MUNICIPIO.format("o") if tabla is UnidadEnUnidad else "o.municipio_id = %(municipio)s",
        columnas=", ".join(f"g.{columna}" for columna in columnas),
        nuevas=", ".join(nuevas.get(columna, f"c.{columna}") for columna in columnas),
    )
    de_columnas = dict(zip(_COLUMNAS, zip(*calculada.filas, strict=True), strict=False))
    listas = {columna: list(de_columnas.get(columna, ())) for columna in _COLUMNAS}
    de_nivel = {
        "de_nivel": [pk for pk, _nivel in calculada.de_nivel],
        "niveles": [nivel for _pk, nivel in calculada.de_nivel],
    }
    cursor.execute(sql, {"municipio": municipio, "ids": calculada.ids, **de_nivel, **listas})
    cursor.execute(f"CREATE INDEX ON pg_temp.{nombre} ({objeto})")
    cursor.execute(f"CREATE INDEX ON pg_temp.{nombre} (unidad_id)")
    cursor.execute(f"ANALYZE pg_temp.{nombre}")
    if tabla is UnidadEnUnidad:
        return
    marcas = f"marca_{modelo._meta.db_table}"
    cursor.execute(
        f"CREATE TEMPORARY TABLE {marcas} ON COMMIT DROP AS SELECT * FROM unnest(%s::bigint[], %s::text[]) m (id, valor)",
        [[pk for pk, _valor in calculada.marcas], [valor for _pk, valor in calculada.marcas]],
    )
    campos = [campo.column for campo in modelo._meta.concrete_fields]
    dichas = {"ubicada_por": "COALESCE(m.valor, o.ubicada_por) AS ubicada_por"}
    cursor.execute(
        _RASGOS.format(
            tabla=modelo._meta.db_table,
            marcas=marcas,
            columnas=", ".join(dichas.get(campo, f"o.{campo}") for campo in campos),
        )
    )


def _anteponer_nombres(cursor, municipio: UnidadTerritorial | None, dia: date) -> None:
    """Give units the names of that day, where one of the municipality had another."""
    otros = Denominacion.objects.filter(vigencia__contains=dia)
    if municipio is not None:
        otros = otros.filter(unidad__in=UnidadTerritorial.objects.del_municipio(municipio))
    if not otros.exists():
        return
    dichas = {"nombre": "COALESCE(d.nombre, u.nombre) AS nombre"}
    campos = [campo.column for campo in UnidadTerritorial._meta.concrete_fields]
    sql = _UNIDADES.format(columnas=", ".join(dichas.get(campo, f"u.{campo}") for campo in campos))
    cursor.execute(sql, {"dia": dia})
    cursor.execute(f"ALTER TABLE pg_temp.{_UNIDAD} ADD PRIMARY KEY (id)")
    cursor.execute(f"CREATE INDEX ON pg_temp.{_UNIDAD} (municipio_id, nivel_id)")
    cursor.execute(f"CREATE INDEX ON pg_temp.{_UNIDAD} (padre_id)")
    cursor.execute(f"ANALYZE pg_temp.{_UNIDAD}")
