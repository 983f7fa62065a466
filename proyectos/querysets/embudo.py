"""Served or not: each community or OTB stands at exactly one step of the funnel."""

from django.contrib.gis.db import models
from django.db.models import Case, Exists, F, Func, IntegerField, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest

from territorio.querysets import UnidadQuerySet, pregunta

PASOS = ("sin_demanda", "demanda_sin_pdm", "en_pdm_sin_poa", "en_poa_sin_ejecutar", "en_ejecucion", "atendida")
PASO = {nombre: numero for numero, nombre in enumerate(PASOS)}


@pregunta
def embudo(
    unidades: UnidadQuerySet,
    *,
    sector: str | None = None,
    pdm=None,
    gestion: int | None = None,
    metros: float = 0,
    demandas=None,
    proyectos=None,
) -> UnidadQuerySet:
    """Annotate each unit with `paso` (0–5, see `PASOS`), the furthest step it has reached.

    A project serves a unit if the unit is declared its beneficiary or its place, if the project's own geometry lies in
    it (one that is only known to be "in the district" is in no community in particular), or, with `metros` > 0, within
    that distance (m) of its limit or point. `demandas` and `proyectos` narrow what counts (for
    example to what is published); `sector` is a programme code; `gestion` leaves out operations of later years.
    """
    from demandas.models import Demanda, DemandaUnidad
    from proyectos.models import Proyecto, ProyectoUnidad
    from proyectos.querysets.proyecto import paso_del_proyecto
    from territorio.models import UbicadaPor

    demandas = (Demanda.objects.all() if demandas is None else demandas).vigentes().order_by()
    proyectos = (Proyecto.objects.all() if proyectos is None else proyectos).con_efecto().order_by()
    if sector:
        demandas, proyectos = demandas.de_sector(sector), proyectos.de_sector(sector)

    def el_mejor(filas: models.QuerySet, prefijo: str = "") -> Coalesce:
        paso = paso_del_proyecto(prefijo, pdm=pdm, gestion=gestion)
        mejor = filas.annotate(paso=paso).order_by("-paso").values("paso")[:1]
        return Coalesce(Subquery(mejor, output_field=IntegerField()), 0)

    unidad = OuterRef("pk")
    beneficia = Proyecto.beneficiarias.through.objects.filter(unidadterritorial=unidad)
    situadas = ProyectoUnidad.objects.filter(unidad=unidad, proyecto__ubicada_por=UbicadaPor.PROPIA)
    caminos = [
        el_mejor(situadas.filter(proyecto__in=proyectos), "proyecto__"),
        el_mejor(beneficia.filter(proyecto__in=proyectos), "proyecto__"),
        el_mejor(proyectos.filter(unidad=unidad)),
    ]
    if metros > 0:
        unidades = unidades.annotate(_lugar=lugar_de_la_unidad())
        caminos.append(el_mejor(proyectos.filter(pk__in=_a_menos_de(metros))))
    propias = demandas.filter(ubicada_por=UbicadaPor.PROPIA)
    pide = Exists(DemandaUnidad.objects.filter(unidad=unidad, demanda__in=propias)) | Exists(
        demandas.filter(proponente=unidad)
    )
    pedida = Case(
        When(pide, then=Value(PASO["demanda_sin_pdm"])), default=Value(PASO["sin_demanda"]), output_field=IntegerField()
    )
    return unidades.annotate(paso=Greatest(*caminos, pedida))


def lugar_de_la_unidad() -> Coalesce:
    """A unit's limit in force, else its point (EPSG:4326)."""
    from territorio.models import Limite

    limite = Limite.objects.en_vigor().filter(unidad=OuterRef("pk")).values("geom")[:1]
    return Coalesce(
        Subquery(limite, output_field=models.GeometryField(srid=4326)),
        F("punto"),
        output_field=models.GeometryField(srid=4326),
    )


class _EnRadio(Func):
    """`ST_DWithin` on geography, so that metres are metres and the index on the project's geography serves."""

    output_field = models.BooleanField()
    template = (
        "ST_DWithin((%(expressions)s)::geography, "
        "COALESCE(punto::geometry, linea::geometry, poligono::geometry)::geography, %(metros)s)"
    )


def _a_menos_de(metros: float):
    from proyectos.models import Proyecto

    return Proyecto.objects.filter(_EnRadio(OuterRef(OuterRef("_lugar")), metros=float(metros))).values("pk")
