"""The way in: an account begins, or gains a role, by an invitation of who administers the municipality."""

import hashlib
import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado, auditado_enlace
from territorio.models.membresia import Rol
from territorio.models.unidad import UnidadTerritorial


class InvitacionQuerySet(models.QuerySet):
    def abiertas(self) -> "InvitacionQuerySet":
        """Those that still let somebody in."""
        return self.filter(usada=None, retirada=None, vence__gt=timezone.now())

    def de(self, ficha: str) -> "InvitacionQuerySet":
        """The one that a link's token opens, if there is one."""
        return self.filter(huella=huella_de(ficha))


@auditado(excepto=("huella",))
class Invitacion(models.Model):
    """A role offered in a municipality, by a link that is good once. Only the digest of its token is kept."""

    municipio = models.ForeignKey(UnidadTerritorial, on_delete=models.CASCADE, related_name="invitaciones")
    rol = models.CharField(max_length=16, choices=Rol.choices)
    unidades = models.ManyToManyField(UnidadTerritorial, blank=True, related_name="+")
    correo = models.EmailField(_("correo electrónico"), blank=True)
    nota = models.CharField(_("para quién"), max_length=200, blank=True)
    huella = models.CharField(max_length=64, unique=True, editable=False)
    creada = models.DateTimeField(default=timezone.now, editable=False)
    por = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    vence = models.DateTimeField()
    usada = models.DateTimeField(null=True, blank=True)
    usada_por = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    retirada = models.DateTimeField(null=True, blank=True)

    objects = InvitacionQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitación")
        verbose_name_plural = _("invitaciones")
        ordering = ["-creada"]
        constraints = [
            models.CheckConstraint(name="invitacion_para_alguien", condition=~Q(correo="", nota="")),
            models.CheckConstraint(name="invitacion_vence_despues", condition=Q(vence__gt=F("creada"))),
            models.CheckConstraint(name="invitacion_usada_o_retirada", condition=Q(usada=None) | Q(retirada=None)),
            models.CheckConstraint(
                name="invitacion_usada_por_alguien", condition=Q(usada__isnull=False) | Q(usada_por=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_rol_display()} de {self.municipio}: {self.nota or self.correo}"

    @property
    def abierta(self) -> bool:
        return self.usada is None and self.retirada is None and self.vence > timezone.now()


@auditado_enlace
class AmbitoDeInvitacion(Invitacion.unidades.through):  # type: ignore[name-defined]
    """A unit to which the role offered is limited."""

    class Meta:
        proxy = True


def ficha_nueva() -> str:
    """A token of 256 random bits, fit for an address."""
    return secrets.token_urlsafe(32)


def huella_de(ficha: str) -> str:
    return hashlib.sha256(ficha.encode()).hexdigest()
