"""What may be done with territory, and by which role."""

from django.utils.translation import gettext_lazy as _

from cuentas.aislamiento import SUYOS, abiertas, de_su, del_municipio
from cuentas.permisos import declarar, usar_fuente_de_municipios, usar_fuente_de_roles
from territorio import models
from territorio.models import Membresia, Rol, UnidadTerritorial

IMPORTAR_LIMITES = declarar("territorio.importar_limites", _("importar límites"), [Rol.TECNICO_SIG])
EDITAR_UNIDAD = declarar("territorio.editar_unidad", _("editar unidades territoriales"), [Rol.TECNICO_SIG])
IMPORTAR_CIFRAS = declarar(
    "territorio.importar_cifras",
    _("importar población, indicadores y equipamientos"),
    [Rol.TECNICO_SIG, Rol.PLANIFICADOR],
)
EDITAR_EQUIPAMIENTO = declarar(
    "territorio.editar_equipamiento", _("editar equipamientos"), [Rol.TECNICO_SIG, Rol.PLANIFICADOR]
)
VER_BORRADORES = declarar("territorio.ver_borradores", _("ver lo que aún no se publica"), list(Rol))


@usar_fuente_de_roles
def roles_de(usuario, municipio) -> set[str]:
    """Roles of `usuario` in `municipio`."""
    return set(Membresia.objects.filter(usuario=usuario, municipio=municipio).values_list("rol", flat=True))


@usar_fuente_de_municipios
def municipios_de(usuario) -> set[int]:
    """Municipalities where `usuario` has a role."""
    return set(Membresia.objects.filter(usuario=usuario).values_list("municipio", flat=True))


# --- rows in the database ---------------------------------------------------------------------------------------------
# Territory is public; it is written by the members of its municipality, and what is derived from it by nobody but the
# computation that derives it.
_PROPIA = f"coalesce(municipio_id, id) = ANY((SELECT {SUYOS})::bigint[])"
_DE_UNIDAD = f"{{columna}} IN (SELECT id FROM {UnidadTerritorial._meta.db_table} WHERE {_PROPIA})"

abiertas(UnidadTerritorial, escritura=_PROPIA)
for _modelo in (models.Limite, models.CodigoExterno, models.Denominacion, models.Poblacion, models.Indicador):
    abiertas(_modelo, escritura=_DE_UNIDAD.format(columna="unidad_id"))
abiertas(
    models.Sucesion,
    escritura=_DE_UNIDAD.format(columna="predecesora_id") + " AND " + _DE_UNIDAD.format(columna="sucesora_id"),
)
abiertas(models.Equipamiento, escritura=f"municipio_id = ANY((SELECT {SUYOS})::bigint[])")
for _modelo in (
    models.Solape,
    models.Cifra,
    models.UnidadEnUnidad,
    models.EquipamientoUnidad,
    models.Nivel,
    models.Sector,
):
    abiertas(_modelo)
del_municipio(models.Importacion)
de_su(models.CambioImportado, "importacion")
de_su(models.FilaImportada, "importacion")
