"""Zip archives: our own extraction, under names we choose, with limits on members and on unpacked bytes."""

from __future__ import annotations

import stat
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from territorio.importacion.formatos.contenido import ArchivoRechazado
from territorio.importacion.proceso import sin_disco

MIEMBROS_MAXIMOS = 1000
BYTES_MAXIMOS = 500 * 1024 * 1024
_SHAPEFILE = {".shp", ".shx", ".dbf", ".prj", ".cpg"}
_TROZO = 1024 * 1024


@dataclass
class Extraido:
    """What a zip held: shapefiles by layer name (path of the .shp), or a KML."""

    shapefiles: dict[str, Path] = field(default_factory=dict)
    kml: Path | None = None


def abrir(ruta: Path, carpeta: Path, maximo: int = BYTES_MAXIMOS) -> Extraido:
    """Unpack the shapefiles or the KML of a zip into `carpeta`, `maximo` bytes at most; raises ArchivoRechazado."""
    try:
        with zipfile.ZipFile(ruta) as archivo:
            return _extraer(archivo, carpeta, maximo)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, OSError, ValueError) as e:
        if isinstance(e, OSError) and sin_disco(e):
            raise
        raise ArchivoRechazado(
            "zip_ilegible", f"el zip está dañado o incompleto ({e}).", "Vuelva a comprimir los archivos."
        ) from e
    except RuntimeError:  # zipfile's word for a password
        raise _rechazo("el zip tiene contraseña.", "Comprímalo sin contraseña.") from None


def _extraer(archivo: zipfile.ZipFile, carpeta: Path, maximo: int) -> Extraido:
    miembros = _miembros(archivo, maximo)
    grupos: dict[str, dict[str, zipfile.ZipInfo]] = {}
    kmls = []
    for info in miembros:
        camino = PurePosixPath(info.filename)
        if camino.suffix.lower() in _SHAPEFILE:
            grupos.setdefault(str(camino.with_suffix("")).casefold(), {})[camino.suffix.lower()] = info
        elif camino.suffix.lower() == ".kml":
            kmls.append(info)
    grupos = {clave: grupo for clave, grupo in grupos.items() if ".shp" in grupo}
    presupuesto = _Presupuesto(maximo)
    extraido = Extraido()
    for n, clave in enumerate(sorted(grupos)):
        camino = PurePosixPath(grupos[clave][".shp"].filename)
        capa = camino.stem if camino.stem not in extraido.shapefiles else str(camino.with_suffix(""))
        for sufijo, info in grupos[clave].items():
            _copiar(archivo, info, carpeta / f"capa{n}{sufijo}", presupuesto)
        extraido.shapefiles[capa] = carpeta / f"capa{n}.shp"
    if extraido.shapefiles:
        return extraido
    principal = [k for k in kmls if PurePosixPath(k.filename).name.lower() == "doc.kml"] or kmls
    if len(principal) == 1:
        extraido.kml = carpeta / "doc.kml"
        _copiar(archivo, principal[0], extraido.kml, presupuesto)
        return extraido
    raise ArchivoRechazado(
        "zip_sin_shapefile",
        "el zip no contiene ningún .shp" + (f" y contiene {len(kmls)} KML." if kmls else "."),
        "Comprima juntos los archivos .shp, .shx, .dbf, .prj y .cpg de la capa.",
    )


def _miembros(archivo: zipfile.ZipFile, maximo: int) -> list[zipfile.ZipInfo]:
    infos = archivo.infolist()
    if len(infos) > MIEMBROS_MAXIMOS:
        raise _rechazo(
            f"el zip tiene {len(infos)} archivos; el máximo es {MIEMBROS_MAXIMOS}.", "Comprima solo los de la capa."
        )
    if sum(i.file_size for i in infos) > maximo:
        raise _muy_grande(maximo)
    vistos: set[str] = set()
    utiles = []
    for info in infos:
        nombre = info.filename
        camino = PurePosixPath(nombre)
        if camino.is_absolute() or ".." in camino.parts or "\\" in nombre or ":" in nombre or "\x00" in nombre:
            raise _rechazo(f"el zip trae un archivo con una ruta no admitida: {nombre[:80]!r}.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise _rechazo(f"el zip trae un enlace: {nombre[:80]!r}.")
        if info.flag_bits & 0x1:
            raise _rechazo("el zip tiene contraseña.", "Comprímalo sin contraseña.")
        if camino.suffix.lower() in (".zip", ".kmz", ".rar", ".7z", ".gz"):
            raise _rechazo(f"el zip trae otro archivo comprimido: {nombre[:80]!r}.")
        if info.is_dir() or "__MACOSX" in camino.parts or camino.name.startswith("._"):
            continue
        if nombre.casefold() in vistos:
            raise _rechazo(f"el zip trae dos veces el archivo {nombre[:80]!r}.")
        vistos.add(nombre.casefold())
        utiles.append(info)
    return utiles


@dataclass
class _Presupuesto:
    """Bytes that may still come out of a zip: what its headers promise proves nothing."""

    maximo: int
    gastado: int = 0

    def gastar(self, bytes_: int) -> None:
        self.gastado += bytes_
        if self.gastado > self.maximo:
            raise _muy_grande(self.maximo)


def _copiar(archivo: zipfile.ZipFile, info: zipfile.ZipInfo, destino: Path, presupuesto: _Presupuesto) -> None:
    with archivo.open(info) as entrada, destino.open("xb") as salida:
        while trozo := entrada.read(_TROZO):
            presupuesto.gastar(len(trozo))
            salida.write(trozo)


def _muy_grande(maximo: int) -> ArchivoRechazado:
    return _rechazo(f"el zip ocupa más de {maximo / 1024**2:.0f} MB al descomprimirlo.", "Divida la capa.")


def _rechazo(mensaje: str, remedio: str = "Comprima solo los archivos de la capa.") -> ArchivoRechazado:
    return ArchivoRechazado("zip_rechazado", mensaje, remedio)
