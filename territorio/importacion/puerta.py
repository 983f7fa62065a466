"""The thin door that all import commands share: common options, the report on screen and in a file, the exit status."""

import argparse
import sys
from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from territorio.importacion.informe import Informe

FILA_MAXIMA = 1_000_000


def agregar_comunes(parser: CommandParser) -> None:
    parser.add_argument("archivo", type=Path, metavar="ARCHIVO")
    parser.add_argument("--simular", action="store_true", help="Muestra el informe y no escribe nada.")
    parser.add_argument("--informe", type=Path, metavar="ARCHIVO.json", help="Guarda el informe completo en JSON.")


def fecha(texto: str) -> date:
    """Parse an ISO date given on the command line."""
    try:
        return date.fromisoformat(texto)
    except ValueError as e:
        raise argparse.ArgumentTypeError(f"«{texto}» no es una fecha AAAA-MM-DD") from e


def porcentaje(texto: str) -> float:
    """Parse a percentage given on the command line ("2", "0,5 %")."""
    try:
        valor = float(texto.strip().removesuffix("%").replace(",", "."))
    except ValueError as e:
        raise argparse.ArgumentTypeError(f"«{texto}» no es un porcentaje") from e
    if not 0 <= valor <= 100:
        raise argparse.ArgumentTypeError(f"«{texto}» no está entre 0 y 100")
    return valor


def numeros(texto: str) -> frozenset[int]:
    """Parse row numbers and ranges of them ("3,17,20-25")."""
    filas: set[int] = set()
    for parte in filter(None, (p.strip() for p in texto.split(","))):
        desde, _, hasta = parte.partition("-")
        if not desde.isdecimal() or (hasta and not hasta.isdecimal()) or int(hasta or desde) > FILA_MAXIMA:
            raise argparse.ArgumentTypeError(f"«{parte}» no es un número de fila ni un tramo como 20-25")
        filas.update(range(int(desde), int(hasta or desde) + 1))
    return frozenset(filas)


def pares(textos: list[str] | None) -> dict[str, str]:
    """Turn `fuente=destino …` into a dict; anything else is a `CommandError`."""
    resultado = {}
    for texto in textos or []:
        fuente, igual, destino = texto.rpartition("=")
        if not igual or not fuente or not destino:
            raise CommandError(f"«{texto}» no tiene la forma fuente=destino.")
        resultado[fuente] = destino
    return resultado


def entregar(comando: BaseCommand, informe: Informe, ruta: Path | None) -> None:
    """Print the report, store it where asked, and leave with status 1 when the file was refused."""
    comando.stdout.write(informe.texto())
    if ruta is not None:
        try:
            informe.guardar(ruta)
        except OSError as e:
            raise CommandError(f"No se pudo guardar el informe en {ruta}: {e.strerror}.") from e
        comando.stdout.write(f"Informe completo: {ruta}")
    if not informe.aceptable:
        sys.exit(1)
