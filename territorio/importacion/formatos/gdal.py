"""The one place that calls GDAL, reduced to its shapefile driver in the child process."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import numpy as np

CONDUCTORES = {"ESRI Shapefile"}


class ErrorDeLectura(Exception):
    """GDAL could not read the file; the message is its own."""


def _biblioteca(pyogrio_dir: Path) -> Path:
    """Find the very libgdal that pyogrio loaded: the driver register of any other would prove nothing."""
    mapas = Path("/proc/self/maps")
    if mapas.exists():
        cargadas = {linea.split(maxsplit=5)[5] for linea in mapas.read_text().splitlines() if "libgdal" in linea}
        if len(cargadas) == 1:
            return Path(cargadas.pop())
        raise RuntimeError(f"libgdal cargadas: {sorted(cargadas)}")
    return next((pyogrio_dir.parent / "pyogrio.libs").glob("libgdal*"))


def preparar():
    """Import pyogrio without pandas and unregister every driver but the allowed, rasters too; raises RuntimeError."""
    for ajeno in ("pandas", "geopandas", "pyarrow"):  # they cost two seconds and are not used here
        sys.modules.setdefault(ajeno, None)
    import pyogrio

    gdal = ctypes.CDLL(str(_biblioteca(Path(pyogrio.__file__).parent)))
    gdal.GDALGetDriver.restype = gdal.GDALGetDriverByName.restype = ctypes.c_void_p
    gdal.GDALGetDescription.restype = ctypes.c_char_p
    gdal.GDALGetDescription.argtypes = gdal.GDALDeregisterDriver.argtypes = [ctypes.c_void_p]
    for n in reversed(range(gdal.GDALGetDriverCount())):
        conductor = gdal.GDALGetDriver(n)
        if gdal.GDALGetDescription(conductor).decode() not in CONDUCTORES:
            gdal.GDALDeregisterDriver(conductor)
    quedan = {gdal.GDALGetDescription(gdal.GDALGetDriver(n)).decode() for n in range(gdal.GDALGetDriverCount())}
    if quedan != CONDUCTORES or set(pyogrio.list_drivers()) != CONDUCTORES:
        raise RuntimeError(f"GDAL conserva conductores no admitidos: {sorted(quedan)}")
    return pyogrio


def leer_shapefile(shp: Path) -> tuple[list[str], np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Read field names, record positions, WKB and columns; text comes as latin-1, which keeps every byte."""
    pyogrio = preparar()
    try:
        meta, fids, wkbs, datos = pyogrio.raw.read(shp, encoding="ISO-8859-1", return_fids=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FieldError, ValueError) as e:
        raise ErrorDeLectura(str(e).replace(f"{shp.parent}/", "")[:300]) from e
    campos = [str(c) for c in meta["fields"]]
    return campos, fids, wkbs, dict(zip(campos, datos, strict=True))
