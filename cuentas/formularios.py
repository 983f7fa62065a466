"""Forms of accounts, dressed for Bootstrap."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm, PasswordChangeForm
from django.utils.translation import gettext_lazy as _

from cuentas.models import Usuario


class Vestido:
    """Mixin: fields look as all others do."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for campo in self.fields.values():
            campo.widget.attrs["class"] = "form-control"


class FormularioIngreso(Vestido, AuthenticationForm):
    """Django's form."""


class FormularioCodigo(Vestido, forms.Form):
    codigo = forms.CharField(
        label=_("Código"),
        max_length=24,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )


class FormularioNombre(Vestido, forms.ModelForm):
    class Meta:
        model = Usuario
        fields = ["first_name", "last_name", "email"]
        labels = {"first_name": _("Nombre"), "last_name": _("Apellidos"), "email": _("Correo electrónico (opcional)")}


class FormularioClave(Vestido, PasswordChangeForm):
    """The present password, and the new one twice."""


class FormularioCuenta(Vestido, BaseUserCreationForm):
    """A new account; only an invitation leads here."""

    class Meta:
        model = Usuario
        fields = ["first_name", "last_name", "username"]
        labels = {"first_name": _("Nombre"), "last_name": _("Apellidos"), "username": _("Nombre de usuario")}
        help_texts = {"username": _("Con él entrará. Letras, números y @ . + - _")}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs.pop("autofocus", None)  # the name is asked for before

    def clean_username(self) -> str:
        """Two accounts whose names differ only in capitals would be taken for one another."""
        nombre = self.cleaned_data["username"]
        if Usuario.objects.filter(username__iexact=nombre).exists():
            raise forms.ValidationError(_("Ya hay una cuenta con ese nombre de usuario."))
        return nombre
