"""The jobs of the queue: each carries an import on, and periodic ones look after those whose worker is gone."""

# What reads and writes files is imported by the job that needs it: Django loads this module wherever it starts.

from uuid import UUID

from procrastinate import JobContext
from procrastinate.contrib.django import app

from cuentas.auditoria import en_nombre_de

COLA = "importaciones"
MANTENIMIENTO = "mantenimiento"


@app.task(name="leer_importacion", queue=COLA, pass_context=True)
def leer_importacion(contexto: JobContext, *, uid: str) -> None:
    from territorio.services import marcha

    marcha.leer(uid=UUID(uid), trabajo=contexto.job.id, apagandose=contexto.should_abort)


@app.task(name="aplicar_importacion", queue=COLA, pass_context=True)
def aplicar_importacion(contexto: JobContext, *, uid: str) -> None:
    from territorio.services import marcha

    marcha.aplicar(uid=UUID(uid), trabajo=contexto.job.id, apagandose=contexto.should_abort)


@app.task(name="deshacer_importacion", queue=COLA, pass_context=True)
def deshacer_importacion(contexto: JobContext, *, uid: str, por: int | None = None) -> None:
    from territorio.services import marcha

    marcha.deshacer(uid=UUID(uid), trabajo=contexto.job.id, por=por)


@app.periodic(cron="* * * * *")
@app.task(name="recuperar_importaciones", queue=MANTENIMIENTO, queueing_lock="recuperar_importaciones")
def recuperar_importaciones(timestamp: int) -> None:
    from territorio.services import marcha

    with en_nombre_de(None, orden="recuperar_importaciones"):
        marcha.recuperar()


@app.periodic(cron="17 3 * * *")
@app.task(name="limpiar_importaciones", queue=MANTENIMIENTO, queueing_lock="limpiar_importaciones")
def limpiar_importaciones(timestamp: int) -> None:
    from territorio.services import marcha

    with en_nombre_de(None, orden="limpiar_importaciones"):
        marcha.limpiar()


@app.periodic(cron="47 3 * * *")
@app.task(name="limpiar_archivos", queue=MANTENIMIENTO, queueing_lock="limpiar_archivos")
def limpiar_archivos(timestamp: int) -> None:
    from territorio.adjuntos import almacen

    almacen.limpiar()
