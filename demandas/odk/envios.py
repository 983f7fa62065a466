"""Submissions of the mobile form as ODK Central and KoboToolbox export them: CSV in a ZIP, XLSX with a sheet for each
group that repeats, or JSON. All become the same: an interview with its demands and its findings."""

import csv
import io
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from demandas.odk.formulario import DEMANDA, HALLAZGO
from territorio.importacion.hojas import BYTES_DESCOMPRIMIDOS, COLUMNAS_MAXIMAS

ENVIOS_MAXIMOS = 20_000
# By these an export is known to be of a mobile form, whatever the form.
MARCAS = {"instanceID", "KEY", "__id", "_uuid", "_submission_time", "_index", "_parent_index", "PARENT_KEY"}
_PIEZAS = "latitude|longitude|altitude|accuracy|precision"
_SUELTA = re.compile(rf"^_?(?P<campo>punto|linea|poligono)[-_/](?P<que>{_PIEZAS})$", re.IGNORECASE)


class EnvioIlegible(ValueError):
    """The file is of a mobile form and cannot be read; the message is Spanish, for people."""

    def __init__(self, mensaje: str, remedio: str = "") -> None:
        super().__init__(mensaje)
        self.remedio = remedio


@dataclass
class Envio:
    """One interview: `instancia` is what the phone called it, the same in every export."""

    instancia: str
    campos: dict[str, Any] = field(default_factory=dict)
    repetidos: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))


def leer_envios(ruta: Path) -> list[Envio] | None:
    """The interviews of an export, or None where the file is not one; raises `EnvioIlegible`."""
    lector = {".json": _json, ".zip": _zip, ".xlsx": _xlsx, ".csv": _csv}.get(ruta.suffix.lower())
    envios = lector(ruta) if lector else None
    if envios is None:
        return None
    if len(envios) > ENVIOS_MAXIMOS:
        raise EnvioIlegible(f"el archivo pasa de {ENVIOS_MAXIMOS} envíos.", "Exporte un período más corto.")
    vistos: dict[str, Envio] = {}
    for envio in envios:
        if not envio.instancia:
            raise EnvioIlegible(
                "hay envíos sin identificador (instanceID, KEY o _uuid).", "Exporte de nuevo, con todas las columnas."
            )
        vistos.setdefault(envio.instancia, envio)
    return list(vistos.values())


# --- JSON: KoboToolbox (a list, or «results») and ODK Central («value») -----------------------------------------------


def _json(ruta: Path) -> list[Envio] | None:
    try:
        datos = json.loads(ruta.read_bytes())
    except (ValueError, RecursionError):
        return None  # whoever reads geographic files says what is wrong with it
    if isinstance(datos, dict):
        datos = datos.get("results") or datos.get("value") or ([datos] if MARCAS & set(map(_ultimo, datos)) else None)
    if not isinstance(datos, list) or not datos or not all(isinstance(uno, dict) for uno in datos):
        return None
    if "type" in datos[0] and "geometry" in datos[0]:
        return None
    return [_de_dict(uno) for uno in datos]


def _de_dict(uno: dict[str, Any]) -> Envio:
    envio = Envio("")
    _aplanar(uno, envio.campos, envio.repetidos)
    for clave in uno:
        if clave.endswith("@odata.navigationLink") and _ultimo(clave.split("@")[0]) in {DEMANDA, HALLAZGO}:
            raise EnvioIlegible(
                "el archivo no trae los grupos que se repiten, solo un enlace a ellos.",
                "Pídalo a ODK Central con «$expand=*», o expórtelo como CSV.",
            )
    envio.instancia = _instancia(envio.campos)
    return envio


def _aplanar(uno: dict[str, Any], campos: dict[str, Any], repetidos: dict[str, list] | None) -> None:
    """Fields by their own name, without the groups they lie in; lists of rows are groups that repeat."""
    for clave, valor in uno.items():
        nombre = _ultimo(clave)
        if isinstance(valor, list) and valor and all(isinstance(v, dict) for v in valor):
            if repetidos is not None:
                for fila in valor:
                    plana: dict[str, Any] = {}
                    _aplanar(fila, plana, None)
                    repetidos[nombre].append(plana)
        elif isinstance(valor, dict) and not ("type" in valor and "coordinates" in valor):
            _aplanar(valor, campos, repetidos)
        else:
            campos[nombre] = valor


# --- tables: CSV alone or in a ZIP, and XLSX --------------------------------------------------------------------------


def _csv(ruta: Path) -> list[Envio] | None:
    """Only the interviews, without what repeats: said, where it is an export."""
    with ruta.open("rb") as f:
        if not MARCAS & set(map(_ultimo, _tabla_csv(f.readline(1 << 20))[0])):
            return None
    return _juntar({ruta.stem: _tabla_csv(ruta.read_bytes())})


def _zip(ruta: Path) -> list[Envio] | None:
    try:
        with zipfile.ZipFile(ruta) as comprimido:
            miembros = [m for m in comprimido.infolist() if m.filename.lower().endswith(".csv")]
            if not miembros:
                return None
            if sum(m.file_size for m in miembros) > BYTES_DESCOMPRIMIDOS:
                raise EnvioIlegible("el archivo ocupa demasiado al abrirse.", "Exporte un período más corto.")
            tablas = {Path(m.filename).stem: _tabla_csv(comprimido.read(m)) for m in miembros}
    except zipfile.BadZipFile as e:
        raise EnvioIlegible("el ZIP está dañado.", "Descárguelo de nuevo.") from e
    return _juntar(tablas)


def _tabla_csv(crudo: bytes) -> tuple[list[str], list[dict[str, Any]]]:
    texto = crudo.decode("utf-8-sig", errors="replace")
    encabezado = texto.split("\n", 1)[0]
    separador = max(",;\t", key=encabezado.count)
    try:
        lector = csv.DictReader(io.StringIO(texto, newline=""), delimiter=separador)
        return list(lector.fieldnames or []), list(lector)
    except csv.Error:
        return [], []


def _xlsx(ruta: Path) -> list[Envio] | None:
    try:
        with zipfile.ZipFile(ruta) as comprimido:
            if sum(m.file_size for m in comprimido.infolist()) > BYTES_DESCOMPRIMIDOS:
                return None
        libro = load_workbook(ruta, read_only=True, data_only=True)
        principal = libro.worksheets[0]
        cabeza = _cabeza(principal)
        if not {"_index", "_uuid", "KEY", "instanceID"} & set(map(_ultimo, cabeza)):
            return None
        return _juntar({hoja.title: (_cabeza(hoja), list(_filas(hoja))) for hoja in libro.worksheets})
    except EnvioIlegible:
        raise
    except Exception:
        return None  # whoever reads tables says what is wrong with it


def _cabeza(hoja) -> list[str]:
    primera = next(hoja.iter_rows(max_row=1, max_col=COLUMNAS_MAXIMAS, values_only=True), ())
    return [str(c) if c is not None else "" for c in primera]


def _filas(hoja) -> Iterator[dict[str, Any]]:
    cabeza = _cabeza(hoja)
    for n, fila in enumerate(hoja.iter_rows(min_row=2, max_col=COLUMNAS_MAXIMAS, values_only=True)):
        if n > ENVIOS_MAXIMOS * 10:
            raise EnvioIlegible("una hoja tiene demasiadas filas.", "Exporte un período más corto.")
        if any(v not in (None, "") for v in fila):
            yield dict(zip(cabeza, fila, strict=False))


def _juntar(tablas: dict[str, tuple[list[str], list[dict[str, Any]]]]) -> list[Envio] | None:
    """The interviews of the main table, each with the rows of the others that say they are its own."""
    hijas = {n: t for n, t in tablas.items() if {"PARENT_KEY", "_parent_index"} & set(t[0])}
    madres = {n: t for n, t in tablas.items() if n not in hijas and MARCAS & set(map(_ultimo, t[0]))}
    if len(madres) != 1:
        return None
    (_cabeza_madre, filas), = madres.values()  # fmt: skip
    envios: list[Envio] = []
    por_clave: dict[str, Envio] = {}
    for fila in filas:
        envio = Envio("", _plana(fila))
        envio.instancia = _instancia(envio.campos)
        envios.append(envio)
        for clave in (fila.get("KEY"), envio.campos.get("instanceID"), fila.get("_uuid")):
            if clave:
                por_clave[str(clave)] = envio
        if fila.get("_index") not in (None, ""):
            por_clave[f"#{_entero(fila['_index'])}"] = envio
    for nombre, (_cabeza_hija, suyas) in hijas.items():
        for fila in suyas:
            clave = fila.get("PARENT_KEY") or f"#{_entero(fila.get('_parent_index'))}"
            if (envio := por_clave.get(str(clave))) is None:
                raise EnvioIlegible(
                    f"en «{nombre}» hay filas cuyo envío no está en el archivo.", "Exporte todo de nuevo, sin filtrar."
                )
            envio.repetidos[_repetido(nombre, fila)].append(_plana(fila))
    return envios


def _repetido(tabla: str, fila: dict[str, Any]) -> str:
    """Which group a table holds: its name ends with the group's («form-demanda», «demanda»)."""
    llave = re.search(r"/(\w+)\[\d+\]$", str(fila.get("KEY") or ""))
    nombre = llave[1] if llave else re.split(r"[-/.]", tabla)[-1]
    return nombre.strip().lower()


def _plana(fila: dict[str, Any]) -> dict[str, Any]:
    """Fields by their own name; a point that came in pieces is one again."""
    campos: dict[str, Any] = {}
    piezas: dict[str, dict[str, Any]] = defaultdict(dict)
    for clave, valor in fila.items():
        if clave is None or valor in (None, ""):
            continue
        sin_grupos = re.split(r"[/]", str(clave))[-1]
        if suelta := _SUELTA.match(re.sub(r"^.*?(?=_?(?:punto|linea|poligono)[-_/])", "", str(clave))):
            piezas[suelta["campo"]][suelta["que"].lower()] = valor
        elif "-" in sin_grupos and clave not in {"KEY", "PARENT_KEY"}:
            campos[sin_grupos.split("-")[-1]] = valor
        else:
            campos[sin_grupos] = valor
    for campo, suyas in piezas.items():
        if campo not in campos and "latitude" in suyas and "longitude" in suyas:
            campos[campo] = f"{suyas['latitude']} {suyas['longitude']}"
    return campos


def _instancia(campos: dict[str, Any]) -> str:
    for nombre in ("instanceID", "__id", "KEY", "_uuid"):
        if campos.get(nombre):
            return str(campos[nombre]).removeprefix("uuid:").strip().lower()
    return ""


def _ultimo(clave: str) -> str:
    return re.split(r"[/]", str(clave))[-1].removeprefix("meta-")


def _entero(valor: Any) -> str:
    return str(int(valor)) if isinstance(valor, float) and valor.is_integer() else str(valor)


def presentes(envios: Iterable[Envio]) -> set[str]:
    """Every field that some interview holds."""
    return {campo for envio in envios for campo in envio.campos} | {n for envio in envios for n in envio.repetidos}
