"""What people do with documents and photos: bring them, publish them, withdraw them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cuentas.guardia import disco
from cuentas.permisos import Accion, exigir, puede
from territorio.adjuntos import almacen, enlaces
from territorio.adjuntos.examen import Examen, examinar
from territorio.adjuntos.proceso import ORIGINAL
from territorio.models import IMAGENES, Archivo, ClaseDeArchivo, UnidadTerritorial
from territorio.permisos import PUBLICAR_ARCHIVO
from territorio.services.deposito import ArchivoRechazado, nombre_limpio
from territorio.services.importaciones import NoCorresponde

POR_OBJETO = 300  # files that one demand or project may have


class ArchivoRepetido(ArchivoRechazado):
    """The very same bytes hang on the thing already, as `archivo`."""

    def __init__(self, archivo: Archivo) -> None:
        super().__init__(_("Este archivo ya está: es «%(nombre)s».") % {"nombre": archivo.nombre})
        self.archivo = archivo


@dataclass(frozen=True)
class _Listo:
    """A file that is on disk already, and what is known of it."""

    examen: Examen
    bytes: int
    sha256: str
    guardados: dict[str, str]


def maximo_mb(clase: str) -> int:
    """What a file of a kind may weigh."""
    return settings.MINKA_FOTO_MAXIMO_MB if clase == ClaseDeArchivo.FOTO else settings.MINKA_DOCUMENTO_MAXIMO_MB


def guardar_archivo(
    *, por, accion: Accion, municipio: UnidadTerritorial, archivo: UploadedFile, clase: str, publico: bool = False
) -> Archivo:
    """Keep a file to which something will refer; raises ArchivoRechazado. `accion` is what the bringer must be allowed."""
    exigir(por, accion, municipio)
    with _en_disco(archivo, clase) as listo, transaction.atomic():
        return _anotar(listo, por=por, municipio=municipio, nombre=archivo.name or "", clase=clase, publico=publico)


def adjuntar(*, por, objeto: models.Model, archivo: UploadedFile, clase: str) -> Archivo:
    """Attach a file to a demand or a project; nobody but the members sees it until it is published."""
    enlace = enlaces.de(objeto)
    exigir(por, enlace.accion, objeto.municipio, objeto)
    with _en_disco(archivo, clase) as listo, transaction.atomic():
        bloqueado = enlace.objetos._default_manager.select_for_update(of=("self",), no_key=True).get(pk=objeto.pk)
        suyos = Archivo.objects.vigentes().filter(pk__in=enlace.de_objeto(bloqueado))
        if repetido := suyos.filter(sha256=listo.sha256).first():
            raise ArchivoRepetido(repetido)
        if suyos.count() >= POR_OBJETO:
            raise ArchivoRechazado(_("Ya hay %(n)s archivos, que es el máximo.") % {"n": POR_OBJETO})
        nuevo = _anotar(
            listo, por=por, municipio=bloqueado.municipio, nombre=archivo.name or "", clase=clase, de=enlace.clase
        )
        enlace.enlazar(bloqueado, nuevo)
        return nuevo


@transaction.atomic
def publicar(*, uid: UUID, por, publico: bool, con_lugar: bool = False) -> Archivo:
    """Show a file to visitors, with the place of a photo or without; or to the members only again."""
    archivo = _bloqueado(uid)
    enlace = enlaces.de_clase(archivo.de)
    objeto = enlace.objeto_de(archivo) if enlace else None
    exigir(por, PUBLICAR_ARCHIVO, archivo.municipio, objeto)
    if enlace is None:
        raise NoCorresponde(_("Este archivo es parte de un acto formal y se ve con él."))
    if archivo.retirado:
        raise NoCorresponde(_("El archivo fue retirado."))
    if publico and not enlace.esta_publicado(objeto):
        raise NoCorresponde(_("Primero publique aquello a lo que está adjunto: así como está, nadie lo vería."))
    archivo.publico, archivo.con_lugar = publico, publico and con_lugar and archivo.punto is not None
    archivo.full_clean()
    archivo.save(update_fields=["publico", "con_lugar"])
    return archivo


@transaction.atomic
def retirar(*, uid: UUID, por, motivo: str) -> Archivo:
    """Take a file out of sight, saying why; its bytes and its record stay. One who brought it may, besides who publishes."""
    archivo = _bloqueado(uid)
    if not puede_retirar(por, archivo):
        raise PermissionDenied(_("Solo quien lo subió o quien publica archivos puede retirarlo."))
    if archivo.retirado:
        raise NoCorresponde(_("El archivo ya fue retirado."))
    if not enlaces.de_clase(archivo.de):
        raise NoCorresponde(_("Este archivo es parte de un acto formal y no se retira."))
    archivo.motivo_retiro = " ".join(motivo.replace("\x00", "").split())
    if not archivo.motivo_retiro:
        raise NoCorresponde(_("Diga por qué se retira."))
    archivo.publico = archivo.con_lugar = False
    archivo.retirado, archivo.retirado_por = timezone.now(), por
    archivo.full_clean()
    archivo.save(update_fields=["publico", "con_lugar", "retirado", "retirado_por", "motivo_retiro"])
    return archivo


def puede_retirar(por, archivo: Archivo) -> bool:
    enlace = enlaces.de_clase(archivo.de)
    objeto = enlace.objeto_de(archivo) if enlace else None
    if puede(por, PUBLICAR_ARCHIVO, archivo.municipio, objeto):
        return True
    return archivo.por_id == por.pk and enlace is not None and puede(por, enlace.accion, archivo.municipio, objeto)


# --- what they share --------------------------------------------------------------------------------------------------
@contextmanager
def _en_disco(archivo: UploadedFile, clase: str) -> Iterator[_Listo]:
    """The file examined and stored for good before its row is written; gone again where the row is not."""
    if clase not in ClaseDeArchivo.values:
        raise ArchivoRechazado(_("Diga qué es: foto, acta, norma u otro documento."))
    maximo = maximo_mb(clase)
    muy_grande = _("«%(nombre)s» pasa de %(mb)s MB.") % {"nombre": nombre_limpio(archivo.name or ""), "mb": maximo}
    if (archivo.size or 0) > maximo * 1024 * 1024:
        raise ArchivoRechazado(muy_grande)
    disco.exigir_espacio()
    guardados: dict[str, str] = {}
    try:
        with almacen.entrante() as carpeta:
            recibido = almacen.recibir(archivo, carpeta / ORIGINAL, maximo * 1024 * 1024)
            if recibido is None:
                raise ArchivoRechazado(muy_grande)
            if recibido[0] == 0:
                raise ArchivoRechazado(_("El archivo está vacío."))
            examen = examinar(carpeta)
            if clase == ClaseDeArchivo.FOTO and examen.tipo not in IMAGENES:
                raise ArchivoRechazado(_("No es una foto. Si es un documento, dígalo al subirlo."))
            for parte in (ORIGINAL, "copia", "miniatura"):
                if (carpeta / parte).is_file():
                    guardados[parte] = almacen.guardar(carpeta / parte)
        yield _Listo(examen, *recibido, guardados)
    except BaseException:
        for nombre in guardados.values():
            almacen.borrar(nombre)
        raise


def _anotar(listo: _Listo, *, por, municipio, nombre: str, clase: str, de: str = "", publico: bool = False) -> Archivo:
    nuevo = Archivo(
        municipio=municipio,
        de=de,
        clase=clase,
        nombre=nombre_limpio(nombre),
        tipo=listo.examen.tipo,
        bytes=listo.bytes,
        sha256=listo.sha256,
        ancho=listo.examen.ancho,
        alto=listo.examen.alto,
        tomada=listo.examen.tomada,
        punto=listo.examen.punto,
        publico=publico,
        por=por,
        **listo.guardados,
    )
    nuevo.full_clean()
    nuevo.save()
    return nuevo


def _bloqueado(uid: UUID) -> Archivo:
    bloqueables = Archivo.objects.select_for_update(of=("self",), no_key=True).select_related("municipio")
    archivo = bloqueables.filter(uid=uid).first()
    if archivo is None:  # a neighbour's: the database lets it be read, when it is public, and not be locked
        raise PermissionDenied(_("Este archivo es de otro municipio."))
    return archivo
