"""Recompute from geometry what is stored, prove the record of changes, and fail on any difference."""

from collections import Counter

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cuentas.cadena import Sello, comprobar_sello
from territorio.verificacion import Comprobacion, avisos, comprobaciones, remedio


class Command(BaseCommand):
    help = (
        "Comprueba que lo guardado coincide con la geometría (localización, conservación, árbol de unidades), que nadie "
        "tocó el registro de cambios y que la base de datos tiene sus permisos y disparadores."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--sello",
            action="append",
            default=[],
            metavar="NÚMERO:HUELLA",
            help="Sello que alguien anotó: prueba que nada anterior a él se reescribió ni se cortó. Puede repetirse.",
        )

    def handle(self, *, sello: list[str], **options) -> None:
        try:
            anotados = [Sello.de_texto(texto) for texto in sello]
        except ValueError as error:
            raise CommandError(str(error)) from error
        fallas = Counter[str]()
        for nombre, revisar in (*comprobaciones(), *map(_del_sello, anotados)):
            try:
                halladas = revisar()
            except PermissionError as error:  # asked as the service's role, which does not see all rows
                halladas = [str(error)]
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
        if con_fallas := [nombre for nombre, cuantas in fallas.items() if cuantas]:
            remedios = dict.fromkeys(remedio(nombre) for nombre in con_fallas)
            self.stdout.write(f"Hay diferencias. Remedio: {'; '.join(remedios)}")
            raise SystemExit(1)
        self.stdout.write("Todo coincide.")


def _del_sello(anotado: Sello) -> Comprobacion:
    def revisar() -> list[str]:
        dicho = comprobar_sello(anotado)
        return [dicho] if dicho else []

    return f"sello anotado {anotado.numero}", revisar
