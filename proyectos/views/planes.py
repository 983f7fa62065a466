"""The page of each formal step of a PDM or POA."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cuentas.permisos import exigir
from cuentas.versiones import FaltaVersion, VersionVieja
from proyectos.formularios import FormularioPaso
from proyectos.models import PDM, POA, ActoFormal
from proyectos.models import acto as actos
from proyectos.pasos import de_la_pagina, que_pasa
from proyectos.permisos import ACCION_DEL_PASO
from proyectos.services.tramite import EstadoNoPermite, QuienProponeNoAprueba, dar_paso
from territorio.services.deposito import ArchivoRechazado

MODELOS: dict[str, type[PDM] | type[POA]] = {"pdm": PDM, "poa": POA}


@login_required
@require_http_methods(["GET", "POST"])
def paso(request: HttpRequest, pk: int, documento: str, clave: str) -> HttpResponse:
    """What the step means and what it asks for; by POST, it is taken with the version that was read."""
    visibles = MODELOS[documento].objects.visibles_para(request.user).select_related("municipio__nivel")
    uno = get_object_or_404(visibles, pk=pk)
    request.municipio = uno.municipio  # type: ignore[attr-defined]  # read by the frame of the page
    exigir(request.user, ACCION_DEL_PASO[clave], uno.municipio)
    formulario = FormularioPaso(
        request.POST or None, request.FILES or None, clave=clave, initial={"version": uno.version}
    )
    contexto: dict[str, Any] = {
        "documento": uno,
        "paso": de_la_pagina(documento, clave),
        "efecto": que_pasa(documento, clave),
        "formulario": formulario,
        "ficha": f"paginas:{documento}",
    }
    estado = (
        _intentar(request, uno, clave, formulario, contexto)
        if request.method == "POST"
        else _previo(uno, clave, contexto)
    )
    if estado is None:
        messages.success(request, _("%(que)s: %(estado)s.") % {"que": uno, "estado": uno.get_estado_display()})
        return redirect(f"paginas:{documento}", pk=pk)
    return render(request, "proyectos/planes/paso.html", contexto, status=estado)


def _previo(uno: PDM | POA, clave: str, contexto: dict[str, Any]) -> int:
    """The step cannot be taken from every state: then the page says so and shows no form."""
    el_paso = actos.paso(uno._meta.model_name, clave)
    if uno.estado == el_paso.desde:
        return 200
    contexto["impide"] = _("%(que)s está %(estado)s: este paso ya no corresponde.") % {
        "que": uno,
        "estado": uno.get_estado_display(),
    }
    return 409


def _intentar(
    request: HttpRequest, uno: PDM | POA, clave: str, formulario: FormularioPaso, contexto: dict[str, Any]
) -> int | None:
    """Take the step; None where it was taken, else the status of the page that says why not."""
    leida = request.POST.get("version", "")[:20]
    # Another version is said before what is amiss in the form: what was typed may no longer stand.
    if leida and leida == str(uno.version) and not formulario.is_valid():
        return 400
    datos = formulario.datos() if formulario.is_valid() else {}
    try:
        dar_paso(por=request.user, documento=uno, clave=clave, version=leida, **datos)
    except ValidationError as error:
        formulario.poner_errores(error)
        return 400
    except ArchivoRechazado as error:
        formulario.add_error("archivo", str(error))
        return 400
    except FaltaVersion:
        contexto["impide"] = _("La página no dijo qué versión leyó. Vuelva a abrirla.")
        return 428
    except VersionVieja as error:
        uno.refresh_from_db()
        contexto |= {"otra": str(error), "desde_entonces": _desde(uno, leida)}
        formulario.data = {**formulario.data.dict(), "version": str(uno.version)}
        if _previo(uno, clave, contexto) == 200:
            contexto.pop("impide", None)
        return 409
    except EstadoNoPermite as error:
        contexto["impide"] = str(error)
        return 409
    except QuienProponeNoAprueba as error:
        contexto["impide"] = str(error)
        return 403
    return None


def _desde(uno: PDM | POA, leida: str) -> list[ActoFormal]:
    """The acts made since the version that was read; none where only the content changed."""
    if not leida.isascii() or not leida.isdecimal():
        return []
    return list(
        ActoFormal.objects.de(uno).desde_version(min(int(leida), 2**31 - 1)).select_related("por", "pdm", "poa")
    )
