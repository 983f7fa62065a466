"""Who changed what: every domain model is tracked by database triggers, whatever wrote it (page, API, command, raw SQL)."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import pghistory
from django.db import connection, models

Modelo = TypeVar("Modelo", bound=type[models.Model])

_contexto: ContextVar[dict | None] = ContextVar("contexto_de_auditoria", default=None)


def auditado(*, excepto: tuple[str, ...] = (), campos: tuple[str, ...] | None = None) -> Callable[[Modelo], Modelo]:
    """Keep every insert, update and delete of a model, after it was done, with who and from where.

    `excepto` leaves out what is derived or secret; `campos` names the only fields to keep. The events of a model are its
    `registro`, the event model itself is at `Modelo.pgh_event_model`.
    """

    def decorar(modelo: Modelo) -> Modelo:
        return pghistory.track(
            pghistory.InsertEvent(),
            pghistory.UpdateEvent(),
            pghistory.DeleteEvent(),
            fields=list(campos) if campos else None,
            exclude=list(excepto),
            context_id_field=None,
            model_name=f"{modelo.__name__}Event",
        )(modelo)

    return decorar


def auditado_enlace(modelo: Modelo) -> Modelo:
    """The same for a proxy of the hidden table of a many-to-many field: its rows are put in and taken out, never changed."""
    return pghistory.track(pghistory.InsertEvent(), pghistory.DeleteEvent(), obj_field=None, context_id_field=None)(
        modelo
    )


def es_registro(modelo: type[models.Model]) -> bool:
    """Whether a model holds past states of another: what it refers to may be gone."""
    return hasattr(modelo, "pgh_tracked_model")


def modelos_auditados() -> list[type[models.Model]]:
    """The event models of every tracked model, by table."""
    from pghistory.models import Event

    return sorted(
        (m for m in _descendientes(Event) if not m._meta.abstract and m._meta.managed and not m._meta.proxy),
        key=lambda m: m._meta.db_table,
    )


def _descendientes(modelo) -> set:
    hijos = set(modelo.__subclasses__())
    return hijos.union(*(_descendientes(hijo) for hijo in hijos)) if hijos else hijos


def nueva_vez() -> str:
    """A mark that all changes of one request, job or run of a command carry: they read as one entry of the record."""
    return uuid4().hex[:16]


@cache
def _vez_del_proceso(pid: int) -> str:
    return nueva_vez()


def del_proceso() -> dict:
    """Who writes where nobody signed in: a command, by its name."""
    orden = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])[:100]
    return _contexto.get() or {"orden": orden, "vez": _vez_del_proceso(os.getpid())}


@contextmanager
def en_nombre_de(usuario, **datos) -> Iterator[None]:
    """Within the block changes are recorded as made by `usuario` (None: nobody signed in), with `datos` beside.

    `orden` among them is the job or command that makes them.
    """
    cuenta = {"usuario": usuario.pk, "cuenta": usuario.get_username()} if usuario else {}
    contexto = {"vez": nueva_vez(), **datos, **cuenta}
    ficha = _contexto.set(contexto)
    antes = _cambiar_contexto(a_texto(contexto))
    try:
        yield
    finally:
        _contexto.reset(ficha)
        if not connection.needs_rollback:  # an aborted transaction takes nothing more, and puts back what there was
            _cambiar_contexto(antes)


def _cambiar_contexto(contexto: str) -> str:
    """Tell the triggers, for this connection, who writes from now on; returns what they were told before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('pghistory.context_metadata', true)")
        antes = cursor.fetchone()[0]
        cursor.execute("SELECT set_config('pghistory.context_metadata', %s, false)", [contexto])
    return antes or ""


def a_texto(contexto: dict | None) -> str:
    return json.dumps(contexto, ensure_ascii=False) if contexto else ""


def que_lleva_al_municipio(eventos: type[models.Model]) -> models.Field | None:
    """The column by which events are of a municipality: `municipio`, or a foreign key to a tracked model that has one.

    None for what belongs to none (levels, sectors, accounts).
    """
    campos = {campo.name: campo for campo in eventos._meta.concrete_fields if not campo.name.startswith("pgh_")}
    if "municipio" in campos:
        return campos["municipio"]
    de_arriba = {modelo.pgh_tracked_model: modelo for modelo in modelos_auditados() if modelo is not eventos}
    for campo in campos.values():
        if campo.is_relation and campo.related_model in de_arriba:
            superior = de_arriba[campo.related_model]
            if any(c.name == "municipio" for c in superior._meta.concrete_fields) or que_lleva_al_municipio(superior):
                return campo
    return None
