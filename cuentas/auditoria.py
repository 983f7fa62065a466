"""Who changed what: every domain model is tracked by database triggers, whatever wrote it (page, API, command, raw SQL)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TypeVar

import pghistory
from django.db import connection, models
from django.utils.translation import gettext as _

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


def del_proceso() -> dict:
    """Who writes where nobody signed in: a command, by its name."""
    return {"orden": " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])[:100]}


@contextmanager
def en_nombre_de(usuario, **datos) -> Iterator[None]:
    """Within the block changes are recorded as made by `usuario` (None: nobody signed in), with `datos` beside."""
    antes = _contexto.get()
    contexto = {**datos, **({"usuario": usuario.pk, "cuenta": usuario.get_username()} if usuario else {})}
    ficha = _contexto.set(contexto)
    escribir_contexto(contexto)
    try:
        yield
    finally:
        _contexto.reset(ficha)
        if not connection.needs_rollback:  # an aborted transaction takes nothing more, and puts back what there was
            escribir_contexto(antes or del_proceso())


def escribir_contexto(contexto: dict | None) -> None:
    """Tell the triggers, for this connection, who writes from now on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pghistory.context_metadata', %s, false)", [a_texto(contexto)])


def a_texto(contexto: dict | None) -> str:
    return json.dumps(contexto, ensure_ascii=False) if contexto else ""


# --- the chain --------------------------------------------------------------------------------------------------------
_CADENA = """
SELECT e.numero FROM (
    SELECT e.*, lag(e.numero) OVER orden AS previo, lag(e.sello) OVER orden AS sello_previo
    FROM cuentas_eslabon e WINDOW orden AS (ORDER BY e.numero)) e
LEFT JOIN cuentas_asiento a ON a.id = e.asiento_id
WHERE e.numero <> COALESCE(e.previo, 0) + 1 OR e.anterior <> COALESCE(e.sello_previo, '\\x'::bytea) OR a.id IS NULL
    OR e.sello <> minka_sello(e.numero, e.anterior, e.sellado, a)
ORDER BY e.numero
"""
_SIN_ESLABON = """
SELECT a.id FROM cuentas_asiento a WHERE NOT EXISTS (SELECT 1 FROM cuentas_eslabon e WHERE e.asiento_id = a.id) ORDER BY a.id
"""
_HUELLAS = """
SELECT a.id FROM cuentas_asiento a
WHERE a.tabla = %s AND a.huella IS DISTINCT FROM minka_huella(a.tabla, a.eventos, a.columnas) ORDER BY a.id
"""
_SIN_ASIENTO = """
SELECT v.pgh_id FROM {tabla} v
WHERE NOT EXISTS (SELECT 1 FROM (SELECT unnest(a.eventos) AS id FROM cuentas_asiento a WHERE a.tabla = %s) s
                  WHERE s.id = v.pgh_id) ORDER BY v.pgh_id
"""


def cabeza() -> tuple[int, str]:
    """Number and seal (hex) of the newest link: noted elsewhere, it proves that nothing before it was rewritten."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT numero, encode(sello, 'hex') FROM cuentas_eslabon ORDER BY numero DESC LIMIT 1")
        return cursor.fetchone() or (0, "")


def diferencias() -> list[str]:
    """What of the record was changed, taken away or slipped in since it was written, in words."""
    with connection.cursor() as cursor:

        def ids(sql: str, parametros: list | None = None) -> list[int]:
            cursor.execute(sql, parametros)
            return [fila[0] for fila in cursor.fetchall()]

        halladas = [_("el eslabón %(n)s no sigue al anterior o fue cambiado") % {"n": n} for n in ids(_CADENA)]
        halladas += [_("el asiento %(n)s no tiene eslabón") % {"n": n} for n in ids(_SIN_ESLABON)]
        for modelo in modelos_auditados():
            tabla = modelo._meta.db_table
            halladas += [
                _("%(tabla)s: los eventos del asiento %(n)s no son los que se escribieron") % {"tabla": tabla, "n": n}
                for n in ids(_HUELLAS, [tabla])
            ]
            halladas += [
                _("%(tabla)s: el evento %(n)s no está en ningún asiento") % {"tabla": tabla, "n": n}
                for n in ids(_SIN_ASIENTO.format(tabla=connection.ops.quote_name(tabla)), [tabla])
            ]
    return halladas
