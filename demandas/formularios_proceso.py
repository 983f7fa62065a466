"""Forms of the process, its actors and its law."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from demandas.formularios_base import Dia, FormularioConVersion
from demandas.models import Actor, EstadoProducto, Etapa, Producto, TipoDeActor, TipoDeNorma
from demandas.unidad_escrita import rotulo, unidad_escrita
from territorio.models import UnidadTerritorial


class FormularioProceso(FormularioConVersion):
    nombre = forms.CharField(label=_("Nombre"), max_length=200)
    desde = forms.IntegerField(label=_("Primer año"), min_value=1990, max_value=2200)
    hasta = forms.IntegerField(label=_("Último año"), min_value=1990, max_value=2200)
    inicio = Dia(label=_("Empezó el"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for anio in ("desde", "hasta"):
            self.fields[anio].localize = False
            self.fields[anio].widget.is_localized = False

    def clean(self) -> dict[str, Any]:
        datos = super().clean() or self.cleaned_data
        if datos.get("desde") and datos.get("hasta") and datos["desde"] > datos["hasta"]:
            self.add_error("hasta", _("El último año no puede ser anterior al primero."))
        return datos


class FormularioProducto(FormularioConVersion):
    """What a planner says of a product."""

    nombre = forms.CharField(label=_("Producto"), max_length=200)
    estado = forms.ChoiceField(label=_("Estado"), choices=EstadoProducto.choices)
    responsable = forms.ModelChoiceField(
        label=_("Responsable"), queryset=Actor.objects.none(), required=False, empty_label=_("sin responsable")
    )
    previsto = Dia(label=_("Previsto para el"), required=False)
    entregado = Dia(
        label=_("Entregado el"),
        required=False,
        help_text=_("Si lo deja vacío y está entregado, se pone el día de hoy."),
    )
    paso = forms.ModelChoiceField(label=_("Paso"), queryset=None, required=False, empty_label=_("ninguno"))
    nota = forms.CharField(
        label=_("Nota"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3, "maxlength": 2000})
    )

    def __init__(self, *args: Any, producto: Producto, **kwargs: Any) -> None:
        inicial = {campo: getattr(producto, campo) for campo in ("nombre", "estado", "previsto", "entregado", "nota")}
        inicial |= {"responsable": producto.responsable_id, "paso": producto.paso_id, "version": producto.version}
        super().__init__(*args, initial=inicial, **kwargs)
        actores = Actor.objects.filter(municipio=producto.municipio)
        # Whoever answers for it stays choosable, though no longer active.
        self.fields["responsable"].queryset = actores.activos() | actores.filter(pk=producto.responsable_id)
        self.fields["paso"].queryset = producto.etapa.pasos.all()
        self.fields["entregado"].widget.attrs["max"] = timezone.localdate().isoformat()


class FormularioAgregar(FormularioConVersion):
    """A step or a product of the municipality's own."""

    que = forms.ChoiceField(
        label=_("¿Qué agrega?"),
        choices=[("producto", _("un producto")), ("paso", _("un paso"))],
        widget=forms.RadioSelect,
        initial="producto",
    )
    nombre = forms.CharField(label=_("Nombre"), max_length=200)
    paso = forms.ModelChoiceField(
        label=_("Del paso"),
        queryset=None,
        required=False,
        empty_label=_("ninguno"),
        help_text=_("Solo para un producto."),
    )
    previsto = Dia(label=_("Previsto para el"), required=False, help_text=_("Solo para un producto."))

    def __init__(self, *args: Any, etapa: Etapa, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["paso"].queryset = etapa.pasos.all()


class FormularioPaso(FormularioConVersion):
    nombre = forms.CharField(label=_("Nombre"), max_length=200)


class FormularioActor(FormularioConVersion):
    """An organisation; the units it speaks for are ticked, and more are written one at a time, with no script needed."""

    nombre = forms.CharField(
        label=_("Nombre de la organización"),
        max_length=200,
        help_text=_("De la organización o institución, nunca de una persona."),
    )
    sigla = forms.CharField(label=_("Sigla"), max_length=40, required=False)
    tipo = forms.ChoiceField(label=_("Tipo"), choices=TipoDeActor.choices)
    papel = forms.CharField(
        label=_("Papel"),
        max_length=200,
        required=False,
        help_text=_("Convoca, propone, decide, controla, ejecuta …"),
    )
    funciones = forms.CharField(
        label=_("Funciones"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": 2000}),
        help_text=_("Qué le toca hacer en el proceso."),
    )
    unidades = forms.ModelMultipleChoiceField(
        label=_("Territorio por el que habla"),
        queryset=UnidadTerritorial.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    otra_unidad = forms.CharField(
        label=_("Agregar territorio"),
        max_length=1000,
        required=False,
        help_text=_("Nombre o código de una comunidad, OTB o distrito; varias, separadas por punto y coma."),
        widget=forms.TextInput(attrs={"list": "unidades-sugeridas", "autocomplete": "off"}),
    )
    activo = forms.BooleanField(label=_("Participa en el proceso"), required=False, initial=True)
    propios = {"unidades": "otra_unidad"}

    def __init__(self, *args: Any, municipio: UnidadTerritorial, actor: Actor | None = None, **kwargs: Any) -> None:
        suyas = list(actor.unidades.values_list("pk", flat=True)) if actor else []
        if actor is not None:
            campos = ("nombre", "sigla", "tipo", "papel", "funciones", "activo", "version")
            kwargs["initial"] = {campo: getattr(actor, campo) for campo in campos} | {"unidades": suyas}
        super().__init__(*args, **kwargs)
        self.municipio = municipio
        dichas = [pk for pk in self.data.getlist("unidades") if pk.isdecimal()] if self.is_bound else []
        self._mostrar([*suyas, *map(int, dichas)])

    def _mostrar(self, ids: list[int]) -> None:
        unidades = UnidadTerritorial.objects.del_municipio(self.municipio).filter(pk__in=ids)
        campo = self.fields["unidades"]
        campo.queryset = unidades.select_related("nivel").order_by("nivel__orden", "nombre")
        campo.label_from_instance = rotulo

    def clean_otra_unidad(self) -> list[UnidadTerritorial]:
        partes = [parte.strip() for parte in self.cleaned_data["otra_unidad"].split(";")]
        return [unidad_escrita(parte, self.municipio) for parte in partes if parte]

    def todas(self) -> list[UnidadTerritorial]:
        """The units ticked and those written, each once."""
        return list(
            {una.pk: una for una in [*self.cleaned_data["unidades"], *self.cleaned_data["otra_unidad"]]}.values()
        )

    def con_las_agregadas(self) -> None:
        """Show what was written among the ticked, to go on writing."""
        todas = [una.pk for una in self.todas()]
        self._mostrar(todas)
        otra_vez = self.data.copy()  # type: ignore[attr-defined]  # a form of a page has a QueryDict
        otra_vez.setlist("unidades", [str(pk) for pk in todas])
        otra_vez["otra_unidad"] = ""
        self.data = otra_vez

    def datos(self) -> dict[str, Any]:
        return {c: v for c, v in super().datos().items() if c not in {"unidades", "otra_unidad"}}


class FormularioNorma(FormularioConVersion):
    tipo = forms.ChoiceField(label=_("Tipo"), choices=TipoDeNorma.choices)
    numero = forms.CharField(label=_("Número"), max_length=60)
    titulo = forms.CharField(label=_("Título"), max_length=300)
    fecha = Dia(label=_("Fecha"), required=False)
    dispone = forms.CharField(
        label=_("Qué dispone"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": 2000}),
    )
    fuente = forms.CharField(label=_("Fuente"), max_length=300, required=False, help_text=_("Dónde se la puede leer."))
    vigente = forms.BooleanField(label=_("Está vigente: los documentos la citan"), required=False, initial=True)

    def clean_numero(self) -> str:
        if not (numero := self.cleaned_data["numero"].strip()):
            raise ValidationError(_("Escriba el número."))
        return numero
