"""GeoJSON (RFC 7946) read wholly here: GDAL would take the same text for a VRT or a service and open other files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyproj

from territorio.importacion import crs as sistemas
from territorio.importacion.formatos.contenido import ArchivoRechazado, Contenido, elegir_capa, rectangular
from territorio.importacion.geometria import GeometriaRechazada, desde_geojson
from territorio.importacion.lector import Opciones, Problema
from territorio.importacion.texto import nombre_codificacion

_GEOMETRIAS = {
    "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection",
}  # fmt: skip
_FEATURE = re.compile(rb'"type"\s*:\s*"Feature"')


def leer(ruta: Path, nombre: str, opciones: Opciones) -> Contenido:
    texto, codificacion = _texto(ruta.read_bytes(), opciones.codificacion)
    documento = _json(texto)
    del texto
    rasgos = _rasgos(documento)
    capa = documento.get("name")
    capas = [capa if isinstance(capa, str) and capa.strip() else Path(nombre).stem]
    contenido = Contenido("GeoJSON", elegir_capa(capas, opciones.capa), capas, codificacion=codificacion)
    contenido.crs, contenido.crs_origen = _crs(documento, contenido.problemas)
    campos: dict[str, None] = {}
    con_id = any(isinstance(r, dict) and isinstance(r.get("id"), str | int) for r in rasgos)
    for fila, rasgo in enumerate(rasgos, 1):
        if not isinstance(rasgo, dict) or rasgo.get("type") != "Feature":
            contenido.problemas.append(
                Problema(
                    "no es un rasgo (Feature) de GeoJSON.", "Vuelva a exportar la capa.", fila, codigo="no_es_rasgo"
                )
            )
            rasgo = {}
        propiedades = rasgo.get("properties")
        valores = {str(k): _escalar(v) for k, v in propiedades.items()} if isinstance(propiedades, dict) else {}
        if con_id and isinstance(rasgo.get("id"), str | int):
            valores.setdefault("id", rasgo["id"])
        campos.update(dict.fromkeys(valores))
        contenido.atributos.append(valores)
        try:
            contenido.geometrias.append(desde_geojson(rasgo.get("geometry")))
        except GeometriaRechazada as e:
            contenido.geometrias.append(None)
            contenido.problemas.append(Problema(e.mensaje, e.remedio, fila, codigo=e.codigo))
    rectangular(contenido, list(campos))
    return contenido


def _texto(crudo: bytes, pedida: str | None) -> tuple[str, str]:
    codificacion, origen = "utf-8", "la manda el formato"
    if pedida is not None:
        codificacion, origen = nombre_codificacion(pedida) or "", "indicada por el usuario"
        if not codificacion:
            raise ArchivoRechazado(
                "codificacion_desconocida",
                f"no se reconoce la codificación {pedida[:40]!r}.",
                "Use utf-8, cp1252, latin-1, cp850 o cp437.",
            )
    try:
        return crudo.decode(codificacion).removeprefix("\ufeff"), f"{codificacion}, {origen}"
    except UnicodeDecodeError as e:
        fila = len(_FEATURE.findall(crudo, 0, e.start)) or None
        raise ArchivoRechazado(
            "codificacion_falla",
            f"el texto no está en {codificacion}: byte 0x{crudo[e.start]:02x} en la línea "
            f"{crudo.count(bytes([10]), 0, e.start) + 1}.",
            "Guarde el GeoJSON en UTF-8, o indique su codificación.",
            fila=fila,
        ) from None


def _json(texto: str) -> dict:
    try:
        documento = json.loads(texto, object_pairs_hook=_sin_repetir)
    except RecursionError:
        raise ArchivoRechazado(
            "json_anidado", "el archivo tiene demasiados niveles uno dentro de otro.", "Vuelva a exportar la capa."
        ) from None
    except json.JSONDecodeError as e:
        raise ArchivoRechazado(
            "json_invalido",
            f"no es un GeoJSON completo: {e.msg} en la línea {e.lineno}, columna {e.colno}.",
            "Vuelva a exportar o a copiar el archivo; puede estar cortado.",
        ) from None
    except ValueError as e:
        raise ArchivoRechazado("json_invalido", f"no es un GeoJSON válido: {e}", "Vuelva a exportar la capa.") from None
    if not isinstance(documento, dict):
        raise ArchivoRechazado("no_es_geojson", "es un JSON, pero no un GeoJSON.", "Exporte la capa como GeoJSON.")
    return documento


def _sin_repetir(pares: list[tuple[str, object]]) -> dict[str, object]:
    objeto = dict(pares)
    if len(objeto) < len(pares):
        claves = [k for k, _ in pares]
        raise ValueError(f"la clave {next(k for k in claves if claves.count(k) > 1)[:60]!r} se repite en un objeto.")
    return objeto


def _rasgos(documento: dict) -> list:
    tipo = documento.get("type")
    if tipo == "FeatureCollection" and isinstance(documento.get("features"), list):
        return documento["features"]
    if tipo == "Feature":
        return [documento]
    if isinstance(tipo, str) and tipo in _GEOMETRIAS:
        return [{"type": "Feature", "geometry": documento}]
    raise ArchivoRechazado(
        "no_es_geojson",
        f"es un JSON de tipo {str(tipo)[:40]!r}; se esperaba un GeoJSON (FeatureCollection).",
        "Exporte la capa como GeoJSON.",
    )


def _crs(documento: dict, problemas: list[Problema]) -> tuple[pyproj.CRS | None, str]:
    if "crs" not in documento:
        return pyproj.CRS.from_epsg(sistemas.WGS84), "el que manda RFC 7946 para GeoJSON"
    declarado = documento["crs"]
    propiedades = declarado.get("properties") if isinstance(declarado, dict) else None
    propiedades = propiedades if isinstance(propiedades, dict) else {}
    texto = propiedades.get("name", propiedades.get("code"))
    if isinstance(declarado, dict) and str(declarado.get("type")).lower() in ("name", "epsg") and texto is not None:
        try:
            return sistemas.indicado(str(texto)), "según el archivo (miembro crs)"
        except sistemas.CrsDesconocido as e:
            problemas.append(
                Problema(f"el archivo declara un sistema ilegible: {e}", gravedad="aviso", codigo="crs_ilegible")
            )
            return None, ""
    if declarado is not None:
        problemas.append(
            Problema(
                "el archivo remite a otro lugar para su sistema de coordenadas; no se sigue ningún enlace.",
                "Indique el sistema de coordenadas.",
                gravedad="aviso",
                codigo="crs_enlace",
            )
        )
    return None, ""


def _escalar(valor: object) -> object:
    return json.dumps(valor, ensure_ascii=False) if isinstance(valor, dict | list) else valor
