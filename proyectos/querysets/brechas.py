"""What each group ranked first, and how much of it reached the plan and the budget."""

from django.db.models import Case, Exists, F, FloatField, OuterRef, Value, When
from django.db.models.functions import Coalesce

from proyectos.querysets.pdm import cubiertas
from territorio.querysets import UnidadQuerySet, pregunta

PRIMERO = 1


def puestas_primero(demandas, grupo: str):
    """The demands that `grupo` ranked first in its unit; `comunidad` is the agreed order."""
    from demandas.models import Rango

    return demandas.filter(Exists(Rango.objects.filter(demanda=OuterRef("pk"), grupo=grupo, puesto=PRIMERO)))


def presupuestadas(demandas, *, proyectos, poas, gestion: int | None = None):
    """The demands to which a project with an operation in some programme of `poas` (of a year, if told) responds."""
    from proyectos.models import Operacion

    operaciones = Operacion.objects.filter(
        poa__in=poas.order_by(),
        proyecto__in=proyectos.con_efecto().order_by(),
        proyecto__respuestas__demanda=OuterRef("pk"),
    )
    if gestion is not None:
        operaciones = operaciones.filter(poa__gestion=gestion)
    return demandas.filter(Exists(operaciones))


@pregunta
def brechas(
    unidades: UnidadQuerySet,
    demandas,
    *,
    grupo: str,
    pdm,
    proyectos,
    poas,
    gestion: int | None = None,
    prefijo: str = "",
) -> UnidadQuerySet:
    """Annotate each unit with what `grupo` ranked first in it, and the share of it that reached the plan and the budget.

    `primeras`, `en_pdm`, `en_poa` (fractions of demands), `cuota_pdm`, `cuota_poa` (0–100, None where it ranked none);
    `prefijo` comes before each name, so that two groups stand side by side.
    """
    primeras = puestas_primero(demandas, grupo)
    en_plan = cubiertas(primeras, pdm, proyectos)
    en_presupuesto = presupuestadas(primeras, proyectos=proyectos, poas=poas, gestion=gestion)
    cuentas = {
        nombre: Coalesce(filas.localizaciones().sumadas(), 0.0)
        for nombre, filas in (("primeras", primeras), ("en_pdm", en_plan), ("en_poa", en_presupuesto))
    }
    return unidades.annotate(**{f"{prefijo}{nombre}": suma for nombre, suma in cuentas.items()}).annotate(
        **{f"{prefijo}cuota_{cual}": _cuota(f"{prefijo}en_{cual}", f"{prefijo}primeras") for cual in ("pdm", "poa")}
    )


def _cuota(parte: str, todo: str) -> Case:
    return Case(
        When(**{f"{todo}__gt": 0}, then=100.0 * F(parte) / F(todo)), default=Value(None), output_field=FloatField()
    )
