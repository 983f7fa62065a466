"""Located features drawn over the units: one light record each, with its place as GeoJSON."""

import json
from typing import Any

from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import Func, OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from demandas.models import EstadoDemanda
from proyectos.models import EstadoProyecto
from territorio.models import Limite
from territorio.models.equipamiento import EstadoEquipamiento

# A page draws no more than this; the table, the exports and the tiles have them all.
MAXIMO = 3000


class _EnSuperficie(Func):
    """A point that surely lies in the polygon (a centroid may not)."""

    function = "ST_PointOnSurface"
    output_field = models.PointField(srid=4326)


class _Simplificada(Func):
    """A line or polygon for the screen: simplified by about 5 m, never vanishing."""

    template = "ST_SimplifyPreserveTopology(%(expressions)s, 0.00005)"
    output_field = models.GeometryField(srid=4326)


def rasgos_de_demandas(demandas) -> list[dict[str, Any]]:
    """Demands with a place, at their own geometry or, hollow, on their unit."""
    estados = {valor: str(etiqueta) for valor, etiqueta in EstadoDemanda.choices}
    return [
        _rasgo(d, "demanda", d.titulo, estados[d.estado], reverse("paginas:demanda", args=[d.pk]))
        for d in _con_lugar(demandas, "proponente")
        if d.lugar
    ]


def rasgos_de_proyectos(proyectos, *, operaciones=None) -> list[dict[str, Any]]:
    """Projects with a place; with `operaciones`, also their physical and financial progress (%)."""
    rasgos = []
    estados = {valor: str(etiqueta) for valor, etiqueta in EstadoProyecto.choices}
    consulta = _con_lugar(proyectos, "unidad")
    if operaciones is not None:
        consulta = consulta.prefetch_related(Prefetch("operaciones", operaciones.con_financiero(), to_attr="del_anio"))
    for p in consulta:
        if not p.lugar:
            continue
        rasgo = _rasgo(p, "proyecto", p.nombre, estados[p.estado], reverse("paginas:proyecto", args=[p.pk]))
        if operaciones is not None and p.del_anio:
            operacion = p.del_anio[0]
            rasgo |= {
                "alcanzado": float(operacion.fisico_alcanzado),
                "programado": float(operacion.fisico_programado),
                "financiero": operacion.financiero,
                "vigente": float(operacion.presupuesto_vigente),
            }
        rasgos.append(rasgo)
    return rasgos


def rasgos_de_equipamientos(equipamientos) -> list[dict[str, Any]]:
    """Services with a place, whatever their state: their sign tells it."""
    estados = {valor: str(etiqueta) for valor, etiqueta in EstadoEquipamiento.choices}
    return [
        _rasgo(
            e, "equipamiento", f"{e.nombre} ({e.tipo})", estados[e.estado], reverse("paginas:equipamiento", args=[e.pk])
        )
        for e in _con_lugar(equipamientos, "unidad")
        if e.lugar
    ]


def _con_lugar(queryset, campo_unidad: str):
    limite = Limite.objects.en_vigor().filter(unidad=OuterRef(f"{campo_unidad}_id"))
    de_la_unidad = Subquery(
        limite.annotate(p=_EnSuperficie("geom")).values("p")[:1], output_field=models.PointField(srid=4326)
    )
    geometria = models.GeometryField(srid=4326)
    lugar = Coalesce(
        "punto",
        _Simplificada("linea"),
        _Simplificada("poligono"),
        f"{campo_unidad}__punto",
        de_la_unidad,
        output_field=geometria,
    )
    return (
        queryset.exclude(ubicada_por="sin_ubicar")
        .annotate(lugar=AsGeoJSON(lugar, precision=5))
        .order_by("codigo")[:MAXIMO]
    )


def _rasgo(objeto, tipo: str, nombre: str, estado: str, url: str) -> dict[str, Any]:
    return {
        "id": objeto.pk,
        "tipo": tipo,
        "nombre": nombre,
        "estado": objeto.estado,
        "estado_texto": estado,
        "url": url,
        "propia": objeto.ubicada_por == "propia",
        "geom": json.loads(objeto.lugar),
    }
