"""What every format reader hands over, and how it refuses a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from territorio.importacion.lector import Problema

if TYPE_CHECKING:
    import pyproj

    from territorio.importacion.geometria import Partes

CAMPOS_MAXIMOS = 500


class ArchivoRechazado(Exception):
    """The file as a whole cannot be read; carries what to tell people."""

    def __init__(self, codigo: str, mensaje: str, remedio: str = "", *, capas: list[str] | None = None, **mas: Any):
        super().__init__(mensaje)
        self.problema = Problema(mensaje, remedio, codigo=codigo, **mas)
        self.capas = capas or []


@dataclass
class Contenido:
    """A layer as the file holds it: coordinates untouched, one geometry per row (None: none, or refused)."""

    formato: str
    capa: str
    capas: list[str]
    crs: pyproj.CRS | None = None
    crs_origen: str = ""
    codificacion: str = ""
    campos: list[str] = field(default_factory=list)
    atributos: list[dict[str, object]] = field(default_factory=list)
    geometrias: list[Partes | None] = field(default_factory=list)
    problemas: list[Problema] = field(default_factory=list)
    candidatas: dict[str, list[str]] = field(default_factory=dict)  # encoding -> samples, where the file does not say


def elegir_capa(capas: list[str], pedida: str | None) -> str:
    """Return the layer to read: the one asked for, or the only one; raises ArchivoRechazado."""
    if pedida is not None:
        if pedida in capas:
            return pedida
        iguales = [c for c in capas if c.casefold() == pedida.strip().casefold()]
        if len(iguales) == 1:
            return iguales[0]
        raise ArchivoRechazado(
            "capa_inexistente",
            f"el archivo no tiene la capa {pedida!r}; tiene: {', '.join(capas)}.",
            "Elija una de las capas nombradas.",
            capas=capas,
            detalle={"capas": capas},
        )
    if len(capas) == 1:
        return capas[0]
    raise ArchivoRechazado(
        "varias_capas",
        f"el archivo tiene {len(capas)} capas: {', '.join(capas)}.",
        "Diga cuál se carga.",
        capas=capas,
        detalle={"capas": capas},
    )


def rectangular(contenido: Contenido, campos: list[str]) -> None:
    """Give every row every field (formats without a schema leave some out); raises ArchivoRechazado if too many."""
    if len(campos) > CAMPOS_MAXIMOS:
        raise ArchivoRechazado(
            "demasiados_campos",
            f"las filas tienen {len(campos)} campos distintos; el máximo es {CAMPOS_MAXIMOS}.",
            "Exporte la capa solo con los campos que hacen falta.",
        )
    contenido.campos = campos
    contenido.atributos = [{c: valores.get(c) for c in campos} for valores in contenido.atributos]
