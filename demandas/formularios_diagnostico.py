"""Forms of the diagnosis: what a community finds, the demand that comes of it, and facts of the institution."""

from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as ahora
from django.utils.translation import gettext_lazy as _

from demandas.models import Apartado, DatoInstitucional, Evento, Grupo, Hallazgo, TipoDeEvento, TipoDeHallazgo
from territorio.dinero import MONTO_MAXIMO
from territorio.fechas import hoy
from territorio.models import Sector, UnidadTerritorial

PUESTO_MAXIMO = 999


class Vestido(forms.Form):
    """Dressed for Bootstrap; errors of a service stand beside their fields."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for campo in self.fields.values():
            elige = isinstance(campo.widget, forms.Select)
            campo.widget.attrs.setdefault("class", "form-select" if elige else "form-control")

    def poner_errores(self, error: ValidationError) -> None:
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for campo, mensajes in error.message_dict.items():
            self.add_error(campo if campo in self.fields else None, mensajes)


class Sectores(forms.ModelChoiceField):
    """The catalogue of today, by name; a sector of another catalogue stays where it stands already."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Sector.objects.none(), required=False, empty_label=_("sin sector"), **kwargs)

    def ofrecer(self, propio: int | None = None) -> None:
        suyos = Sector.objects.vigentes(hoy())
        if propio is not None:
            suyos = suyos | Sector.objects.filter(pk=propio)
        self.queryset = suyos.order_by("codigo")

    def label_from_instance(self, obj: Sector) -> str:
        return ahora(obj.nombre)


class FormularioHallazgo(Vestido):
    """What was found; a form of one line that comes back with what most probably repeats."""

    tipo = forms.ChoiceField(label=_("Qué es"), choices=TipoDeHallazgo.choices)
    grupo = forms.ChoiceField(label=_("Quién lo dice"), choices=Grupo.choices)
    sector = Sectores(label=_("Sector"))
    texto = forms.CharField(
        label=_("Qué se halló"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 1000}),
        error_messages={"required": _("Escriba qué se halló.")},
    )
    puesto = forms.IntegerField(
        label=_("Puesto"),
        required=False,
        min_value=0,
        max_value=PUESTO_MAXIMO,
        help_text=_("Vacío: el que sigue. 0: sin puesto."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    evento = forms.ModelChoiceField(
        label=_("Del taller"), queryset=Evento.objects.none(), required=False, empty_label=_("fuera de un taller")
    )
    envio = forms.UUIDField(widget=forms.HiddenInput, required=False)
    version = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, unidad: UnidadTerritorial, hallazgo: Hallazgo | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sector"].ofrecer(hallazgo.sector_id if hallazgo else None)  # type: ignore[attr-defined]
        talleres = talleres_de(unidad)
        if hallazgo is not None:
            talleres = talleres | Evento.objects.filter(pk=hallazgo.evento_id)
            self.fields["puesto"].help_text = _("Vacío o 0: sin puesto.")
        self.fields["evento"].queryset = talleres.order_by("-fecha", "-pk")  # type: ignore[attr-defined]
        self.initial.setdefault("envio", uuid4())

    @property
    def sin_puesto(self) -> bool:
        return self.cleaned_data["puesto"] == 0

    def datos(self) -> dict[str, Any]:
        """What the services are told."""
        return {clave: self.cleaned_data[clave] for clave in ("tipo", "grupo", "sector", "texto", "evento")}


def talleres_de(unidad: UnidadTerritorial):
    """Self-diagnoses of the unit, and those of the unit above it to which its people went."""
    return Evento.objects.filter(
        tipo=TipoDeEvento.AUTODIAGNOSTICO, unidad__in=[unidad.pk, unidad.padre_id or unidad.pk]
    )


class FormularioDemanda(Vestido):
    """The demand that comes of a finding."""

    titulo = forms.CharField(
        label=_("Qué se pide"), max_length=300, error_messages={"required": _("Diga qué se pide.")}
    )
    sector = Sectores(label=_("Sector"))
    grupo = forms.ChoiceField(label=_("Quién pide"), choices=Grupo.choices)
    descripcion = forms.CharField(
        label=_("Detalle"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )
    envio = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, hallazgo: Hallazgo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("envio", uuid4())
        self.fields["sector"].ofrecer(hallazgo.sector_id)  # type: ignore[attr-defined]


class FormularioDato(Vestido):
    """A fact of the institution in a year."""

    apartado = forms.ChoiceField(label=_("Apartado"), choices=Apartado.choices)
    concepto = forms.CharField(label=_("Concepto"), max_length=200, help_text=_("Técnicos, volquetas, regalías …"))
    anio = forms.IntegerField(label=_("Año"), min_value=1990, max_value=2200)
    cantidad = forms.DecimalField(
        label=_("Cantidad"), required=False, min_value=0, max_digits=14, decimal_places=2, localize=True
    )
    medida = forms.CharField(label=_("Medida"), max_length=40, required=False, help_text=_("Personas, vehículos, m² …"))
    monto = forms.DecimalField(
        label=_("Monto (Bs)"),
        required=False,
        min_value=0,
        max_value=MONTO_MAXIMO,
        max_digits=14,
        decimal_places=2,
        localize=True,
    )
    nota = forms.CharField(label=_("Nota"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    fuente = forms.CharField(label=_("Fuente"), max_length=300, required=False)
    version = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)

    def datos(self) -> dict[str, Any]:
        return {clave: valor for clave, valor in self.cleaned_data.items() if clave != "version"}


def valores_de_dato(dato: DatoInstitucional) -> dict[str, Any]:
    """A fact as its form begins."""
    campos = ("apartado", "concepto", "anio", "cantidad", "medida", "monto", "nota", "fuente", "version")
    return {campo: getattr(dato, campo) for campo in campos}
