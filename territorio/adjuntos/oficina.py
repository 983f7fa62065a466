"""Office documents: zips that are what their parts declare; none may carry macros or fetch anything. No Django."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from territorio.adjuntos.rechazo import Rechazo

MIEMBROS_MAXIMOS = 5000
_TROZO = 1 << 16
_PARTES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELACIONES = "http://schemas.openxmlformats.org/package/2006/relationships"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_OOXML = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    ),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ),
}
_ODF = {"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet"}
# Embedded workbooks are what charts are drawn from; any other embedded thing opens with a program of the reader.
_PROHIBIDAS = re.compile(
    r"(^|/)(vbaproject\.bin|vbadata\.xml|(activex|ctrlprops|macrosheets|basic|scripts)/|embeddings/.*(?<!\.xlsx)$)",
    re.IGNORECASE,
)
_TIPOS_PROHIBIDOS = re.compile(r"macroenabled|vbaproject|activex|oleobject|ms-office\.script", re.IGNORECASE)
# A link that somebody must press fetches nothing by itself.
_ENLACES_ODF = {"a"}
_VINCULO = re.compile(r"(https?|mailto):", re.IGNORECASE)


def revisar(original: Path, *, descomprimidos: int) -> dict[str, str]:
    """Give its media type; raises Rechazo for any other zip, and for what is damaged, locked, active or reaches out."""
    try:
        with zipfile.ZipFile(original) as archivo:
            return {"tipo": _Paquete(archivo, descomprimidos).tipo()}
    except DefusedXmlException:
        raise Rechazo("oficina_activa", "DTD") from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, OSError, ValueError, ParseError):
        raise Rechazo("oficina_danada") from None
    except RuntimeError:  # zipfile's word for a password
        raise Rechazo("con_contrasena") from None


class _Paquete:
    def __init__(self, archivo: zipfile.ZipFile, descomprimidos: int) -> None:
        self.archivo, self.queda = archivo, descomprimidos
        infos = archivo.infolist()
        if len(infos) > MIEMBROS_MAXIMOS or sum(info.file_size for info in infos) > descomprimidos:
            raise Rechazo("bomba")
        self.partes: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            camino = PurePosixPath(info.filename)
            if camino.is_absolute() or ".." in camino.parts or "\\" in info.filename or info.filename in self.partes:
                raise Rechazo("oficina_danada")
            if info.flag_bits & 0x1:
                raise Rechazo("con_contrasena")
            if _PROHIBIDAS.search(info.filename):
                raise Rechazo("oficina_activa", info.filename)
            self.partes[info.filename] = info

    def tipo(self) -> str:
        if "[Content_Types].xml" in self.partes:
            tipo = self._ooxml()
        elif "mimetype" in self.partes:
            tipo = self._odf()
        else:
            raise Rechazo("formato")
        for info in self.partes.values():
            self._inflar(info)
        return tipo

    def _ooxml(self) -> str:
        declarados = [
            elemento.get("ContentType", "")
            for elemento in self._elementos("[Content_Types].xml")
            if elemento.tag in {f"{{{_PARTES}}}Override", f"{{{_PARTES}}}Default"}
        ]
        if malo := next((tipo for tipo in declarados if _TIPOS_PROHIBIDOS.search(tipo)), None):
            raise Rechazo("oficina_activa", malo)
        tipos = {_OOXML[tipo] for tipo in declarados if tipo in _OOXML}
        if len(tipos) != 1:
            raise Rechazo("formato")
        for nombre in self.partes:
            if nombre.lower().endswith(".rels"):
                self._sin_relaciones_de_fuera(nombre)
        return tipos.pop()

    def _sin_relaciones_de_fuera(self, nombre: str) -> None:
        for relacion in self._elementos(nombre):
            if relacion.tag != f"{{{_RELACIONES}}}Relationship" or relacion.get("TargetMode", "").lower() != "external":
                continue
            destino, clase = relacion.get("Target", ""), relacion.get("Type", "").rsplit("/", 1)[-1]
            if clase != "hyperlink" or not _VINCULO.match(destino):
                raise Rechazo("oficina_de_fuera", destino)

    def _odf(self) -> str:
        primera = next(iter(self.partes.values()))
        if primera.filename != "mimetype" or primera.file_size > 100:
            raise Rechazo("formato")
        tipo = self.archivo.read(primera).decode("ascii", "replace").strip()
        if tipo not in _ODF:
            raise Rechazo("formato")
        if not {"content.xml", "META-INF/manifest.xml"} <= set(self.partes):
            raise Rechazo("oficina_danada")
        if any(elemento.tag.endswith("}encryption-data") for elemento in self._elementos("META-INF/manifest.xml")):
            raise Rechazo("con_contrasena")
        for nombre in self.partes:
            if PurePosixPath(nombre).name in {"content.xml", "styles.xml"}:
                self._sin_vinculos_de_fuera(nombre)
        return tipo

    def _sin_vinculos_de_fuera(self, nombre: str) -> None:
        for elemento in self._elementos(nombre):
            destino = elemento.get(_XLINK, "").strip()
            etiqueta = elemento.tag.rsplit("}", 1)[-1]
            if etiqueta in {"event-listener", "script"}:
                raise Rechazo("oficina_activa", destino or etiqueta)
            if etiqueta in _ENLACES_ODF and (_VINCULO.match(destino) or destino.startswith("#")):
                continue
            if re.match(r"[a-z][a-z0-9+.-]*:|/|\.\./|\\", destino, re.IGNORECASE):
                raise Rechazo("oficina_de_fuera", destino)

    def _elementos(self, nombre: str) -> Iterator:
        with self.archivo.open(self.partes[nombre]) as parte:
            for _, elemento in iterparse(_Contado(parte, self), events=("end",), forbid_dtd=True):
                yield elemento
                elemento.clear()

    def _inflar(self, info: zipfile.ZipInfo) -> None:
        """Whole, counting: what the headers promise proves nothing, and a wrong checksum shows."""
        with self.archivo.open(info) as parte:
            while trozo := parte.read(_TROZO):
                self.gastar(len(trozo))

    def gastar(self, bytes_: int) -> None:
        self.queda -= bytes_
        if self.queda < 0:
            raise Rechazo("bomba")


class _Contado:
    """A part as the parser reads it, each byte taken from what may still be unpacked."""

    def __init__(self, parte: IO[bytes], paquete: _Paquete) -> None:
        self._parte, self._paquete = parte, paquete

    def read(self, cuanto: int = -1) -> bytes:
        trozo = self._parte.read(min(cuanto, _TROZO) if cuanto and cuanto > 0 else _TROZO)
        self._paquete.gastar(len(trozo))
        return trozo
