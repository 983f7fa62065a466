"""Questions about the five-year plan, and its coverage of what was asked."""

from django.db import models
from django.db.models import Case, DecimalField, Exists, F, FloatField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce

from territorio.querysets import UnidadQuerySet, municipios_de, pregunta, suma_por_unidad

DINERO = DecimalField(max_digits=20, decimal_places=2)


class PDMQuerySet(models.QuerySet):
    def visibles_para(self, usuario) -> "PDMQuerySet":
        """Published plans, and all plans of the municipalities where `usuario` is a member."""
        if usuario.is_superuser:
            return self
        visibles = Q(estado="publicado")
        if usuario.is_authenticated:
            visibles |= Q(municipio__in=municipios_de(usuario))
        return self.filter(visibles)

    def del_municipio(self, municipio) -> "PDMQuerySet":
        return self.filter(municipio=municipio)


def cubiertas(demandas, pdm, proyectos=None):
    """The demands that some project of `pdm` answers; `proyectos` narrows which (for example to what is published)."""
    if pdm is None:
        return demandas.none()
    from proyectos.models import Respuesta
    from proyectos.models.proyecto import SIN_EFECTO

    respuesta = Respuesta.objects.filter(demanda=OuterRef("pk"), proyecto__pdm=pdm).exclude(
        proyecto__estado__in=SIN_EFECTO
    )
    if proyectos is not None:
        respuesta = respuesta.filter(proyecto__in=proyectos.order_by())
    return demandas.filter(Exists(respuesta))


@pregunta
def cobertura_pdm(
    unidades: UnidadQuerySet,
    demandas,
    pdm,
    *,
    censo: int | None = None,
    proyectos=None,
    en_plan: list[int] | None = None,
) -> UnidadQuerySet:
    """Annotate each unit with what `pdm` answers in it.

    `demandas`, `demandas_cubiertas` (fractions), `cobertura` (0–100, None without demand), and of the base units that
    lie in it: `habitantes_base` and `habitantes_cubiertos` (persons of `censo` in base units that a project of
    the plan serves; `en_plan` are their ids where the caller has them already), and `habitantes_estimados`, how many of
    `habitantes_base` were not counted in their very unit.
    """
    from territorio.models import UnidadEnUnidad, UnidadTerritorial

    filas, respondidas = demandas.localizaciones(), cubiertas(demandas, pdm, proyectos).localizaciones()
    if en_plan is None:
        propios = unidades.order_by()
        base = UnidadTerritorial.objects.base().filter(
            Q(municipio__in=propios.values("municipio")) | Q(municipio__in=propios.values("pk"))
        )
        en_plan = en_el_plan(base, demandas, pdm, proyectos)
    partes = UnidadEnUnidad.objects.filter(parte__nivel__es_base=True).annotate(
        personas=_habitantes_de_la_parte(censo),
    )
    estimadas = partes.annotate(estimados=_habitantes_de_la_parte(censo, solo_estimados=True))
    personas = F("fraccion") * F("personas")
    return unidades.annotate(
        demandas=Coalesce(filas.sumadas(), 0.0),
        demandas_cubiertas=Coalesce(respondidas.sumadas(), 0.0),
        habitantes_base=suma_por_unidad(partes, personas),
        habitantes_cubiertos=Coalesce(suma_por_unidad(partes.filter(parte__in=en_plan), personas), 0.0),
        habitantes_estimados=Coalesce(suma_por_unidad(estimadas, F("fraccion") * F("estimados")), 0.0),
    ).annotate(
        cobertura=Case(
            When(demandas__gt=0, then=100.0 * F("demandas_cubiertas") / F("demandas")),
            default=Value(None),
            output_field=FloatField(),
        )
    )


@pregunta
def plan_por_unidad(unidades: UnidadQuerySet, proyectos) -> UnidadQuerySet:
    """Annotate each unit with `proyectos_n` (fractions) and `costo` (Bs): what of these projects lies in it."""
    filas = proyectos.localizaciones()
    costo = F("fraccion") * Cast(Coalesce(F("proyecto__costo_total"), Value(0), output_field=DINERO), FloatField())
    return unidades.annotate(
        proyectos_n=Coalesce(suma_por_unidad(filas, F("fraccion")), 0.0),
        costo=Coalesce(suma_por_unidad(filas, costo), 0.0),
    )


def en_el_plan(base: UnidadQuerySet, demandas, pdm, proyectos=None) -> list[int]:
    """Ids of the base units that a project of the plan serves, however far it has come. Asks the database at once."""
    from proyectos.models import Proyecto
    from proyectos.querysets.embudo import PASO

    if pdm is None:
        return []
    del_plan = (Proyecto.objects.all() if proyectos is None else proyectos).filter(pdm=pdm)
    en_embudo = base.embudo(demandas=demandas, pdm=pdm, proyectos=del_plan)
    return [pk for pk, paso in en_embudo.values_list("pk", "paso") if paso >= PASO["en_pdm_sin_poa"]]


def _habitantes_de_la_parte(censo: int | None, *, solo_estimados: bool = False) -> Subquery:
    from territorio.models import Cifra, Metodo

    cifra = Cifra.objects.habitantes(censo).filter(unidad=OuterRef("parte"))
    if solo_estimados:
        cifra = cifra.exclude(metodo=Metodo.CENSO)
    return Subquery(cifra.values("valor")[:1])
