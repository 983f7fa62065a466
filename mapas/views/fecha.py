"""Pages of one unit, asked as of another day."""

from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from mapas.filtros import FiltroInvalido, fecha_de
from territorio.models import UnidadTerritorial
from territorio.pasado import como_era


def a_su_fecha(vista):
    """Let a page of a unit be asked as of `?fecha=`: it is answered whole within that day, and told so (`request.fecha`)."""

    @wraps(vista)
    def al_dia(request: HttpRequest, pk: int) -> HttpResponse:
        try:
            request.fecha = fecha_de(request.GET)  # type: ignore[attr-defined]  # read by partes/fecha.html
        except FiltroInvalido as e:
            return render(request, "400.html", {"mensaje": str(e)}, status=400)
        if request.fecha is None:  # type: ignore[attr-defined]
            return vista(request, pk)
        una = get_object_or_404(UnidadTerritorial.objects.select_related("nivel", "municipio__nivel"), pk=pk)
        with como_era(una.municipio_propio, request.fecha):  # type: ignore[attr-defined]
            return vista(request, pk)

    return al_dia
