"""Questions about the planning process."""

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
