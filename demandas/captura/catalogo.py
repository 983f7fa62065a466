"""What a phone keeps to register demands of a municipality without network: sectors, units, meetings, findings, outlines."""

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.gis.db.models.functions import Centroid
from django.db import connection
from django.db.models.functions import Coalesce
from django.utils import timezone

from cuentas.permisos import membresias_de
from demandas.models import Evento, Hallazgo
from demandas.permisos import REGISTRAR_DEMANDA
from territorio.fechas import hoy
from territorio.models import Limite, Municipio, Nivel, Poblacion, Sector, UnidadTerritorial

HALLAZGOS = 2000
DIAS_DE_EVENTOS = 400
LETRAS = 160

_TABLAS = {"unidad": UnidadTerritorial._meta.db_table, "limite": Limite._meta.db_table, "nivel": Nivel._meta.db_table}
# One scan of the municipality's limits; a vertex may move by 1/800 of the municipality's side, or by 1/15 of the polygon's
# own where that is less. Four decimals are about ten metres: lines to find one's way by.
SQL_CONTORNOS = """
    WITH limites AS (
        SELECT u.id, u.nombre, n.codigo AS nivel, n.orden, l.geom
        FROM {unidad} u
        JOIN {nivel} n ON n.id = u.nivel_id
        JOIN {limite} l ON l.unidad_id = u.id AND l.sustituido IS NULL AND l.vigencia @> %(dia)s::date
        WHERE (u.municipio_id = %(municipio)s OR u.id = %(municipio)s) AND u.vigencia @> %(dia)s::date
    ), medida AS (
        SELECT greatest(ST_XMax(caja) - ST_XMin(caja), ST_YMax(caja) - ST_YMin(caja)) / 800 AS tolerancia
        FROM (SELECT ST_Extent(geom) AS caja FROM limites) AS todo
    )
    SELECT nombre, nivel,
           ST_AsGeoJSON(ST_SimplifyPreserveTopology(geom, least(tolerancia, sqrt(ST_Area(geom)) / 15)), 4)
    FROM limites, medida
    ORDER BY orden, id
    LIMIT 1500
""".format(**_TABLAS)  # noqa: S608  (names of our own tables)


def municipios_donde_registra(usuario) -> list[UnidadTerritorial]:
    """Where some role of `usuario`, wide or limited, registers demands; all of them for a superuser."""
    if usuario.is_superuser:
        return list(Municipio.objects.filter(unidades_del_municipio__isnull=False).distinct().order_by("nombre"))
    suyos = {m for m, rol in membresias_de(usuario) if rol in REGISTRAR_DEMANDA.roles}
    return list(Municipio.objects.filter(pk__in=suyos).order_by("nombre"))


def unidades_de(municipio: UnidadTerritorial):
    """Who may ask: the units that exist, the smallest first, then what holds them."""
    return (
        UnidadTerritorial.objects.filter(municipio=municipio)
        .vigentes()
        .select_related("nivel", "padre")
        .order_by("-nivel__es_base", "-nivel__orden", "nombre")
    )


def eventos_de(municipio: UnidadTerritorial, usuario):
    """Meetings of these months, for what was asked in them."""
    desde = hoy() - timedelta(days=DIAS_DE_EVENTOS)
    suyos = Evento.objects.visibles_para(usuario).filter(municipio=municipio, fecha__gte=desde, fecha__lte=hoy())
    return suyos.exclude(estado="suspendido").select_related("unidad").order_by("-fecha", "-pk")


def hallazgos_de(municipio: UnidadTerritorial, usuario):
    """What communities found, the newest first."""
    return Hallazgo.objects.visibles_para(usuario).filter(municipio=municipio).order_by("-pk")


def catalogo(municipio: UnidadTerritorial, usuario) -> dict[str, Any]:
    """Rows as short lists, since they travel over slow lines: their order is what `catalogo.js` reads."""
    censo = Poblacion.objects.ultimo_censo(municipio)
    centro = Coalesce("punto", Centroid("geometria"))
    unidades = unidades_de(municipio).con_limite().con_habitantes(censo).annotate(centro=centro)
    return {
        "municipio": {"codigo": municipio.codigo, "nombre": municipio.nombre},
        "hecho": timezone.now().isoformat(timespec="seconds"),
        "censo": censo,
        "caja": settings.MINKA_CAJA,
        "sectores": list(Sector.objects.vigentes(hoy()).values_list("codigo", "nombre")),
        "unidades": [
            [u.pk, u.nombre, u.nivel.nombre, u.padre.nombre if u.padre_id != municipio.pk and u.padre else "",
             round(u.centro.x, 5) if u.centro else None, round(u.centro.y, 5) if u.centro else None, u.habitantes]
            for u in unidades
        ],
        "eventos": [[e.pk, str(e), e.fecha.isoformat(), e.unidad_id] for e in eventos_de(municipio, usuario)[:300]],
        "hallazgos": [
            [h.pk, h.unidad_id, h.get_tipo_display(), h.texto[:LETRAS]]
            for h in hallazgos_de(municipio, usuario)[:HALLAZGOS]
        ],
    }  # fmt: skip


def contornos(municipio: UnidadTerritorial) -> list[dict[str, Any]]:
    """Light outlines of the municipality and its units, from the largest to the smallest: `[{nombre, nivel, geom}]`."""
    with connection.cursor() as cursor:
        cursor.execute(SQL_CONTORNOS, {"municipio": municipio.pk, "dia": hoy()})
        filas = cursor.fetchall()
    return [{"nombre": nombre, "nivel": nivel, "geom": json.loads(geom)} for nombre, nivel, geom in filas if geom]
