"""Questions about the formal acts of plans and programmes."""

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery


class ActoFormalQuerySet(models.QuerySet):
    def de(self, documento) -> "ActoFormalQuerySet":
        """The acts of a PDM or POA, in the order in which they were made."""
        return self.filter(**{documento._meta.model_name: documento}).order_by("numero")

    def desde_version(self, version: int) -> "ActoFormalQuerySet":
        """What was done of a document since its `version` was read."""
        return self.filter(version__gte=version).exclude(desde="")

    def en_desacuerdo(self) -> "ActoFormalQuerySet":
        """Last acts that do not lead to the state in which their document stands."""
        mismos = self.model._default_manager.filter(Q(pdm=OuterRef("pdm")) | Q(poa=OuterRef("poa")))
        ultimos = self.filter(pk=Subquery(mismos.order_by("-numero").values("pk")[:1]))
        return ultimos.exclude(
            Q(pdm__isnull=False, pdm__estado=F("hacia")) | Q(poa__isnull=False, poa__estado=F("hacia"))
        )
