"""Load indicators: unmet basic needs and their parts, or any other."""

from functools import partial
from pathlib import Path

from django.core.management.base import CommandParser

from territorio.importacion.indicadores import escribir, planear
from territorio.importacion.pedido_tabla import ComandoTabla, agregar_opciones
from territorio.importacion.puerta import pares


class Command(ComandoTabla):
    help = "Carga indicadores: una cifra por fila (unidad, indicador, anio, valor), o columnas como nbi_12 y nbi_24."
    planear = staticmethod(planear)
    escribir = staticmethod(escribir)

    def add_arguments(self, parser: CommandParser) -> None:
        agregar_opciones(parser, sin_municipio=True)
        parser.add_argument("--anio", type=int, metavar="AÑO", help="Año de las cifras que no lo dicen.")
        parser.add_argument(
            "--indicadores",
            nargs="+",
            metavar="COLUMNA=NOMBRE:AÑO",
            help="Qué columnas son qué indicador y de qué año.",
        )
        parser.add_argument(
            "--medidas", nargs="+", metavar="NOMBRE=MEDIDA", help="porcentaje, por_mil, cantidad o indice."
        )

    def handle(self, *, anio: int | None, simular: bool, informe: Path | None, **opciones) -> None:
        self.planear = partial(
            planear, anio=anio, indicadores=pares(opciones["indicadores"]), medidas=pares(opciones["medidas"])
        )
        super().handle(simular=simular, informe=informe, **opciones)
