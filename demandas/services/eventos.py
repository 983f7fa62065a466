"""Meetings of the process: announced, held, and who came, counted and never named."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cuentas.permisos import exigir
from cuentas.versiones import exigir_version
from demandas.models import Actor, Asistencia, Calidad, EstadoEvento, Evento, GrupoEdad, Sexo
from demandas.permisos import EDITAR_EVENTO, PUBLICAR_EVENTO
from territorio.models import UnidadTerritorial

CAMPOS = ("proceso", "tipo", "nombre", "unidad", "lugar", "punto", "fecha", "hora", "agenda", "acuerdos", "estado")
# (sex, age, capacity)
Celda = tuple[str, str, str]
MAXIMO = 1_000_000


@transaction.atomic
def guardar_evento(
    *,
    por,
    municipio: UnidadTerritorial,
    datos: Mapping[str, Any],
    actores: Iterable[Actor],
    evento: Evento | None = None,
    version: int | str | None = None,
) -> Evento:
    """Announce a meeting, or change the one that was read as `version`; a role limited to some units writes theirs."""
    uno = Evento(municipio=municipio) if evento is None else _bloqueado(por, evento, version)
    antes = uno.estado if evento is not None else ""
    for campo in CAMPOS:
        if campo in datos:
            valor = datos[campo]
            setattr(uno, campo, valor.strip() if isinstance(valor, str) else valor)
    _revisar(uno, antes)
    exigir(por, EDITAR_EVENTO, municipio, uno.unidad)
    actores = list(actores)
    for actor in actores:
        if actor.municipio_id != municipio.pk:
            raise ValidationError({"actores": _("«%(que)s» es de otro municipio.") % {"que": actor}})
    uno.full_clean()
    uno.save()
    uno.actores.set(actores)
    uno.refresh_from_db(fields=["version"])
    return uno


@transaction.atomic
def anotar_asistencia(*, por, evento: Evento, version: int | str | None, celdas: Mapping[Celda, int | None]) -> Evento:
    """Put down how many came of each sex, age and capacity, in place of what was there; None and 0 are not kept."""
    uno = _bloqueado(por, evento, version)
    if uno.estado != EstadoEvento.REALIZADO:
        raise ValidationError(_("La asistencia se anota cuando el evento consta como realizado: cambie su estado."))
    posibles = set(celdas_posibles())
    filas = []
    for celda, personas in celdas.items():
        if celda not in posibles:
            raise ValidationError(_("No hay ese grupo de asistentes: %(cual)s.") % {"cual": ", ".join(celda)})
        if personas is not None and not 0 <= personas <= MAXIMO:
            raise ValidationError(_("El número de personas va de 0 a %(n)s.") % {"n": MAXIMO})
        if personas:
            sexo, edad, calidad = celda
            filas.append(Asistencia(evento=uno, sexo=sexo, grupo_edad=edad, calidad=calidad, personas=personas))
    uno.asistencias.all().delete()
    Asistencia.objects.bulk_create(filas)
    uno.refresh_from_db(fields=["version"])
    return uno


@transaction.atomic
def publicar_evento(*, por, evento: Evento, version: int | str | None, publicar: bool = True) -> Evento:
    """Show a meeting to visitors, or to the members only again."""
    uno = _bloqueado(por, evento, version, PUBLICAR_EVENTO)
    uno.publicado = publicar
    uno.save(update_fields=["publicado"])
    uno.refresh_from_db(fields=["version"])
    return uno


def celdas_posibles() -> list[Celda]:
    """Every group that may be counted, in the order of the form."""
    return [(sexo, edad, calidad) for calidad in Calidad.values for edad in GrupoEdad.values for sexo in Sexo.values]


def _bloqueado(por, evento: Evento, version: int | str | None, accion=EDITAR_EVENTO) -> Evento:
    uno = (
        Evento.objects.select_for_update(of=("self",), no_key=True)
        .select_related("municipio", "unidad")
        .get(pk=evento.pk)
    )
    exigir_version(leida=version, actual=uno.version, que=uno)
    exigir(por, accion, uno.municipio, uno.unidad)
    return uno


def _revisar(uno: Evento, antes: str) -> None:
    hoy = timezone.localdate()
    if uno.unidad_id is None or uno.unidad.municipio_propio != uno.municipio:
        raise ValidationError({"unidad": _("Diga de qué unidad de este municipio es la reunión.")})
    if uno.proceso is not None and uno.proceso.municipio_id != uno.municipio_id:
        raise ValidationError({"proceso": _("Ese proceso es de otro municipio.")})
    if uno.fecha is not None and uno.estado == EstadoEvento.REALIZADO and uno.fecha > hoy:
        raise ValidationError(
            {
                "estado": _("Todavía no pudo realizarse: es para el %(dia)s.")
                % {"dia": date_format(uno.fecha, "SHORT_DATE_FORMAT")}
            }
        )
    if antes == EstadoEvento.REALIZADO != uno.estado and uno.asistencias.exists():
        raise ValidationError({"estado": _("Tiene asistencia anotada: primero vacíela, si de verdad no se realizó.")})
