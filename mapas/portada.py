"""Figures of the home page: those of the four questions, counted without drawing anything."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from demandas.models import EstadoDemanda
from demandas.tablero import Tablero, proceso_de, tablero
from mapas.filtros import vista_de
from mapas.listas import proyectos_pedidos
from mapas.servicios import Alcance, alcance
from proyectos.models import Operacion
from proyectos.querysets.embudo import PASO, PASOS
from proyectos.querysets.pdm import cubiertas
from territorio.models import Cifra, Membresia, Metodo, Rol, UnidadTerritorial


@dataclass(frozen=True)
class Cifras:
    """What a municipality's home page says first; None where there is nothing to count."""

    demandas: int
    demandas_vigentes: int
    respondidas: int
    pdm: Any
    gestion: int | None
    poa: dict[str, Any]
    nivel_base: Any
    pasos: dict[str, int] = field(default_factory=dict)
    habitantes: int | None = None
    habitantes_estimados: bool = False
    servicios: Alcance | None = None
    censo: int | None = None

    @property
    def unidades_base(self) -> int:
        return sum(self.pasos.values())

    @property
    def sin_proyecto(self) -> int:
        return sum(self.pasos[paso] for paso in PASOS if PASO[paso] <= PASO["demanda_sin_pdm"])

    @property
    def por_ciento_respondidas(self) -> float:
        return 100 * self.respondidas / self.demandas_vigentes if self.demandas_vigentes else 0


def cifras_de(municipio: UnidadTerritorial, usuario) -> Cifras:
    """The same answers as the map pages give at their defaults."""
    parametros = QueryDict(mutable=True)
    parametros["municipio"] = municipio.codigo
    plan = vista_de(parametros, usuario, pregunta="cobertura-pdm")
    obra = vista_de(parametros, usuario, pregunta="ejecucion-poa")
    base = vista_de(parametros, usuario, pregunta="desatendidas")
    vigentes = plan.demandas.vigentes()
    operaciones = Operacion.objects.filter(
        poa__municipio=municipio, poa__gestion=obra.gestion or 0, proyecto__in=obra.proyectos.con_efecto().order_by()
    )
    pasos: Counter[int] = Counter()
    if base.nivel.es_base:
        pasos.update(
            base.unidades.embudo(demandas=base.demandas, proyectos=base.proyectos)
            .order_by()
            .values_list("paso", flat=True)
        )
    habitantes = Cifra.objects.habitantes(plan.censo).filter(unidad=municipio).first()
    alcanzan = alcance(vista_de(parametros, usuario, pregunta="servicios"))
    return Cifras(
        demandas=plan.demandas.count(),
        demandas_vigentes=vigentes.count(),
        respondidas=cubiertas(vigentes, plan.pdm).count() if plan.pdm else 0,
        pdm=plan.pdm,
        gestion=obra.gestion,
        poa=operaciones.totales(),
        nivel_base=base.nivel,
        pasos={paso: pasos[numero] for numero, paso in enumerate(PASOS)} if pasos else {},
        habitantes=round(habitantes.valor) if habitantes else None,
        habitantes_estimados=habitantes is not None and habitantes.metodo != Metodo.CENSO,
        servicios=alcanzan if alcanzan.hay_servicios else None,
        censo=plan.censo,
    )


@dataclass(frozen=True)
class Pendientes:
    """What waits for somebody with a role in a municipality: counts, None where the role doesn't have to do with it."""

    por_validar: int | None = None
    sin_ubicar: int | None = None
    atrasados: int | None = None
    sin_lugar: int | None = None
    proceso: Tablero | None = None  # where the municipality stands, for who leads its process

    @property
    def hay(self) -> bool:
        return any((self.por_validar, self.sin_ubicar, self.atrasados, self.sin_lugar))


def pendientes_de(municipio: UnidadTerritorial, usuario) -> Pendientes | None:
    """What waits for `usuario` in `municipio`; None for a visitor and for who has no role there."""
    if usuario.is_superuser:
        roles = set(Rol.values)
    else:
        roles = set(Membresia.objects.filter(usuario=usuario.pk, municipio=municipio).values_list("rol", flat=True))
    if not roles:
        return None

    def para(*quienes: str) -> bool:
        return not roles.isdisjoint(quienes)

    vista = vista_de(QueryDict(f"municipio={municipio.codigo}"), usuario, pregunta="demanda")
    base = UnidadTerritorial.objects.base().filter(municipio=municipio)
    return Pendientes(
        por_validar=vista.demandas.filter(estado=EstadoDemanda.REGISTRADA).count()
        if para(Rol.PLANIFICADOR, Rol.FACILITADOR)
        else None,
        sin_ubicar=vista.demandas.sin_ubicar().count() if para(Rol.PLANIFICADOR, Rol.TECNICO_SIG) else None,
        atrasados=proyectos_pedidos({"municipio": municipio.codigo, "avance": "atrasado"}, usuario).count()
        if para(Rol.PLANIFICADOR, Rol.COMITE, Rol.CONCEJO)
        else None,
        sin_lugar=base.con_limite().filter(geometria=None).count() if para(Rol.TECNICO_SIG) else None,
        proceso=_proceso(municipio, usuario) if para(Rol.PLANIFICADOR) else None,
    )


def _proceso(municipio: UnidadTerritorial, usuario) -> Tablero | None:
    uno = proceso_de(municipio, usuario)
    return tablero(uno) if uno is not None else None
