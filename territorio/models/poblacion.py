"""Figures about units: inhabitants by census, and indicators such as unmet basic needs (NBI)."""

from django.db import models
from django.db.models import Q

from territorio.models.unidad import UnidadTerritorial
from territorio.querysets import PoblacionQuerySet

TOTAL = "total"


class Poblacion(models.Model):
    """Persons of a unit in a census, by sex and age band; `total`/`total` is the whole."""

    class Sexo(models.TextChoices):
        TOTAL = TOTAL, "total"
        MUJERES = "mujeres", "mujeres"
        HOMBRES = "hombres", "hombres"

    unidad = models.ForeignKey(UnidadTerritorial, on_delete=models.CASCADE, related_name="poblaciones")
    censo = models.PositiveSmallIntegerField()
    sexo = models.CharField(max_length=8, choices=Sexo.choices, default=Sexo.TOTAL)
    grupo_edad = models.CharField("grupo de edad", max_length=20, default=TOTAL)
    personas = models.PositiveIntegerField()
    preliminar = models.BooleanField(default=False)
    fuente = models.CharField(max_length=300, blank=True)

    objects = PoblacionQuerySet.as_manager()

    class Meta:
        verbose_name = "población"
        verbose_name_plural = "poblaciones"
        constraints = [
            models.UniqueConstraint(fields=["unidad", "censo", "sexo", "grupo_edad"], name="poblacion_una_cifra"),
            models.CheckConstraint(name="poblacion_con_grupo", condition=~Q(grupo_edad="")),
        ]

    def __str__(self) -> str:
        return f"{self.unidad}, censo {self.censo}: {self.personas}"


class Indicador(models.Model):
    """A figure of a unit in a year, e.g. `nbi` in % of persons."""

    unidad = models.ForeignKey(UnidadTerritorial, on_delete=models.CASCADE, related_name="indicadores")
    nombre = models.SlugField(max_length=60)
    anio = models.PositiveSmallIntegerField("año")
    valor = models.FloatField()
    fuente = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "indicador"
        verbose_name_plural = "indicadores"
        constraints = [models.UniqueConstraint(fields=["unidad", "nombre", "anio"], name="indicador_una_cifra")]

    def __str__(self) -> str:
        return f"{self.nombre} {self.anio}: {self.valor}"
