"""Plans and programmes: the list, and one page for each PDM and POA."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from cuentas.guardia.parametros import pagina_pedida, parametros
from cuentas.permisos import municipios_de, puede
from mapas.contexto import municipio_en_uso
from mapas.filtros import vista_de
from mapas.preguntas import PREGUNTAS
from mapas.views.mapas import conservacion_en_bs, conservacion_en_palabras
from proyectos.models import PDM, POA, ActoFormal, Operacion, Proyecto
from proyectos.models.acto import APROBADO, PASOS
from proyectos.pasos import de_la_pagina
from proyectos.permisos import ACCION_DEL_PASO
from territorio.conservacion import Conservacion

POR_PAGINA = 50


@require_safe
@parametros()
def lista(request: HttpRequest) -> HttpResponse:
    """The plans and programmes of the municipality that the reader may see, newest first, with what waits for her."""
    municipio = municipio_en_uso(request)
    request.municipio = municipio  # type: ignore[attr-defined]
    usuario = request.user
    planes = list(PDM.objects.visibles_para(usuario).filter(municipio=municipio).select_related("municipio"))
    poas = list(POA.objects.visibles_para(usuario).filter(municipio=municipio).select_related("municipio"))
    for plan in planes:
        visibles = plan.proyectos.visibles_para(usuario).con_efecto().order_by()
        plan.suma = visibles.aggregate(cuantos=Count("pk"), costo=Sum("costo_total"))
        plan.pasos = _pasos(plan, usuario)
    for poa in poas:
        poa.suma = poa.operaciones.visibles_para(usuario).con_efecto().totales()
        poa.pasos = _pasos(poa, usuario)
    return render(request, "planes/lista.html", {"planes": planes, "poas": poas})


@require_safe
@parametros("pagina")
def pdm(request: HttpRequest, pk: int) -> HttpResponse:
    """A five-year plan: how far it has come, its projects and their cost, where they lie, and its formal acts."""
    plan = _documento(request, PDM, pk)
    proyectos = Proyecto.objects.visibles_para(request.user).filter(pdm=plan).con_efecto()
    vista = vista_de(_consulta(plan), request.user, pregunta="cobertura-pdm")
    unidades = list(vista.unidades.plan_por_unidad(proyectos))
    suma = proyectos.order_by().aggregate(cuantos=Count("pk"), costo=Sum("costo_total"), con_costo=Count("costo_total"))
    sin_lugar = proyectos.sin_ubicar().order_by().aggregate(suma=Sum("costo_total"))["suma"] or 0
    costo, ubicado = float(suma["costo"] or 0), sum(u.costo for u in unidades)
    linea_bs = Conservacion(costo, ubicado, max(costo - ubicado - float(sin_lugar), 0.0), float(sin_lugar))
    contexto = _comun(request, plan) | {
        "suma": suma,
        "sin_costo": suma["cuantos"] - suma["con_costo"],
        "sin_efecto": Proyecto.objects.visibles_para(request.user).filter(pdm=plan).count() - suma["cuantos"],
        "unidades": sorted(unidades, key=lambda u: (-u.costo, u.nombre)),
        "nivel": vista.nivel,
        "conservacion": conservacion_en_palabras(proyectos.conservacion(vista.nivel, plan.municipio), ""),
        "conservacion_bs": conservacion_en_bs(linea_bs),
        "pagina": _pagina(request, proyectos.select_related("sector", "unidad").order_by("codigo")),
    }
    return render(request, "planes/pdm.html", contexto)


@require_safe
@parametros("pagina")
def poa(request: HttpRequest, pk: int) -> HttpResponse:
    """A yearly programme: its operations with money and progress, where they lie, and its formal acts."""
    programa = _documento(request, POA, pk)
    visibles = Operacion.objects.visibles_para(request.user).filter(poa=programa)
    operaciones = visibles.con_efecto()
    vista = vista_de(_consulta(programa), request.user, pregunta="ejecucion-poa")
    figuras = PREGUNTAS["ejecucion-poa"](vista, con_rasgos=False)
    contexto = _comun(request, programa) | {
        "suma": operaciones.totales(),
        "sin_efecto": visibles.totales()["operaciones"] - operaciones.count(),
        "unidades": sorted(figuras.filas, key=lambda fila: (-fila["vigente"], fila["nombre"])),
        "nivel": vista.nivel,
        "conservacion": conservacion_en_palabras(figuras.conservacion, ""),
        "conservacion_bs": conservacion_en_bs(figuras.conservacion_bs),
        "pagina": _pagina(
            request,
            operaciones.con_financiero().select_related("proyecto__sector").order_by("proyecto__codigo"),
        ),
    }
    return render(request, "planes/poa.html", contexto)


def _documento(request: HttpRequest, modelo: type[PDM] | type[POA], pk: int) -> Any:
    """The document, if the reader may see it: a draft is none of the public's business, not even that it is there."""
    visibles = modelo.objects.visibles_para(request.user).select_related("municipio__nivel")
    uno = get_object_or_404(visibles, pk=pk)
    request.municipio = uno.municipio  # type: ignore[attr-defined]
    return uno


def _consulta(documento: PDM | POA) -> QueryDict:
    consulta = QueryDict(mutable=True)
    consulta["municipio"] = documento.municipio.codigo
    if isinstance(documento, PDM):
        consulta["pdm"] = documento.periodo
    else:
        consulta["gestion"] = str(documento.gestion)
    return consulta


def _comun(request: HttpRequest, documento: PDM | POA) -> dict[str, Any]:
    usuario = request.user
    return {
        "documento": documento,
        "actos": list(ActoFormal.objects.de(documento).select_related("por", "pdm", "poa", "archivo").reverse()),
        "es_miembro": usuario.is_superuser or documento.municipio_id in municipios_de(usuario),
        "pasos": _pasos(documento, usuario),
        "registro": _registro(documento),
    }


def _registro(documento: PDM | POA) -> str:
    """The address of the record of changes of a document, where there is such a page."""
    try:
        return reverse(f"paginas:{documento._meta.model_name}-registro", args=[documento.pk])
    except NoReverseMatch:
        return ""


def _pasos(documento: PDM | POA, usuario) -> list[dict[str, Any]]:
    """Steps that the reader may take now; `impide` where she presented what she would approve."""
    tipo = documento._meta.model_name
    suyos = [
        uno
        for uno in PASOS[tipo]
        if uno.desde == documento.estado and puede(usuario, ACCION_DEL_PASO[uno.clave], documento.municipio)
    ]
    return [
        {
            "clave": uno.clave,
            "nombre": de_la_pagina(tipo, uno.clave),
            "url": reverse(f"proyectos:{tipo}-{uno.clave}", args=[documento.pk]),
            "impide": uno.hacia == APROBADO
            and ActoFormal.objects.de(documento).exclude(desde="").last().por_id == usuario.pk,
        }
        for uno in suyos
        if uno.hacia != APROBADO or ActoFormal.objects.de(documento).exclude(desde="").exists()
    ]


def _pagina(request: HttpRequest, filas):
    return Paginator(filas, POR_PAGINA).get_page(pagina_pedida(request))
