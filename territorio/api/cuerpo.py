"""What comes in: JSON that says each thing once, serializers that know all their fields, geometry checked before GEOS."""

import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import shapely
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry, MultiLineString, MultiPolygon, Point
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from territorio.importacion.geometria import GeometriaRechazada, Partes, desde_geojson
from territorio.importacion.lector import Opciones, leer
from territorio.posicion import PosicionInvalida, punto_de_bolivia

BYTES_MAXIMOS = 20 * 1024 * 1024
SEGUNDOS_DE_REPARACION = 30


class JSONEstricto(BaseParser):
    """JSON without repeated keys, NaN or infinity, of bounded size and depth: anything else is a 400."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None) -> Any:
        crudo = stream.read(BYTES_MAXIMOS + 1)
        if len(crudo) > BYTES_MAXIMOS:
            raise ParseError(_("El cuerpo pasa de %(mb)s MB.") % {"mb": BYTES_MAXIMOS // 1024**2})
        try:
            return json.loads(
                crudo.decode("utf-8"), object_pairs_hook=_sin_repetir, parse_constant=_no_es_json, parse_float=_finito
            )
        except RecursionError:
            raise ParseError(_("El JSON tiene demasiados niveles.")) from None
        except ValueError as error:
            raise ParseError(_("El cuerpo no es JSON: %(error)s") % {"error": error}) from None


def _sin_repetir(pares: list[tuple[str, Any]]) -> dict[str, Any]:
    objeto = dict(pares)
    if len(objeto) < len(pares):
        claves = [clave for clave, _valor in pares]
        repetida = next(clave for clave in claves if claves.count(clave) > 1)
        raise ValueError(_("la clave «%(clave)s» está repetida.") % {"clave": repetida[:40]})
    return objeto


def _no_es_json(texto: str) -> Any:
    raise ValueError(_("%(texto)s no es un número.") % {"texto": texto})


def _finito(texto: str) -> float:
    numero = float(texto)
    if not isfinite(numero):
        raise ValueError(_("%(texto)s es demasiado grande.") % {"texto": texto[:20]})
    return numero


class Entrada(serializers.Serializer):
    """A serializer of what is written: a field it does not know is an error, not silence."""

    def to_internal_value(self, data):
        if isinstance(data, Mapping) and (ajenos := [clave for clave in data if clave not in self.fields]):
            raise serializers.ValidationError({str(clave)[:60]: [_("No existe este campo.")] for clave in ajenos})
        return super().to_internal_value(data)


def leer_cuerpo(entrada: type[Entrada], request: Request) -> tuple[dict[str, Any], list[str]]:
    """What the body says, checked, and what had to be said of it; raises DRF's ValidationError."""
    serializador = entrada(data=request.data)
    serializador.is_valid(raise_exception=True)
    if not serializador.validated_data:
        raise serializers.ValidationError(_("El cuerpo no dice nada que escribir."))
    return dict(serializador.validated_data), serializador.context.get("avisos", [])


def _esquema(*tipos: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {
            "type": {"type": "string", "enum": list(tipos)},
            "coordinates": {"type": "array", "items": {}, "description": "Longitud y latitud, EPSG:4326."},
        },
    }


class _Geometria(serializers.Field):
    """A GeoJSON geometry of one kind in EPSG:4326; what was left out or mended is added to `avisos` of the context."""

    tipo = ""
    palabra = ""

    def to_representation(self, value):
        return None if value is None else json.loads(value.geojson)

    def to_internal_value(self, data):
        partes = self._partes(data)
        if partes.z:
            self._avisar(_("Se quitó la tercera coordenada (altura)."))
        return self.construir(partes, data)

    def construir(self, partes: Partes, data: dict) -> GEOSGeometry:
        raise NotImplementedError

    def _partes(self, data) -> Partes:
        if not isinstance(data, dict):
            raise serializers.ValidationError(
                _("Debe ser una geometría GeoJSON de tipo %(tipo)s.") % {"tipo": self.palabra}
            )
        if ajenos := set(data) - {"type", "coordinates", "bbox"}:
            raise serializers.ValidationError(
                _("Una geometría solo lleva «type» y «coordinates» (WGS 84, longitud y latitud): sobra «%(sobra)s».")
                % {"sobra": min(ajenos)[:40]}
            )
        try:
            partes = desde_geojson(data)
        except GeometriaRechazada as rechazo:
            raise serializers.ValidationError(f"{rechazo.mensaje} {rechazo.remedio}".strip().capitalize()) from None
        if partes is None:
            raise serializers.ValidationError(_("La geometría está vacía; para quitarla, mande null."))
        if self.tipo and partes.tipo != self.tipo:
            raise serializers.ValidationError(
                _("Debe ser %(tipo)s, y es %(otro)s.") % {"tipo": self.palabra, "otro": partes.tipo}
            )
        return partes

    def _leer_aparte(self, data: dict) -> GEOSGeometry:
        """Read by the importer's child process, which mends what is not valid; raises DRF's ValidationError."""
        rasgo = {"type": "Feature", "properties": {}, "geometry": {c: data[c] for c in ("type", "coordinates")}}
        with TemporaryDirectory(prefix="minka-limite-") as carpeta:
            archivo = Path(carpeta) / "limite.geojson"
            archivo.write_text(json.dumps({"type": "FeatureCollection", "features": [rasgo]}))
            lectura = leer(archivo, Opciones(caja=settings.MINKA_CAJA), segundos=SEGUNDOS_DE_REPARACION)
        errores = [_frase(p) for p in lectura.problemas if p.gravedad == "error"]
        if errores or not lectura.filas or lectura.filas[0].geometria is None:
            raise serializers.ValidationError(errores or [_("No se pudo leer la geometría.")])
        for problema in lectura.problemas:
            if problema.codigo != "z_descartada":
                self._avisar(_frase(problema))
        return GEOSGeometry(memoryview(shapely.to_wkb(lectura.filas[0].geometria)), srid=4326)

    def _avisar(self, aviso: str) -> None:
        self.context.setdefault("avisos", []).append(aviso)


@extend_schema_field(_esquema("Point"))
class CampoPunto(_Geometria):
    tipo, palabra = "Point", "Point"

    def construir(self, partes: Partes, data: dict) -> Point:
        return _punto(partes)


@extend_schema_field(_esquema("Polygon", "MultiPolygon"))
class CampoPoligono(_Geometria):
    """Polygon or MultiPolygon; GEOS sees it first in a child process, which mends it where it is not valid."""

    tipo, palabra = "Polygon", "Polygon o MultiPolygon"

    def construir(self, partes: Partes, data: dict) -> MultiPolygon:
        return self._leer_aparte(data)  # type: ignore[return-value]


@extend_schema_field(_esquema("Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon"))
class CampoLugar(_Geometria):
    """Where something is: a point, lines or polygons; all but a point GEOS sees first in a child process."""

    palabra = "Point, LineString o Polygon"

    def construir(self, partes: Partes, data: dict) -> Point | MultiLineString | MultiPolygon:
        return _punto(partes) if partes.tipo == "Point" else self._leer_aparte(data)  # type: ignore[return-value]


def _punto(partes: Partes) -> Point:
    lon, lat = partes.partes[0][0][0]
    try:
        return punto_de_bolivia(float(lon), float(lat))
    except PosicionInvalida as error:
        raise serializers.ValidationError(str(error)) from None


def _frase(problema) -> str:
    texto = f"{problema.mensaje} {problema.remedio}".strip()
    return texto[:1].upper() + texto[1:]
