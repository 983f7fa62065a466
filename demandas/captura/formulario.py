"""The form of a new demand: whole without scripts, and what the steps of the capture page show one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from demandas.captura.catalogo import eventos_de, unidades_de
from demandas.models import Evento, Grupo, GrupoEdad, Madurez, Sexo
from demandas.services.captura import PUESTO_MAXIMO, Contenido
from territorio.dinero import MONTO_MAXIMO
from territorio.fechas import hoy
from territorio.models import Sector, UnidadTerritorial
from territorio.posicion import LARGO, PosicionInvalida, leer_posicion

PERSONAS_MAXIMAS = 2**31 - 1
EDADES = [(sexo, edad) for edad in GrupoEdad.values for sexo in Sexo.values]


class FormularioCaptura(forms.Form):
    """`contenido()` is what the service takes; the names of the fields are those that the scripts read and keep."""

    envio = forms.UUIDField(widget=forms.HiddenInput)
    titulo = forms.CharField(
        max_length=300, label=gettext_lazy("¿Qué se pide?"), widget=forms.Textarea(attrs={"rows": 3})
    )
    sector = forms.ModelChoiceField(Sector.objects.none(), required=False, label=gettext_lazy("Sector"))
    descripcion = forms.CharField(
        max_length=5000,
        required=False,
        label=gettext_lazy("Más detalle"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    proponente = forms.ModelChoiceField(
        UnidadTerritorial.objects.none(), required=False, label=gettext_lazy("Comunidad, OTB o distrito que la pide")
    )
    coordenadas = forms.CharField(
        max_length=LARGO,
        required=False,
        label=gettext_lazy("Lugar exacto, si se sabe"),
        help_text=gettext_lazy("Latitud y longitud, o UTM con su zona. Vacío: se cuenta donde está la comunidad."),
    )
    grupo = forms.ChoiceField(
        choices=Grupo.choices, label=gettext_lazy("¿Quién la pide?"), widget=forms.RadioSelect, initial="comunidad"
    )
    evento = forms.ModelChoiceField(
        Evento.objects.none(), required=False, label=gettext_lazy("¿En qué reunión se pidió?")
    )
    beneficiarias_mujeres = forms.IntegerField(
        min_value=0, max_value=PERSONAS_MAXIMAS, required=False, label=gettext_lazy("Mujeres en total")
    )
    beneficiarios_hombres = forms.IntegerField(
        min_value=0, max_value=PERSONAS_MAXIMAS, required=False, label=gettext_lazy("Hombres en total")
    )
    pedida_desde = forms.IntegerField(
        min_value=1950, max_value=2200, required=False, label=gettext_lazy("¿Desde qué año se pide?")
    )
    madurez = forms.ChoiceField(
        choices=[("", gettext_lazy("no se sabe")), *Madurez.choices],
        required=False,
        label=gettext_lazy("¿Qué hay preparado?"),
    )
    contraparte = forms.DecimalField(
        min_value=0,
        max_value=MONTO_MAXIMO,
        decimal_places=2,
        localize=True,
        required=False,
        label=gettext_lazy("Lo que pone la comunidad (Bs)"),
    )
    costo_estimado = forms.DecimalField(
        min_value=0,
        max_value=MONTO_MAXIMO,
        decimal_places=2,
        localize=True,
        required=False,
        label=gettext_lazy("Costo estimado (Bs)"),
    )

    def __init__(self, *args: Any, municipio: UnidadTerritorial, usuario: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        campos: dict[str, Any] = self.fields
        campos["sector"].queryset = Sector.objects.vigentes(hoy())
        campos["sector"].label_from_instance = lambda uno: uno.nombre
        campos["sector"].to_field_name = "codigo"
        campos["proponente"].queryset = unidades_de(municipio)
        campos["proponente"].label_from_instance = _con_su_lugar
        campos["evento"].queryset = eventos_de(municipio, usuario)
        for nombre in ("sector", "proponente", "evento"):
            campos[nombre].empty_label = _("sin decir")
        for sexo, edad in EDADES:
            campos[f"personas_{sexo}_{edad}"] = _entero(
                0, PERSONAS_MAXIMAS, f"{Sexo(sexo).label}, {GrupoEdad(edad).label}"
            )
        for grupo in Grupo:
            nombre = _("Puesto acordado") if grupo is Grupo.COMUNIDAD else str(grupo.label).capitalize()
            campos[f"rango_{grupo}"] = _entero(1, PUESTO_MAXIMO, nombre)
        self.initial.setdefault("envio", str(uuid4()))
        for campo in campos.values():
            if not isinstance(campo.widget, forms.RadioSelect):
                es_lista = isinstance(campo.widget, forms.Select)
                campo.widget.attrs["class"] = "form-select" if es_lista else "form-control"
            if isinstance(campo, forms.IntegerField) and not isinstance(campo, forms.DecimalField):
                campo.widget.attrs["inputmode"] = "numeric"
        for nombre in ("contraparte", "costo_estimado"):
            campos[nombre].widget.attrs["inputmode"] = "decimal"

    def clean_coordenadas(self):
        texto = self.cleaned_data["coordenadas"]
        if not texto:
            return None
        try:
            return leer_posicion(texto).punto
        except PosicionInvalida as error:
            raise ValidationError(str(error)) from None

    def contenido(self) -> Contenido:
        dicho = self.cleaned_data
        sueltos = (
            "titulo", "descripcion", "sector", "proponente", "grupo", "evento", "pedida_desde", "madurez", "contraparte",
            "costo_estimado", "beneficiarias_mujeres", "beneficiarios_hombres",
        )  # fmt: skip
        por_edad = {(sexo, edad): n for sexo, edad in EDADES if (n := dicho.get(f"personas_{sexo}_{edad}")) is not None}
        rangos = {grupo: n for grupo in Grupo.values if (n := dicho.get(f"rango_{grupo}")) is not None}
        aparte = {"lugar": dicho["coordenadas"], "rangos": rangos, "por_edad": por_edad}
        return cast(Contenido, {nombre: dicho[nombre] for nombre in sueltos} | aparte)

    def poner_errores(self, error: ValidationError) -> None:
        """What the service refused, beside the field it speaks of."""
        for campo, textos in error.message_dict.items():
            suyo = {"lugar": "coordenadas", "rangos": "rango_comunidad"}.get(campo, campo)
            for texto in textos:
                self.add_error(suyo if suyo in self.fields else None, texto)

    # --- as the template shows them -----------------------------------------------------------------------------------
    def filas_de_edad(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """An age and its fields, women first."""
        for edad, nombre in GrupoEdad.choices:
            yield str(nombre).capitalize(), [self[f"personas_{sexo}_{edad}"] for sexo in Sexo.values]

    def rangos_de_grupos(self) -> list[forms.BoundField]:
        return [self[f"rango_{grupo}"] for grupo in Grupo.values if grupo != Grupo.COMUNIDAD]


def _entero(minimo: int, maximo: int, nombre: str) -> forms.IntegerField:
    return forms.IntegerField(min_value=minimo, max_value=maximo, required=False, label=nombre)


def _con_su_lugar(unidad: UnidadTerritorial) -> str:
    donde = [unidad.nivel.nombre]
    if unidad.padre is not None and unidad.padre_id != unidad.municipio_id:
        donde.append(unidad.padre.nombre)
    return f"{unidad.nombre} ({', '.join(donde)})"
