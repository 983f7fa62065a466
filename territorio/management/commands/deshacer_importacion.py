"""Undo an import of limits as a whole."""

from pathlib import Path
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from territorio.importacion.deshacer import NoSePuedeDeshacer, deshacer
from territorio.importacion.puerta import entregar
from territorio.models import Importacion


class Command(BaseCommand):
    help = "Deshace una importación de límites entera; su UID lo dice manage.py importaciones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("uid", type=UUID, metavar="UID")
        parser.add_argument("--simular", action="store_true", help="Muestra qué cambiaría y no escribe nada.")
        parser.add_argument("--informe", type=Path, metavar="ARCHIVO.json", help="Guarda el informe completo en JSON.")

    def handle(self, *, uid: UUID, simular: bool, informe: Path | None, **options) -> None:
        importacion = Importacion.objects.filter(uid=uid).first()
        if importacion is None:
            raise CommandError(f"No hay ninguna importación {uid}. Véalas con: manage.py importaciones")
        try:
            resultado = deshacer(importacion=importacion, simulado=simular)
        except NoSePuedeDeshacer as no:
            raise CommandError("No se puede deshacer:\n" + "\n".join(f"  - {m}" for m in no.mensajes)) from no
        entregar(self, resultado, informe)
