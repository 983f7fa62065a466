"""Questions about demand, and what demand adds to the questions about units."""

from django.contrib.gis.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from territorio.querysets import LocalizableQuerySet, UnidadQuerySet, pregunta, suma_por_unidad
from territorio.reserva import Lector

PERSONAS = ("beneficiarias_mujeres", "beneficiarios_hombres")


class DemandaQuerySet(LocalizableQuerySet):
    def visibles_para(self, usuario) -> "DemandaQuerySet":
        """What is published, and what the roles of `usuario` reach."""
        if usuario.is_superuser:
            return self
        visibles = Q(publicada=True)
        if usuario.is_authenticated:
            visibles |= self.del_alcance_de(usuario)
        return self.filter(visibles)

    def de(self, *, grupo: str) -> "DemandaQuerySet":
        """Demands that one group asks for."""
        return self.filter(grupo=grupo)

    def vigentes(self) -> "DemandaQuerySet":
        """Demands that were neither sent back, nor refused, nor joined to another."""
        return self.exclude(estado__in=["devuelta", "rechazada", "unida"])

    def propias(self) -> "DemandaQuerySet":
        """Without those that were joined to another, which counts for them."""
        return self.filter(unida_a=None)

    def con_puesto(self, grupo: str = "comunidad") -> "DemandaQuerySet":
        """Annotate `puesto`: the rank that a group, or the whole community, gave."""
        from demandas.models import Rango

        rango = Rango.objects.filter(demanda=OuterRef("pk"), grupo=grupo)
        return self.annotate(puesto=Subquery(rango.values("puesto")[:1]))

    def con_personas(self, usuario) -> "DemandaQuerySet":
        """Annotate whom they benefit, as far as `usuario` may see it: `mujeres`, `hombres`, `personas` and `reservado`.

        A group of few persons is `reservado`: both sexes are then None, and `personas` too where all of them are few.
        """
        lector = Lector(usuario, PERSONAS)
        mujeres, hombres = PERSONAS
        return self.annotate(
            mujeres=lector.grupo(mujeres),
            hombres=lector.grupo(hombres),
            personas=lector.todas(),
            reservado=lector.reservado(),
        )


class DemandaUnidadQuerySet(models.QuerySet):
    def sumadas(self) -> Subquery:
        """Subquery for units: how many of these demands lie in each."""
        return suma_por_unidad(self, F("fraccion"))


@pregunta
def con_demanda(
    unidades: UnidadQuerySet, demandas: DemandaQuerySet, *, censo: int | None = None, usuario=None
) -> UnidadQuerySet:
    """Annotate each unit with `demandas` (their fractions in it), `beneficiarios`, `habitantes` and `por_mil`.

    `por_mil` is demands per 1,000 inhabitants of `censo`, None where the unit has no figure. `beneficiarios` adds up what
    `usuario` may see of each demand (without him, all).
    """
    filas = demandas.localizaciones()
    beneficiarios = Coalesce(Lector(usuario, PERSONAS, "demanda__").todas(), 0)
    return (
        unidades.con_habitantes(censo)
        .annotate(
            demandas=Coalesce(filas.sumadas(), 0.0),
            demandas_en_disputa=Coalesce(filas.filter(en_disputa=True).sumadas(), 0.0),
            beneficiarios=Coalesce(suma_por_unidad(filas, F("fraccion") * beneficiarios), 0.0),
        )
        .annotate(por_mil=_por_mil(F("demandas"), F("habitantes")))
    )


def _por_mil(cantidad, habitantes):
    from django.db.models.functions import NullIf

    return cantidad * 1000.0 / NullIf(habitantes, 0)
