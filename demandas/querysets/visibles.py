"""Rows of a municipality with something public among them."""

from typing import Self

from django.db import models
from django.db.models import Q

from cuentas.permisos import municipios_de


class DelMunicipioQuerySet(models.QuerySet):
    """`CAMINO` leads to the municipality; `PUBLICO` tells what anybody sees (None: nothing)."""

    CAMINO = "municipio"
    PUBLICO: Q | None = None

    def visibles_para(self, usuario) -> Self:
        """What is published, and what belongs to the municipalities of `usuario`."""
        if usuario.is_superuser:
            return self
        visibles = self.PUBLICO if self.PUBLICO is not None else Q(pk__in=[])
        if usuario.is_authenticated:
            visibles |= self.del_alcance_de(usuario)
        return self.filter(visibles)

    def del_alcance_de(self, usuario) -> Q:
        """Condition: what `usuario` sees though it is not published."""
        return Q(**{f"{self.CAMINO}__in": municipios_de(usuario)})
