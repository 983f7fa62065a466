"""Make a backup: a dump and the files it speaks of, in one tar."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from cuentas.operacion import metricas
from cuentas.operacion.respaldo import manifiesto as m
from cuentas.operacion.respaldo.postgres import Falla, correr

NOMBRE = "minka-{:%Y%m%dT%H%M%SZ}.tar"


def respaldar(destino: Path, *, conservar: int | None = None) -> Path:
    """Write a backup in the folder `destino`, or as that file if it ends in .tar; keep only the newest `conservar`."""
    ahora = datetime.now(UTC)
    archivo = destino if destino.suffix == ".tar" else destino / NOMBRE.format(ahora)
    if archivo.exists():
        raise Falla(_("%s ya existe.") % archivo)
    archivo.parent.mkdir(parents=True, exist_ok=True)
    parcial, volcado = archivo.with_suffix(".parcial"), archivo.with_suffix(".base")
    try:
        # What may be deleted while the dump runs is kept by a second name; what comes meanwhile is read where it lies.
        with _segundos_nombres(ahora) as sombra:
            dicho = _volcar(volcado)
            _empacar(parcial, volcado, sombra, dicho | {"momento": ahora.isoformat(timespec="seconds")})
        parcial.rename(archivo)
    finally:
        volcado.unlink(missing_ok=True)
        parcial.unlink(missing_ok=True)
    _sincronizar(archivo.parent)
    _anotar(archivo, ahora)
    if conservar:
        _quitar_viejos(archivo, conservar)
    return archivo


def _volcar(volcado: Path) -> dict:
    """Dump the database, and tell of the very moment of the dump: rows, migrations, seal of the record."""
    volcado.touch(mode=0o600)
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version')")
        instante, postgresql = cursor.fetchone()
        dicho = {
            "version": m.version(),
            "postgresql": postgresql,
            "migraciones": m.migraciones(),
            "conteos": m.conteos(),
            "cadena": m.ultimo_sello(),
        }
        correr(
            "pg_dump", "--format=custom", f"--snapshot={instante}", f"--file={volcado}",
            base=connection.settings_dict["NAME"],
        )  # fmt: skip
    return dicho


@contextmanager
def _segundos_nombres(ahora: datetime) -> Iterator[Path]:
    """A folder beside the uploads in which each has a second name, where the disk knows such names."""
    raiz = Path(settings.MEDIA_ROOT)
    sombra = raiz / f".respaldo-{ahora:%Y%m%dT%H%M%S%f}"
    try:
        for relativa in _relativas(raiz):
            (sombra / relativa).parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(raiz / relativa, sombra / relativa)
            except FileNotFoundError:
                continue  # deleted just now
            except OSError:
                break  # a disk without second names
        yield sombra
    finally:
        shutil.rmtree(sombra, ignore_errors=True)


def _relativas(raiz: Path) -> list[Path]:
    """The regular files below a folder; hidden folders at its top are ours, for work under way."""
    if not raiz.is_dir():
        return []
    todas = (ruta for ruta in raiz.rglob("*") if ruta.is_file() and not ruta.is_symlink())
    return sorted(r for r in (ruta.relative_to(raiz) for ruta in todas) if not r.parts[0].startswith("."))


def _empacar(parcial: Path, volcado: Path, sombra: Path, dicho: dict) -> None:
    """Write the tar; the manifest comes last, so that a file cut short has none."""
    raiz = Path(settings.MEDIA_ROOT)
    parcial.touch(mode=0o600)
    with parcial.open("wb") as salida, tarfile.open(fileobj=salida, mode="w:") as tar:
        partes = [_agregar(tar, m.BASE, volcado)]
        for relativa in sorted({*_relativas(raiz), *_relativas(sombra)}):
            for donde in (raiz, sombra):
                try:
                    partes.append(_agregar(tar, m.ARCHIVOS + relativa.as_posix(), donde / relativa))
                    break
                except FileNotFoundError:
                    continue
        texto = m.Manifiesto(**dicho, partes=partes, carpetas=_carpetas(raiz)).como_texto()
        huella = hashlib.sha256(texto).hexdigest().encode()
        for nombre, contenido in ((m.MANIFIESTO, texto), (m.HUELLA, huella)):
            tar.addfile(_miembro(nombre, len(contenido)), io.BytesIO(contenido))
        tar.close()
        salida.flush()
        os.fsync(salida.fileno())


def _carpetas(raiz: Path) -> dict[str, int]:
    """Who may enter each folder of the uploads."""
    carpetas = {padre for relativa in _relativas(raiz) for padre in relativa.parents if padre.parts}
    return {c.as_posix(): (raiz / c).stat().st_mode & 0o777 for c in sorted(carpetas) if (raiz / c).is_dir()}


def _agregar(tar: tarfile.TarFile, nombre: str, ruta: Path) -> m.Parte:
    with ruta.open("rb") as flujo:
        estado = os.fstat(flujo.fileno())
        midiendo = m.Midiendo(flujo)
        tar.addfile(_miembro(nombre, estado.st_size, estado.st_mode), midiendo)  # type: ignore[arg-type]
    return m.Parte(nombre, estado.st_size, midiendo.huella.hexdigest())


def _miembro(nombre: str, tamano: int, modo: int = 0o600) -> tarfile.TarInfo:
    miembro = tarfile.TarInfo(nombre)
    miembro.size, miembro.mode = tamano, modo & 0o777
    return miembro


def _sincronizar(carpeta: Path) -> None:
    descriptor = os.open(carpeta, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _anotar(archivo: Path, cuando: datetime) -> None:
    """Leave word for the metrics."""
    marca = metricas.marca_de_respaldo()
    marca.parent.mkdir(exist_ok=True)
    nota = {"momento": cuando.isoformat(timespec="seconds"), "archivo": str(archivo), "bytes": archivo.stat().st_size}
    provisional = marca.with_suffix(".parcial")
    provisional.write_text(json.dumps(nota))
    provisional.chmod(0o644)  # read by the service, which may be another user
    provisional.replace(marca)


def _quitar_viejos(nuevo: Path, conservar: int) -> None:
    """Delete the oldest backups of the folder; their names sort by time."""
    for viejo in sorted(nuevo.parent.glob("minka-*.tar"))[:-conservar]:
        if viejo != nuevo:
            viejo.unlink()
