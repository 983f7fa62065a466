"""Changes of one unit as a person asks for them: what each needs, what it does, and what it would do in words."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from territorio.formularios import SISTEMAS, VariosArchivos
from territorio.importacion.geometria import area, miles
from territorio.localizacion import tablas
from territorio.models import EstadoLimite, UnidadEnUnidad, UnidadTerritorial
from territorio.services import limites, sucesion
from territorio.services.formas import Parte, como_shapely


class Cambio(forms.Form):
    """What every change says: from when, and by which norm. A subclass calls its service in `hacer`."""

    do_not_call_in_templates = True

    titulo: Any = ""
    explica: Any = ""
    boton: Any = ""
    con_archivo = False
    partes_a_nombrar = False

    desde = forms.DateField(
        label=_("Desde"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("El primer día en que rige el cambio; no puede ser futuro."),
    )
    norma = forms.CharField(
        label=_("Norma"), required=False, max_length=200, help_text=_("Ley u ordenanza que lo dispone.")
    )

    def __init__(self, *args: Any, unidad: UnidadTerritorial, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unidad = unidad
        if self.con_archivo:
            self.fields["archivos"] = VariosArchivos(
                label=_("Archivo"),
                required=False,
                help_text=_("GeoJSON, shapefile (.zip, o sus partes juntas), GeoPackage o KML."),
            )
            self.fields["crs"] = forms.ChoiceField(
                label=_("Sistema de coordenadas"),
                required=False,
                choices=[("", _("el que dice el archivo")), *SISTEMAS],
            )
        self.fields["desde"].widget.attrs["max"] = timezone.localdate().isoformat()
        for campo in self.fields.values():
            if not isinstance(campo.widget, forms.CheckboxSelectMultiple):
                campo.widget.attrs["class"] = (
                    "form-select" if isinstance(campo.widget, forms.Select) else "form-control"
                )

    @property
    def comunes(self) -> dict[str, Any]:
        return {"desde": self.cleaned_data["desde"], "norma": self.cleaned_data["norma"]}

    def hacer(self, partes: list[Parte], por: Any) -> list[UnidadTerritorial]:
        """Do it, and give the units that there are after it."""
        raise NotImplementedError

    def avisos(self, partes: list[Parte]) -> list[str]:
        return []


class Renombrar(Cambio):
    titulo, boton = _("Cambiar el nombre"), _("Cambiar el nombre")
    explica = _("La unidad sigue siendo la misma; el nombre que tuvo queda en su historia.")
    nombre = forms.CharField(label=_("Nombre nuevo"), max_length=200)
    field_order = ("nombre",)

    def hacer(self, partes, por):
        return [sucesion.renombrar(unidad=self.unidad, nombre=self.cleaned_data["nombre"], por=por, **self.comunes)]


class Dividir(Cambio):
    titulo, boton = _("Dividir"), _("Dividir")
    explica = _("La unidad termina y sus partes empiezan. El archivo trae un polígono por parte.")
    con_archivo = partes_a_nombrar = True

    def hacer(self, partes, por):
        return sucesion.dividir(unidad=self.unidad, en=partes, por=por, **self.comunes)

    def avisos(self, partes):
        return sucesion.avisos(self.unidad, partes, self.cleaned_data["desde"])


class Separar(Cambio):
    titulo, boton = _("Separar una parte"), _("Separar la parte")
    explica = _(
        "Una parte se va y el resto sigue, con su nombre y su código. El archivo trae el polígono de esa parte."
    )
    con_archivo = partes_a_nombrar = True

    def hacer(self, partes, por):
        if len(partes) != 1:
            raise forms.ValidationError(
                {"archivos": gettext("El archivo debe traer un solo polígono: el de la parte.")}
            )
        nueva = sucesion.desmembrar(unidad=self.unidad, parte=partes[0], por=por, **self.comunes)
        return [nueva, UnidadTerritorial.objects.get(pk=self.unidad.pk)]

    def avisos(self, partes):
        return sucesion.avisos(self.unidad, partes, self.cleaned_data["desde"], toda=False)


class Unir(Cambio):
    titulo, boton = _("Unir con otras"), _("Unir")
    explica = _("Esta unidad y las que elija terminan, y empieza una con el territorio de todas.")
    otras = forms.ModelMultipleChoiceField(
        label=_("Unir con"), queryset=None, widget=forms.SelectMultiple(attrs={"size": 8})
    )
    nombre = forms.CharField(label=_("Nombre de la nueva"), max_length=200)
    codigo = forms.CharField(label=_("Código de la nueva"), max_length=80, required=False)
    field_order = ("otras", "nombre", "codigo")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hermanas = UnidadTerritorial.objects.filter(nivel=self.unidad.nivel, municipio=self.unidad.municipio)
        self.fields["otras"].queryset = hermanas.vigentes().exclude(pk=self.unidad.pk).order_by("nombre")

    def hacer(self, partes, por):
        nueva = Parte(nombre=self.cleaned_data["nombre"], codigo=self.cleaned_data["codigo"])
        todas = [self.unidad, *self.cleaned_data["otras"]]
        return [sucesion.fusionar(unidades=todas, en=nueva, por=por, **self.comunes)]


class NuevoLimite(Cambio):
    titulo, boton = _("Poner otro límite"), _("Poner este límite")
    explica = _("El límite que rige ese día se cierra y queda en la historia. El archivo trae un polígono.")
    con_archivo = True
    estado = forms.ChoiceField(label=_("Estado legal"), choices=EstadoLimite.choices)
    fuente = forms.CharField(label=_("Fuente"), max_length=300, required=False)

    def hacer(self, partes, por):
        if len(partes) != 1 or partes[0].geom is None:
            raise forms.ValidationError({"archivos": gettext("El archivo debe traer un solo polígono.")})
        datos = {"estado": self.cleaned_data["estado"], "fuente": self.cleaned_data["fuente"]}
        limites.cambiar_limite(unidad=self.unidad, geom=partes[0].geom, por=por, **datos, **self.comunes)
        return [self.unidad]


class CambiarEstado(Cambio):
    titulo, boton = _("Cambiar el estado legal del límite"), _("Cambiar el estado")
    explica = _("El mismo terreno, con otro estado o con la norma que lo fija.")
    estado = forms.ChoiceField(label=_("Estado legal"), choices=EstadoLimite.choices)
    field_order = ("estado",)

    def hacer(self, partes, por):
        limite = sucesion.limite_de(self.unidad, self.cleaned_data["desde"])
        if limite is None:
            raise forms.ValidationError({"desde": gettext("Ese día la unidad no tiene límite.")})
        limites.cambiar_estado(limite=limite, estado=self.cleaned_data["estado"], por=por, **self.comunes)
        return [self.unidad]


class Suprimir(Cambio):
    titulo, boton = _("Suprimir"), _("Suprimir")
    explica = _("La unidad termina; lo que se pidió en ella pasa a la que elija o, si no elige, a la que la contiene.")
    sucesora = forms.ModelChoiceField(
        label=_("Pasa a"), queryset=None, required=False, empty_label=_("la que la contiene")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hermanas = UnidadTerritorial.objects.filter(nivel=self.unidad.nivel, municipio=self.unidad.municipio)
        self.fields["sucesora"].queryset = hermanas.vigentes().exclude(pk=self.unidad.pk).order_by("nombre")

    def hacer(self, partes, por):
        sucesora = self.cleaned_data["sucesora"]
        return [sucesion.suprimir(unidad=self.unidad, sucesora=sucesora, por=por, **self.comunes)]


CAMBIOS: dict[str, type[Cambio]] = {
    "nombre": Renombrar,
    "dividir": Dividir,
    "separar": Separar,
    "unir": Unir,
    "limite": NuevoLimite,
    "estado": CambiarEstado,
    "suprimir": Suprimir,
}


def ensayar(hacer: Callable[[], list[UnidadTerritorial]], unidad: UnidadTerritorial) -> list[str]:
    """What the change would do, in words: it is done, looked at, and undone whole. Raises what the service raises."""
    with transaction.atomic():
        try:
            quedan = hacer()
            return _en_palabras(unidad, quedan)
        finally:
            transaction.set_rollback(True)


def _en_palabras(unidad: UnidadTerritorial, quedan: list[UnidadTerritorial]) -> list[str]:
    frases = []
    involucradas = [unidad, *(s.predecesora for q in quedan for s in q.procedencias.select_related("predecesora"))]
    for vieja in UnidadTerritorial.objects.filter(pk__in={u.pk for u in involucradas}):
        if vieja.vigencia.upper is not None:
            ultimo = date.fromordinal(vieja.vigencia.upper.toordinal() - 1)
            frases.append(
                gettext("%(unidad)s termina: su último día es el %(dia)s.")
                % {"unidad": vieja, "dia": f"{ultimo:%d/%m/%Y}"}
            )
    for queda in quedan:
        frases.append(_situacion(queda))
    if (actual := UnidadTerritorial.objects.get(pk=unidad.pk)).nombre != unidad.nombre:
        frases.insert(
            0, gettext("«%(antes)s» pasa a llamarse «%(nombre)s».") % {"antes": unidad.nombre, "nombre": actual}
        )
    return frases


def _situacion(unidad: UnidadTerritorial) -> str:
    """A unit after the change: its ground, and what lies in it today."""
    partes = []
    if limite := unidad.limites.en_vigor().first():
        partes.append(
            gettext("%(ha)s ha, límite %(estado)s")
            % {
                "ha": miles(round(area(como_shapely(limite.geom)) / 10_000)),
                "estado": limite.get_estado_display(),
            }
        )
    if hijas := unidad.hijas.vigentes().count():
        partes.append(ngettext("%(n)s unidad debajo", "%(n)s unidades debajo", hijas) % {"n": hijas})
    for tabla in tablas():
        if tabla is UnidadEnUnidad:
            continue
        cuantas = tabla.objects.filter(unidad=unidad).aggregate(suma=Sum("fraccion"))["suma"] or 0
        if cuantas:
            meta = tabla._meta.get_field(tabla.OBJETO).related_model._meta
            partes.append(_cuantas(cuantas, str(meta.verbose_name), str(meta.verbose_name_plural)))
    dicho = "; ".join(partes) or gettext("sin nada registrado")
    return gettext("%(unidad)s (%(codigo)s): %(dicho)s.") % {"unidad": unidad, "codigo": unidad.codigo, "dicho": dicho}


def _cuantas(suma: float, una: str, varias: str) -> str:
    """A sum of fractions with its noun: `3,5 demandas`."""
    suma = round(suma, 1)
    return f"{number_format(suma, 0 if suma.is_integer() else 1)} {una if suma == 1 else varias}"
