"""How a municipality stood on another day, for every query there is.

The stored localisation is that of today. For another day it is worked out on the spot, for one municipality, and set
before the stored tables under their own names in the session's temporary schema, where PostgreSQL looks first: querysets,
aggregates, conservation lines and exports then answer as of that day without knowing of it. So that nothing else comes of
it:

- all happens in a transaction (or a savepoint) that is rolled back, whatever happens in it: the tables go with it, and the
  connection serves the next request as it was; once they stand, the transaction is read only;
- only what a changed limit may have moved is worked out; the rest is what is stored. Where nothing changed between that
  day and today there is nothing to set before anything. What was worked out is kept for as long as none of the rows that
  it was made from is written;
- located features are seen through a view that says how each came to its place that day; units, where one of the
  municipality had another name, in a copy with the names of that day (a table and not a view: queries group by its key);
- an answer must be complete before the block ends: read a stream within it.

Figures of inhabitants are those of the last census, and parents those of today: neither is kept by day.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date

from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from territorio.fechas import al
from territorio.localizacion import calcular, tablas
from territorio.localizacion.tablas import objeto_de
from territorio.models import Denominacion, Limite, Localizacion, Sucesion, UnidadEnUnidad, UnidadTerritorial

_UNIDAD = UnidadTerritorial._meta.db_table
_LIMITE = Limite._meta.db_table
_SUCESION = Sucesion._meta.db_table
_DENOMINACION = Denominacion._meta.db_table

FILAS_EN_CACHE = 50_000
SEGUNDOS_EN_CACHE = 3600

_preparado: ContextVar[tuple[int | None, date] | None] = ContextVar("pasado", default=None)

# Limits in force on only one of the two days, as boxes: what lies in none of them lies where it lay.
_CAMBIADO = f"""
CREATE TEMPORARY TABLE cambiado ON COMMIT DROP AS
SELECT l.unidad_id, ST_Envelope(l.geom) AS caja,
    COALESCE(u.id = %(municipio)s OR u.municipio_id = %(municipio)s, false) AS propia
FROM {_LIMITE} l JOIN {_UNIDAD} u ON u.id = l.unidad_id
WHERE l.sustituido IS NULL
  AND (l.vigencia @> %(dia)s::date AND u.vigencia @> %(dia)s::date)
   <> (l.vigencia @> %(hoy)s::date AND u.vigencia @> %(hoy)s::date)
UNION ALL
SELECT u.id, ST_Envelope(u.punto), COALESCE(u.id = %(municipio)s OR u.municipio_id = %(municipio)s, false)
FROM {_UNIDAD} u WHERE u.vigencia @> %(dia)s::date <> u.vigencia @> %(hoy)s::date
"""
# Of this municipality what meets any change, of others what meets a change in it: no other row can differ in what is
# asked about this municipality.
_UNIDADES_TOCADAS = f"""
WITH RECURSIVE descendiente (id, propia) AS (
    SELECT unidad_id, propia FROM cambiado
    UNION
    SELECT u.id, d.propia FROM {_UNIDAD} u JOIN descendiente d ON u.padre_id = d.id
),
tocada AS (
    SELECT id, propia FROM descendiente
    UNION SELECT l.unidad_id, c.propia FROM cambiado c JOIN {_LIMITE} l ON l.geom && c.caja
    UNION SELECT u.id, c.propia FROM cambiado c JOIN {_UNIDAD} u ON u.punto && c.caja
)
SELECT DISTINCT u.id FROM tocada t JOIN {_UNIDAD} u USING (id)
WHERE t.propia OR u.id = %(municipio)s OR u.municipio_id = %(municipio)s
"""
_OBJETOS_TOCADOS = """
SELECT o.id FROM cambiado c
JOIN {tabla} o ON (o.punto && c.caja OR o.linea && c.caja OR o.poligono && c.caja)
    AND (c.propia OR o.municipio_id = %(municipio)s)
UNION
SELECT o.id FROM {tabla} o WHERE o.{declarada} = ANY(%(tocadas)s)
"""
# What is stored of this municipality (its features, or its units) and was not touched, and what was worked out.
_DEL_MUNICIPIO = "({0}.municipio_id = %(municipio)s OR {0}.id = %(municipio)s)"
_COLUMNAS = ("objeto_id", "unidad_id", "nivel_id", "fraccion", "en_disputa")
_LOCALIZACION = f"""
CREATE TEMPORARY TABLE {{tabla}} ON COMMIT DROP AS
SELECT {{columnas}} FROM {{tabla}} g JOIN {{objetos}} o ON o.id = g.{{objeto}} JOIN {_UNIDAD} u ON u.id = g.unidad_id
WHERE ({{del_municipio}} OR {_DEL_MUNICIPIO.format("u")}) AND NOT g.{{objeto}} = ANY(%(ids)s)
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
            _anteponer_localizacion(cursor, municipio.pk, dia)
        _anteponer_nombres(cursor, municipio, dia)
        cursor.execute("SET LOCAL transaction_read_only = on")


def _anteponer_localizacion(cursor, municipio: int, dia: date) -> None:
    for tabla, calculada in _del_dia(cursor, municipio, dia).items():
        _anteponer_tabla(cursor, tabla, calculada, municipio)


def _del_dia(cursor, municipio: int, dia: date) -> dict[type[Localizacion], Calculada]:
    """What a changed limit may have moved, by table; kept while no row that it was made from is written."""
    parametros: dict = {"municipio": municipio, "dia": dia, "hoy": timezone.localdate()}
    cursor.execute(_CAMBIADO, parametros)
    cursor.execute("SELECT EXISTS (SELECT 1 FROM cambiado)")
    if not cursor.fetchone()[0]:
        return {}
    clave = f"pasado:{municipio}:{_version(cursor, parametros)}"
    if (guardadas := cache.get(clave)) is not None:
        return {tabla: guardadas[tabla._meta.label] for tabla in tablas() if tabla._meta.label in guardadas}
    cursor.execute("ANALYZE pg_temp.cambiado")
    cursor.execute(_UNIDADES_TOCADAS, parametros)
    tocadas = [fila[0] for fila in cursor.fetchall()]
    calculadas = {}
    # Units first: a feature without geometry lies where its unit lies that day.
    for tabla in tablas():
        modelo = objeto_de(tabla)
        ids = tocadas
        if tabla is not UnidadEnUnidad:
            declarada = modelo._meta.get_field(modelo.CAMPO_UNIDAD).column  # type: ignore[attr-defined]
            sql = _OBJETOS_TOCADOS.format(tabla=modelo._meta.db_table, declarada=declarada)
            cursor.execute(sql, parametros | {"tocadas": tocadas})
            ids = [fila[0] for fila in cursor.fetchall()]
        if ids:
            calculadas[tabla] = _calculada(cursor, tabla, ids)
    if sum(len(c.ids) + len(c.filas) for c in calculadas.values()) <= FILAS_EN_CACHE:
        cache.set(clave, {tabla._meta.label: c for tabla, c in calculadas.items()}, SEGUNDOS_EN_CACHE)
    return calculadas


def _version(cursor, parametros: dict) -> str:
    """Another state of what is worked out from, another version: xmin and ctid change with every write of a row."""
    objetos = [objeto_de(tabla) for tabla in tablas() if tabla is not UnidadEnUnidad]
    partes = [_VERSION_LIMITES, _VERSION_UNIDADES, _VERSION_SUCESIONES]
    partes += [_VERSION_OBJETOS.format(tabla=modelo._meta.db_table) for modelo in objetos]
    todas = ", '|', ".join(f"({parte})" for parte in partes)
    cursor.execute(f"SELECT md5(concat({todas}))", parametros)
    return cursor.fetchone()[0]


def _calculada(cursor, tabla: type[Localizacion], ids: list[int]) -> Calculada:
    calcular(cursor, tabla, ids)
    cursor.execute("SELECT id, unidad_id, nivel_id, fraccion, en_disputa FROM calculada")
    filas = cursor.fetchall()
    if tabla is UnidadEnUnidad:
        return Calculada(ids, filas, [])
    cursor.execute("SELECT id, valor FROM marca")
    return Calculada(ids, filas, cursor.fetchall())


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
    cursor.execute(sql, {"municipio": municipio, "ids": calculada.ids, **listas})
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
