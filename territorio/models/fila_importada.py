"""The rows of an import's last report, apart from the rest of it: a page reads fifty of them, not twenty-five thousand."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from territorio.models.importacion import Importacion


class FilaImportada(models.Model):
    """A row of the file as its report tells it.

    `datos` is the row of the report, empty where the file was refused before rows were compared; `problemas`, what the
    report lists of that row; `gravedad`, the worst that is said of it; `orden`, where it stands among the others: errors
    first, then doubts, then what would change.
    """

    importacion = models.ForeignKey(Importacion, on_delete=models.CASCADE, related_name="filas")
    numero = models.PositiveIntegerField()
    estado = models.CharField(max_length=12, blank=True)
    gravedad = models.CharField(max_length=6, blank=True)
    orden = models.PositiveSmallIntegerField()
    datos = models.JSONField(default=dict)
    problemas = models.JSONField(default=list)

    class Meta:
        verbose_name = _("fila importada")
        verbose_name_plural = _("filas importadas")
        constraints = [
            models.UniqueConstraint(fields=["importacion", "numero"], name="fila_importada_una_por_numero"),
            models.CheckConstraint(
                name="fila_importada_gravedad_conocida", condition=Q(gravedad__in=["", "dato", "aviso", "error"])
            ),
        ]
        indexes = [
            models.Index(fields=["importacion", "orden", "numero"], name="fila_importada_por_orden"),
            models.Index(fields=["importacion", "estado", "gravedad", "numero"], name="fila_importada_por_estado"),
        ]

    def __str__(self) -> str:
        return f"{self.importacion_id}: {self.numero}"
