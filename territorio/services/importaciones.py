"""What people do with an import: bring a file, change what they said of it, accept, discard, stop, undo.

Each of these locks the record, checks that its state allows it, and leaves the long work to a job of the queue that is
stored in the same transaction.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import fields, replace
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from cuentas.permisos import exigir
from territorio import tareas
from territorio.importacion import dependencias
from territorio.importacion.lector import Opciones
from territorio.importacion.plan import Pedido
from territorio.models import EstadoImportacion, Importacion, Nivel, UnidadTerritorial
from territorio.permisos import IMPORTAR_LIMITES
from territorio.revision import Revision
from territorio.services import deposito

E = EstadoImportacion

# What may be asked of an import in each state; anything else is answered in words.
PERMITIDO: dict[str, frozenset[str]] = {
    "releer": frozenset({E.CON_ERRORES, E.POR_REVISAR, E.CANCELADA, E.FALLIDA}),
    "marcar": frozenset({E.CON_ERRORES, E.POR_REVISAR}),
    "aceptar": frozenset({E.POR_REVISAR}),
    "descartar": frozenset({E.EN_COLA, E.CON_ERRORES, E.POR_REVISAR, E.CANCELADA, E.FALLIDA}),
    "cancelar": frozenset({E.EN_COLA, E.LEYENDO, E.APLICANDO}),
    "deshacer": frozenset({E.APLICADA}),
}
SE_MIRAN_ANTES = 5_000  # units that a page may go through while somebody waits for it
VACIOS = {"informe", "mensajes", "omitidas"}  # an empty list or dict is a value here, to forms it is none
DE_LECTURA = frozenset(f.name for f in fields(Opciones)) - {"caja"}
DEL_PEDIDO = frozenset(f.name for f in fields(Pedido)) - {
    "archivo", "archivo_nombre", "nivel", "municipio", "lectura", "omitidas",
}  # fmt: skip


class NoCorresponde(Exception):
    """The state of the import does not allow what was asked; the message is Spanish, for people."""


def permite(importacion: Importacion, que: str) -> bool:
    """Whether the import's state allows an action; one whose file was deleted can no longer be read again."""
    if que in {"releer", "aceptar"} and not importacion.sha256:
        return False
    return importacion.estado in PERMITIDO[que]


def exigir_permiso(por, municipio: UnidadTerritorial | None) -> None:
    """Raise PermissionDenied unless `por` may import limits there; levels above any municipality are for superusers."""
    if municipio is not None:
        exigir(por, IMPORTAR_LIMITES, municipio)
    elif not (por.is_active and por.is_superuser):
        raise PermissionDenied(_("Los límites municipales y superiores solo los carga quien administra el sistema."))


@transaction.atomic
def recibir(
    *, por, nivel: Nivel, municipio: UnidadTerritorial | None, archivos: Iterable[UploadedFile], **opciones: Any
) -> Importacion:
    """Keep an uploaded file and have it read; raises ArchivoRechazado. `opciones` are those of `Pedido` and `Opciones`."""
    if nivel.es_municipal_o_superior:
        municipio = None
    elif municipio is None:
        raise NoCorresponde(_("Falta decir de qué municipio son las unidades."))
    exigir_permiso(por, municipio)
    importacion = Importacion(municipio=municipio, nivel=nivel, por=por)
    guardado = deposito.guardar(importacion.uid, archivos)
    try:
        importacion.archivo, importacion.sha256 = guardado.nombre, guardado.sha256
        base = Pedido(
            archivo=deposito.principal(importacion.uid),
            nivel=nivel.codigo,
            municipio=municipio.codigo if municipio else None,
            archivo_nombre=guardado.nombre,
        )
        # A day that is stated once, so that accepting tomorrow writes what was shown today.
        opciones["vigente_desde"] = opciones.get("vigente_desde") or timezone.localdate()
        importacion.pedido = _con(base, opciones).como_dict()
        importacion.full_clean(exclude=VACIOS)
        importacion.save()
        _encolar(importacion, tareas.leer_importacion)
    except BaseException:
        deposito.borrar(importacion.uid)
        raise
    return importacion


@transaction.atomic
def releer(*, uid: UUID, por, **opciones: Any) -> Importacion:
    """Have the file read again, with what the person now says of it; rows that were taken off stay off."""
    importacion = _bloquear(uid, por, "releer")
    pedido = Pedido.de_dict(importacion.pedido, deposito.carpeta(uid))
    pedido = replace(pedido, omitidas=frozenset(importacion.omitidas))
    importacion.pedido = _con(pedido, opciones).como_dict()
    importacion.estado, importacion.huella = E.EN_COLA, ""
    return _encolar(importacion, tareas.leer_importacion)


@transaction.atomic
def marcar(*, uid: UUID, por, omitir: Collection[int] = (), cargar: Collection[int] = ()) -> Importacion:
    """Take rows off the import, or put them back."""
    importacion = _bloquear(uid, por, "marcar")
    conocidas = importacion.filas.filter(numero__in=set(omitir)).values_list("numero", flat=True)
    importacion.omitidas = sorted((set(importacion.omitidas) - set(cargar)) | set(conocidas))
    importacion.save(update_fields=["omitidas", "cambiada"])
    return importacion


@transaction.atomic
def aceptar(*, uid: UUID, por, huella: str, omitidas: Collection[int] | None = None) -> Importacion:
    """Have the import written as its report showed it; `huella` is that of the report the person saw."""
    importacion = _bloquear(uid, por, "aceptar")
    if huella != importacion.huella:
        raise NoCorresponde(_("El informe cambió después de que usted lo vio: revíselo otra vez antes de aceptar."))
    if omitidas is not None:
        importacion.omitidas = sorted(set(omitidas))
    revision = Revision(importacion)
    if revision.vuelven:
        raise NoCorresponde(
            _("Hay filas que se vuelven a incluir y el informe no las revisó: vuelva a leer el archivo.")
        )
    if not revision.por_cargar:
        raise NoCorresponde(_("No hay nada que cargar: todas las filas están iguales o quedaron fuera."))
    importacion.estado, importacion.aceptada_por = E.APLICANDO, por
    return _encolar(importacion, tareas.aplicar_importacion)


@transaction.atomic
def descartar(*, uid: UUID, por) -> Importacion:
    """Give the import up: nothing of it was written, nothing will be."""
    importacion = _bloquear(uid, por, "descartar")
    _sacar_de_la_cola(importacion)
    importacion.estado = E.DESCARTADA
    return _guardar(importacion)


@transaction.atomic
def cancelar(*, uid: UUID, por) -> Importacion:
    """Stop the work under way: at once where it has not begun, else as soon as the job looks."""
    importacion = _bloquear(uid, por, "cancelar")
    if _sacar_de_la_cola(importacion):
        importacion.estado = E.POR_REVISAR if importacion.estado == E.APLICANDO else E.CANCELADA
        return _guardar(importacion)
    importacion.cancelar = True
    importacion.save(update_fields=["cancelar", "cambiada"])
    return importacion


@transaction.atomic
def pedir_deshacer(*, uid: UUID, por) -> Importacion:
    """Have everything that the import wrote taken back."""
    importacion = _bloquear(uid, por, "deshacer")
    importacion.estado = E.DESHACIENDO
    return _encolar(importacion, tareas.deshacer_importacion, por=por.pk)


def impedimentos(importacion: Importacion) -> list[str]:
    """What came later and rests on the import, in words: while there is any it cannot be undone.

    Of a very large import nothing is said beforehand: the job that undoes it looks first, and says it then.
    """
    if importacion.cambios.count() > SE_MIRAN_ANTES:
        return []
    try:
        dependencias.exigir(importacion, list(importacion.cambios.select_related("unidad").order_by("pk")))
    except dependencias.NoSePuedeDeshacer as no:
        return no.mensajes
    return []


def _bloquear(uid: UUID, por, que: str) -> Importacion:
    # Not FOR UPDATE: a job that writes rows which point here would make every reader of the page wait for its end.
    importacion = Importacion.objects.select_for_update(no_key=True).get(uid=uid)
    exigir_permiso(por, importacion.municipio)
    if permite(importacion, que):
        return importacion
    if not importacion.sha256 and importacion.estado in PERMITIDO[que]:
        raise NoCorresponde(_("El archivo de esta importación ya se borró: súbalo otra vez."))
    raise NoCorresponde(
        _("Esta importación está %(estado)s: ya no se puede %(accion)s.")
        % {"estado": importacion.get_estado_display(), "accion": _ACCIONES[que]()}
    )


_ACCIONES: dict[str, Callable[[], str]] = {
    "releer": lambda: _("volver a leer"),
    "marcar": lambda: _("cambiar sus filas"),
    "aceptar": lambda: _("aceptar"),
    "descartar": lambda: _("descartar"),
    "cancelar": lambda: _("detener"),
    "deshacer": lambda: _("deshacer"),
}


def _con(pedido: Pedido, opciones: dict[str, Any]) -> Pedido:
    """`pedido` with what `opciones` say; a name that is not an option is a programming error."""
    if sobran := set(opciones) - DE_LECTURA - DEL_PEDIDO:
        raise TypeError(f"No son opciones de una importación: {', '.join(sorted(sobran))}")
    lectura = replace(pedido.lectura, **{k: v for k, v in opciones.items() if k in DE_LECTURA})
    return replace(pedido, lectura=lectura, **{k: v for k, v in opciones.items() if k in DEL_PEDIDO})


def _encolar(importacion: Importacion, tarea, **argumentos: Any) -> Importacion:
    """Store the record together with the job that will carry it on: either both are there or neither."""
    importacion.mensajes, importacion.paso, importacion.progreso, importacion.cancelar = [], "", 0, False
    importacion.trabajo = tarea.defer(uid=str(importacion.uid), **argumentos)
    importacion.full_clean(exclude=VACIOS)
    importacion.save()
    return importacion


def _guardar(importacion: Importacion) -> Importacion:
    importacion.mensajes, importacion.paso, importacion.progreso = [], "", 0
    importacion.save()
    return importacion


def _sacar_de_la_cola(importacion: Importacion) -> bool:
    """Take the job out of the queue; False when it has begun, is over or never was."""
    return importacion.trabajo is not None and app.job_manager.cancel_job_by_id(importacion.trabajo)
