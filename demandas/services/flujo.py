"""The way of a demand: each step is taken from a state that allows it, by who may, and stays written with its reason."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cuentas.permisos import exigir
from cuentas.versiones import exigir_version
from demandas.models import Demanda, EstadoDemanda, EstadoEvento, Evento, PasoDeDemanda, Priorizacion, TipoDeEvento
from demandas.permisos import ACCION_DEL_PASO
from territorio.services.publicacion import A_LA_VEZ

E = EstadoDemanda
# A person takes these, one demand at a time (or several of a list): to each state, from which ones.
POR_PERSONAS: dict[str, tuple[str, ...]] = {
    E.REGISTRADA: (E.DEVUELTA, E.RECHAZADA),
    E.VALIDADA: (E.REGISTRADA,),
    E.PRIORIZADA_DISTRITO: (E.VALIDADA,),
    E.PRIORIZADA_MUNICIPIO: (E.VALIDADA, E.PRIORIZADA_DISTRITO),
    E.DEVUELTA: (E.REGISTRADA, E.VALIDADA, E.PRIORIZADA_DISTRITO, E.PRIORIZADA_MUNICIPIO),
    E.RECHAZADA: (E.REGISTRADA, E.VALIDADA, E.PRIORIZADA_DISTRITO, E.PRIORIZADA_MUNICIPIO, E.DEVUELTA),
}
# These follow from an act upon a run, a plan, a programme or a work: what it says holds wherever the demand stood before.
_ANTES_DEL_PLAN = (E.REGISTRADA, E.VALIDADA, E.PRIORIZADA_DISTRITO, E.PRIORIZADA_MUNICIPIO)
POR_ACTOS: dict[str, tuple[str, ...]] = {
    E.PRIORIZADA_DISTRITO: (E.VALIDADA,),
    E.PRIORIZADA_MUNICIPIO: (E.VALIDADA, E.PRIORIZADA_DISTRITO),
    E.INCORPORADA_PDM: _ANTES_DEL_PLAN,
    E.PROGRAMADA: (*_ANTES_DEL_PLAN, E.INCORPORADA_PDM),
    E.EJECUTADA: (*_ANTES_DEL_PLAN, E.INCORPORADA_PDM, E.PROGRAMADA),
}
PRIORIDADES = (E.PRIORIZADA_DISTRITO, E.PRIORIZADA_MUNICIPIO)
CON_MOTIVO = (E.DEVUELTA, E.RECHAZADA)
# Whose act a priority rests on.
REUNIONES = {
    E.PRIORIZADA_DISTRITO: (TipoDeEvento.TALLER_DISTRITAL, TipoDeEvento.CUMBRE),
    E.PRIORIZADA_MUNICIPIO: (TipoDeEvento.CUMBRE, TipoDeEvento.AUDIENCIA),
}


class PasoImposible(Exception):
    """The demand is not in a state from which this step is taken; nothing was written."""


@transaction.atomic
def mover(
    *,
    por,
    demanda: Demanda,
    hacia: str,
    version: int | str | None,
    motivo: str = "",
    evento: Evento | None = None,
) -> Demanda:
    """Take a demand, as it was read (`version`), to the state `hacia`.

    Who sends back or refuses says why; a priority names the meeting that agreed it. Raises `FaltaVersion`, `VersionVieja`,
    `PermissionDenied`, `PasoImposible`, `ValidationError`.
    """
    if hacia not in POR_PERSONAS:
        raise PasoImposible(_("Nadie lleva una demanda a ese estado: lo hace la aprobación de un plan o programa."))
    una = Demanda.objects.select_for_update(of=("self",), no_key=True).select_related("municipio").get(pk=demanda.pk)
    exigir(por, ACCION_DEL_PASO[hacia], una.municipio, una)
    exigir_version(leida=version, actual=una.version, que=una)
    if una.estado not in POR_PERSONAS[hacia]:
        raise PasoImposible(
            _("«%(que)s» está %(estado)s: no puede pasar a %(hacia)s.")
            % {"que": una, "estado": una.get_estado_display(), "hacia": EstadoDemanda(hacia).label}
        )
    motivo = motivo.strip()
    _revisar(una, hacia, motivo, evento)
    paso = PasoDeDemanda(demanda=una, desde=una.estado, hacia=hacia, motivo=motivo, evento=evento, por=por)
    paso.full_clean()
    paso.save()
    una.estado = hacia
    una.save(update_fields=["estado"])
    una.refresh_from_db(fields=["version"])
    return una


@transaction.atomic
def validar_demandas(*, por, versiones: Mapping[int, int | str | None]) -> list[Demanda]:
    """Validate the demands whose ids `versiones` gives, each with the version that was read: all or none."""
    if not versiones:
        raise ValidationError(_("No eligió nada."))
    if len(versiones) > A_LA_VEZ:
        raise ValidationError(_("Son más de %(n)s a la vez.") % {"n": A_LA_VEZ})
    elegidas = list(Demanda.objects.filter(pk__in=list(versiones)).select_related("municipio").order_by("pk"))
    if len(elegidas) < len(versiones):
        raise Demanda.DoesNotExist
    for una in elegidas:  # before any is locked: the database locks nothing of another municipality
        exigir(por, ACCION_DEL_PASO[E.VALIDADA], una.municipio, una)
    return [mover(por=por, demanda=una, hacia=E.VALIDADA, version=versiones[una.pk]) for una in elegidas]


def _revisar(una: Demanda, hacia: str, motivo: str, evento: Evento | None) -> None:
    if hacia in CON_MOTIVO and not motivo:
        raise ValidationError({"motivo": _("Diga por qué: es lo que leerá quien la propuso.")})
    if hacia in PRIORIDADES:
        if evento is None:
            raise ValidationError({"evento": _("Diga en qué reunión se acordó.")})
        exigir_reunion(hacia, evento, una.municipio_id)
    elif evento is not None:
        raise ValidationError({"evento": _("Solo una prioridad se acuerda en una reunión.")})


def exigir_reunion(hacia: str, evento: Evento, municipio_id: int) -> None:
    """Raise `ValidationError` unless `evento` is a meeting held in the municipality that may agree priorities `hacia`."""
    if evento.municipio_id != municipio_id:
        raise ValidationError({"evento": _("Esa reunión es de otro municipio.")})
    if evento.estado != EstadoEvento.REALIZADO:
        raise ValidationError({"evento": _("«%(que)s» no consta como realizado.") % {"que": evento}})
    if evento.tipo not in REUNIONES[EstadoDemanda(hacia)]:
        debidos = ", ".join(str(TipoDeEvento(tipo).label) for tipo in REUNIONES[EstadoDemanda(hacia)])
        raise ValidationError({"evento": _("Esto se acuerda en: %(reuniones)s.") % {"reuniones": debidos}})


@transaction.atomic
def avanzar(
    *,
    por,
    demandas,
    hacia: str,
    priorizacion: Priorizacion | None = None,
    evento: Evento | None = None,
    referencia: str = "",
) -> int:
    """Move those of `demandas` (a queryset) that stand before `hacia`, for an act whose right was checked; says how many.

    The others (further on, sent back, refused, joined) stay as they are.
    """
    previos = POR_ACTOS[EstadoDemanda(hacia)]
    quedan = list(
        Demanda.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=demandas.order_by().values("pk"), estado__in=previos)
        .order_by("pk")
    )
    PasoDeDemanda.objects.bulk_create(
        [
            PasoDeDemanda(
                demanda=una,
                desde=una.estado,
                hacia=hacia,
                por=por,
                priorizacion=priorizacion,
                evento=evento,
                referencia=referencia[:200],
            )
            for una in quedan
        ],
        batch_size=1000,
    )
    Demanda.objects.filter(pk__in=[una.pk for una in quedan]).update(estado=hacia)
    return len(quedan)
