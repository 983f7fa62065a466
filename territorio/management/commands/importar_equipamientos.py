"""Load services (schools, health posts, water points) from CSV, XLSX or a geographic file."""

from functools import partial
from pathlib import Path

from django.core.management.base import CommandParser

from territorio.importacion.equipamientos import escribir, planear
from territorio.importacion.pedido_tabla import ComandoTabla


class Command(ComandoTabla):
    help = "Carga equipamientos desde CSV, XLSX o un archivo geográfico; --simular muestra el informe sin escribir."
    planear = staticmethod(planear)
    escribir = staticmethod(escribir)

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--sector", default="", help="Sector de las filas que no lo dicen: código o nombre.")
        parser.add_argument(
            "--tipo", default="", help="Qué son las filas que no lo dicen, por ejemplo: puesto de salud."
        )

    def handle(self, *, sector: str, tipo: str, simular: bool, informe: Path | None, **opciones) -> None:
        self.planear = partial(planear, sector=sector, tipo=tipo)
        super().handle(simular=simular, informe=informe, **opciones)
