"""Files that people bring, kept privately while their import needs them: under names of ours, never theirs."""

import gzip
import hashlib
import json
import os
import shutil
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from cuentas.guardia import disco

CARPETA = "importaciones"
BASE = "archivo"
SOLOS = (".zip", ".geojson", ".json", ".gpkg", ".kml", ".kmz")
PARTES = (".shp", ".shx", ".dbf", ".prj", ".cpg")
# Indexes, styles and metadata that programs leave beside a shapefile: people choose them all together.
ACOMPANAN = (".sbn", ".sbx", ".qix", ".qpj", ".qmd", ".qml", ".sld", ".xml", ".fbn", ".fbx", ".ain", ".aih", ".ixs")
NOMBRE_MAXIMO = 200
MAPA = "mapa.json.gz"
HUERFANA = timedelta(days=1)


class ArchivoRechazado(ValueError):
    """What was uploaded cannot be an import; the message is Spanish, for people."""


@dataclass(frozen=True)
class Guardado:
    nombre: str
    sha256: str


def maximo() -> int:
    """Bytes that one upload may have."""
    return settings.MINKA_IMPORTACION_MAXIMO_MB * 1024 * 1024


def muy_grande() -> str:
    """What is said to whoever brings more than that."""
    mensaje = _("El archivo pasa de %(mb)s MB. Divida la capa o quítele detalle, y vuelva a intentarlo.")
    return mensaje % {"mb": settings.MINKA_IMPORTACION_MAXIMO_MB}


def carpeta(uid: UUID) -> Path:
    return Path(settings.MEDIA_ROOT) / CARPETA / str(uid)


def guardar(uid: UUID, archivos: Iterable[UploadedFile]) -> Guardado:
    """Keep the upload of an import; raises ArchivoRechazado and then leaves nothing behind."""
    partes = _partes(list(archivos))
    destino = carpeta(uid)
    disco.exigir_espacio()
    destino.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    destino.mkdir(mode=0o700)
    try:
        for sufijo, archivo in partes.items():
            escribir(destino / f"{BASE}{sufijo}", archivo)
        return Guardado(_nombre_mostrado(partes), sha256(uid))
    except BaseException:
        borrar(uid)
        raise


def escribir(ruta: Path, archivo: UploadedFile) -> None:
    """Put an upload where nothing is yet, for us alone, and on disk for certain before its row says that it is there."""
    with os.fdopen(os.open(ruta, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
        for trozo in archivo.chunks():
            f.write(trozo)
        f.flush()
        os.fsync(f.fileno())


def principal(uid: UUID) -> Path | None:
    """The file to read (its companions lie beside it), or None when nothing is kept."""
    for sufijo in (".shp", *SOLOS):
        if (ruta := carpeta(uid) / f"{BASE}{sufijo}").is_file():
            return ruta
    return None


def sha256(uid: UUID) -> str:
    """Digest of everything kept for an import: names and contents of its parts, in order."""
    todo = hashlib.sha256()
    for ruta in sorted(carpeta(uid).glob(f"{BASE}.*")):
        with ruta.open("rb") as f:
            todo.update(f"{ruta.name}:{hashlib.file_digest(f, 'sha256').hexdigest()}\n".encode())
    return todo.hexdigest()


def borrar(uid: UUID) -> None:
    shutil.rmtree(carpeta(uid), ignore_errors=True)


def guardar_mapa(uid: UUID, mapa: dict[str, Any] | None) -> None:
    """Keep the drawing of a report, compressed as browsers take it; None takes the old one away."""
    ruta = carpeta(uid) / MAPA
    if mapa is None:
        ruta.unlink(missing_ok=True)
        return
    provisional = ruta.with_suffix(".parcial")
    cuerpo = json.dumps(mapa, ensure_ascii=False, separators=(",", ":")).encode()
    provisional.write_bytes(gzip.compress(cuerpo, compresslevel=5, mtime=0))
    provisional.replace(ruta)


def mapa(uid: UUID) -> bytes | None:
    """The compressed drawing of the last report, or None."""
    try:
        return (carpeta(uid) / MAPA).read_bytes()
    except FileNotFoundError:
        return None


def hay_mapa(uid: UUID) -> bool:
    return (carpeta(uid) / MAPA).is_file()


def guardadas(antes_de: datetime | None = None) -> Iterator[UUID]:
    """Imports of which something is kept on disk, older than a moment (a day ago unless told)."""
    antes_de = antes_de or timezone.now() - HUERFANA
    raiz = Path(settings.MEDIA_ROOT) / CARPETA
    for ruta in raiz.iterdir() if raiz.is_dir() else ():
        try:
            uid = UUID(ruta.name)
        except ValueError:
            continue
        if ruta.stat().st_mtime < antes_de.timestamp():
            yield uid


def nombre_limpio(nombre: str) -> str:
    """A file's name as it may be shown: no folders, no invisible characters, not too long."""
    ultimo = nombre.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    visible = "".join(c for c in unicodedata.normalize("NFC", ultimo) if unicodedata.category(c)[0] != "C")
    visible = " ".join(visible.split()).strip(". ") or BASE
    if len(visible) <= NOMBRE_MAXIMO:
        return visible
    sufijo = PurePosixPath(visible).suffix[:10]
    return f"{visible[: NOMBRE_MAXIMO - len(sufijo) - 1]}…{sufijo}"


def _partes(archivos: list[UploadedFile]) -> dict[str, UploadedFile]:
    """What to keep by suffix: one whole file, or the parts of one shapefile."""
    if not archivos:
        raise ArchivoRechazado(_("Elija un archivo."))
    if sum(a.size or 0 for a in archivos) > maximo():
        raise ArchivoRechazado(muy_grande())
    por_sufijo: dict[str, list[UploadedFile]] = {}
    for archivo in archivos:
        por_sufijo.setdefault(_sufijo(archivo), []).append(archivo)
    for sufijo in ACOMPANAN:
        por_sufijo.pop(sufijo, None)
    raros = [
        nombre_limpio(a.name or "") for s, varios in por_sufijo.items() if s not in (*SOLOS, *PARTES) for a in varios
    ]
    if raros:
        raise ArchivoRechazado(
            _("No se puede leer «%(nombre)s». Se espera GeoJSON, shapefile, GeoPackage o KML.") % {"nombre": raros[0]}
        )
    solos = [a for s in SOLOS for a in por_sufijo.get(s, [])]
    if len(solos) > 1 or (solos and len(por_sufijo) > 1):
        raise ArchivoRechazado(_("Suba un solo archivo a la vez, o las partes de un solo shapefile."))
    if not solos:
        _un_solo_shapefile(por_sufijo)
    return {sufijo: varios[0] for sufijo, varios in por_sufijo.items()}


def _un_solo_shapefile(por_sufijo: dict[str, list[UploadedFile]]) -> None:
    todos = [a for varios in por_sufijo.values() for a in varios]
    if len({_tronco(a) for a in todos}) > 1 or any(len(varios) > 1 for varios in por_sufijo.values()):
        raise ArchivoRechazado(_("Las partes son de más de un shapefile: suba las de uno solo (el mismo nombre)."))
    if ".shp" not in por_sufijo:
        raise ArchivoRechazado(
            _("Falta el archivo .shp: elija juntos el .shp, el .shx y el .dbf (y el .prj y el .cpg si los hay).")
        )


def _sufijo(archivo: UploadedFile) -> str:
    return PurePosixPath(nombre_limpio(archivo.name or "")).suffix.lower()


def _tronco(archivo: UploadedFile) -> str:
    return PurePosixPath(nombre_limpio(archivo.name or "")).stem.casefold()


def _nombre_mostrado(partes: dict[str, UploadedFile]) -> str:
    archivo = partes.get(".shp") or next(iter(partes.values()))
    return nombre_limpio(archivo.name or "")
