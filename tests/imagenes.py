"""Photos and documents made for a test: what people bring, and what somebody would bring to do harm."""

import io
import struct
import zipfile
import zlib
from fractions import Fraction

from PIL import ExifTags, Image, PngImagePlugin

EN_EL_OESTE = (-64.995, -16.995)  # the middle of the first square of the small world


def _exif(*, lugar=None, hora: str | None = None, zona: str | None = None, orientacion: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientacion
    exif[ExifTags.Base.Make] = "Camara indiscreta"
    datos = {}
    if hora:
        datos[ExifTags.Base.DateTimeOriginal] = hora
    if zona:
        datos[ExifTags.Base.OffsetTimeOriginal] = zona
    if datos:
        exif._ifds[ExifTags.IFD.Exif] = datos
    if lugar:
        lon, lat = lugar
        exif._ifds[ExifTags.IFD.GPSInfo] = {
            ExifTags.GPS.GPSLatitudeRef: "S" if lat < 0 else "N",
            ExifTags.GPS.GPSLatitude: _sexagesimal(abs(lat)),
            ExifTags.GPS.GPSLongitudeRef: "W" if lon < 0 else "E",
            ExifTags.GPS.GPSLongitude: _sexagesimal(abs(lon)),
        }
    return exif


def _sexagesimal(grados: float) -> tuple[Fraction, ...]:
    enteros, resto = divmod(grados * 60, 60)
    minutos = int(resto)
    return (
        Fraction(int(enteros)),
        Fraction(minutos),
        Fraction(round((resto - minutos) * 60, 4)).limit_denominator(9999),
    )


def dibujo(ancho: int = 64, alto: int = 48, modo: str = "RGB") -> Image.Image:
    """A red field with a blue mark in its upper left corner, so that turning it shows."""
    imagen = Image.new(modo, (ancho, alto), (200, 30, 30) if modo == "RGB" else (200, 30, 30, 0))
    imagen.paste((20, 30, 200) if modo == "RGB" else (20, 30, 200, 255), (0, 0, ancho // 2, alto // 2))
    return imagen


def foto(
    *, ancho: int = 64, alto: int = 48, formato: str = "JPEG", comentario: bytes = b"", calidad: int = 90, **camara
) -> bytes:
    salida = io.BytesIO()
    if formato == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    opciones = {"comment": comentario} if comentario else {}
    dibujo(ancho, alto).save(salida, formato, exif=_exif(**camara), quality=calidad, **opciones)
    return salida.getvalue()


def png_transparente() -> bytes:
    salida, texto = io.BytesIO(), PngImagePlugin.PngInfo()
    texto.add_text("Author", "persona que no quiere ser nombrada")
    dibujo(modo="RGBA").save(salida, "PNG", pnginfo=texto)
    return salida.getvalue()


def animacion() -> bytes:
    salida = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(
        salida, "WEBP", save_all=True, append_images=[Image.new("RGB", (20, 10), "blue")], lossless=True
    )
    return salida.getvalue()


def png_enorme(ancho: int, alto: int) -> bytes:
    """A PNG of a few bytes whose header promises `ancho` × `alto` pixels."""

    def trozo(nombre: bytes, datos: bytes) -> bytes:
        return struct.pack(">I", len(datos)) + nombre + datos + struct.pack(">I", zlib.crc32(nombre + datos))

    cabecera = struct.pack(">IIBBBBB", ancho, alto, 8, 2, 0, 0, 0)
    datos = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + trozo(b"IHDR", cabecera) + trozo(b"IDAT", datos) + trozo(b"IEND", b"")


def pdf(objeto: bytes = b"<< /Type /Catalog >>", *, comprimido: bytes = b"") -> bytes:
    """A small PDF with one object more and, where told, one inside a compressed stream of objects."""
    partes = [
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] >>\nendobj\n"
    ]
    partes.append(b"3 0 obj\n" + objeto + b"\nendobj\n")
    if comprimido:
        datos = zlib.compress(comprimido)
        cabeza = b"4 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n" % len(datos)
        partes.append(cabeza + datos + b"\nendstream\nendobj\n")
    partes.append(b"xref\n0 1\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n")
    return b"".join(partes)


_TIPOS = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELACIONES = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFICINA = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def docx(partes: dict[str, bytes] | None = None, *, relaciones: str = "", tipo: str = _WORD) -> bytes:
    """The least that a word processor's document has, with parts and relationships besides."""
    contenido = {
        "[Content_Types].xml": f'<Types xmlns="{_TIPOS}"><Default Extension="rels" ContentType="application/'
        'vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" '
        f'ContentType="{tipo}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_RELACIONES}"><Relationship Id="r1" Type="{_OFICINA}/officeDocument" '
        'Target="word/document.xml"/></Relationships>',
        "word/document.xml": "<w:document xmlns:w='w'><w:body><w:p>Acta</w:p></w:body></w:document>",
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_RELACIONES}">{relaciones}</Relationships>',
        **(partes or {}),
    }
    return comprimir(contenido)


def relacion_de_fuera(clase: str, destino: str) -> str:
    return f'<Relationship Id="r9" Type="{_OFICINA}/{clase}" Target="{destino}" TargetMode="External"/>'


def odt(cuerpo: str = "", *, tipo: str = "application/vnd.oasis.opendocument.text", partes=None) -> bytes:
    espacios = 'xmlns:office="o" xmlns:text="t" xmlns:draw="d" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return comprimir(
        {
            "mimetype": tipo,
            "content.xml": f"<office:document-content {espacios}>{cuerpo}</office:document-content>",
            "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="m"/>',
            **(partes or {}),
        }
    )


def comprimir(partes: dict[str, str | bytes]) -> bytes:
    salida = io.BytesIO()
    with zipfile.ZipFile(salida, "w", zipfile.ZIP_DEFLATED) as archivo:
        for nombre, contenido in partes.items():
            como = zipfile.ZIP_STORED if nombre == "mimetype" else zipfile.ZIP_DEFLATED
            archivo.writestr(nombre, contenido, compress_type=como)
    return salida.getvalue()
