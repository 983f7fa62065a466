"""People of a test's world: members with their roles, and sessions opened with or without the second factor."""

from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from cuentas.models import Usuario
from territorio.models import Membresia


def miembro(municipio, rol, nombre: str = "rosa", *, unidades=()) -> Usuario:
    """A user with a role there, limited to `unidades` where some are given."""
    usuario, _creado = Usuario.objects.get_or_create(username=nombre)
    Membresia.objects.create(usuario=usuario, municipio=municipio, rol=rol).unidades.set(unidades)
    return usuario


def verificada(usuario: Usuario) -> Usuario:
    """The same user as a session opened with her code gives her to services."""
    usuario.otp_device = _aparato(usuario)
    usuario.is_verified = lambda: True
    return usuario


def entrar(client: Client, usuario: Usuario, *, con_codigo: bool = True) -> Client:
    """Open a session; `con_codigo`, as one who gave the second factor too."""
    client.force_login(usuario)
    if con_codigo:
        sesion = client.session
        sesion[DEVICE_ID_SESSION_KEY] = _aparato(usuario).persistent_id
        sesion.save()
    return client


def _aparato(usuario: Usuario) -> TOTPDevice:
    return TOTPDevice.objects.get_or_create(user=usuario, name="aplicación", defaults={"confirmed": True})[0]
