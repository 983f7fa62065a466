"""A layer as a workbook (XLSX): its rows with their types, what each column means, and where it all comes from."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, Value
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from mapas.capas import Capa
from mapas.filtros import Vista
from mapas.notas import filas_de_conservacion, notas
from territorio.celdas import sin_controles

FILAS_POR_HOJA = 1_000_000  # a sheet has no more than 1,048,576
LARGO_DE_CELDA = 32_767
NEGRITA = Font(bold=True)
FORMATO = {date: "DD/MM/YYYY", float: "#,##0.##", Decimal: "#,##0.00"}


def libro(capa: Capa, vista: Vista, parametros: Mapping[str, str]) -> Iterator[bytes]:
    """The workbook, written row by row to a file of the system and then read in blocks."""
    contenido = capa.leer(vista, parametros, lambda _geometria: Value(None, BooleanField()))
    escrito = Workbook(write_only=True)
    hoja, escritas = None, 0
    for pk, _forma, propiedades in contenido.rasgos:
        if hoja is None or escritas == FILAS_POR_HOJA:
            hoja, escritas = _hoja(escrito, contenido.campos), 0
        hoja.append([_celda(hoja, v) for v in (pk, *(propiedades[campo.nombre] for campo in contenido.campos))])
        escritas += 1
    hoja = hoja or _hoja(escrito, contenido.campos)
    for fila in filas_de_conservacion(contenido):
        hoja.append([_celda(hoja, valor, NEGRITA) for valor in fila])
    significados = [("id", "número interno"), *((campo.nombre, campo.titulo) for campo in contenido.campos)]
    _tabla(escrito, "Campos", ["Campo", "Significado"], significados)
    for tabla in contenido.figuras.tablas if contenido.figuras else []:
        _tabla(escrito, tabla.titulo[:31], tabla.encabezados, tabla.filas)
    _tabla(escrito, "Fuente", ["Qué", "Dato"], notas(capa, vista, contenido))
    with tempfile.TemporaryFile() as salida:
        escrito.save(salida)
        salida.seek(0)
        while bloque := salida.read(1 << 16):
            yield bloque


def _hoja(escrito: Workbook, campos):
    hoja = escrito.create_sheet("Datos" if not escrito.worksheets else f"Datos {len(escrito.worksheets) + 1}")
    hoja.freeze_panes = "A2"
    nombres = ["id", *(campo.nombre for campo in campos)]
    for i, nombre in enumerate(nombres, 1):
        hoja.column_dimensions[get_column_letter(i)].width = 40 if "nombre" in nombre or nombre == "titulo" else 16
    hoja.append([_celda(hoja, nombre, NEGRITA) for nombre in nombres])
    return hoja


def _tabla(escrito: Workbook, titulo: str, encabezado: list[str], filas: Sequence[Sequence[Any]]) -> None:
    hoja = escrito.create_sheet(titulo)
    hoja.freeze_panes = "A2"
    hoja.column_dimensions["A"].width, hoja.column_dimensions["B"].width = 26, 90
    hoja.append([_celda(hoja, nombre, NEGRITA) for nombre in encabezado])
    for fila in filas:
        hoja.append([_celda(hoja, valor) for valor in fila])


def _celda(hoja, valor: Any, letra: Font | None = None) -> WriteOnlyCell:
    """A cell of the value's own type; text is text, whatever it begins with."""
    if isinstance(valor, bool):
        valor = "sí" if valor else "no"
    elif valor is not None and not isinstance(valor, int | float | Decimal | date):
        valor = sin_controles(str(valor))[:LARGO_DE_CELDA]
    hecha = WriteOnlyCell(hoja, value=valor)
    if isinstance(valor, str):
        hecha.data_type = "s"
    elif formato := FORMATO.get(type(valor)):
        hecha.number_format = formato
    if letra:
        hecha.font = letra
    return hecha
