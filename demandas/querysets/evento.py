"""Questions about events."""

from django.db.models import Q

from demandas.querysets.visibles import DelMunicipioQuerySet


class EventoQuerySet(DelMunicipioQuerySet):
    PUBLICO = Q(publicado=True)
