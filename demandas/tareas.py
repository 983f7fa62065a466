"""The jobs of participation: each carries one thing on, and periodic ones look after those whose worker is gone."""

from uuid import UUID

from procrastinate import JobContext
from procrastinate.contrib.django import app

from cuentas.auditoria import en_nombre_de

PRIORIZACIONES = "priorizaciones"
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
