"""What plans, programmes and works mean for the demands that they answer."""

from django.db import transaction

from demandas.models import Demanda, EstadoDemanda
from demandas.services.flujo import avanzar
from proyectos.models import PDM, POA, EstadoPlan, EstadoPOA, EstadoProyecto, Operacion, Proyecto
from proyectos.querysets.proyecto import ProyectoQuerySet

PLAN_EN_FIRME = (EstadoPlan.APROBADO, EstadoPlan.PUBLICADO)
POA_EN_FIRME = (EstadoPOA.APROBADO, EstadoPOA.EN_EJECUCION, EstadoPOA.CERRADO)


@transaction.atomic
def poner_al_dia(*, por, proyectos: ProyectoQuerySet) -> int:
    """Bring the demands that `proyectos` answer to where approved plans, programmes and finished works put them."""
    con_efecto = proyectos.con_efecto().order_by()
    movidas = 0
    for plan in PDM.objects.filter(proyectos__in=con_efecto.values("pk"), estado__in=PLAN_EN_FIRME).distinct():
        movidas += avanzar(
            por=por,
            demandas=_respondidas(con_efecto.filter(pdm=plan)),
            hacia=EstadoDemanda.INCORPORADA_PDM,
            referencia=str(plan),
        )
    for poa in POA.objects.filter(
        operaciones__proyecto__in=con_efecto.values("pk"), estado__in=POA_EN_FIRME
    ).distinct():
        programados = con_efecto.filter(pk__in=Operacion.objects.filter(poa=poa).values("proyecto"))
        movidas += avanzar(
            por=por, demandas=_respondidas(programados), hacia=EstadoDemanda.PROGRAMADA, referencia=str(poa)
        )
    for proyecto in con_efecto.filter(estado=EstadoProyecto.CONCLUIDO, demandas__isnull=False).distinct():
        movidas += avanzar(
            por=por,
            demandas=Demanda.objects.filter(respuestas__proyecto=proyecto),
            hacia=EstadoDemanda.EJECUTADA,
            referencia=str(proyecto),
        )
    return movidas


def _respondidas(proyectos: ProyectoQuerySet):
    return Demanda.objects.filter(respuestas__proyecto__in=proyectos.order_by().values("pk")).distinct()


def proyectos_de(documento: PDM | POA) -> ProyectoQuerySet:
    """The projects of a plan, or those with an operation in a programme."""
    if isinstance(documento, PDM):
        return Proyecto.objects.filter(pdm=documento)
    return Proyecto.objects.filter(pk__in=Operacion.objects.filter(poa=documento).values("proyecto"))
