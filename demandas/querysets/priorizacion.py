"""Questions about criteria and runs."""

from django.db.models import Q

from demandas.querysets.visibles import DelMunicipioQuerySet


class CriterioQuerySet(DelMunicipioQuerySet):
    PUBLICO = Q(pk__isnull=False)

    def de(self, municipio) -> "CriterioQuerySet":
        """Those of the catalogue and those that the municipality added."""
        return self.filter(Q(municipio=None) | Q(municipio=municipio))


class PriorizacionQuerySet(DelMunicipioQuerySet):
    PUBLICO = Q(estado="aprobada")
