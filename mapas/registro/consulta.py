"""What was recorded, newest first: all changes of one request, job or run of a command are one entry."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from mapas.registro.alcance import Parte

# What an entry shows of itself in a list; the rest is on a page of its own.
A_LA_VISTA = 8
_HORA = "to_char(cuando AT TIME ZONE 'UTC', '{}')"
# Who writes without request nor account is told apart by the day, or by the minute where nothing is said at all.
_CLAVE = f"""CASE WHEN contexto->>'vez' IS NULL
        THEN 'sin-' || {_HORA.format("YYYYMMDDHH24MI")} || coalesce(contexto->>'cuenta', contexto->>'orden', '')
    WHEN contexto ? 'ruta' OR contexto ? 'usuario' THEN contexto->>'vez'
    ELSE (contexto->>'vez') || '-' || {_HORA.format("YYYYMMDD")} END"""
_SUCESOS = """
SELECT {orden} AS orden, '{tabla}' AS tabla, v.pgh_id, v.pgh_created_at AS cuando, v.pgh_label AS que,
    v.pgh_context AS contexto
FROM {tabla} v WHERE {condicion}
"""
# The tables are read once and counted at once; the first of each kind come along to be told.
_ENTRADAS = f"""
WITH sucesos AS (SELECT *, {_CLAVE} AS clave FROM ({{sucesos}}) s),
montones AS (
    SELECT clave, orden, tabla, que, count(*) AS cuantos, max(cuando) AS hasta,
        (array_agg(pgh_id ORDER BY pgh_id))[1:{A_LA_VISTA}] AS primeros,
        (array_agg(contexto ORDER BY pgh_id))[1] AS contexto
    FROM sucesos GROUP BY clave, orden, tabla, que),
entradas AS (
    SELECT clave, max(hasta) AS cuando, count(*) OVER () AS entradas, sum(sum(cuantos)) OVER () AS cambios
    FROM montones GROUP BY clave ORDER BY max(hasta) DESC, clave LIMIT %s OFFSET %s)
SELECT e.clave, e.cuando, e.entradas, e.cambios, m.tabla, m.que, m.cuantos, m.primeros, m.contexto
FROM entradas e JOIN montones m USING (clave) ORDER BY e.cuando DESC, e.clave, m.orden, m.que = 'delete', m.que
"""
_LISTA = f"""
SELECT s.tabla, s.pgh_id, s.cuando, s.contexto FROM (SELECT *, {_CLAVE} AS clave FROM ({{sucesos}}) s) s
{{donde}}
"""
_QUIENES = """
SELECT DISTINCT contexto->>'usuario', contexto->>'cuenta', contexto ? 'orden', contexto IS NULL FROM ({sucesos}) s
"""


@dataclass(frozen=True)
class Suceso:
    """One event: where it is, when it was, and the context that says who."""

    tabla: str
    pgh_id: int
    cuando: datetime
    contexto: dict[str, Any]


@dataclass
class Entrada:
    """What was done at once. `montones`: how many (table, kind of change); `primeros`: the first (table, pgh_id) to tell."""

    clave: str
    cuando: datetime
    contexto: dict[str, Any]
    montones: list[tuple[str, str, int]] = field(default_factory=list)
    primeros: list[tuple[str, int]] = field(default_factory=list)

    @property
    def cuantos(self) -> int:
        return sum(n for _tabla, _que, n in self.montones)


@dataclass(frozen=True)
class Hallado:
    """A page of entries, of `total` with `cambios` changes in all."""

    entradas: list[Entrada]
    total: int
    cambios: int


@dataclass(frozen=True)
class Filtro:
    """What narrows a log: `tabla` of a kind of thing, `quien` ("12" an account, "orden" commands, "base" nobody), days."""

    tabla: str = ""
    quien: str = ""
    desde: date | None = None
    hasta: date | None = None

    def sql(self) -> tuple[str, list[Any]]:
        condiciones: list[str] = []
        parametros: list[Any] = []
        if self.desde:
            condiciones.append("v.pgh_created_at >= %s")
            parametros.append(_medianoche(self.desde))
        if self.hasta:
            condiciones.append("v.pgh_created_at < %s")
            parametros.append(_medianoche(self.hasta + timedelta(days=1)))
        if self.quien == "base":
            condiciones.append("v.pgh_context IS NULL")
        elif self.quien == "orden":
            condiciones.append("v.pgh_context ? 'orden' AND NOT (v.pgh_context ? 'usuario')")
        elif self.quien:
            condiciones.append("v.pgh_context->>'usuario' = %s")
            parametros.append(self.quien)
        return "".join(f" AND ({c})" for c in condiciones), parametros


def entradas(partes: Sequence[Parte], filtro: Filtro, *, desde: int, cuantas: int) -> Hallado:
    sucesos, parametros = _sucesos(partes, filtro)
    filas = _filas(_ENTRADAS.format(sucesos=sucesos), [*parametros, cuantas, desde])
    halladas: dict[str, Entrada] = {}
    total = cambios = 0
    for clave, cuando, total, cambios, tabla, que, cuantos, primeros, contexto in filas:  # noqa: B007
        entrada = halladas.setdefault(clave, Entrada(clave, cuando, _leido(contexto)))
        entrada.montones.append((tabla, que, cuantos))
        entrada.primeros += [(tabla, pgh_id) for pgh_id in primeros]
        entrada.primeros = entrada.primeros[:A_LA_VISTA]
    return Hallado(list(halladas.values()), total, int(cambios))


def sucesos(partes: Sequence[Parte], filtro: Filtro, *, clave: str = "") -> list[Suceso]:
    """Every event, newest first; with `clave`, those of one entry, as they were written."""
    union, parametros = _sucesos(partes, filtro)
    una = "WHERE s.clave = %s ORDER BY s.orden, s.pgh_id"
    sql = _LISTA.format(sucesos=union, donde=una if clave else "ORDER BY s.cuando DESC, s.orden, s.pgh_id")
    filas = _filas(sql, [*parametros, *([clave] if clave else [])])
    return [Suceso(tabla, pgh_id, cuando, _leido(contexto)) for tabla, pgh_id, cuando, contexto in filas]


def quienes(partes: Sequence[Parte]) -> tuple[dict[int, str], bool, bool]:
    """Who wrote: accounts by id, whether commands did, and whether somebody did straight in the database."""
    union, parametros = _sucesos(partes, Filtro())
    filas = _filas(_QUIENES.format(sucesos=union), parametros)
    cuentas = {int(usuario): cuenta for usuario, cuenta, _orden, _nada in filas if usuario}
    return cuentas, any(f[2] and not f[0] for f in filas), any(f[3] for f in filas)


def _sucesos(partes: Sequence[Parte], filtro: Filtro) -> tuple[str, list[Any]]:
    """The events of all parts as one list; and its parameters."""
    mas, suyos = filtro.sql()
    trozos, parametros = [], []
    for orden, parte in enumerate(partes):
        if filtro.tabla and parte.tabla != filtro.tabla:
            continue
        trozos.append(_SUCESOS.format(orden=orden, tabla=parte.tabla, condicion=f"({parte.condicion}){mas}"))
        parametros += [*parte.parametros, *suyos]
    if not trozos:
        parte = partes[0]
        return _SUCESOS.format(orden=0, tabla=parte.tabla, condicion="false"), []
    return " UNION ALL ".join(trozos), parametros


def _leido(contexto: str | None) -> dict[str, Any]:
    return json.loads(contexto) if contexto else {}


def _filas(sql: str, parametros: list[Any]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parametros)
        return cursor.fetchall()


def _medianoche(dia: date) -> datetime:
    return timezone.make_aware(datetime.combine(dia, time.min))
