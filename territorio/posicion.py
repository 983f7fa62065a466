"""A position as people write it: decimal degrees, degrees minutes seconds, or UTM with its zone."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from django.conf import settings
from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from territorio.importacion import crs as sistemas

LARGO = 100
_ZONAS_WGS84 = {zona: codigo for codigo, zona in sistemas.ZONAS.items() if str(codigo).startswith("327")}
_ZONAS_PSAD56 = {zona: codigo for codigo, zona in sistemas.ZONAS.items() if str(codigo).startswith("248")}

_NUMERO = r"[+-]?\d{1,3}(?:[.,]\d{1,12})?"
_HEMISFERIO = r"[NSEWO]"
_DECIMAL = re.compile(
    rf"(?P<h1>{_HEMISFERIO})?\s*(?P<a>{_NUMERO})\s*°?\s*(?P<h2>{_HEMISFERIO})?\s*[,;\s]\s*"
    rf"(?P<h3>{_HEMISFERIO})?\s*(?P<b>{_NUMERO})\s*°?\s*(?P<h4>{_HEMISFERIO})?"
)
_ANGULO = (
    rf"(?P<{{0}}h>{_HEMISFERIO})?\s*(?P<{{0}}g>[+-]?\d{{{{1,3}}}})\s*[°\s]\s*(?P<{{0}}m>\d{{{{1,2}}}}(?:[.,]\d{{{{1,8}}}})?)\s*['\s]?\s*"
    rf"(?:(?P<{{0}}s>\d{{{{1,2}}}}(?:[.,]\d{{{{1,8}}}})?)\s*\"?\s*)?(?P<{{0}}k>{_HEMISFERIO})?"
)
_SEXAGESIMAL = re.compile(_ANGULO.format("a") + r"\s*[,;\s]\s*" + _ANGULO.format("b"))
_METROS = re.compile(r"(?<![\d.,])\d{6,8}(?:[.,]\d{1,4})?")  # not the decimals of a degree
_ZONA = re.compile(r"(?:ZONA|HUSO|UTM)?\s*\b(19|20|21)\s*([C-HJ-NP-X])?\b")


class PosicionInvalida(ValueError):
    """What was written is no position of Bolivia; the message says what may be written."""


@dataclass(frozen=True)
class Posicion:
    """A point of Bolivia (EPSG:4326) and how what was written was understood."""

    punto: Point
    lectura: str


def leer_posicion(texto: str) -> Posicion:
    """Read a position; raises `PosicionInvalida`."""
    limpio = _limpiar(texto)
    if not limpio:
        raise PosicionInvalida(_("Escriba la latitud y la longitud, o las coordenadas UTM con su zona."))
    lon, lat, lectura = _utm(limpio) or _grados(limpio) or _nada(texto)
    return Posicion(punto_de_bolivia(lon, lat), lectura)


def punto_de_bolivia(lon: float, lat: float) -> Point:
    """The point (EPSG:4326) if it lies in the box of the settings; raises `PosicionInvalida`."""
    oeste, sur, este, norte = settings.MINKA_CAJA
    if not (oeste <= lon <= este and sur <= lat <= norte):
        raise PosicionInvalida(
            _("Queda fuera de Bolivia: latitud %(lat)s, longitud %(lon)s.") % {"lat": f"{lat:.5f}", "lon": f"{lon:.5f}"}
        )
    return Point(float(lon), float(lat), srid=4326)


def _limpiar(texto: str) -> str:
    limpio = texto.strip()[:LARGO].upper()
    for raros, llano in (("º˚", "°"), ("’′´‘", "'"), ("”″“", '"'), ("−–", "-"), ("\u00a0\t\n", " ")):
        for raro in raros:
            limpio = limpio.replace(raro, llano)
    limpio = limpio.replace("''", '"')
    return re.sub(r"\b(LATITUD|LONGITUD|LAT|LON|LONG)\b\.?:?|[()]", " ", limpio).strip()


def _nada(texto: str) -> tuple[float, float, str]:
    raise PosicionInvalida(
        _(
            "No se entiende «%(texto)s». Escriba por ejemplo «-16,50000; -68,15000», "
            "«16°30'00\" S 68°09'00\" O» o «19K 590000 8175000»."
        )
        % {"texto": texto.strip()[:40]}
    )


# --- UTM --------------------------------------------------------------------------------------------------------------


def _utm(limpio: str) -> tuple[float, float, str] | None:
    metros = [(m.group(), float(m.group().replace(",", "."))) for m in _METROS.finditer(limpio)]
    if len(metros) != 2:
        return None
    (este, norte) = sorted((valor for _texto, valor in metros), key=lambda valor: not 1e5 <= valor < 1e6)
    resto = _METROS.sub(" ", limpio)
    zona = _zona(resto)
    if pegada := sistemas.zona_pegada(np.array([[este, norte]])):
        este, zona = este - pegada * 1e6, zona or pegada
    if zona is None:
        raise PosicionInvalida(_("Falta la zona UTM (19, 20 o 21): escriba por ejemplo «19K 590000 8175000»."))
    psad = "PSAD" in limpio
    codigo = (_ZONAS_PSAD56 if psad else _ZONAS_WGS84)[zona]
    transformacion = sistemas.transformacion(sistemas.indicado(str(codigo)))
    lon, lat = transformacion.aplicar(np.array([[este, norte]]))[0]
    if not np.isfinite([lon, lat]).all():
        raise PosicionInvalida(_("Esas coordenadas UTM no existen."))
    return float(lon), float(lat), _lectura_utm(zona, psad)


def _lectura_utm(zona: int, psad: bool) -> str:
    return _("UTM zona %(zona)s sur, %(datum)s") % {"zona": zona, "datum": "PSAD56" if psad else "WGS 84"}


def _zona(resto: str) -> int | None:
    hallada = _ZONA.search(resto)
    return int(hallada[1]) if hallada else None


# --- degrees ----------------------------------------------------------------------------------------------------------


def _grados(limpio: str) -> tuple[float, float, str] | None:
    if m := _DECIMAL.fullmatch(limpio):
        a = _con_signo(float(m["a"].replace(",", ".")), m["h1"] or m["h2"])
        b = _con_signo(float(m["b"].replace(",", ".")), m["h3"] or m["h4"])
        return _ordenar(a, m["h1"] or m["h2"], b, m["h3"] or m["h4"], _("grados decimales"))
    if m := _SEXAGESIMAL.fullmatch(limpio):
        a, b = (_angulo(m, lado) for lado in "ab")
        return _ordenar(a, m["ah"] or m["ak"], b, m["bh"] or m["bk"], _("grados, minutos y segundos"))
    return None


def _angulo(m: re.Match, lado: str) -> float:
    grados, minutos, segundos = (float((m[lado + c] or "0").replace(",", ".")) for c in "gms")
    if minutos >= 60 or segundos >= 60:
        raise PosicionInvalida(_("Los minutos y los segundos van de 0 a 59."))
    valor = abs(grados) + minutos / 60 + segundos / 3600
    return _con_signo(-valor if m[lado + "g"].startswith("-") else valor, m[lado + "h"] or m[lado + "k"])


def _con_signo(valor: float, hemisferio: str | None) -> float:
    return -abs(valor) if hemisferio in {"S", "W", "O"} else valor


def _ordenar(a: float, ha: str | None, b: float, hb: str | None, forma: str) -> tuple[float, float, str]:
    """Which is the latitude: what its letter says, else the order that falls in Bolivia; south and west if unsigned."""
    if (ha and ha in "EWO") or (hb and hb in "NS"):
        return a, b, _("%(forma)s: longitud, latitud") % {"forma": forma}
    if ha or hb:
        return b, a, forma
    oeste, sur, este, norte = settings.MINKA_CAJA

    def dentro(lon: float, lat: float) -> bool:
        return oeste <= lon <= este and sur <= lat <= norte

    if dentro(b, a):
        return b, a, forma
    if dentro(a, b):
        return a, b, _("%(forma)s, con la longitud primero") % {"forma": forma}
    if a > 0 and b > 0:
        if dentro(-b, -a):
            return -b, -a, _("%(forma)s; se tomó sur y oeste") % {"forma": forma}
        if dentro(-a, -b):
            return -a, -b, _("%(forma)s, con la longitud primero; se tomó sur y oeste") % {"forma": forma}
    return b, a, forma
