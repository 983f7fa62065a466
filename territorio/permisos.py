"""What may be done with territory, and by which role."""

from django.utils.translation import gettext_lazy as _

from cuentas.permisos import declarar, usar_fuente_de_roles
from territorio.models import Membresia, Rol

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
