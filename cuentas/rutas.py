"""Who may ask for what: one rule for each route and method, declared by the apps beside their actions.

Routes of the API need no declaration: what a view lets write is its `accion`, the very one that is checked. All others
are named in an app's `permisos.py`. `manage.py permisos` prints the table, and a test walks every route with every role
and compares; a route without a rule fails it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver

from cuentas.permisos import Accion, roles_con_segundo_factor

LECTURA = ("GET",)
AMBOS = ("GET", "POST")
ESCRITURA = ("POST",)
SEGUROS = {"GET", "HEAD", "OPTIONS"}


class Quien(Enum):
    TODOS = "todos"
    CUENTA = "quien entró con su cuenta"
    ROL = "quien tiene el rol"
    SUPERUSUARIO = "quien administra el sistema"
    MAQUINA = "las máquinas de confianza"


class Celda(Enum):
    """What the table says of one reader."""

    NO = "—"
    PUBLICO = "lo publicado"
    SI = "sí"
    CODIGO = "con código"


@dataclass(frozen=True)
class Regla:
    """Who may ask one route with some methods.

    `de` is the model of the row that the address, or the form, names: who does not see it is told that it does not exist.
    `oculta`: so is who sees it and may not. `fijos`: what the rule holds for, of the parameters of the address. `libre`:
    open also to a session that lacks the second step which its role asks for.
    """

    quien: Quien
    metodos: tuple[str, ...] = LECTURA
    accion: Accion | None = None
    de: type[models.Model] | None = None
    oculta: bool = False
    fijos: tuple[tuple[str, str], ...] = ()
    sin_obligados: bool = False
    libre: bool = False

    def celda(self, lector: str | None) -> Celda:
        """What `lector` (a role, "superusuario", None for a visitor) may, in her own municipality."""
        if self.quien is Quien.MAQUINA:
            return Celda.NO
        if lector == "superusuario":
            return Celda.CODIGO if self.accion and self.accion.segundo_factor else Celda.SI
        if lector is None:
            if self.quien is not Quien.TODOS:
                return Celda.NO
            return Celda.PUBLICO if self.de is not None and tiene_borradores(self.de) else Celda.SI
        permite = {
            Quien.TODOS: True,
            Quien.CUENTA: not (self.sin_obligados and lector in roles_con_segundo_factor()),
            Quien.ROL: self.accion is not None and lector in self.accion.roles,
            Quien.SUPERUSUARIO: False,
            Quien.MAQUINA: False,
        }[self.quien]
        if not permite:
            return Celda.NO
        pide = (lector in roles_con_segundo_factor() and not self.libre) or (
            self.accion is not None and self.accion.segundo_factor
        )
        return Celda.CODIGO if pide else Celda.SI


@dataclass(frozen=True)
class Ruta:
    """One address of the URL configuration, one method, and its rule (None: nobody declared it)."""

    nombre: str
    direccion: str
    metodo: str
    regla: Regla | None
    es_api: bool = False


_reglas: dict[str, list[Regla]] = {}
_espacios: dict[str, Regla] = {}


# --- what each app declares -------------------------------------------------------------------------------------------
def abiertas(*nombres: str, metodos: Iterable[str] = LECTURA, libre: bool = False) -> None:
    """Pages for all, which show each reader what she may see."""
    _declarar(nombres, Regla(Quien.TODOS, tuple(metodos), libre=libre))


def visibles(modelo: type[models.Model], *nombres: str, fijos: dict[str, str] | None = None) -> None:
    """Pages of one row: for who sees that row."""
    _declarar(nombres, Regla(Quien.TODOS, de=modelo, fijos=tuple((fijos or {}).items())))


def con_cuenta(*nombres: str, metodos: Iterable[str] = AMBOS, sin_obligados: bool = False, libre: bool = False) -> None:
    """Pages of one's own account; `sin_obligados` leaves out those whose role asks for a second factor."""
    _declarar(nombres, Regla(Quien.CUENTA, tuple(metodos), sin_obligados=sin_obligados, libre=libre))


def de_maquinas(*nombres: str) -> None:
    """What only the addresses or keys of the settings are answered; no person, by her role."""
    _declarar(nombres, Regla(Quien.MAQUINA))


def requieren(
    accion: Accion,
    *nombres: str,
    de: type[models.Model] | None = None,
    metodos: Iterable[str] = AMBOS,
    oculta: bool = False,
    fijos: dict[str, str] | None = None,
) -> None:
    """Pages for who may do `accion` in the municipality that the address names, or that of its row."""
    _declarar(nombres, Regla(Quien.ROL, tuple(metodos), accion, de, oculta, tuple((fijos or {}).items())))


def del_sistema(espacio: str) -> None:
    """All routes of a namespace: for superusers."""
    _espacios[espacio] = Regla(Quien.SUPERUSUARIO, AMBOS)


def _declarar(nombres: Iterable[str], regla: Regla) -> None:
    for nombre in nombres:
        otras = _reglas.setdefault(nombre, [])
        if any(o.fijos == regla.fijos and set(o.metodos) & set(regla.metodos) for o in otras):
            raise ValueError(f"La ruta {nombre} ya está declarada.")
        otras.append(regla)


def declaradas() -> set[str]:
    return set(_reglas)


def es_libre(nombre: str) -> bool:
    return any(regla.libre for regla in _reglas.get(nombre, ()))


def tiene_borradores(modelo: type[models.Model]) -> bool:
    """Whether rows of the model are there that not everybody sees."""
    return hasattr(modelo._default_manager.all(), "visibles_para")


# --- the table --------------------------------------------------------------------------------------------------------
def tabla() -> list[Ruta]:
    """Every route of the URL configuration with its methods and rules, in the order in which they are looked up."""
    return list(_recorrer(get_resolver().url_patterns))


def _recorrer(patrones: Iterable[Any], antes: str = "/", espacio: str = "") -> Iterator[Ruta]:
    for patron in patrones:
        if isinstance(patron, URLResolver):
            dentro = ":".join(filter(None, (espacio, patron.namespace)))
            yield from _recorrer(patron.url_patterns, antes + str(patron.pattern), dentro)
        elif isinstance(patron, URLPattern):
            yield from _de_patron(patron, antes, espacio)


def _de_patron(patron: URLPattern, antes: str, espacio: str) -> Iterator[Ruta]:
    nombre = ":".join(filter(None, (espacio, patron.name or "")))
    direccion = antes + str(patron.pattern)
    vista = patron.callback
    es_api = hasattr(vista, "cls")
    reglas = list(_reglas.get(nombre, []))
    if not reglas and espacio in _espacios:
        reglas = [_espacios[espacio]]
    elif not reglas and es_api:
        reglas = list(_de_la_vista(vista))
    if not reglas:
        yield Ruta(nombre, direccion, "GET", None, es_api)
    for regla in reglas:
        for metodo in regla.metodos:
            yield Ruta(nombre, direccion, metodo, regla, es_api)


def _de_la_vista(vista: Callable) -> Iterator[Regla]:
    """The rules of a view of the API: all read what its queryset gives; its `accion` tells who writes."""
    clase = vista.cls  # type: ignore[attr-defined]
    de_cada_metodo = getattr(vista, "actions", None) or {m: m for m in clase.http_method_names if hasattr(clase, m)}
    for metodo, que in de_cada_metodo.items():
        if metodo.upper() in SEGUROS:
            if metodo == "get":
                de = clase.queryset.model if que == "retrieve" else None
                yield Regla(Quien.TODOS, LECTURA, de=de)
            continue
        una = clase(**getattr(vista, "initkwargs", {}))
        una.action = que
        accion = getattr(una, "accion", None)
        if accion is not None:
            modelo = clase.queryset.model if getattr(clase, "queryset", None) is not None else None
            yield Regla(Quien.ROL, (metodo.upper(),), accion, None if que == "create" else modelo)
