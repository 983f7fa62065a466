"""The permission mechanism: apps declare their actions with the roles that may do them; one check serves every door."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Accion:
    """Something a user may do in a municipality, e.g. `territorio.importar_limites`.

    With `segundo_factor` it is done only in a session that was verified with a code (see `cuentas.segundo_factor`).
    """

    nombre: str
    descripcion: str | Promise
    roles: frozenset[str]
    segundo_factor: bool = False


class FaltaSegundoFactor(PermissionDenied):
    """The role allows it, but the session was opened with the password alone."""


_acciones: dict[str, Accion] = {}
_roles_de: Callable[..., Iterable[str]] | None = None
_membresias_de: Callable[..., Iterable[tuple[int, str]]] | None = None
_roles_con_segundo_factor: set[str] = set()


# --- what each app declares -------------------------------------------------------------------------------------------
def declarar(nombre: str, descripcion: str | Promise, roles: Iterable[str], *, segundo_factor: bool = False) -> Accion:
    """Register an action; called from an app's `permisos.py`. A name declared twice is an error."""
    if nombre in _acciones:
        raise ValueError(f"La acción {nombre} ya está declarada.")
    _acciones[nombre] = accion = Accion(nombre, descripcion, frozenset(roles), segundo_factor)
    return accion


def acciones() -> list[Accion]:
    return sorted(_acciones.values(), key=lambda accion: accion.nombre)


def pedir_segundo_factor(*roles: str) -> None:
    """Roles that count only in a verified session, whatever is done with them."""
    _roles_con_segundo_factor.update(roles)


def roles_con_segundo_factor() -> frozenset[str]:
    return frozenset(_roles_con_segundo_factor)


def usar_fuente_de_roles(funcion: Callable[..., Iterable[str]]) -> Callable[..., Iterable[str]]:
    """Tell the mechanism how to find `(usuario, municipio, unidad)`'s roles; territorio, which keeps them, calls this."""
    global _roles_de
    _roles_de = funcion
    return funcion


def usar_fuente_de_membresias(
    funcion: Callable[..., Iterable[tuple[int, str]]],
) -> Callable[..., Iterable[tuple[int, str]]]:
    """Tell the mechanism how to find the memberships of a user: (id of the municipality, role)."""
    global _membresias_de
    _membresias_de = funcion
    return funcion


# --- what is asked ----------------------------------------------------------------------------------------------------
def membresias_de(usuario) -> list[tuple[int, str]]:
    """(id of municipality, role) of `usuario`, wide or limited; none for a visitor or a closed account."""
    if not usuario.is_authenticated or not usuario.is_active or _membresias_de is None:
        return []
    return list(_membresias_de(usuario))


def municipios_de(usuario) -> list[int]:
    """Ids of the municipalities where `usuario` has a role."""
    return sorted({municipio for municipio, _rol in membresias_de(usuario)})


def puede(usuario, accion: Accion, municipio, unidad=None) -> bool:
    """Whether the roles of `usuario` allow `accion` in `municipio`. A visitor may do nothing; a superuser, everything.

    A role that is limited to some units counts only for a `unidad` that is one of them or lies in one, or for a located
    feature that does. What the session still lacks is for `exigir` to say.
    """
    if not usuario.is_authenticated or not usuario.is_active:
        return False
    return usuario.is_superuser or bool(_que_lo_permiten(usuario, accion, municipio, unidad))


def exigir(usuario, accion: Accion, municipio, unidad=None) -> None:
    """Raise `PermissionDenied`, in words, where `puede` says no; `FaltaSegundoFactor` where only the code is missing."""
    negado = PermissionDenied(_("Su rol en este municipio no permite: %(accion)s.") % {"accion": accion.descripcion})
    if not usuario.is_authenticated or not usuario.is_active:
        raise negado
    pide = accion.segundo_factor
    if not usuario.is_superuser:
        roles = _que_lo_permiten(usuario, accion, municipio, unidad)
        if not roles:
            raise negado
        pide = pide or roles <= _roles_con_segundo_factor
    if pide and not verificada(usuario):
        raise FaltaSegundoFactor(
            _("Para esto hace falta el segundo paso: ingrese el código de su aplicación (%(accion)s).")
            % {"accion": accion.descripcion}
        )


def verificada(usuario) -> bool:
    """Whether this very session, whose user this is, was opened with a second factor too."""
    pregunta = getattr(usuario, "is_verified", None)  # what django-otp gives the user of a request
    return pregunta is not None and pregunta()


def _que_lo_permiten(usuario, accion: Accion, municipio, unidad) -> frozenset[str]:
    return accion.roles & frozenset(_roles_de(usuario, municipio, unidad)) if _roles_de is not None else frozenset()
