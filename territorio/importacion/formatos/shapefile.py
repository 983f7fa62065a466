"""Shapefile: its three files are compared before GDAL reads them, and its text is decoded here, strictly."""

from __future__ import annotations

import struct
import warnings
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyproj

from territorio.importacion import crs as sistemas
from territorio.importacion.formatos import gdal
from territorio.importacion.formatos.contenido import ArchivoRechazado, Contenido, elegir_capa
from territorio.importacion.geometria import GeometriaRechazada, Partes, desde_wkb
from territorio.importacion.lector import Opciones, Problema
from territorio.importacion.texto import cortados, decodificar, enumerar

_TIPOS = {0, 1, 3, 5, 8, 11, 13, 15, 18, 21, 23, 25, 28}  # all but MultiPatch
_MAGIA = 9994
_PRJ_MAXIMO = 64 * 1024


@dataclass(frozen=True)
class _Dbf:
    registros: int
    borrados: int
    anchos: dict[str, int]  # bytes of each text field, by latin-1 name
    ldid: int


def leer(capas: dict[str, Path], opciones: Opciones) -> Contenido:
    """Read one of the shapefiles (layer name → path of its .shp); raises ArchivoRechazado."""
    nombres = sorted(capas)
    capa = elegir_capa(nombres, opciones.capa)
    shp = capas[capa]
    contenido = Contenido("Shapefile", capa, nombres)
    dbf, con_forma = _revisar(shp)
    contenido.crs, contenido.crs_origen = _crs(shp.with_suffix(".prj"), contenido.problemas)
    with warnings.catch_warnings(record=True) as avisos:
        warnings.simplefilter("always")
        try:
            campos, posiciones, wkbs, columnas = gdal.leer_shapefile(shp)
        except gdal.ErrorDeLectura as e:
            raise _daniado(f"GDAL no lo pudo leer ({e})") from e
    if len(wkbs) + dbf.borrados != dbf.registros:
        raise ArchivoRechazado(
            "conteo_distinto",
            f"el archivo declara {dbf.registros} registros pero solo se pudieron leer {len(wkbs)}.",
            "El shapefile está dañado: vuelva a copiarlo o a exportarlo.",
        )
    if dbf.borrados:
        contenido.problemas.append(
            Problema(
                f"{dbf.borrados} registros están marcados como borrados en el .dbf y no se leen.",
                gravedad="aviso",
                codigo="registros_borrados",
            )
        )
    con_medida = any("easured" in str(a.message) for a in avisos)
    textos = {c: [_bytes(v) for v in columnas[c]] for c in campos if columnas[c].dtype == object}
    valores = {c: _columna(columnas[c]) for c in campos if c not in textos}
    valores |= _decodificar(textos, shp.with_suffix(".cpg"), dbf, opciones, contenido)
    contenido.campos = [_nombre(c, contenido.codificacion) for c in campos]
    if campos:
        listas = [valores[c] for c in campos]
        contenido.atributos = [dict(zip(contenido.campos, fila, strict=True)) for fila in zip(*listas, strict=True)]
    else:
        contenido.atributos = [{} for _ in wkbs]
    for fila, (wkb, debe) in enumerate(zip(wkbs, con_forma[posiciones], strict=True), 1):
        contenido.geometrias.append(_geometria(wkb, fila, contenido.problemas, con_medida, bool(debe)))
    return contenido


def _revisar(shp: Path) -> tuple[_Dbf, np.ndarray]:
    """Compare the headers, lengths and record counts of the three files: GDAL silently loses rows where they differ.

    Gives the .dbf's header and, for each record, whether the .shp holds a shape for it.
    """
    faltan = [s for s in (".shx", ".dbf") if not shp.with_suffix(s).is_file()]
    if faltan:
        raise ArchivoRechazado(
            "shapefile_incompleto",
            f"falta el archivo {' y el archivo '.join(faltan)} del shapefile.",
            "Entregue juntos los archivos .shp, .shx, .dbf, .prj y .cpg (por ejemplo en un zip).",
        )
    tamanio = shp.stat().st_size
    with shp.open("rb") as f:
        cabeza = f.read(100)
    indice = shp.with_suffix(".shx").read_bytes()
    if len(cabeza) < 100 or len(indice) < 100 or any(int.from_bytes(c[:4], "big") != _MAGIA for c in (cabeza, indice)):
        raise _daniado("el .shp o el .shx no son de un shapefile o están vacíos")
    tipo = int.from_bytes(cabeza[32:36], "little")
    if tipo not in _TIPOS:
        raise ArchivoRechazado(
            "tipo_no_admitido", f"el shapefile es de un tipo que no se admite (código {tipo}).", "Expórtelo en 2D."
        )
    if int.from_bytes(cabeza[24:28], "big") * 2 > tamanio:
        raise _daniado("el .shp está cortado: es más corto de lo que declara")
    entradas, resto = divmod(len(indice) - 100, 8)
    if resto or int.from_bytes(indice[24:28], "big") * 2 != len(indice):
        raise _daniado("el .shx está cortado: su tamaño no es el que declara")
    tabla = np.frombuffer(indice, dtype=">u4", offset=100).reshape(entradas, 2).astype(np.int64) * 2
    if entradas and ((tabla[:, 0] < 100) | (tabla[:, 0] + 8 + tabla[:, 1] > tamanio)).any():
        raise _daniado("el .shx apunta fuera del .shp")
    dbf = _dbf(shp.with_suffix(".dbf"))
    if dbf.registros != entradas:
        raise ArchivoRechazado(
            "conteo_distinto",
            f"el .shx tiene {entradas} registros y el .dbf {dbf.registros}.",
            "Los archivos no son de la misma capa o están cortados: vuelva a copiarlos o a exportarlos.",
        )
    forma = np.fromfile(shp, dtype=np.uint8)
    return dbf, np.array([forma[p + 8 : p + 12].any() for p, _ in tabla], dtype=bool)


def _dbf(ruta: Path) -> _Dbf:
    crudo = ruta.read_bytes()
    if len(crudo) < 33:
        raise _daniado("el .dbf está vacío o cortado")
    registros, cabeza, largo = struct.unpack_from("<IHH", crudo, 4)
    if cabeza < 33 or largo < 1:
        raise _daniado("el .dbf no tiene una cabecera válida")
    if len(crudo) < cabeza + registros * largo:
        completos = max(0, len(crudo) - cabeza) // largo
        raise ArchivoRechazado(
            "conteo_distinto",
            f"el .dbf está cortado: declara {registros} registros y solo trae {completos} completos.",
            "Vuelva a copiarlo o a exportarlo.",
        )
    anchos = {}
    for pos in range(32, cabeza - 31, 32):
        if crudo[pos] == 0x0D:
            break
        if crudo[pos + 11 : pos + 12] == b"C":
            anchos[crudo[pos : pos + 11].split(b"\0")[0].decode("latin-1").strip()] = crudo[pos + 16]
    borrados = crudo[cabeza : cabeza + registros * largo : largo].count(b"*")
    return _Dbf(registros, borrados, anchos, crudo[29])


def _crs(prj: Path, problemas: list[Problema]) -> tuple[pyproj.CRS | None, str]:
    """Read our copy of the .prj and take it away: GDAL fails on a damaged one."""
    if not prj.is_file():
        return None, ""
    wkt = prj.read_bytes()[:_PRJ_MAXIMO].decode("latin-1").removeprefix("ï»¿").strip("\0 \r\n\t")
    prj.unlink()
    if not wkt:
        return None, ""
    try:
        return sistemas.de_wkt(wkt), "según el archivo .prj"
    except sistemas.CrsDesconocido as e:
        problemas.append(Problema(f"el .prj no sirve: {e}", gravedad="aviso", codigo="crs_ilegible"))
        return None, ""


def _bytes(valor: str | None) -> bytes | None:
    return None if valor is None else valor.encode("latin-1")


def _columna(columna: np.ndarray) -> list[object]:
    if columna.dtype.kind == "M":
        return [None if v is None else v if type(v) is date else v.isoformat() for v in columna.tolist()]
    if columna.dtype.kind == "f":
        return [v if np.isfinite(v) else None for v in columna.tolist()]
    return columna.tolist()


def _decodificar(textos: dict, cpg: Path, dbf: _Dbf, opciones: Opciones, contenido: Contenido) -> dict[str, list]:
    declarada = cpg.read_bytes()[:100].decode("latin-1") if cpg.is_file() else None
    salida = decodificar(textos, cpg=declarada, pedida=opciones.codificacion, anchos=dbf.anchos, ldid=dbf.ldid)
    contenido.codificacion = salida.descripcion
    for campo, ancho in dbf.anchos.items():
        if n := cortados(textos.get(campo, ()), ancho):
            contenido.problemas.append(
                Problema(
                    f"{n} valores llenan los {ancho} bytes del campo: es posible que estén cortados.",
                    "Compárelos con la fuente; un shapefile corta los textos largos.",
                    campo=campo,
                    gravedad="aviso",
                    codigo="valores_cortados",
                    detalle={"valores": n, "ancho": ancho},
                )
            )
    if not salida.motivo:
        return salida.columnas
    if salida.motivo == "codificacion_desconocida":
        mensaje = f"no se reconoce la codificación {salida.codificacion!r}."
        detalle: dict[str, object] = {}
        remedio, detalle = "Indique utf-8, cp1252, latin-1, cp850 o cp437.", {}
    elif salida.motivo == "codificacion_falla":
        mensaje = (
            f"{len(salida.fallas)} valores no se pueden leer como {salida.codificacion} "
            f"(filas {enumerar(f for f, _ in salida.fallas)})."
        )
        remedio, detalle = (
            "Indique la codificación verdadera (suele ser cp1252 o utf-8).",
            {"fallas": salida.fallas[:1000]},
        )
    else:
        iguales: dict[tuple[str, ...], list[str]] = {}
        for candidata, textos_leidos in salida.candidatas.items():
            iguales.setdefault(tuple(textos_leidos), []).append(candidata)
        muestras = "; ".join(f"{' o '.join(c)}: {' | '.join(t)}" for t, c in iguales.items())
        mensaje = f"el archivo no dice en qué codificación está y tiene acentos. Así se leería: {muestras}."
        remedio = "Indique la codificación con la que los nombres se leen bien."
        detalle = {"candidatas": salida.candidatas}
    contenido.candidatas = salida.candidatas
    contenido.problemas.append(Problema(mensaje, remedio, codigo=salida.motivo, detalle=detalle))
    return {c: [v if v is None else v.decode("ascii", "replace") for v in vs] for c, vs in textos.items()}


def _nombre(campo: str, codificacion: str) -> str:
    if campo.isascii():
        return campo
    try:
        return campo.encode("latin-1").decode(codificacion.split(",")[0])
    except (UnicodeError, LookupError):
        return campo


def _geometria(wkb: bytes | None, fila: int, problemas: list[Problema], con_medida: bool, debe: bool) -> Partes | None:
    if wkb is None:
        if debe:
            mensaje = "el .shp trae para esta fila una geometría que no se puede leer."
            problemas.append(Problema(mensaje, "Vuelva a exportar la capa.", fila, codigo="geometria_ilegible"))
        return None
    try:
        partes = desde_wkb(wkb)
    except GeometriaRechazada as e:
        problemas.append(Problema(e.mensaje, e.remedio, fila, codigo=e.codigo))
        return None
    if partes is not None and con_medida:
        partes.z = True
    return partes


def _daniado(mensaje: str) -> ArchivoRechazado:
    return ArchivoRechazado(
        "shapefile_daniado", f"{mensaje}.", "Vuelva a copiar o a exportar los archivos del shapefile."
    )
