"""Versions: whoever writes says which version was read, and a write on an older one is refused.

The number is raised by the database, whatever wrote the row (page, API, command, raw SQL), so that no service can forget
to. What belongs to a document without being in its row (the operations of a programme) raises the document's number too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext as _

Modelo = TypeVar("Modelo", bound=type[models.Model])

# The number never goes back, nor forward by more than one: a row saved from an old copy cannot bring the old number along.
_SUBIR = """
antes := OLD;
antes.version := NEW.version;
{iguales}
IF NEW IS DISTINCT FROM antes OR NEW.version > OLD.version THEN
    NEW.version := OLD.version + 1;
ELSE
    NEW.version := OLD.version;
END IF;
RETURN NEW;
"""
_TOCADOS = {
    pgtrigger.Insert: "SELECT {fk} FROM nuevas",
    pgtrigger.Delete: "SELECT {fk} FROM viejas",
    pgtrigger.Update: "SELECT x.{fk} FROM viejas v JOIN nuevas n USING (id) "
    """CROSS JOIN LATERAL (VALUES (v.{fk}), (n.{fk})) x({fk})
        WHERE ({viejos}) IS DISTINCT FROM ({nuevos})""",
}
_SUBIR_EL_DE_ARRIBA = "UPDATE {tabla} SET version = version + 1 WHERE id IN ({tocados}); RETURN NULL;"


class FaltaVersion(Exception):
    """The write does not say which version was read."""


class VersionVieja(Exception):
    """Somebody wrote after it was read; nothing was written. `actual` is the version by now."""

    def __init__(self, mensaje: str, *, actual: int | str) -> None:
        super().__init__(mensaje)
        self.actual = actual


def exigir_alguna(leida: int | str | None) -> int | str:
    """Raise `FaltaVersion` where nobody says which version was read."""
    if leida is None or leida == "":
        raise FaltaVersion(
            _("Falta la versión de lo que leyó: mándela en la cabecera If-Match o en el campo «version».")
        )
    return leida


def exigir_version(*, leida: int | str | None, actual: int | str, que: object) -> None:
    """Raise `FaltaVersion` or `VersionVieja` unless `leida` is the version that `que`, locked by now, has."""
    if str(exigir_alguna(leida)) != str(actual):
        raise VersionVieja(
            _("«%(que)s» cambió después de que usted lo leyó. No se escribió nada.") % {"que": str(que)[:200]},
            actual=actual,
        )


def con_version(*, excepto: tuple[str, ...] = ()) -> Callable[[Modelo], Modelo]:
    """Give a model its `version`, raised at each change of any field but those derived (`excepto`)."""

    def decorar(modelo: Modelo) -> Modelo:
        modelo.add_to_class("version", models.PositiveIntegerField(_("versión"), default=1, editable=False))
        columnas = [modelo._meta.get_field(campo).column for campo in excepto]
        sube = pgtrigger.Trigger(
            name="sube_version",
            operation=pgtrigger.Update,
            when=pgtrigger.Before,
            declare=[("antes", modelo._meta.db_table)],
            func=_SUBIR.format(iguales=" ".join(f"antes.{c} := NEW.{c};" for c in columnas)),
        )
        return pgtrigger.register(sube)(modelo)

    return decorar


def contenido_de(campo: str, *, columnas: tuple[str, ...] = ()) -> Callable[[Modelo], Modelo]:
    """Rows of this model are the content of what `campo` points to, whose version rises when one comes, goes or changes.

    `columnas` (fields) are those in which a change is one of the content; the others tell of something else.
    """

    def decorar(modelo: Modelo) -> Modelo:
        padre = modelo._meta.get_field(campo)
        valores = [padre.column, *(modelo._meta.get_field(nombre).column for nombre in columnas)]
        partes = {
            "fk": padre.column,
            "viejos": ", ".join(f"v.{valor}" for valor in valores),
            "nuevos": ", ".join(f"n.{valor}" for valor in valores),
        }
        for operacion, tocados in _TOCADOS.items():
            disparador = pgtrigger.Trigger(
                name=f"version_de_{campo}_{str(operacion).lower()}",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=operacion,
                referencing=pgtrigger.Referencing(
                    old="viejas" if operacion is not pgtrigger.Insert else None,
                    new="nuevas" if operacion is not pgtrigger.Delete else None,
                ),
                func=_SUBIR_EL_DE_ARRIBA.format(
                    tabla=padre.remote_field.model._meta.db_table, tocados=tocados.format(**partes)
                ),
            )
            modelo = pgtrigger.register(disparador)(modelo)
        return modelo

    return decorar


def cambios_desde(objeto: models.Model, version: int) -> list[tuple[str, object, object]]:
    """What differs by now from the `version` that somebody read: (field, before, now), as the record of changes tells it."""
    antes = objeto.registro.filter(version=version).order_by("pgh_id").last()
    if antes is None:
        return []
    campos = [campo for campo in objeto._meta.concrete_fields if hasattr(antes, campo.attname)]
    return [
        (str(campo.verbose_name), _dicho(antes, campo), _dicho(objeto, campo))
        for campo in campos
        if campo.name != "version" and getattr(antes, campo.attname) != getattr(objeto, campo.attname)
    ]


def _dicho(fila: models.Model, campo: models.Field) -> object:
    """A value as a reader of the page knows it."""
    valor = getattr(fila, campo.name, None) if campo.is_relation else getattr(fila, campo.attname)
    if isinstance(valor, bool):
        return _("sí") if valor else _("no")
    return dict(campo.flatchoices).get(valor, valor)
