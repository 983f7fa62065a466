"""A full disk: writes are refused, in words, while reads go on; with room again everything goes on by itself.

Two nets: where a watched disk runs low, what would write is refused at once; where one fills up all the same, the error
of PostgreSQL (53100) or of the system (ENOSPC, EDQUOT) becomes the same answer.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from cuentas.guardia.respuestas import negar

# "Insufficient Storage": the service is there and answers reads, which a 503 would deny to those who watch it.
ESTADO = 507
ESPERA = 60  # seconds until it is worth trying again
_MIRADA = 3.0  # seconds for which a look at the disks holds
_LLENO = {errno.ENOSPC, errno.EDQUOT}
SEGUROS = {"GET", "HEAD", "OPTIONS", "TRACE"}
SIEMPRE = ("/salir/", "/idioma/")  # who leaves writes less than stays; a language is a cookie
_ultima: tuple[float, str | None] = (float("-inf"), None)


class SinEspacio(OSError):
    """A watched disk has less room than it should."""

    def __init__(self, donde: str) -> None:
        super().__init__(errno.ENOSPC, os.strerror(errno.ENOSPC), donde)


def mensaje() -> str:
    return _(
        "El servidor se quedó sin espacio en el disco: por ahora no se puede guardar nada. "
        "Lo ya guardado está a salvo y se puede seguir consultando. Vuelva a intentarlo en unos minutos."
    )


def sin_espacio() -> str | None:
    """The first watched folder whose disk has less room than `MINKA_DISCO_MINIMO_MB`, or None; looked at now and then."""
    global _ultima
    if time.monotonic() - _ultima[0] > _MIRADA:
        minimo = settings.MINKA_DISCO_MINIMO_MB * 1024 * 1024
        _ultima = time.monotonic(), next((str(c) for c in _vigiladas() if _libres(c) < minimo), None)
    return _ultima[1]


def olvidar() -> None:
    """Have the disks looked at again at the next question."""
    global _ultima
    _ultima = float("-inf"), None


def exigir_espacio() -> None:
    """Raise SinEspacio where something is about to be written and a disk runs low."""
    if donde := sin_espacio():
        raise SinEspacio(donde)


def es_falta_de_espacio(error: BaseException | None) -> bool:
    """Whether an error, or what it was made from, is a disk without room."""
    vistos: set[int] = set()
    while error is not None and id(error) not in vistos:
        vistos.add(id(error))
        if isinstance(error, OSError) and error.errno in _LLENO:
            return True
        if getattr(error, "sqlstate", None) == "53100":
            return True
        error = error.__cause__ or error.__context__
    return False


def respuesta(request: HttpRequest) -> HttpResponse:
    """The one answer, as a page or as the API's JSON; nothing more is written for this request, not even its session."""
    if hasattr(request, "session"):
        request.session.modified = False
    return negar(request, ESTADO, mensaje(), espera=ESPERA)


class GuardiaDelDisco:
    """Refuses what would write while a disk runs low; one that fills up all the same is answered by `middleware.dicho`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in SEGUROS and not request.path.startswith(SIEMPRE) and sin_espacio():
            return respuesta(request)
        return self.get_response(request)


def _vigiladas() -> Iterator[Path]:
    return (Path(carpeta) for carpeta in dict.fromkeys([*settings.MINKA_DISCOS, settings.MEDIA_ROOT]))


def _libres(carpeta: Path) -> int:
    """Bytes that we may still write on the disk of a folder, or of the nearest one above it that exists."""
    for ruta in (carpeta, *carpeta.parents):
        try:
            disco = os.statvfs(ruta)
        except FileNotFoundError:
            continue
        except OSError:
            break
        if disco.f_files and not disco.f_favail:
            return 0
        return disco.f_bavail * disco.f_frsize
    return 1 << 62  # what cannot be looked at is not held against anybody
