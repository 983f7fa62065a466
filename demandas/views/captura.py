"""The page that registers a demand with one thumb, also without network, and what a phone keeps for it."""

import hashlib
import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from cuentas.guardia.parametros import parametros
from demandas.captura import recursos
from demandas.captura.avisos import avisos_de
from demandas.captura.catalogo import catalogo, contornos, municipios_donde_registra
from demandas.captura.formulario import FormularioCaptura
from demandas.captura.textos import textos
from demandas.models import Demanda
from demandas.services.captura import EnvioDistinto, registrar_demanda
from territorio.fechas import hoy
from territorio.models import ClaseDeArchivo, UnidadTerritorial
from territorio.services.archivos import ArchivoRepetido, adjuntar
from territorio.services.deposito import ArchivoRechazado

FOTOS = 12


@login_required
@parametros("unidad", "evento")
def nueva(request: HttpRequest) -> HttpResponse:
    """One question per screen; without scripts, one long form. `unidad` and `evento` come chosen."""
    municipios = municipios_donde_registra(request.user)
    municipio = _el_pedido(request, municipios)
    if municipio is None:
        return render(request, "demandas/captura/sin_rol.html", {"municipios": municipios})
    request.municipio = municipio  # type: ignore[attr-defined]
    elegidas = {"proponente": request.GET.get("unidad", "")[:18], "evento": request.GET.get("evento", "")[:18]}
    formulario = FormularioCaptura(request.POST or None, initial=elegidas, municipio=municipio, usuario=request.user)
    contexto: dict[str, Any] = {}
    if request.method == "POST" and formulario.is_valid():
        try:
            demanda, es_nueva = registrar_demanda(
                por=request.user,
                municipio=municipio,
                envio=formulario.cleaned_data["envio"],
                **formulario.contenido(),
            )
        except ValidationError as error:
            formulario.poner_errores(error)
        except EnvioDistinto as otro:
            formulario.add_error(None, str(otro))
            contexto["otra"] = otro.demanda
        else:
            _decir(request, demanda, es_nueva=es_nueva)
            return redirect("paginas:demanda", pk=demanda.pk)
    contexto |= {"formulario": formulario, "municipio": municipio, "datos": _datos(request, municipio, elegidas)}
    estado = 409 if "otra" in contexto else 400 if request.method == "POST" else 200
    return render(request, "demandas/captura/nueva.html", contexto, status=estado)


@require_safe
@parametros()
def sesion(request: HttpRequest) -> HttpResponse:
    """Who is signed in, and the mark that forms carry: asked before anything is sent, so that nobody sends for another."""
    usuario = request.user
    dicho = {
        "id": usuario.pk if usuario.is_authenticated else None,
        "cuenta": usuario.get_username(),
        "csrf": get_token(request),
        "hoy": hoy().isoformat(),
    }
    return JsonResponse(dicho, headers={"Cache-Control": "no-store"})


@require_safe
@parametros()
def datos_catalogo(request: HttpRequest) -> HttpResponse:
    municipio = _para_guardar(request)
    return _con_etiqueta(request, catalogo(municipio, request.user) if municipio else {"municipio": None})


@require_safe
@parametros()
def datos_contornos(request: HttpRequest) -> HttpResponse:
    municipio = _para_guardar(request)
    return _con_etiqueta(request, {"contornos": contornos(municipio) if municipio else []})


@require_safe
@parametros()
def manifiesto(request: HttpRequest) -> HttpResponse:
    """What makes the page one that a phone installs."""
    return JsonResponse(
        {
            "id": "/demandas/nueva/",
            "name": _("Minka: registrar demandas"),
            "short_name": "Minka",
            "lang": "es",
            "start_url": reverse("demandas:nueva"),
            "scope": "/",
            "display": "standalone",
            "background_color": "#f6f4ef",
            "theme_color": "#0b6e74",
            "icons": [
                {"src": static(f"minka/captura/icono-{lado}.png"), "sizes": f"{lado}x{lado}", "type": "image/png"}
                for lado in (192, 512)
            ]
            + [{"src": static("minka/marca.svg"), "sizes": "any", "type": "image/svg+xml"}],
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )


@require_safe
@parametros("clasico")
def obrero(request: HttpRequest) -> HttpResponse:
    """The service worker: another version whenever anything that it keeps is another. `clasico`: without modules."""
    contexto = {
        "recursos": json.dumps(recursos.direcciones()),
        "version": recursos.version(),
        "modulo": "" if request.GET.get("clasico") else static("minka/captura/envio.js"),
    }
    cuerpo = render_to_string("demandas/captura/sw.js", contexto)
    return HttpResponse(cuerpo, content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


# --- what they share --------------------------------------------------------------------------------------------------
def _el_pedido(request: HttpRequest, municipios: list[UnidadTerritorial]) -> UnidadTerritorial | None:
    """The municipality of the address, if the reader registers there; else the first where she does."""
    codigo = request.GET.get("municipio", "")
    if codigo:
        return next((uno for uno in municipios if uno.codigo == codigo), None)
    return municipios[0] if municipios else None


def _para_guardar(request: HttpRequest) -> UnidadTerritorial | None:
    if not request.user.is_authenticated:
        raise PermissionDenied(_("Entre con su cuenta."))
    return _el_pedido(request, municipios_donde_registra(request.user))


def _con_etiqueta(request: HttpRequest, dicho: dict[str, Any]) -> HttpResponse:
    """JSON that a phone which has it already does not bring again; when it was made is no content."""
    contenido = {clave: valor for clave, valor in dicho.items() if clave != "hecho"}
    huella = hashlib.sha256(json.dumps(contenido, sort_keys=True, default=str).encode()).hexdigest()[:20]
    cabeceras = {"ETag": f'W/"{huella}"', "Cache-Control": "private, no-cache"}
    if huella in request.headers.get("If-None-Match", ""):
        return HttpResponseNotModified(headers=cabeceras)
    return JsonResponse(dicho, headers=cabeceras, json_dumps_params={"ensure_ascii": False})


def _decir(request: HttpRequest, demanda: Demanda, *, es_nueva: bool) -> None:
    """Attach the photos that came with the form, and say what came of all of it."""
    guardadas, errores = 0, []
    for foto in request.FILES.getlist("fotos")[:FOTOS]:
        try:
            adjuntar(por=request.user, objeto=demanda, archivo=foto, clase=ClaseDeArchivo.FOTO)
            guardadas += 1
        except ArchivoRepetido:
            continue
        except ArchivoRechazado as no:
            errores.append(str(no))
    que = _("Se registró %(codigo)s.") if es_nueva else _("%(codigo)s ya estaba registrada.")
    frases = [que % {"codigo": demanda.codigo}]
    if guardadas:
        frases.append(ngettext("Con %(n)s foto.", "Con %(n)s fotos.", guardadas) % {"n": guardadas})
    messages.success(request, " ".join(frases))
    for aviso in [*avisos_de(demanda), *errores]:
        messages.warning(request, aviso)


def _datos(request: HttpRequest, municipio: UnidadTerritorial, elegidas: dict[str, str]) -> dict[str, Any]:
    """What the scripts of the page need to know."""
    return {
        "quien": {"id": request.user.pk, "cuenta": request.user.get_username()},
        "municipio": {"codigo": municipio.codigo, "nombre": municipio.nombre},
        "elegidas": {clave: valor for clave, valor in elegidas.items() if valor},
        "fotos": FOTOS,
        "mapa": recursos.del_mapa(),
        "textos": textos(),
    }
