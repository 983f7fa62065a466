"""The municipality looked at as an institution: one fact for each concept and year."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cuentas.permisos import exigir
from cuentas.versiones import exigir_version
from demandas.models import DatoInstitucional
from demandas.permisos import EDITAR_INSTITUCIONAL
from territorio.models import UnidadTerritorial

CAMPOS = ("apartado", "concepto", "anio", "cantidad", "medida", "monto", "nota", "fuente")


@transaction.atomic
def registrar_dato(*, por, municipio: UnidadTerritorial, datos: Mapping[str, Any]) -> DatoInstitucional:
    """Record a fact (`CAMPOS`; Bs in `monto`). Raises `PermissionDenied`, `ValidationError`; one is there already: too."""
    exigir(por, EDITAR_INSTITUCIONAL, municipio)
    return _guardar(DatoInstitucional(municipio=municipio), datos)


@transaction.atomic
def corregir_dato(*, por, dato_id: int, version: int | str | None, datos: Mapping[str, Any]) -> DatoInstitucional:
    """Change a fact as it was read. Raises as `registrar_dato`, `FaltaVersion` and `VersionVieja`."""
    return _guardar(_bloqueado(por, dato_id, version), datos)


@transaction.atomic
def borrar_dato(*, por, dato_id: int, version: int | str | None) -> None:
    """Take away a fact that was written by mistake."""
    _bloqueado(por, dato_id, version).delete()


def _bloqueado(por, dato_id: int, version: int | str | None) -> DatoInstitucional:
    uno = DatoInstitucional.objects.select_for_update(of=("self",)).select_related("municipio").get(pk=dato_id)
    exigir(por, EDITAR_INSTITUCIONAL, uno.municipio)
    exigir_version(leida=version, actual=uno.version, que=uno)
    return uno


def _guardar(uno: DatoInstitucional, datos: Mapping[str, Any]) -> DatoInstitucional:
    for campo in CAMPOS:
        if campo in datos:
            valor = datos[campo]
            setattr(uno, campo, " ".join(valor.split()) if isinstance(valor, str) and campo != "nota" else valor)
    if uno.cantidad is None and uno.monto is None and not uno.nota:
        raise ValidationError({"cantidad": _("Diga una cantidad, un monto o, al menos, una nota.")})
    repetido = DatoInstitucional.objects.filter(
        municipio=uno.municipio, apartado=uno.apartado, concepto=uno.concepto, anio=uno.anio
    ).exclude(pk=uno.pk)
    if repetido.exists():
        raise ValidationError(
            {"concepto": _("«%(que)s» ya está anotado en %(anio)s.") % {"que": uno.concepto, "anio": uno.anio}}
        )
    uno.full_clean()
    uno.save()
    uno.refresh_from_db(fields=["version"])
    return uno
