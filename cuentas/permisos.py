"""The permission mechanism: apps declare their actions with the roles that may do them; one check serves every door."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Accion:
    """Something a user may do in a municipality, e.g. `territorio.importar_limites`."""

    nombre: str
    descripcion: str | Promise
    roles: frozenset[str]


_acciones: dict[str, Accion] = {}
_roles_de: Callable[..., Iterable[str]] | None = None
_municipios_de: Callable[..., Iterable[int]] | None = None


def declarar(nombre: str, descripcion: str | Promise, roles: Iterable[str]) -> Accion:
    """Register an action; called from an app's `permisos.py`. A name declared twice is an error."""
    if nombre in _acciones:
        raise ValueError(f"La acción {nombre} ya está declarada.")
    _acciones[nombre] = accion = Accion(nombre, descripcion, frozenset(roles))
    return accion


def acciones() -> list[Accion]:
    return sorted(_acciones.values(), key=lambda accion: accion.nombre)


def usar_fuente_de_roles(funcion: Callable[..., Iterable[str]]) -> Callable[..., Iterable[str]]:
    """Tell the mechanism how to find a user's roles in a municipality; territorio, which keeps them, calls this."""
    global _roles_de
    _roles_de = funcion
    return funcion


def usar_fuente_de_municipios(funcion: Callable[..., Iterable[int]]) -> Callable[..., Iterable[int]]:
    """Tell the mechanism how to find the municipalities (ids) where a user has a role."""
    global _municipios_de
    _municipios_de = funcion
    return funcion


def municipios_de(usuario) -> list[int]:
    """Ids of the municipalities where `usuario` has a role; none for a visitor or a closed account."""
    if not usuario.is_authenticated or not usuario.is_active or _municipios_de is None:
        return []
    return sorted(_municipios_de(usuario))


def puede(usuario, accion: Accion, municipio) -> bool:
    """Whether `usuario` may do `accion` in `municipio`. A visitor may do nothing; a superuser, everything."""
    if not usuario.is_authenticated or not usuario.is_active:
        return False
    if usuario.is_superuser:
        return True
    return _roles_de is not None and not accion.roles.isdisjoint(_roles_de(usuario, municipio))


def exigir(usuario, accion: Accion, municipio) -> None:
    """Raise `PermissionDenied`, in words, where `puede` says no."""
    if not puede(usuario, accion, municipio):
        raise PermissionDenied(_("Su rol en este municipio no permite: %(accion)s.") % {"accion": accion.descripcion})
