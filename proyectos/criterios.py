"""What projects and plans add to the criteria by which demands are put in order. Only what is published counts."""

from collections import defaultdict

from django.db.models import QuerySet

from demandas.criterios import Contexto, Valores, lugares, registrar
from demandas.models import Demanda
from proyectos.models import PDM, Proyecto, ProyectoUnidad, Respuesta
from proyectos.models.proyecto import SIN_EFECTO
from proyectos.querysets.embudo import PASO
from territorio.models import UbicadaPor

NO_LO_TRATA, LO_TRATA, LE_RESPONDE = 0.0, 1.0, 2.0


def paso(demandas: QuerySet[Demanda], contexto: Contexto) -> Valores:
    """The step of the funnel that the people of each demand have reached in its sector; the lower, the less they have.

    The same rule as `UnidadTerritorial.objects.embudo`, for all sectors at once.
    """
    pasos = _paso_por_lugar(contexto)
    minimo = PASO["demanda_sin_pdm"]
    sectores = dict(demandas.exclude(sector=None).values_list("pk", "sector__codigo"))
    donde = lugares(demandas)
    return {
        pk: float(min(max(minimo, pasos.get((unidad, sector), 0)) for unidad in donde[pk]))
        for pk, sector in sectores.items()
        if donde.get(pk)
    }


def _paso_por_lugar(contexto: Contexto) -> dict[tuple[int, str], int]:
    """(unit, code of sector) → the furthest step that a project of that sector brought there."""
    con_efecto = Proyecto.objects.filter(publicado=True).del_municipio(contexto.municipio).con_efecto().order_by()
    proyectos = con_efecto.exclude(sector=None).con_paso()
    suyos = {pk: (sector, paso) for pk, sector, paso in proyectos.values_list("pk", "sector__codigo", "paso")}
    propias = ProyectoUnidad.objects.filter(proyecto__in=suyos, proyecto__ubicada_por=UbicadaPor.PROPIA)
    situados = propias.values_list("unidad", "proyecto")
    benefician = Proyecto.beneficiarias.through.objects.filter(proyecto__in=suyos)
    declarados = con_efecto.exclude(unidad=None).values_list("unidad", "pk")
    pasos: dict[tuple[int, str], int] = defaultdict(int)
    for filas in (situados, benefician.values_list("unidadterritorial", "proyecto"), declarados):
        for unidad, proyecto in filas:
            if proyecto in suyos:
                sector, paso = suyos[proyecto]
                pasos[unidad, sector] = max(pasos[unidad, sector], paso)
    return pasos


def ajuste_pdm(demandas: QuerySet[Demanda], contexto: Contexto) -> Valores:
    """Whether the published plan answers the demand, deals with its sector, or does not. Unknown without a plan."""
    pdm = PDM.objects.filter(municipio=contexto.municipio, estado="publicado").order_by("-desde").first()
    if pdm is None:
        return {}
    del_plan = Proyecto.objects.filter(pdm=pdm, publicado=True).exclude(estado__in=SIN_EFECTO)
    sectores = set(del_plan.exclude(sector=None).values_list("sector__codigo", flat=True))
    con_respuesta = Respuesta.objects.filter(demanda__in=demandas, proyecto__in=del_plan.order_by())
    respondidas = set(con_respuesta.values_list("demanda", flat=True))
    return {
        pk: LE_RESPONDE if pk in respondidas else LO_TRATA if sector in sectores else NO_LO_TRATA
        for pk, sector in demandas.values_list("pk", "sector__codigo")
        if sector is not None or pk in respondidas
    }


registrar("paso", paso)
registrar("ajuste_pdm", ajuste_pdm)
