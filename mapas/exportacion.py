"""A layer as a file: GeoJSON, CSV and XLSX, and shapefile zipped with its projection, its encoding and its dictionary."""

import csv
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from django.contrib.gis.db.models.functions import AsGeoJSON, AsWKB
from django.utils import timezone

from mapas.capas import Campo, Capa, Contenido
from mapas.filtros import Vista
from mapas.libro import libro
from mapas.notas import filas_de_conservacion, notas
from territorio import geojson
from territorio.celdas import celda

TIPO = {
    "geojson": "application/geo+json",
    "zip": "application/zip",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# Suffix of each shapefile: the format holds one type of geometry per file.
ARCHIVO = {"Point": "punto", "MultiLineString": "linea", "MultiPolygon": "poligono"}
BYTES_DE_TEXTO = 254


def exportar(capa: Capa, vista: Vista, formato: str, parametros: Mapping[str, str]) -> Iterator[bytes | str]:
    """The layer under this view as a file of `formato` (a key of `TIPO`), in pieces."""
    escritores: dict[str, Callable[..., Iterator[bytes | str]]] = {
        "geojson": _geojson,
        "zip": _shapefile,
        "csv": _csv,
        "xlsx": libro,
    }
    if vista.fecha is None:
        return escritores[formato](capa, vista, parametros)
    return _de_otro_dia(escritores[formato], capa, vista, parametros)


def _de_otro_dia(escritor, capa: Capa, vista: Vista, parametros: Mapping[str, str]) -> Iterator[bytes]:
    """The same, read whole before the first byte leaves: a slow line must not hold that day's transaction open."""
    with tempfile.TemporaryFile() as salida:
        with vista.en_su_dia():
            for parte in escritor(capa, vista, parametros):
                salida.write(parte.encode() if isinstance(parte, str) else parte)
        salida.seek(0)
        while bloque := salida.read(1 << 16):
            yield bloque


def nombre_de_archivo(capa: Capa, vista: Vista, formato: str) -> str:
    dia = f"al_{vista.fecha:%Y%m%d}" if vista.fecha else f"{timezone.localdate():%Y%m%d}"
    return f"minka_{vista.municipio.codigo}_{capa.clave}_{vista.nivel.codigo}_{dia}.{formato}"


def _geojson(capa: Capa, vista: Vista, parametros: Mapping[str, str]) -> Iterator[str]:
    contenido = capa.leer(vista, parametros, lambda geometria: AsGeoJSON(geometria, precision=geojson.PRECISION))
    extra: dict[str, Any] = {
        "name": capa.clave,
        "fecha": timezone.localdate().isoformat(),
        "fuente": vista.municipio.nombre,
    }
    if vista.fecha:
        extra["limites_al"] = vista.fecha.isoformat()
    if contenido.conservacion:
        extra["conservacion"] = contenido.conservacion.como_dict()
    return geojson.coleccion_de_filas(contenido.rasgos, extra=extra)


def _csv(capa: Capa, vista: Vista, parametros: Mapping[str, str]) -> Iterator[str]:
    """UTF-8 with mark, so that a spreadsheet reads the accents; counts by territory end with the conservation rows."""
    contenido = capa.leer(vista, parametros, lambda geometria: AsGeoJSON(geometria, precision=geojson.PRECISION))
    bufer = io.StringIO()
    escritor = csv.writer(bufer)
    yield "\ufeff"
    escritor.writerow(["id", *(campo.nombre for campo in contenido.campos)])
    for pk, _forma, propiedades in contenido.rasgos:
        escritor.writerow([pk, *(celda(propiedades[campo.nombre]) for campo in contenido.campos)])
        if bufer.tell() > 32_000:
            yield bufer.getvalue()
            bufer.seek(0)
            bufer.truncate()
    for fila in filas_de_conservacion(contenido):
        escritor.writerow([celda(valor) for valor in fila])
    yield bufer.getvalue()


def _shapefile(capa: Capa, vista: Vista, parametros: Mapping[str, str]) -> Iterator[bytes]:
    """A zip with one shapefile per type of geometry, a dictionary of the short names, and the conservation line."""
    contenido = capa.leer(vista, parametros, lambda geometria: AsWKB(geometria))
    por_tipo: dict[str, list] = {}
    sin_lugar: list[tuple[int, dict[str, Any]]] = []
    for pk, forma, propiedades in contenido.rasgos:
        if forma is None:
            sin_lugar.append((pk, propiedades))
            continue
        geom = shapely.from_wkb(bytes(forma))
        por_tipo.setdefault(geom.geom_type, []).append((pk, geom, propiedades))
    nombre = capa.clave.replace("-", "_")
    with tempfile.TemporaryDirectory(prefix="minka-exportar-") as carpeta, tempfile.TemporaryFile() as salida:
        for tipo, filas in por_tipo.items():
            sufijo = f"_{ARCHIVO[tipo]}" if len(por_tipo) > 1 else ""
            _escribir_shp(Path(carpeta) / f"{nombre}{sufijo}.shp", tipo, filas, contenido.campos)
        with zipfile.ZipFile(salida, "w", zipfile.ZIP_DEFLATED) as comprimido:
            for ruta in sorted(Path(carpeta).iterdir()):
                comprimido.write(ruta, ruta.name)
            comprimido.writestr("campos.csv", _diccionario(contenido.campos))
            comprimido.writestr("LEEME.txt", _leeme(capa, vista, contenido, len(sin_lugar)))
            if sin_lugar:
                comprimido.writestr(f"{nombre}_sin_lugar.csv", _tabla_sin_lugar(contenido.campos, sin_lugar))
        salida.seek(0)
        while bloque := salida.read(1 << 16):
            yield bloque


def _escribir_shp(ruta: Path, tipo: str, filas: list, campos: list[Campo]) -> None:
    columnas = [[pk for pk, _g, _p in filas]] + [[p[campo.nombre] for _pk, _g, p in filas] for campo in campos]
    pyogrio.raw.write(
        ruta,
        geometry=np.array([shapely.to_wkb(g) for _pk, g, _p in filas], dtype=object),
        field_data=[_arreglo(columna) for columna in columnas],
        fields=["id", *(campo.corto for campo in campos)],
        driver="ESRI Shapefile",
        geometry_type=tipo.removeprefix("Multi") if tipo != "Point" else tipo,
        crs="EPSG:4326",
        encoding="UTF-8",
    )


def _arreglo(columna: list[Any]) -> np.ndarray:
    """A column as shapefiles know it: whole numbers, decimals (missing as null) or text."""
    presentes = [v for v in columna if v is not None]
    if presentes and all(isinstance(v, bool | int) for v in presentes) and len(presentes) == len(columna):
        return np.array(columna, dtype=np.int64)
    if presentes and all(isinstance(v, int | float | Decimal) and not isinstance(v, bool) for v in presentes):
        return np.array([np.nan if v is None else float(v) for v in columna], dtype=np.float64)
    return np.array([None if v is None else _cortado(v) for v in columna], dtype=object)


def _cortado(valor: Any) -> str:
    """Text of at most 254 bytes, cut between characters."""
    texto = valor.isoformat() if isinstance(valor, date) else str(valor)
    return texto.encode()[:BYTES_DE_TEXTO].decode(errors="ignore")


def _diccionario(campos: list[Campo]) -> str:
    bufer = io.StringIO()
    escritor = csv.writer(bufer)
    escritor.writerow(["campo_shapefile", "campo", "significado"])
    for campo in campos:
        escritor.writerow([campo.corto, campo.nombre, celda(campo.titulo)])
    return "\ufeff" + bufer.getvalue()


def _tabla_sin_lugar(campos: list[Campo], filas: list[tuple[int, dict[str, Any]]]) -> str:
    bufer = io.StringIO()
    escritor = csv.writer(bufer)
    escritor.writerow(["id", *(campo.nombre for campo in campos)])
    for pk, propiedades in filas:
        escritor.writerow([pk, *(celda(propiedades[campo.nombre]) for campo in campos)])
    return "\ufeff" + bufer.getvalue()


def _leeme(capa: Capa, vista: Vista, contenido: Contenido, sin_lugar: int) -> str:
    lineas = [
        *(f"{que}: {dato}" for que, dato in notas(capa, vista, contenido)),
        "Coordenadas: EPSG:4326 (WGS 84). Textos: UTF-8.",
        "Los nombres de campo tienen 10 caracteres; campos.csv dice qué es cada uno. Los textos llegan a 254 bytes.",
    ]
    if sin_lugar:
        lineas.append(f"{sin_lugar} filas sin lugar en el mapa están en el CSV «sin_lugar».")
    return "\r\n".join(lineas) + "\r\n"
