"""The first way in: an invitation made by who runs the server."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from territorio.models import Municipio, Rol
from territorio.services.personas import invitar


class Command(BaseCommand):
    help = "Hace una invitación y muestra su enlace, que sirve una vez. Las demás las hace quien administra."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--municipio", required=True, help="Código INE, con sus ceros.")
        parser.add_argument("--rol", default=Rol.ADMINISTRADOR, choices=Rol.values)
        parser.add_argument("--nota", default="Desde el servidor", help="Para quién es.")
        parser.add_argument("--sitio", default=_sitio(), help="Dirección de Minka (%(default)s).")

    def handle(self, *, municipio: str, rol: str, nota: str, sitio: str, **options) -> None:
        unidad = Municipio.objects.filter(codigo=municipio).first()
        if unidad is None:
            raise CommandError(f"No hay un municipio con el código {municipio}.")
        try:
            invitacion, ficha = invitar(por=None, municipio=unidad, rol=rol, nota=nota)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(
            f"{Rol(rol).label.capitalize()} de {unidad.nombre}, hasta el {invitacion.vence:%d/%m/%Y %H:%M}:"
        )
        self.stdout.write(sitio.rstrip("/") + reverse("personas:invitacion", args=[ficha]))


def _sitio() -> str:
    servidor = next((s for s in settings.ALLOWED_HOSTS if not s.startswith((".", "*"))), "localhost")
    return f"https://{servidor}" if settings.PRODUCCION else "http://127.0.0.1:8000"
