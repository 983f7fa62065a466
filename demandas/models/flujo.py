"""The way of a demand: each step that it took, who took it, why, and by which act. It only grows."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from demandas.models.demanda import Demanda, EstadoDemanda
from demandas.models.evento import Evento
from demandas.models.priorizacion import Priorizacion


@auditado()
class PasoDeDemanda(models.Model):
    """One step from a state to the next; `motivo` is what the proponent reads of a demand sent back or refused."""

    demanda = models.ForeignKey(Demanda, on_delete=models.PROTECT, related_name="pasos")
    desde = models.CharField(max_length=20, choices=EstadoDemanda.choices, blank=True)
    hacia = models.CharField(max_length=20, choices=EstadoDemanda.choices)
    motivo = models.TextField(max_length=2000, blank=True)
    evento = models.ForeignKey(Evento, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    priorizacion = models.ForeignKey(Priorizacion, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    referencia = models.CharField(max_length=200, blank=True, help_text="Plan, programa o proyecto que lo dispuso.")
    por = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    cuando = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("paso de demanda")
        verbose_name_plural = _("pasos de demanda")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="paso_de_demanda_con_motivo", condition=~Q(hacia__in=["devuelta", "rechazada"]) | ~Q(motivo="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.demanda_id}: {self.desde} → {self.hacia}"
