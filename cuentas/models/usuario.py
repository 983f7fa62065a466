"""Accounts: who acts. What they may do in a municipality is a `Membresia`, in territorio."""

from django.contrib.auth.models import AbstractUser

from cuentas.auditoria import auditado


@auditado(excepto=("password", "last_login"))
class Usuario(AbstractUser):
    """A person with an account; never a community member counted in a workshop."""

    class Meta:
        verbose_name = "usuario"
        verbose_name_plural = "usuarios"

    def __str__(self) -> str:
        return self.get_full_name() or self.get_username()
