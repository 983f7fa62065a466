"""The thin door that all import commands share: common options, the report on screen and in a file, the exit status."""

import argparse
import sys
from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from territorio.importacion.informe import Informe


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
