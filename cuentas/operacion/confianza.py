"""Who may see how the service is: whoever sits on the machine, or brings the key."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from cuentas.origen import direccion


def de_confianza(request: HttpRequest) -> bool:
    """Whether the request comes from this machine itself, or has `MINKA_METRICAS_CLAVE` as its bearer token."""
    tipo, _, clave = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if settings.MINKA_METRICAS_CLAVE and tipo.lower() == "bearer":
        return constant_time_compare(clave.strip(), settings.MINKA_METRICAS_CLAVE)
    if not settings.MINKA_PROXIES and "HTTP_X_FORWARDED_FOR" in request.META:
        return False  # through a proxy that nobody told us of: every visitor would seem to sit here
    try:
        return ip_address(direccion(request)).is_loopback
    except ValueError:
        return False
