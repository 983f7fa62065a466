"""What the queue's jobs do with a file of demands: read it, write it; and what becomes of one whose worker died.

Whoever works on a load holds an advisory lock on its record, so that nobody else does, and so that death shows: the lock
goes with the connection.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django.models import ProcrastinateJob

from cuentas.auditoria import en_nombre_de
from cuentas.guardia import disco
from demandas.importacion.plan import Plan
from demandas.models import CargaDeDemandas, EstadoCarga, OrigenDeCarga
from demandas.services import deposito
from demandas.services.cargas import estado_del_informe, pedido_de
from demandas.services.importacion import escribir, planear
from territorio.services.importaciones import NoCorresponde
from territorio.services.marcha import SIN_LATIDO

E = EstadoCarga
CERROJO = 0x4D494E43  # first key of the advisory locks of loads; the second is the record's
EN_MARCHA = (E.EN_COLA, E.LEYENDO, E.CARGANDO)
TERMINADAS = (E.CON_ERRORES, E.POR_REVISAR, E.CARGADA, E.DESCARTADA, E.FALLIDA)
registro = logging.getLogger(__name__)


class CambioLoGuardado(Exception):
    """What would be written now is not what the report showed."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


def leer(*, uid: UUID, trabajo: int) -> None:
    """Read the file and keep its report and the digest of what it would write. Writes nothing else."""
    with _a_cargo(uid, trabajo, E.EN_COLA) as carga:
        if carga is None:
            return
        _dejar(carga, E.LEYENDO)
        try:
            disco.exigir_espacio()
            _dejar_informe(carga, planear(pedido_de(carga), simulado=True))
        except Exception as fallo:
            _fallar(carga, fallo)


def aplicar(*, uid: UUID, trabajo: int, por: int | None = None) -> None:
    """Write what the report showed, in one transaction, or nothing."""
    with _a_cargo(uid, trabajo, E.CARGANDO, por=por) as carga:
        if carga is None:
            return
        quien = get_user_model().objects.filter(pk=por).first()
        try:
            disco.exigir_espacio()
            with transaction.atomic():
                # One load of a municipality at a time: what one sees as new, another may be about to write.
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [CERROJO + 1, carga.municipio_id])
                pedido = pedido_de(carga)
                plan = planear(pedido)
                if plan.huella != carga.huella:
                    raise CambioLoGuardado(plan)
                plan.sin(carga.omitidas)
                escribir(plan, pedido, por=quien)
                _dejar(carga, E.CARGADA, informe=plan.informe.como_dict(), cargada=timezone.now())
        except CambioLoGuardado as cambio:
            _dejar_informe(
                carga,
                cambio.plan,
                _("Algo cambió después de leer el archivo: no se escribió nada. Este es el informe de ahora."),
            )
        except IntegrityError:
            registro.exception("La carga %s chocó con otra escritura", uid)
            _dejar(
                carga, E.FALLIDA, _("Otra persona guardó lo mismo a la vez; no se escribió nada. Inténtelo de nuevo.")
            )
        except Exception as fallo:
            _fallar(carga, fallo)


@transaction.atomic
def _liberar(pk: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [CERROJO, pk])
        if not cursor.fetchone()[0]:
            return False  # its connection lives: somebody is still at it
    # Looked at again under the lock: it may have ended meanwhile.
    carga = _varadas().select_for_update(no_key=True).filter(pk=pk).first()
    if carga is None:
        return False
    _dejar(carga, E.FALLIDA, _("El trabajo se interrumpió; no se escribió nada. Puede intentarlo otra vez."))
    return True


def _varadas():
    vivos = ProcrastinateJob.objects.filter(
        Q(status="todo") | Q(status="doing", worker__last_heartbeat__gte=timezone.now() - SIN_LATIDO)
    )
    return CargaDeDemandas.objects.filter(estado__in=EN_MARCHA).exclude(trabajo__in=vivos.values("id"))


def recuperar() -> int:
    """Set free the loads whose job or worker is gone; their work was rolled back with its connection. Says how many."""
    return sum(_liberar(pk) for pk in _varadas().values_list("pk", flat=True))


def limpiar() -> int:
    """Delete the files of loads that ended long ago, and those that belong to none. Says how many."""
    limite = timezone.now() - timedelta(days=settings.MINKA_IMPORTACION_DIAS)
    viejas = CargaDeDemandas.objects.filter(estado__in=TERMINADAS, creada__lt=limite).exclude(sha256="")
    borradas = 0
    for pk, uid in viejas.values_list("pk", "uid"):
        # The record first: one that says it has a file must have it.
        if viejas.filter(pk=pk).update(sha256=""):
            deposito.borrar(uid)
            borradas += 1
    conocidas = set(CargaDeDemandas.objects.exclude(sha256="").values_list("uid", flat=True))
    for uid in set(deposito.guardadas()) - conocidas:
        deposito.borrar(uid)
        borradas += 1
    return borradas


@contextmanager
def _a_cargo(uid: UUID, trabajo: int, estado: str, *, por: int | None = None) -> Iterator[CargaDeDemandas | None]:
    """Take the load in charge; None when another job has it, or when it is no longer where this job left it."""
    carga = CargaDeDemandas.objects.filter(uid=uid).first()
    if carga is None:
        yield None
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [CERROJO, carga.pk])
        if not cursor.fetchone()[0]:
            yield None
            return
    try:
        carga.refresh_from_db()
        quien = get_user_model().objects.filter(pk=por).first() if por else carga.por
        with en_nombre_de(quien, orden="cargas", carga=str(uid), trabajo=trabajo):
            yield carga if (carga.estado, carga.trabajo) == (estado, trabajo) else None
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [CERROJO, carga.pk])


def _dejar_informe(carga: CargaDeDemandas, plan: Plan, *mensajes: str) -> None:
    plan.informe.simulado = True
    informe = plan.informe.como_dict()
    conocidas = {fila["numero"] for fila in informe["filas"]}
    omitidas = [n for n in carga.omitidas if n in conocidas]
    _dejar(
        carga,
        estado_del_informe(informe, omitidas),
        *mensajes,
        informe=informe,
        huella=plan.huella,
        omitidas=omitidas,
        origen=OrigenDeCarga.ODK if informe["lectura"].get("envios") else OrigenDeCarga.TABLA,
    )


def _dejar(carga: CargaDeDemandas, estado: str, *mensajes: str, **campos) -> None:
    """Move the record on; only while it is still this job's, so that a late one changes nothing."""
    informe = campos.pop("informe", carga.informe) | {"mensajes": list(mensajes)}
    CargaDeDemandas.objects.filter(pk=carga.pk, trabajo=carga.trabajo).update(estado=estado, informe=informe, **campos)
    carga.informe, carga.estado = informe, estado


def _fallar(carga: CargaDeDemandas, fallo: Exception) -> None:
    registro.exception("Falló la carga %s", carga.uid)
    if disco.es_falta_de_espacio(fallo):
        causa = _("el servidor se quedó sin espacio en el disco; inténtelo otra vez cuando lo haya")
    else:
        causa = str(fallo) if isinstance(fallo, NoCorresponde) else type(fallo).__name__
    _dejar(carga, E.FALLIDA, _("No se pudo seguir (%s); no se escribió nada.") % causa)
