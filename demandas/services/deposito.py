"""Files of demands that people bring, kept privately while their load needs them: under names of ours, never theirs."""

import hashlib
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from cuentas.guardia import disco
from territorio.services.deposito import (
    BASE,
    HUERFANA,
    ArchivoRechazado,
    Guardado,
    escribir,
    maximo,
    muy_grande,
    nombre_limpio,
)

CARPETA = "cargas"
ADMITIDOS = (".xlsx", ".csv", ".txt", ".tsv", ".geojson", ".json", ".zip", ".gpkg", ".kml")


def guardar(uid: UUID, archivo: UploadedFile) -> Guardado:
    """Keep the upload of a load; raises ArchivoRechazado and then leaves nothing behind."""
    nombre = nombre_limpio(archivo.name or "")
    sufijo = PurePosixPath(nombre).suffix.lower()
    if sufijo == ".xls":
        raise ArchivoRechazado(_("Un libro .xls es de un Excel antiguo: guárdelo como .xlsx y súbalo otra vez."))
    if sufijo not in ADMITIDOS:
        raise ArchivoRechazado(
            _("No se puede leer «%(nombre)s». Se espera XLSX, CSV, GeoJSON, o los envíos de ODK o KoboToolbox.")
            % {"nombre": nombre}
        )
    if (archivo.size or 0) > maximo():
        raise ArchivoRechazado(muy_grande())
    disco.exigir_espacio()
    destino = _carpeta(uid)
    destino.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    destino.mkdir(mode=0o700)
    try:
        escribir(destino / f"{BASE}{sufijo}", archivo)
        return Guardado(nombre, sha256(uid))
    except BaseException:
        borrar(uid)
        raise


def principal(uid: UUID) -> Path | None:
    """The file, or None when nothing is kept."""
    return next((ruta for s in ADMITIDOS if (ruta := _carpeta(uid) / f"{BASE}{s}").is_file()), None)


def sha256(uid: UUID) -> str:
    ruta = principal(uid)
    if ruta is None:
        return ""
    with ruta.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def borrar(uid: UUID) -> None:
    shutil.rmtree(_carpeta(uid), ignore_errors=True)


def guardadas(antes_de: datetime | None = None) -> Iterator[UUID]:
    """Loads of which something is kept on disk, older than a moment (a day ago unless told)."""
    antes_de = antes_de or timezone.now() - HUERFANA
    raiz = Path(settings.MEDIA_ROOT) / CARPETA
    for ruta in raiz.iterdir() if raiz.is_dir() else ():
        try:
            uid = UUID(ruta.name)
        except ValueError:
            continue
        if ruta.stat().st_mtime < antes_de.timestamp():
            yield uid


def _carpeta(uid: UUID) -> Path:
    return Path(settings.MEDIA_ROOT) / CARPETA / str(uid)
