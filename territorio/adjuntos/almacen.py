"""Where the bytes of documents and photos lie: outside of what is served, under random names, written before their row."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from cuentas.aislamiento import alcance_total
from territorio.models import Archivo

CARPETA, ENTRANTES = "adjuntos", "entrantes"
HUERFANO = timedelta(days=1)


def raiz() -> Path:
    return Path(settings.MEDIA_ROOT) / CARPETA


def ruta(nombre: str) -> Path:
    """Where a stored name lies; two letters of it name its folder."""
    return raiz() / nombre[:2] / nombre


@contextmanager
def entrante() -> Iterator[Path]:
    """A private folder, on the disk where files are kept, for one that is coming in; it goes when the block ends."""
    carpeta = raiz() / ENTRANTES / secrets.token_hex(16)
    _hacer_carpeta(carpeta)
    try:
        yield carpeta
    finally:
        shutil.rmtree(carpeta, ignore_errors=True)


def recibir(archivo: UploadedFile, destino: Path, maximo: int) -> tuple[int, str] | None:
    """Write an upload; gives its bytes and SHA-256, or None where it has more than `maximo` bytes."""
    total, huella = 0, hashlib.sha256()
    with os.fdopen(os.open(destino, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
        for trozo in archivo.chunks():
            total += len(trozo)
            if total > maximo:
                return None
            huella.update(trozo)
            f.write(trozo)
    return total, huella.hexdigest()


def guardar(origen: Path) -> str:
    """Move a finished file to a random name, on disk for certain when this returns; gives the name."""
    nombre = secrets.token_hex(20)
    destino = ruta(nombre)
    _hacer_carpeta(destino.parent)
    origen.chmod(0o600)
    _al_disco(origen)
    origen.replace(destino)
    _al_disco(destino.parent)
    return nombre


def borrar(nombre: str) -> None:
    ruta(nombre).unlink(missing_ok=True)


def limpiar() -> int:
    """Delete what belongs to no row and has lain there for more than a day: uploads that were cut off. Says how many."""
    limite = (timezone.now() - HUERFANO).timestamp()
    viejos = {r.name: r for r in _guardados() if _escrito(r) < limite}
    # All rows, whoever runs this: one that could not be seen would lose its file.
    with transaction.atomic(), alcance_total():
        for archivo in Archivo.objects.only(*_NOMBRES).iterator():
            for nombre in archivo.guardados:
                viejos.pop(nombre, None)
    for huerfano in viejos.values():
        huerfano.unlink(missing_ok=True)
    interrumpidas = [r for r in (raiz() / ENTRANTES).glob("*") if _escrito(r) < limite]
    for carpeta in interrumpidas:
        shutil.rmtree(carpeta, ignore_errors=True)
    return len(viejos) + len(interrumpidas)


def diferencias() -> list[str]:
    """Rows whose bytes are missing or are not those that were brought, in words."""
    halladas = []
    for archivo in Archivo.objects.order_by("pk").iterator():
        faltan = [nombre for nombre in archivo.guardados if not ruta(nombre).is_file()]
        if faltan:
            halladas.append(f"archivo {archivo.uid} («{archivo.nombre}»): falta en el disco {', '.join(faltan)}")
            continue
        with ruta(archivo.original).open("rb") as f:
            if hashlib.file_digest(f, "sha256").hexdigest() != archivo.sha256:
                halladas.append(f"archivo {archivo.uid} («{archivo.nombre}»): no es el que se subió")
    return halladas


_NOMBRES = ("original", "copia", "miniatura")


def _guardados() -> Iterator[Path]:
    """All stored files, by their folders of two letters."""
    return (r for r in raiz().glob("[0-9a-f][0-9a-f]/*") if r.is_file())


def _escrito(ruta_: Path) -> float:
    """When it was written; now, where it went meanwhile."""
    try:
        return ruta_.stat().st_mtime
    except FileNotFoundError:
        return timezone.now().timestamp()


def _hacer_carpeta(carpeta: Path) -> None:
    """With its parents down from MEDIA_ROOT, for our eyes only."""
    carpeta.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    carpeta.mkdir(mode=0o700, exist_ok=True)


def _al_disco(ruta_: Path) -> None:
    descriptor = os.open(ruta_, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
