"""Download of a layer under the filters of a view."""

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from mapas.capas import CAPAS
from mapas.exportacion import TIPO, exportar, nombre_de_archivo
from mapas.filtros import FiltroInvalido, SinMunicipio, vista_de


def descargar(request: HttpRequest, capa: str, formato: str) -> HttpResponse | StreamingHttpResponse:
    if capa not in CAPAS or formato not in TIPO:
        raise Http404(_("No existe esa capa o ese formato."))
    declarada = CAPAS[capa]
    try:
        vista = vista_de(request.GET, request.user, pregunta=declarada.filtros)
    except FiltroInvalido as e:
        return render(request, "400.html", {"mensaje": str(e)}, status=400)
    except SinMunicipio as e:
        raise Http404(_("No hay ningún municipio cargado.")) from e
    respuesta = StreamingHttpResponse(exportar(declarada, vista, formato, request.GET), content_type=TIPO[formato])
    respuesta["Content-Disposition"] = f'attachment; filename="{nombre_de_archivo(declarada, vista, formato)}"'
    return respuesta
