"""The form of each formal step."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from proyectos.models import Norma


class FormularioPaso(forms.Form):
    """A step: the day of the act, the version that was read and, where it asks for them, norm or reason."""

    version = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)
    norma = forms.ChoiceField(label=_("Norma que aprueba"), choices=Norma.choices)
    norma_numero = forms.CharField(label=_("Número"), max_length=60, help_text=_("Como está en la norma: 045/2026."))
    fecha = forms.DateField(label=_("Fecha"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    archivo = forms.FileField(
        label=_("La norma, escaneada"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.webp,.heic,.heif"}),
        help_text=_("PDF o foto. Lo verán todos, con el documento."),
    )
    nota = forms.CharField(
        label=_("Nota"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3, "maxlength": 2000})
    )

    def __init__(self, *args, clave: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fecha"].widget.attrs["max"] = timezone.localdate().isoformat()
        if clave == "aprobar":
            self.fields["fecha"].label = _("Fecha de la norma")
        else:
            del self.fields["norma"], self.fields["norma_numero"], self.fields["archivo"]
            self.fields["fecha"].initial = timezone.localdate
        if clave == "devolver":
            self.fields["nota"].required = True
            self.fields["nota"].label = _("Por qué se devuelve")
            self.fields["nota"].help_text = _("Es lo que leerá quien lo corrija.")
        for nombre, campo in self.fields.items():
            campo.widget.attrs.setdefault("class", "form-select" if nombre == "norma" else "form-control")

    def datos(self) -> dict:
        """What the service is told, apart from the version."""
        return {nombre: valor for nombre, valor in self.cleaned_data.items() if nombre != "version"}

    def poner_errores(self, error: ValidationError) -> None:
        """Errors of the service beside their fields."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for campo, mensajes in error.message_dict.items():
            self.add_error(campo if campo in self.fields else None, mensajes)
