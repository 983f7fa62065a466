"""Requests counted for a while."""

from django.db import models


class Conteo(models.Model):
    """How many requests of a kind somebody made in the present window; who, only as a digest.

    The table is unlogged: what a crash takes with it is a minute of counting.
    """

    clave = models.CharField(max_length=40, primary_key=True)
    ventana = models.BigIntegerField()
    vence = models.BigIntegerField(db_index=True)
    cuantas = models.IntegerField()

    class Meta:
        verbose_name = "conteo de peticiones"
        verbose_name_plural = "conteos de peticiones"

    def __str__(self) -> str:
        return f"{self.clave}: {self.cuantas}"
