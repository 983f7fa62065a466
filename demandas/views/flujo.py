"""The page of each step that a person takes with a demand."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from cuentas.permisos import exigir
from cuentas.versiones import FaltaVersion, VersionVieja, cambios_desde
from demandas.camino import BOTON, EFECTO
from demandas.formularios import FormularioPasoDeDemanda
from demandas.models import Demanda
from demandas.permisos import ACCION_DEL_PASO
from demandas.services.flujo import POR_PERSONAS, PasoImposible, mover, validar_demandas
from territorio.views.publicacion import elegidas, volver_a


@login_required
@require_http_methods(["GET", "POST"])
def paso(request: HttpRequest, pk: int, hacia: str) -> HttpResponse:
    """What the step means and what it asks for; by POST, it is taken with the version that was read."""
    if hacia not in POR_PERSONAS:
        raise Http404
    visibles = Demanda.objects.visibles_para(request.user).select_related("municipio__nivel", "proponente")
    una = get_object_or_404(visibles, pk=pk)
    request.municipio = una.municipio  # type: ignore[attr-defined]  # read by the frame of the page
    exigir(request.user, ACCION_DEL_PASO[hacia], una.municipio, una)
    formulario = FormularioPasoDeDemanda(
        request.POST or None, demanda=una, hacia=hacia, initial={"version": una.version}
    )
    contexto: dict[str, Any] = {
        "demanda": una,
        "paso": BOTON[hacia],
        "efecto": EFECTO[hacia],
        "formulario": formulario,
        "sin_reuniones": "evento" in formulario.fields and not formulario.fields["evento"].queryset.exists(),
    }
    estado = 200
    if una.estado not in POR_PERSONAS[hacia]:
        contexto["impide"] = _("«%(que)s» está %(estado)s: este paso ya no corresponde.") % {
            "que": una,
            "estado": una.get_estado_display(),
        }
        estado = 409
    elif request.method == "POST":
        estado = _intentar(request, una, hacia, formulario, contexto)
        if estado == 302:
            messages.success(request, _("«%(que)s»: %(estado)s.") % {"que": una, "estado": contexto["quedo"]})
            return redirect("paginas:demanda", pk=pk)
    return render(request, "demandas/paso.html", contexto, status=estado)


def _intentar(
    request: HttpRequest,
    una: Demanda,
    hacia: str,
    formulario: FormularioPasoDeDemanda,
    contexto: dict[str, Any],
) -> int:
    """Take the step; 302 where it was taken, else the status of the page that says why not."""
    leida = request.POST.get("version", "")[:20]
    if leida == str(una.version) and not formulario.is_valid():
        return 400
    datos = formulario.datos() if formulario.is_valid() else {}
    try:
        movida = mover(por=request.user, demanda=una, hacia=hacia, version=leida, **datos)
    except ValidationError as error:
        formulario.poner_errores(error)
        return 400
    except FaltaVersion:
        contexto["impide"] = _("La página no dijo qué versión leyó. Vuelva a abrirla.")
        return 428
    except VersionVieja as error:
        una.refresh_from_db()
        cambios = cambios_desde(una, int(leida)) if leida.isascii() and leida.isdecimal() else []
        contexto |= {"otra": str(error), "cambios": cambios}
        formulario.data = {**formulario.data.dict(), "version": str(una.version)}
        return 409
    except PasoImposible as error:
        contexto["impide"] = str(error)
        return 409
    contexto["quedo"] = movida.get_estado_display()
    return 302


@login_required
@require_POST
def validar(request: HttpRequest) -> HttpResponse:
    """Validate the demands chosen in a list, all or none."""
    versiones = elegidas(request)
    if Demanda.objects.visibles_para(request.user).filter(pk__in=list(versiones)).count() < len(versiones):
        raise Http404
    try:
        validadas = validar_demandas(por=request.user, versiones=versiones)
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    except (FaltaVersion, VersionVieja, PasoImposible) as error:
        messages.warning(request, _("No se validó ninguna. %(por_que)s") % {"por_que": error})
    else:
        n = len(validadas)
        messages.success(
            request, ngettext("Se validó %(que)s.", "Se validaron %(n)s.", n) % {"n": n, "que": f"«{validadas[0]}»"}
        )
    return redirect(volver_a(request, "paginas:demandas"))
