"""Who takes part in the process, and the law that it rests on."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cuentas.permisos import exigir
from cuentas.versiones import exigir_version
from demandas.models import Actor, NormaLegal
from demandas.permisos import EDITAR_PROCESO
from territorio.models import UnidadTerritorial
from territorio.services.importaciones import NoCorresponde

CAMPOS_DEL_ACTOR = ("tipo", "nombre", "sigla", "funciones", "papel", "activo")
CAMPOS_DE_LA_NORMA = ("tipo", "numero", "titulo", "fecha", "dispone", "vigente", "fuente")


@transaction.atomic
def guardar_actor(
    *,
    por,
    municipio: UnidadTerritorial,
    datos: Mapping[str, Any],
    unidades: Iterable[UnidadTerritorial],
    actor: Actor | None = None,
    version: int | str | None = None,
) -> Actor:
    """Make an organisation, or change the one that was read as `version`; `unidades`: the territory it speaks for."""
    exigir(por, EDITAR_PROCESO, municipio)
    unidades = list(unidades)
    for unidad in unidades:
        if unidad.municipio_propio != municipio:
            raise ValidationError({"unidades": _("«%(que)s» es de otro municipio.") % {"que": unidad}})
    if actor is None:
        uno = Actor(municipio=municipio)
    else:
        uno = Actor.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.pk, municipio=municipio)
        exigir_version(leida=version, actual=uno.version, que=uno)
    _poner(uno, CAMPOS_DEL_ACTOR, datos)
    uno.full_clean()
    uno.save()
    uno.unidades.set(unidades)
    uno.refresh_from_db(fields=["version"])
    return uno


@transaction.atomic
def guardar_norma(
    *,
    por,
    municipio: UnidadTerritorial,
    datos: Mapping[str, Any],
    norma: NormaLegal | None = None,
    version: int | str | None = None,
) -> NormaLegal:
    """Make a norm of the municipality, or change one; those of the country come from the catalogue and stay."""
    exigir(por, EDITAR_PROCESO, municipio)
    if norma is None:
        una = NormaLegal(municipio=municipio)
    else:
        una = NormaLegal.objects.select_for_update(of=("self",), no_key=True).get(pk=norma.pk)
        if una.municipio_id != municipio.pk:
            raise NoCorresponde(_("Las normas del país son del catálogo y no se cambian aquí."))
        exigir_version(leida=version, actual=una.version, que=una)
    _poner(una, CAMPOS_DE_LA_NORMA, datos)
    una.full_clean()
    una.save()
    una.refresh_from_db(fields=["version"])
    return una


def _poner(objeto: Actor | NormaLegal, campos: tuple[str, ...], datos: Mapping[str, Any]) -> None:
    for campo in campos:
        if campo in datos:
            valor = datos[campo]
            setattr(objeto, campo, valor.strip() if isinstance(valor, str) else valor)
