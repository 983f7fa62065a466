"""Files as people bring them, written for a test; and commands run as a person runs them."""

import csv
import io
import json
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import shapely
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models
from openpyxl import Workbook

from cuentas.auditoria import es_registro
from cuentas.models import Asiento, Eslabon

APPS = ("territorio", "demandas", "proyectos", "cuentas")


@dataclass(frozen=True)
class Corrida:
    """How a command ended: exit status, what it printed, and its JSON report."""

    salida: int
    texto: str
    informe: dict[str, Any]

    @property
    def codigos(self) -> set[str]:
        """Machine words of the problems that refused the file."""
        return {p["codigo"] for p in self.informe["problemas"] if p["gravedad"] == "error"}

    @property
    def avisos(self) -> set[str]:
        return {p["codigo"] for p in self.informe["problemas"] if p["gravedad"] == "aviso"}

    @property
    def cuentas(self) -> dict[str, float]:
        return self.informe["cuentas"]

    def problemas(self, codigo: str) -> list[dict[str, Any]]:
        return [p for p in self.informe["problemas"] if p["codigo"] == codigo]


def correr(comando: str, archivo: Path, *opciones: str) -> Corrida:
    """Run an import command with its report; a refusal is an exit status, as in a shell."""
    with tempfile.TemporaryDirectory() as carpeta:
        ruta, salida, codigo = Path(carpeta) / "informe.json", io.StringIO(), 0
        try:
            call_command(comando, str(archivo), *opciones, "--informe", str(ruta), stdout=salida)
        except SystemExit as e:
            codigo = int(e.code or 0)
        return Corrida(codigo, salida.getvalue(), json.loads(ruta.read_text(encoding="utf-8")))


def contenido() -> dict[str, list]:
    """Every row of every table of ours, but for the record of changes: equal answers mean that all stands as it stood."""
    filas = {}
    with connection.cursor() as cursor:
        for tabla in sorted(m._meta.db_table for m in _modelos()):
            cursor.execute(f"SELECT t::text FROM {tabla} t ORDER BY 1")
            filas[tabla] = [fila[0] for fila in cursor.fetchall()]
    return filas


def _modelos() -> list[type[models.Model]]:
    todos = (m for app in APPS for m in apps.get_app_config(app).get_models(include_auto_created=True))
    return [m for m in todos if not m._meta.proxy and not es_registro(m) and m not in (Asiento, Eslabon)]


def geojson(ruta: Path, filas: list[tuple[Any, dict[str, Any]]], **miembros: Any) -> Path:
    """A FeatureCollection of (geometry or None, properties)."""
    rasgos = [
        {"type": "Feature", "properties": propiedades, "geometry": json.loads(geom.json) if geom is not None else None}
        for geom, propiedades in filas
    ]
    ruta.write_text(json.dumps({"type": "FeatureCollection", **miembros, "features": rasgos}), encoding="utf-8")
    return ruta


def _tabla(filas: list[tuple[Any, dict[str, Any]]]) -> geopandas.GeoDataFrame:
    formas = [shapely.from_wkb(bytes(g.wkb)) if g is not None else None for g, _p in filas]
    return geopandas.GeoDataFrame([p for _g, p in filas], geometry=formas, crs="EPSG:4326")


def geopackage(ruta: Path, filas: list[tuple[Any, dict[str, Any]]], crs: str = "EPSG:4326") -> Path:
    _tabla(filas).to_crs(crs).to_file(ruta, driver="GPKG")
    return ruta


def shapefile(
    ruta: Path, filas: list[tuple[Any, dict[str, Any]]], crs: str = "EPSG:4326", codificacion: str = "UTF-8"
) -> Path:
    """A zipped shapefile."""
    with tempfile.TemporaryDirectory() as carpeta, zipfile.ZipFile(ruta, "w") as comprimido:
        _tabla(filas).to_crs(crs).to_file(
            Path(carpeta) / "capa.shp", driver="ESRI Shapefile", engine="pyogrio", encoding=codificacion
        )
        for parte in sorted(Path(carpeta).iterdir()):
            comprimido.write(parte, parte.name)
    return ruta


def kml(ruta: Path, filas: list[tuple[Any, dict[str, Any]]]) -> Path:
    """Placemarks with a name, extended data, and a polygon or point."""
    lugares = []
    for geom, propiedades in filas:
        datos = "".join(f'<Data name="{k}"><value>{v}</value></Data>' for k, v in propiedades.items())
        lugares.append(
            f"<Placemark><name>{propiedades.get('nombre', '')}</name>"
            f"<ExtendedData>{datos}</ExtendedData>{geom.kml}</Placemark>"
        )
    ruta.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<Folder><name>capa</name>{''.join(lugares)}</Folder></Document></kml>",
        encoding="utf-8",
    )
    return ruta


def tabla_csv(ruta: Path, filas: list[dict[str, Any]], *, separador: str = ",", codificacion: str = "utf-8") -> Path:
    """A CSV whose columns are the keys of the first row."""
    texto = io.StringIO()
    escritor = csv.DictWriter(texto, list(filas[0]), delimiter=separador, restval="")
    escritor.writeheader()
    escritor.writerows(filas)
    ruta.write_bytes(texto.getvalue().encode(codificacion))
    return ruta


def xlsx(ruta: Path, filas: list[list[Any]], hoja: str = "Hoja1") -> Path:
    libro = Workbook()
    libro.active.title = hoja
    for fila in filas:
        libro.active.append(fila)
    libro.save(ruta)
    return ruta
