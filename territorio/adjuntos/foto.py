"""An image: what the camera says of time and place is read, then it is drawn anew, upright, smaller and bare. No Django."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta, timezone
from math import isfinite
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageCms, ImageOps

from territorio.adjuntos import tipos
from territorio.adjuntos.rechazo import Rechazo

LADO, LADO_MINIATURA = 2048, 320
FORMATO_DE_COPIA = "JPEG"
_FORMATOS = {tipos.JPEG: "JPEG", tipos.PNG: "PNG", tipos.WEBP: "WEBP", tipos.HEIC: "HEIF"}
_MIME = {tipos.JPEG: "image/jpeg", tipos.PNG: "image/png", tipos.WEBP: "image/webp", tipos.HEIC: "image/heic"}
_PRIMER_ANIO = 1990


def revisar(original: Path, formato: str, carpeta: Path, *, pixeles: int) -> dict[str, Any]:
    """Leave `copia` and `miniatura` in `carpeta`; give size, time and place. Raises Rechazo."""
    if formato == tipos.HEIC:
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = None  # ours is the limit, and it is asked before anything is decoded
    try:
        with Image.open(original, formats=[_FORMATOS[formato]]) as imagen:
            if imagen.width * imagen.height > pixeles:
                raise Rechazo("muchos_pixeles", f"{imagen.width} × {imagen.height}")
            dicho = _camara(imagen)
            ancho, alto = imagen.size
            imagen.draft("RGB", (LADO, LADO))
            limpia = _limpia(imagen)
    except (Rechazo, MemoryError):
        raise
    except Exception:  # decoders raise whatever a broken file makes of them
        raise Rechazo("imagen_danada") from None
    if (ancho > alto) != (limpia.width > limpia.height):
        ancho, alto = alto, ancho
    limpia.save(carpeta / "copia", FORMATO_DE_COPIA, quality=85, optimize=True, progressive=True)
    limpia.thumbnail((LADO_MINIATURA, LADO_MINIATURA))
    limpia.save(carpeta / "miniatura", FORMATO_DE_COPIA, quality=80, optimize=True)
    return {"tipo": _MIME[formato], "ancho": ancho, "alto": alto, **dicho}


def _limpia(imagen: Image.Image) -> Image.Image:
    """The first frame, upright, in sRGB, at most 2048 pixels, on white where it was transparent, and nothing besides."""
    imagen.seek(0)
    imagen.load()
    perfil = imagen.info.get("icc_profile")
    derecha = ImageOps.exif_transpose(imagen)
    derecha.thumbnail((LADO, LADO))
    if "A" in derecha.getbands() or "transparency" in derecha.info:
        con_alfa = derecha.convert("RGBA")
        derecha = Image.new("RGB", con_alfa.size, "white")
        derecha.paste(con_alfa, mask=con_alfa.getchannel("A"))
    else:
        derecha = derecha.convert("RGB") if derecha.mode != "RGB" else derecha
    if perfil:
        derecha = _en_srgb(derecha, perfil)
    # Pasted on a new one: Pillow carries comments and profiles of the file along with the pixels.
    desnuda = Image.new("RGB", derecha.size)
    desnuda.paste(derecha)
    return desnuda


def _en_srgb(imagen: Image.Image, perfil: bytes) -> Image.Image:
    """Phones keep their own colours, which would look wrong once the profile that tells of them is gone."""
    try:
        origen = ImageCms.ImageCmsProfile(io.BytesIO(perfil))
        return ImageCms.profileToProfile(imagen, origen, ImageCms.createProfile("sRGB")) or imagen
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return imagen


# --- what the camera says ---------------------------------------------------------------------------------------------
def _camara(imagen: Image.Image) -> dict[str, Any]:
    """Time (ISO, with offset only where the camera says one) and place of a photo; what cannot be is left out."""
    try:
        exif = imagen.getexif()
        datos, gps = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
    except Exception:  # a broken block must not cost the photo
        return {"tomada": None, "lon": None, "lat": None}
    lon, lat = _lugar(gps)
    return {"tomada": _hora(datos), "lon": lon, "lat": lat}


def _hora(datos: dict[int, Any]) -> str | None:
    campos = ExifTags.Base
    pares = (
        (campos.DateTimeOriginal, campos.OffsetTimeOriginal),
        (campos.DateTimeDigitized, campos.OffsetTimeDigitized),
    )
    for campo, zona in pares:
        texto = str(datos.get(campo, "")).replace("\x00", "").strip()
        try:
            hora = datetime.strptime(texto[:19], "%Y:%m:%d %H:%M:%S")
        except ValueError:
            continue
        dice = re.fullmatch(r"([+-])(\d\d):(\d\d)", str(datos.get(zona, "")).replace("\x00", "").strip())
        if dice:
            desfase = timedelta(hours=int(dice[2]), minutes=int(dice[3])) * (-1 if dice[1] == "-" else 1)
            if abs(desfase) <= timedelta(hours=14):
                hora = hora.replace(tzinfo=timezone(desfase))
        manana = datetime.now(hora.tzinfo) + timedelta(days=1)
        if hora.year >= _PRIMER_ANIO and hora < manana:
            return hora.isoformat()
    return None


def _lugar(gps: dict[int, Any]) -> tuple[float | None, float | None]:
    """Longitude and latitude in degrees, or nothing: 0, 0 is what a camera without a fix writes."""
    campos = ExifTags.GPS
    lat = _grados(gps.get(campos.GPSLatitude), gps.get(campos.GPSLatitudeRef), "NS", 90)
    lon = _grados(gps.get(campos.GPSLongitude), gps.get(campos.GPSLongitudeRef), "EW", 180)
    if lat is None or lon is None or (lat == 0 and lon == 0):
        return None, None
    return round(lon, 7), round(lat, 7)


def _grados(partes: Any, letra: Any, letras: str, maximo: int) -> float | None:
    if isinstance(letra, bytes):
        letra = letra.decode("ascii", "replace")
    letra = str(letra or "").strip("\x00 ").upper()
    if letra not in set(letras):
        return None
    try:
        grados, minutos, segundos = (float(parte) for parte in partes)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if not all(isfinite(n) and n >= 0 for n in (grados, minutos, segundos)) or minutos >= 60 or segundos > 60:
        return None
    total = grados + minutos / 60 + segundos / 3600
    if total > maximo:
        return None
    return -total if letra == letras[1] else total
