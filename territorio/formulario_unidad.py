"""The form of a unit: each field says what was wrong with it, and a position may be written in any usual hand."""

from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from territorio.models import Nivel, UnidadTerritorial
from territorio.posicion import LARGO, PosicionInvalida, leer_posicion
from territorio.services.unidades import Cambios, version_de

CORRECCION, RENOMBRE = "correccion", "renombre"


class FormularioUnidad(forms.Form):
    """What may be written of a unit by hand. `cambios()` is what the service takes."""

    nombre = forms.CharField(max_length=200, label=gettext_lazy("Nombre"))
    padre = forms.ModelChoiceField(UnidadTerritorial.objects.none(), label=gettext_lazy("Está en"))
    coordenadas = forms.CharField(
        max_length=LARGO,
        required=False,
        label=gettext_lazy("Punto"),
        help_text=gettext_lazy(
            "Pulse el mapa, o escriba latitud y longitud, grados y minutos, o UTM con su zona. Vacío: sin lugar conocido."
        ),
    )
    confirmar_lugar = forms.BooleanField(required=False, label=gettext_lazy("El punto está bien donde lo puse"))
    codigo = forms.CharField(max_length=80, label=gettext_lazy("Código"))
    categoria = forms.CharField(
        max_length=80,
        required=False,
        label=gettext_lazy("Categoría"),
        help_text=gettext_lazy("Por ejemplo: comunidad campesina, junta vecinal."),
    )
    codigos = forms.CharField(
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("Otros códigos"),
        help_text=gettext_lazy("Uno por línea, con su esquema: «presupuesto: 1101»."),
    )
    version = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    def __init__(self, *args, municipio: UnidadTerritorial, nivel: Nivel | None = None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        mayores = Q(nivel__orden__lt=nivel.orden) if nivel else Q(nivel__es_base=False)
        padres = UnidadTerritorial.objects.del_municipio(municipio).filter(mayores, nivel__es_base=False).vigentes()
        campo = self.fields["padre"]
        campo.queryset = padres.select_related("nivel").order_by("nivel__orden", "nombre")  # type: ignore[attr-defined]
        campo.label_from_instance = _con_su_nivel  # type: ignore[attr-defined]
        for nombre, uno in self.fields.items():
            if isinstance(uno.widget, forms.Select):
                uno.widget.attrs["class"] = "form-select"
            elif isinstance(uno.widget, forms.CheckboxInput):
                uno.widget.attrs["class"] = "form-check-input"
            elif not isinstance(uno.widget, forms.RadioSelect | forms.HiddenInput):
                uno.widget.attrs["class"] = "form-control"
            if uno.help_text:
                uno.widget.attrs["aria-describedby"] = f"id_{nombre}_helptext"

    def clean_coordenadas(self) -> Point | None:
        texto = self.cleaned_data["coordenadas"]
        if not texto.strip():
            return None
        try:
            return leer_posicion(texto).punto
        except PosicionInvalida as error:
            raise ValidationError(str(error)) from error

    def clean_codigos(self) -> list[tuple[str, str]]:
        pares = []
        for numero, linea in enumerate(self.cleaned_data["codigos"].splitlines(), 1):
            esquema, separador, codigo = (parte.strip() for parte in linea.partition(":"))
            if not linea.strip():
                continue
            if not (separador and esquema and codigo):
                raise ValidationError(_("Línea %(n)s: escriba «esquema: código».") % {"n": numero})
            pares.append((esquema, codigo))
        return pares

    def cambios(self) -> Cambios:
        datos = self.cleaned_data
        cambios = Cambios(
            nombre=datos["nombre"],
            codigo=datos["codigo"],
            categoria=datos["categoria"],
            punto=datos["coordenadas"],
            codigos=datos["codigos"],
        )
        if "padre" in datos:
            cambios["padre"] = datos["padre"]
        return cambios

    def poner_errores(self, error: ValidationError) -> None:
        """What the service refused, beside the field it is about."""
        propios = {"punto": "coordenadas", "desde": "nombre_desde"}
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for campo, mensajes in error.message_dict.items():
            destino = propios.get(campo, campo)
            self.add_error(destino if destino in self.fields else None, mensajes)


class FormularioEdicion(FormularioUnidad):
    """Of a unit that exists: another name is a correction or a renaming, and the person says which."""

    clase_de_cambio = forms.ChoiceField(
        required=False,
        initial=CORRECCION,
        widget=forms.RadioSelect,
        choices=[
            (CORRECCION, gettext_lazy("estaba mal escrito: se corrige")),
            (RENOMBRE, gettext_lazy("cambió de nombre: se guarda el anterior")),
        ],
        label=gettext_lazy("Si cambia el nombre"),
    )
    nombre_desde = forms.DateField(
        required=False,
        label=gettext_lazy("Se llama así desde"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    norma = forms.CharField(max_length=200, required=False, label=gettext_lazy("Norma que lo dispone"))

    def clean(self) -> dict[str, Any]:
        datos = super().clean() or self.cleaned_data
        if (
            datos.get("clase_de_cambio") == RENOMBRE
            and not datos.get("nombre_desde")
            and "nombre_desde" not in self.errors
        ):
            self.add_error("nombre_desde", _("Diga desde qué día se llama así."))
        return datos

    @property
    def renombre(self) -> dict[str, Any]:
        """Day and norm of a renaming; nothing where the name is corrected."""
        if self.cleaned_data.get("clase_de_cambio") != RENOMBRE:
            return {}
        return {"nombre_desde": self.cleaned_data["nombre_desde"], "norma": self.cleaned_data["norma"]}


class FormularioNueva(FormularioUnidad):
    """Of a unit that does not exist yet: its level, and a code only if it has one."""

    nivel = forms.ModelChoiceField(Nivel.objects.none(), to_field_name="codigo", label=gettext_lazy("Nivel"))

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        niveles = Nivel.objects.exclude(codigo__in=("departamento", "provincia", "municipio"))
        self.fields["nivel"].queryset = niveles  # type: ignore[attr-defined]
        self.fields["nivel"].label_from_instance = lambda nivel: _(nivel.nombre)  # type: ignore[attr-defined]
        self.fields["codigo"].required = False
        self.fields["codigo"].help_text = _("Vacío: se hace del nombre.")
        self.order_fields(["nivel", "nombre"])


def valores_de(unidad: UnidadTerritorial) -> dict[str, Any]:
    """A unit as the form shows it."""
    punto = unidad.punto
    return {
        "nombre": unidad.nombre,
        "padre": unidad.padre_id,
        "coordenadas": f"{punto.y:.6f}, {punto.x:.6f}" if punto else "",
        "codigo": unidad.codigo,
        "categoria": unidad.categoria,
        "codigos": "\n".join(
            f"{esquema}: {codigo}"
            for esquema, codigo in unidad.codigos_externos.order_by("esquema", "codigo").values_list(
                "esquema", "codigo"
            )
        ),
        "version": version_de(unidad),
    }


def _con_su_nivel(unidad: UnidadTerritorial) -> str:
    return f"{unidad.nombre} ({_(unidad.nivel.nombre)})"
