"""Place every unit and feature anew, from geometry, and recount the figures that rest on it."""

from django.core.management.base import BaseCommand
from django.db import transaction

from territorio import cifras, solapes
from territorio.localizacion import localizar, tablas
from territorio.models import UnidadTerritorial


class Command(BaseCommand):
    help = "Vuelve a ubicar unidades, demandas y proyectos y a contar habitantes; no cambia lo que ya estaba bien."

    def handle(self, *args, **options) -> None:
        with transaction.atomic():
            if solapes.diferencias():
                solapes.olvidar(UnidadTerritorial.objects.values_list("pk", flat=True))
        for tabla in tablas():
            modelo = tabla._meta.get_field(tabla.OBJETO).related_model
            cambios = localizar(modelo._default_manager.all())
            self.stdout.write(f"{modelo._meta.verbose_name_plural}: {len(cambios.objetos)} cambiaron de lugar")
        cifras.recalcular()
        self.stdout.write("habitantes e indicadores: contados de nuevo")
