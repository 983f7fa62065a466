"""The second factor: codes of an application in the telephone (TOTP, RFC 6238), and ten recovery codes for its loss."""

from __future__ import annotations

from base64 import b32encode
from binascii import unhexlify
from math import ceil

import segno
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django_otp import devices_for_user, login
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

from cuentas.models import Usuario
from cuentas.permisos import membresias_de, roles_con_segundo_factor

CODIGOS, DIGITOS = 10, 6


def tiene(usuario) -> bool:
    return any(devices_for_user(usuario, confirmed=True))


def debe(usuario, membresias: list[tuple[int, str]] | None = None) -> bool:
    """Whether one of the roles of `usuario` counts only in a verified session."""
    suyas = membresias_de(usuario) if membresias is None else membresias
    return not roles_con_segundo_factor().isdisjoint(rol for _municipio, rol in suyas)


def quedan(usuario) -> int:
    """How many recovery codes were not used yet."""
    return StaticToken.objects.filter(device__user=usuario, device__confirmed=True).count()


# --- setting it up ----------------------------------------------------------------------------------------------------
def clave_nueva() -> str:
    """160 random bits, in hexadecimal."""
    return default_key()


def legible(clave: str) -> str:
    """The key as it is typed where no camera is at hand: base 32 in groups of four."""
    texto = b32encode(unhexlify(clave)).decode()
    return " ".join(texto[i : i + 4] for i in range(0, len(texto), 4))


def dibujo(usuario, clave: str) -> str:
    """The QR that the application reads, as an inline SVG."""
    direccion = TOTPDevice(user=usuario, key=clave).config_url
    return segno.make(direccion, error="m").svg_inline(
        omitsize=True, border=4, svgclass="qr", lineclass="qr-linea", light="#fff"
    )


@transaction.atomic
def confirmar(*, usuario, clave: str, codigo: str) -> tuple[TOTPDevice, list[str]]:
    """Keep `clave` once a code proves that the application has it; gives the device and its recovery codes.

    What there was before no longer counts. Raises `ValidationError` where the code is not of that key.
    """
    Usuario.objects.select_for_update().get(pk=usuario.pk)
    aparato = TOTPDevice(user=usuario, name="aplicación", key=clave, confirmed=True)
    with transaction.atomic():
        aparato.save()
        bueno = aparato.verify_token(_limpio(codigo))
        transaction.set_rollback(not bueno)
    if not bueno:
        raise ValidationError(
            {"codigo": _("Ese código no corresponde. Revise la hora del teléfono y escriba el que muestra ahora.")}
        )
    TOTPDevice.objects.filter(user=usuario).exclude(pk=aparato.pk).delete()
    _anotar(usuario, timezone.now())
    return aparato, codigos_nuevos(usuario=usuario)


@transaction.atomic
def codigos_nuevos(*, usuario) -> list[str]:
    """Ten recovery codes in place of those there were; shown once, each is good once."""
    StaticDevice.objects.filter(user=usuario).delete()
    aparato = StaticDevice.objects.create(user=usuario, name="recuperación", confirmed=True)
    codigos = [StaticToken.random_token() for _n in range(CODIGOS)]
    StaticToken.objects.bulk_create(StaticToken(device=aparato, token=codigo) for codigo in codigos)
    return [f"{codigo[:4]}-{codigo[4:]}" for codigo in codigos]


@transaction.atomic
def quitar(*, usuario) -> Usuario:
    """Take the second factor away and end every session: after a loss, or where nothing asks for it."""
    usuario = Usuario.objects.select_for_update().get(pk=usuario.pk)
    for modelo in (TOTPDevice, StaticDevice):
        modelo.objects.filter(user=usuario).delete()
    _anotar(usuario, None)
    return usuario


def _anotar(usuario, desde) -> None:
    """Recorded with the account, so that its history tells when it was set up and taken away, and by whom."""
    usuario.segundo_factor_desde = desde
    usuario.cierres = F("cierres") + 1
    usuario.save(update_fields=["segundo_factor_desde", "cierres"])
    usuario.refresh_from_db(fields=["cierres"])


# --- giving a code ----------------------------------------------------------------------------------------------------
@transaction.atomic
def comprobar(*, usuario, codigo: str) -> Device | None:
    """The device of `usuario` that gave `codigo`, which is good no more; None for a wrong one, or one too soon."""
    codigo = _limpio(codigo)
    modelo = TOTPDevice if len(codigo) == DIGITOS else StaticDevice
    propios = modelo.objects.select_for_update().filter(user=usuario, confirmed=True)
    return next((aparato for aparato in propios if aparato.verify_token(codigo)), None)


def espera(usuario) -> int:
    """Seconds until another code is looked at: they double with each wrong one."""
    ahora, segundos = timezone.now(), 0
    for aparato in devices_for_user(usuario, confirmed=True):
        permitido, motivo = aparato.verify_is_allowed()
        if not permitido and motivo.get("locked_until"):
            segundos = max(segundos, ceil((motivo["locked_until"] - ahora).total_seconds()))
    return segundos


def abrir(request: HttpRequest, aparato: Device) -> None:
    """This session is verified from now on, under another key than before."""
    update_session_auth_hash(request, request.user)
    login(request, aparato)


def es_de_recuperacion(aparato: Device) -> bool:
    return isinstance(aparato, StaticDevice)


def _limpio(codigo: str) -> str:
    return "".join(c for c in codigo if c.isascii() and c.isalnum()).lower()[:16]
