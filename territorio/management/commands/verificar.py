"""Recompute from geometry what is stored, and fail on any difference."""

from collections import Counter

from django.core.management.base import BaseCommand

from territorio.verificacion import avisos, comprobaciones


class Command(BaseCommand):
    help = "Comprueba que lo guardado coincide con la geometría: localización, conservación, árbol de unidades."

    def handle(self, *args, **options) -> None:
        fallas = Counter()
        for nombre, revisar in comprobaciones():
            halladas = revisar()
            fallas[nombre] = len(halladas)
            self.stdout.write(
                f"{'FALLA' if halladas else 'bien '}  {nombre}" + (f": {len(halladas)}" if halladas else "")
            )
            for falla in halladas[:10]:
                self.stdout.write(f"         {falla}")
        for aviso in (contradicciones := avisos())[:10]:
            self.stdout.write(f"aviso  {aviso}")
        if len(contradicciones) > 10:
            self.stdout.write(f"aviso  … y {len(contradicciones) - 10} más")
        if sum(fallas.values()):
            self.stdout.write("Hay diferencias. Remedio: manage.py relocalizar")
            raise SystemExit(1)
        self.stdout.write("Todo coincide.")
