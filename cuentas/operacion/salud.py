"""Whether the process lives, and whether it can serve: asked by whoever restarts it or sends it work."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from procrastinate.contrib.django.models import ProcrastinateWorker

from cuentas.operacion.conexion import conexion_breve
from cuentas.operacion.confianza import de_confianza

SIN_LATIDO_S = 30  # three beats of a worker
_LATIDO = f"SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM {ProcrastinateWorker._meta.db_table}"  # noqa: S608

_aplicadas_completas: frozenset[tuple[str, str]] = frozenset()


def vivo(request: HttpRequest) -> HttpResponse:
    """Alive: touches neither the database nor the disk."""
    return JsonResponse({"estado": "vivo"})


def listo(request: HttpRequest) -> HttpResponse:
    """Ready: 200 or 503; which part fails is told to whoever may know."""
    partes = revisar()
    bien = all(parte["bien"] for parte in partes.values())
    cuerpo: dict[str, Any] = {"estado": "listo" if bien else "no está listo"}
    if de_confianza(request):
        cuerpo["partes"] = partes
    respuesta = JsonResponse(cuerpo, status=200 if bien else 503)
    respuesta["Cache-Control"] = "no-store"
    return respuesta


def revisar() -> dict[str, dict[str, Any]]:
    """Each part with whether it is well, and what there is to say of it."""
    partes: dict[str, dict[str, Any]] = {"disco": disco()}
    antes = time.monotonic()
    try:
        with conexion_breve() as conexion:
            with conexion.cursor() as cursor:
                cursor.execute("SELECT 1")
            partes["base"] = {"bien": True, "ms": round((time.monotonic() - antes) * 1000)}
            for nombre, parte in PARTES.items():
                partes[nombre] = parte(conexion)
    except (Error, OSError) as error:
        partes.setdefault("base", {"bien": False})
        for nombre in ("base", *PARTES):
            partes.setdefault(nombre, {"bien": False, "error": type(error).__name__})
        if not partes["base"]["bien"]:
            partes["base"] |= {"error": type(error).__name__, "ms": round((time.monotonic() - antes) * 1000)}
    return partes


def migraciones(conexion: BaseDatabaseWrapper) -> dict[str, Any]:
    """Whether every migration of the code is applied; read from the disk only when the database's list changed."""
    global _aplicadas_completas
    aplicadas = frozenset(MigrationRecorder(conexion).applied_migrations())
    if aplicadas == _aplicadas_completas:
        return {"bien": True}
    ejecutor = MigrationExecutor(conexion)
    faltan = ejecutor.migration_plan(ejecutor.loader.graph.leaf_nodes())
    if not faltan:
        _aplicadas_completas = aplicadas
        return {"bien": True}
    return {"bien": False, "faltan": [f"{migracion.app_label}.{migracion.name}" for migracion, _ in faltan]}


def reglas(conexion: BaseDatabaseWrapper) -> dict[str, Any]:
    """Whether row rules, grants and triggers are those of this code, by the mark they left."""
    from cuentas.base import marca, marca_guardada

    with conexion.cursor() as cursor:
        return {"bien": marca_guardada(cursor) == marca()}


def trabajador(conexion: BaseDatabaseWrapper) -> dict[str, Any]:
    """Whether a worker of the queue was heard from lately."""
    hace = ultimo_latido(conexion)
    return {"bien": hace is not None and hace < SIN_LATIDO_S, "hace_s": None if hace is None else round(hace)}


def ultimo_latido(conexion: BaseDatabaseWrapper) -> float | None:
    """Seconds since any worker of the queue gave a sign of life."""
    with conexion.cursor() as cursor:
        cursor.execute(_LATIDO)
        hace = cursor.fetchone()[0]
    return None if hace is None else float(hace)


def disco() -> dict[str, Any]:
    """Whether there is room where the service writes."""
    libres = libre_mb()
    return {"bien": libres >= settings.MINKA_DISCO_MINIMO_MB, "libre_mb": libres}


def libre_mb() -> int:
    """MB free on the fullest of the disks that the service writes to."""
    return min(_libre(Path(carpeta)) for carpeta in (settings.MEDIA_ROOT, *settings.MINKA_DISCOS))


def _libre(carpeta: Path) -> int:
    """A folder that is not there yet, or that is not ours to look into, counts as the one above."""
    try:
        return shutil.disk_usage(carpeta).free // 2**20
    except (FileNotFoundError, PermissionError):
        return _libre(carpeta.parent)


PARTES: dict[str, Callable[[BaseDatabaseWrapper], dict[str, Any]]] = {
    "migraciones": migraciones,
    "reglas": reglas,
    "trabajador": trabajador,
}
