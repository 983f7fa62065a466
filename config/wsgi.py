"""WSGI application for gunicorn."""

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
try:
    _minka = get_wsgi_application()
except ImproperlyConfigured as error:
    print(error, file=sys.stderr)
    sys.exit(3)  # gunicorn then gives up instead of trying again


def application(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
    """Minka; a piece of an answer that nobody reads for so long ends its connection, and its thread is free again."""
    from django.conf import settings

    if (zocalo := environ.get("gunicorn.socket")) is not None:
        zocalo.settimeout(settings.MINKA_ESPERA_LECTURA_S)
    return _minka(environ, start_response)
