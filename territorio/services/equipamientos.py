"""Services recorded and corrected by hand, one at a time."""

from typing import Any, TypedDict

from django.contrib.gis.geos import MultiLineString, MultiPolygon, Point
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cuentas.permisos import exigir
from cuentas.versiones import exigir_version
from territorio.localizacion import localizar
from territorio.models import Equipamiento, EstadoEquipamiento, Sector, UnidadTerritorial
from territorio.models.localizacion import GEOMETRIAS
from territorio.permisos import EDITAR_EQUIPAMIENTO

COLUMNA = {"Point": "punto", "MultiLineString": "linea", "MultiPolygon": "poligono"}


class Cambios(TypedDict, total=False):
    """What may be changed by hand; what is not there stays. `lugar` (EPSG:4326) takes the place of any other."""

    codigo: str
    nombre: str
    sector: Sector
    tipo: str
    unidad: UnidadTerritorial | None
    estado: str
    lugar: Point | MultiLineString | MultiPolygon | None
    fuente: str


@transaction.atomic
def crear_equipamiento(
    *,
    por,
    municipio: UnidadTerritorial,
    codigo: str,
    nombre: str,
    sector: Sector,
    tipo: str,
    unidad: UnidadTerritorial | None = None,
    estado: str = EstadoEquipamiento.DESCONOCIDO,
    lugar: Point | MultiLineString | MultiPolygon | None = None,
    fuente: str = "",
) -> Equipamiento:
    """Record a service of `municipio` and place it; without `lugar` (EPSG:4326) it stands where its unit stands."""
    exigir(por, EDITAR_EQUIPAMIENTO, municipio, unidad)
    nuevo = Equipamiento(
        municipio=municipio, codigo=codigo, nombre=nombre, sector=sector, tipo=tipo, unidad=unidad, estado=estado,
        fuente=fuente,
    )  # fmt: skip
    return _guardar(nuevo, {"lugar": lugar}, por)


@transaction.atomic
def editar_equipamiento(
    *, por, equipamiento: Equipamiento, cambios: Cambios, version: int | str | None
) -> Equipamiento:
    """Correct a service, as it was read (`version`), and place it anew."""
    actual = Equipamiento.objects.select_for_update().get(pk=equipamiento.pk)
    exigir_version(leida=version, actual=actual.version, que=actual)
    exigir(por, EDITAR_EQUIPAMIENTO, actual.municipio, actual)
    for campo, valor in cambios.items():
        if campo != "lugar":
            setattr(actual, campo, valor)
    return _guardar(actual, {"lugar": cambios["lugar"]} if "lugar" in cambios else {}, por)


@transaction.atomic
def borrar_equipamiento(*, por, equipamiento: Equipamiento, version: int | str | None) -> None:
    """Take away a service that should never have been recorded; one that closed keeps its place, with another state."""
    actual = Equipamiento.objects.select_for_update().get(pk=equipamiento.pk)
    exigir_version(leida=version, actual=actual.version, que=actual)
    exigir(por, EDITAR_EQUIPAMIENTO, actual.municipio, actual)
    actual.delete()


def _guardar(equipamiento: Equipamiento, lugar: dict[str, Any], por) -> Equipamiento:
    if "lugar" in lugar:
        for columna in GEOMETRIAS:
            setattr(equipamiento, columna, None)
        if lugar["lugar"] is not None:
            setattr(equipamiento, COLUMNA[lugar["lugar"].geom_type], lugar["lugar"])
    unidad = equipamiento.unidad
    if unidad is not None and equipamiento.municipio_id not in {unidad.municipio_id, unidad.pk}:
        raise ValidationError(
            {
                "unidad": _("%(unidad)s no es de %(municipio)s.")
                % {"unidad": unidad, "municipio": equipamiento.municipio}
            }
        )
    equipamiento.full_clean()
    equipamiento.save()
    localizar(Equipamiento.objects.filter(pk=equipamiento.pk))
    equipamiento.refresh_from_db()
    exigir(por, EDITAR_EQUIPAMIENTO, equipamiento.municipio, equipamiento)  # where it stands now, too
    return equipamiento
