"""What the queue's jobs do with an import: read it, write it, undo it; and what becomes of one whose worker died.

Whoever works on an import holds an advisory lock on its record, so that nobody else does, and so that death shows: the
lock goes with the connection.
"""

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.db.models.functions import AsGeoJSON, GeoFunc
from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from cuentas.auditoria import en_nombre_de
from cuentas.guardia import disco
from territorio.importacion import deshacer as deshacedor
from territorio.importacion import filas
from territorio.importacion.escritor import escribir
from territorio.importacion.informe import Cancelada
from territorio.importacion.limites import planear
from territorio.importacion.plan import Pedido, Plan
from territorio.localizacion import bloquear_limites
from territorio.models import EN_MARCHA, EstadoImportacion, Importacion, Limite
from territorio.services import deposito

E = EstadoImportacion
CERROJO = 0x4D494E4B  # first key of the advisory locks of imports; the second is the record's
SIN_LATIDO = timedelta(seconds=30)  # three beats of a worker
CADA = 0.4  # seconds between looks at the record
TERMINADAS = (E.CON_ERRORES, E.APLICADA, E.DESHECHA, E.DESCARTADA, E.CANCELADA, E.FALLIDA)
registro = logging.getLogger(__name__)


class CambioElTerritorio(Exception):
    """What would be written now is not what the report showed."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


class SeApaga(Exception):
    """The worker was asked to stop while the job was under way."""


class Avance:
    """Writes how far the work is, and stops it when the person or the worker wants to stop.

    Within a transaction (`aparte`) it goes through a connection of its own, where it is seen at once; it never waits for
    a lock there, because the transaction that would have to give it way is its own.
    """

    def __init__(self, importacion: Importacion, *, aparte: bool, apagandose: Callable[[], bool]) -> None:
        self._pk, self._apagandose = importacion.pk, apagandose
        self._conexion = connection.copy() if aparte else connection
        self._aparte, self._ultimo = aparte, ("", 0.0)

    def __enter__(self) -> "Avance":
        return self

    def __exit__(self, *fallo: object) -> None:
        if self._aparte:
            self._conexion.close()

    def __call__(self, paso: str, por_ciento: int) -> None:
        if self._apagandose():
            raise SeApaga
        ahora = time.monotonic()
        if paso == self._ultimo[0] and ahora - self._ultimo[1] < CADA:
            return
        self._ultimo = (paso, ahora)
        if self._anotar(paso, max(0, min(100, int(por_ciento)))):
            raise Cancelada

    def _anotar(self, paso: str, por_ciento: int) -> bool:
        """Store the step; says whether somebody asked to stop."""
        tabla = Importacion._meta.db_table
        orden = f"UPDATE {tabla} SET paso = %s, progreso = %s, cambiada = now() WHERE id = %s RETURNING cancelar"  # noqa: S608
        try:
            with self._conexion.cursor() as cursor:
                if self._aparte:
                    cursor.execute("SET lock_timeout = '200ms'")
                cursor.execute(orden, [paso[:200], por_ciento, self._pk])
                fila = cursor.fetchone()
        except OperationalError:
            if not self._aparte:
                raise
            return False
        return bool(fila and fila[0])


def leer(*, uid: UUID, trabajo: int, apagandose: Callable[[], bool] = lambda: False) -> None:
    """Read the file and keep its report, its map and the digest of what it would write. Writes nothing else."""
    with _a_cargo(uid, trabajo, E.EN_COLA) as importacion:
        if importacion is None:
            return
        _anotar(importacion, estado=E.LEYENDO)
        try:
            disco.exigir_espacio()
            pedido = _pedido(importacion)
            with Avance(importacion, aparte=False, apagandose=apagandose) as avance:
                plan = planear(pedido, simulado=True, avance=avance)
                avance(_("dibujando el mapa de diferencias"), 95)
                _dejar_informe(importacion, plan)
        except Cancelada:
            _dejar(importacion, E.CANCELADA)
        except SeApaga:
            _dejar(importacion, E.FALLIDA, _("El servidor se detuvo mientras leía el archivo; no se escribió nada."))
        except Exception as fallo:
            _fallar(importacion, fallo)


def aplicar(*, uid: UUID, trabajo: int, apagandose: Callable[[], bool] = lambda: False) -> None:
    """Write what the report showed, in one transaction, or nothing."""
    with _a_cargo(uid, trabajo, E.APLICANDO) as importacion:
        if importacion is None:
            return
        try:
            disco.exigir_espacio()
            with Avance(importacion, aparte=True, apagandose=apagandose) as avance, transaction.atomic():
                # Planned under the lock: between this look at the territory and the writing nobody else changes it.
                bloquear_limites()
                plan, pedido = _plan_aceptado(importacion, avance)
                avance(_("escribiendo y volviendo a ubicar demandas y proyectos"), 70)
                escribir(plan, pedido, importacion=importacion, por=importacion.aceptada_por)
                _anotar(importacion, paso="", progreso=0, cancelar=False, mensajes=[])
        except CambioElTerritorio as cambio:
            _dejar_informe(
                importacion,
                cambio.plan,
                _("El territorio cambió después de leer el archivo: no se escribió nada. Este es el informe de ahora."),
            )
        except Cancelada:
            _dejar(importacion, E.POR_REVISAR, _("Se detuvo a tiempo: no se escribió nada."))
        except SeApaga:
            _dejar(importacion, E.POR_REVISAR, _("El servidor se detuvo antes de escribir: no se escribió nada."))
        except Exception as fallo:
            _fallar(importacion, fallo)


def deshacer(*, uid: UUID, trabajo: int, por: int | None = None) -> None:
    """Take back what the import wrote, or nothing, saying what depends on it."""
    with _a_cargo(uid, trabajo, E.DESHACIENDO, por=por) as importacion:
        if importacion is None:
            return
        _anotar(importacion, paso=_("devolviendo lo anterior y volviendo a ubicar demandas y proyectos"), progreso=50)
        try:
            usuario = get_user_model().objects.filter(pk=por).first()
            deshacedor.deshacer(importacion=importacion, por=usuario)
        except deshacedor.NoSePuedeDeshacer as no:
            _dejar(importacion, E.APLICADA, *no.mensajes)
        except Exception as fallo:
            registro.exception("No se pudo deshacer la importación %s", uid)
            _dejar(importacion, E.APLICADA, _("No se pudo deshacer (%s); nada cambió.") % _causa(fallo))


def recuperar(*, solo: Importacion | None = None) -> int:
    """Set free the imports whose job or worker is gone; their work was rolled back with its connection. Says how many."""
    vivos = ProcrastinateJob.objects.filter(
        Q(status="todo") | Q(status="doing", worker__last_heartbeat__gte=timezone.now() - SIN_LATIDO)
    )
    varadas = Importacion.objects.filter(estado__in=EN_MARCHA).exclude(trabajo__in=vivos.values("id"))
    if solo is not None:
        varadas = varadas.filter(pk=solo.pk)
    return sum(_liberar(varadas, pk) for pk in varadas.values_list("pk", flat=True))


@transaction.atomic
def _liberar(varadas: QuerySet[Importacion], pk: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [CERROJO, pk])
        if not cursor.fetchone()[0]:
            return False  # its connection lives: somebody is still at it
        # Looked at again under the lock: it may have ended meanwhile.
        importacion = varadas.select_for_update(no_key=True).filter(pk=pk).first()
        if importacion is None:
            return False
        if importacion.estado == E.DESHACIENDO:
            _dejar(
                importacion,
                E.APLICADA,
                _("Se interrumpió mientras se deshacía; nada cambió. Puede intentarlo otra vez."),
            )
        else:
            _dejar(
                importacion, E.FALLIDA, _("El trabajo se interrumpió; no se escribió nada. Puede intentarlo otra vez.")
            )
        if ProcrastinateJob.objects.filter(pk=importacion.trabajo, status="doing").exists():
            cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'failed', false)", [importacion.trabajo])
    return True


def limpiar() -> int:
    """Delete the files of imports that ended long ago, and those that belong to none. Says how many."""
    limite = timezone.now() - timedelta(days=settings.MINKA_IMPORTACION_DIAS)
    viejas = Importacion.objects.filter(estado__in=TERMINADAS, cambiada__lt=limite).exclude(sha256="")
    borradas = 0
    for pk, uid in viejas.values_list("pk", "uid"):
        # The record first: one that says it has a file must have it.
        if viejas.filter(pk=pk).update(sha256=""):
            deposito.borrar(uid)
            borradas += 1
    conocidas = set(Importacion.objects.exclude(sha256="").values_list("uid", flat=True))
    for uid in set(deposito.guardadas()) - conocidas:
        deposito.borrar(uid)
        borradas += 1
    return borradas


def hay_quien_trabaje() -> bool:
    """Whether a worker of the queue gave signs of life lately."""
    return ProcrastinateWorker.objects.filter(last_heartbeat__gte=timezone.now() - SIN_LATIDO).exists()


@contextmanager
def _a_cargo(uid: UUID, trabajo: int, estado: str, *, por: int | None = None) -> Iterator[Importacion | None]:
    """Take the import in charge; None when another job has it, or when it is no longer where this job left it.

    What is written meanwhile is recorded as done by who asked for it: `por`, else who accepted or brought the file.
    """
    importacion = Importacion.objects.filter(uid=uid).first()
    if importacion is None:
        yield None
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [CERROJO, importacion.pk])
        if not cursor.fetchone()[0]:
            yield None
            return
    try:
        importacion.refresh_from_db()
        pedida_por = importacion.aceptada_por if estado == E.APLICANDO else importacion.por
        quien = get_user_model().objects.filter(pk=por).first() if por else pedida_por
        with en_nombre_de(quien, orden="importaciones", importacion=str(uid), trabajo=trabajo):
            yield importacion if (importacion.estado, importacion.trabajo) == (estado, trabajo) else None
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [CERROJO, importacion.pk])


def _pedido(importacion: Importacion) -> Pedido:
    """The request with its file, proven to be the one that was uploaded."""
    archivo = deposito.principal(importacion.uid)
    if archivo is None or deposito.sha256(importacion.uid) != importacion.sha256:
        raise FileNotFoundError(_("el archivo guardado ya no está, o no es el que se subió; súbalo otra vez"))
    return Pedido.de_dict(importacion.pedido, archivo)


def _plan_aceptado(importacion: Importacion, avance: Avance) -> tuple[Plan, Pedido]:
    """The plan that was shown, less the rows that were taken off since; raises CambioElTerritorio."""
    pedido = _pedido(importacion)
    plan = planear(pedido, avance=lambda paso, n: avance(paso, n * 70 // 100))
    if not plan.informe.aceptable or plan.huella != importacion.huella:
        raise CambioElTerritorio(plan)
    plan.sin(importacion.omitidas)
    return plan, replace(pedido, omitidas=frozenset(importacion.omitidas))


def _dejar_informe(importacion: Importacion, plan: Plan, *mensajes: str) -> None:
    """Keep what a reading said: report, digest and map."""
    plan.informe.simulado = True
    deposito.guardar_mapa(importacion.uid, plan.dibujar() | {"municipio": _contorno(importacion)})
    estado = E.POR_REVISAR if plan.informe.aceptable else E.CON_ERRORES
    with transaction.atomic():
        filas.guardar(importacion, plan.informe.como_dict())
        _dejar(importacion, estado, *mensajes, informe=importacion.informe, huella=plan.huella)


def _contorno(importacion: Importacion) -> dict[str, Any]:
    """The municipality's own limit, light: where everything should lie."""
    limites = Limite.objects.en_vigor().filter(unidad=importacion.municipio_id)
    formas = limites.annotate(ligera=AsGeoJSON(SimplifyPreserve("geom", 0.0005), precision=5)).values_list("ligera")
    rasgos = [{"type": "Feature", "geometry": json.loads(forma), "properties": {}} for (forma,) in formas]
    return {"type": "FeatureCollection", "features": rasgos}


class SimplifyPreserve(GeoFunc):
    """ST_SimplifyPreserveTopology(geometry, degrees)."""

    function = "ST_SimplifyPreserveTopology"
    geom_param_pos = (0,)
    output_field = GeometryField()


def _dejar(importacion: Importacion, estado: str, *mensajes: str, **campos: Any) -> None:
    """Move the record on; only while it is still this job's, so that a late one changes nothing."""
    importacion.estado = estado
    _anotar(importacion, estado=estado, mensajes=list(mensajes), paso="", progreso=0, cancelar=False, **campos)


def _anotar(importacion: Importacion, **campos: Any) -> None:
    propia = Importacion.objects.filter(pk=importacion.pk, trabajo=importacion.trabajo)
    propia.update(cambiada=timezone.now(), **campos)


def _fallar(importacion: Importacion, fallo: Exception) -> None:
    registro.exception("Falló la importación %s", importacion.uid)
    _dejar(importacion, E.FALLIDA, _("No se pudo seguir (%s); no se escribió nada.") % _causa(fallo))


def _causa(fallo: Exception) -> str:
    """What may be shown of an unforeseen failure: our own words where there are some, else its kind."""
    if disco.es_falta_de_espacio(fallo):
        return _("el servidor se quedó sin espacio en el disco; inténtelo otra vez cuando lo haya")
    return str(fallo) if isinstance(fallo, FileNotFoundError) else type(fallo).__name__
