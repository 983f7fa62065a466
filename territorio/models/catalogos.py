"""Catalogues: rows, never constants, because a municipality may add its own and the law changes them by date."""

from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models

from cuentas.auditoria import auditado


@auditado()
class Nivel(models.Model):
    """A level of the territorial ladder. The order is partial: cantón and distrito stand side by side under municipio."""

    codigo = models.SlugField("código", max_length=40, unique=True)
    nombre = models.CharField(max_length=80)
    nombre_plural = models.CharField("nombre en plural", max_length=80)
    orden = models.PositiveSmallIntegerField(help_text="De lo grande a lo pequeño; solo ordena listas.")
    superiores = models.ManyToManyField("self", symmetrical=False, related_name="inferiores", blank=True)
    es_base = models.BooleanField(
        "es base", default=False, help_text="Sus unidades son las que se atienden o no: comunidad, OTB, unidad vecinal."
    )

    class Meta:
        verbose_name = "nivel"
        verbose_name_plural = "niveles"
        ordering = ["orden", "codigo"]

    def __str__(self) -> str:
        return self.nombre

    @property
    def es_municipal_o_superior(self) -> bool:
        """Units of these levels belong to no municipality: they are one, or hold several."""
        return self.codigo in {"departamento", "provincia", "municipio"}


class SectorQuerySet(models.QuerySet):
    def vigentes(self, en: date) -> "SectorQuerySet":
        return self.filter(vigencia__contains=en)


@auditado()
class Sector(models.Model):
    """A sector of demand, which is a budget programme of the catalogue in force in some years (dominio.md, section 5)."""

    codigo = models.CharField("código", max_length=8)
    nombre = models.CharField(max_length=120)
    vigencia = DateRangeField(help_text="Fechas en que rige el catálogo al que pertenece.")
    fuente = models.CharField(max_length=200, blank=True)

    objects = SectorQuerySet.as_manager()

    class Meta:
        verbose_name = "sector"
        verbose_name_plural = "sectores"
        ordering = ["codigo"]
        constraints = [
            ExclusionConstraint(
                name="sector_un_codigo_por_fecha",
                expressions=[("codigo", RangeOperators.EQUAL), ("vigencia", RangeOperators.OVERLAPS)],
            )
        ]

    def __str__(self) -> str:
        return f"{self.codigo} {self.nombre}"


@auditado()
class Censo(models.Model):
    """A census whose figures may be loaded; rates always say which one they use."""

    anio = models.PositiveSmallIntegerField("año", unique=True)
    nombre = models.CharField(max_length=120)

    class Meta:
        verbose_name = "censo"
        verbose_name_plural = "censos"
        ordering = ["-anio"]

    def __str__(self) -> str:
        return self.nombre
