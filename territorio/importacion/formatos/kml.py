"""KML read here with no DTD, no entities and no link followed; each folder that holds placemarks is a layer."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError  # nosec B405  (only names: defusedxml parses)

import numpy as np
import pyproj
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import parse

from territorio.importacion import crs as sistemas
from territorio.importacion.formatos.contenido import ArchivoRechazado, Contenido, elegir_capa, rectangular
from territorio.importacion.geometria import HONDURA_MAXIMA, GeometriaRechazada, Partes, desde_partes
from territorio.importacion.lector import Opciones, Problema

_SIMPLES = {"Point": "Point", "LineString": "LineString", "LinearRing": "LineString", "Polygon": "Polygon"}
_NO_ADMITIDAS = {"Track", "MultiTrack", "Model"}


def leer(ruta: Path, nombre: str, opciones: Opciones) -> Contenido:
    raiz = _raiz(ruta)
    carpetas = _carpetas(raiz, Path(nombre).stem)
    if not carpetas:
        raise ArchivoRechazado(
            "archivo_vacio", "el KML no tiene ningún lugar (Placemark).", "Exporte de nuevo la capa con sus datos."
        )
    capa = elegir_capa(list(carpetas), opciones.capa)
    contenido = Contenido("KML", capa, list(carpetas), codificacion="la que declara el XML (utf-8 si no dice)")
    contenido.crs, contenido.crs_origen = pyproj.CRS.from_epsg(sistemas.WGS84), "el que manda KML"
    enlaces = sum(_local(e) == "NetworkLink" for e in raiz.iter())
    if enlaces:
        contenido.problemas.append(
            Problema(
                f"el archivo remite {enlaces} veces a otros archivos o servicios (NetworkLink); no se sigue ninguno.",
                "Si sus datos están allí, descárguelos y cárguelos aparte.",
                gravedad="aviso",
                codigo="enlace_ignorado",
            )
        )
    if opciones.codificacion is not None:
        contenido.problemas.append(
            Problema(
                "el KML declara su propia codificación; la indicada no se usa.",
                gravedad="aviso",
                codigo="codificacion_ignorada",
            )
        )
    campos: dict[str, None] = {}
    for fila, lugar in enumerate(carpetas[capa], 1):
        atributos = _atributos(lugar)
        campos.update(dict.fromkeys(atributos))
        contenido.atributos.append(atributos)
        try:
            contenido.geometrias.append(_geometria(lugar))
        except GeometriaRechazada as e:
            contenido.geometrias.append(None)
            contenido.problemas.append(Problema(e.mensaje, e.remedio, fila, codigo=e.codigo))
    rectangular(contenido, list(campos))
    return contenido


def _raiz(ruta: Path) -> Element:
    try:
        raiz = parse(ruta, forbid_dtd=True).getroot()
    except DefusedXmlException:
        raise ArchivoRechazado(
            "xml_con_dtd",
            "el KML trae una declaración DOCTYPE o ENTITY, que un KML no necesita y puede esconder un ataque.",
            "Quite esa declaración o vuelva a exportar la capa.",
        ) from None
    except (ParseError, ValueError, LookupError) as e:
        raise ArchivoRechazado(
            "xml_invalido", f"no es un KML completo ({e}).", "Vuelva a exportar o a copiar el archivo."
        ) from None
    if _local(raiz) != "kml":
        raise ArchivoRechazado(
            "formato_no_admitido",
            f"es un XML de tipo {_local(raiz)[:40]!r}; se esperaba un KML.",
            "Exporte la capa como GeoJSON, shapefile, GeoPackage o KML.",
        )
    return raiz


def _local(elemento: Element) -> str:
    return elemento.tag.rpartition("}")[2] if isinstance(elemento.tag, str) else ""


def _hijo(elemento: Element, nombre: str) -> Element | None:
    return next((h for h in elemento if _local(h) == nombre), None)


def _texto(elemento: Element | None) -> str | None:
    texto = "".join(elemento.itertext()).strip() if elemento is not None else ""
    return texto or None


def _carpetas(raiz: Element, por_omision: str) -> dict[str, list[Element]]:
    """Group the placemarks by the folder that holds them, in document order."""
    carpetas: dict[str, list[Element]] = {}
    pendientes = [raiz]
    while pendientes:
        actual = pendientes.pop()
        lugares = [h for h in actual if _local(h) == "Placemark"]
        if lugares:
            base = nombre = _texto(_hijo(actual, "name")) or por_omision
            n = 1
            while nombre in carpetas:
                n += 1
                nombre = f"{base} ({n})"
            carpetas[nombre] = lugares
        pendientes += [h for h in reversed(actual) if _local(h) in ("Document", "Folder", "kml")]
    return carpetas


def _atributos(lugar: Element) -> dict[str, object]:
    atributos: dict[str, object] = {
        campo: _texto(elemento) for campo in ("name", "description") if (elemento := _hijo(lugar, campo)) is not None
    }
    extendidos = _hijo(lugar, "ExtendedData")
    for e in extendidos.iter() if extendidos is not None else ():
        if (campo := e.get("name")) and _local(e) in ("Data", "SimpleData"):
            atributos[campo] = _texto(_hijo(e, "value") if _local(e) == "Data" else e)
    return atributos


def _geometria(lugar: Element) -> Partes | None:
    simples: list[tuple[str, list[np.ndarray], bool]] = []
    for hijo in lugar:
        _juntar(hijo, simples, 0)
    return desde_partes(simples)


def _juntar(elemento: Element, simples: list, hondura: int) -> None:
    tipo = _local(elemento)
    if tipo in _NO_ADMITIDAS:
        raise GeometriaRechazada("tipo_no_admitido", f"tipo de geometría no admitido: {tipo}.")
    if tipo == "MultiGeometry":
        if hondura >= HONDURA_MAXIMA:
            raise GeometriaRechazada("geometria_anidada", "la geometría tiene colecciones dentro de colecciones.")
        for hijo in elemento:
            _juntar(hijo, simples, hondura + 1)
    elif tipo == "Polygon":
        bordes = [h for n in ("outerBoundaryIs", "innerBoundaryIs") for h in elemento if _local(h) == n]
        anillos = [_coordenadas(a) for b in bordes for a in b if _local(a) == "LinearRing"]
        if not bordes or _local(bordes[0]) != "outerBoundaryIs":
            raise GeometriaRechazada("geometria_ilegible", "el polígono no tiene contorno exterior.")
        simples.append(("Polygon", [a for a, _ in anillos], any(z for _, z in anillos)))
    elif tipo in _SIMPLES:
        a, z = _coordenadas(elemento)
        simples.append((_SIMPLES[tipo], [a], z))


def _coordenadas(elemento: Element) -> tuple[np.ndarray, bool]:
    texto = _texto(_hijo(elemento, "coordinates")) or ""
    posiciones = [p.split(",") for p in re.sub(r"\s*,\s*", ",", texto).split()]
    try:
        a = np.array([(float(p[0]), float(p[1])) for p in posiciones]).reshape(-1, 2)
    except (ValueError, IndexError):
        raise GeometriaRechazada(
            "geometria_ilegible", "las coordenadas no son pares de números (longitud,latitud).", "Corrija el KML."
        ) from None
    return a, any(len(p) > 2 and p[2] not in ("", "0") for p in posiciones)
