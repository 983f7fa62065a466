"""Questions about projects."""

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, Value, When

from territorio.querysets import LocalizableQuerySet


class ProyectoQuerySet(LocalizableQuerySet):
    def visibles_para(self, usuario) -> "ProyectoQuerySet":
        """What is published, and all of the municipalities where `usuario` is a member."""
        if usuario.is_superuser:
            return self
        visibles = Q(publicado=True)
        if usuario.is_authenticated:
            visibles |= Q(municipio__membresias__usuario=usuario)
        return self.filter(visibles).distinct()

    def con_efecto(self) -> "ProyectoQuerySet":
        """Projects that were not voided, cancelled or left without bidders."""
        from proyectos.models.proyecto import SIN_EFECTO

        return self.exclude(estado__in=SIN_EFECTO)

    def con_paso(self, *, pdm=None, gestion: int | None = None) -> "ProyectoQuerySet":
        """Annotate `paso`: the step of the funnel to which each project brings those whom it serves.

        With `pdm` only that plan counts as being in the plan; with `gestion` only operations up to that year count.
        """
        from proyectos.models import EstadoProyecto as E
        from proyectos.models import Operacion
        from proyectos.models.proyecto import SIN_EFECTO
        from proyectos.querysets.embudo import PASO

        operaciones = Operacion.objects.filter(proyecto=OuterRef("pk"))
        if gestion is not None:
            operaciones = operaciones.filter(poa__gestion__lte=gestion)
        terminadas = operaciones.filter(fisico_alcanzado__gte=100)
        empezadas = operaciones.filter(Q(fisico_alcanzado__gt=0) | Q(devengado__gt=0))
        en_plan = Q(pdm=pdm) if pdm is not None else Q(pdm__isnull=False)
        return self.annotate(
            paso=Case(
                When(estado__in=SIN_EFECTO, then=Value(0)),
                When(Q(estado=E.CONCLUIDO) | Exists(terminadas), then=Value(PASO["atendida"])),
                When(
                    Q(estado__in=[E.CONTRATADO, E.EN_EJECUCION, E.PARALIZADO]) | Exists(empezadas),
                    then=Value(PASO["en_ejecucion"]),
                ),
                When(
                    Q(estado__in=[E.PROGRAMADO, E.EN_LICITACION, E.ADJUDICADO]) | Exists(operaciones),
                    then=Value(PASO["en_poa_sin_ejecutar"]),
                ),
                When(en_plan, then=Value(PASO["en_pdm_sin_poa"])),
                default=Value(0),
                output_field=IntegerField(),
            )
        )
