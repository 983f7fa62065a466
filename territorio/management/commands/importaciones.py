"""List the imports of limits, newest first."""

from django.core.management.base import BaseCommand, CommandParser
from django.utils.timezone import localtime

from territorio.models import EstadoImportacion, Importacion


class Command(BaseCommand):
    help = "Lista las importaciones de límites, de la más reciente a la más antigua."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--municipio", help="Código INE: solo las de ese municipio.")
        parser.add_argument("--estado", choices=EstadoImportacion.values)
        parser.add_argument("--cuantas", type=int, default=30, metavar="N", help="Cuántas mostrar (30).")

    def handle(self, *, municipio: str | None, estado: str | None, cuantas: int, **options) -> None:
        importaciones = Importacion.objects.select_related("municipio", "nivel").defer("informe", "pedido")
        if municipio:
            importaciones = importaciones.filter(municipio__codigo=municipio)
        if estado:
            importaciones = importaciones.filter(estado=estado)
        halladas = list(importaciones[:cuantas])
        for i in halladas:
            cuando = localtime(i.deshecha or i.aplicada or i.creada)
            donde = i.municipio.nombre if i.municipio else "—"
            self.stdout.write(
                f"{i.uid}  {cuando:%d/%m/%Y %H:%M}  {i.get_estado_display():<14} {i.nivel} · {donde} · {i.archivo}"
            )
        if not halladas:
            self.stdout.write("No hay importaciones.")
