"""What a form that publishes sends, and the page that says that somebody wrote meanwhile."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, ObjectDoesNotExist, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cuentas.versiones import FaltaVersion, VersionVieja, cambios_desde

# A row of the form: which one, and the version that was read.
_ELEGIDA = re.compile(r"([0-9]{1,18}):([0-9]{0,9})", re.ASCII)


@dataclass(frozen=True)
class Publicacion:
    """How one kind of feature is published: its service, those that the reader may see, its flag and its pages."""

    servicio: Callable[..., list]
    visibles: QuerySet
    campo: str
    lista: str
    ficha: str


def atender(request: HttpRequest, una: Publicacion) -> HttpResponse:
    """Publish (`publicar=1`) or take back (`publicar=0`) what the fields `elegida` name as id:version."""
    versiones = elegidas(request)
    publicar = {"1": True, "0": False}.get(request.POST.get("publicar", ""))
    if publicar is None:
        raise BadRequest(_("Diga si se publica o se retira: publicar=1 o publicar=0."))
    volver = volver_a(request, una.lista)
    if len(una.visibles.filter(pk__in=list(versiones))) < len(versiones):
        raise Http404(_("No existe."))
    try:
        hechas = una.servicio(por=request.user, versiones=versiones, publicar=publicar)
    except ObjectDoesNotExist as error:
        raise Http404(_("No existe.")) from error
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    except FaltaVersion as error:
        return _otra_vez(request, una, versiones, publicar, volver, error, 428)
    except VersionVieja as error:
        return _otra_vez(request, una, versiones, publicar, volver, error, 409)
    else:
        n = len(hechas)
        dicho = (
            ngettext("Se publicó %(que)s.", "Se publicaron %(n)s.", n)
            if publicar
            else ngettext("Se retiró de lo público %(que)s.", "Se retiraron %(n)s de lo público.", n)
        )
        messages.success(request, dicho % {"n": n, "que": f"«{hechas[0]}»"})
    return redirect(volver)


def elegidas(request: HttpRequest) -> dict[int, str]:
    """The rows that a form names, by id, each with the version that was read."""
    halladas = [_ELEGIDA.fullmatch(valor) for valor in request.POST.getlist("elegida")]
    if not all(halladas):
        raise BadRequest(_("No se entiende qué eligió."))
    return {int(hallada[1]): hallada[2] for hallada in halladas}


def volver_a(request: HttpRequest, lista: str) -> str:
    """The page from which the form was sent; never another host."""
    pedida = request.POST.get("volver", "")[:2000]
    propia = url_has_allowed_host_and_scheme(pedida, allowed_hosts=None) and pedida.startswith("/")
    return pedida if propia else lista


def _otra_vez(
    request: HttpRequest,
    una: Publicacion,
    versiones: dict[int, str],
    publicar: bool,
    volver: str,
    error: Exception,
    estado: int,
) -> HttpResponse:
    """What was chosen, as it stands by now and with what changed; the same button again."""
    objetos: list[Any] = list(
        una.visibles.filter(pk__in=list(versiones)).select_related("municipio__nivel").order_by("pk")
    )
    for objeto in objetos:
        leida = versiones[objeto.pk]
        objeto.cambios = cambios_desde(objeto, int(leida)) if leida and leida != str(objeto.version) else []
        objeto.cambio = leida != str(objeto.version)
        objeto.a_la_vista = getattr(objeto, una.campo)
    request.municipio = objetos[0].municipio  # type: ignore[attr-defined]
    contexto = {"objetos": objetos, "publicar": publicar, "volver": volver, "ficha": una.ficha, "mensaje": str(error)}
    return render(request, "territorio/publicacion/otra_vez.html", contexto, status=estado)
