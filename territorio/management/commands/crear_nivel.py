"""Add a level of the territorial ladder that the catalogue does not have."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from territorio.models import Nivel


class Command(BaseCommand):
    help = "Agrega un nivel, por ejemplo: crear_nivel subalcaldia --sobre municipio --plural subalcaldías"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("codigo", help="Minúsculas, sin espacios ni acentos.")
        parser.add_argument("--nombre", help="Nombre que se muestra (por defecto, el código).")
        parser.add_argument("--plural", help="Nombre en plural.")
        parser.add_argument("--sobre", required=True, nargs="+", metavar="NIVEL", help="Niveles que lo contienen.")
        parser.add_argument(
            "--base", action="store_true", help="Sus unidades se cuentan como atendidas o desatendidas."
        )

    def handle(self, *, codigo: str, sobre: list[str], base: bool, **options) -> None:
        superiores = list(Nivel.objects.filter(codigo__in=sobre))
        if faltan := set(sobre) - {n.codigo for n in superiores}:
            raise CommandError(f"No existen los niveles: {', '.join(sorted(faltan))}.")
        if Nivel.objects.filter(codigo=codigo).exists():
            raise CommandError(f"El nivel «{codigo}» ya existe.")
        nombre = options["nombre"] or codigo.replace("_", " ")
        nivel = Nivel(
            codigo=codigo,
            nombre=nombre,
            nombre_plural=options["plural"] or f"{nombre}s",
            es_base=base,
            orden=max(n.orden for n in superiores) + 5,
        )
        try:
            nivel.full_clean()
        except ValidationError as e:
            raise CommandError("; ".join(f"{c}: {' '.join(m)}" for c, m in e.message_dict.items())) from e
        nivel.save()
        nivel.superiores.set(superiores)
        self.stdout.write(f"Nivel «{nivel.nombre}» creado, dentro de {', '.join(n.nombre for n in superiores)}.")
