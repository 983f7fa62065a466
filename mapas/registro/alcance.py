"""Which events are the history of an object or of a municipality: its own, and those of what hangs on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models

from cuentas.auditoria import modelos_auditados, que_lleva_al_municipio
from demandas.models import Demanda
from proyectos.models import PDM, POA, Proyecto
from territorio.models import UnidadTerritorial

# What has a page of its own; the rest is told on the page of what it hangs on.
CON_PAGINA: dict[type[models.Model], str] = {
    UnidadTerritorial: "unidad",
    Demanda: "demanda",
    Proyecto: "proyecto",
    PDM: "pdm",
    POA: "poa",
}
# Of the many that point to a unit, these are its own; to belong to it or to be asked in it is another's history.
_DE_LA_UNIDAD = frozenset({"unidad", "predecesora", "sucesora"})
# A project is no part of the plan's history, but that it came in or went out is.
_SOLO_AL_MOVERSE = frozenset({(Proyecto, "pdm")})


@dataclass(frozen=True)
class Parte:
    """Which events of a model are asked for: `condicion` is SQL over its table, called `v`."""

    eventos: type[models.Model]
    condicion: str
    parametros: list[Any] = field(default_factory=list)

    @property
    def tabla(self) -> str:
        return self.eventos._meta.db_table


def de_objeto(modelo: type[models.Model], pk: int) -> list[Parte]:
    """The object's own events first, then those of what hangs on it now or did once."""
    propios = _eventos_de(modelo)
    partes = [Parte(propios, f"v.{_identidad(propios)} = %s", [pk])]
    return partes + [_colgada(eventos, campo, pk) for eventos, campo in colgados(modelo)]


def de_municipio(pk: int) -> list[Parte]:
    """All that was recorded of a municipality."""
    partes = []
    for eventos in modelos_auditados():
        if camino := _hasta_el_municipio(eventos, "v"):
            condicion, veces = camino
            partes.append(Parte(eventos, condicion, [pk] * veces))
    return partes


def colgados(modelo: type[models.Model]) -> Iterator[tuple[type[models.Model], models.Field]]:
    """Event models of what hangs on objects of `modelo`, with the foreign key that says on which."""
    for eventos in modelos_auditados():
        seguido = eventos.pgh_tracked_model
        for campo in eventos._meta.concrete_fields:
            if campo.name.startswith("pgh_") or not campo.is_relation or campo.related_model is not modelo:
                continue
            if modelo is UnidadTerritorial and (
                campo.name not in _DE_LA_UNIDAD or seguido._meta.app_label != modelo._meta.app_label
            ):
                continue
            yield eventos, campo


def municipio_de_borrado(modelo: type[models.Model], pk: int) -> int | None:
    """The municipality (id) of an object, there or gone, by its newest event; None where nothing was recorded."""
    ultimo = _eventos_de(modelo).objects.filter(pgh_obj_id=pk).order_by("-pgh_id").first()
    if ultimo is None:
        return None
    return ultimo.municipio_id or (pk if modelo is UnidadTerritorial else None)


def _eventos_de(modelo: type[models.Model]) -> type[models.Model]:
    return next(e for e in modelos_auditados() if e.pgh_tracked_model is modelo)


def _identidad(eventos: type[models.Model]) -> str:
    """The indexed column that says of which object an event is."""
    return "pgh_obj_id" if any(f.name == "pgh_obj" for f in eventos._meta.concrete_fields) else "id"


def _colgada(eventos: type[models.Model], campo: models.Field, pk: int) -> Parte:
    columna, tabla = connection.ops.quote_name(campo.column), connection.ops.quote_name(eventos._meta.db_table)
    if _identidad(eventos) == "id":  # a bare link: it is put in and taken out, never moved
        return Parte(eventos, f"v.{columna} = %s", [pk])
    alguna_vez = f"v.pgh_obj_id IN (SELECT x.pgh_obj_id FROM {tabla} x WHERE x.{columna} = %s)"
    antes = (
        f"coalesce((SELECT p.{columna} FROM {tabla} p WHERE p.pgh_obj_id = v.pgh_obj_id AND p.pgh_id < v.pgh_id"
        " ORDER BY p.pgh_id DESC LIMIT 1) = %s, false)"
    )
    if (eventos.pgh_tracked_model, campo.name) in _SOLO_AL_MOVERSE:
        ahora = f"(v.{columna} IS NOT DISTINCT FROM %s AND v.pgh_label <> 'delete')"
        return Parte(eventos, f"{alguna_vez} AND {antes} <> {ahora}", [pk, pk, pk])
    return Parte(eventos, f"{alguna_vez} AND (v.{columna} = %s OR {antes})", [pk, pk, pk])


def _hasta_el_municipio(eventos: type[models.Model], alias: str) -> tuple[str, int] | None:
    """SQL that says whether an event is of a municipality, and how often it takes its id; None where none can be."""
    campo = que_lleva_al_municipio(eventos)
    if campo is None:
        return None
    if campo.name == "municipio":
        if campo.related_model is eventos.pgh_tracked_model:  # a municipality is its own
            return f"({alias}.{campo.column} = %s OR {alias}.pgh_obj_id = %s)", 2
        return f"{alias}.{campo.column} = %s", 1
    de_arriba = _eventos_de(campo.related_model)
    dentro = f"{alias}x"
    camino = _hasta_el_municipio(de_arriba, dentro)
    if camino is None:
        return None
    condicion, veces = camino
    tabla = connection.ops.quote_name(de_arriba._meta.db_table)
    return f"{alias}.{campo.column} IN (SELECT {dentro}.pgh_obj_id FROM {tabla} {dentro} WHERE {condicion})", veces
