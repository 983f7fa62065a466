"""A unit as a person writes it: its name or its code, with suggestions that a browser completes without any script."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from territorio.models import UnidadTerritorial

SUGERENCIAS = 2000
CANDIDATAS = 6


def rotulo(unidad: UnidadTerritorial) -> str:
    """Name, level and code: what is written in the field, and tells apart those of the same name."""
    return f"{unidad.nombre} ({_(unidad.nivel.nombre)} {unidad.codigo})"


def sugeridas(municipio: UnidadTerritorial) -> list[str]:
    """What may be written for the units of a municipality, itself first."""
    unidades = UnidadTerritorial.objects.del_municipio(municipio).vigentes().select_related("nivel")
    return [rotulo(una) for una in unidades.order_by("nivel__orden", "nombre", "codigo")[:SUGERENCIAS]]


def unidad_escrita(texto: str, municipio: UnidadTerritorial) -> UnidadTerritorial:
    """The unit of a municipality that somebody wrote; raises `ValidationError`, with those that may have been meant."""
    limpio = " ".join(texto.replace("\x00", "").split())
    unidades = UnidadTerritorial.objects.del_municipio(municipio).vigentes().select_related("nivel", "municipio")
    nombre, abre, resto = limpio.rpartition(" (")
    if abre and resto.endswith(")"):
        codigo = resto[:-1].rpartition(" ")[2]
        exactas = [una for una in unidades.filter(nombre__iexact=nombre, codigo=codigo) if rotulo(una) == limpio]
        if len(exactas) == 1:
            return exactas[0]
    # By code or whole name; only then by a part of the name.
    for condicion in (Q(codigo=limpio) | Q(nombre__unaccent__iexact=limpio), Q(nombre__unaccent__icontains=limpio)):
        halladas = list(unidades.filter(condicion).order_by("nivel__orden", "nombre")[: CANDIDATAS + 1])
        if len(halladas) == 1:
            return halladas[0]
        if halladas:
            nombres = ", ".join(f"«{rotulo(una)}»" for una in halladas[:CANDIDATAS])
            raise ValidationError(
                _("Hay varias: %(cuales)s. Escriba una de ellas.")
                % {"cuales": nombres + (" …" if len(halladas) > CANDIDATAS else "")}
            )
    raise ValidationError(_("No hay una unidad que se llame «%(que)s» ni que tenga ese código.") % {"que": limpio[:80]})


class CampoUnidad(forms.CharField):
    """A unit by name or code; the page shows `sugerencias` as a list that completes what is written."""

    def __init__(self, *, municipio: UnidadTerritorial, **kwargs) -> None:
        super().__init__(max_length=300, **kwargs)
        self.municipio = municipio
        self.widget.attrs |= {"list": "unidades-sugeridas", "autocomplete": "off"}

    def clean(self, value: object) -> UnidadTerritorial | None:  # type: ignore[override]
        texto = super().clean(value)
        return unidad_escrita(texto, self.municipio) if texto else None
