"""Text of files: which encoding it is in, whether it came broken, and how names and codes compare."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

# Only real character sets: Python's codec registry also holds transforms (rot13, idna, unicode_escape).
CODIFICACIONES = {
    "utf8": "utf-8",
    "utf8sig": "utf-8",
    "65001": "utf-8",
    "ascii": "ascii",
    "usascii": "ascii",
    "cp1252": "cp1252",
    "windows1252": "cp1252",
    "ansi1252": "cp1252",
    "1252": "cp1252",
    "cp1250": "cp1250",
    "1250": "cp1250",
    "iso88591": "iso-8859-1",
    "88591": "iso-8859-1",
    "latin1": "iso-8859-1",
    "iso885915": "iso-8859-15",
    "885915": "iso-8859-15",
    "latin9": "iso-8859-15",
    "cp850": "cp850",
    "ibm850": "cp850",
    "oem850": "cp850",
    "850": "cp850",
    "cp858": "cp858",
    "cp437": "cp437",
    "ibm437": "cp437",
    "oem437": "cp437",
    "437": "cp437",
    "cp860": "cp860",
    "macroman": "mac-roman",
}
CANDIDATAS = ("cp1252", "iso-8859-1", "cp850", "cp437", "mac-roman")
# Language-driver byte of a .dbf; GDAL writes 0x57 whatever the content is, so it is a hint and no proof.
LDID = {0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x04: "mac-roman", 0x57: "cp1252"}

_MUESTRAS = 5
_FILAS_NOMBRADAS = 10
# UTF-8 read as Windows-1252: Ã or Â or â€ and then what a continuation byte looks like there.
_CONTINUACION = "".join(bytes([b]).decode("cp1252", "ignore") for b in range(0x80, 0xC0)) + "".join(
    map(chr, range(0x80, 0xA0))
)
_UTF8_MAL_LEIDO = re.compile(f"[ÂÃ][{re.escape(_CONTINUACION)}]|â[€\x80][{re.escape(_CONTINUACION)}]")
# DOS (cp850/cp437) vowels and ñ read as Windows-1252, inside a word.
_DOS_MAL_LEIDO = re.compile(r"(?<=[A-Za-z])[¤¢¡£‚¥](?=[A-Za-z])")
_DOS = str.maketrans("¤¢¡£‚¥", "ñóíúéÑ")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


def normalizar(texto: object) -> str:
    """Reduce a name or header to what is compared: case, accents, punctuation and spaces do not count."""
    plano = unicodedata.normalize("NFKD", "" if texto is None else str(texto)).casefold()
    plano = "".join(c if c.isalnum() else " " for c in plano if not unicodedata.combining(c))
    return " ".join(plano.split())


def a_codigo(valor: object) -> str:
    """Give a code as text (codes keep their leading zeros; a number read as 2.0 was the code "2")."""
    if valor is None or isinstance(valor, bool):
        return ""
    if isinstance(valor, float):
        if not math.isfinite(valor):
            return ""
        return str(int(valor)) if valor.is_integer() else repr(valor)
    return str(valor).strip()


def nombre_codificacion(texto: str) -> str | None:
    """Resolve what people and .cpg files write ("ANSI 1252", "UTF8") to a known encoding, or None."""
    return CODIFICACIONES.get(re.sub(r"[^a-z0-9]", "", texto.strip().lstrip("\ufeff").lower()))


def mojibake(texto: str) -> str | None:
    """Return the text as it was surely meant where it shows signs of a wrong encoding, else None."""
    if texto.isascii():
        return None
    if "\ufffd" in texto:
        return texto
    if _UTF8_MAL_LEIDO.search(texto):
        return _UTF8_MAL_LEIDO.sub(lambda m: _reinterpretar(m.group()), texto)
    if _DOS_MAL_LEIDO.search(texto):
        return _DOS_MAL_LEIDO.sub(lambda m: m.group().translate(_DOS), texto)
    return None


def ilegible(texto: str) -> bool:
    """Tell whether the text holds what no database takes: NUL, control characters, lone surrogates."""
    return not texto.isprintable() and _CONTROL.search(texto) is not None


def _reinterpretar(trozo: str) -> str:
    crudo = b"".join(c.encode("cp1252", "ignore") or c.encode("latin-1", "ignore") for c in trozo)
    try:
        return crudo.decode("utf-8")
    except UnicodeDecodeError:
        return trozo


@dataclass
class Decodificacion:
    """Outcome of `decodificar`: the columns as text, or why not (`motivo`) with the facts to say so."""

    columnas: dict[str, list[str | None]]
    codificacion: str = ""
    descripcion: str = ""
    motivo: str = ""  # "" | "codificacion_desconocida" | "codificacion_falla" | "sin_codificacion"
    fallas: list[tuple[int, str]] = field(default_factory=list)  # (row, field) that did not decode
    candidatas: dict[str, list[str]] = field(default_factory=dict)  # encoding -> samples decoded with it


def decodificar(
    columnas: dict[str, list[bytes | None]],
    *,
    cpg: str | None = None,
    pedida: str | None = None,
    anchos: dict[str, int] | None = None,
    ldid: int = 0,
) -> Decodificacion:
    """Decode columns of bytes strictly: the encoding asked for, else the file's own, else ASCII or UTF-8, else ask.

    `anchos` are field widths in bytes: a UTF-8 value that fills its field may end in half a character, dropped here.
    """
    con_acentos = {v for columna in columnas.values() for v in columna if v and not v.isascii()}
    for declarada, origen in ((pedida, "indicada por el usuario"), (cpg, "según el archivo .cpg")):
        if declarada is None or (origen.startswith("según") and not declarada.strip()):
            continue
        nombre = nombre_codificacion(declarada)
        if nombre is None:
            candidatas = _candidatas(sorted(con_acentos), ldid)
            return Decodificacion({}, declarada.strip()[:40], motivo="codificacion_desconocida", candidatas=candidatas)
        salida = _con(columnas, nombre, f"{nombre}, {origen}", anchos or {})
        if salida.motivo:  # it says one thing and is another: those it may be are offered
            salida.candidatas = _candidatas(sorted(con_acentos), ldid)
        return salida
    if not con_acentos:
        return _con(columnas, "ascii", "ASCII (el archivo no tiene acentos ni eñes)", {})
    intento = _con(columnas, "utf-8", "utf-8, reconocida por su contenido", anchos or {})
    if not intento.motivo:
        return intento
    return Decodificacion({}, motivo="sin_codificacion", candidatas=_candidatas(sorted(con_acentos), ldid))


def _con(columnas: dict[str, list[bytes | None]], nombre: str, descripcion: str, anchos: dict[str, int]):
    salida: dict[str, list[str | None]] = {}
    fallas: list[tuple[int, str]] = []
    for campo, valores in columnas.items():
        salida[campo] = []
        for fila, valor in enumerate(valores, 1):
            if valor is None:
                salida[campo].append(None)
                continue
            try:
                salida[campo].append(valor.decode(nombre))
            except UnicodeDecodeError as e:
                if nombre == "utf-8" and e.end == len(valor) and len(valor) + 1 >= anchos.get(campo, 1 << 30):
                    salida[campo].append(valor[: e.start].decode(nombre))
                    continue
                salida[campo].append(None)
                fallas.append((fila, campo))
    motivo = "codificacion_falla" if fallas else ""
    return Decodificacion(salida, nombre, descripcion, motivo, sorted(fallas))


def _candidatas(valores: list[bytes], ldid: int) -> dict[str, list[str]]:
    orden = sorted(CANDIDATAS, key=lambda c: c != LDID.get(ldid))
    posibles: dict[str, list[str]] = {}
    for nombre in orden:
        try:
            textos = [v.decode(nombre) for v in valores]
        except UnicodeDecodeError:
            continue
        if not any(0x80 <= ord(c) < 0xA0 for t in textos for c in t):
            posibles[nombre] = textos[:_MUESTRAS]
    return posibles


def cortados(valores: Iterable[bytes | None], ancho: int) -> int:
    """Count the values that fill a text field to its last byte, where that suggests cut names and not codes."""
    presentes = [v for v in valores if v]
    llenos = [v for v in presentes if len(v) >= ancho]
    if ancho < 10 or len(llenos) < 2 or len(llenos) == len(presentes) or all(v.isdigit() for v in llenos):
        return 0
    return len(llenos)


def enumerar(filas: Iterable[int]) -> str:
    """Write row numbers for people: the first ten and how many more."""
    unicas = sorted(set(filas))
    texto = ", ".join(map(str, unicas[:_FILAS_NOMBRADAS]))
    return texto if len(unicas) <= _FILAS_NOMBRADAS else f"{texto} y {len(unicas) - _FILAS_NOMBRADAS} más"


def contar(cuantas: int, una: str, varias: str) -> str:
    """`1 unidad sale`, `1.586 unidades salen`."""
    return f"{cuantas:,} {una if cuantas == 1 else varias}".replace(",", ".")
