"""Pages that lead people to what they look for: home, search, "where am I?", municipalities."""

from math import isfinite
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Point
from django.core.paginator import Paginator
from django.db.models import Case, F, Q, When
from django.db.models.functions import Upper
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cuentas.guardia.parametros import pagina_pedida, parametros
from demandas.models import Demanda
from mapas.contexto import municipio_en_uso
from mapas.filtros import municipios_con_datos
from mapas.listas import con_palabras, texto
from mapas.portada import cifras_de, pendientes_de
from mapas.templatetags.minka import con_nivel
from proyectos.models import Proyecto
from territorio import donde  # noqa: F401  (adds `cercanas_a` to the questions about units)
from territorio.fechas import hoy
from territorio.models import Municipio, UnidadTerritorial

RADIO_CERCANAS = 20_000  # m
CERCANAS = 8
RESULTADOS = 20


@parametros()
def inicio(request: HttpRequest) -> HttpResponse:
    """Home: the citizen's question first, then the municipality's figures, then each user's first task."""
    municipio = municipio_en_uso(request)
    if municipio is None:
        return render(request, "inicio/vacia.html")
    request.municipio = municipio
    contexto = {"cifras": cifras_de(municipio, request.user), "pendientes": pendientes_de(municipio, request.user)}
    return render(request, "inicio/inicio.html", contexto)


@parametros("q", "pagina")
def buscar(request: HttpRequest) -> HttpResponse:
    """Units by name or code, demands and projects by title; those of the municipality in use first."""
    buscado, pagina = texto(request.GET, "q"), pagina_pedida(request)
    municipio = municipio_en_uso(request)
    contexto: dict[str, Any] = {"q": buscado}
    if buscado:
        unidades = con_palabras(UnidadTerritorial.objects.all(), ("nombre", "codigo"), buscado)
        # Those that ended are found too, after all that exist.
        unidades = unidades.annotate(final=Case(When(vigencia__endswith__lte=hoy(), then=Upper("vigencia"))))
        de_aqui = Q(municipio=municipio) | Q(pk=municipio.pk) if municipio is not None else Q()
        unidades = unidades.order_by(
            F("final").desc(nulls_first=True),
            *([Case(When(de_aqui, then=0), default=1)] if de_aqui else []),
            *("nivel__orden", "nombre", "codigo"),
        )
        unidades = unidades.select_related("nivel", "padre__nivel", "municipio")
        demandas = con_palabras(Demanda.objects.visibles_para(request.user), ("titulo", "codigo"), buscado)
        proyectos = con_palabras(Proyecto.objects.visibles_para(request.user), ("nombre", "codigo"), buscado)
        if municipio is not None:
            demandas, proyectos = demandas.del_municipio(municipio), proyectos.del_municipio(municipio)
        contexto |= {
            "unidades": Paginator(unidades, RESULTADOS).get_page(pagina),
            "demandas": demandas.select_related("proponente")[:RESULTADOS],
            "demandas_n": demandas.count(),
            "proyectos": proyectos.select_related("unidad")[:RESULTADOS],
            "proyectos_n": proyectos.count(),
        }
    return render(request, "inicio/buscar.html", contexto)


@parametros("lat", "lon")
def aqui(request: HttpRequest) -> HttpResponse:
    """Units that cover a position, else the communities near it."""
    punto = posicion(request.GET.get("lat", ""), request.GET.get("lon", ""))
    if punto is None:
        problema = _("La posición no es válida: hacen falta «lat» y «lon» en grados, dentro de Bolivia.")
        return render(request, "inicio/aqui.html", {"problema": problema}, status=400)
    con_nombres = UnidadTerritorial.objects.select_related("nivel", "municipio__nivel", "padre__nivel")
    cubren = list(con_nombres.que_cubren(punto))
    contexto: dict[str, Any] = {"punto": punto, "cubren": cubren, "kilometros": RADIO_CERCANAS // 1000}
    if not any(unidad.nivel.es_base for unidad in cubren):
        base = con_nombres.base()
        contexto["cercanas"] = list(base.cercanas_a(punto, metros=RADIO_CERCANAS)[:CERCANAS])
    # Where limits overlap, several communities claim the place: all are named.
    contexto["aqui"] = " / ".join(con_nivel(unidad) for unidad in cubren if unidad.nivel == cubren[-1].nivel)
    primera = next(iter([*cubren[::-1], *contexto.get("cercanas", [])]), None)
    if primera is not None and primera.municipio_propio is not None:
        request.municipio = primera.municipio_propio
    return render(request, "inicio/aqui.html", contexto)


@parametros("q", "pagina")
def municipios(request: HttpRequest) -> HttpResponse:
    """All municipalities: those with data first."""
    buscado = texto(request.GET, "q")
    con_datos = con_palabras(municipios_con_datos().order_by("nombre"), ("nombre", "codigo"), buscado)
    todos = con_palabras(Municipio.objects.order_by("nombre", "codigo"), ("nombre", "codigo"), buscado)
    resto = Paginator(todos.exclude(pk__in=municipios_con_datos().values("pk")), 120)
    contexto = {"q": buscado, "con_datos": con_datos, "resto": resto.get_page(pagina_pedida(request))}
    return render(request, "inicio/municipios.html", contexto)


def posicion(lat: str, lon: str) -> Point | None:
    """A point of Bolivia (EPSG:4326) from two texts, None where they aren't one."""
    try:
        y, x = float(lat), float(lon)
    except ValueError:
        return None
    oeste, sur, este, norte = settings.MINKA_CAJA
    if not (isfinite(x) and isfinite(y) and oeste <= x <= este and sur <= y <= norte):
        return None
    return Point(x, y, srid=4326)
