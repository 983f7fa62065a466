"""What the child does inside its limits: format, text, coordinate system, geometry, and the answer in JSON and WKB."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from territorio.importacion import ubicacion
from territorio.importacion.formatos import comprimido, geojson, geopackage, kml, shapefile
from territorio.importacion.formatos.contenido import ArchivoRechazado, Contenido
from territorio.importacion.geometria import VERTICES_MAXIMOS, GeometriaRechazada, Terminada, miles, terminar
from territorio.importacion.lector import AVANCE, ESPERADOS, GEOMETRIAS, RESULTADO, Opciones, Problema
from territorio.importacion.reparacion import Cambios
from territorio.importacion.superficies import en_palabras
from territorio.importacion.texto import ilegible, mojibake

_FILAS_POR_AVISO = 1000


def responder(carpeta: Path, nombre: str, opciones: Opciones, *, descomprimidos: int) -> None:
    """Read the copy in `carpeta` and leave the answer there; a zip may unpack to `descomprimidos` bytes."""
    try:
        escribir(carpeta, *procesar(carpeta, nombre, opciones, descomprimidos))
    except ArchivoRechazado as e:
        escribir_rechazo(carpeta, e.problema, e.capas)


def abrir(carpeta: Path, nombre: str, opciones: Opciones, descomprimidos: int) -> Contenido:
    """Choose the reader by content (the extension only words the message); raises ArchivoRechazado."""
    entrada = carpeta / "entrada.shp"
    if entrada.is_file():
        return shapefile.leer({Path(nombre).stem: entrada}, opciones)
    entrada = carpeta / "entrada.bin"
    with entrada.open("rb") as f:
        cabeza = f.read(1024)
    if cabeza.startswith(b"SQLite format 3\0"):
        return geopackage.leer(entrada, nombre, opciones)
    if cabeza.startswith((b"PK\3\4", b"PK\5\6")):
        extraido = comprimido.abrir(entrada, carpeta, descomprimidos)
        return (
            kml.leer(extraido.kml, nombre, opciones) if extraido.kml else shapefile.leer(extraido.shapefiles, opciones)
        )
    texto = cabeza.removeprefix(b"\xef\xbb\xbf").lstrip()
    if texto.startswith((b"{", b"[")):
        return geojson.leer(entrada, nombre, opciones)
    if texto.startswith(b"<") or cabeza.startswith((b"\xff\xfe<", b"\xfe\xff\0<")):
        return kml.leer(entrada, nombre, opciones)
    sufijo = Path(nombre).suffix.lower()
    if sufijo in (".geojson", ".json", ".zip", ".shp", ".gpkg", ".kml", ".kmz"):
        que = f"no contiene lo que su extensión {sufijo} anuncia"
    else:
        que = f"es de un formato ({sufijo}) que no se admite" if sufijo else "no tiene un formato reconocible"
    remedio = f"Se esperaba {ESPERADOS}."
    if sufijo in (".dbf", ".shx", ".prj", ".cpg"):
        que, remedio = f"el {sufijo} es solo una parte de un shapefile", "Elija el .shp, o un zip con todas las partes."
    elif cabeza.startswith((b"\xff\xfe", b"\xfe\xff")):
        que, remedio = "está en UTF-16", "Guárdelo en UTF-8."
    raise ArchivoRechazado("formato_no_admitido", f"el archivo {nombre[:100]!r} {que}.", remedio)


def procesar(
    carpeta: Path, nombre: str, opciones: Opciones, descomprimidos: int
) -> tuple[Contenido, list, ubicacion.Ubicacion]:
    """Read, place on WGS84 and finish every geometry: gives the content, its geometries, and how they were placed."""
    decir(carpeta, 0, "Leyendo el archivo")
    contenido = abrir(carpeta, nombre, opciones, descomprimidos)
    if not contenido.geometrias:
        contenido.problemas.append(
            Problema(
                "la capa no tiene ninguna fila.", "Exporte de nuevo la capa con sus datos.", codigo="archivo_vacio"
            )
        )
    if not any(
        p.codigo in ("sin_codificacion", "codificacion_falla", "codificacion_desconocida") for p in contenido.problemas
    ):
        revisar_textos(contenido)
    decir(carpeta, 50, "Ubicando las coordenadas")
    marcar_ausentes(contenido)
    lugar = ubicacion.ubicar(contenido, opciones)
    decir(carpeta, 60, "Revisando las geometrías")
    return contenido, terminar_todas(contenido, carpeta), lugar


def decir(carpeta: Path, por_ciento: int, paso: str) -> None:
    """Leave word of the step for the parent, in one stroke, so that it never reads half of it."""
    (carpeta / "avance.parcial").write_text(f"{por_ciento} {paso}", encoding="utf-8")
    (carpeta / "avance.parcial").replace(carpeta / AVANCE)


def revisar_textos(contenido: Contenido) -> None:
    """Report text that no database takes and names that came through a wrong encoding."""
    if any(map(ilegible, [contenido.capa, *contenido.campos])):
        raise ArchivoRechazado(
            "texto_ilegible", "un nombre de campo o de capa contiene caracteres de control.", "Cámbiele el nombre."
        )
    for fila, atributos in enumerate(contenido.atributos, 1):
        for campo, valor in atributos.items():
            if isinstance(valor, float) and not abs(valor) < float("inf"):
                atributos[campo] = None
            if not isinstance(valor, str):
                continue
            if ilegible(valor):
                atributos[campo] = None
                contenido.problemas.append(
                    Problema(
                        "el texto contiene caracteres de control.", "Corríjalo.", fila, campo, codigo="texto_ilegible"
                    )
                )
            elif propuesta := mojibake(valor):
                contenido.problemas.append(
                    Problema(
                        f"el texto parece mal codificado: {valor[:80]!r}"
                        + (f", quizá {propuesta[:80]!r}." if propuesta != valor else "."),
                        "Corrija la fuente o indique otra codificación.",
                        fila,
                        campo,
                        "aviso",
                        "mojibake",
                        {"valor": valor, "propuesta": propuesta},
                    )
                )


def marcar_ausentes(contenido: Contenido) -> None:
    """Report rows without geometry (unless refused already), dropped Z values, and refuse layers beyond all bounds."""
    con_error = {p.fila for p in contenido.problemas if p.gravedad == "error" and p.campo is None}
    ausentes = [f for f, p in enumerate(contenido.geometrias, 1) if p is None and f not in con_error]
    contenido.problemas += [
        Problema("no tiene geometría.", fila=f, gravedad="aviso", codigo="sin_geometria") for f in ausentes
    ]
    presentes = [p for p in contenido.geometrias if p is not None]
    if con_z := sum(p.z for p in presentes):
        contenido.problemas.append(
            Problema(
                f"{con_z} geometrías tienen altura o medida (Z/M), que no se conserva.",
                gravedad="aviso",
                codigo="z_descartada",
                detalle={"filas": con_z},
            )
        )
    vertices = sum(len(a) for p in presentes for a in p.arreglos())
    if vertices > VERTICES_MAXIMOS:
        raise ArchivoRechazado(
            "demasiados_vertices",
            f"la capa tiene {miles(vertices)} vértices; el máximo es {miles(VERTICES_MAXIMOS)}.",
            "Simplifíquela o divídala.",
        )


def terminar_todas(contenido: Contenido, carpeta: Path) -> list:
    """Build and repair each geometry, reporting each repair with its areas before and after."""
    geometrias: list[BaseGeometry | None] = []
    cambios = Cambios()
    for fila, partes in enumerate(contenido.geometrias, 1):
        if fila % _FILAS_POR_AVISO == 0:
            decir(carpeta, 60 + 35 * fila // len(contenido.geometrias), "Revisando las geometrías")
        geometria = None
        if partes is not None:
            try:
                hecha = terminar(partes)
            except GeometriaRechazada as e:
                contenido.problemas.append(Problema(e.mensaje, e.remedio, fila, codigo=e.codigo))
            else:
                geometria = hecha.geometria
                if hecha.motivo:
                    contenido.problemas.append(_reparada(hecha, fila, cambios))
        geometrias.append(geometria)
    return geometrias


def _reparada(hecha: Terminada, fila: int, cambios: Cambios) -> Problema:
    mensaje = f"la geometría no era válida ({hecha.motivo}) y se reparó"
    detalle: dict[str, object] = {"razon": hecha.razon}
    if hecha.despues_m2 is not None:
        antes, despues = hecha.antes_m2, hecha.despues_m2
        detalle |= {"antes_m2": antes, "despues_m2": despues}
        if antes is None:
            mensaje += f": no se podía medir y ahora mide {en_palabras(despues)}"
        elif abs(despues - antes) < 1:
            mensaje += f": medía y mide {en_palabras(despues)}"
        else:
            cuanto, hacia = en_palabras(abs(despues - antes)), "más" if despues > antes else "menos"
            mensaje += f": medía {en_palabras(antes)} y ahora {en_palabras(despues)} ({cuanto} {hacia})"
    if cambio := cambios(hecha.dibujada, hecha.geometria):
        forma, m2 = cambio
        mensaje += f"; entre lo que se ve dibujado y lo reparado hay {en_palabras(m2)} de diferencia"
        detalle |= {"cambiado_m2": m2, "cambiado": shapely.to_wkt(forma, rounding_precision=6)}
    return Problema(
        mensaje + ".", "Revise que sea lo que se quiso dibujar.", fila, None, "aviso", "geometria_reparada", detalle
    )


def escribir(carpeta: Path, contenido: Contenido, geometrias: list, lugar: ubicacion.Ubicacion) -> None:
    filas = []
    with (carpeta / GEOMETRIAS).open("wb") as f:
        for n, (atributos, geometria) in enumerate(zip(contenido.atributos, geometrias, strict=True), 1):
            wkb = shapely.to_wkb(geometria, byte_order=1) if geometria is not None else b""
            f.write(wkb)
            filas.append([n, [_json(atributos[c]) for c in contenido.campos], len(wkb)])
    datos = {
        "formato": contenido.formato,
        "capa": contenido.capa,
        "capas": contenido.capas,
        "crs": lugar.crs,
        "operacion": lugar.operacion,
        "candidatos": lugar.candidatos,
        "candidatas": contenido.candidatas,
        "codificacion": contenido.codificacion,
        "campos": contenido.campos,
        "filas": filas,
        "problemas": [asdict(p) for p in contenido.problemas],
    }
    _guardar(carpeta, datos)


def escribir_rechazo(carpeta: Path, problema: Problema, capas: list[str]) -> None:
    (carpeta / GEOMETRIAS).write_bytes(b"")
    _guardar(carpeta, {"capas": capas, "campos": [], "filas": [], "problemas": [asdict(problema)]})


def _guardar(carpeta: Path, datos: dict) -> None:
    (carpeta / RESULTADO).write_text(json.dumps(datos, allow_nan=False))


def _json(valor: object) -> object:
    return [valor.isoformat()] if isinstance(valor, date) else valor
