"""A value of the record as people read it: choices by label, money in Bs, days as days, shapes by what they measure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.gis.db.models import LineStringField, MultiLineStringField, PointField
from django.contrib.gis.db.models.fields import GeometryField
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from pyproj import Geod

from mapas.templatetags.minka import bs, numero, superficie

_GEOD = Geod(ellps="WGS84")
Nombres = Mapping[tuple[type[models.Model], Any], str]


def nombre_de_campo(campo: models.Field) -> str:
    """`Costo estimado (Bs)` without what its value says already."""
    if campo.name == "geom":
        return _("Forma")
    if campo.is_relation and campo.name == campo.related_model._meta.model_name:  # a bare link says no better
        return capfirst(str(campo.related_model._meta.verbose_name))
    return capfirst(str(campo.verbose_name).replace("(Bs)", "").replace("(%)", "").strip())


def en_palabras(campo: models.Field, valor: Any, nombres: Nombres) -> str:
    """The value of `campo` in an event; empty where it has none. Foreign keys are looked up in `nombres`."""
    if valor is None or valor == "" or valor == [] or valor == {}:
        return ""
    if campo.choices:
        return str(dict(campo.flatchoices).get(valor, valor))  # type: ignore[attr-defined]
    if campo.is_relation:
        nombre = nombres.get((campo.related_model, valor))
        return nombre if nombre is not None else _("n.º %(pk)s (ya no está)") % {"pk": valor}
    if isinstance(valor, bool):
        return _("sí") if valor else _("no")
    if isinstance(campo, models.DecimalField):
        return _decimal(campo, valor)
    if isinstance(valor, float):
        return numero(valor, 2 if valor % 1 else 0)
    if isinstance(valor, int):  # a year is told by its type, and has no thousands
        return str(valor) if isinstance(campo, models.PositiveSmallIntegerField) else numero(valor, 0)
    return _texto(valor)


def _decimal(campo: models.DecimalField, valor: Decimal) -> str:
    if campo.decimal_places == 2 and campo.max_digits == 14:  # how money is kept everywhere
        return bs(valor)
    entero = valor == valor.to_integral_value()
    return number_format(valor, 0 if entero else campo.decimal_places) + (
        "\u00a0%" if "%" in campo.verbose_name else ""
    )


def _texto(valor: Any) -> str:
    if isinstance(valor, datetime):
        return date_format(timezone.localtime(valor), "DATETIME_FORMAT")
    if isinstance(valor, date):
        return date_format(valor, "SHORT_DATE_FORMAT")
    if isinstance(valor, DateRange):
        return _dias(valor)
    if isinstance(valor, dict):
        return "; ".join(f"{clave}: {_texto(v)}" for clave, v in sorted(valor.items()) if v not in (None, "", [], {}))
    if isinstance(valor, list | tuple):
        return ", ".join(_texto(v) for v in valor)
    return str(valor)


def _dias(dias: DateRange) -> str:
    """Days from and to, both included."""
    desde = date_format(dias.lower, "SHORT_DATE_FORMAT") if dias.lower else ""
    hasta = date_format(dias.upper - timedelta(days=1), "SHORT_DATE_FORMAT") if dias.upper else ""
    if desde and hasta:
        return _("del %(desde)s al %(hasta)s") % {"desde": desde, "hasta": hasta}
    if desde:
        return _("desde el %(desde)s") % {"desde": desde}
    return _("hasta el %(hasta)s") % {"hasta": hasta} if hasta else _("siempre")


# --- shapes -----------------------------------------------------------------------------------------------------------
class Metros(models.Func):
    """Length or area on the ellipsoid, in m or m²; slivers, which PostGIS may measure below zero, count as they are."""

    output_field = models.FloatField()

    def __init__(self, campo: GeometryField) -> None:
        funcion = "ST_Length" if es_linea(campo) else "ST_Area"
        super().__init__(models.F(campo.name), template=f"abs({funcion}((%(expressions)s)::geography))")


class Firma(models.Func):
    """What tells two shapes apart without reading them."""

    template = "md5(ST_AsBinary(%(expressions)s))"
    output_field = models.TextField()


def es_linea(campo: GeometryField) -> bool:
    return isinstance(campo, LineStringField | MultiLineStringField)


def forma(campo: GeometryField, evento: Any) -> str:
    """A shape by what it measures, or where it is."""
    if isinstance(campo, PointField):
        punto = getattr(evento, campo.name)
        return f"{number_format(punto.y, 6)}; {number_format(punto.x, 6)}" if punto else ""
    medida = getattr(evento, f"_{campo.name}_mide")
    if medida is None:
        return ""
    return largo(medida) if es_linea(campo) else superficie(medida)


def otra_forma(campo: GeometryField, antes: Any, despues: Any) -> str:
    """What became of a shape, where it was one before and is another now; empty where it is the same."""
    if isinstance(campo, PointField):
        uno, otro = getattr(antes, campo.name), getattr(despues, campo.name)
        metros = abs(_GEOD.inv(uno.x, uno.y, otro.x, otro.y)[2])
        return _("se movió %(metros)s") % {"metros": largo(metros)}
    dicho = _("otra línea: %(antes)s → %(despues)s") if es_linea(campo) else _("otro polígono: %(antes)s → %(despues)s")
    return dicho % {"antes": forma(campo, antes), "despues": forma(campo, despues)}


def misma_forma(campo: GeometryField, antes: Any, despues: Any) -> bool:
    firma = campo.name if isinstance(campo, PointField) else f"_{campo.name}_firma"
    return getattr(antes, firma) == getattr(despues, firma)


def largo(metros: float) -> str:
    """A distance: `0,4 m`, `1.240 m`, `12,5 km`."""
    if metros >= 10_000:
        return f"{numero(metros / 1000, 1)}\u00a0km"
    return f"{numero(metros, 0 if metros >= 10 else 1)}\u00a0m"
