"""What a person says of a file of limits: when it is brought, and again when its report asks for more."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from territorio.models import EstadoLimite, Importacion, Nivel, UnidadTerritorial
from territorio.revision import Revision

SISTEMAS = (
    ("EPSG:4326", _("WGS 84, grados")),
    ("EPSG:32719", _("WGS 84, UTM 19 sur")),
    ("EPSG:32720", _("WGS 84, UTM 20 sur")),
    ("EPSG:32721", _("WGS 84, UTM 21 sur")),
    ("EPSG:5356", _("MARGEN, UTM 19 sur")),
    ("EPSG:5355", _("MARGEN, UTM 20 sur")),
    ("EPSG:5357", _("MARGEN, UTM 21 sur")),
    ("EPSG:24879", _("PSAD56, UTM 19 sur")),
    ("EPSG:24880", _("PSAD56, UTM 20 sur")),
    ("EPSG:24881", _("PSAD56, UTM 21 sur")),
)
CODIFICACIONES = ("utf-8", "cp1252", "latin-1", "cp850", "cp437")
DESTINOS = {
    "codigo": _("Código"),
    "nombre": _("Nombre"),
    "padre": _("Unidad superior"),
    "poblacion": _("Habitantes"),
    "categoria": _("Categoría"),
}
SOLA = "-"  # as answered for a destination that no field is to fill


class VariosArchivos(forms.FileField):
    """A file, or the parts of a shapefile together: always a list."""

    class Entrada(forms.ClearableFileInput):
        allow_multiple_selected = True

    widget = Entrada

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        uno_a_uno = super().clean
        return [uno_a_uno(archivo, initial) for archivo in data or [None]]


class _Vestido(forms.Form):
    """Dressed for Bootstrap; an error is tied to its field for whoever listens to the page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for campo in self.fields.values():
            casilla = isinstance(campo.widget, forms.CheckboxInput)
            elige = isinstance(campo.widget, forms.Select)
            campo.widget.attrs["class"] = "form-check-input" if casilla else "form-select" if elige else "form-control"


class _SobreElLimite(_Vestido):
    """What is stored with every limit of the file."""

    vigente_desde = forms.DateField(
        label=_("Rige desde"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("El día en que estos límites empiezan a valer; los anteriores se cierran ese día."),
    )
    estado = forms.ChoiceField(
        label=_("Estado legal"),
        required=False,
        choices=[("", _("referencial")), *EstadoLimite.choices[:1], *EstadoLimite.choices[2:]],
    )
    fuente = forms.CharField(
        label=_("Fuente"),
        required=False,
        max_length=300,
        help_text=_("Quién hizo la capa y cuándo. Vacío: el archivo."),
    )
    norma = forms.CharField(
        label=_("Norma"), required=False, max_length=200, help_text=_("Ley u ordenanza que lo fija.")
    )
    sin_geometria = forms.BooleanField(label=_("Aceptar unidades sin lugar en el mapa"), required=False)

    def opciones(self) -> dict[str, Any]:
        """The cleaned answers, as options of an import."""
        datos = dict(self.cleaned_data)
        datos["vigente_desde"] = datos["vigente_desde"] or timezone.localdate()
        datos["estado"] = datos["estado"] or None
        return datos


class FormularioSubida(_SobreElLimite):
    """The file and the level of its units."""

    nivel = forms.ModelChoiceField(
        label=_("¿De qué nivel son las unidades?"),
        queryset=Nivel.objects.none(),
        to_field_name="codigo",
        empty_label=_("elija"),
    )
    archivos = VariosArchivos(
        label=_("Archivo"),
        error_messages={"empty": _("El archivo está vacío."), "required": _("Elija un archivo.")},
        help_text=_("GeoJSON, shapefile (.zip, o sus partes .shp .shx .dbf .prj juntas), GeoPackage o KML."),
    )
    field_order = ("nivel", "archivos")

    def __init__(self, *args: Any, superiores: bool, con_municipio: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vigente_desde"].initial = timezone.localdate
        self.fields["archivos"].widget.attrs["class"] = "form-control"
        permitidos = [n.pk for n in Nivel.objects.all() if (superiores if n.es_municipal_o_superior else con_municipio)]
        self.fields["nivel"].queryset = Nivel.objects.filter(pk__in=permitidos)
        self.fields["nivel"].label_from_instance = lambda nivel: gettext(nivel.nombre_plural)

    def opciones(self) -> dict[str, Any]:
        datos = super().opciones()
        del datos["archivos"], datos["nivel"]
        return datos


class FormularioPedido(_SobreElLimite):
    """Everything that may be said of a file that is kept already; prefilled with what was used to read it."""

    crs = forms.ChoiceField(label=_("Sistema de coordenadas"), required=False)
    codificacion = forms.ChoiceField(label=_("Codificación"), required=False)
    capa = forms.ChoiceField(label=_("Capa"), required=False)
    invertir_ejes = forms.BooleanField(label=_("Invertir los ejes (latitud y longitud cambiadas)"), required=False)
    campo_codigo = forms.ChoiceField(label=DESTINOS["codigo"], required=False)
    campo_nombre = forms.ChoiceField(label=DESTINOS["nombre"], required=False)
    campo_padre = forms.ChoiceField(label=DESTINOS["padre"], required=False)
    campo_poblacion = forms.ChoiceField(label=DESTINOS["poblacion"], required=False)
    campo_categoria = forms.ChoiceField(label=DESTINOS["categoria"], required=False)
    nivel_padre = forms.ChoiceField(label=_("Nivel de la unidad superior"), required=False)
    censo = forms.IntegerField(label=_("Censo"), required=False, min_value=1900, max_value=2100)
    tolerancia = forms.FloatField(
        label=_("Tolerancia"),
        required=False,
        min_value=0,
        max_value=100,
        help_text=_("Qué porcentaje de una unidad puede quedar fuera de su superior sin ser una duda."),
    )

    def __init__(self, *args: Any, importacion: Importacion, **kwargs: Any) -> None:
        pedido, revision = importacion.pedido, Revision(importacion)
        lectura = pedido.get("lectura", {})
        usados = {destino: campo for campo, destino in revision.informe.get("campos", {}).items()}
        inicial = {
            nombre: pedido.get(nombre) for nombre in ("vigente_desde", "estado", "fuente", "norma", "sin_geometria")
        }
        inicial |= {nombre: lectura.get(nombre) for nombre in ("crs", "codificacion", "capa", "invertir_ejes")}
        inicial |= {nombre: pedido.get(nombre) for nombre in ("nivel_padre", "censo", "tolerancia")}
        if (tolerancia := inicial["tolerancia"]) is not None and float(tolerancia).is_integer():
            inicial["tolerancia"] = int(tolerancia)  # 1, and not 1.0
        for destino in DESTINOS:
            dicho = pedido.get(f"campo_{destino}")
            inicial[f"campo_{destino}"] = SOLA if dicho == "" else dicho or usados.get(destino)
        if "campos" in revision.preguntas:
            cargadas = UnidadTerritorial.objects.filter(nivel=importacion.nivel, municipio=importacion.municipio)
            sugeridos = revision.sugerencias.get("campos", {})
            inicial |= _mejores(sugeridos, inicial, hay_unidades=cargadas.exists())
        super().__init__(*args, initial=inicial | kwargs.pop("initial", {}), **kwargs)
        sugerencias = revision.sugerencias
        self._opciones("crs", _("lo que diga el archivo"), _sistemas(sugerencias.get("crs", [])), inicial["crs"])
        self._opciones(
            "codificacion", _("lo que diga el archivo"), [(c, c) for c in CODIFICACIONES], inicial["codificacion"]
        )
        self._opciones(
            "capa", _("la única"), [(c, c) for c in map(_nombre_de_capa, sugerencias.get("capas", []))], inicial["capa"]
        )
        superiores = Nivel.objects.filter(inferiores=importacion.nivel)
        self._opciones(
            "nivel_padre",
            _("el que corresponda"),
            [(n.codigo, gettext(n.nombre)) for n in superiores],
            inicial["nivel_padre"],
        )
        for destino in DESTINOS:
            nombre = f"campo_{destino}"
            campos = _campos(sugerencias.get("campos", {}), destino)
            self._opciones(nombre, _("lo que se sugiera"), [*campos, (SOLA, _("ninguno"))], inicial[nombre])

    @property
    def de_campos(self) -> list[forms.BoundField]:
        return [self[nombre] for nombre in (*(f"campo_{d}" for d in DESTINOS), "nivel_padre", "tolerancia", "censo")]

    @property
    def de_lectura(self) -> list[forms.BoundField]:
        return [self[nombre] for nombre in ("crs", "codificacion", "capa", "invertir_ejes", "sin_geometria")]

    @property
    def del_limite(self) -> list[forms.BoundField]:
        return [self[nombre] for nombre in ("vigente_desde", "estado", "fuente", "norma")]

    def _opciones(self, nombre: str, vacia: Any, opciones: list[tuple[str, Any]], actual: Any) -> None:
        """Fill a choice; what was said before stays choosable whatever the report suggests now."""
        if actual and actual not in {valor for valor, _texto in opciones}:
            opciones = [*opciones, (actual, actual)]
        self.fields[nombre].choices = [("", vacia), *opciones]

    def opciones(self) -> dict[str, Any]:
        datos = super().opciones()
        for nombre in ("crs", "codificacion", "capa", "nivel_padre"):
            datos[nombre] = datos[nombre] or None
        for destino in DESTINOS:
            dicho = datos[f"campo_{destino}"]
            datos[f"campo_{destino}"] = "" if dicho == SOLA else dicho or None
        if datos["tolerancia"] is None:
            datos["tolerancia"] = 1.0
        return datos


def _sistemas(candidatos: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """The usual systems, those that would land where they should first, said so."""
    caen = [c["crs"] for c in candidatos]
    usuales = sorted(SISTEMAS, key=lambda s: caen.index(s[0]) if s[0] in caen else len(caen))
    return [(codigo, f"{nombre} ({codigo}){' ✓' if codigo in caen else ''}") for codigo, nombre in usuales]


def _campos(sugeridos: dict[str, list[dict[str, Any]]], destino: str) -> list[tuple[str, str]]:
    """The file's fields for a destination, the suggested first, each with samples of what it holds."""
    orden: dict[str, list[Any]] = {c["campo"]: c["muestras"] for c in sugeridos.get(destino, [])}
    for otros in sugeridos.values():
        for campo in otros:
            orden.setdefault(campo["campo"], campo["muestras"])
    return [(campo, f"{campo}: {', '.join(map(str, muestras[:3]))}"[:70]) for campo, muestras in orden.items()]


def _mejores(
    sugeridos: dict[str, list[dict[str, Any]]], inicial: dict[str, Any], *, hay_unidades: bool
) -> dict[str, str]:
    """The best suggestion for each destination that identifies a unit; no field is taken twice."""
    tomados = {inicial[f"campo_{destino}"] for destino in DESTINOS}
    elegidos: dict[str, str] = {}
    for destino in ("nombre", "codigo", "padre"):
        # Where units are loaded already, codes that are not theirs would make every row a new unit.
        if inicial[f"campo_{destino}"] or (destino == "codigo" and hay_unidades):
            continue
        if libre := next((c["campo"] for c in sugeridos.get(destino, []) if c["campo"] not in tomados), None):
            elegidos[f"campo_{destino}"] = libre
            tomados.add(libre)
    return elegidos


def _nombre_de_capa(capa: Any) -> str:
    return capa["nombre"] if isinstance(capa, dict) else str(capa)
