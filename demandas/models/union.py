"""Demands that turned out to be the same: which was joined to which, what went over, and what that changed."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from demandas.models.demanda import Demanda, EstadoDemanda


@auditado()
class UnionDeDemandas(models.Model):
    """`llevado` tells, by kind, what went over to the demand that stays; `antes` and `despues`, its fields that changed."""

    demanda = models.ForeignKey(Demanda, on_delete=models.PROTECT, related_name="uniones")
    queda = models.ForeignKey(Demanda, on_delete=models.PROTECT, related_name="uniones_recibidas")
    estado_previo = models.CharField(max_length=20, choices=EstadoDemanda.choices)
    llevado = models.JSONField(default=dict)
    antes = models.JSONField(default=dict)
    despues = models.JSONField(default=dict)
    por = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    cuando = models.DateTimeField(auto_now_add=True)
    separada = models.DateTimeField(null=True, blank=True)
    separada_por = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("unión de demandas")
        verbose_name_plural = _("uniones de demandas")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["demanda"], condition=Q(separada=None), name="union_de_demandas_una_en_vigor"
            ),
            models.CheckConstraint(name="union_de_demandas_de_dos", condition=~Q(demanda=F("queda"))),
        ]

    def __str__(self) -> str:
        return f"{self.demanda_id} → {self.queda_id}"
