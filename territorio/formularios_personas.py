"""Forms of the people of a municipality: whom to invite, as what, and in which districts."""

from django import forms
from django.utils.translation import gettext_lazy as _

from territorio.models import Rol, UnidadTerritorial


class FormularioRol(forms.Form):
    """A role and where it counts."""

    rol = forms.ChoiceField(label=_("Rol"), choices=Rol.choices, initial=Rol.FACILITADOR)
    unidades = forms.ModelMultipleChoiceField(
        label=_("Solo en"),
        queryset=UnidadTerritorial.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nada marcado: en todo el municipio."),
    )

    def __init__(self, *args, municipio: UnidadTerritorial, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        # Whatever lies between the municipality and the communities: districts, cantones, subalcaldías.
        entre = UnidadTerritorial.objects.filter(municipio=municipio, nivel__es_base=False).vigentes()
        self.fields["unidades"].queryset = entre.select_related("nivel").order_by("nivel__orden", "nombre")
        self.fields["unidades"].label_from_instance = _con_nivel
        for nombre, campo in self.fields.items():
            if nombre != "unidades":
                campo.widget.attrs["class"] = "form-select" if isinstance(campo, forms.ChoiceField) else "form-control"


class FormularioInvitacion(FormularioRol):
    nota = forms.CharField(
        label=_("Para quién"), max_length=200, help_text=_("Un nombre o un cargo, para reconocer la invitación.")
    )
    correo = forms.EmailField(label=_("Correo electrónico (opcional)"), required=False)

    field_order = ["nota", "rol", "correo", "unidades"]


def _con_nivel(unidad: UnidadTerritorial) -> str:
    """Its name, with its level where the name does not say it."""
    nivel = str(_(unidad.nivel.nombre))
    return unidad.nombre if nivel.casefold() in unidad.nombre.casefold() else f"{unidad.nombre} ({nivel})"
