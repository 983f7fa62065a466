"""Read a geographic file that somebody brings: rows, geometries on WGS84 and everything worth saying about it.

Pure: no database, no Django. A child with limits (`proceso`) does the work; this side starts it and takes its answer.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from territorio.importacion.proceso import SIN_DISCO, SIN_MEMORIA, sin_disco

RESULTADO_MAXIMO = 256 * 1024 * 1024
RAIZ = Path(__file__).resolve().parents[2]
ORDEN = (sys.executable, "-s", "-X", "utf8", "-m", "territorio.importacion.proceso")
BYTES_MAXIMOS = 500 * 1024 * 1024
PETICION, RESULTADO, GEOMETRIAS, AVANCE = "peticion.json", "resultado.json", "geometrias.wkb", "avance.txt"
Avance = Callable[[str, int], None]  # step in words, percent done
ACOMPANANTES = (".shx", ".dbf", ".prj", ".cpg")
ESPERADOS = "GeoJSON (.geojson), shapefile (.zip, o .shp con .shx y .dbf), GeoPackage (.gpkg) o KML (.kml, .kmz)"
_VISTAZO = 0.5  # seconds
_SIN_MEMORIA = (
    "MemoryError",
    "Memory allocation",
    "bad_alloc",
    "annot allocate",
    "failed to map segment",
    "Out of memory",
)
_MAGIA_SHP = (9994).to_bytes(4, "big")


@dataclass(frozen=True)
class Opciones:
    """What the person stated about the file (None: not stated); rows outside `caja` (lon/lat) are refused.

    `invertir_ejes`: the person accepts that the file holds y before x (latitude, longitude).
    """

    crs: str | None = None
    codificacion: str | None = None
    capa: str | None = None
    caja: tuple[float, ...] = (-69.66, -22.91, -57.52, -9.67)
    invertir_ejes: bool = False


@dataclass(frozen=True)
class Problema:
    """Something about the file that a person should know; `error` refuses it, `aviso` is loaded and reported."""

    mensaje: str
    remedio: str = ""
    fila: int | None = None
    campo: str | None = None
    gravedad: str = "error"
    codigo: str = ""
    detalle: dict = field(default_factory=dict)

    def __str__(self) -> str:
        lugar = [f"Fila {self.fila}"] if self.fila is not None else []
        lugar += [f"{'campo' if lugar else 'Campo'} '{self.campo}'"] if self.campo is not None else []
        texto = f"{', '.join(lugar)}: {self.mensaje}" if lugar else self.mensaje[:1].upper() + self.mensaje[1:]
        return f"{texto} Remedio: {self.remedio}" if self.remedio else texto


@dataclass(frozen=True)
class Fila:
    """One row; the geometry is EPSG:4326 (lon/lat), 2D, valid: Point, MultiLineString or MultiPolygon, or None."""

    numero: int
    atributos: dict[str, object]
    geometria: BaseGeometry | None


@dataclass(frozen=True)
class Lectura:
    """A file as read, with what was assumed (`crs`, `operacion`, `codificacion`) in words for the report.

    `candidatos` are the systems in which it would land where it should, as dicts, the one that was used marked
    `elegido`; `candidatas` the encodings its text could be in, with samples, where it does not say.
    """

    archivo: str
    formato: str = ""
    capa: str = ""
    capas: list[str] = field(default_factory=list)
    crs: str = ""
    operacion: str = ""
    codificacion: str = ""
    campos: list[str] = field(default_factory=list)
    filas: list[Fila] = field(default_factory=list)
    problemas: list[Problema] = field(default_factory=list)
    candidatos: list[dict] = field(default_factory=list)
    candidatas: dict[str, list[str]] = field(default_factory=dict)

    @property
    def aceptable(self) -> bool:
        return not any(p.gravedad == "error" for p in self.problemas)


def leer(
    ruta: Path,
    opciones: Opciones | None = None,
    *,
    segundos: int = 120,
    memoria_mb: int = 2048,
    descomprimidos: int = BYTES_MAXIMOS,
    avance: Avance | None = None,
) -> Lectura:
    """Read the file in a child with limits of time and memory; bad input never raises: `problemas` says it.

    A zip may unpack to `descomprimidos` bytes. `avance` is called about twice a second; what it raises ends the child.
    """
    ruta = Path(ruta)
    opciones = opciones or Opciones()
    try:
        with tempfile.TemporaryDirectory(prefix="minka-lector-") as privada:
            carpeta = Path(privada)
            problema = _copiar(ruta, carpeta)
            if problema is None:
                peticion = {"nombre": ruta.name, "opciones": asdict(opciones), "segundos": segundos}
                peticion |= {"memoria_mb": memoria_mb, "descomprimidos": descomprimidos}
                (carpeta / PETICION).write_text(json.dumps(peticion))
                problema = _ejecutar(carpeta, segundos, memoria_mb, avance)
            if problema is None:
                return _resultado(carpeta, ruta.name)
    except OSError as e:
        if sin_disco(e):
            raise  # no fault of the file: what asked for it says so, and it can be tried again
        problema = Problema(f"no se pudo leer el archivo ({e.strerror or e}).", codigo="ilegible")
    return Lectura(ruta.name, problemas=[problema])


def _copiar(ruta: Path, carpeta: Path) -> Problema | None:
    """Copy the file, and a shapefile's companions, under names of ours: the child never sees the person's folder."""
    if not ruta.is_file():
        que = "es una carpeta" if ruta.is_dir() else "no existe" if not ruta.exists() else "no es un archivo"
        return Problema(f"{ruta.name!r} {que}.", f"Elija un archivo {ESPERADOS}.", codigo="sin_archivo")
    if ruta.stat().st_size == 0:
        return Problema("el archivo está vacío.", f"Se esperaba {ESPERADOS}.", codigo="archivo_vacio")
    with ruta.open("rb") as f:
        es_shp = f.read(4) == _MAGIA_SHP and ruta.suffix.lower() != ".shx"
    acompanantes = {}
    if es_shp:
        hermanos = {p.name.casefold(): p for p in ruta.parent.iterdir()}
        for sufijo in ACOMPANANTES:
            hermano = hermanos.get((ruta.stem + sufijo).casefold())
            if hermano is not None and hermano.is_file():
                acompanantes[sufijo] = hermano
    if sum(p.stat().st_size for p in (ruta, *acompanantes.values())) > BYTES_MAXIMOS:
        return Problema(
            f"el archivo ocupa más de {BYTES_MAXIMOS // 1024**2} MB.",
            "Divida o simplifique la capa.",
            codigo="muy_grande",
        )
    shutil.copyfile(ruta, carpeta / ("entrada.shp" if es_shp else "entrada.bin"))
    for sufijo, hermano in acompanantes.items():
        shutil.copyfile(hermano, carpeta / f"entrada{sufijo}")
    return None


def _ejecutar(carpeta: Path, segundos: int, memoria_mb: int, avance: Avance | None) -> Problema | None:
    entorno = {
        "PATH": os.defpath, "HOME": str(carpeta), "TMPDIR": str(carpeta), "LANG": "C.UTF-8",
        # One thread each: thread stacks count against the memory limit.
        "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "GDAL_NUM_THREADS": "1",
        "PROJ_NETWORK": "OFF", "GDAL_DRIVER_PATH": "disable", "CPL_VSIL_CURL_ALLOWED_FILENAME": "/nada",
    }  # fmt: skip
    with (carpeta / "salida.txt").open("wb") as salida:
        hijo = subprocess.Popen(  # noqa: S603 our own interpreter and module
            [*ORDEN, str(carpeta)],
            cwd=RAIZ,
            env=entorno,
            stdin=subprocess.DEVNULL,
            stdout=salida,
            stderr=salida,
            start_new_session=True,
        )
        try:
            codigo = _esperar(hijo, segundos, memoria_mb, lambda: _decir(carpeta, avance))
        finally:
            if hijo.poll() is None:
                os.killpg(hijo.pid, signal.SIGKILL)
                hijo.wait()
    if codigo == 0 and (carpeta / RESULTADO).is_file():
        if sum((carpeta / n).stat().st_size for n in (RESULTADO, GEOMETRIAS)) <= RESULTADO_MAXIMO:
            return None
        return Problema("la capa es demasiado grande para cargarla de una vez.", "Divídala.", codigo="muy_grande")
    if codigo == SIN_DISCO:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if codigo in (None, -signal.SIGXCPU):
        return Problema(
            f"la lectura no terminó en {segundos} segundos y se detuvo.",
            "Divida o simplifique la capa; si es pequeña, puede estar dañada.",
            codigo="tiempo_agotado",
        )
    with (carpeta / "salida.txt").open("rb") as f:
        f.seek(max(0, f.seek(0, os.SEEK_END) - 2000))
        dicho = f.read().decode("utf-8", "replace")
    if codigo in (SIN_MEMORIA, -signal.SIGKILL) or any(s in dicho for s in _SIN_MEMORIA):
        return Problema(
            f"la lectura necesitó más de {memoria_mb} MB de memoria y se detuvo.",
            "Divida o simplifique la capa.",
            codigo="memoria_agotada",
        )
    return Problema(
        "el archivo hizo fallar la lectura: parece dañado.",
        "Ábralo y vuelva a exportarlo con un programa de mapas (QGIS).",
        codigo="lectura_fallida",
        detalle={"salida": dicho, "codigo": codigo},
    )


def _esperar(hijo: subprocess.Popen, segundos: int, memoria_mb: int, latido: Callable[[], None]) -> int | None:
    """Give the exit status; None when time is up, SIN_MEMORIA when it stays at its limit of memory.

    A Python with no memory left to make its MemoryError can spin for ever, so two looks at a full child are enough.
    """
    fin, veces = time.monotonic() + segundos, 0
    while (queda := fin - time.monotonic()) > 0:
        try:
            return hijo.wait(timeout=min(_VISTAZO, queda))
        except subprocess.TimeoutExpired:
            latido()
            veces = veces + 1 if _ocupado(hijo.pid) > 0.97 * memoria_mb * 1024 * 1024 else 0
            if veces > 1:
                return SIN_MEMORIA
    return None


def _decir(carpeta: Path, avance: Avance | None) -> None:
    """Pass on the step that the child last wrote down."""
    if avance is None:
        return
    try:
        por_ciento, _, paso = (carpeta / AVANCE).read_text(encoding="utf-8").partition(" ")
        avance(paso or "Leyendo el archivo", int(por_ciento))
    except (OSError, ValueError):
        avance("Leyendo el archivo", 0)


def _ocupado(pid: int) -> int:
    """Bytes of address space of a process, or 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def _resultado(carpeta: Path, archivo: str) -> Lectura:
    datos = json.loads((carpeta / RESULTADO).read_text())
    crudo = memoryview((carpeta / GEOMETRIAS).read_bytes())
    filas, wkbs, pos = datos.pop("filas"), [], 0
    for _, _, largo in filas:
        wkbs.append(bytes(crudo[pos : pos + largo]) if largo else None)
        pos += largo
    campos = datos["campos"]
    return Lectura(
        archivo=archivo,
        **{**datos, "problemas": [Problema(**p) for p in datos["problemas"]]},
        filas=[
            Fila(numero, dict(zip(campos, map(_valor, valores), strict=True)), geometria)
            for (numero, valores, _), geometria in zip(filas, shapely.from_wkb(wkbs), strict=True)
        ],
    )


def _valor(valor: object) -> object:
    """Undo the child's JSON: a date travels as a list of one ISO string."""
    return date.fromisoformat(valor[0]) if isinstance(valor, list) else valor
