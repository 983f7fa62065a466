"""Documents and photos of projects."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from proyectos.models.proyecto import Proyecto
from territorio.models import Archivo


@auditado()
class AdjuntoDeProyecto(models.Model):
    """A document or photo of a project."""

    proyecto = models.ForeignKey(Proyecto, on_delete=models.PROTECT, related_name="adjuntos")
    archivo = models.OneToOneField(Archivo, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("adjunto de proyecto")
        verbose_name_plural = _("adjuntos de proyecto")

    def __str__(self) -> str:
        return f"{self.archivo} de {self.proyecto}"
