"""Questions about the planning process."""

from typing import Self

from django.db.models import Q

from demandas.querysets.visibles import DelMunicipioQuerySet


class ProcesoQuerySet(DelMunicipioQuerySet):
    PUBLICO = Q(publicado=True)


class ProductoQuerySet(DelMunicipioQuerySet):
    CAMINO = "etapa__proceso__municipio"
    PUBLICO = Q(etapa__proceso__publicado=True)


class ActorQuerySet(DelMunicipioQuerySet):
    PUBLICO = Q(pk__isnull=False)  # organisations act in public


class NormaLegalQuerySet(DelMunicipioQuerySet):
    PUBLICO = Q(pk__isnull=False)

    def de(self, municipio) -> Self:
        """Those of the country and those of `municipio`."""
        return self.filter(Q(municipio=None) | Q(municipio=municipio))

    def citables(self, municipio) -> Self:
        """What a document of `municipio` cites: what is in force, the country's first."""
        return self.de(municipio).filter(vigente=True)
