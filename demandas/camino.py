"""The way of a demand as people read it: where it stands, how it got there, what comes next, and whose turn it is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from cuentas.permisos import puede
from demandas.models import Demanda, EstadoDemanda, PasoDeDemanda
from demandas.permisos import ACCION_DEL_PASO
from demandas.services.flujo import CON_MOTIVO, POR_PERSONAS

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

E = EstadoDemanda
PARADAS = (
    E.REGISTRADA,
    E.VALIDADA,
    E.PRIORIZADA_DISTRITO,
    E.PRIORIZADA_MUNICIPIO,
    E.INCORPORADA_PDM,
    E.PROGRAMADA,
    E.EJECUTADA,
)
SIGUIENTE: dict[str, "_StrOrPromise"] = {
    E.REGISTRADA: _("Lo próximo: el municipio la revisa y la valida, o la devuelve diciendo por qué."),
    E.VALIDADA: _("Lo próximo: el taller del distrito la ordena entre sus prioridades."),
    E.PRIORIZADA_DISTRITO: _("Lo próximo: la cumbre municipal la ordena entre las prioridades del municipio."),
    E.PRIORIZADA_MUNICIPIO: _("Lo próximo: un proyecto del plan quinquenal (PDM) debe responder a ella."),
    E.INCORPORADA_PDM: _("Lo próximo: que un programa anual (POA) le ponga presupuesto."),
    E.PROGRAMADA: _("Lo próximo: que la obra se ejecute y termine."),
    E.EJECUTADA: _("La obra que responde a ella terminó."),
    E.DEVUELTA: _("Lo próximo: quien la propuso la corrige, y vuelve a registrarse."),
    E.RECHAZADA: _("No sigue adelante, a menos que el municipio la vuelva a registrar."),
    E.UNIDA: _("Sigue su camino con la demanda a la que fue unida."),
}
# What the button of each step says.
BOTON: dict[str, "_StrOrPromise"] = {
    E.VALIDADA: _("Validar"),
    E.PRIORIZADA_DISTRITO: _("Priorizar en el distrito"),
    E.PRIORIZADA_MUNICIPIO: _("Priorizar en el municipio"),
    E.DEVUELTA: _("Devolver"),
    E.RECHAZADA: _("Rechazar"),
    E.REGISTRADA: _("Volver a registrar"),
}
EFECTO: dict[str, "_StrOrPromise"] = {
    E.VALIDADA: _("Queda lista para que el taller del distrito la ordene."),
    E.PRIORIZADA_DISTRITO: _("Entra en las prioridades del distrito, por lo que acordó una reunión."),
    E.PRIORIZADA_MUNICIPIO: _("Entra en las prioridades del municipio, por lo que acordó una reunión."),
    E.DEVUELTA: _("Vuelve a quien la propuso, que leerá el motivo y podrá corregirla."),
    E.RECHAZADA: _("Sale del camino. Quien la propuso leerá el motivo; todos, si la demanda está publicada."),
    E.REGISTRADA: _("Vuelve al principio del camino, para que el municipio la revise otra vez."),
}


@dataclass(frozen=True)
class Camino:
    """`paradas` as the page draws them (`nombre`, `cuando`: hecho, ahora, falta, salida; `fecha` where it is known)."""

    paradas: list[dict[str, Any]]
    siguiente: "_StrOrPromise"
    motivo: PasoDeDemanda | None
    historia: list[PasoDeDemanda]
    acciones: list[dict[str, Any]]


def camino_de(demanda: Demanda, usuario) -> Camino:
    """What `usuario` sees of the way of a demand, and the steps that she may take."""
    pasos = list(demanda.pasos.select_related("por", "evento", "priorizacion"))
    ultimo = {paso.hacia: paso for paso in pasos}
    motivo = ultimo.get(demanda.estado) if demanda.estado in CON_MOTIVO else None
    return Camino(_paradas(demanda, pasos), SIGUIENTE[demanda.estado], motivo, pasos, _acciones(demanda, usuario))


def _paradas(demanda: Demanda, pasos: list[PasoDeDemanda]) -> list[dict[str, Any]]:
    dias = {paso.hacia: paso.cuando for paso in pasos}
    if demanda.estado in PARADAS:
        ahora = PARADAS.index(demanda.estado)
        return [
            {
                "nombre": parada.label,
                "cuando": "hecho" if i < ahora else "ahora" if i == ahora else "falta",
                "fecha": dias.get(parada) if i <= ahora else None,
            }
            for i, parada in enumerate(PARADAS)
        ]
    # Off the way: the stops that it is known to have passed, then the exit.
    llego = max((PARADAS.index(E(p.desde)) for p in pasos if p.desde in PARADAS), default=0)
    return [
        {"nombre": parada.label, "cuando": "hecho", "fecha": dias.get(parada)} for parada in PARADAS[: llego + 1]
    ] + [{"nombre": demanda.get_estado_display(), "cuando": "salida", "fecha": dias.get(demanda.estado)}]


def _acciones(demanda: Demanda, usuario) -> list[dict[str, Any]]:
    return [
        {"hacia": str(hacia), "nombre": BOTON[hacia]}
        for hacia, desde in POR_PERSONAS.items()
        if demanda.estado in desde and puede(usuario, ACCION_DEL_PASO[hacia], demanda.municipio, demanda)
    ]
