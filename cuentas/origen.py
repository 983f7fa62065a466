"""Where a request comes from."""

from django.conf import settings
from django.http import HttpRequest


def direccion(request: HttpRequest) -> str:
    """The address of the browser as the first of our own proxies (`MINKA_PROXIES` of them) saw it, never as it claims."""
    if settings.MINKA_PROXIES:
        partes = [parte.strip() for parte in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if parte.strip()]
        if partes:
            return partes[-min(settings.MINKA_PROXIES, len(partes))][:45]
    return request.META.get("REMOTE_ADDR", "")[:45]
