"""Stores where features lie, and places anew what a change of limits may have moved."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import connection, models, transaction
from django.db.models.functions import Coalesce

from cuentas.aislamiento import alcance_total
from territorio import cifras, solapes
from territorio.fechas import al
from territorio.localizacion import retrato
from territorio.localizacion.calculo import calcular
from territorio.localizacion.retrato import Retrato, Tocado, retratar
from territorio.localizacion.tablas import (
    CERROJO,
    LIMITE,
    analizar,
    bloquear_limites,
    con_nombres,
    objeto_de,
    por_indice,
    tabla_de,
    tablas,
)
from territorio.models import Limite, Localizacion, UnidadEnUnidad, UnidadTerritorial


@dataclass
class Movida:
    """Units (ids) that a feature came to lie in, and those that it left, at one level."""

    entran: set[int] = field(default_factory=set)
    salen: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Cambios:
    """What a localisation changed: rows of feature × unit, and the features they belong to.

    `movidas` tells, by feature and level, which changed unit; where only a fraction changed there is none.
    """

    nuevas: int = 0
    cambiadas: int = 0
    quitadas: int = 0
    objetos: frozenset[int] = frozenset()
    movidas: Mapping[tuple[int, int], Movida] = field(default_factory=dict)

    @property
    def hay(self) -> bool:
        return bool(self.objetos)

    def y(self, otros: "Cambios") -> "Cambios":
        """Both together, of features and levels that the two do not share."""
        return Cambios(
            self.nuevas + otros.nuevas,
            self.cambiadas + otros.cambiadas,
            self.quitadas + otros.quitadas,
            self.objetos | otros.objetos,
            {**self.movidas, **otros.movidas},
        )


@transaction.atomic
@alcance_total()
def localizar(queryset: models.QuerySet) -> Cambios:
    """Place the features (or units) of `queryset` in the units of every level, and store what changed.

    Set-based: one statement computes, three write the difference. Call it in the transaction that wrote the features.
    """
    ids = list(queryset.order_by().values_list("pk", flat=True))
    tabla = tabla_de(queryset.model)
    cambios = _localizar(tabla, ids)
    if tabla is UnidadEnUnidad:
        _cifras(cambios)
    return cambios


def _localizar(tabla: type[Localizacion], ids: list[int], niveles: list[int] | None = None) -> Cambios:
    """Place features, at some levels only where nothing else can have changed."""
    if not ids:
        return Cambios()
    modelo = objeto_de(tabla)
    with al(None), connection.cursor() as cursor:  # what is stored is of today, whatever day is being asked about
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [CERROJO])
        calcular(cursor, tabla, ids, niveles)
        cambios = _guardar(cursor, tabla, ids, niveles)
        if tabla is not UnidadEnUnidad:
            _marcar(cursor, tabla)
            modelo.al_ubicar(ids)
    if len(cambios.objetos) > 100:
        analizar(tabla, modelo)
    return cambios


def _cifras(cambios: Cambios) -> None:
    """Figures are estimated by where units lie: those of the municipalities of units that moved are brought to it."""
    if cambios.hay:
        municipio = Coalesce("municipio_id", "pk")
        unidades = UnidadTerritorial.objects.filter(pk__in=cambios.objetos).order_by()
        cifras.recalcular(list(unidades.values_list(municipio, flat=True).distinct()))


@transaction.atomic
@alcance_total()
def relocalizar(unidades: Iterable[int], *, antes: Retrato | None = None) -> dict[str, Cambios]:
    """Place anew all that a change in the limits, points or parents of `unidades` (ids) may have moved.

    With the portrait taken by `retratar` before the change, only what meets the ground that changed hands, at the levels
    of those limits, and what hangs on units whose standing changed. Without it, whatever meets any limit, past or present,
    of those units, and what is declared in them.
    """
    ids = list(unidades)
    if not ids:
        return {}
    bloquear_limites()
    with al(None):
        cambios = _relocalizar_todo(ids) if antes is None else _relocalizar(ids, antes)
    _cifras(cambios[UnidadTerritorial._meta.label])
    return cambios


def _relocalizar(ids: list[int], antes: Retrato) -> dict[str, Cambios]:
    antes = {pk: antes[pk] for pk in ids if pk in antes}
    alcance = retrato.comparar(antes, retratar(ids))
    resultado = {}
    with connection.cursor() as cursor:
        retrato.trazar_zona(cursor, alcance)
        cuelgan = retrato.dependientes(cursor, alcance)
        de_unidades = _localizar_tocado(UnidadEnUnidad, retrato.unidades_tocadas(cursor, alcance, cuelgan))
        resultado[UnidadTerritorial._meta.label] = de_unidades
        for tabla in tablas()[1:]:
            modelo = objeto_de(tabla)
            # `de_unidades` is what features without a geometry of their own copy.
            tocado = retrato.objetos_tocados(cursor, modelo, cuelgan, de_unidades.objetos)
            resultado[modelo._meta.label] = _localizar_tocado(tabla, tocado)
    return resultado


def _localizar_tocado(tabla: type[Localizacion], tocado: Tocado) -> Cambios:
    cambios = _localizar(tabla, sorted(tocado.en_todos))
    for nivel, ids in tocado.por_nivel.items():
        cambios = cambios.y(_localizar(tabla, sorted(ids), [nivel]))
    return cambios


def _relocalizar_todo(ids: list[int]) -> dict[str, Cambios]:
    solapes.olvidar(ids)
    resultado = {}
    with connection.cursor() as cursor:
        # The planner must know the rows that this very transaction wrote.
        analizar(Limite, UnidadTerritorial)
        tocadas = retrato.dependen_o_tocan(cursor, ids)
        resultado[UnidadTerritorial._meta.label] = _localizar(UnidadEnUnidad, tocadas)
        for tabla in tablas()[1:]:
            modelo = objeto_de(tabla)
            with por_indice(cursor):
                cursor.execute(con_nombres(_OBJETOS_TOCADOS, modelo, limite=LIMITE), {"ids": ids, "tocadas": tocadas})
                objetos = [fila[0] for fila in cursor.fetchall()]
            resultado[modelo._meta.label] = _localizar(tabla, objetos)
    return resultado


def _guardar(cursor, tabla: type[Localizacion], ids: list[int], niveles: list[int] | None) -> Cambios:
    """Bring the stored rows to what `calculada` says, touching only what differs."""
    destino, objeto = tabla._meta.db_table, f"{tabla.OBJETO}_id"
    cursor.execute(
        f"""DELETE FROM {destino} g WHERE g.{objeto} = ANY(%s) AND (%s::bigint[] IS NULL OR g.nivel_id = ANY(%s))
        AND NOT EXISTS (SELECT 1 FROM calculada c WHERE c.id = g.{objeto} AND c.unidad_id = g.unidad_id)
        RETURNING g.{objeto}, g.nivel_id, g.unidad_id""",
        [ids, niveles, niveles],
    )
    quitadas = cursor.fetchall()
    cursor.execute(
        f"""UPDATE {destino} g SET fraccion = c.fraccion, en_disputa = c.en_disputa, nivel_id = c.nivel_id
        FROM calculada c WHERE c.id = g.{objeto} AND c.unidad_id = g.unidad_id
            AND (g.fraccion, g.en_disputa, g.nivel_id) <> (c.fraccion, c.en_disputa, c.nivel_id)
        RETURNING g.{objeto}"""
    )
    cambiadas = [fila[0] for fila in cursor.fetchall()]
    cursor.execute(
        f"""INSERT INTO {destino} ({objeto}, unidad_id, nivel_id, fraccion, en_disputa)
        SELECT c.id, c.unidad_id, c.nivel_id, c.fraccion, c.en_disputa FROM calculada c
        WHERE NOT EXISTS (SELECT 1 FROM {destino} g WHERE g.{objeto} = c.id AND g.unidad_id = c.unidad_id)
        RETURNING {objeto}, nivel_id, unidad_id"""
    )
    nuevas = cursor.fetchall()
    movidas: dict[tuple[int, int], Movida] = defaultdict(Movida)
    for pk, nivel, unidad in nuevas:
        movidas[pk, nivel].entran.add(unidad)
    for pk, nivel, unidad in quitadas:
        movidas[pk, nivel].salen.add(unidad)
    objetos = frozenset(cambiadas).union(pk for pk, _nivel in movidas)
    return Cambios(len(nuevas), len(cambiadas), len(quitadas), objetos, dict(movidas))


def _marcar(cursor, tabla: type[Localizacion]) -> None:
    """Store on each feature how it came to its place (`ubicada_por`)."""
    cursor.execute(
        f"""UPDATE {objeto_de(tabla)._meta.db_table} o SET ubicada_por = m.valor
        FROM marca m WHERE m.id = o.id AND o.ubicada_por <> m.valor"""
    )


_OBJETOS_TOCADOS = """
SELECT o.id FROM {tabla} o JOIN {limite} c ON c.unidad_id = ANY(%(ids)s)
    AND (ST_Intersects(c.geom, o.punto) OR ST_Intersects(c.geom, o.linea) OR ST_Intersects(c.geom, o.poligono))
UNION
SELECT o.id FROM {tabla} o WHERE o.{declarada} = ANY(%(tocadas)s)
"""
