"""Pages of one unit, asked as of another day."""

from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from mapas.filtros import fecha_de
from territorio.models import UnidadTerritorial
from territorio.pasado import como_era


def a_su_fecha(vista):
    """Let a page of a unit be asked as of `?fecha=`: it is answered whole within that day, and told so (`request.fecha`)."""

    @wraps(vista)
    def al_dia(request: HttpRequest, pk: int) -> HttpResponse:
        request.fecha = fecha_de(request.GET)  # type: ignore[attr-defined]  # read by partes/fecha.html
        if request.fecha is None:  # type: ignore[attr-defined]
            return vista(request, pk)
        una = get_object_or_404(UnidadTerritorial.objects.select_related("nivel", "municipio__nivel"), pk=pk)
        with como_era(una.municipio_propio, request.fecha):  # type: ignore[attr-defined]
            return vista(request, pk)

    return al_dia
