"""What people do with a file of demands: bring it, answer what it asks, leave rows out, accept it, give it up.

Each of these locks the record, checks that its state allows it, and leaves the long work to a job of the queue that is
stored in the same transaction.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from cuentas.permisos import exigir, puede
from demandas import tareas
from demandas.models import CargaDeDemandas, EstadoCarga
from demandas.permisos import CARGAR_DEMANDAS, PUBLICAR_DEMANDA
from demandas.services import deposito
from territorio.importacion.lector import Opciones
from territorio.importacion.pedido_tabla import PedidoTabla
from territorio.models import UnidadTerritorial
from territorio.services.importaciones import NoCorresponde

E = EstadoCarga
FILAS_MAXIMAS = 10_000  # of a file that somebody goes through row by row; the command line takes more
PERMITIDO: dict[str, frozenset[str]] = {
    "releer": frozenset({E.CON_ERRORES, E.POR_REVISAR, E.FALLIDA}),
    "marcar": frozenset({E.CON_ERRORES, E.POR_REVISAR}),
    "aceptar": frozenset({E.POR_REVISAR}),
    "descartar": frozenset({E.EN_COLA, E.CON_ERRORES, E.POR_REVISAR, E.FALLIDA}),
}
VACIOS = {"informe", "omitidas", "huella", "pedido"}  # an empty list or dict is a value here, to forms it is none
_DE_LECTURA = ("capa", "codificacion", "crs")


def permite(carga: CargaDeDemandas, que: str) -> bool:
    """Whether the load's state allows an action; one whose file was deleted can no longer be read."""
    if que in {"releer", "aceptar"} and not carga.sha256:
        return False
    return carga.estado in PERMITIDO[que]


@transaction.atomic
def recibir(
    *, por, municipio: UnidadTerritorial, archivo: UploadedFile, publicar: bool = False, fuente: str = ""
) -> CargaDeDemandas:
    """Keep an uploaded file and have it read; raises `ArchivoRechazado`. What is loaded is a draft unless `publicar`."""
    exigir(por, CARGAR_DEMANDAS, municipio)
    if publicar:
        exigir(por, PUBLICAR_DEMANDA, municipio)
    carga = CargaDeDemandas(municipio=municipio, por=por)
    guardado = deposito.guardar(carga.uid, archivo)
    try:
        carga.archivo, carga.sha256 = guardado.nombre, guardado.sha256
        ruta = deposito.principal(carga.uid)
        assert ruta is not None
        carga.pedido = PedidoTabla(
            archivo=ruta,
            archivo_nombre=guardado.nombre,
            municipio=municipio.codigo,
            lectura=Opciones(caja=settings.MINKA_CAJA),
            publicar=publicar,
            fuente=fuente,
            maximo=FILAS_MAXIMAS,
        ).como_dict()
        return _encolar(carga, tareas.leer_carga)
    except BaseException:
        deposito.borrar(carga.uid)
        raise


@transaction.atomic
def releer(
    *, uid: UUID, por, columnas: dict[str, str] | None = None, valores: dict[str, str] | None = None, **lectura: Any
) -> CargaDeDemandas:
    """Have the file read again, with what the person now says of its sheet, encoding, columns or words."""
    carga = _bloquear(uid, por, "releer")
    pedido = pedido_de(carga)
    if sobran := set(lectura) - set(_DE_LECTURA):
        raise TypeError(f"No son opciones de una carga: {', '.join(sorted(sobran))}")
    carga.pedido = replace(
        pedido,
        lectura=replace(pedido.lectura, **lectura),
        columnas=pedido.columnas if columnas is None else columnas,
        valores=pedido.valores | (valores or {}),
    ).como_dict()
    carga.estado, carga.huella = E.EN_COLA, ""
    return _encolar(carga, tareas.leer_carga)


@transaction.atomic
def marcar(*, uid: UUID, por, omitir: Collection[int] = (), cargar: Collection[int] = ()) -> CargaDeDemandas:
    """Leave rows out, or put them back; a file whose only errors are in rows left out may be accepted."""
    carga = _bloquear(uid, por, "marcar")
    conocidas = {fila["numero"] for fila in carga.informe.get("filas", [])}
    carga.omitidas = sorted((set(carga.omitidas) - set(cargar)) | (conocidas & set(omitir)))
    carga.estado = estado_del_informe(carga.informe, carga.omitidas)
    carga.save(update_fields=["omitidas", "estado"])
    return carga


@transaction.atomic
def aceptar(*, uid: UUID, por, huella: str) -> CargaDeDemandas:
    """Have the file written as its report showed it; `huella` is that of the report the person saw."""
    carga = _bloquear(uid, por, "aceptar")
    if not huella or huella != carga.huella:
        raise NoCorresponde(_("El informe cambió después de que usted lo vio: revíselo otra vez antes de aceptar."))
    if carga.pedido["publicar"]:
        exigir(por, PUBLICAR_DEMANDA, carga.municipio)
    omitidas = set(carga.omitidas)
    quedan = [f for f in carga.informe["filas"] if f["estado"] in {"nueva", "cambiada"} and f["numero"] not in omitidas]
    if not quedan and not carga.informe.get("cuentas", {}).get("hallazgos_nuevos"):
        raise NoCorresponde(_("No hay nada que cargar: todas las filas están iguales o quedaron fuera."))
    carga.estado = E.CARGANDO
    return _encolar(carga, tareas.escribir_carga, por=por.pk)


@transaction.atomic
def descartar(*, uid: UUID, por) -> CargaDeDemandas:
    """Give the load up: nothing of it was written, nothing will be."""
    carga = _bloquear(uid, por, "descartar")
    if carga.trabajo is not None:
        app.job_manager.cancel_job_by_id(carga.trabajo)
    carga.estado = E.DESCARTADA
    carga.save(update_fields=["estado"])
    return carga


def estado_del_informe(informe: dict[str, Any], omitidas: Collection[int]) -> str:
    """Whether what a report shows may be accepted, once some rows are left out."""
    fuera = set(omitidas)
    errores = (p for p in informe.get("problemas", []) if p["gravedad"] == "error")
    return E.CON_ERRORES if any(p["fila"] not in fuera for p in errores) else E.POR_REVISAR


def pedido_de(carga: CargaDeDemandas) -> PedidoTabla:
    """The request with its file, proven to be the one that was uploaded."""
    ruta = deposito.principal(carga.uid)
    if ruta is None or deposito.sha256(carga.uid) != carga.sha256:
        raise NoCorresponde(_("El archivo guardado ya no está, o no es el que se subió: súbalo otra vez."))
    return PedidoTabla.de_dict(carga.pedido, ruta)


def puede_publicar(usuario, municipio: UnidadTerritorial) -> bool:
    return puede(usuario, PUBLICAR_DEMANDA, municipio)


def _bloquear(uid: UUID, por, que: str) -> CargaDeDemandas:
    carga = (
        CargaDeDemandas.objects.select_for_update(of=("self",), no_key=True).select_related("municipio").get(uid=uid)
    )
    exigir(por, CARGAR_DEMANDAS, carga.municipio)
    if permite(carga, que):
        return carga
    if not carga.sha256 and carga.estado in PERMITIDO[que]:
        raise NoCorresponde(_("El archivo de esta carga ya se borró: súbalo otra vez."))
    raise NoCorresponde(_("Esta carga está %(estado)s: ya no se puede.") % {"estado": carga.get_estado_display()})


def _encolar(carga: CargaDeDemandas, tarea, **argumentos: Any) -> CargaDeDemandas:
    """Store the record together with the job that will carry it on: either both are there or neither."""
    carga.trabajo = tarea.defer(uid=str(carga.uid), **argumentos)
    carga.full_clean(exclude=VACIOS)
    carga.save()
    return carga
