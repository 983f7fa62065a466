"""Lists of demands, projects and services: search, filters, order, pages, and the download of what is seen."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cuentas.guardia.parametros import pagina_pedida, parametros
from cuentas.permisos import puede
from demandas.permisos import PUBLICAR_DEMANDA
from mapas.contexto import municipio_en_uso
from mapas.listas import (
    LISTAS,
    PUNTOS_DE_ATRASO,
    demandas_pedidas,
    equipamientos_pedidos,
    filtros_de_demandas,
    filtros_de_equipamientos,
    filtros_de_proyectos,
    proyectos_pedidos,
    texto,
    unidad_pedida,
)
from proyectos.permisos import PUBLICAR_PROYECTO

POR_PAGINA = 50


@parametros(*LISTAS["demandas"], "pagina")
def demandas(request: HttpRequest) -> HttpResponse:
    pedidas, contexto = _lista(request, demandas_pedidas, filtros_de_demandas)
    contexto["pagina"] = _pagina(request, pedidas.select_related("proponente", "sector"))
    contexto["puede_publicar"] = puede(request.user, PUBLICAR_DEMANDA, request.municipio)
    return render(request, "demandas/lista.html", contexto)


@parametros(*LISTAS["proyectos"], "pagina")
def proyectos(request: HttpRequest) -> HttpResponse:
    pedidos, contexto = _lista(request, proyectos_pedidos, filtros_de_proyectos)
    contexto["atraso_grave"] = PUNTOS_DE_ATRASO
    contexto["puede_publicar"] = puede(request.user, PUBLICAR_PROYECTO, request.municipio)
    contexto["pagina"] = _pagina(request, pedidos.select_related("unidad", "sector"))
    return render(request, "proyectos/lista.html", contexto)


@parametros(*LISTAS["equipamientos"], "pagina")
def equipamientos(request: HttpRequest) -> HttpResponse:
    pedidos, contexto = _lista(request, equipamientos_pedidos, filtros_de_equipamientos)
    contexto["pagina"] = _pagina(request, pedidos.select_related("unidad", "sector"))
    return render(request, "equipamientos/lista.html", contexto)


def _lista(request: HttpRequest, pedir, filtros):
    """The rows asked for in the municipality in use, and what the form shows."""
    municipio = municipio_en_uso(request)
    request.municipio = municipio
    pedido = request.GET.copy()
    if municipio is not None:
        pedido["municipio"] = municipio.codigo
    pedido.pop("pagina", None)
    contexto = {
        "q": texto(pedido, "q"),
        "orden": texto(pedido, "orden"),
        "filtros": filtros(pedido, municipio),
        "unidad": unidad_pedida(pedido),
        "consulta": pedido.urlencode(),
    }
    contexto["hay_filtros"] = bool(
        contexto["q"]
        or contexto["unidad"]
        or any(elegida for f in contexto["filtros"] for *_resto, elegida in f.opciones)
    )
    return pedir(pedido, request.user), contexto


def _pagina(request: HttpRequest, filas):
    return Paginator(filas, POR_PAGINA).get_page(pagina_pedida(request))
