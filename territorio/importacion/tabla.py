"""Read a table that somebody brings (CSV, XLSX, GeoJSON and other geographic files) as rows of named cells."""

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from territorio.importacion import valores
from territorio.importacion.hojas import leer_libro
from territorio.importacion.informe import Informe
from territorio.importacion.lector import Opciones, leer
from territorio.importacion.texto import a_codigo, nombre_codificacion, normalizar

BYTES_MAXIMOS = 100 * 1024 * 1024
FILAS_MAXIMAS = 500_000
# Python's own limit for a cell is 131,072 characters; a road's WKT may be longer.
csv.field_size_limit(valores.WKT_MAXIMO + 1)
GEOGRAFICOS = {".geojson", ".json", ".gpkg", ".shp", ".zip", ".kml"}


@dataclass(frozen=True)
class FilaTabla:
    """One row: `numero` as the person sees it (a spreadsheet's header is row 1; a geographic file counts from 1)."""

    numero: int
    celdas: dict[str, object]
    geometria: BaseGeometry | None = None


@dataclass
class Tabla:
    columnas: list[str] = field(default_factory=list)
    filas: list[FilaTabla] = field(default_factory=list)


def leer_tabla(
    ruta: Path, opciones: Opciones, informe: Informe, *, maximo: int = FILAS_MAXIMAS, hoja: str = ""
) -> Tabla:
    """Read any accepted file; what is wrong with it goes to `informe`. Of several sheets the one called `hoja` is taken."""
    sufijo = ruta.suffix.lower()
    if not ruta.is_file():
        informe.error(f"no existe el archivo «{ruta.name}».", "Revise la ruta.", codigo="sin_archivo")
    elif ruta.stat().st_size == 0:
        informe.error("el archivo está vacío.", "Se esperaba CSV, XLSX o GeoJSON.", codigo="archivo_vacio")
    elif ruta.stat().st_size > BYTES_MAXIMOS:
        informe.error("el archivo pasa de 100 MB.", "Divídalo en partes.", codigo="muy_grande")
    elif sufijo in GEOGRAFICOS:
        return _geografico(ruta, opciones, informe, maximo)
    elif sufijo in {".xlsx", ".xlsm"}:
        return _xlsx(ruta, opciones, informe, maximo, hoja)
    elif sufijo in {".csv", ".txt", ".tsv"}:
        return _csv(ruta, opciones, informe, maximo)
    else:
        informe.error(
            f"no se sabe leer «{ruta.name}».", "Guárdelo como CSV, XLSX o GeoJSON.", codigo="formato_desconocido"
        )
    return Tabla()


def _geografico(ruta: Path, opciones: Opciones, informe: Informe, maximo: int) -> Tabla:
    lectura = leer(ruta, opciones)
    informe.de_lectura(lectura)
    if len(lectura.filas) > maximo:
        _demasiadas(informe, maximo)
        return Tabla()
    return Tabla(lectura.campos, [FilaTabla(f.numero, f.atributos, f.geometria) for f in lectura.filas])


def _csv(ruta: Path, opciones: Opciones, informe: Informe, maximo: int) -> Tabla:
    texto = _decodificar(ruta.read_bytes(), opciones.codificacion, informe)
    if texto is None:
        return Tabla()
    if "\x00" in texto:
        informe.error(
            "el archivo no es un CSV: tiene bytes nulos.", "Expórtelo de nuevo como CSV UTF-8.", codigo="no_es_csv"
        )
        return Tabla()
    encabezado = texto.split("\n", 1)[0]
    separador = max(",;\t|", key=encabezado.count)
    informe.lectura |= {"formato": f"CSV separado por «{'tabulador' if separador == chr(9) else separador}»"}
    try:
        # `strict` turns an open quote into an error instead of a cell that swallows the rest of the file.
        filas = list(csv.reader(io.StringIO(texto, newline=""), delimiter=separador, strict=True))
    except csv.Error as e:
        informe.error(f"el CSV está mal formado ({e}).", "Revise comillas sin cerrar.", codigo="csv_roto")
        return Tabla()
    return _de_filas(filas, informe, maximo)


def _decodificar(crudo: bytes, declarada: str | None, informe: Informe) -> str | None:
    """UTF-8 if it is; another encoding only when it was stated."""
    if declarada:
        nombre = nombre_codificacion(declarada)
        if nombre is None:
            informe.error(
                f"no se conoce la codificación «{declarada}».", "Use por ejemplo utf-8 o cp1252.", codigo="codificacion"
            )
            return None
        try:
            informe.lectura["codificacion"] = f"{nombre}, la indicada"
            return crudo.decode("utf-8-sig" if nombre == "utf-8" else nombre)
        except UnicodeDecodeError as e:
            fila = crudo[: e.start].count(b"\n") + 1
            informe.error(f"el texto no está en {nombre}.", "Corrija --codificacion.", fila=fila, codigo="codificacion")
            return None
    try:
        texto = crudo.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        fila = crudo[: e.start].count(b"\n") + 1
        linea = crudo.split(b"\n")[fila - 1].strip()[:120]
        candidatas = {c: linea.decode(c, "replace") for c in ("cp1252", "cp850")}
        informe.sugerencias["codificacion"] = [
            {"codificacion": c, "nombre": c, "muestras": [muestra]} for c, muestra in candidatas.items()
        ]
        muestras = "; ".join(f"{c}: «{muestra}»" for c, muestra in candidatas.items())
        informe.error(
            f"el archivo no está en UTF-8. Leído de otro modo diría: {muestras}.",
            "Elija el que se lea bien y agregue, por ejemplo, --codificacion cp1252.",
            fila=fila,
            codigo="sin_codificacion",
        )
        return None
    informe.lectura["codificacion"] = "utf-8"
    return texto


def _xlsx(ruta: Path, opciones: Opciones, informe: Informe, maximo: int, hoja: str) -> Tabla:
    filas = leer_libro(ruta, opciones.capa, informe, maximo=maximo, hoja=hoja)
    return Tabla() if filas is None else _de_filas(filas, informe, maximo)


def _demasiadas(informe: Informe, maximo: int) -> None:
    cuantas = f"{maximo:,}".replace(",", ".")
    informe.error(f"el archivo pasa de {cuantas} filas.", "Divídalo en partes.", codigo="muy_grande")


def _de_filas(filas: list, informe: Informe, maximo: int) -> Tabla:
    """Header plus rows; empty rows are skipped, a row longer than the header is an error."""
    if not filas:
        informe.error(
            "el archivo no tiene encabezado.", "La primera fila lleva los nombres de las columnas.", codigo="sin_filas"
        )
        return Tabla()
    columnas = [" ".join(a_codigo(c).split()) for c in filas[0]]
    while columnas and not columnas[-1]:
        columnas.pop()
    repetidas = {c for c in columnas if c and columnas.count(c) > 1}
    if repetidas:
        informe.error(
            f"hay columnas repetidas: {', '.join(sorted(repetidas))}.",
            "Dé a cada una su nombre.",
            fila=1,
            codigo="columna_repetida",
        )
        return Tabla()
    if len(filas) > maximo + 1:
        _demasiadas(informe, maximo)
        return Tabla()
    tabla = Tabla(columnas)
    for numero, celdas in enumerate(filas[1:], start=2):
        if not any(a_codigo(c) if not isinstance(c, bool) else True for c in celdas):
            continue
        if any(a_codigo(c) for c in celdas[len(columnas) :]):
            informe.error(
                f"tiene {len(celdas)} celdas y el encabezado {len(columnas)}.",
                "Quite el separador de más, o ponga el texto entre comillas.",
                fila=numero,
                codigo="celdas_de_mas",
            )
            continue
        tabla.filas.append(FilaTabla(numero, dict(zip(columnas, celdas, strict=False))))
    informe.cuentas["filas"] = len(tabla.filas)
    if not tabla.filas:
        informe.error(
            "el archivo no tiene filas de datos.", "Agregue al menos una bajo el encabezado.", codigo="sin_filas"
        )
    return tabla


def asignar_columnas(
    tabla: Tabla, destinos: dict[str, tuple[str, ...]], mapeo: dict[str, str], informe: Informe
) -> dict[str, str]:
    """Which column of the file is which field: those mapped by the person, the rest by exact name or alias.

    `destinos` maps each field to other headers it is known by; returns field → column. Unused columns are reported.
    """
    por_nombre = {normalizar(columna): columna for columna in reversed(tabla.columnas)}
    campos: dict[str, str] = {}
    for fuente, destino in mapeo.items():
        columna = fuente if fuente in tabla.columnas else por_nombre.get(normalizar(fuente))
        if columna is None:
            informe.error(
                f"el archivo no tiene la columna «{fuente}».",
                f"Tiene: {', '.join(tabla.columnas)}.",
                campo=fuente,
                codigo="columna_desconocida",
            )
        elif destino not in destinos:
            informe.error(
                f"no existe el destino «{destino}».",
                f"Puede ser: {', '.join(destinos)}.",
                campo=fuente,
                codigo="destino_desconocido",
            )
        elif destino in campos:
            informe.error(f"dos columnas van a «{destino}».", "Deje una.", campo=fuente, codigo="destino_repetido")
        else:
            campos[destino] = columna
    usadas = set(campos.values())
    for destino, alias in destinos.items():
        for nombre in (destino, *alias):
            columna = por_nombre.get(normalizar(nombre))
            if destino not in campos and columna and columna not in usadas:
                campos[destino] = columna
                usadas.add(columna)
    informe.campos = {columna: destino for destino, columna in campos.items()}
    sobran = [c for c in tabla.columnas if c and c not in usadas]
    if sobran:
        informe.aviso(
            f"no se usan las columnas: {', '.join(sobran)}.",
            f"Si alguna hace falta, asígnela con --columnas COLUMNA=DESTINO (destinos: {', '.join(destinos)}).",
            codigo="columnas_sin_usar",
        )
    return campos


class Celdas:
    """The cells of one row by field, read with a parser each; a bad cell is reported with row and column and reads None."""

    def __init__(self, fila: FilaTabla, campos: dict[str, str], informe: Informe) -> None:
        self.fila, self.campos, self.informe = fila, campos, informe

    def crudo(self, destino: str) -> object:
        columna = self.campos.get(destino)
        return self.fila.celdas.get(columna) if columna is not None else None

    def tiene(self, destino: str) -> bool:
        return bool(a_codigo(self.crudo(destino)))

    def leer(self, destino: str, lector, *args, **kwargs):
        try:
            return lector(self.crudo(destino), *args, **kwargs)
        except valores.ValorInvalido as e:
            self.error(destino, e)
            return None

    def lugar(self, caja) -> BaseGeometry | None:
        """The row's own geometry, or the one its cells say."""
        try:
            if self.fila.geometria is not None:
                return valores.normalizar_geometria(self.fila.geometria, caja)
            return valores.lugar(self.crudo("lat"), self.crudo("lon"), self.crudo("wkt"), caja)
        except valores.ValorInvalido as e:
            self.error("wkt" if self.tiene("wkt") else "lat", e)
            return None

    def error(self, destino: str, e: valores.ValorInvalido) -> None:
        columna = self.campos.get(destino, "geometría" if destino in {"wkt", "lat"} else destino)
        self.informe.error(str(e), e.remedio, fila=self.fila.numero, campo=columna, codigo="valor_invalido")
