"""The five-year municipal development plan."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from cuentas.versiones import con_version
from proyectos.querysets.pdm import PDMQuerySet
from territorio.models import UnidadTerritorial


class EstadoPlan(models.TextChoices):
    BORRADOR = "borrador", _("borrador")
    CONCERTADO = "concertado", _("concertado")
    APROBADO = "aprobado", _("aprobado")
    PUBLICADO = "publicado", _("publicado")


@auditado()
@con_version()
class PDM(models.Model):
    """A municipality's plan for the years `desde`–`hasta`, both included."""

    municipio = models.ForeignKey(UnidadTerritorial, on_delete=models.PROTECT, related_name="planes")
    nombre = models.CharField(max_length=200)
    desde = models.PositiveSmallIntegerField()
    hasta = models.PositiveSmallIntegerField()
    estado = models.CharField(max_length=12, choices=EstadoPlan.choices, default=EstadoPlan.BORRADOR)

    objects = PDMQuerySet.as_manager()

    class Meta:
        verbose_name = _("PDM")
        verbose_name_plural = _("PDM")
        ordering = ["-desde"]
        constraints = [
            models.UniqueConstraint(fields=["municipio", "desde", "hasta"], name="pdm_uno_por_periodo"),
            models.CheckConstraint(name="pdm_periodo_en_orden", condition=Q(hasta__gte=F("desde"))),
        ]

    def __str__(self) -> str:
        return self.nombre

    @property
    def periodo(self) -> str:
        return f"{self.desde}-{self.hasta}"

    @property
    def es_borrador(self) -> bool:
        """Whether only the members of the municipality see it."""
        return self.estado != EstadoPlan.PUBLICADO
