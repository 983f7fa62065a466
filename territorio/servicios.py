"""Questions about services: the nearest one that works, and how many people have one within a distance."""

from django.contrib.gis.db import models
from django.db.models import F, Func, JSONField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from territorio.models import EN_FUNCIONAMIENTO, Equipamiento, Limite, Sector
from territorio.querysets import UnidadQuerySet, pregunta


@pregunta
def con_servicio_cercano(unidades: UnidadQuerySet, *, sector: str | None = None, tipo: str = "") -> UnidadQuerySet:
    """Annotate `servicio_cercano`: the nearest working service, {id, nombre, tipo, metros}; None where none is known.

    `sector` is a programme code, `tipo` a kind of service. Metres are geodesic and in a straight line, from the unit's
    point, else from a point inside its limit; services of other municipalities count, and so does one in the unit itself,
    at its distance. None as well for a unit without place.
    """
    sectores = Equipamiento.objects.en_funcionamiento().filter(sitio__isnull=False)
    if sector:
        sectores = sectores.filter(sector__in=Sector.objects.filter(codigo=sector))
    if tipo:
        sectores = sectores.de_tipo(tipo)
    ids = sorted(sectores.order_by().values_list("sector", flat=True).distinct())
    if not ids:
        return unidades.annotate(servicio_cercano=Value(None, output_field=JSONField()))
    return unidades.annotate(servicio_cercano=_MasCercano(desde_donde(), ids=ids, tipo=tipo))


def desde_donde() -> Coalesce:
    """Where people of a unit set out from: its point, else a point inside its limit in force (EPSG:4326)."""
    punto = models.PointField(srid=4326)
    limite = Limite.objects.en_vigor().filter(unidad=OuterRef("pk"))
    dentro = limite.annotate(p=Func(F("geom"), function="ST_PointOnSurface", output_field=punto)).values("p")[:1]
    return Coalesce(F("punto"), Subquery(dentro, output_field=punto), output_field=punto)


class _MasCercano(Func):
    """The nearest by the index `equipamiento_cercano`, asked sector by sector.

    `<->` measures on the sphere, which may change the order of two that are within half a percent: the first three by the
    index are measured on the ellipsoid.
    """

    output_field = JSONField()
    template = f"""(
        SELECT jsonb_build_object('id', c.id, 'nombre', c.nombre, 'tipo', c.tipo, 'metros', c.metros)
        FROM (SELECT (%(expressions)s)::geography AS aqui OFFSET 0) l
        CROSS JOIN unnest(ARRAY[%(ids)s]::bigint[]) s(id)
        CROSS JOIN LATERAL (
            SELECT k.id, k.nombre, k.tipo, ST_Distance(k.sitio, l.aqui) AS metros FROM (
                SELECT e.id, e.nombre, e.tipo, e.sitio FROM {Equipamiento._meta.db_table} e
                WHERE e.sector_id = s.id AND e.estado IN ({", ".join(f"'{e}'" for e in EN_FUNCIONAMIENTO)})
                    AND e.sitio IS NOT NULL %(del_tipo)s
                ORDER BY e.sitio <-> l.aqui LIMIT 3
            ) k
        ) c
        WHERE l.aqui IS NOT NULL ORDER BY c.metros, c.id LIMIT 1)"""  # noqa: S608  (names of our own tables)

    def __init__(self, lugar, *, ids: list[int], tipo: str) -> None:
        super().__init__(lugar)
        self.ids, self.tipo = ids, tipo

    def as_sql(self, compiler, connection, **_extra):
        sql, parametros = super().as_sql(
            compiler,
            connection,
            ids=", ".join(map(str, self.ids)),
            del_tipo="AND e.tipo = %s" if self.tipo else "",
        )
        return sql, [*parametros, self.tipo] if self.tipo else parametros
