"""Questions about what communities found, and about the municipality as an institution."""

from typing import Self

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from demandas.querysets.visibles import DelMunicipioQuerySet
from territorio.conservacion import Conservacion
from territorio.querysets import UnidadQuerySet, pregunta

TIPOS = ("problema", "potencialidad", "limitacion", "aspiracion")


class HallazgoQuerySet(DelMunicipioQuerySet):
    PUBLICO = Q(publicado=True)

    def del_municipio(self, municipio) -> Self:
        return self.filter(municipio=municipio)

    def de_sector(self, codigo: str) -> Self:
        return self.filter(sector__codigo=codigo)

    def de(self, *, grupo: str) -> Self:
        """What one group named."""
        return self.filter(grupo=grupo)

    def en(self, unidad) -> Self:
        """What was found in `unidad` and in the units that lie in it, wholly or in part."""
        return self.filter(unidad__localizaciones__unidad=unidad)

    def del_mismo_orden(self, hallazgo) -> Self:
        """Those that share one order of ranks with `hallazgo`: of its unit, meeting, group and kind."""
        return self.filter(
            unidad=hallazgo.unidad_id, evento=hallazgo.evento_id, grupo=hallazgo.grupo, tipo=hallazgo.tipo
        ).exclude(pk=hallazgo.pk)

    def sumados(self, **condicion) -> Subquery:
        """Subquery for units: how many of these findings lie in each, by the part of their unit that does."""
        from territorio.models import UnidadEnUnidad

        partes = UnidadEnUnidad.objects.filter(unidad=OuterRef("pk"), parte__hallazgos__in=self.filter(**condicion))
        suma = partes.order_by().values("unidad").annotate(suma=Sum("fraccion")).values("suma")
        return Subquery(suma, output_field=models.FloatField())

    def conservacion(self, nivel, municipio) -> Conservacion:
        """The conservation line of these findings at a level of `municipio`: a finding lies where its unit does."""
        from territorio.models import UnidadEnUnidad

        # One row for each finding and each unit in which a part of its own unit lies.
        partes = UnidadEnUnidad.objects.filter(parte__hallazgos__in=self.order_by())
        cuenta = partes.filter(Q(unidad__municipio=municipio) | Q(unidad=municipio), nivel=nivel).aggregate(
            suma=Sum("fraccion"), disputados=Count("parte__hallazgos", filter=Q(en_disputa=True), distinct=True)
        )
        total = self.count()
        con_lugar = partes.values("parte__hallazgos").distinct().count()
        return Conservacion.de(
            total=total,
            ubicadas=cuenta["suma"] or 0.0,
            sin_ubicar=total - con_lugar,
            en_disputa=cuenta["disputados"],
        )


class DatoInstitucionalQuerySet(DelMunicipioQuerySet):
    """Only members see them."""

    def del_municipio(self, municipio) -> Self:
        return self.filter(municipio=municipio)


@pregunta
def con_hallazgos(unidades: UnidadQuerySet, hallazgos: HallazgoQuerySet) -> UnidadQuerySet:
    """Annotate each unit with `hallados` and, of each kind, `problemas`, `potencialidades`, `limitaciones`, `aspiraciones`.

    Counts are sums of the part of each finding's unit that lies in the unit asked about.
    """
    de_tipo = {
        nombre: Coalesce(hallazgos.sumados(tipo=tipo), 0.0)
        for nombre, tipo in zip(("problemas", "potencialidades", "limitaciones", "aspiraciones"), TIPOS, strict=True)
    }
    return unidades.annotate(**de_tipo).annotate(
        hallados=F("problemas") + F("potencialidades") + F("limitaciones") + F("aspiraciones")
    )


@pregunta
def sin_autodiagnostico(unidades: UnidadQuerySet, hallazgos: HallazgoQuerySet) -> UnidadQuerySet:
    """Units of which nothing was found."""
    return unidades.exclude(Exists(hallazgos.order_by().filter(unidad=OuterRef("pk"))))
