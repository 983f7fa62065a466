"""Who is what in which municipality."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado, auditado_enlace
from territorio.models.unidad import UnidadTerritorial
from territorio.querysets import MembresiaQuerySet


class Rol(models.TextChoices):
    ADMINISTRADOR = "administrador", _("administrador")
    PLANIFICADOR = "planificador", _("planificador")
    TECNICO_SIG = "tecnico_sig", _("técnico SIG")
    FACILITADOR = "facilitador", _("facilitador")
    COMITE = "comite", _("comité de control social")
    CONCEJO = "concejo", _("concejo municipal")
    LECTOR = "lector", _("lector")


@auditado()
class Membresia(models.Model):
    """A user's role in a municipality; one user may have several.

    With `unidades` (districts, cantones …) the role counts only for what lies in them.
    """

    usuario = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="membresias")
    municipio = models.ForeignKey(UnidadTerritorial, on_delete=models.CASCADE, related_name="membresias")
    rol = models.CharField(max_length=16, choices=Rol.choices)
    unidades = models.ManyToManyField(
        UnidadTerritorial, blank=True, related_name="+", help_text="Vacío: en todo el municipio."
    )

    objects = MembresiaQuerySet.as_manager()

    class Meta:
        verbose_name = _("membresía")
        verbose_name_plural = _("membresías")
        constraints = [models.UniqueConstraint(fields=["usuario", "municipio", "rol"], name="membresia_unica")]

    def __str__(self) -> str:
        return f"{self.usuario}: {self.get_rol_display()} de {self.municipio}"


@auditado_enlace
class AmbitoDeMembresia(Membresia.unidades.through):  # type: ignore[name-defined]
    """A unit to which a membership is limited."""

    class Meta:
        proxy = True
