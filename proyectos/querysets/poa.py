"""Questions about the yearly programme: physical against financial execution."""

from django.db import models
from django.db.models import Case, Count, DecimalField, ExpressionWrapper, F, FloatField, Q, Sum, Value, When
from django.db.models.functions import Cast, Coalesce

from territorio.querysets import UnidadQuerySet, municipios_de, pregunta, suma_por_unidad


class POAQuerySet(models.QuerySet):
    def visibles_para(self, usuario) -> "POAQuerySet":
        """Approved programmes, and all of the municipalities where `usuario` is a member."""
        if usuario.is_superuser:
            return self
        visibles = Q(estado__in=["aprobado", "en_ejecucion", "cerrado"])
        if usuario.is_authenticated:
            visibles |= Q(municipio__in=municipios_de(usuario))
        return self.filter(visibles)

    def del_municipio(self, municipio) -> "POAQuerySet":
        return self.filter(municipio=municipio)


class OperacionQuerySet(models.QuerySet):
    def visibles_para(self, usuario) -> "OperacionQuerySet":
        """Operations of the programmes and projects that `usuario` may see."""
        from proyectos.models import POA, Proyecto

        return self.filter(
            poa__in=POA.objects.visibles_para(usuario).order_by(),
            proyecto__in=Proyecto.objects.visibles_para(usuario).order_by(),
        )

    def con_efecto(self) -> "OperacionQuerySet":
        from proyectos.models.proyecto import SIN_EFECTO

        return self.exclude(proyecto__estado__in=SIN_EFECTO)

    def con_financiero(self) -> "OperacionQuerySet":
        """Annotate `financiero` (% accrued of the budget in force) and `eficacia` (% reached of programmed to date)."""
        return self.annotate(
            financiero=_razon(F("devengado"), F("presupuesto_vigente")),
            eficacia=_razon(F("fisico_alcanzado"), F("fisico_programado")),
        )

    def totales(self) -> dict:
        """Money in Bs and progress in %, weighted by the budget in force (None without budget)."""
        dinero = DecimalField(max_digits=20, decimal_places=2)
        peso = F("presupuesto_vigente")
        suma = self.aggregate(
            operaciones=Count("pk"),
            inicial=Coalesce(Sum("presupuesto_inicial"), Value(0), output_field=dinero),
            vigente=Coalesce(Sum("presupuesto_vigente"), Value(0), output_field=dinero),
            devengado=Coalesce(Sum("devengado"), Value(0), output_field=dinero),
            programado=Sum(peso * F("fisico_programado")),
            alcanzado=Sum(peso * F("fisico_alcanzado")),
        )
        vigente = suma["vigente"]
        for avance in ("programado", "alcanzado"):
            suma[avance] = float(suma[avance] / vigente) if vigente else None
        suma["financiero"] = float(100 * suma["devengado"] / vigente) if vigente else None
        return suma


def _razon(parte, todo):
    """100 · parte / todo as a float; None where `todo` is 0."""
    return Case(
        When(
            ~Q(**{todo.name: 0}),
            then=ExpressionWrapper(Cast(parte, FloatField()) * 100.0 / Cast(todo, FloatField()), FloatField()),
        ),
        default=Value(None),
        output_field=FloatField(),
    )


@pregunta
def ejecucion_poa(unidades: UnidadQuerySet, operaciones: OperacionQuerySet) -> UnidadQuerySet:
    """Annotate each unit with the execution of `operaciones` in it, each operation divided by its project's fractions.

    `operaciones_n` (fractions), `vigente` and `devengado` (Bs), `financiero`, `programado` and `alcanzado` (%, the
    physical ones weighted by the budget in force); None where the unit has no budget.
    """
    from proyectos.models import ProyectoUnidad

    filas = ProyectoUnidad.objects.filter(proyecto__operaciones__in=operaciones.order_by())
    operacion = "proyecto__operaciones__"
    vigente = F("fraccion") * Cast(f"{operacion}presupuesto_vigente", FloatField())
    return unidades.annotate(
        operaciones_n=Coalesce(suma_por_unidad(filas, F("fraccion")), 0.0),
        vigente=Coalesce(suma_por_unidad(filas, vigente), 0.0),
        devengado=Coalesce(suma_por_unidad(filas, F("fraccion") * Cast(f"{operacion}devengado", FloatField())), 0.0),
        _programado=suma_por_unidad(filas, vigente * Cast(f"{operacion}fisico_programado", FloatField())),
        _alcanzado=suma_por_unidad(filas, vigente * Cast(f"{operacion}fisico_alcanzado", FloatField())),
    ).annotate(
        financiero=_por_vigente(100.0 * F("devengado")),
        programado=_por_vigente(F("_programado")),
        alcanzado=_por_vigente(F("_alcanzado")),
    )


def _por_vigente(valor):
    return Case(
        When(vigente__gt=0, then=ExpressionWrapper(valor / F("vigente"), FloatField())),
        default=Value(None),
        output_field=FloatField(),
    )
