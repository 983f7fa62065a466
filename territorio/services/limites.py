"""Limits of a unit through time, changed by hand: a new one closes the old, and none is ever overwritten."""

from datetime import date
from typing import Any

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from django.utils.translation import gettext as _

from cuentas.permisos import exigir
from cuentas.versiones import exigir_version
from territorio import cifras
from territorio.localizacion import bloquear_limites, relocalizar, retratar
from territorio.models import Limite, UnidadTerritorial
from territorio.permisos import EDITAR_UNIDAD
from territorio.services.versiones import version_de


@transaction.atomic
def cambiar_limite(
    *,
    unidad: UnidadTerritorial,
    geom: MultiPolygon,
    desde: date,
    estado: str,
    norma: str = "",
    fuente: str = "",
    por: Any,
    version: str | None = None,
) -> Limite:
    """From `desde` on the unit has this limit (EPSG:4326), until its next one begins; that of the same day is replaced.

    `geom` must have been checked (see `territorio.services.formas`). A day to come is refused: no limit is in force yet.
    `version` is that of the unit (see `version_de`), where the caller read one.
    """
    unidad = para_cambiar(unidad, por)
    if version is not None:
        exigir_version(leida=version, actual=version_de(unidad), que=unidad)
    revisar_dia(desde)
    _revisar_que_existe(unidad, desde)
    antes = retratar([unidad.pk])
    limite = poner(unidad, geom, desde=desde, estado=estado, norma=norma, fuente=fuente)
    relocalizar([unidad.pk], antes=antes)
    cifras.recalcular([unidad.municipio_id or unidad.pk])
    return limite


@transaction.atomic
def cambiar_estado(*, limite: Limite, estado: str, desde: date, norma: str = "", por: Any) -> Limite:
    """From `desde` on the same ground has another legal state, or another norm: a new limit of the same geometry."""
    limite = Limite.objects.select_related("unidad__nivel").get(pk=limite.pk)
    if limite.sustituido or not _rige(limite, desde):
        raise ValidationError(
            {"desde": _("Ese día el límite no rige: %(cuando)s.") % {"cuando": dias(limite.vigencia)}}
        )
    if (estado, norma) == (limite.estado, limite.norma):
        raise ValidationError({"estado": _("El límite ya tiene ese estado y esa norma.")})
    return cambiar_limite(
        unidad=limite.unidad,
        geom=limite.geom,
        desde=desde,
        estado=estado,
        norma=norma,
        fuente=limite.fuente,
        por=por,
    )


def para_cambiar(unidad: UnidadTerritorial, por: Any) -> UnidadTerritorial:
    """The unit as it is stored, once it is sure that `por` may change it, with limits locked."""
    guardada = UnidadTerritorial.objects.select_related("nivel", "municipio__nivel", "padre").get(pk=unidad.pk)
    exigir(por, EDITAR_UNIDAD, guardada.municipio_propio, guardada)
    bloquear_limites()
    bloqueadas = UnidadTerritorial.objects.select_for_update(of=("self",))
    return bloqueadas.select_related("nivel", "municipio__nivel", "padre").get(pk=unidad.pk)


def poner(
    unidad: UnidadTerritorial, geom: GEOSGeometry, *, desde: date, estado: str, norma: str, fuente: str
) -> Limite:
    """Open a limit on `desde`, until the next one or the end of the unit, and close what was in force."""
    propios = unidad.limites.filter(sustituido=None)
    propios.filter(vigencia__startswith=desde).update(sustituido=timezone.now())
    hasta = min(
        (
            dia
            for dia in (
                unidad.vigencia.upper,
                *propios.filter(vigencia__startswith__gt=desde).values_list("vigencia__startswith", flat=True),
            )
            if dia is not None
        ),
        default=None,
    )
    cerrar(unidad, desde)
    limite = Limite(
        unidad=unidad, geom=geom, vigencia=DateRange(desde, hasta), fuente=fuente, estado=estado, norma=norma
    )
    limite.full_clean()
    limite.save()
    return limite


def cerrar(unidad: UnidadTerritorial, desde: date) -> None:
    """The limit in force on `desde` ends that day: the day before is its last."""
    for limite in unidad.limites.filter(sustituido=None, vigencia__contains=desde):
        limite.vigencia = DateRange(limite.vigencia.lower, desde)
        limite.save(update_fields=["vigencia"])


def revisar_dia(desde: date) -> None:
    """Refuse a day to come: what is stored of places is of today, and would not agree with it."""
    if desde > timezone.localdate():
        raise ValidationError(
            {
                "desde": _("%(dia)s todavía no llega: registre el cambio ese día, cuando rija.")
                % {"dia": f"{desde:%d/%m/%Y}"}
            }
        )


def dias(vigencia: DateRange) -> str:
    """A span in words, its last day included."""
    desde = f"{vigencia.lower:%d/%m/%Y}" if vigencia.lower else "…"
    if vigencia.upper is None:
        return _("desde el %(desde)s") % {"desde": desde}
    ultimo = date.fromordinal(vigencia.upper.toordinal() - 1)
    return _("del %(desde)s al %(hasta)s") % {"desde": desde, "hasta": f"{ultimo:%d/%m/%Y}"}


def _rige(limite: Limite, dia: date) -> bool:
    desde, hasta = limite.vigencia.lower, limite.vigencia.upper
    return (desde is None or desde <= dia) and (hasta is None or dia < hasta)


def _revisar_que_existe(unidad: UnidadTerritorial, dia: date) -> None:
    desde, hasta = unidad.vigencia.lower, unidad.vigencia.upper
    if (desde is not None and dia < desde) or (hasta is not None and dia >= hasta):
        raise ValidationError(
            {
                "desde": _("Ese día %(unidad)s no existe: %(cuando)s.")
                % {"unidad": unidad, "cuando": dias(unidad.vigencia)}
            }
        )
