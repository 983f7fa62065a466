"""A PDF is kept where nothing in it acts by itself. No Django.

Names are read outside of streams, and inside the compressed streams of objects, with their escapes undone. This is no
reader of PDF: what hides better is still only ever handed out as a download that no browser opens in our name.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from territorio.adjuntos.rechazo import Rechazo

_STREAM = re.compile(rb"\bstream\r?\n(.*?)\r?\n?endstream\b", re.DOTALL)
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_FIN = rb"(?=[\s/<>\[\](){}%]|$)"
# What a document does when it is opened or touched, or carries inside for the reader's machine.
_ACTIVO = re.compile(
    rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|ImportData|SubmitForm|GoToE|XFA|Rendition|Movie|Sound)" + _FIN
)
_COLA = 2048


def revisar(original: Path, *, descomprimidos: int) -> dict[str, str]:
    """Raises Rechazo for what is cut short, locked, or acts by itself."""
    crudo = original.read_bytes()
    if b"%%EOF" not in crudo[-_COLA:]:
        raise Rechazo("pdf_danado")
    for trozo in _sin_streams(crudo, descomprimidos):
        nombres = _ESCAPE.sub(lambda m: bytes([int(m[1], 16)]), trozo)
        if re.search(rb"/Encrypt" + _FIN, nombres):
            raise Rechazo("con_contrasena")
        if hallado := _ACTIVO.search(nombres):
            raise Rechazo("pdf_activo", hallado[1].decode("ascii"))
    return {"tipo": "application/pdf"}


def _sin_streams(crudo: bytes, descomprimidos: int) -> Iterator[bytes]:
    """What lies between streams, where the objects are, and the inflated streams that hold objects."""
    desde, queda = 0, descomprimidos
    for stream in _STREAM.finditer(crudo):
        entre = crudo[desde : stream.start()]
        yield entre
        desde = stream.end()
        diccionario = _ESCAPE.sub(lambda m: bytes([int(m[1], 16)]), entre[entre.rfind(b" obj") :][-4096:])
        if not re.search(rb"/ObjStm" + _FIN, diccionario):
            continue
        try:
            inflador = zlib.decompressobj()
            claro = inflador.decompress(stream[1], queda)
        except zlib.error:
            raise Rechazo("pdf_danado") from None
        queda -= len(claro)
        if queda <= 0 or inflador.unconsumed_tail:
            raise Rechazo("bomba")
        yield claro
    yield crudo[desde:]
