"""Load inhabitants by census, sex and age band."""

from functools import partial
from pathlib import Path

from django.core.management.base import CommandParser

from territorio.importacion.pedido_tabla import ComandoTabla, agregar_opciones
from territorio.importacion.poblacion import escribir, planear


class Command(ComandoTabla):
    help = "Carga habitantes por censo, sexo y edad: una cifra por fila, o columnas como hombres_0_19 y mujeres_0_19."
    planear = staticmethod(planear)
    escribir = staticmethod(escribir)

    def add_arguments(self, parser: CommandParser) -> None:
        agregar_opciones(parser, sin_municipio=True)
        parser.add_argument("--censo", type=int, metavar="AÑO", help="Censo de las filas que no lo dicen.")
        parser.add_argument("--preliminar", action="store_true", help="Las cifras son preliminares.")

    def handle(self, *, censo: int | None, preliminar: bool, simular: bool, informe: Path | None, **opciones) -> None:
        self.planear = partial(planear, censo=censo, preliminar=preliminar)
        super().handle(simular=simular, informe=informe, **opciones)
