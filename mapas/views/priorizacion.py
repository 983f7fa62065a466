"""The prioritisation workbench: one view of it is one address."""

import time
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cuentas.guardia.parametros import ParametroInvalido, entero, parametros
from cuentas.permisos import puede
from demandas import razones
from demandas.mesa.pedido import PARAMETROS
from demandas.models import AlcanceDePriorizacion
from demandas.permisos import EDITAR_CRITERIOS, GUARDAR_PRIORIZACION
from demandas.priorizacion import Detenida, explicar
from demandas.services.priorizacion import palabras
from mapas.contexto import municipio_en_uso
from mapas.priorizacion import tablero

DATOS_ID = "datos-mesa"
SEGUNDOS_PARA_EXPLICAR = 4.0


@require_safe
@parametros(*PARAMETROS)
def mesa(request: HttpRequest) -> HttpResponse:
    """The workbench, with the answer to what its address asks; works without script as a form and a list."""
    municipio = municipio_en_uso(request)
    if municipio is None:
        return render(request, "mapas/mapa_vacio.html")
    request.municipio = municipio  # type: ignore[attr-defined]
    puesta = tablero.poner_mesa(request.GET, municipio, request.user)
    contexto = tablero.contexto(puesta, request.user) | {
        "datos": tablero.datos(puesta),
        "datos_id": DATOS_ID,
        "puede_guardar": puede(request.user, GUARDAR_PRIORIZACION, municipio, puesta.pedido.unidad),
        "puede_criterios": puede(request.user, EDITAR_CRITERIOS, municipio),
        "alcances": AlcanceDePriorizacion.choices,
        "consulta": puesta.pedido.query(),
    }
    return render(request, "priorizacion/mesa.html", contexto)


@require_POST
@parametros()
def ver(request: HttpRequest) -> HttpResponse:
    """Turn the form, with a field for each weight and district, into the address that says the same."""
    campos = {clave: valor.strip() for clave, valor in request.POST.items() if valor.strip()}
    pesos = [f"{c.removeprefix('peso_')}:{v}" for c, v in campos.items() if c.startswith("peso_")]
    direccion = {clave: campos[clave] for clave in ("municipio", *PARAMETROS) if clave in campos and clave != "pesos"}
    for clave in ("incompatibles", "requeridas"):
        if clave in direccion:
            direccion[clave] = ";".join(filter(None, (p.strip() for p in direccion[clave].splitlines())))
    for clave, inicio in (("pisos", "piso_"), ("topes", "tope_")):
        partes = [f"{c.removeprefix(inicio)}={v}" for c, v in campos.items() if c.startswith(inicio)]
        if partes:
            direccion[clave] = ";".join(partes)
    if pesos:
        direccion["pesos"] = ",".join(pesos)
    return redirect(f"{reverse('mapas:priorizacion')}?{urlencode(direccion)}")


@require_safe
@parametros(*PARAMETROS)
def resultado(request: HttpRequest) -> JsonResponse:
    """What a rule chose, for the page to show: asked for by the rules that the browser does not compute."""
    puesta = tablero.poner_mesa(request.GET, _municipio(request), request.user)
    return JsonResponse(tablero.resultado(puesta))


@require_safe
@parametros(*PARAMETROS, "demanda")
def falta(request: HttpRequest) -> JsonResponse:
    """What would bring in one demand that is out: each sentence alone is enough."""
    puesta = tablero.poner_mesa(request.GET, _municipio(request), request.user)
    pk = entero(request.GET.get("demanda", ""), "demanda")
    if puesta.corrida is None or pk not in puesta.conjunto.por_pk:
        raise ParametroInvalido(_("Esa demanda no está en lo que se calculó."), "demanda")
    hasta = time.monotonic() + SEGUNDOS_PARA_EXPLICAR
    dichas = palabras(puesta.conjunto)
    razon = puesta.corrida.resultado.razones[pk]
    try:
        hallado = explicar(
            puesta.corrida.resultado,
            pk,
            segundos=SEGUNDOS_PARA_EXPLICAR,
            detener=lambda: time.monotonic() > hasta,
        )
        frases = razones.en_palabras(hallado, dichas)
    except Detenida:
        frases = []
    basta = razones.que_haria_falta(razon, dichas)
    return JsonResponse({"frases": frases or [basta] if basta or frases else []})


def _municipio(request: HttpRequest):
    municipio = municipio_en_uso(request)
    if municipio is None:
        raise Http404(_("Todavía no hay municipios."))
    return municipio
