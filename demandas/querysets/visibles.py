"""Rows of a municipality with something public among them."""

from typing import Self

from django.db import models
from django.db.models import Q

from cuentas.permisos import municipios_de


class DelMunicipioQuerySet(models.QuerySet):
    """`CAMINO` leads to the municipality; `PUBLICO` tells what anybody sees (None: nothing)."""

    CAMINO = "municipio"
    PUBLICO: Q | None = None
    PALABRAS: tuple[str, ...] = ()  # fields in which words are searched for

    def visibles_para(self, usuario) -> Self:
        """What is published, and what belongs to the municipalities of `usuario`."""
        if usuario.is_superuser:
            return self
        visibles = self.PUBLICO if self.PUBLICO is not None else Q(pk__in=[])
        if usuario.is_authenticated:
            visibles |= self.del_alcance_de(usuario)
        return self.filter(visibles)

    def con_palabras(self, buscado: str) -> Self:
        """Rows where each word is in one of `PALABRAS`, whatever the accents and capitals."""
        filas = self
        for palabra in buscado.replace("\x00", "").split()[:8]:
            en_alguno = Q()
            for campo in self.PALABRAS:
                en_alguno |= Q(**{f"{campo}__unaccent__icontains": palabra})
            filas = filas.filter(en_alguno)
        return filas

    def del_alcance_de(self, usuario) -> Q:
        """Condition: what `usuario` sees though it is not published."""
        return Q(**{f"{self.CAMINO}__in": municipios_de(usuario)})
