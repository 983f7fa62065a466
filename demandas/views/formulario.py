"""A page that is a form: what it asks for, why nothing was written, and what another person changed meanwhile."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cuentas.versiones import FaltaVersion, VersionVieja
from demandas.formularios_base import FormularioConVersion
from territorio.services.importaciones import NoCorresponde

# What a service raises where it writes nothing; `FormularioConVersion.negado` says it in the form.
NEGADO = (ValidationError, FaltaVersion, VersionVieja, NoCorresponde)


def pagina_de_formulario(
    request: HttpRequest,
    formulario: FormularioConVersion,
    titulo: str,
    volver: str,
    *,
    boton: str = "",
    migas: Sequence[tuple[str, str]] = (),
    plantilla: str = "demandas/formulario.html",
    **mas: object,
) -> HttpResponse:
    """`volver` is where Cancel leads, `migas` (address, name) what lies above."""
    estado = 400 if formulario.estado_http == 200 and formulario.errors else formulario.estado_http
    contexto = {
        "formulario": formulario,
        "titulo": titulo,
        "volver": volver,
        "boton": boton or _("Guardar"),
        "migas": migas,
        **mas,
    }
    return render(request, plantilla, contexto, status=estado)
