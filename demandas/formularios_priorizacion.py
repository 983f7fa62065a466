"""Forms of runs and criteria."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from demandas.models import AlcanceDePriorizacion, Criterio, Evento, Priorizacion
from demandas.services.flujo import REUNIONES
from demandas.services.priorizacion import ALCANCES


class FormularioCorrida(forms.Form):
    """A run to be kept: `consulta` is the view of the workbench as its address says it."""

    consulta = forms.CharField(max_length=4000, widget=forms.HiddenInput)
    nombre = forms.CharField(label=_("Nombre de la corrida"), max_length=200)
    alcance = forms.ChoiceField(label=_("Decide las prioridades"), choices=AlcanceDePriorizacion.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for nombre, campo in self.fields.items():
            campo.widget.attrs["class"] = "form-select" if nombre == "alcance" else "form-control"


class FormularioAprobar(forms.Form):
    """The meeting whose act approves: only those that may."""

    evento = forms.ModelChoiceField(label=_("Reunión que la aprobó"), queryset=Evento.objects.none())

    def __init__(self, *args: Any, corrida: Priorizacion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hacia = ALCANCES[AlcanceDePriorizacion(corrida.alcance)]
        reuniones = Evento.objects.filter(municipio=corrida.municipio, estado="realizado", tipo__in=REUNIONES[hacia])
        if corrida.unidad_id:
            reuniones = reuniones.filter(unidad__in=[corrida.unidad_id, corrida.municipio_id])
        self.fields["evento"].queryset = reuniones.order_by("-fecha")  # type: ignore[attr-defined]
        self.fields["evento"].widget.attrs["class"] = "form-select"
        self.fields["evento"].label_from_instance = lambda e: f"{e} ({e.fecha:%d/%m/%Y})"  # type: ignore[attr-defined]


class FormularioCriterio(forms.ModelForm):
    """A criterion; the version that was read goes with it."""

    version = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)

    class Meta:
        model = Criterio
        fields = ["nombre", "descripcion", "fuente", "sentido", "normalizacion", "peso", "activo"]
        widgets = {"descripcion": forms.Textarea(attrs={"rows": 2})}
        labels = {
            "nombre": _("Nombre"),
            "descripcion": _("Qué mide"),
            "fuente": _("De dónde sale"),
            "sentido": _("Sentido"),
            "normalizacion": _("Cómo se vuelve de 0 a 1"),
            "peso": _("Peso con el que se empieza (0 a 100)"),
            "activo": _("Se usa"),
        }
        help_texts = {"peso": ""}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for nombre, campo in self.fields.items():
            clase = {"sentido": "form-select", "normalizacion": "form-select", "activo": "form-check-input"}
            campo.widget.attrs.setdefault("class", clase.get(nombre, "form-control"))
        self.fields["peso"].widget.attrs |= {"min": 0, "max": 100, "inputmode": "numeric"}


class FormularioValores(forms.Form):
    filas = forms.CharField(
        label=_("Pegue aquí dos columnas: código de la demanda y valor"),
        max_length=1_000_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "class": "form-control", "placeholder": "DEM-0001\t3,5"}),
        help_text=_("Una demanda por fila. Sin valor, se borra el que tenía. Sí y no valen 1 y 0."),
    )
