"""Have a file opened by a child with limits of time and memory, and say in words why one is not kept."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.gis.geos import Point
from django.utils import timezone
from django.utils.translation import gettext as _

from territorio.adjuntos import tipos
from territorio.adjuntos.proceso import ORIGINAL, PETICION, RESULTADO
from territorio.importacion.proceso import SIN_DISCO, SIN_MEMORIA
from territorio.services.deposito import ArchivoRechazado

RAIZ = Path(__file__).resolve().parents[2]
ORDEN = (sys.executable, "-s", "-X", "utf8", "-m", "territorio.adjuntos.proceso")
SEGUNDOS, MEMORIA_MB = 40, 1024
DESCOMPRIMIDOS = 200 * 1024 * 1024


@dataclass(frozen=True)
class Examen:
    """What a file is; of an image also its size upright, and when and where (EPSG:4326) the camera says it was taken."""

    tipo: str
    ancho: int | None = None
    alto: int | None = None
    tomada: datetime | None = None
    punto: Point | None = None


def examinar(carpeta: Path) -> Examen:
    """Look into `carpeta/original`; an image leaves `copia` and `miniatura` beside it. Raises ArchivoRechazado."""
    with (carpeta / ORIGINAL).open("rb") as f:
        cabecera = f.read(tipos.CABECERA)
    formato = tipos.formato(cabecera)
    if formato is None:
        raise ArchivoRechazado(no_se_admite(tipos.parece(cabecera)))
    peticion = {"formato": formato, "segundos": SEGUNDOS, "memoria_mb": MEMORIA_MB, "descomprimidos": DESCOMPRIMIDOS}
    peticion["pixeles"] = settings.MINKA_FOTO_MAXIMO_MPX * 1_000_000
    (carpeta / PETICION).write_text(json.dumps(peticion))
    codigo = _correr(carpeta)
    if codigo == SIN_DISCO:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if codigo != 0 or not (carpeta / RESULTADO).is_file():
        agotado = codigo in (None, SIN_MEMORIA, -signal.SIGXCPU, -signal.SIGKILL)
        raise ArchivoRechazado(_por_que("agotado" if agotado else "danado"))
    resultado = json.loads((carpeta / RESULTADO).read_text())
    if "rechazo" in resultado:
        raise ArchivoRechazado(_por_que(resultado["rechazo"], resultado.get("detalle", "")))
    return _examen(resultado)


def _correr(carpeta: Path) -> int | None:
    """Exit status of the child; None when it did not end in time."""
    entorno = {"PATH": os.defpath, "HOME": str(carpeta), "TMPDIR": str(carpeta), "LANG": "C.UTF-8"}
    entorno |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    hijo = subprocess.Popen(  # noqa: S603 our own interpreter and module
        [*ORDEN, str(carpeta)],
        cwd=RAIZ,
        env=entorno,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return hijo.wait(timeout=SEGUNDOS + 5)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if hijo.poll() is None:
            os.killpg(hijo.pid, signal.SIGKILL)
            hijo.wait()


def _examen(resultado: dict) -> Examen:
    tomada = datetime.fromisoformat(resultado["tomada"]) if resultado.get("tomada") else None
    if tomada is not None and timezone.is_naive(tomada):
        tomada = timezone.make_aware(tomada)  # a camera without an offset shows the hour of the place
    lon, lat = resultado.get("lon"), resultado.get("lat")
    return Examen(
        tipo=resultado["tipo"],
        ancho=resultado.get("ancho"),
        alto=resultado.get("alto"),
        tomada=tomada,
        punto=Point(lon, lat, srid=4326) if lon is not None and lat is not None else None,
    )


def no_se_admite(parece: str = "") -> str:
    """What is said of a file that is none of those that are kept."""
    admitidos = _("Se admiten PDF, fotos (JPEG, PNG, WebP, HEIC) y documentos DOCX, XLSX, ODT u ODS.")
    if parece:
        return _("No se puede guardar un archivo como este (%(tipo)s).") % {"tipo": parece} + " " + admitidos
    return _("No se reconoce qué es este archivo.") + " " + admitidos


def _por_que(codigo: str, detalle: str = "") -> str:
    mensajes = {
        "formato": no_se_admite("zip"),
        "muchos_pixeles": _("La foto tiene demasiados píxeles (%(detalle)s): el máximo es %(mpx)s millones."),
        "imagen_danada": _("La imagen está dañada o incompleta. Ábrala, guárdela de nuevo y vuelva a subirla."),
        "pdf_danado": _("El PDF está dañado o incompleto. Vuelva a exportarlo."),
        "pdf_activo": _(
            "El PDF trae acciones o archivos dentro (%(detalle)s), que no se admiten. Imprímalo a PDF y suba ese."
        ),
        "con_contrasena": _(
            "El documento está protegido con contraseña o cifrado. Quítele la protección y vuelva a subirlo."
        ),
        "oficina_danada": _("El documento está dañado o no es lo que dice ser. Guárdelo de nuevo y vuelva a subirlo."),
        "oficina_activa": _(
            "El documento trae macros u objetos activos (%(detalle)s). Guárdelo sin ellos, o como PDF."
        ),
        "oficina_de_fuera": _(
            "El documento toma algo de otro lugar (%(detalle)s). Rompa ese vínculo o plantilla, o guárdelo como PDF."
        ),
        "bomba": _("El documento ocupa demasiado una vez descomprimido."),
        "agotado": _("El archivo pide demasiado tiempo o memoria para revisarlo. Redúzcalo y vuelva a subirlo."),
    }
    mensaje = mensajes.get(codigo, mensajes["imagen_danada"] if codigo == "danado" else mensajes["oficina_danada"])
    if codigo == "danado":
        mensaje = _("El archivo hizo fallar su revisión: parece dañado.")
    return mensaje % {"detalle": detalle, "mpx": settings.MINKA_FOTO_MAXIMO_MPX} if "%(" in mensaje else mensaje
