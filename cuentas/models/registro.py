"""What makes the record of changes tamper-evident: a digest per write, and a chain over the digests.

django-pghistory writes one event per changed row. Every statement that wrote events leaves an `Asiento` with their digest;
when its transaction commits, an `Eslabon` ties it to the one before. Whoever changes, takes away or slips in an event, or
an entry of the chain, breaks it from there on: `manage.py verificar` says where.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Asiento(models.Model):
    """The events that one statement wrote in one table, with the SHA-256 of their `columnas`. Written by a trigger."""

    tabla = models.CharField(max_length=63)
    columnas = ArrayField(models.CharField(max_length=63), help_text="Las que entran en la huella, en su orden.")
    eventos = ArrayField(models.BigIntegerField(), help_text="pgh_id de cada evento.")
    huella = models.BinaryField()
    registrado = models.DateTimeField()

    class Meta:
        verbose_name = _("asiento")
        verbose_name_plural = _("asientos")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.tabla} ×{len(self.eventos)}"


class Eslabon(models.Model):
    """A link of the chain: `sello` is the SHA-256 over the former link's and this one's `Asiento`. Written at commit."""

    numero = models.BigIntegerField(primary_key=True)
    asiento = models.OneToOneField(Asiento, on_delete=models.PROTECT, related_name="eslabon")
    anterior = models.BinaryField()
    sello = models.BinaryField()
    sellado = models.DateTimeField()

    class Meta:
        verbose_name = _("eslabón")
        verbose_name_plural = _("eslabones")
        ordering = ["numero"]

    def __str__(self) -> str:
        return f"{self.numero}:{bytes(self.sello).hex()[:16]}"
