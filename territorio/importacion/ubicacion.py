"""Decide which coordinate system a layer is in, take it to WGS84, and refuse what does not land where it should."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyproj

from territorio.importacion import crs as sistemas
from territorio.importacion.formatos.contenido import Contenido
from territorio.importacion.geometria import miles
from territorio.importacion.lector import Opciones, Problema
from territorio.importacion.texto import enumerar

_FILAS_UNA_A_UNA = 500
INVERTIR = "--invertir-ejes"


@dataclass
class Ubicacion:
    """How a layer was placed: system and operation in words, and where each usual system would put it."""

    crs: str = ""
    operacion: str = ""
    candidatos: list[dict] = field(default_factory=list)


def ubicar(contenido: Contenido, opciones: Opciones) -> Ubicacion:
    """Turn `contenido.geometrias` into lon/lat (None where refused), and say how."""
    presentes = [(fila, p) for fila, p in enumerate(contenido.geometrias, 1) if p is not None]
    arreglos = [a for _, p in presentes for a in p.arreglos()]
    xy = np.concatenate(arreglos) if arreglos else np.empty((0, 2))
    if opciones.invertir_ejes:
        xy = xy[:, ::-1]
    filas = np.repeat([f for f, _ in presentes], [sum(map(len, p.arreglos())) for _, p in presentes]).astype(int)
    lugar = Ubicacion()
    lonlat, rechazadas = _transformar(contenido, opciones, xy, filas, lugar)
    cortes = np.cumsum([len(a) for a in arreglos])[:-1]
    ubicados = iter(np.split(lonlat, cortes)) if lonlat is not None and arreglos else iter(arreglos)
    for fila, partes in presentes:
        nuevas = partes.con([next(ubicados) for _ in partes.arreglos()])
        contenido.geometrias[fila - 1] = None if fila in rechazadas else nuevas
    return lugar


def _transformar(
    contenido: Contenido, opciones: Opciones, xy: np.ndarray, filas: np.ndarray, lugar: Ubicacion
) -> tuple[np.ndarray | None, set[int]]:
    """Give the positions in lon/lat (None: no system to do it with) and the rows that are refused."""
    todas = set(filas.tolist())
    crs, origen, problemas = _elegir(contenido, opciones)
    contenido.problemas += problemas
    hallados = sistemas.candidatos(xy, opciones.caja)
    lugar.candidatos = [{**c.como_dict(), "elegido": False} for c in hallados]
    if any(p.gravedad == "error" for p in problemas):
        return None, todas
    if crs is None:
        if len(xy) or not contenido.geometrias:
            contenido.problemas.append(_sin_crs(hallados))
        return None, todas
    lugar.crs = f"{sistemas.nombre(crs)}, {origen}" + (", con los ejes invertidos" if opciones.invertir_ejes else "")
    try:
        transformacion = sistemas.transformacion(crs)
    except sistemas.CrsDesconocido as e:
        contenido.problemas.append(
            Problema(str(e), "Convierta la capa a WGS 84 en QGIS antes de cargarla.", codigo="crs_sin_operacion")
        )
        return None, todas
    if transformacion.operacion:
        lugar.operacion = transformacion.operacion
        lugar.crs += f"; cambio de datum: {transformacion.operacion}"
    xy = _despegar(xy, crs, contenido.problemas)
    lonlat = transformacion.aplicar(xy)
    fuera, nuevos = _fuera(lonlat, filas, crs, opciones, hallados)
    contenido.problemas += nuevos
    if any(p.fila is None for p in nuevos):
        return lonlat, todas
    _marcar_elegido(lugar, crs, lonlat)
    return lonlat, fuera


def _marcar_elegido(lugar: Ubicacion, crs: pyproj.CRS, lonlat: np.ndarray) -> None:
    """Put the system that was used first among the candidates."""
    codigo = f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else crs.name
    caja = _caja(lonlat)
    if caja is None:
        return
    elegido = {
        "crs": codigo,
        "nombre": crs.name,
        "centro": [round((caja[0] + caja[2]) / 2, 6), round((caja[1] + caja[3]) / 2, 6)],
        "caja": caja,
        "proporcion_dentro": 1.0,
        "zona_pegada": None,
        "invertidos": False,
    }
    elegido = next((c for c in lugar.candidatos if c["crs"] == codigo and not c["invertidos"]), elegido)
    lugar.candidatos = [{**elegido, "elegido": True}, *(c for c in lugar.candidatos if c is not elegido)]


def _elegir(contenido: Contenido, opciones: Opciones) -> tuple[pyproj.CRS | None, str, list[Problema]]:
    """Take what the person states, else what the file says; a contradiction is reported."""
    propio = contenido.crs
    if opciones.crs is None:
        return propio, contenido.crs_origen, []
    try:
        indicado = sistemas.indicado(opciones.crs)
    except sistemas.CrsDesconocido as e:
        remedio = "Escriba un código EPSG, por ejemplo EPSG:32719."
        return None, "", [Problema(str(e), remedio, codigo="crs_desconocido")]
    if propio is None:
        return indicado, "indicado por el usuario", []
    if sistemas.iguales(indicado, propio):
        return indicado, f"{contenido.crs_origen} y el usuario", []
    aviso = Problema(
        f"se indicó {sistemas.nombre(indicado)}, pero el archivo está declarado en {sistemas.nombre(propio)} "
        f"({contenido.crs_origen}); se usó lo indicado.",
        "Compruebe en el mapa que la capa cae en su lugar.",
        gravedad="aviso",
        codigo="crs_contradice",
        detalle={"indicado": sistemas.nombre(indicado), "archivo": sistemas.nombre(propio)},
    )
    return indicado, "indicado por el usuario contra lo que dice el archivo", [aviso]


def _sin_crs(hallados: list[sistemas.Candidato]) -> Problema:
    mensaje = "el archivo no dice en qué sistema de coordenadas está."
    if hallados:
        mensaje += f" Caería en la zona esperada con: {'; '.join(map(str, hallados))}."
        remedio = "Indique el sistema verdadero (un mapa de la misma fuente suele decirlo)."
        if hallados[0].invertidos:
            remedio = f"Indique el sistema y acepte invertir los ejes ({INVERTIR})."
    else:
        mensaje += " Con ninguno de los usuales en Bolivia caería en la zona esperada."
        remedio = "Pregunte a quien hizo la capa en qué sistema está e indíquelo."
    detalle = {"candidatos": [c.como_dict() for c in hallados]}
    return Problema(mensaje, remedio, codigo="sin_crs", detalle=detalle)


def _despegar(xy: np.ndarray, crs: pyproj.CRS, problemas: list[Problema]) -> np.ndarray:
    zona = sistemas.zona_pegada(xy) if crs.is_projected else None
    if zona is None or zona != sistemas.zona_de(crs):
        return xy
    problemas.append(
        Problema(
            f"las coordenadas este llevan pegado el número de zona {zona} (por ejemplo {xy[0, 0]:.1f}); se quitó.",
            gravedad="aviso",
            codigo="zona_pegada",
            detalle={"zona": zona},
        )
    )
    return sistemas.despegar(xy, zona)


def _fuera(
    lonlat: np.ndarray,
    filas: np.ndarray,
    crs: pyproj.CRS,
    opciones: Opciones,
    candidatos: list[sistemas.Candidato],
) -> tuple[set[int], list[Problema]]:
    """Report rows with any vertex outside the box: one problem for the file when they are most of it, else one each."""
    mascara = sistemas.fuera(lonlat, opciones.caja)
    malas = np.unique(filas[mascara])
    if not len(malas):
        return set(), []
    todas = len(np.unique(filas))
    if len(malas) * 2 <= todas and len(malas) <= _FILAS_UNA_A_UNA:
        return set(malas.tolist()), [
            Problema(
                f"queda fuera de la zona esperada: llega a {_lugar(lonlat[mascara & (filas == f)])}.",
                "Corrija la fila o su sistema de coordenadas.",
                int(f),
                codigo="fuera_de_bolivia",
                detalle={"caja": _caja(lonlat[filas == f])},
            )
            for f in malas
        ]
    hallados = [c for c in candidatos if c.crs != f"EPSG:{crs.to_epsg()}" or c.invertidos]
    cuantas = "todas las filas" if len(malas) == todas else f"{miles(len(malas))} de {miles(todas)} filas"
    mensaje = (
        f"{cuantas} quedan fuera de la zona esperada si se leen en {sistemas.nombre(crs)}: "
        f"van por {_lugar(lonlat)} (filas {enumerar(malas.tolist())})."
    )
    detalle = {"filas": len(malas), "caja": _caja(lonlat), "candidatos": [c.como_dict() for c in hallados]}
    codigo, remedio = (
        "fuera_de_bolivia",
        "Compruebe el sistema de coordenadas y que la capa sea la que se quiere cargar.",
    )
    if hallados and hallados[0].invertidos:
        codigo, remedio = "ejes_invertidos", f"Si es así, acepte invertir los ejes ({INVERTIR})."
        mensaje += f" Con los ejes invertidos caería así: {hallados[0]}."
    elif hallados:
        codigo, remedio = "crs_equivocado", "Indique el sistema verdadero."
        mensaje += (
            f" Sus coordenadas son de otro sistema; caería en la zona esperada con: {'; '.join(map(str, hallados))}."
        )
    return set(malas.tolist()), [Problema(mensaje, remedio, codigo=codigo, detalle=detalle)]


def _caja(lonlat: np.ndarray) -> list[float] | None:
    visibles = lonlat[np.isfinite(lonlat).all(axis=1)]
    return np.concatenate([visibles.min(axis=0), visibles.max(axis=0)]).round(6).tolist() if len(visibles) else None


def _lugar(lonlat: np.ndarray) -> str:
    caja = _caja(lonlat)
    if caja is None:
        return "coordenadas que no existen en el mundo"
    return f"longitud {caja[0]:.4f} a {caja[2]:.4f}, latitud {caja[1]:.4f} a {caja[3]:.4f}"
