"""The chain over the record of changes: its newest seal, and what of the record is no longer as it was written.

Three things are proven: that each link follows from the one before, that the events are those whose digest was sealed, and
that what is stored now is what was recorded last. Whoever rewrites everything, or cuts the end off, passes all three: only
a seal that was noted elsewhere (`comprobar_sello`) tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from cuentas.auditoria import modelos_auditados
from cuentas.models import Asiento, Eslabon

_ASIENTO, _ESLABON = Asiento._meta.db_table, Eslabon._meta.db_table


@dataclass(frozen=True)
class Sello:
    """A link as people note it, `numero:huella`; `cuando` is empty for the one of an empty chain."""

    numero: int
    huella: str
    cuando: datetime | None = None

    def __str__(self) -> str:
        return f"{self.numero}:{self.huella}"

    @classmethod
    def de_texto(cls, texto: str) -> Sello:
        """Read what somebody noted; raises ValueError, saying how it is written."""
        hallado = re.fullmatch(r"\s*(\d{1,18})\s*:\s*([0-9a-fA-F]{64})\s*", texto)
        if hallado is None:
            raise ValueError(_("Un sello se escribe NÚMERO:HUELLA, con las 64 letras y cifras de la huella."))
        return cls(int(hallado[1]), hallado[2].lower())


def cabeza() -> Sello:
    """The newest seal: noted elsewhere, it proves that nothing before it was rewritten."""
    ultimo = Eslabon.objects.order_by("-numero").values_list("numero", "sello", "sellado").first()
    return Sello(ultimo[0], bytes(ultimo[1]).hex(), ultimo[2]) if ultimo else Sello(0, "")


def comprobar_sello(anotado: Sello) -> str:
    """What is wrong with a seal that was noted once, in words; empty where it still stands in the chain."""
    guardado = Eslabon.objects.filter(numero=anotado.numero).values_list("sello", flat=True).first()
    if guardado is None:
        return _("el sello %(n)s ya no está: la cadena se cortó después de anotarlo") % {"n": anotado.numero}
    if bytes(guardado).hex() != anotado.huella:
        return _("el sello %(n)s no es el que se anotó: la cadena se reescribió") % {"n": anotado.numero}
    return ""


# --- the check of all -------------------------------------------------------------------------------------------------
# The text of a row, as the functions that made the digests saw it.
_ESTABLE = """
SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres';
SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL jit = off
"""
_CADENA = f"""
SELECT e.numero FROM (
    SELECT e.*, lag(e.numero) OVER orden AS previo, lag(e.sello) OVER orden AS sello_previo
    FROM {_ESLABON} e WINDOW orden AS (ORDER BY e.numero)) e
LEFT JOIN {_ASIENTO} a ON a.id = e.asiento_id
WHERE e.numero <> COALESCE(e.previo, 0) + 1 OR e.anterior <> COALESCE(e.sello_previo, '\\x'::bytea) OR a.id IS NULL
    OR e.sello <> sha256(e.anterior || convert_to(concat_ws('|', e.numero, e.sellado, a.id, a.tabla, a.columnas::text,
        a.eventos::text, encode(a.huella, 'hex'), a.registrado), 'UTF8'))
ORDER BY e.numero
"""
_SIN_ESLABON = f"""
SELECT a.id FROM {_ASIENTO} a WHERE NOT EXISTS (SELECT 1 FROM {_ESLABON} e WHERE e.asiento_id = a.id) ORDER BY a.id
"""
_DE_OTRA_TABLA = f"SELECT a.id FROM {_ASIENTO} a WHERE a.tabla <> ALL(%s) ORDER BY a.id"
# All events of a table at once, each with its entry: one by one, a hundred thousand took minutes.
_HUELLAS = f"""
SELECT a.id FROM {_ASIENTO} a
LEFT JOIN (
    SELECT s.id, sha256(convert_to(string_agg(encode(sha256(convert_to((hstore(v) -> s.columnas)::text, 'UTF8')), 'hex'),
        ',' ORDER BY v.pgh_id), 'UTF8')) AS huella
    FROM (SELECT a.id, a.columnas, unnest(a.eventos) AS evento FROM {_ASIENTO} a WHERE a.tabla = %(tabla)s) s
    JOIN {{tabla}} v ON v.pgh_id = s.evento GROUP BY s.id
) h ON h.id = a.id
WHERE a.tabla = %(tabla)s AND a.huella IS DISTINCT FROM h.huella ORDER BY a.id
"""
_SIN_ASIENTO = f"""
SELECT v.pgh_id FROM {{tabla}} v
EXCEPT SELECT unnest(a.eventos) FROM {_ASIENTO} a WHERE a.tabla = %(tabla)s ORDER BY 1
"""
# What is stored against the newest event of each object: a row that was written with the triggers off differs.
_GUARDADO = """
SELECT coalesce(t.id, e.id) FROM {seguida} t
FULL JOIN (SELECT DISTINCT ON (id) * FROM {tabla} ORDER BY id, pgh_id DESC) e ON e.id = t.id
WHERE CASE WHEN t.id IS NULL THEN e.pgh_label <> 'delete' WHEN e.id IS NULL OR e.pgh_label = 'delete' THEN true
    ELSE {distintas} END
ORDER BY 1
"""


def diferencias() -> list[str]:
    """What of the record was changed, taken away or slipped in since it was written, in words.

    Raises PermissionError where row rules would hide events from whoever asks: only the owner can tell.
    """
    modelos = modelos_auditados()
    with _de_una_vez() as cursor:

        def ids(sql: str, parametros: dict | list | None = None) -> list[int]:
            cursor.execute(sql, parametros)
            return [fila[0] for fila in cursor.fetchall()]

        halladas = [_("el eslabón %(n)s no sigue al anterior o fue cambiado") % {"n": n} for n in ids(_CADENA)]
        halladas += [_("el asiento %(n)s no tiene eslabón") % {"n": n} for n in ids(_SIN_ESLABON)]
        halladas += [
            _("el asiento %(n)s dice ser de una tabla que no hay") % {"n": n}
            for n in ids(_DE_OTRA_TABLA, [[m._meta.db_table for m in modelos]])
        ]
        for modelo in modelos:
            datos = {"tabla": modelo._meta.db_table}
            halladas += [
                _("%(tabla)s: los eventos del asiento %(n)s no son los que se escribieron") % {**datos, "n": n}
                for n in ids(_HUELLAS.format(tabla=_tabla(modelo)), datos)
            ]
            halladas += [
                _("%(tabla)s: el evento %(n)s no está en ningún asiento") % {**datos, "n": n}
                for n in ids(_SIN_ASIENTO.format(tabla=_tabla(modelo)), datos)
            ]
    return halladas


def sin_registrar() -> list[str]:
    """Rows that are not as the record says they were left: written, or deleted, behind the back of the triggers."""
    halladas = []
    with _de_una_vez() as cursor:
        for eventos in modelos_auditados():
            seguido = eventos.pgh_tracked_model
            distintas = [
                f"t.{columna} IS DISTINCT FROM e.{columna}"
                for columna in (connection.ops.quote_name(c) for c in columnas_seguidas(eventos))
            ]
            cursor.execute(
                _GUARDADO.format(seguida=_tabla(seguido), tabla=_tabla(eventos), distintas=" OR ".join(distintas))
            )
            halladas += [
                _("%(que)s %(id)s no está como dice su último cambio registrado")
                % {"que": seguido._meta.verbose_name, "id": pk}
                for (pk,) in cursor.fetchall()
            ]
    return halladas


def columnas_seguidas(eventos: type[models.Model]) -> list[str]:
    """Columns that an event model shares with the table it follows."""
    suyas = {campo.column for campo in eventos.pgh_tracked_model._meta.concrete_fields}
    return [c.column for c in eventos._meta.concrete_fields if c.column in suyas and not c.name.startswith("pgh_")]


@contextmanager
def _de_una_vez() -> Iterator:
    """A cursor that sees one moment of the database, whoever writes meanwhile, and all of its rows."""
    sola = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if sola:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        else:  # what this very transaction wrote is tied now, as its commit would
            cursor.execute("SET CONSTRAINTS eslabonar IMMEDIATE; SET CONSTRAINTS eslabonar DEFERRED")
        cursor.execute("SELECT bool_or(row_security_active(c)) FROM unnest(%s::text[]) c", [_todas()])
        if cursor.fetchone()[0]:
            raise PermissionError(_("Esta cuenta de la base de datos no ve todo el registro: compruebe con su dueño."))
        cursor.execute(_ESTABLE)
        yield cursor


def _todas() -> list[str]:
    return [_tabla(modelo) for modelo in modelos_auditados()]


def _tabla(modelo: type[models.Model]) -> str:
    return connection.ops.quote_name(modelo._meta.db_table)
