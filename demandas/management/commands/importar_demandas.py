"""Load demands from CSV, XLSX, GeoJSON or the submissions of the mobile form."""

from pathlib import Path

from django.core.management.base import CommandParser

from demandas.services.importacion import escribir, planear
from territorio.importacion.pedido_tabla import ComandoTabla, pedido_de
from territorio.importacion.puerta import entregar, numeros


class Command(ComandoTabla):
    help = "Carga demandas desde CSV, XLSX, GeoJSON o envíos de ODK y KoboToolbox; --simular no escribe."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--omitir", type=numeros, default=frozenset(), metavar="FILAS", help="Filas que no se cargan: 3,17,20-25."
        )

    def handle(self, *, simular: bool, informe: Path | None, omitir: frozenset[int], **opciones) -> None:
        pedido = pedido_de(opciones)
        plan = planear(pedido, simulado=simular)
        plan.sin(omitir)
        if plan.informe.aceptable and not simular:
            escribir(plan, pedido)
        entregar(self, plan.informe, informe)
