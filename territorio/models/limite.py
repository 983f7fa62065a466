"""Dated limits: a unit has one per day; a new one closes the old and never overwrites it."""

from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import IsValid
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from territorio.models.importacion import Importacion
from territorio.models.unidad import UnidadTerritorial
from territorio.querysets import LimiteQuerySet


class EstadoLimite(models.TextChoices):
    DEFINIDO = "definido", _("definido")
    REFERENCIAL = "referencial", _("referencial")
    EN_CONFLICTO = "en_conflicto", _("en conflicto")


@auditado(excepto=("solapes_al_dia",))
class Limite(models.Model):
    """The polygon of a unit (EPSG:4326) over a span of days, with its source and legal state.

    `sustituido` marks a limit that a later import corrected for the very same days: kept as history, not in force.
    """

    unidad = models.ForeignKey(UnidadTerritorial, on_delete=models.CASCADE, related_name="limites")
    geom = models.MultiPolygonField(srid=4326)
    vigencia = DateRangeField()
    fuente = models.CharField(max_length=300, blank=True)
    estado = models.CharField(max_length=12, choices=EstadoLimite.choices, default=EstadoLimite.REFERENCIAL)
    norma = models.CharField(max_length=200, blank=True, help_text="Ley u ordenanza que lo fija.")
    registrado = models.DateTimeField(auto_now_add=True)
    sustituido = models.DateTimeField(null=True, blank=True)
    importacion = models.ForeignKey(
        Importacion, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="limites"
    )
    solapes_al_dia = models.BooleanField(default=False, editable=False)

    objects = LimiteQuerySet.as_manager()

    class Meta:
        verbose_name = _("límite")
        verbose_name_plural = _("límites")
        indexes = [
            models.Index(fields=["id"], condition=Q(solapes_al_dia=False), name="limite_por_comparar"),
        ]
        constraints = [
            ExclusionConstraint(
                name="limite_uno_por_dia",
                expressions=[("unidad", RangeOperators.EQUAL), ("vigencia", RangeOperators.OVERLAPS)],
                condition=Q(sustituido=None),
            ),
            models.CheckConstraint(name="limite_valido", condition=Q(IsValid("geom"))),
            models.CheckConstraint(
                name="limite_en_el_mundo",
                condition=Q(geom__coveredby="SRID=4326;POLYGON((-180 -90, 180 -90, 180 90, -180 90, -180 -90))"),
            ),
            models.CheckConstraint(name="limite_con_dias", condition=Q(vigencia__isempty=False)),
        ]

    def __str__(self) -> str:
        return f"{self.unidad} {self.vigencia}"


class Solape(models.Model):
    """Where two limits of one level claim the same ground; stored both ways round, once per pair of limits.

    Written only by `territorio.solapes`, which asks it of a limit once, however many features lie there.
    """

    una = models.ForeignKey(Limite, on_delete=models.CASCADE, related_name="solapes")
    otra = models.ForeignKey(Limite, on_delete=models.CASCADE, related_name="+")
    geom = models.MultiPolygonField(srid=4326)

    class Meta:
        verbose_name = _("solape")
        verbose_name_plural = _("solapes")
        constraints = [models.UniqueConstraint(fields=["una", "otra"], name="solape_unico")]

    def __str__(self) -> str:
        return f"{self.una} / {self.otra}"
