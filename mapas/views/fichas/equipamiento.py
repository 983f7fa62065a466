"""The page of a service."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from cuentas.guardia.parametros import parametros
from mapas.views.fichas.lugar import croquis_de, lugares_de
from territorio.models import EN_FUNCIONAMIENTO, Equipamiento, Metodo, Poblacion, UnidadTerritorial


@parametros()
def equipamiento(request: HttpRequest, pk: int) -> HttpResponse:
    """A service: what it is, whether it works, where it stands, whose nearest one of its sector it is."""
    uno = get_object_or_404(Equipamiento.objects.select_related("municipio__nivel", "unidad__nivel", "sector"), pk=pk)
    request.municipio = uno.municipio
    censo = Poblacion.objects.ultimo_censo(uno.municipio)
    funciona = uno.estado in EN_FUNCIONAMIENTO
    atendidas = _atendidas(uno, censo) if funciona and uno.sitio else []
    contexto = {
        "equipamiento": uno,
        "funciona": funciona,
        "lugares": lugares_de(uno),
        "croquis": croquis_de(uno),
        "atendidas": atendidas,
        "personas": sum(u.habitantes or 0 for u in atendidas),
        "estimadas": any(u.habitantes_metodo not in {None, Metodo.CENSO} for u in atendidas),
        "censo": censo,
    }
    return render(request, "equipamientos/ficha.html", contexto)


def _atendidas(uno: Equipamiento, censo: int | None) -> list[UnidadTerritorial]:
    """Base units of its municipality of which it is the nearest working service of its sector, nearest first."""
    base = UnidadTerritorial.objects.base().filter(municipio=uno.municipio)
    medidas = base.con_servicio_cercano(sector=uno.sector.codigo).con_habitantes(censo)
    suyas = [u for u in medidas if u.servicio_cercano and u.servicio_cercano["id"] == uno.pk]
    for unidad in suyas:
        unidad.km = unidad.servicio_cercano["metros"] / 1000
    return sorted(suyas, key=lambda u: (u.km, u.nombre))
