"""Stores where features lie, and places anew what a change of limits may have moved."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, models, transaction
from django.db.models.functions import Coalesce

from territorio import cifras, solapes
from territorio.fechas import al
from territorio.localizacion.calculo import calcular
from territorio.localizacion.tablas import (
    CERROJO,
    LIMITE,
    UNIDAD,
    analizar,
    bloquear_limites,
    con_nombres,
    objeto_de,
    tabla_de,
    tablas,
)
from territorio.models import Limite, Localizacion, UnidadEnUnidad, UnidadTerritorial


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


@transaction.atomic
def localizar(queryset: models.QuerySet) -> Cambios:
    """Place the features (or units) of `queryset` in the units of every level, and store what changed.

    Set-based: one statement computes, three write the difference. Call it in the transaction that wrote the features.
    """
    ids = list(queryset.order_by().values_list("pk", flat=True))
    if not ids:
        return Cambios()
    tabla = tabla_de(queryset.model)
    with al(None), connection.cursor() as cursor:  # what is stored is of today, whatever day is being asked about
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [CERROJO])
        calcular(cursor, tabla, ids)
        cambios = _guardar(cursor, tabla, ids)
        if tabla is not UnidadEnUnidad:
            _marcar(cursor, tabla)
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
        modelo = objeto_de(tabla)
        with connection.cursor() as cursor:
            cursor.execute(con_nombres(_OBJETOS_TOCADOS, modelo, limite=LIMITE), {"ids": ids, "tocadas": tocadas})
            objetos = [fila[0] for fila in cursor.fetchall()]
        resultado[modelo._meta.label] = localizar(modelo.objects.filter(pk__in=objetos))
    return resultado


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


def _marcar(cursor, tabla: type[Localizacion]) -> None:
    """Store on each feature how it came to its place (`ubicada_por`)."""
    cursor.execute(
        f"""UPDATE {objeto_de(tabla)._meta.db_table} o SET ubicada_por = m.valor
        FROM marca m WHERE m.id = o.id AND o.ubicada_por <> m.valor"""
    )


_UNIDADES_TOCADAS = f"""
WITH RECURSIVE descendiente (id) AS (
    SELECT unnest(%(ids)s::bigint[])
    UNION
    SELECT u.id FROM {UNIDAD} u JOIN descendiente d ON u.padre_id = d.id
)
SELECT id FROM descendiente
UNION
SELECT v.unidad_id FROM {LIMITE} v JOIN {LIMITE} c ON c.unidad_id = ANY(%(ids)s) AND ST_Intersects(v.geom, c.geom)
UNION
SELECT u.id FROM {UNIDAD} u JOIN {LIMITE} c ON c.unidad_id = ANY(%(ids)s) AND ST_Intersects(c.geom, u.punto)
"""

_OBJETOS_TOCADOS = """
SELECT o.id FROM {tabla} o JOIN {limite} c ON c.unidad_id = ANY(%(ids)s)
    AND (ST_Intersects(c.geom, o.punto) OR ST_Intersects(c.geom, o.linea) OR ST_Intersects(c.geom, o.poligono))
UNION
SELECT o.id FROM {tabla} o WHERE o.{declarada} = ANY(%(tocadas)s)
"""
