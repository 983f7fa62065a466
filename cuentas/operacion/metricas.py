"""What Prometheus collects: counted by each process as it works, and asked of the database when it is collected."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.core.signals import got_request_exception
from django.db import DatabaseError, Error
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from procrastinate.contrib.django.models import ProcrastinateJob
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from cuentas.guardia.turnos import CLASES
from cuentas.models import Eslabon
from cuentas.operacion import salud
from cuentas.operacion.conexion import conexion_breve
from cuentas.operacion.confianza import de_confianza

PETICIONES = Counter("minka_peticiones", "Peticiones atendidas", ["metodo", "ruta", "estado"])
SEGUNDOS = Histogram(
    "minka_peticion_segundos",
    "Tiempo de cada petición, hasta su último byte",
    ["metodo", "ruta"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
EN_CURSO = Gauge("minka_peticiones_en_curso", "Peticiones que se están atendiendo", multiprocess_mode="livesum")
ERRORES_DE_BASE = Counter("minka_errores_base", "Errores que dio la base de datos", ["clase"])
INGRESOS_FALLIDOS = Counter("minka_ingresos_fallidos", "Ingresos con una clave que no era")

_TRABAJOS = f"SELECT queue_name, status::text, count(*) FROM {ProcrastinateJob._meta.db_table} GROUP BY 1, 2"  # noqa: S608
_TURNOS = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted AND objsubid = 2
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_CADENA = f"SELECT coalesce(max(numero), 0) FROM {Eslabon._meta.db_table}"  # noqa: S608


# --- counted as it happens --------------------------------------------------------------------------------------------
def conectar() -> None:
    """Begin to count failed log-ins and what the database refuses."""
    user_login_failed.connect(_ingreso_fallido, dispatch_uid="minka_ingreso_fallido")
    connection_created.connect(_vigilar, dispatch_uid="minka_errores_base")
    got_request_exception.connect(_peticion_fallida, dispatch_uid="minka_peticion_fallida")


def _ingreso_fallido(**kwargs: Any) -> None:
    INGRESOS_FALLIDOS.inc()


def _vigilar(connection, **kwargs: Any) -> None:
    if _contar_errores not in connection.execute_wrappers:  # a connection opened again keeps its wrappers
        connection.execute_wrappers.append(_contar_errores)


def _contar_errores(ejecutar: Callable, sql: str, params: Any, muchos: bool, contexto: dict) -> Any:
    try:
        return ejecutar(sql, params, muchos, contexto)
    except DatabaseError as error:
        _contar(error)
        raise


def _peticion_fallida(**kwargs: Any) -> None:
    """Errors that no statement gave: a connection that could not be made."""
    error = sys.exc_info()[1]
    if isinstance(error, Error):
        _contar(error)


def _contar(error: Exception) -> None:
    if not getattr(error, "_minka_contado", False):
        error._minka_contado = True  # type: ignore[attr-defined]
        ERRORES_DE_BASE.labels(type(error).__name__).inc()


# --- asked when collected ---------------------------------------------------------------------------------------------
class Estado(Collector):
    """What is the same for all processes: the queue, the chain, the disk, the last backup."""

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("minka_disco_libre_bytes", "Espacio libre", value=salud.libre_mb() * 2**20)
        if (cuando := ultimo_respaldo()) is not None:
            yield GaugeMetricFamily(
                "minka_ultimo_respaldo_timestamp_seconds", "Momento del último respaldo", value=cuando
            )
        try:
            with conexion_breve() as conexion:
                de_la_base = list(_de_la_base(conexion))
        except (Error, OSError):
            de_la_base = []
        yield GaugeMetricFamily("minka_base_responde", "1 si la base de datos responde", value=1 if de_la_base else 0)
        yield from de_la_base


def _de_la_base(conexion: BaseDatabaseWrapper) -> Iterator[Metric]:
    with conexion.cursor() as cursor:
        trabajos = GaugeMetricFamily("minka_trabajos", "Trabajos de la cola", labels=["cola", "estado"])
        cursor.execute(_TRABAJOS)
        for cola, estado, cuantos in cursor.fetchall():
            trabajos.add_metric([cola, estado], cuantos)
        yield trabajos
        cursor.execute(_TURNOS, [CLASES["exportes"]])
        yield GaugeMetricFamily("minka_exportes_en_curso", "Descargas que ocupan un turno", value=cursor.fetchone()[0])
        cursor.execute(_CADENA)
        yield GaugeMetricFamily(
            "minka_cadena_eslabones", "Eslabones del registro de cambios", value=cursor.fetchone()[0]
        )
    hace = salud.ultimo_latido(conexion)
    if hace is not None:
        yield GaugeMetricFamily("minka_trabajador_latido_segundos", "Desde que se oyó a un trabajador", value=hace)


def ultimo_respaldo() -> float | None:
    """When the last backup was finished (seconds since 1970), as it noted itself."""
    try:
        return datetime.fromisoformat(json.loads(marca_de_respaldo().read_text())["momento"]).timestamp()
    except (OSError, ValueError, KeyError):
        return None


def marca_de_respaldo() -> Path:
    return Path(settings.VAR_DIR) / "ultimo_respaldo.json"


# --- the page ---------------------------------------------------------------------------------------------------------
def pagina(request: HttpRequest) -> HttpResponse:
    """All figures, of all processes, as Prometheus reads them; for whoever sits here or brings the key."""
    if not de_confianza(request):
        return JsonResponse({"error": _("Hace falta la clave de las métricas.")}, status=403)
    registro = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registro = CollectorRegistry()
        multiprocess.MultiProcessCollector(registro)
    del_estado = CollectorRegistry()
    del_estado.register(Estado())
    return HttpResponse(generate_latest(registro) + generate_latest(del_estado), content_type=CONTENT_TYPE_LATEST)
