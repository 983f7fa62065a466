"""Back up the database and the uploaded files."""

from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cuentas.operacion.respaldo.guardar import respaldar
from cuentas.operacion.respaldo.postgres import Falla


class Command(BaseCommand):
    help = (
        "Guarda en un solo archivo la base de datos y los archivos subidos, con su manifiesto. "
        "No guarda SECRET_KEY ni las demás variables: guárdelas aparte. No lo cifra: por ejemplo, "
        "`gpg --encrypt --recipient CORREO ARCHIVO`."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("destino", nargs="?", help="Carpeta, o archivo .tar; si no se dice, var/respaldos")
        parser.add_argument("--conservar", type=int, metavar="N", help="Dejar en esa carpeta solo los N últimos")

    def handle(self, *args, **options) -> None:
        if options["conservar"] is not None and options["conservar"] < 1:
            raise CommandError(_("--conservar necesita un número de 1 en adelante."))
        destino = Path(options["destino"] or Path(settings.VAR_DIR) / "respaldos").absolute()
        try:
            archivo = respaldar(destino, conservar=options["conservar"])
        except (Falla, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{archivo} ({archivo.stat().st_size / 2**20:.1f} MB)")
