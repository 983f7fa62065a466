"""The page of a project."""

from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from cuentas.guardia.parametros import parametros
from cuentas.permisos import puede
from demandas.models import Demanda
from mapas.views.fichas.lugar import croquis_de, lugares_de
from proyectos.models import POA, Operacion, Proyecto
from proyectos.permisos import PUBLICAR_PROYECTO
from territorio.adjuntos.seccion import seccion


@parametros()
def proyecto(request: HttpRequest, pk: int) -> HttpResponse:
    """A project: how far it has come, where it is, what it answers, what was done with its money each year."""
    visibles = Proyecto.objects.visibles_para(request.user).select_related(
        "municipio__nivel", "unidad__nivel", "sector", "pdm"
    )
    uno = get_object_or_404(visibles, pk=pk)
    request.municipio = uno.municipio
    operaciones = Operacion.objects.filter(proyecto=uno, poa__in=POA.objects.visibles_para(request.user).order_by())
    demandas = Demanda.objects.visibles_para(request.user).filter(proyectos=uno)
    contexto = {
        "proyecto": uno,
        "puede_publicar": puede(request.user, PUBLICAR_PROYECTO, uno.municipio, uno),
        "adjuntos": seccion(request.user, uno),
        "lugares": lugares_de(uno),
        "croquis": croquis_de(uno),
        "operaciones": operaciones.con_financiero().select_related("poa").order_by("poa__gestion"),
        "totales": operaciones.totales(),
        "demandas": demandas.select_related("proponente").order_by("codigo"),
        "beneficiarias": uno.beneficiarias.select_related("nivel").order_by("nivel__orden", "nombre"),
        "personas": demandas.order_by()
        .con_personas(request.user)
        .aggregate(
            de_mujeres=Sum("mujeres"), de_hombres=Sum("hombres"), reservadas=Count("pk", filter=Q(reservado=True))
        ),
    }
    return render(request, "proyectos/ficha.html", contexto)
