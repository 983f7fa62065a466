"""Cells of a table as values: numbers, money and dates as people write them, refused in words where they are ambiguous."""

import difflib
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

import shapely
from shapely.geometry.base import BaseGeometry

from territorio.dinero import MONTO_MAXIMO
from territorio.importacion.texto import a_codigo, normalizar

WKT_MAXIMO = 500_000
_NUMERO = re.compile(r"[+-]?\d[\d.,\s]*")
# Thousands in groups of three by one separator, decimals after the other.
_CON_MILES = re.compile(r"[+-]?\d{1,3}([.,])\d{3}(?:\1\d{3})*(?:(?!\1)[.,]\d*)?")
_COORDENADA = re.compile(r"[+-]?\d{1,3}(?:[.,]\d*)?")
_WKT = re.compile(r"\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\s*Z?M?\b", re.IGNORECASE)


class ValorInvalido(ValueError):
    """A cell that cannot be: the message and how to mend it, in Spanish."""

    def __init__(self, mensaje: str, remedio: str = "") -> None:
        super().__init__(mensaje)
        self.remedio = remedio


def texto(valor: object, maximo: int = 300) -> str:
    """Text without NUL or doubled spaces; longer than `maximo` is refused, never cut."""
    limpio = " ".join(a_codigo(valor).replace("\x00", "").split())
    if len(limpio) > maximo:
        raise ValorInvalido(f"el texto tiene {len(limpio)} caracteres y caben {maximo}.", "Acórtelo.")
    return limpio


def decimal(valor: object) -> Decimal | None:
    """A number; «1.234.567,89» and «1234567.89» are told apart, «1.234» is refused because it may be either."""
    if valor is None or isinstance(valor, bool) or (isinstance(valor, str) and not valor.strip()):
        return None
    if isinstance(valor, int | float | Decimal):
        numero = Decimal(repr(valor)) if isinstance(valor, float) else Decimal(valor)
    else:
        numero = _leer_numero(str(valor))
    if not numero.is_finite():
        raise ValorInvalido(f"«{valor}» no es un número.", "Escriba un número.")
    return numero


def _leer_numero(escrito: str) -> Decimal:
    limpio = re.sub(r"(?i)^\s*(bs\.?|\$)\s*|\s+|%\s*$", "", escrito).replace("\u2212", "-")
    if not _NUMERO.fullmatch(limpio):
        raise ValorInvalido(f"«{escrito[:40]}» no es un número.", "Escriba solo el número, por ejemplo 1234,50.")
    puntos, comas = limpio.count("."), limpio.count(",")
    if puntos + comas > 1:
        grupos = _CON_MILES.fullmatch(limpio)
        if grupos is None:
            raise ValorInvalido(f"«{escrito[:40]}» no es un número.", "Escriba solo el número, por ejemplo 1234,50.")
        limpio = limpio.replace(grupos[1], "").replace(",", ".")
    elif puntos + comas == 1:
        entero, fraccion = re.split("[.,]", limpio)
        if len(fraccion) == 3 and entero.lstrip("+-") not in {"", "0"} and len(entero.lstrip("+-")) <= 3:
            raise ValorInvalido(
                f"«{escrito[:40]}» puede ser {entero}{fraccion} o {entero},{fraccion}.",
                f"Escriba {entero}{fraccion} o {entero},{fraccion}0.",
            )
        limpio = f"{entero}.{fraccion}"
    try:
        return Decimal(limpio)
    except InvalidOperation as e:
        raise ValorInvalido(f"«{escrito[:40]}» no es un número.", "Escriba solo el número.") from e


def dinero(valor: object) -> Decimal | None:
    """An amount in Bs: not negative, at most two decimals, below a million millions."""
    numero = decimal(valor)
    if numero is None:
        return None
    if numero < 0:
        raise ValorInvalido(f"el monto {numero} es negativo.", "Un monto no puede ser menor que cero.")
    if numero > MONTO_MAXIMO:
        raise ValorInvalido(f"el monto {numero:.0f} es demasiado grande.", "Revise las unidades: van en bolivianos.")
    exacto = numero.quantize(Decimal("0.01"))
    # A spreadsheet stores 80330.9 as a binary number: only what differs by more than that is a third decimal.
    if abs(exacto - numero) > Decimal("0.000001"):
        raise ValorInvalido(f"el monto {numero} tiene más de dos decimales.", "Redondéelo a centavos.")
    return exacto


def porcentaje(valor: object) -> Decimal | None:
    """A share of 100, two decimals at most."""
    numero = decimal(valor)
    if numero is None:
        return None
    if not 0 <= numero <= 100:
        raise ValorInvalido(f"el porcentaje {numero} no está entre 0 y 100.", "Escriba un avance entre 0 y 100.")
    return numero.quantize(Decimal("0.01"))


def entero(valor: object, *, maximo: int = 50_000_000, minimo: int = 0) -> int | None:
    numero = decimal(valor)
    if numero is None:
        return None
    if numero != numero.to_integral_value() or not minimo <= numero <= maximo:
        raise ValorInvalido(
            f"«{str(valor)[:40]}» no es un número entero entre {minimo} y {maximo}.", "Corrija la celda o déjela vacía."
        )
    return int(numero)


def fecha(valor: object) -> date | None:
    """A date: a spreadsheet's own, 2026-11-22, or 22/11/2026 (day first, as it is written in Bolivia)."""
    if valor is None or (isinstance(valor, str) and not valor.strip()):
        return None
    if isinstance(valor, datetime):
        return valor.date()
    if isinstance(valor, date):
        return valor
    escrito = str(valor).strip()
    for forma in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"):
        try:
            dia = datetime.strptime(escrito, forma).date()
        except ValueError:
            continue
        if 1900 <= dia.year <= 2100:
            return dia
    raise ValorInvalido(f"«{escrito[:40]}» no es una fecha.", "Escríbala como 22/11/2026 o 2026-11-22.")


def uno_de(valor: object, opciones: Mapping[str, str]) -> str:
    """The option a cell names, compared without case or accents; an unknown one is refused with the nearest."""
    escrito = normalizar(valor)
    if not escrito:
        return ""
    conocidas = {normalizar(nombre): resultado for nombre, resultado in opciones.items()}
    if escrito in conocidas:
        return conocidas[escrito]
    cercanas = difflib.get_close_matches(escrito, conocidas, n=3, cutoff=0.6)
    validas = ", ".join(dict.fromkeys(opciones.values()))
    propuesta = f"¿Quiso decir {' o '.join(dict.fromkeys(conocidas[c] for c in cercanas))}? " if cercanas else ""
    raise ValorInvalido(f"«{str(valor)[:60]}» no es un valor conocido.", f"{propuesta}Use uno de: {validas}.")


def lugar(lat: object, lon: object, wkt: object, caja: tuple[float, float, float, float]) -> BaseGeometry | None:
    """A place (EPSG:4326) from latitude and longitude, or from WKT; refused outside `caja` (lon/lat)."""
    if a_codigo(wkt):
        if a_codigo(lat) or a_codigo(lon):
            raise ValorInvalido("la fila dice dos lugares: latitud y longitud, y WKT.", "Deje uno de los dos.")
        return _de_wkt(a_codigo(wkt), caja)
    y, x = _coordenada(lat), _coordenada(lon)
    if x is None and y is None:
        return None
    if x is None or y is None:
        raise ValorInvalido("falta la latitud o la longitud.", "Ponga las dos, o ninguna.")
    return _dentro(shapely.Point(float(x), float(y)), caja)


def _coordenada(valor: object) -> Decimal | None:
    """A coordinate has decimals and no thousands: its one separator is the decimal one."""
    if not isinstance(valor, str) or not valor.strip():
        return decimal(valor)
    escrito = valor.strip().replace("\u2212", "-")
    if not _COORDENADA.fullmatch(escrito):
        raise ValorInvalido(f"«{escrito[:40]}» no es una coordenada.", "Escríbala en grados, por ejemplo -65,3021.")
    return Decimal(escrito.replace(",", "."))


def _de_wkt(escrito: str, caja) -> BaseGeometry:
    if len(escrito) > WKT_MAXIMO or escrito.count("(") > 5000 or "(((((" in escrito.replace(" ", ""):
        raise ValorInvalido("la geometría WKT es demasiado grande o anidada.", "Simplifíquela, o cargue un GeoJSON.")
    # Known types only: GEOS also reads collections and curves, which nest without end or which shapely cannot hold.
    if not _WKT.match(escrito):
        raise ValorInvalido(
            "la geometría WKT no se entiende, o es de un tipo que no se admite.",
            "Use POINT, LINESTRING, POLYGON o sus MULTI; por ejemplo POINT (-65.3 -17.7).",
        )
    try:
        geom = shapely.from_wkt(escrito)
    except shapely.errors.GEOSException as e:
        raise ValorInvalido("la geometría WKT no se entiende.", "Escriba por ejemplo POINT (-65.3 -17.7).") from e
    return normalizar_geometria(shapely.force_2d(geom), caja)


def normalizar_geometria(geom: BaseGeometry, caja) -> BaseGeometry:
    """As a feature stores it: Point, MultiLineString or MultiPolygon, inside `caja`, valid; else refused in words."""
    _dentro(geom, caja)
    if geom.geom_type == "LineString":
        geom = shapely.MultiLineString([geom])
    elif geom.geom_type == "Polygon":
        geom = shapely.MultiPolygon([geom])
    elif geom.geom_type == "MultiPoint" and len(geom.geoms) == 1:
        geom = geom.geoms[0]
    if geom.geom_type not in {"Point", "MultiLineString", "MultiPolygon"}:
        raise ValorInvalido(f"una geometría {geom.geom_type} no se admite.", "Use un punto, una línea o un polígono.")
    if not geom.is_valid:
        raise ValorInvalido(
            f"la geometría no es válida ({shapely.is_valid_reason(geom)}).",
            "Corríjala en QGIS («Corregir geometrías»).",
        )
    return geom


def _dentro(geom: BaseGeometry, caja) -> BaseGeometry:
    coordenadas = shapely.get_coordinates(geom)
    oeste, sur, este, norte = caja
    if not len(coordenadas):
        raise ValorInvalido("la geometría está vacía.", "Dibújela, o deje la celda vacía.")
    x, y = coordenadas[:, 0], coordenadas[:, 1]
    if bool(((x >= oeste) & (x <= este) & (y >= sur) & (y <= norte)).all()):
        return geom
    volteada = bool(((y >= oeste) & (y <= este) & (x >= sur) & (x <= norte)).all())
    raise ValorInvalido(
        f"el lugar ({x[0]:.5g}, {y[0]:.5g}) está fuera de Bolivia.",
        "Parece que latitud y longitud están cambiadas."
        if volteada
        else "Revise las coordenadas: van en grados (EPSG:4326).",
    )
