"""Persons of one row by group (women and men of a demand): whom a reader is shown, and what is kept from him.

A sum that everybody sees is made only of figures that everybody sees: what is worked out from them tells nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add, or_
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThan

from cuentas.permisos import municipios_de
from territorio.models import Desglose


def reservados_para(usuario) -> QuerySet:
    """Tables by sex and age (unit, census) that `usuario` may not see."""
    callados = Desglose.objects.filter(publico=False)
    if usuario.is_superuser:
        return callados.none()
    suyos = municipios_de(usuario)
    return callados.exclude(unidad__in=suyos).exclude(unidad__municipio__in=suyos) if suyos else callados


@dataclass(frozen=True)
class Lector:
    """SQL expressions for what `usuario` sees of a row's counts by group; without him, all of it.

    `prefijo` leads from the queried rows to those that have the counts, in `campos`, and the field `municipio`.
    """

    usuario: Any
    campos: tuple[str, ...]
    prefijo: str = ""

    def reservado(self) -> Case:
        """Whether a group of this row is kept from him for being of few."""
        return Case(When(self._callada(), then=Value(True)), default=Value(False), output_field=BooleanField())

    def grupo(self, campo: str) -> Case:
        """The persons of one group: given with those of the other, or neither."""
        return Case(
            When(self._callada(), then=Value(None)),
            default=F(f"{self.prefijo}{campo}"),
            output_field=IntegerField(null=True),
        )

    def todas(self) -> Case:
        """The persons of all groups together, None where nobody counted them; kept where they are few as well."""
        nadie = Q(**{f"{self.prefijo}{campo}": None for campo in self.campos})
        suma = self._suma()
        # Together they are few only if one group is: what is `_callada` is looked at, and nothing else.
        pocas = self._callada() & Q(LessThan(suma, settings.MINKA_UMBRAL_PERSONAS))
        return Case(When(nadie | pocas, then=Value(None)), default=suma, output_field=IntegerField(null=True))

    def _suma(self):
        return reduce(add, (Coalesce(F(f"{self.prefijo}{campo}"), 0) for campo in self.campos))

    def _callada(self) -> Q:
        umbral = settings.MINKA_UMBRAL_PERSONAS
        if not umbral or self.usuario is None or self.usuario.is_superuser:
            return Q(pk__in=[])
        de_pocos = (
            Q(**{f"{self.prefijo}{campo}__gt": 0, f"{self.prefijo}{campo}__lt": umbral}) for campo in self.campos
        )
        ajena = ~Q(**{f"{self.prefijo}municipio__in": municipios_de(self.usuario)})
        return ajena & reduce(or_, de_pocos)
