"""Questions about projects."""

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Subquery, Value, When

from territorio.querysets import LocalizableQuerySet


class ProyectoQuerySet(LocalizableQuerySet):
    def visibles_para(self, usuario) -> "ProyectoQuerySet":
        """What is published, and what the roles of `usuario` reach."""
        if usuario.is_superuser:
            return self
        visibles = Q(publicado=True)
        if usuario.is_authenticated:
            visibles |= self.del_alcance_de(usuario)
        return self.filter(visibles)

    def con_pdm_visible(self, usuario) -> "ProyectoQuerySet":
        """Annotate `pdm_visible`: the name of the project's plan, None where `usuario` may not see it."""
        from proyectos.models import PDM

        visible = PDM.objects.visibles_para(usuario).filter(pk=OuterRef("pdm")).order_by()
        return self.annotate(pdm_visible=Subquery(visible.values("nombre")[:1]))

    def con_efecto(self) -> "ProyectoQuerySet":
        """Projects that were not voided, cancelled or left without bidders."""
        from proyectos.models.proyecto import SIN_EFECTO

        return self.exclude(estado__in=SIN_EFECTO)

    def con_paso(self, *, pdm=None, gestion: int | None = None) -> "ProyectoQuerySet":
        """Annotate `paso`: the step of the funnel to which each project brings those whom it serves.

        With `pdm` only that plan counts as being in the plan; with `gestion` only operations up to that year count.
        """
        return self.annotate(paso=paso_del_proyecto(pdm=pdm, gestion=gestion))


def paso_del_proyecto(prefijo: str = "", *, pdm=None, gestion: int | None = None) -> Case:
    """The expression behind `con_paso`; `prefijo` leads to the project from another model, e.g. `proyecto__`."""
    from proyectos.models import EstadoPlan, Operacion
    from proyectos.models import EstadoProyecto as E
    from proyectos.models.poa import EN_PREPARACION
    from proyectos.models.proyecto import SIN_EFECTO
    from proyectos.querysets.embudo import PASO

    # What is not approved yet is in no plan and in no programme, whoever looks.
    operaciones = Operacion.objects.filter(proyecto=OuterRef(f"{prefijo}pk")).exclude(poa__estado__in=EN_PREPARACION)
    if gestion is not None:
        operaciones = operaciones.filter(poa__gestion__lte=gestion)
    terminadas = operaciones.filter(fisico_alcanzado__gte=100)
    empezadas = operaciones.filter(Q(fisico_alcanzado__gt=0) | Q(devengado__gt=0))

    def en(*estados: str) -> Q:
        return Q(**{f"{prefijo}estado__in": estados})

    aprobados = [EstadoPlan.APROBADO, EstadoPlan.PUBLICADO]
    en_plan = Q(**{f"{prefijo}pdm": pdm}) if pdm is not None else Q(**{f"{prefijo}pdm__estado__in": aprobados})
    return Case(
        When(en(*SIN_EFECTO), then=Value(0)),
        When(en(E.CONCLUIDO) | Exists(terminadas), then=Value(PASO["atendida"])),
        When(en(E.CONTRATADO, E.EN_EJECUCION, E.PARALIZADO) | Exists(empezadas), then=Value(PASO["en_ejecucion"])),
        When(
            en(E.PROGRAMADO, E.EN_LICITACION, E.ADJUDICADO) | Exists(operaciones),
            then=Value(PASO["en_poa_sin_ejecutar"]),
        ),
        When(en_plan, then=Value(PASO["en_pdm_sin_poa"])),
        default=Value(0),
        output_field=IntegerField(),
    )
