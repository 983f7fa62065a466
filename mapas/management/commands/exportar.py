"""Write a layer to a file, with the same filters as the page."""

from pathlib import Path

from django.contrib.auth.models import AnonymousUser
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import QueryDict

from mapas.capas import CAPAS
from mapas.exportacion import TIPO, exportar
from mapas.filtros import PARAMETROS, FiltroInvalido, SinMunicipio, vista_de


class Command(BaseCommand):
    help = "Exporta una capa: exportar demandas --municipio 990101 --formato geojson --salida demandas.geojson"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("capa", choices=sorted(CAPAS))
        parser.add_argument("--formato", required=True, choices=sorted(TIPO))
        parser.add_argument("--salida", required=True, type=Path)
        for nombre in PARAMETROS:
            parser.add_argument(f"--{nombre}", default="")

    def handle(self, *, capa: str, formato: str, salida: Path, **opciones) -> None:
        parametros = QueryDict(mutable=True)
        parametros.update({nombre: opciones[nombre] for nombre in PARAMETROS if opciones[nombre]})
        try:
            # Only what anybody may see leaves by this door: a file has no readers' list.
            vista = vista_de(parametros, AnonymousUser(), pregunta=CAPAS[capa].filtros)
        except FiltroInvalido as e:
            raise CommandError(str(e)) from e
        except SinMunicipio as e:
            raise CommandError("No hay ningún municipio cargado.") from e
        provisional = salida.with_name(salida.name + ".parcial")
        if not salida.parent.is_dir():
            raise CommandError(f"No existe la carpeta {salida.parent}. Créela, o elija otra en --salida.")
        with provisional.open("wb") as archivo:
            for parte in exportar(CAPAS[capa], vista, formato, parametros):
                archivo.write(parte.encode() if isinstance(parte, str) else parte)
        provisional.replace(salida)
        self.stdout.write(f"{salida}: {salida.stat().st_size:,} bytes".replace(",", "."))
