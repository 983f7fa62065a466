"""Disputes: ground that two units of one level claim, how large it is, and what lies in it."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.contrib.gis.db import models
from django.db import connection
from django.db.models import Count, F, Func, Q, QuerySet, Sum
from django.urls import reverse

from demandas.models import Demanda
from mapas.filtros import Vista
from proyectos.models import Proyecto
from territorio.fechas import hoy
from territorio.models import Cifra, Equipamiento, Solape, UnidadTerritorial

# Below a square metre two borders were drawn twice, not disputed.
M2_MENOR = 1.0


class MetrosCuadrados(Func):
    """Area in m² of a small polygon in degrees, by the radii of the ellipsoid at its centre: good to 1e-5 for 10 km.

    PostGIS gives slivers a negative area on the ellipsoid and stops.
    """

    output_field = models.FloatField()
    # On WGS 84 the product of both radii of curvature is a²(1 − e²) / (1 − e² sin²φ)².
    E2 = 0.00669437999014
    A2 = 6_378_137**2 * (1 - E2)
    _LATITUD = "radians(ST_Y(ST_Centroid(%(expressions)s)))"
    template = (
        f"(ST_Area(%(expressions)s) * power(pi() / 180, 2) * cos({_LATITUD})"
        f" * {A2} / power(1 - {E2} * power(sin({_LATITUD}), 2), 2))"
    )


@dataclass
class Contenido:
    """What lies in a disputed piece: features with a place of their own and communities known by a point."""

    demandas: list[dict[str, Any]] = field(default_factory=list)
    proyectos: list[dict[str, Any]] = field(default_factory=list)
    equipamientos: list[dict[str, Any]] = field(default_factory=list)
    unidades: list[dict[str, Any]] = field(default_factory=list)
    habitantes: int | None = None

    @property
    def hay(self) -> bool:
        return bool(self.demandas or self.proyectos or self.equipamientos or self.unidades)


def disputas(vista: Vista) -> QuerySet:
    """The overlaps in force at the view's level in which a unit of its municipality has a part, the largest first.

    Each pair once, annotated `m2`; the unit of the municipality (of both, the first by code) stands on the side `una`.
    """
    dia = hoy()

    def propia(lado: str) -> Q:
        return Q(**{f"{lado}__unidad__municipio": vista.municipio}) | Q(**{f"{lado}__unidad": vista.municipio})

    vivas = Q()
    for lado in ("una", "otra"):
        vivas &= Q(
            **{
                f"{lado}__sustituido": None,
                f"{lado}__vigencia__contains": dia,
                f"{lado}__unidad__vigencia__contains": dia,
            }
        )
    de_dentro = propia("una") & (~propia("otra") | Q(una__unidad__codigo__lt=F("otra__unidad__codigo")))
    return (
        Solape.objects.filter(vivas, de_dentro, una__unidad__nivel=vista.nivel)
        .annotate(m2=MetrosCuadrados("geom"))
        .order_by("-m2", "pk")
    )


def resumen(todas: QuerySet) -> dict[str, Any]:
    """How many disputes there are, how many are smaller than a square metre, and the ground they take (m²)."""
    return todas.order_by().aggregate(
        cuantas=Count("pk", filter=Q(m2__gte=M2_MENOR)),
        menores=Count("pk", filter=Q(m2__lt=M2_MENOR)),
        terreno=Sum("m2"),
    )


def contenidos(solapes: list[Solape], vista: Vista) -> dict[int, Contenido]:
    """What lies in each of these overlaps, by its id, of what the reader may see."""
    dentro: dict[int, Contenido] = defaultdict(Contenido)
    ids = [solape.pk for solape in solapes]
    if not ids:
        return dentro
    municipio = vista.municipio
    capas = {
        "demandas": (Demanda.objects.visibles_para(vista.usuario).propias().filter(municipio=municipio), "titulo"),
        "proyectos": (Proyecto.objects.visibles_para(vista.usuario).filter(municipio=municipio), "nombre"),
        "equipamientos": (Equipamiento.objects.filter(municipio=municipio), "nombre"),
        "unidades": (UnidadTerritorial.objects.base().filter(municipio=municipio, punto__isnull=False), "nombre"),
    }
    paginas = {"demandas": "paginas:demanda", "proyectos": "paginas:proyecto", "unidades": "paginas:unidad"}
    for clave, (objetos, nombre) in capas.items():
        pares = _que_tocan(objetos, ids, con_linea=clave != "unidades")
        nombres = dict(objetos.filter(pk__in={pk for _s, pk in pares}).values_list("pk", nombre))
        for solape, pk in pares:
            if pk in nombres:
                url = reverse(paginas[clave], args=[pk]) if clave in paginas else ""
                getattr(dentro[solape], clave).append({"id": pk, "nombre": nombres[pk], "url": url})
    _habitantes(dentro, vista.censo)
    return dentro


_QUE_TOCAN = """
SELECT s.id, o.id FROM {solape} s JOIN {tabla} o ON {toca}
WHERE s.id = ANY(%s) AND o.municipio_id = %s ORDER BY s.id, o.id
"""


def _que_tocan(objetos: QuerySet, ids: list[int], *, con_linea: bool) -> list[tuple[int, int]]:
    """Pairs of overlap and feature whose own geometry meets it. The overlaps are few and small: one index look-up each."""
    columnas = ("punto", "linea", "poligono") if con_linea else ("punto",)
    sql = _QUE_TOCAN.format(
        solape=Solape._meta.db_table,
        tabla=objetos.model._meta.db_table,
        toca=" OR ".join(f"ST_Intersects(s.geom, o.{columna})" for columna in columnas),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [ids, _municipio_de(objetos)])
        return cursor.fetchall()


def _municipio_de(objetos: QuerySet) -> int | None:
    return objetos.order_by().values_list("municipio", flat=True).first()


def _habitantes(dentro: dict[int, Contenido], censo: int | None) -> None:
    """Persons of the communities whose point lies in each piece, where a figure is known."""
    ids = {unidad["id"] for contenido in dentro.values() for unidad in contenido.unidades}
    personas = dict(Cifra.objects.habitantes(censo).filter(unidad__in=ids).values_list("unidad", "valor"))
    for contenido in dentro.values():
        cifras = [personas[u["id"]] for u in contenido.unidades if u["id"] in personas]
        contenido.habitantes = round(sum(cifras)) if cifras else None
