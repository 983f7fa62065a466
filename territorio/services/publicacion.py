"""Located features made public, or taken from the public's sight: one or many at once, all or none."""

from collections.abc import Mapping
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cuentas.permisos import Accion, exigir
from cuentas.versiones import exigir_version
from territorio.models import Localizable

A_LA_VEZ = 500
Publicable = TypeVar("Publicable", bound=Localizable)


@transaction.atomic
def cambiar_publicacion(
    *,
    por,
    modelo: type[Publicable],
    campo: str,
    accion: Accion,
    versiones: Mapping[int, int | str | None],
    publicar: bool,
) -> list[Publicable]:
    """Set the flag `campo` of the features whose ids `versiones` gives, each with the version that was read.

    Raises the model's `DoesNotExist`, `FaltaVersion`, `VersionVieja` or `PermissionDenied`; then nothing is written.
    """
    if not versiones:
        raise ValidationError(_("No eligió nada."))
    if len(versiones) > A_LA_VEZ:
        raise ValidationError(_("Son más de %(n)s a la vez.") % {"n": A_LA_VEZ})
    # Always in the same order, so that two who choose the same ones wait for each other instead of crossing.
    objetos = list(
        modelo._default_manager.select_for_update(of=("self",), no_key=True)
        .select_related("municipio")
        .filter(pk__in=list(versiones))
        .order_by("pk")
    )
    if len(objetos) < len(versiones):
        raise modelo.DoesNotExist
    for objeto in objetos:
        exigir_version(leida=versiones[objeto.pk], actual=objeto.version, que=objeto)
        exigir(por, accion, objeto.municipio, objeto)
    for objeto in objetos:
        if getattr(objeto, campo) != publicar:
            setattr(objeto, campo, publicar)
            objeto.save(update_fields=[campo])
            objeto.refresh_from_db(fields=["version"])
    return objetos
