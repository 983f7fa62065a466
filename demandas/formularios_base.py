"""What the forms of participation have in common."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cuentas.versiones import FaltaVersion, VersionVieja, cambios_desde

_CASILLAS = (forms.CheckboxInput, forms.CheckboxSelectMultiple, forms.RadioSelect, forms.HiddenInput)


class Dia(forms.DateField):
    """A day, picked as the reader's device does it."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class FormularioConVersion(forms.Form):
    """Dressed as all forms are; says which version was read, and shows the errors of its service beside their fields."""

    version = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)
    propios: dict[str, str] = {}  # where the service calls a field otherwise

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cambios: list[tuple[str, object, object]] | None = None  # what another person changed meanwhile
        self.estado_http = 200
        for nombre, campo in self.fields.items():
            if not isinstance(campo.widget, _CASILLAS):
                campo.widget.attrs.setdefault(
                    "class", "form-select" if isinstance(campo.widget, forms.Select) else "form-control"
                )
            elif isinstance(campo.widget, forms.CheckboxInput):
                campo.widget.attrs.setdefault("class", "form-check-input")
            if campo.help_text:
                campo.widget.attrs["aria-describedby"] = f"id_{nombre}_helptext"

    def datos(self) -> dict[str, Any]:
        return {nombre: valor for nombre, valor in self.cleaned_data.items() if nombre != "version"}

    def poner_errores(self, error: ValidationError) -> None:
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for campo, mensajes in error.message_dict.items():
            destino = self.propios.get(campo, campo)
            self.add_error(destino if destino in self.fields else None, mensajes)

    def negado(self, error: Exception, objeto: Any = None) -> int:
        """Say in the form why nothing was written, with what was typed kept; gives the status of the answer.

        After `VersionVieja` the form holds the present version, so that sending again puts what was typed.
        """
        if isinstance(error, ValidationError):
            self.poner_errores(error)
            self.estado_http = 400
        elif isinstance(error, FaltaVersion):
            self.add_error(None, _("La página no dijo qué versión leyó. Vuelva a abrirla."))
            self.estado_http = 428
        elif isinstance(error, VersionVieja):
            leida = str(self.data.get("version", ""))
            objeto.refresh_from_db()
            self.cambios = cambios_desde(objeto, int(leida)) if leida.isascii() and leida.isdecimal() else []
            otra_vez = self.data.copy()  # type: ignore[attr-defined]  # a form of a page has a QueryDict
            otra_vez["version"] = str(error.actual)
            self.data = otra_vez
            self.estado_http = 409
        else:
            self.add_error(None, str(error))
            self.estado_http = 409
        return self.estado_http
