"""Text in cells of spreadsheets: what somebody typed stays text, and no program takes it for a formula."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any

SIGNOS = frozenset("=+-@")
# Where a spreadsheet may begin a cell: the text's beginning and, where its separator is not ours, after one of these.
_COMIENZO = re.compile(r"((?:;|(?<!^)[\t\r\n])[^\S\t\r\n]*)([^\s\w])")
_INVISIBLES = "\ufeff\u200b\u200c\u200d\u2060\u00ad"
_ILEGALES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def inerte(texto: str) -> str:
    """`texto` for a CSV: an apostrophe before whatever a spreadsheet could run (=, +, -, @, also full-width ones)."""
    limpio = _COMIENZO.sub(lambda m: f"{m[1]}'{m[2]}" if _es_signo(m[2]) else m[0], sin_controles(texto))
    visible = limpio.lstrip().lstrip(_INVISIBLES).lstrip()
    if limpio[:1] in {"\t", "\r", "\n"} or (visible and _es_signo(visible[0])):
        return f"'{limpio}"
    return limpio


def _es_signo(caracter: str) -> bool:
    return unicodedata.normalize("NFKC", caracter)[:1] in SIGNOS


def celda(valor: Any) -> Any:
    """A value of a CSV: numbers stay numbers, words are inert, yes and no are words."""
    if isinstance(valor, bool):
        return "sí" if valor else "no"
    if valor is None or isinstance(valor, int | float | Decimal):
        return valor
    return valor.isoformat() if isinstance(valor, date) else inerte(str(valor))


def sin_controles(texto: str) -> str:
    """Without the characters that no spreadsheet or XML may hold."""
    return _ILEGALES.sub("", texto)
