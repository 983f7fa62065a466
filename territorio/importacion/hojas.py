"""Sheets of a workbook (XLSX) as rows of cells: which sheet, what its formulas came to, what its merged cells stand for."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries

from territorio.importacion.informe import Informe
from territorio.importacion.texto import enumerar, normalizar

BYTES_DESCOMPRIMIDOS = 400 * 1024 * 1024
COLUMNAS_MAXIMAS = 300
COMBINADAS_MAXIMAS = 20_000
FALLOS = {"#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"}
_FORMULA = re.compile(rb"<f[ >/]")
_COMBINADA = re.compile(rb'<mergeCell ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')
_TROZO = 1 << 20


def leer_libro(ruta: Path, capa: str | None, informe: Informe, *, maximo: int, hoja: str = "") -> list[tuple] | None:
    """The rows of one sheet; None where the workbook is refused. `hoja` is taken among several visible ones."""
    try:
        with zipfile.ZipFile(ruta) as comprimido:
            if sum(miembro.file_size for miembro in comprimido.infolist()) > BYTES_DESCOMPRIMIDOS:
                informe.error(
                    "el libro ocupa demasiado al abrirse.", "Divídalo o guárdelo como CSV.", codigo="muy_grande"
                )
                return None
        libro = load_workbook(ruta, read_only=True, data_only=True)
    except Exception:
        informe.error(
            "no se pudo abrir el libro de Excel.", "Guárdelo de nuevo como .xlsx o como CSV.", codigo="xlsx_roto"
        )
        return None
    try:
        elegida = _elegir(libro, capa, hoja, informe)
        return None if elegida is None else _leer_hoja(ruta, elegida, informe, maximo)
    except Exception:  # a sheet is parsed while it is read: what is broken inside shows only here
        informe.error(
            "una hoja del libro de Excel está dañada.", "Guárdelo de nuevo como .xlsx o como CSV.", codigo="xlsx_roto"
        )
        return None
    finally:
        libro.close()


def _elegir(libro, capa: str | None, preferida: str, informe: Informe):
    visibles = [hoja for hoja in libro.worksheets if hoja.sheet_state == "visible"]
    hojas = [hoja for hoja in visibles if hoja.title == capa] if capa else visibles
    if len(hojas) > 1 and preferida:
        hojas = [hoja for hoja in hojas if normalizar(hoja.title) == normalizar(preferida)] or hojas
    if len(hojas) == 1:
        informe.lectura |= {"formato": "XLSX", "capa": hojas[0].title}
        return hojas[0]
    informe.sugerencias["capas"] = [hoja.title for hoja in visibles]
    nombres = ", ".join(hoja.title for hoja in visibles) or "ninguna a la vista"
    informe.error(f"el libro tiene las hojas: {nombres}.", "Diga cuál con --capa HOJA.", codigo="varias_hojas")
    return None


def _leer_hoja(ruta: Path, hoja, informe: Informe, maximo: int) -> list[tuple]:
    filas = _filas(hoja, maximo)
    con_formulas, combinadas = _mirar_xml(ruta, hoja)
    if con_formulas:
        _revisar_formulas(ruta, hoja.title, filas, informe, maximo)
    if combinadas:
        _repartir(filas, combinadas, informe)
    return filas


def _filas(hoja, maximo: int) -> list[tuple]:
    """Rows as tuples, without the formatted but empty ones at the end, which may go on for a hundred thousand."""
    filas: list[tuple] = []
    ultima = 0
    for numero, celdas in enumerate(hoja.iter_rows(values_only=True, max_col=COLUMNAS_MAXIMAS), start=1):
        vacia = not any(v not in (None, "") for v in celdas)
        ultima = ultima if vacia else numero
        # An empty row costs nothing but keeps the numbers of those below it as the person sees them.
        filas.append(() if vacia else celdas)
        if ultima > maximo + 1:
            break
    return filas[:ultima]


def _mirar_xml(ruta: Path, hoja) -> tuple[bool, list[str]]:
    """Whether the sheet has formulas, and which cells it merges: what a streaming reader does not tell."""
    formulas, combinadas = False, []
    with zipfile.ZipFile(ruta) as comprimido, comprimido.open(hoja._worksheet_path.lstrip("/")) as xml:
        resto = b""
        while trozo := xml.read(_TROZO):
            trozo = resto + trozo
            formulas = formulas or _FORMULA.search(trozo) is not None
            ultimo = 0
            for hallada in _COMBINADA.finditer(trozo):
                combinadas.append(hallada[1].decode())
                ultimo = hallada.end()
            resto = trozo[max(ultimo, len(trozo) - 80) :]
            if len(combinadas) > COMBINADAS_MAXIMAS:
                break
    return formulas, combinadas


def _revisar_formulas(ruta: Path, titulo: str, filas: list[tuple], informe: Informe, maximo: int) -> None:
    """A formula counts by the result that was stored with it; without one, or with a failed one, its row is in error."""
    libro = load_workbook(ruta, read_only=True)
    for numero, columna, escrita in _formulas(libro[titulo], min(len(filas), maximo + 1)):
        celdas = filas[numero - 1]
        valor = celdas[columna - 1] if columna <= len(celdas) else None
        if valor is None:
            mensaje = f"la celda {get_column_letter(columna)}{numero} tiene una fórmula ({escrita[:30]}) sin resultado guardado."
        elif str(valor) in FALLOS:
            mensaje = f"la fórmula de la celda {get_column_letter(columna)}{numero} da {valor}."
        else:
            continue
        informe.error(
            mensaje,
            "Ábralo en su planilla y guárdelo otra vez, o péguela como valor.",
            fila=numero,
            campo=str(filas[0][columna - 1] or "") if columna <= len(filas[0]) else None,
            codigo="formula_sin_valor",
        )
    libro.close()


def _formulas(hoja, hasta: int) -> Iterator[tuple[int, int, str]]:
    for numero, celdas in enumerate(hoja.iter_rows(values_only=True, max_col=COLUMNAS_MAXIMAS, max_row=hasta), start=1):
        for columna, valor in enumerate(celdas, start=1):
            if isinstance(valor, str) and valor.startswith("="):
                yield numero, columna, valor


def _repartir(filas: list[tuple], combinadas: list[str], informe: Informe) -> None:
    """What is merged downwards is said once for all its rows; what is merged sideways stays where it begins."""
    tocadas: set[int] = set()
    for rango in combinadas:
        izquierda, arriba, _derecha, abajo = range_boundaries(rango)
        if arriba < 2 or abajo == arriba or arriba > len(filas) or izquierda > len(filas[arriba - 1]):
            continue
        valor = filas[arriba - 1][izquierda - 1]
        for numero in range(arriba + 1, min(abajo, len(filas)) + 1):
            if len(filas[numero - 1]) >= izquierda and valor is not None:
                celdas = list(filas[numero - 1])
                celdas[izquierda - 1] = valor
                filas[numero - 1] = tuple(celdas)
                tocadas.add(numero)
    if tocadas:
        informe.aviso(
            f"hay celdas combinadas; su valor se entendió para todas las filas que abarcan ({enumerar(tocadas)}).",
            "Revise esas filas, o separe las celdas.",
            codigo="celdas_combinadas",
        )
