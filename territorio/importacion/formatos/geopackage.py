"""GeoPackage read straight from SQLite: only real feature tables, never a view, and no GDAL in between."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pyproj

from territorio.importacion import crs as sistemas
from territorio.importacion.formatos.contenido import ArchivoRechazado, Contenido, elegir_capa
from territorio.importacion.geometria import GeometriaRechazada, Partes, desde_wkb
from territorio.importacion.lector import Opciones, Problema
from territorio.importacion.texto import enumerar

_SOBRE = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}  # envelope bytes by indicator


class _Ilegible:
    """Text that is not UTF-8."""


def _texto(crudo: bytes) -> object:
    try:
        return crudo.decode()
    except UnicodeDecodeError:
        return _Ilegible


def leer(ruta: Path, nombre: str, opciones: Opciones) -> Contenido:
    try:
        with sqlite3.connect(f"{ruta.as_uri()}?mode=ro&immutable=1", uri=True) as base:
            base.execute("PRAGMA trusted_schema = OFF")
            base.execute("PRAGMA query_only = ON")
            base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 256 * 1024 * 1024)
            base.text_factory = _texto
            return _leer(base, opciones)
    except (sqlite3.Error, UnicodeError, AttributeError, TypeError) as e:  # a damaged schema holds anything
        raise ArchivoRechazado(
            "gpkg_ilegible",
            f"el archivo es una base SQLite dañada o que no es un GeoPackage ({e}).",
            "Vuelva a exportar la capa como GeoPackage.",
        ) from e


def _leer(base: sqlite3.Connection, opciones: Opciones) -> Contenido:
    problemas: list[Problema] = []
    capas = _capas(base, problemas)
    capa = elegir_capa(capas, opciones.capa)
    contenido = Contenido("GeoPackage", capa, capas, codificacion="utf-8, la manda el formato", problemas=problemas)
    if opciones.codificacion is not None:
        problemas.append(
            Problema(
                "un GeoPackage siempre está en UTF-8; la codificación indicada no se usa.",
                gravedad="aviso",
                codigo="codificacion_ignorada",
            )
        )
    columna, srs = base.execute(
        "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ?", [capa]
    ).fetchone()
    contenido.crs, contenido.crs_origen = _crs(base, srs, problemas)
    tipos, clave = {}, ""
    for _, campo, tipo, _, _, es_clave, oculta in base.execute(f"PRAGMA table_xinfo({_entre(capa)})"):
        if es_clave and tipo.upper() == "INTEGER":
            clave = campo
        elif campo != columna and not oculta:  # hidden: computed from an expression
            tipos[campo] = tipo.upper()
    contenido.campos = list(tipos)
    elegidas = ", ".join(map(_entre, [columna, *tipos]))
    orden = _entre(clave) if clave else "rowid"
    ilegibles: dict[str, list[int]] = {}
    binarios: dict[str, list[int]] = {}
    filas = base.execute(f"SELECT {elegidas} FROM {_entre(capa)} ORDER BY {orden}")  # noqa: S608 quoted identifiers
    for fila, (blob, *valores) in enumerate(filas, 1):
        atributos = {}
        for (campo, tipo), valor in zip(tipos.items(), valores, strict=True):
            if valor is _Ilegible:
                ilegibles.setdefault(campo, []).append(fila)
                valor = None
            elif isinstance(valor, bytes):
                binarios.setdefault(campo, []).append(fila)
                valor = None
            atributos[campo] = _valor(valor, tipo)
        contenido.atributos.append(atributos)
        contenido.geometrias.append(_geometria(blob, fila, problemas))
    for campo, malas in ilegibles.items():
        problemas += [
            Problema(
                "el texto no está en UTF-8.",
                "Corrija el valor y vuelva a exportar.",
                f,
                campo,
                codigo="codificacion_falla",
            )
            for f in malas
        ]
    for campo, malas in binarios.items():
        problemas.append(
            Problema(
                f"hay contenido binario que no se lee (filas {enumerar(malas)}).",
                campo=campo,
                gravedad="aviso",
                codigo="campo_binario",
            )
        )
    return contenido


def _capas(base: sqlite3.Connection, problemas: list[Problema]) -> list[str]:
    # A view or a virtual table has no page of its own, whatever the type column says.
    reales = {
        nombre: tipo == "table" and bool(pagina) and (sql or "").upper().startswith("CREATE TABLE")
        for nombre, tipo, pagina, sql in base.execute("SELECT name, type, rootpage, sql FROM sqlite_master")
    }
    if not all(reales.get(n) for n in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys")):
        raise ArchivoRechazado(
            "no_es_gpkg", "es una base SQLite, pero no un GeoPackage.", "Exporte la capa como GeoPackage."
        )
    capas = []
    for (capa,) in base.execute(
        "SELECT c.table_name FROM gpkg_contents c JOIN gpkg_geometry_columns g ON g.table_name = c.table_name "
        "WHERE c.data_type = 'features' ORDER BY c.table_name"
    ):
        if reales.get(capa):
            capas.append(capa)
        elif capa in reales:
            problemas.append(
                Problema(
                    f"{str(capa)[:60]!r} no es una tabla sino una consulta guardada, y no se lee.",
                    "Si hace falta, expórtela como tabla.",
                    gravedad="aviso",
                    codigo="vista_ignorada",
                )
            )
    if not capas:
        raise ArchivoRechazado(
            "sin_capas",
            "el GeoPackage no tiene ninguna tabla con geometrías.",
            "Exporte la capa de nuevo; las vistas y las tablas sin geometría no se leen.",
        )
    return capas


def _crs(base: sqlite3.Connection, srs: int, problemas: list[Problema]) -> tuple[pyproj.CRS | None, str]:
    fila = base.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?", [srs]
    ).fetchone()
    if fila is None or srs in (0, -1):
        return None, ""
    organizacion, codigo, definicion = fila
    try:
        if str(organizacion).upper() == "EPSG":
            return sistemas.indicado(str(codigo)), "según el archivo"
        return sistemas.de_wkt(str(definicion)), "según el archivo"
    except sistemas.CrsDesconocido as e:
        problemas.append(
            Problema(f"el archivo declara un sistema ilegible: {e}", gravedad="aviso", codigo="crs_ilegible")
        )
        return None, ""


def _geometria(blob: object, fila: int, problemas: list[Problema]) -> Partes | None:
    if blob is None:
        return None
    try:
        return _desde_blob(blob)
    except GeometriaRechazada as e:
        problemas.append(Problema(e.mensaje, e.remedio, fila, codigo=e.codigo))
        return None


def _desde_blob(blob: object) -> Partes | None:
    """Read a GeoPackage geometry: a "GP" header of 8 bytes, an envelope, then WKB."""
    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP":
        raise GeometriaRechazada("geometria_ilegible", "la geometría no tiene la forma que manda GeoPackage.")
    banderas = blob[3]
    sobre = _SOBRE.get((banderas >> 1) & 0b111)
    if sobre is None or banderas & 0b100000:
        raise GeometriaRechazada("tipo_no_admitido", "tipo de geometría propio de un programa; no se admite.")
    return desde_wkb(memoryview(blob)[8 + sobre :])


def _valor(valor: object, tipo: str) -> object:
    if valor is None:
        return None
    if tipo == "BOOLEAN" and valor in (0, 1):
        return bool(valor)
    if tipo == "DATE" and isinstance(valor, str):
        try:
            return date.fromisoformat(valor)
        except ValueError:
            return valor
    return valor


def _entre(nombre: str) -> str:
    return '"' + nombre.replace('"', '""') + '"'
