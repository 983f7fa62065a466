"""The self-diagnosis of a community: what its groups found, written down in the workshop, and its demands."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from cuentas.guardia.parametros import entero, parametros, uno_de
from cuentas.permisos import exigir, puede
from cuentas.versiones import FaltaVersion, VersionVieja, cambios_desde
from demandas.formularios_diagnostico import FormularioDemanda, FormularioHallazgo, talleres_de
from demandas.models import Demanda, Grupo, Hallazgo, TipoDeHallazgo
from demandas.permisos import HACER_DIAGNOSTICO, PUBLICAR_DIAGNOSTICO
from demandas.services import diagnostico
from demandas.services.captura import EnvioDistinto
from territorio.models import UnidadTerritorial

SE_QUEDAN = ("tipo", "grupo", "sector", "evento")  # in a workshop the next finding is mostly of the same
_VERSION = re.compile(r"([0-9]{1,18}):([0-9]{0,9})", re.ASCII)


@require_http_methods(["GET", "POST"])
@parametros(*SE_QUEDAN)
def comunidad(request: HttpRequest, pk: int) -> HttpResponse:
    """What a community found, by kind and group; who may, adds to it without leaving the page."""
    unidad = _la_unidad(request, pk)
    if request.method == "GET":
        return render(
            request, "demandas/diagnostico/comunidad.html", _contexto(request, unidad, _vacio(request, unidad))
        )
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    exigir(request.user, HACER_DIAGNOSTICO, unidad.municipio_propio, unidad)
    formulario = FormularioHallazgo(request.POST, unidad=unidad)
    hecho = _registrar(request, unidad, formulario) if formulario.is_valid() else None
    por_partes = request.headers.get("HX-Request") == "true"
    if hecho is not None:
        se_queda = {clave: request.POST.get(clave, "")[:40] for clave in SE_QUEDAN if request.POST.get(clave)}
        if not por_partes:
            destino = reverse("demandas:autodiagnostico", args=[pk])
            return redirect(f"{destino}?{urlencode(se_queda)}#anotar")
        formulario = FormularioHallazgo(initial=se_queda, unidad=unidad)
        formulario.fields["texto"].widget.attrs["autofocus"] = True  # htmx puts the cursor there
    contexto = _contexto(request, unidad, formulario) | {"hecho": hecho}
    plantilla = "demandas/diagnostico/_cuaderno.html" if por_partes else "demandas/diagnostico/comunidad.html"
    # htmx shows only what answers 200: the errors are in the form.
    return render(request, plantilla, contexto, status=200 if hecho or por_partes else 400)


def _registrar(request: HttpRequest, unidad: UnidadTerritorial, formulario: FormularioHallazgo) -> Hallazgo | None:
    puesto = formulario.cleaned_data["puesto"]
    try:
        return diagnostico.registrar_hallazgo(
            por=request.user,
            unidad=unidad,
            puesto="siguiente" if puesto is None else puesto or None,
            envio=formulario.cleaned_data["envio"],
            **formulario.datos(),
        )
    except ValidationError as error:
        formulario.poner_errores(error)
        return None


def _vacio(request: HttpRequest, unidad: UnidadTerritorial) -> FormularioHallazgo:
    """A form that begins as the address says: of the same kind, group, sector and workshop as the one before."""
    uno_de(request.GET.get("tipo", ""), TipoDeHallazgo.values, "tipo")
    uno_de(request.GET.get("grupo", ""), Grupo.values, "grupo")
    iniciales = {
        "tipo": request.GET.get("tipo", ""),
        "grupo": request.GET.get("grupo", ""),
        "sector": entero(request.GET.get("sector", ""), "sector"),
        "evento": entero(request.GET.get("evento", ""), "evento"),
    }
    if iniciales["evento"] is None:
        iniciales["evento"] = talleres_de(unidad).order_by("-fecha", "-pk").values_list("pk", flat=True).first()
    return FormularioHallazgo(initial={k: v for k, v in iniciales.items() if v}, unidad=unidad)


def _contexto(request: HttpRequest, unidad: UnidadTerritorial, formulario: FormularioHallazgo) -> dict[str, Any]:
    demandas = Demanda.objects.visibles_para(request.user).order_by("codigo")
    hallazgos = list(
        Hallazgo.objects.visibles_para(request.user)
        .filter(unidad=unidad)
        .select_related("sector", "evento")
        .prefetch_related(Prefetch("demandas", demandas, to_attr="suyas"))
        .order_by("tipo", "grupo", "puesto", "pk")
    )
    puede_anotar = puede(request.user, HACER_DIAGNOSTICO, unidad.municipio_propio, unidad)
    puede_publicar = puede(request.user, PUBLICAR_DIAGNOSTICO, unidad.municipio_propio, unidad)
    return {
        "unidad": unidad,
        "hallazgos": hallazgos,
        "por_tipo": [_del_tipo(tipo, [h for h in hallazgos if h.tipo == tipo]) for tipo in TipoDeHallazgo],
        "frase": _frase(unidad, hallazgos),
        "huecos": diagnostico.huecos(hallazgos) if puede_anotar else [],
        "sin_publicar": sum(1 for h in hallazgos if not h.publicado),
        "formulario": formulario,
        "puede_anotar": puede_anotar,
        "puede_publicar": puede_publicar,
        "hay_talleres": talleres_de(unidad).exists(),
    }


def _del_tipo(tipo: TipoDeHallazgo, suyos: list[Hallazgo]) -> dict[str, Any]:
    """Findings of a kind by group, in the order of ranks; what nobody ranked goes last."""
    grupos = [
        {
            "grupo": grupo.label,
            "hallazgos": sorted(
                (h for h in suyos if h.grupo == grupo), key=lambda h: (h.puesto is None, h.puesto or 0, h.pk)
            ),
        }
        for grupo in Grupo
    ]
    return {
        "tipo": tipo.value,
        "nombre": diagnostico.PLURALES[tipo](2),
        "cuantos": len(suyos),
        "grupos": [g for g in grupos if g["hallazgos"]],
    }


def _frase(unidad: UnidadTerritorial, hallazgos: Sequence[Hallazgo]) -> str:
    if not hallazgos:
        return _("%(unidad)s todavía no tiene autodiagnóstico") % {"unidad": unidad.nombre}
    partes = [
        f"{n} {diagnostico.PLURALES[tipo](n)}"
        for tipo in TipoDeHallazgo
        if (n := sum(1 for h in hallazgos if h.tipo == tipo))
    ]
    demandas = len({d.pk for h in hallazgos for d in h.suyas})  # type: ignore[attr-defined]  # prefetched
    de_ahi = ngettext("de ahí salió %(n)s demanda", "de ahí salieron %(n)s demandas", demandas) % {"n": demandas}
    dicho = _("%(unidad)s: %(partes)s") % {"unidad": unidad.nombre, "partes": ", ".join(partes)}
    return f"{dicho}; {de_ahi}" if demandas else dicho


@login_required
@require_http_methods(["GET", "POST"])
def hallazgo(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct what was written, and say which demands come of it."""
    uno = _el_hallazgo(request, pk)
    iniciales = {clave: getattr(uno, clave) for clave in ("tipo", "grupo", "texto", "puesto", "version")}
    iniciales |= {"sector": uno.sector_id, "evento": uno.evento_id}
    formulario = FormularioHallazgo(
        request.POST if request.method == "POST" else None, initial=iniciales, unidad=uno.unidad, hallazgo=uno
    )
    contexto: dict[str, Any] = {"hallazgo": uno, "formulario": formulario}
    estado = 200
    if request.method == "POST":
        estado = _corregir(request, uno, formulario, contexto)
        if estado == 302:
            messages.success(request, _("Se guardó."))
            return redirect("demandas:autodiagnostico", pk=uno.unidad_id)
    contexto |= _enlaces_de(request, uno)
    return render(request, "demandas/diagnostico/hallazgo.html", contexto, status=estado)


def _corregir(request: HttpRequest, uno: Hallazgo, formulario: FormularioHallazgo, contexto: dict[str, Any]) -> int:
    """Status of the answer: 302 where it was written."""
    leida = request.POST.get("version", "")[:20]
    if leida == str(uno.version) and not formulario.is_valid():
        return 400
    cambios = (
        formulario.datos() | {"puesto": formulario.cleaned_data["puesto"] or None} if formulario.is_valid() else {}
    )
    try:
        diagnostico.corregir_hallazgo(por=request.user, hallazgo_id=uno.pk, version=leida, cambios=cambios)
    except ValidationError as error:
        formulario.poner_errores(error)
        return 400
    except FaltaVersion as error:
        formulario.add_error(None, str(error))
        return 428
    except VersionVieja as error:
        uno.refresh_from_db()
        contexto["otra"] = str(error)
        contexto["desde_entonces"] = cambios_desde(uno, int(leida)) if leida.isascii() and leida.isdecimal() else []
        formulario.data = {**formulario.data.dict(), "version": str(uno.version)}
        return 409
    return 302


def _enlaces_de(request: HttpRequest, uno: Hallazgo) -> dict[str, Any]:
    """Demands that come of the finding, and others of the same unit that might."""
    suyas = Demanda.objects.visibles_para(request.user).filter(hallazgos=uno).order_by("codigo")
    otras = Demanda.objects.visibles_para(request.user).propias().filter(proponente=uno.unidad).exclude(hallazgos=uno)
    return {"suyas": suyas, "otras": otras.order_by("codigo")[:200]}


@login_required
@require_http_methods(["GET", "POST"])
def borrar(request: HttpRequest, pk: int) -> HttpResponse:
    """What would be lost; by POST, it goes."""
    uno = _el_hallazgo(request, pk)
    contexto: dict[str, Any] = {"hallazgo": uno}
    estado = 200
    if request.method == "POST":
        try:
            diagnostico.borrar_hallazgo(por=request.user, hallazgo_id=pk, version=request.POST.get("version", "")[:20])
        except diagnostico.YaDioDemandas as error:
            contexto["impide"], estado = str(error), 409
        except VersionVieja as error:
            uno.refresh_from_db()
            contexto["otra"], estado = str(error), 409
        except FaltaVersion as error:
            contexto["otra"], estado = str(error), 428
        else:
            messages.success(request, _("Se borró «%(que)s».") % {"que": uno})
            return redirect("demandas:autodiagnostico", pk=uno.unidad_id)
    return render(request, "demandas/diagnostico/borrar.html", contexto, status=estado)


@login_required
@require_http_methods(["GET", "POST"])
def demanda(request: HttpRequest, pk: int) -> HttpResponse:
    """A demand that comes of a finding: its title, sector and group are there to be corrected."""
    uno = _el_hallazgo(request, pk)
    iniciales = {"titulo": uno.texto[: diagnostico.LARGO_DEL_TITULO], "sector": uno.sector_id, "grupo": uno.grupo}
    formulario = FormularioDemanda(request.POST if request.method == "POST" else None, initial=iniciales, hallazgo=uno)
    if request.method == "POST" and formulario.is_valid():
        try:
            hecha = diagnostico.hacer_demanda(por=request.user, hallazgo=uno, **formulario.cleaned_data)
        except ValidationError as error:
            formulario.poner_errores(error)
        except EnvioDistinto as error:
            formulario.add_error(None, str(error))
        else:
            messages.success(request, _("Se registró la demanda «%(que)s».") % {"que": hecha})
            return redirect("paginas:demanda", pk=hecha.pk)
    contexto = {"hallazgo": uno, "formulario": formulario}
    return render(request, "demandas/diagnostico/demanda.html", contexto, status=400 if formulario.errors else 200)


@login_required
@require_POST
def enlaces(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a demand comes of the finding (`enlazar`), or take it back (`quitar`)."""
    uno = _el_hallazgo(request, pk)
    pedida = request.POST.get("enlazar") or request.POST.get("quitar") or ""
    if not (pedida.isascii() and pedida.isdecimal() and len(pedida) < 19):
        messages.warning(request, _("Elija una demanda."))
        return redirect("demandas:hallazgo", pk=pk)
    suya = get_object_or_404(Demanda.objects.visibles_para(request.user), pk=int(pedida))
    try:
        if request.POST.get("enlazar"):
            diagnostico.enlazar(por=request.user, hallazgo_id=uno.pk, demanda=suya)
            messages.success(request, _("«%(demanda)s» queda unida a lo que la originó.") % {"demanda": suya})
        else:
            diagnostico.desenlazar(por=request.user, hallazgo_id=uno.pk, demanda=suya)
            messages.success(request, _("«%(demanda)s» ya no se dice que salga de aquí.") % {"demanda": suya})
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    return redirect("demandas:hallazgo", pk=pk)


@login_required
@require_POST
def publicar(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish what was found in a community (`publicar=1`), or take it back (0), as it was on the page."""
    unidad = _la_unidad(request, pk)
    exigir(request.user, PUBLICAR_DIAGNOSTICO, unidad.municipio_propio, unidad)
    elegidos = [_VERSION.fullmatch(valor) for valor in request.POST.getlist("leido")]
    quiere = {"1": True, "0": False}.get(request.POST.get("publicar", ""))
    if quiere is None or not all(elegidos):
        raise BadRequest(_("Diga si se publica o se retira: publicar=1 o publicar=0."))
    try:
        n = diagnostico.publicar_hallazgos(
            por=request.user, unidad=unidad, versiones={int(m[1]): m[2] for m in elegidos if m}, publicar=quiere
        )
    except Hallazgo.DoesNotExist as error:
        raise Http404(_("No existe.")) from error
    except (FaltaVersion, VersionVieja, ValidationError) as error:
        dicho = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        messages.warning(request, dicho)
    else:
        messages.success(
            request,
            ngettext("Se publicó %(n)s hallazgo.", "Se publicaron %(n)s hallazgos.", n) % {"n": n}
            if quiere
            else ngettext("Se retiró %(n)s hallazgo de lo público.", "Se retiraron %(n)s hallazgos de lo público.", n)
            % {"n": n},
        )
    return redirect("demandas:autodiagnostico", pk=pk)


def _la_unidad(request: HttpRequest, pk: int) -> UnidadTerritorial:
    una = get_object_or_404(UnidadTerritorial.objects.select_related("nivel", "municipio__nivel", "padre"), pk=pk)
    request.municipio = una.municipio_propio  # type: ignore[attr-defined]  # read by the frame of the page
    return una


def _el_hallazgo(request: HttpRequest, pk: int) -> Hallazgo:
    """The finding, if the reader may write it."""
    visibles = Hallazgo.objects.visibles_para(request.user).select_related(
        "unidad__nivel", "municipio__nivel", "sector"
    )
    uno = get_object_or_404(visibles, pk=pk)
    exigir(request.user, HACER_DIAGNOSTICO, uno.municipio, uno.unidad)
    request.municipio = uno.municipio  # type: ignore[attr-defined]
    return uno
