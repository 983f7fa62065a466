"""How units came to be what they are: which came from which, and what they were called before."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from territorio.models.unidad import UnidadTerritorial


class Motivo(models.TextChoices):
    DIVISION = "division", _("división")
    FUSION = "fusion", _("fusión")
    DESMEMBRAMIENTO = "desmembramiento", _("desmembramiento")
    SUSTITUCION = "sustitucion", _("sustitución")


@auditado()
class Sucesion(models.Model):
    """From `desde` on, `sucesora` holds what `predecesora` held, wholly or in part.

    A divided or merged unit ends that day; one that only lost a part (desmembramiento) goes on beside its successor.
    """

    predecesora = models.ForeignKey(UnidadTerritorial, on_delete=models.PROTECT, related_name="sucesiones")
    sucesora = models.ForeignKey(UnidadTerritorial, on_delete=models.PROTECT, related_name="procedencias")
    desde = models.DateField()
    motivo = models.CharField(max_length=16, choices=Motivo.choices)
    norma = models.CharField(max_length=200, blank=True, help_text="Ley u ordenanza que lo dispone.")
    registrado = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("sucesión")
        verbose_name_plural = _("sucesiones")
        ordering = ["desde", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["predecesora", "sucesora"], name="sucesion_unica"),
            models.CheckConstraint(name="sucesion_entre_dos", condition=~Q(predecesora=F("sucesora"))),
        ]

    def __str__(self) -> str:
        return f"{self.predecesora} → {self.sucesora}, {self.desde}"


@auditado()
class Denominacion(models.Model):
    """A name that a unit had until some day; the present one stands on the unit itself."""

    unidad = models.ForeignKey(UnidadTerritorial, on_delete=models.CASCADE, related_name="denominaciones")
    nombre = models.CharField(max_length=200)
    vigencia = DateRangeField()
    norma = models.CharField(max_length=200, blank=True)
    registrado = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("denominación")
        verbose_name_plural = _("denominaciones")
        ordering = ["vigencia"]
        constraints = [
            ExclusionConstraint(
                name="denominacion_una_por_dia",
                expressions=[("unidad", RangeOperators.EQUAL), ("vigencia", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(name="denominacion_pasada", condition=Q(vigencia__endswith__isnull=False)),
            models.CheckConstraint(name="denominacion_con_nombre", condition=~Q(nombre="")),
        ]

    def __str__(self) -> str:
        return f"{self.nombre} {self.vigencia}"
