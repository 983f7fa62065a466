"""The jobs of participation: each carries one thing on, and periodic ones look after those whose worker is gone."""

from uuid import UUID

from procrastinate import JobContext
from procrastinate.contrib.django import app

from cuentas.auditoria import en_nombre_de

PRIORIZACIONES = "priorizaciones"
CARGAS = "cargas"
MANTENIMIENTO = "mantenimiento"


@app.task(name="calcular_priorizacion", queue=PRIORIZACIONES, pass_context=True)
def calcular_priorizacion(contexto: JobContext, *, uid: str) -> None:
    from demandas.services import priorizacion

    priorizacion.calcular(uid=UUID(uid), trabajo=contexto.job.id, apagandose=contexto.should_abort)


@app.periodic(cron="* * * * *")
@app.task(name="recuperar_priorizaciones", queue=MANTENIMIENTO, queueing_lock="recuperar_priorizaciones")
def recuperar_priorizaciones(timestamp: int) -> None:
    from demandas.services import priorizacion

    with en_nombre_de(None, orden="recuperar_priorizaciones"):
        priorizacion.recuperar()


@app.task(name="leer_carga", queue=CARGAS, pass_context=True)
def leer_carga(contexto: JobContext, *, uid: str) -> None:
    from demandas.services import marcha_cargas

    marcha_cargas.leer(uid=UUID(uid), trabajo=contexto.job.id)


@app.task(name="escribir_carga", queue=CARGAS, pass_context=True)
def escribir_carga(contexto: JobContext, *, uid: str, por: int | None = None) -> None:
    from demandas.services import marcha_cargas

    marcha_cargas.aplicar(uid=UUID(uid), trabajo=contexto.job.id, por=por)


@app.periodic(cron="* * * * *")
@app.task(name="recuperar_cargas", queue=MANTENIMIENTO, queueing_lock="recuperar_cargas")
def recuperar_cargas(timestamp: int) -> None:
    from demandas.services import marcha_cargas

    with en_nombre_de(None, orden="recuperar_cargas"):
        marcha_cargas.recuperar()


@app.periodic(cron="23 3 * * *")
@app.task(name="limpiar_cargas", queue=MANTENIMIENTO, queueing_lock="limpiar_cargas")
def limpiar_cargas(timestamp: int) -> None:
    from demandas.services import marcha_cargas

    with en_nombre_de(None, orden="limpiar_cargas"):
        marcha_cargas.limpiar()
