"""Print the newest seal of the record of changes, to be noted where nobody who administers the server can change it."""

from django.core.management.base import BaseCommand

from cuentas.cadena import cabeza


class Command(BaseCommand):
    help = (
        "Escribe NÚMERO:HUELLA del último sello del registro de cambios. Anotado aparte, «verificar --sello» lo prueba."
    )

    def handle(self, *args, **options) -> None:
        self.stdout.write(str(cabeza()))
