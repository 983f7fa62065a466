"""What a backup says of itself: when, which version, how many rows, the seal of the record, the digest of each part."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from cuentas.models import Eslabon
from cuentas.operacion.respaldo.postgres import Falla

FORMATO = 1
BASE = "base.dump"
ARCHIVOS = "archivos/"
MANIFIESTO = "manifiesto.json"
HUELLA = "manifiesto.sha256"
TROZO = 1 << 20


@dataclass(frozen=True)
class Parte:
    nombre: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifiesto:
    momento: str
    version: str
    postgresql: str
    migraciones: list[str]
    conteos: dict[str, int]
    cadena: tuple[int, str]
    partes: list[Parte]
    carpetas: dict[str, int]
    formato: int = FORMATO

    def como_texto(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()

    @classmethod
    def de_texto(cls, texto: bytes) -> Manifiesto:
        datos = json.loads(texto)
        if datos.get("formato") != FORMATO:
            raise Falla(
                _("El respaldo es de otro formato (%s): use la versión de Minka que lo hizo.") % datos["formato"]
            )
        return cls(
            **datos | {"cadena": tuple(datos["cadena"]), "partes": [Parte(**parte) for parte in datos["partes"]]}
        )


# --- what the database holds ------------------------------------------------------------------------------------------
def conteos() -> dict[str, int]:
    """Rows of each table of a model, as the transaction under way sees them."""
    tablas = sorted({m._meta.db_table for m in apps.get_models(include_auto_created=True) if m._meta.managed})
    presentes = set(connection.introspection.table_names())
    contadas = {}
    with connection.cursor() as cursor:
        for tabla in tablas:
            if tabla in presentes:
                cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(tabla)}")  # noqa: S608
                contadas[tabla] = cursor.fetchone()[0]
    return contadas


def ultimo_sello() -> tuple[int, str]:
    """Number and seal of the newest link of the record of changes."""
    ultimo = Eslabon.objects.order_by("-numero").values_list("numero", "sello").first()
    return (ultimo[0], bytes(ultimo[1]).hex()) if ultimo else (0, "")


def sello_guardado(numero: int) -> str:
    """The seal that the link of that number has now; empty where there is none."""
    sello = Eslabon.objects.filter(numero=numero).values_list("sello", flat=True).first()
    return bytes(sello).hex() if sello is not None else ""


def migraciones() -> list[str]:
    return sorted(f"{app}.{nombre}" for app, nombre in MigrationRecorder(connection).applied_migrations())


def version() -> str:
    """Of the program, as pyproject.toml says."""
    import tomllib

    with (Path(settings.BASE_DIR) / "pyproject.toml").open("rb") as f:
        return tomllib.load(f)["project"]["version"]


# --- proving a file ---------------------------------------------------------------------------------------------------
@contextmanager
def abrir(archivo: Path) -> Iterator[tarfile.TarFile]:
    """The backup as a tar file; whatever is wrong with it is told in words."""
    try:
        with tarfile.open(archivo, "r:") as tar:
            yield tar
    except FileNotFoundError as error:
        raise Falla(_("No existe %s.") % archivo) from error
    except (tarfile.TarError, EOFError, OSError) as error:
        mensaje = _("%(archivo)s está cortado o dañado (%(error)s): no se tocó nada. Use otro respaldo.")
        raise Falla(mensaje % {"archivo": archivo.name, "error": error}) from error


def revisar(archivo: Path) -> Manifiesto:
    """Read the whole file and prove every part of it; raises Falla, saying what is wrong."""
    with abrir(archivo) as tar:
        miembros = {miembro.name: miembro for miembro in tar.getmembers()}
        if MANIFIESTO not in miembros or HUELLA not in miembros:
            mensaje = _("%s está cortado o no es un respaldo de Minka: le falta el manifiesto. No se tocó nada.")
            raise Falla(mensaje % archivo.name)
        texto = _contenido(tar, miembros[MANIFIESTO])
        if hashlib.sha256(texto).hexdigest() != _contenido(tar, miembros[HUELLA]).decode(errors="replace").strip():
            raise Falla(_("El manifiesto de %s está dañado. No se tocó nada.") % archivo.name)
        manifiesto = Manifiesto.de_texto(texto)
        esperadas = {parte.nombre: parte for parte in manifiesto.partes}
        if set(miembros) - {MANIFIESTO, HUELLA} != set(esperadas):
            raise Falla(_("A %s le faltan o le sobran partes. No se tocó nada.") % archivo.name)
        for nombre, parte in esperadas.items():
            _probar(tar, miembros[nombre], parte)
    return manifiesto


def _contenido(tar: tarfile.TarFile, miembro: tarfile.TarInfo) -> bytes:
    flujo = tar.extractfile(miembro)
    return flujo.read(TROZO * 64) if flujo else b""


def _probar(tar: tarfile.TarFile, miembro: tarfile.TarInfo, parte: Parte) -> None:
    ruta = PurePosixPath(miembro.name)
    if not miembro.isfile() or ruta.is_absolute() or ".." in ruta.parts:
        raise Falla(_("La parte «%s» no es un archivo que Minka guarde. No se tocó nada.") % miembro.name)
    flujo = tar.extractfile(miembro)
    huella = hashlib.sha256()
    while flujo and (trozo := flujo.read(TROZO)):
        huella.update(trozo)
    if miembro.size != parte.bytes or huella.hexdigest() != parte.sha256:
        raise Falla(_("La parte «%s» está dañada. No se tocó nada: use otro respaldo.") % miembro.name)


class Midiendo:
    """A file that is read once, into the tar, and digested as it passes."""

    def __init__(self, flujo: IO[bytes]) -> None:
        self.flujo, self.huella = flujo, hashlib.sha256()

    def read(self, cuantos: int = -1) -> bytes:
        trozo = self.flujo.read(cuantos)
        self.huella.update(trozo)
        return trozo
