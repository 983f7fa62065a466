"""Sheets of a workbook (XLSX) as rows of cells: which sheet, what its formulas came to, what its merged cells stand for."""

import re
import zipfile
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string, range_boundaries

from territorio.importacion.informe import Informe
from territorio.importacion.texto import enumerar, normalizar

BYTES_DESCOMPRIMIDOS = 400 * 1024 * 1024
COLUMNAS_MAXIMAS = 300
HALLADAS_MAXIMAS = 20_000
_FORMULA = re.compile(
    rb'<c r="(?P<columna>[A-Z]{1,3})(?P<fila>[0-9]{1,7})"(?P<atributos>[^>]*)>'
    rb"<f\b[^>]*?(?:/>|>(?P<formula>[^<]*)</f>)(?:<v>(?P<valor>[^<]*)</v>|<v ?/>)?"
)
_COMBINADA = re.compile(rb'<mergeCell ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')
_TROZO = 1 << 20
_SOLAPE = 40_000  # more than one cell may take


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
    formulas, combinadas = _mirar_xml(ruta, hoja, maximo)
    for numero, letra, mensaje in formulas:
        indice = column_index_from_string(letra) - 1
        informe.error(
            mensaje,
            "Ábralo en su planilla y guárdelo otra vez, o péguela como valor.",
            fila=numero,
            campo=str(filas[0][indice] or letra) if filas and indice < len(filas[0]) else letra,
            codigo="formula_sin_valor",
        )
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


def _mirar_xml(ruta: Path, hoja, maximo: int) -> tuple[list[tuple[int, str, str]], list[str]]:
    """What a streaming reader does not tell: formulas without a usable result (row, column, message), merged cells.

    A formula counts by the result that was stored with it. Text that came out empty is one; nothing stored at all is none.
    """
    formulas: list[tuple[int, str, str]] = []
    combinadas: list[str] = []
    with zipfile.ZipFile(ruta) as comprimido, comprimido.open(hoja._worksheet_path.lstrip("/")) as xml:
        resto = b""
        while trozo := xml.read(_TROZO):
            trozo, visto = resto + trozo, 0
            for hallada in _FORMULA.finditer(trozo):
                visto = hallada.end()
                if int(hallada["fila"]) <= maximo + 1 and (mensaje := _sin_valor(hallada)):
                    formulas.append((int(hallada["fila"]), hallada["columna"].decode(), mensaje))
            for hallada in _COMBINADA.finditer(trozo):
                combinadas.append(hallada[1].decode())
                visto = hallada.end()
            resto = trozo[max(visto, len(trozo) - _SOLAPE) :]
            if max(len(combinadas), len(formulas)) > HALLADAS_MAXIMAS:
                break
    return formulas, combinadas


def _sin_valor(hallada: re.Match[bytes]) -> str:
    celda = f"{hallada['columna'].decode()}{hallada['fila'].decode()}"
    valor, tipo = (hallada["valor"] or b"").decode(), hallada["atributos"]
    if b't="e"' in tipo:
        return f"la fórmula de la celda {celda} da {valor}."
    if valor or b't="str"' in tipo:
        return ""
    escrita = (hallada["formula"] or b"").decode(errors="replace")[:30]
    return f"la celda {celda} tiene una fórmula (={escrita}) sin resultado guardado."


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
