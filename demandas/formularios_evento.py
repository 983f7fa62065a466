"""Forms of meetings and of who came to them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from demandas.formularios_base import Dia, FormularioConVersion
from demandas.models import Actor, Calidad, EstadoEvento, Evento, GrupoEdad, Proceso, Sexo, TipoDeEvento
from demandas.services.eventos import MAXIMO, Celda, celdas_posibles
from demandas.unidad_escrita import CampoUnidad, rotulo
from territorio.models import UnidadTerritorial
from territorio.posicion import LARGO, PosicionInvalida, leer_posicion


class FormularioEvento(FormularioConVersion):
    tipo = forms.ChoiceField(label=_("Tipo"), choices=TipoDeEvento.choices)
    nombre = forms.CharField(
        label=_("Nombre"), max_length=200, required=False, help_text=_("Vacío: el tipo y de quién es.")
    )
    fecha = Dia(label=_("Fecha"))
    hora = forms.TimeField(
        label=_("Hora"), required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    estado = forms.ChoiceField(label=_("Estado"), choices=EstadoEvento.choices)
    proceso = forms.ModelChoiceField(
        label=_("Proceso"), queryset=None, required=False, empty_label=_("fuera de un proceso")
    )
    lugar = forms.CharField(label=_("Lugar"), max_length=200, required=False, help_text=_("Escuela, sede, cancha …"))
    coordenadas = forms.CharField(
        label=_("Punto"),
        max_length=LARGO,
        required=False,
        help_text=_("Pulse el mapa, o escriba latitud y longitud, o UTM con su zona. Vacío: sin lugar conocido."),
    )
    agenda = forms.CharField(
        label=_("Agenda"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 4, "maxlength": 4000})
    )
    acuerdos = forms.CharField(
        label=_("Acuerdos"),
        max_length=8000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": 8000}),
        help_text=_("Lo que quedó en el acta. Sin nombres de personas."),
    )
    actores = forms.ModelMultipleChoiceField(
        label=_("Actores presentes"), queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )
    propios = {"punto": "coordenadas"}

    def __init__(self, *args: Any, municipio: UnidadTerritorial, evento: Evento | None = None, **kwargs: Any) -> None:
        inicial: dict[str, Any] = kwargs.pop("initial", {})
        presentes: list[int] = []
        if evento is not None:
            presentes = list(evento.actores.values_list("pk", flat=True))
            campos = ("tipo", "nombre", "fecha", "hora", "estado", "lugar", "agenda", "acuerdos", "version")
            inicial = {campo: getattr(evento, campo) for campo in campos} | {
                "proceso": evento.proceso_id,
                "unidad": rotulo(evento.unidad),
                "coordenadas": f"{evento.punto.y:.6f}, {evento.punto.x:.6f}" if evento.punto else "",
                "actores": presentes,
            }
        self.base_fields = {
            **self.base_fields,
            "unidad": CampoUnidad(
                municipio=municipio,
                label=_("De quién es la reunión"),
                help_text=_("Comunidad, OTB, distrito o el municipio: por nombre o código."),
            ),
        }
        super().__init__(*args, initial=inicial, **kwargs)
        self.fields["proceso"].queryset = Proceso.objects.filter(municipio=municipio)
        actores = Actor.objects.filter(municipio=municipio)
        self.fields["actores"].queryset = (actores.activos() | actores.filter(pk__in=presentes)).distinct()

    def clean_coordenadas(self) -> Point | None:
        texto = self.cleaned_data["coordenadas"]
        if not texto.strip():
            return None
        try:
            return leer_posicion(texto).punto
        except PosicionInvalida as error:
            raise ValidationError(str(error)) from error

    def datos(self) -> dict[str, Any]:
        datos = super().datos()
        datos["punto"] = datos.pop("coordenadas")
        datos.pop("actores")
        return datos


class FormularioAsistencia(FormularioConVersion):
    """A field for each group of sex, age and capacity; what is left empty nobody counted."""

    def __init__(self, *args: Any, celdas: dict[Celda, int] | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {_nombre(celda): n for celda, n in (celdas or {}).items()} | kwargs.pop("initial", {})
        self.base_fields = dict(self.base_fields)
        for celda in celdas_posibles():
            sexo, edad, calidad = celda
            etiqueta = f"{Calidad(calidad).label}, {GrupoEdad(edad).label}, {Sexo(sexo).label}"
            self.base_fields[_nombre(celda)] = forms.IntegerField(
                label=etiqueta,
                required=False,
                min_value=0,
                max_value=MAXIMO,
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "aria-label": etiqueta}),
            )
        super().__init__(*args, **kwargs)

    def celdas(self) -> dict[Celda, int | None]:
        return {celda: self.cleaned_data[_nombre(celda)] for celda in celdas_posibles()}

    def filas(self) -> list[dict[str, Any]]:
        """The table of the page: capacities, and of each its ages with their two fields."""
        return [
            {
                "nombre": calidad.label,
                "clave": calidad.value,
                "edades": [
                    (edad.label, [self[_nombre((sexo, edad.value, calidad.value))] for sexo in Sexo.values])
                    for edad in GrupoEdad
                ],
            }
            for calidad in Calidad
        ]


def _nombre(celda: Celda) -> str:
    return "-".join(celda)
