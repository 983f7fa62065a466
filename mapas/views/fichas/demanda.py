"""The page of a demand."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from cuentas.guardia.parametros import parametros
from cuentas.permisos import puede
from demandas.camino import camino_de
from demandas.models import Demanda, Hallazgo
from demandas.permisos import PUBLICAR_DEMANDA
from demandas.uniones import uniones_de
from mapas.listas import con_ultima_operacion
from mapas.views.fichas.lugar import croquis_de, lugares_de
from proyectos.models import Proyecto
from territorio.adjuntos.seccion import seccion


@parametros()
def demanda(request: HttpRequest, pk: int) -> HttpResponse:
    """A demand: how far it has come, where it is, who asks, what answers it."""
    visibles = (
        Demanda.objects.visibles_para(request.user)
        .con_personas(request.user)
        .select_related("municipio__nivel", "proponente__nivel", "sector")
    )
    una = get_object_or_404(visibles, pk=pk)
    request.municipio = una.municipio
    proyectos = Proyecto.objects.visibles_para(request.user).filter(demandas=una)
    contexto = {
        "demanda": una,
        "camino": camino_de(una, request.user),
        "puede_publicar": puede(request.user, PUBLICAR_DEMANDA, una.municipio, una),
        "adjuntos": seccion(request.user, una),
        "uniones": uniones_de(una, request.user),
        "lugares": lugares_de(una),
        "croquis": croquis_de(una),
        "rangos": sorted(una.rangos.all(), key=lambda rango: (rango.grupo != "comunidad", rango.grupo)),
        "origenes": Hallazgo.objects.visibles_para(request.user).filter(demandas=una).select_related("unidad"),
        "proyectos": con_ultima_operacion(proyectos, request.user).order_by("codigo"),
    }
    return render(request, "demandas/ficha.html", contexto)
