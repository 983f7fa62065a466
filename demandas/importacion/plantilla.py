"""A workbook to fill in with the demands of a municipality: its own units, sectors, groups and events to choose from."""

from datetime import date
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from demandas.importacion.campos import EJEMPLO
from demandas.importacion.fuente import HOJA
from demandas.importacion.listas import eventos_de, nombre_de_unidad, sectores, unidades_de
from demandas.models import EstadoDemanda, Grupo, Madurez
from territorio.celdas import sin_controles
from territorio.dinero import MONTO_MAXIMO
from territorio.models import UnidadTerritorial

FILAS = 2000  # with lists and checks
PERSONAS, PUESTO, DINERO, ANIO, FECHA, LATITUD, LONGITUD = "personas", "puesto", "dinero", "año", "fecha", "lat", "lon"
# Header, what it accepts (a list's name or a kind), what it means, and the example.
COLUMNAS: tuple[tuple[str, str, str, Any], ...] = (
    ("Código", "", "El suyo, si lo tiene. Vacío: se hace uno. Con el mismo código, la demanda se actualiza.", EJEMPLO),
    ("Título", "", "Qué se pide, en pocas palabras. Es lo único obligatorio.", "Sistema de agua potable por gravedad"),
    ("Descripción", "", "El detalle: por qué, para qué, qué hay hoy.", "La vertiente está a 2 km"),
    ("Unidad", "unidades", "La comunidad que lo pide, de la lista. Sin ella ni coordenadas, queda sin ubicar.", None),
    ("Sector", "sectores", "De qué programa es, de la lista.", None),
    ("Grupo", "grupos", "Quién lo pide. Vacío: toda la comunidad.", "mujeres"),
    ("Mujeres", PERSONAS, "Mujeres que se benefician.", 60),
    ("Hombres", PERSONAS, "Hombres que se benefician.", 55),
    ("Mujeres jóvenes", PERSONAS, "Si se contó por edad: las tres edades suman el total.", None),
    ("Mujeres adultas", PERSONAS, "Igual.", None),
    ("Mujeres adultas mayores", PERSONAS, "Igual.", None),
    ("Hombres jóvenes", PERSONAS, "Igual.", None),
    ("Hombres adultos", PERSONAS, "Igual.", None),
    ("Hombres adultos mayores", PERSONAS, "Igual.", None),
    ("Puesto acordado", PUESTO, "El lugar que le dio toda la comunidad: 1 es lo primero. No se repite en una comunidad.", 1),
    ("Puesto mujeres", PUESTO, "El lugar que le dieron las mujeres.", 1),
    ("Puesto hombres", PUESTO, "El lugar que le dieron los hombres.", 2),
    ("Puesto jóvenes", PUESTO, "El lugar que le dieron los jóvenes.", None),
    ("Puesto adultos", PUESTO, "El lugar que le dieron los adultos.", None),
    ("Puesto adultos mayores", PUESTO, "El lugar que le dieron los adultos mayores.", None),
    ("Costo estimado", DINERO, "En bolivianos.", 180000),
    ("Contraparte", DINERO, "Lo que pone la comunidad, en bolivianos.", 20000),
    ("Madurez", "madureces", "Qué se estudió ya.", "perfil"),
    ("Pedida desde", ANIO, "El año en que se pidió por primera vez.", 2019),
    ("Evento", "eventos", "El taller o la reunión donde se pidió, de la lista; o su fecha.", None),
    ("Estado", "estados", "Vacío: registrada.", None),
    ("Fecha", FECHA, "El día en que se pidió.", date(2024, 5, 18)),
    ("Latitud", LATITUD, "El lugar exacto, si se sabe: en grados, negativa.", None),
    ("Longitud", LONGITUD, "Igual: van las dos o ninguna.", None),
)  # fmt: skip
_REGLAS: dict[str, dict[str, Any]] = {
    PERSONAS: {"type": "whole", "operator": "between", "formula1": "0", "formula2": "50000000"},
    PUESTO: {"type": "whole", "operator": "between", "formula1": "1", "formula2": "1000"},
    DINERO: {"type": "decimal", "operator": "between", "formula1": "0", "formula2": str(MONTO_MAXIMO)},
    ANIO: {"type": "whole", "operator": "between", "formula1": "1950", "formula2": "YEAR(TODAY())"},
    FECHA: {"type": "date", "operator": "between", "formula1": "DATE(1950,1,1)", "formula2": "TODAY()"},
    LATITUD: {"type": "decimal", "operator": "between", "formula1": "-23", "formula2": "-9"},
    LONGITUD: {"type": "decimal", "operator": "between", "formula1": "-70", "formula2": "-57"},
}
_DICE = {
    PERSONAS: "Un número entero de personas, desde 0.",
    PUESTO: "Un puesto: 1, 2, 3…",
    DINERO: "Un monto en bolivianos, desde 0.",
    ANIO: "Un año, de 1950 a hoy.",
    FECHA: "Una fecha que ya pasó.",
    LATITUD: "Grados de latitud, por ejemplo -17,3895.",
    LONGITUD: "Grados de longitud, por ejemplo -66,1568.",
}


def plantilla(municipio: UnidadTerritorial) -> bytes:
    """The workbook: a sheet to fill in, one that explains it, and a hidden one with the lists."""
    libro = Workbook()
    hoja = libro.active
    hoja.title = HOJA
    listas = _hoja_de_listas(libro.create_sheet("Instrucciones"), libro.create_sheet("Listas"), municipio)
    hoja.freeze_panes = "C2"
    for i, (titulo, tipo, _que, ejemplo) in enumerate(COLUMNAS, start=1):
        letra = get_column_letter(i)
        cabeza = _poner(hoja.cell(1, i), titulo)
        cabeza.font, cabeza.fill = Font(bold=True), PatternFill("solid", fgColor="D9EEEF")
        cabeza.alignment = Alignment(wrap_text=True, vertical="top")
        muestra = _poner(hoja.cell(2, i), ejemplo)
        muestra.font = Font(italic=True, color="52606D")
        hoja.column_dimensions[letra].width = 34 if titulo in {"Título", "Descripción", "Unidad", "Sector"} else 14
        if tipo == FECHA:
            for fila in range(2, FILAS + 1):
                hoja.cell(fila, i).number_format = "DD/MM/YYYY"
        _validar(hoja, letra, tipo, listas)
    hoja.row_dimensions[1].height = 32
    salida = BytesIO()
    libro.save(salida)
    return salida.getvalue()


def _validar(hoja, letra: str, tipo: str, listas: dict[str, str]) -> None:
    if tipo in listas:
        # A unit or an event may be written by hand, by code or by date: the import says whether it knows it.
        libre = tipo in {"unidades", "eventos"}
        regla = DataValidation(
            type="list", formula1=listas[tipo], allow_blank=True, errorStyle="warning" if libre else "stop"
        )
        regla.error = "Elija de la lista."
    elif tipo in _REGLAS:
        regla = DataValidation(allow_blank=True, errorStyle="stop", **_REGLAS[tipo])
        regla.error = _DICE[tipo]
    else:
        return
    regla.errorTitle, regla.showErrorMessage = "Revise la celda", True
    hoja.add_data_validation(regla)
    regla.add(f"{letra}2:{letra}{FILAS}")


def _hoja_de_listas(instrucciones, hoja, municipio: UnidadTerritorial) -> dict[str, str]:
    """Fill both secondary sheets; gives back where each list lies."""
    listas: dict[str, list[str]] = {
        "unidades": [nombre_de_unidad(u) for u in unidades_de(municipio)],
        "sectores": [f"{s.codigo} · {s.nombre}" for s in sectores()],
        "grupos": [str(g.label) for g in Grupo],
        "madureces": [str(m.label) for m in Madurez],
        "estados": [str(e.label) for e in EstadoDemanda if e is not EstadoDemanda.UNIDA],
        "eventos": [nombre for _evento, nombre in eventos_de(municipio)],
    }
    donde = {}
    for i, (nombre, valores) in enumerate(listas.items(), start=1):
        _poner(hoja.cell(1, i), nombre).font = Font(bold=True)
        for fila, valor in enumerate(valores, start=2):
            _poner(hoja.cell(fila, i), valor)
        if valores:
            letra = get_column_letter(i)
            donde[nombre] = f"Listas!${letra}$2:${letra}${len(valores) + 1}"
    hoja.sheet_state = "hidden"
    _instrucciones(instrucciones, municipio)
    return donde


def _instrucciones(hoja, municipio: UnidadTerritorial) -> None:
    hoja.column_dimensions["A"].width, hoja.column_dimensions["B"].width = 28, 100
    lineas = [
        (f"Demandas de {municipio.nombre}", ""),
        ("Cómo se llena", "Una fila por demanda en la hoja «Demandas». No cambie los nombres de las columnas."),
        ("La fila de ejemplo", f"La que dice {EJEMPLO} se reconoce y no se carga: puede dejarla o borrarla."),
        ("Las listas", "Al pararse en Unidad, Sector, Grupo, Madurez, Evento o Estado aparece una flecha para elegir."),
        ("Después", "Suba el archivo en «Cargar demandas»: verá qué pasaría con cada fila antes de guardar nada."),
        ("", ""),
        ("Columna", "Qué va"),
        *((titulo, que) for titulo, _tipo, que, _ejemplo in COLUMNAS),
    ]
    for i, (que, dice) in enumerate(lineas, start=1):
        _poner(hoja.cell(i, 1), que).font = Font(bold=True, size=14 if i == 1 else 11)
        _poner(hoja.cell(i, 2), dice).alignment = Alignment(wrap_text=True, vertical="top")


def _poner(celda, valor: Any):
    """Text stays text, whatever it begins with."""
    if isinstance(valor, str):
        celda.value = sin_controles(valor)
        celda.data_type = "s"
    elif valor is not None:
        celda.value = valor
    return celda
