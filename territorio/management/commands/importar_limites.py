"""Load units and their limits from a geographic file; the same report dry (`--simular`) or written."""

from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from territorio.importacion.escritor import escribir
from territorio.importacion.lector import Opciones
from territorio.importacion.limites import SIN_CAMPO, Pedido, planear
from territorio.importacion.puerta import agregar_comunes, entregar, fecha, numeros, porcentaje
from territorio.models import EstadoLimite

NINGUNO = "-"


def _campo(dicho: str | None) -> str | None:
    """A field as named on the command line; NINGUNO leaves its destination without one."""
    return SIN_CAMPO if dicho == NINGUNO else dicho


class Command(BaseCommand):
    help = "Carga unidades territoriales y sus límites desde GeoJSON, shapefile (zip o suelto), GeoPackage o KML."

    def add_arguments(self, parser: CommandParser) -> None:
        agregar_comunes(parser)
        parser.epilog = f"Un campo «{NINGUNO}» deja ese dato sin campo: --poblacion {NINGUNO}"
        parser.add_argument(
            "--nivel", required=True, help="Nivel de las unidades: municipio, distrito, otb, comunidad…"
        )
        parser.add_argument("--municipio", help="Código INE del municipio; no hace falta para municipios y superiores.")
        parser.add_argument("--codigo", metavar="CAMPO", help="Campo del código. Sin él, se forma del nombre.")
        parser.add_argument("--nombre", metavar="CAMPO", help="Campo del nombre.")
        parser.add_argument("--padre", metavar="CAMPO", help="Campo con el código o nombre de la unidad superior.")
        parser.add_argument("--nivel-padre", metavar="NIVEL", help="Nivel de la unidad superior.")
        parser.add_argument("--poblacion", metavar="CAMPO", help="Campo de habitantes (por defecto «poblacion»).")
        parser.add_argument("--categoria", metavar="CAMPO", help="Campo de categoría (por defecto «categoria»).")
        parser.add_argument("--censo", type=int, metavar="AÑO", help="Censo al que pertenecen los habitantes.")
        parser.add_argument("--crs", help="Sistema de coordenadas del archivo, por ejemplo EPSG:32719.")
        parser.add_argument("--codificacion", help="Codificación de los textos, por ejemplo cp1252.")
        parser.add_argument("--capa", help="Capa, si el archivo trae varias.")
        parser.add_argument(
            "--fuente", default="", help="De dónde viene el límite (por defecto, el nombre del archivo)."
        )
        parser.add_argument("--norma", default="", help="Ley u ordenanza que fija el límite.")
        parser.add_argument("--vigente-desde", type=fecha, metavar="AAAA-MM-DD", help="Día desde el que rige (hoy).")
        parser.add_argument("--estado", help=f"{', '.join(EstadoLimite.values)} (por defecto, referencial).")
        parser.add_argument("--sin-geometria", action="store_true", help="Acepta unidades sin límite ni punto.")
        parser.add_argument(
            "--invertir-ejes",
            action="store_true",
            help="El archivo trae la latitud antes que la longitud (Y antes que X).",
        )
        parser.add_argument(
            "--tolerancia",
            type=porcentaje,
            default=1.0,
            metavar="%",
            help="Parte de una unidad que puede salir de su superior sin que se avise (1).",
        )
        parser.add_argument(
            "--omitir", type=numeros, default=frozenset(), metavar="FILAS", help="Filas que no se cargan: 3,17,20-25."
        )

    def handle(self, *, archivo: Path, simular: bool, informe: Path | None, **opciones) -> None:
        desde: date | None = opciones["vigente_desde"]
        pedido = Pedido(
            archivo=archivo,
            nivel=opciones["nivel"],
            municipio=opciones["municipio"],
            campo_codigo=_campo(opciones["codigo"]),
            campo_nombre=_campo(opciones["nombre"]),
            campo_padre=_campo(opciones["padre"]),
            campo_poblacion=_campo(opciones["poblacion"]),
            campo_categoria=_campo(opciones["categoria"]),
            nivel_padre=opciones["nivel_padre"],
            lectura=Opciones(
                opciones["crs"],
                opciones["codificacion"],
                opciones["capa"],
                settings.MINKA_CAJA,
                invertir_ejes=opciones["invertir_ejes"],
            ),
            fuente=opciones["fuente"],
            vigente_desde=desde,
            estado=opciones["estado"],
            norma=opciones["norma"],
            censo=opciones["censo"],
            sin_geometria=opciones["sin_geometria"],
            tolerancia=opciones["tolerancia"],
            omitidas=opciones["omitir"],
        )
        plan = planear(pedido, simulado=simular)
        if plan.informe.aceptable and not simular:
            escribir(plan, pedido)
        entregar(self, plan.informe, informe)
