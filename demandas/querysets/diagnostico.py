"""Questions about what communities found."""

from django.db.models import Q

from demandas.querysets.visibles import DelMunicipioQuerySet


class HallazgoQuerySet(DelMunicipioQuerySet):
    PUBLICO = Q(publicado=True)
