"""Bring a backup back."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cuentas.operacion.respaldo import manifiesto
from cuentas.operacion.respaldo.postgres import Falla
from cuentas.operacion.respaldo.restaurar import restaurar


class Command(BaseCommand):
    help = "Restaura un respaldo: lo comprueba, lo carga aparte, lo verifica, y solo entonces lo pone en su lugar."
    requires_system_checks: list[str] = []  # the database may not even exist

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("archivo")
        parser.add_argument("--reemplazar", action="store_true", help="Apartar la base que hay, con otro nombre")
        parser.add_argument("--solo-revisar", action="store_true", help="Comprobar el archivo y no restaurar nada")
        parser.add_argument(
            "--aunque-no-verifique",
            action="store_true",
            help="Ponerla en su lugar aunque «verificar» halle diferencias",
        )

    def handle(self, *args, **options) -> None:
        archivo = Path(options["archivo"]).absolute()
        try:
            if options["solo_revisar"]:
                self._contar(manifiesto.revisar(archivo))
                return
            hecho = restaurar(
                archivo,
                reemplazar=options["reemplazar"],
                aunque_no_verifique=options["aunque_no_verifique"],
                decir=self.stdout.write,
            )
        except (Falla, OSError) as error:
            raise CommandError(str(error)) from error
        self._contar(hecho.manifiesto)
        if hecho.base_anterior:
            self.stdout.write(_("La base anterior se llama ahora %s; bórrela con DROP DATABASE.") % hecho.base_anterior)
        if hecho.archivos_anteriores:
            self.stdout.write(_("Los archivos anteriores están en %s.") % hecho.archivos_anteriores)
        self.stdout.write(_("Restaurada."))

    def _contar(self, dicho: manifiesto.Manifiesto) -> None:
        filas = sum(dicho.conteos.values())
        self.stdout.write(
            _("Respaldo de %(momento)s, versión %(version)s: %(filas)s filas, %(archivos)s archivos, sello %(sello)s.")
            % {
                "momento": dicho.momento,
                "version": dicho.version,
                "filas": filas,
                "archivos": len(dicho.partes) - 1,
                "sello": f"{dicho.cadena[0]}:{dicho.cadena[1]}",
            }
        )
