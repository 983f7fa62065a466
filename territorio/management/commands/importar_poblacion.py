"""Load inhabitants by census, sex and age band."""

from functools import partial
from pathlib import Path

from django.core.management.base import CommandParser

from territorio.importacion.pedido_tabla import ComandoTabla
from territorio.importacion.poblacion import escribir, planear


class Command(ComandoTabla):
    help = "Carga habitantes por censo, sexo y edad: una cifra por fila, o columnas como hombres_0_19 y mujeres_0_19."
    planear = staticmethod(planear)
    escribir = staticmethod(escribir)

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--censo", type=int, metavar="AÑO", help="Censo de las filas que no lo dicen.")

    def handle(self, *, censo: int | None, simular: bool, informe: Path | None, **opciones) -> None:
        self.planear = partial(planear, censo=censo)
        super().handle(simular=simular, informe=informe, **opciones)
