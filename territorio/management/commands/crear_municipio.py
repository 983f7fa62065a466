"""Begin a municipality that has no limit to load yet."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from territorio.localizacion import localizar
from territorio.models import Nivel, UnidadTerritorial


class Command(BaseCommand):
    help = "Crea un municipio sin límite; su límite se carga después con importar_limites --nivel municipio."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("codigo", help="Código INE, con sus ceros.")
        parser.add_argument("nombre")

    def handle(self, *, codigo: str, nombre: str, **options) -> None:
        nivel = Nivel.objects.get(codigo="municipio")
        if UnidadTerritorial.objects.filter(nivel=nivel, codigo=codigo).exists():
            raise CommandError(f"El municipio {codigo} ya existe.")
        unidad = UnidadTerritorial(nivel=nivel, codigo=codigo, nombre=nombre)
        try:
            unidad.full_clean()
        except ValidationError as e:
            raise CommandError("; ".join(f"{c}: {' '.join(m)}" for c, m in e.message_dict.items())) from e
        unidad.save()
        localizar(UnidadTerritorial.objects.filter(pk=unidad.pk))
        self.stdout.write(f"Municipio {nombre} ({codigo}) creado.")
