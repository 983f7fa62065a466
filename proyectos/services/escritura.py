"""Stores imported projects with their plan, programmes, operations, answers and beneficiaries in one transaction."""

from django.db import transaction

from proyectos.models import PDM, POA, EstadoPlan, EstadoPOA, Operacion, Proyecto, Respuesta
from proyectos.services.importacion import CAMPOS, CAMPOS_OPERACION, FilaProyecto, Plan
from proyectos.services.respuestas import poner_al_dia
from territorio.importacion.pedido_tabla import PedidoTabla
from territorio.localizacion import analizar, localizar

LOTE = 500


@transaction.atomic
def escribir_proyectos(plan: Plan, pedido: PedidoTabla) -> None:
    """All or nothing. Plans and programmes that the file names and that are not there yet are begun, and said."""
    if not plan.informe.aceptable:
        raise ValueError("Un plan con errores no se escribe.")
    planes, poas = _planes(plan, pedido), _poas(plan, pedido)
    fuente = pedido.fuente or plan.informe.archivo
    nuevas = [f for f in plan.filas if f.existente is None]
    cambiadas = [f for f in plan.filas if f.existente is not None]
    objetos = [
        Proyecto(
            municipio=plan.municipio,
            codigo=f.codigo,
            pdm=planes.get(f.periodo),
            publicado=pedido.publicar,
            fuente=fuente,
            **f.campos,
        )
        for f in nuevas
    ]
    Proyecto.objects.bulk_create(objetos, batch_size=LOTE)
    for fila, objeto in zip(nuevas, objetos, strict=True):
        fila.existente = objeto
    for fila in cambiadas:
        fila.existente.pdm = planes.get(fila.periodo)
        # A load may publish a draft; what the public has seen it never takes back.
        fila.existente.publicado = fila.existente.publicado or pedido.publicar
        for campo, valor in fila.campos.items():
            setattr(fila.existente, campo, valor)
    if cambiadas:
        Proyecto.objects.bulk_update(
            [f.existente for f in cambiadas], [*CAMPOS, "pdm_id", "publicado"], batch_size=LOTE
        )
    _operaciones(plan.filas, poas)
    _vinculos(plan.filas)
    localizar(Proyecto.objects.filter(pk__in=[f.existente.pk for f in plan.filas]))
    analizar(Operacion, Respuesta, Proyecto.beneficiarias.through)
    poner_al_dia(por=None, proyectos=Proyecto.objects.filter(pk__in=[f.existente.pk for f in plan.filas]))
    plan.informe.escrito = True


def _planes(plan: Plan, pedido: PedidoTabla) -> dict[tuple[int, int] | None, PDM]:
    estado = EstadoPlan.PUBLICADO if pedido.publicar else EstadoPlan.BORRADOR
    planes = {}
    for desde, hasta in sorted({f.periodo for f in plan.filas if f.periodo}):
        planes[desde, hasta], creado = PDM.objects.get_or_create(
            municipio=plan.municipio,
            desde=desde,
            hasta=hasta,
            defaults={"nombre": f"PDM {desde}-{hasta}", "estado": estado},
        )
        if creado:
            plan.informe.aviso(f"se crea el PDM {desde}-{hasta}, en estado {estado.label}.", codigo="pdm_creado")
    return planes


def _poas(plan: Plan, pedido: PedidoTabla) -> dict[int, POA]:
    estado = EstadoPOA.EN_EJECUCION if pedido.publicar else EstadoPOA.BORRADOR
    poas = {}
    for gestion in sorted({gestion for f in plan.filas for gestion in f.operaciones}):
        poas[gestion], creado = POA.objects.get_or_create(
            municipio=plan.municipio, gestion=gestion, defaults={"estado": estado}
        )
        if creado:
            plan.informe.aviso(f"se crea el POA {gestion}, en estado {estado.label}.", codigo="poa_creado")
    return poas


def _operaciones(filas: list[FilaProyecto], poas: dict[int, POA]) -> None:
    Operacion.objects.bulk_create(
        [
            Operacion(poa=poas[gestion], proyecto=fila.existente, **montos)
            for fila in filas
            for gestion, montos in fila.operaciones.items()
        ],
        batch_size=LOTE,
        update_conflicts=True,
        unique_fields=["poa", "proyecto"],
        update_fields=list(CAMPOS_OPERACION),
    )


def _vinculos(filas: list[FilaProyecto]) -> None:
    """Answers and beneficiaries are what the file says: those it no longer names are taken away."""
    proyectos = [f.existente.pk for f in filas]
    Respuesta.objects.filter(proyecto__in=proyectos).delete()
    Respuesta.objects.bulk_create(
        [Respuesta(proyecto=f.existente, demanda_id=d) for f in filas for d in sorted(f.demandas)], batch_size=1000
    )
    beneficia = Proyecto.beneficiarias.through
    beneficia.objects.filter(proyecto__in=proyectos).delete()
    beneficia.objects.bulk_create(
        [beneficia(proyecto_id=f.existente.pk, unidadterritorial_id=u) for f in filas for u in sorted(f.beneficiarias)],
        batch_size=1000,
    )
