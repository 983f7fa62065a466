"""What a file is, from its first bytes: neither its name nor what the browser says of it counts. No Django."""

from __future__ import annotations

import puremagic

CABECERA = 4096  # bytes that tell
PDF, JPEG, PNG, WEBP, HEIC, ZIP = "pdf", "jpeg", "png", "webp", "heic", "zip"
IMAGENES = frozenset({JPEG, PNG, WEBP, HEIC})
_MARCAS_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def formato(cabecera: bytes) -> str | None:
    """The format of a file that may be kept, or None."""
    if cabecera.startswith(b"%PDF-"):
        return PDF
    if cabecera.startswith(b"\xff\xd8\xff"):
        return JPEG
    if cabecera.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if cabecera[:4] == b"RIFF" and cabecera[8:12] == b"WEBP":
        return WEBP
    if cabecera[4:8] == b"ftyp" and _es_heic(cabecera):
        return HEIC
    if cabecera.startswith(b"PK\x03\x04"):
        return ZIP
    return None


def parece(cabecera: bytes) -> str:
    """What a file that may not be kept looks like, as a media type for the message; empty where nobody knows."""
    inicio = cabecera[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if inicio.startswith((b"<!doctype html", b"<html", b"<script", b"<body", b"<head")):
        return "text/html"
    if b"<svg" in inicio:
        return "image/svg+xml"
    if inicio.startswith(b"<?php"):
        return "text/x-php"
    try:
        return puremagic.from_string(cabecera, mime=True) or ""
    except (puremagic.PureError, ValueError):
        return ""


def _es_heic(cabecera: bytes) -> bool:
    """The major brand, or one of the compatible ones where the major one says only "some image"."""
    largo = min(int.from_bytes(cabecera[:4], "big"), 256)
    marcas = [cabecera[8:12], *(cabecera[n : n + 4] for n in range(16, largo, 4))]
    return marcas[0] in _MARCAS_HEIC and b"avif" not in marcas
