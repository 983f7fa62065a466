"""The process of the invented municipality, written by the same services as anyone's."""

from __future__ import annotations

import csv
from datetime import date, time
from pathlib import Path
from typing import Any

from django.contrib.gis.geos import Point
from django.utils import timezone

from demandas.models import Actor, Demanda, EstadoEvento, EstadoProducto, Evento, Proceso, Producto
from demandas.services.actores import guardar_actor, guardar_norma
from demandas.services.eventos import anotar_asistencia, guardar_evento, publicar_evento
from demandas.services.proceso import crear_proceso, editar_producto, publicar_proceso
from territorio.models import UnidadTerritorial

NOMBRE = "Plan de desarrollo municipal 2025–2029"


def cargar_proceso(*, por, municipio: UnidadTerritorial, carpeta: Path) -> Proceso | None:
    """Load actors, norms, process, products and meetings of a folder; None where the process is there already.

    Demands of the unit and the day of a meeting are those that came from it.
    """
    if Proceso.objects.filter(municipio=municipio, nombre=NOMBRE).exists():
        return None
    todas = UnidadTerritorial.objects.del_municipio(municipio).vigentes().select_related("nivel", "municipio", "padre")
    unidades = {(una.nivel.codigo, una.codigo): una for una in todas}
    actores = {fila["nombre"]: _actor(por, municipio, fila, unidades) for fila in _filas(carpeta / "actores.csv")}
    for fila in _filas(carpeta / "normas.csv"):
        guardar_norma(por=por, municipio=municipio, datos=fila | {"fecha": _dia(fila["fecha"])})
    proceso = crear_proceso(
        por=por, municipio=municipio, nombre=NOMBRE, desde=2024, hasta=2029, inicio=date(2024, 1, 15)
    )
    for fila in _filas(carpeta / "productos.csv"):
        _producto(por, proceso, fila, actores)
    for fila in _filas(carpeta / "eventos.csv"):
        _evento(por, municipio, proceso, fila, unidades, actores)
    return publicar_proceso(por=por, proceso=proceso, version=proceso.version)


def _filas(archivo: Path) -> list[dict[str, str]]:
    with archivo.open(encoding="utf-8", newline="") as texto:
        return list(csv.DictReader(texto))


def _actor(por, municipio, fila: dict[str, str], unidades: dict[tuple[str, str], UnidadTerritorial]) -> Actor:
    datos: dict[str, Any] = {campo: fila[campo] for campo in ("tipo", "nombre", "sigla", "papel", "funciones")}
    datos["activo"] = fila["activo"] == "1"
    suyas = [unidades[nivel, codigo] for nivel, _dos, codigo in (u.partition(":") for u in fila["unidades"].split(";"))]
    return guardar_actor(por=por, municipio=municipio, datos=datos, unidades=suyas)


def _producto(por, proceso: Proceso, fila: dict[str, str], actores: dict[str, Actor]) -> None:
    uno = Producto.objects.get(etapa__proceso=proceso, etapa__numero=int(fila["etapa"]), nombre=fila["producto"])
    entregado = _dia(fila["entregado"])
    hecho = entregado is not None and entregado <= timezone.localdate()  # a clock may be behind
    datos = {
        "previsto": _dia(fila["previsto"]),
        "entregado": entregado if hecho else None,
        "estado": EstadoProducto.ENTREGADO if hecho else EstadoProducto.PENDIENTE,
        "responsable": actores[fila["responsable"]],
    }
    editar_producto(por=por, producto=uno, version=uno.version, datos=datos)


def _evento(por, municipio, proceso: Proceso, fila: dict[str, str], unidades, actores: dict[str, Actor]) -> None:
    fecha = date.fromisoformat(fila["fecha"])
    pasado = fecha <= timezone.localdate()
    unidad = unidades[fila["nivel"], fila["unidad"]]
    datos = {campo: fila[campo] for campo in ("tipo", "nombre", "lugar", "agenda", "acuerdos")} | {
        "proceso": proceso,
        "unidad": unidad,
        "punto": Point(float(fila["lon"]), float(fila["lat"]), srid=4326) if fila["lat"] else None,
        "fecha": fecha,
        "hora": time.fromisoformat(fila["hora"]) if fila["hora"] else None,
        "estado": fila["estado"] if pasado else EstadoEvento.PROGRAMADO,
    }
    presentes = [actores[nombre] for nombre in fila["actores"].split(";") if nombre]
    uno = guardar_evento(por=por, municipio=municipio, datos=datos, actores=presentes)
    if pasado and fila["asistencia"]:
        celdas = {}
        for parte in fila["asistencia"].split(";"):
            celda, _igual, personas = parte.partition("=")
            sexo, edad, calidad = celda.split("/")
            celdas[sexo, edad, calidad] = int(personas)
        uno = anotar_asistencia(por=por, evento=uno, version=uno.version, celdas=celdas)
    uno = publicar_evento(por=por, evento=uno, version=uno.version)
    _salio_de(uno)


def _salio_de(evento: Evento) -> None:
    for demanda in Demanda.objects.filter(proponente=evento.unidad, fecha=evento.fecha, evento=None):
        demanda.evento = evento
        demanda.save(update_fields=["evento"])


def _dia(texto: str) -> date | None:
    return date.fromisoformat(texto) if texto else None
