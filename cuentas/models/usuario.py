"""Accounts: who acts. What they may do in a municipality is a `Membresia`, in territorio."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado


@auditado(excepto=("password", "last_login"))
class Usuario(AbstractUser):
    """A person with an account; never a community member counted in a workshop."""

    segundo_factor_desde = models.DateTimeField(
        _("segundo factor desde"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Vacío: entra solo con contraseña."),
    )
    cierres = models.PositiveIntegerField(
        _("veces que cerró sus sesiones"),
        default=0,
        editable=False,
        help_text=_("Al subir, toda sesión abierta termina."),
    )

    class Meta:
        verbose_name = "usuario"
        verbose_name_plural = "usuarios"

    def __str__(self) -> str:
        return self.get_full_name() or self.get_username()

    def _get_session_auth_hash(self, secret=None) -> str:
        """A session lives as long as this stays the same: until the password changes, or `cierres` does."""
        sal = "cuentas.models.Usuario.sesion"
        return salted_hmac(sal, f"{self.password}|{self.cierres}", secret=secret, algorithm="sha256").hexdigest()
