"""What a question answers with: columns, rows, legend, sentence; and how figures are classed, summed and written."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from mapas import clases as legenda
from mapas.clases import Clase
from mapas.filtros import Vista
from mapas.nombres import en_su_idioma
from territorio.conservacion import Conservacion
from territorio.fechas import hoy, otro_dia
from territorio.models import Metodo

# Columns that are words.
SIN_TOTAL = ("texto", "paso", "metodo")
# Before a figure that was not counted in that very unit.
APROXIMADO = "≈\u00a0"


@dataclass(frozen=True)
class Columna:
    """A column of figures; `tipo` says how it is written: texto, entero, decimal, bs, porcentaje, km, paso, metodo."""

    clave: str
    titulo: str
    tipo: str = "decimal"


@dataclass(frozen=True)
class Tabla:
    """A table that goes with the figures: words under headings, the first of each row telling what the row is."""

    titulo: str
    encabezados: list[str]
    filas: list[list[str]]
    nota: str = ""


@dataclass(frozen=True)
class Figuras:
    """The answer to a question: a sentence, the figures of each unit, the legend, and the conservation line."""

    pregunta: str
    titulo: str
    frase: str
    detalle: str
    columnas: list[Columna]
    filas: list[dict[str, Any]]
    totales: dict[str, Any]
    valor: str
    clases: list[Clase]
    conservacion: Conservacion
    objeto: str
    rasgos: list[dict[str, Any]] = field(default_factory=list)
    conservacion_bs: Conservacion | None = None
    fuente: str = ""
    fecha: date = field(default_factory=hoy)
    tablas: list[Tabla] = field(default_factory=list)


ETIQUETA_PASO: dict[str, Callable[[], str]] = {
    "sin_demanda": lambda: _("sin demanda"),
    "demanda_sin_pdm": lambda: _("con demanda, fuera del PDM"),
    "en_pdm_sin_poa": lambda: _("en el PDM, sin POA"),
    "en_poa_sin_ejecutar": lambda: _("en el POA, sin ejecutar"),
    "en_ejecucion": lambda: _("en ejecución"),
    "atendida": lambda: _("atendida"),
}
COLOR_PASO = {
    "sin_demanda": "#BDBDBD",
    "demanda_sin_pdm": "#B2182B",
    "en_pdm_sin_poa": "#EF8A62",
    "en_poa_sin_ejecutar": "#FDDBC7",
    "en_ejecucion": "#67A9CF",
    "atendida": "#2166AC",
}


def columnas_de_habitantes() -> list[Columna]:
    """Inhabitants, and how each figure is known."""
    return [
        Columna("habitantes", _("Habitantes"), "entero"),
        Columna("habitantes_metodo", _("Cómo se sabe"), "metodo"),
    ]


def es_estimada(fila: dict[str, Any], columna: Columna) -> bool:
    """Whether a row's figure was estimated, wholly or in part: rows say it in `<column>_metodo`."""
    return fila.get(f"{columna.clave}_metodo") not in {None, "", Metodo.CENSO.value}


def personas_en_palabras(personas: float, *, estimadas: bool) -> str:
    """A number of inhabitants as sentences write it."""
    return f"{APROXIMADO if estimadas else ''}{number_format(round(personas))}"


def filas_de(unidades, columnas: list[Columna]) -> list[dict[str, Any]]:
    return [fila_de(u) | {c.clave: getattr(u, c.clave) for c in columnas} for u in unidades.order_by("nombre")]


def fila_de(unidad) -> dict[str, Any]:
    return {
        "id": unidad.pk,
        "codigo": unidad.codigo,
        "nombre": unidad.nombre,
        "url": pagina_de_unidad(unidad.pk),
        "clase": "sin_datos",
    }


def pagina_de_unidad(pk: int) -> str:
    """The address of a unit's page, as of the day that is asked about."""
    dia = otro_dia()
    return reverse("paginas:unidad", args=[pk]) + (f"?fecha={dia.isoformat()}" if dia else "")


def por_cuantiles(filas: list[dict], valor: str) -> list[Clase]:
    valores = [fila[valor] for fila in filas]
    enteros = all(v is None or abs(v - round(v)) < 1e-6 for v in valores)
    clases, claves = legenda.cuantiles(valores, decimales=0 if enteros else 1)
    for fila, clave in zip(filas, claves, strict=True):
        fila["clase"] = clave
    return clases


def por_umbrales(filas: list[dict], valor: str, umbrales, vacia: Clase) -> list[Clase]:
    clases, claves = legenda.por_umbrales([fila[valor] for fila in filas], umbrales, vacia)
    for fila, clave in zip(filas, claves, strict=True):
        fila["clase"] = clave
    return clases


def sumas(filas: list[dict], claves: list[str]) -> dict[str, float | None]:
    """Column totals; None where no unit has a figure."""
    sumas: dict[str, float | None] = {}
    for clave in claves:
        valores = [fila[clave] for fila in filas if fila[clave] is not None]
        sumas[clave] = sum(valores) if valores else None
    return sumas


def fuente_de(vista: Vista) -> str:
    partes = [_("Límites y datos de %(municipio)s") % {"municipio": vista.municipio.nombre}]
    if vista.censo:
        partes.append(_("habitantes: Censo %(censo)s") % {"censo": vista.censo})
    if vista.fecha:
        partes.append(_("límites al %(dia)s") % {"dia": date_format(vista.fecha, "SHORT_DATE_FORMAT")})
    return "; ".join(partes)


def plural(nivel, cuantos: int) -> str:
    nombre = en_su_idioma(nivel.nombre if cuantos == 1 else nivel.nombre_plural)
    return nombre if nombre.isupper() else nombre[:1].lower() + nombre[1:]


def bs(monto) -> str:
    """An amount that does not break between its unit and its figure."""
    return f"Bs\u00a0{number_format(monto, 2)}"


def decimal(valor: float) -> str:
    return number_format(round(valor, 1), 0 if abs(valor - round(valor)) < 0.05 else 1)


def por_ciento(valor: float | None) -> str:
    return _("sin dato") if valor is None else f"{number_format(round(valor))} %"
