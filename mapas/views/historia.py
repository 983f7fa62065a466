"""How a unit came to be what it is, through time; and the ground that two units claim."""

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cuentas.guardia.parametros import pagina_pedida, parametros, uno_de
from cuentas.permisos import puede
from mapas import geometrias
from mapas.disputas import M2_MENOR, contenidos, disputas, resumen
from mapas.filtros import PARAMETROS, SinMunicipio, Vista, vista_de
from mapas.historia import historia_de
from mapas.views.mapas import conservacion_en_palabras, direccion_de_contornos
from territorio.fechas import al, hoy
from territorio.models import Motivo, UnidadTerritorial
from territorio.permisos import EDITAR_UNIDAD

POR_PAGINA = 25


@require_safe
@parametros()
def historia(request: HttpRequest, pk: int) -> HttpResponse:
    """Limits of a unit through time beside their map, its names, and what it came from."""
    una = get_object_or_404(UnidadTerritorial.objects.select_related("nivel", "municipio__nivel", "padre"), pk=pk)
    municipio = una.municipio_propio
    request.municipio = municipio  # type: ignore[attr-defined]  # read by mapas.contexto
    relato = historia_de(una, hoy())
    elegidos = [tramo.limite.pk for tramo in relato.vigentes[:2]]
    return render(
        request,
        "historia/historia.html",
        {
            "unidad": una,
            "historia": relato,
            "division": Motivo.DIVISION,
            "puede_cambiar": municipio is not None and puede(request.user, EDITAR_UNIDAD, municipio, una),
            "mapa": {
                "limites": f"/api/v1/unidades/{una.pk}/limites/",
                "elegidos": elegidos,
                "base": settings.MINKA_MAPA_BASE,
                "credito": settings.MINKA_MAPA_BASE_CREDITO,
                "fallo": _("No se pudo cargar el mapa. Los dibujos de la lista muestran lo mismo."),
            },
        },
    )


@require_safe
@parametros(*PARAMETROS, "menores", "pagina")
def lista_de_disputas(request: HttpRequest) -> HttpResponse:
    """Ground that two units of a level claim, the largest first, with what lies in it."""
    try:
        vista = vista_de(request.GET, request.user, pregunta="disputas")
    except SinMunicipio:
        return render(request, "mapas/mapa_vacio.html")
    request.municipio = vista.municipio  # type: ignore[attr-defined]
    request.fecha = vista.fecha  # type: ignore[attr-defined]
    with al(vista.fecha):
        # Before the tables of another day stand before the stored ones: a version is made of the stored rows.
        version = geometrias.resumen(municipio_id=vista.municipio.pk, nivel_id=vista.nivel.pk).version
    with vista.en_su_dia():
        return render(request, "disputas/disputas.html", _disputas(request, vista, version))


def _disputas(request: HttpRequest, vista: Vista, version: str) -> dict[str, Any]:
    todas = disputas(vista)
    menores = uno_de(request.GET.get("menores", ""), ["1"], "menores") == "1"
    mostradas = todas.filter(m2__lt=M2_MENOR) if menores else todas.filter(m2__gte=M2_MENOR)
    relacionadas = mostradas.select_related("una__unidad__nivel", "otra__unidad__nivel").defer(
        "geom", "una__geom", "otra__geom"
    )
    pagina = Paginator(relacionadas, POR_PAGINA).get_page(pagina_pedida(request))
    dentro = contenidos(list(pagina.object_list), vista)
    filas = [{"solape": solape, "dentro": dentro[solape.pk]} for solape in pagina.object_list]
    consulta = vista.query()
    lineas = [
        conservacion_en_palabras(objetos.conservacion(vista.nivel, vista.municipio), nombre)
        for objetos, nombre in ((vista.demandas, _("demandas")), (vista.proyectos, _("proyectos")))
    ]
    return {
        "vista": vista,
        "filtros": {clave: vista.opciones[clave] for clave in ("municipio", "nivel")},
        "resumen": resumen(todas),
        "menores": menores,
        "pagina": pagina,
        "filas": filas,
        "lineas": lineas,
        "consulta": consulta,
        "mapa": {
            "disputas": f"/exportar/disputas.geojson?{consulta}",
            "contornos": direccion_de_contornos(vista, version),
            "base": settings.MINKA_MAPA_BASE,
            "credito": settings.MINKA_MAPA_BASE_CREDITO,
            "fallo": _("No se pudo cargar el mapa. La lista muestra lo mismo."),
        },
    }
