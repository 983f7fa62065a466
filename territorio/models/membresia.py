"""Who is what in which municipality."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from territorio.models.unidad import UnidadTerritorial


class Rol(models.TextChoices):
    PLANIFICADOR = "planificador", _("planificador")
    TECNICO_SIG = "tecnico_sig", _("técnico SIG")
    FACILITADOR = "facilitador", _("facilitador")
    COMITE = "comite", _("comité de control social")
    CONCEJO = "concejo", _("concejo municipal")
    LECTOR = "lector", _("lector")


class Membresia(models.Model):
    """A user's role in a municipality; one user may have several."""

    usuario = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="membresias")
    municipio = models.ForeignKey(UnidadTerritorial, on_delete=models.CASCADE, related_name="membresias")
    rol = models.CharField(max_length=16, choices=Rol.choices)

    class Meta:
        verbose_name = _("membresía")
        verbose_name_plural = _("membresías")
        constraints = [models.UniqueConstraint(fields=["usuario", "municipio", "rol"], name="membresia_unica")]

    def __str__(self) -> str:
        return f"{self.usuario}: {self.get_rol_display()} de {self.municipio}"
