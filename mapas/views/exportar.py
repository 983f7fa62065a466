"""Download of a layer under the filters of a view: so many at once, each made whole before its first byte leaves.

A slow line then holds neither the database nor a turn, and a download that cannot be made says so instead of stopping short.
"""

import tempfile
from collections.abc import Iterable

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cuentas.guardia.esperas import con_espera
from cuentas.guardia.parametros import revisar
from cuentas.guardia.turnos import Turno
from mapas.capas import CAPAS
from mapas.exportacion import TIPO, exportar, nombre_de_archivo
from mapas.filtros import SinMunicipio, vista_de

EN_MEMORIA = 4 << 20


@require_safe
def descargar(request: HttpRequest, capa: str, formato: str) -> HttpResponse | FileResponse:
    if capa not in CAPAS or formato not in TIPO:
        raise Http404(_("No existe esa capa o ese formato."))
    declarada = CAPAS[capa]
    revisar(request.GET, declarada.parametros)
    try:
        vista = vista_de(request.GET, request.user, pregunta=declarada.filtros)
    except SinMunicipio as e:
        raise Http404(_("No hay ningún municipio cargado.")) from e
    with Turno("exportes", settings.MINKA_EXPORTES_A_LA_VEZ), con_espera(settings.MINKA_ESPERA_EXPORTE_MS):
        archivo = entero(exportar(declarada, vista, formato, request.GET))
    return FileResponse(
        archivo,
        as_attachment=True,
        filename=nombre_de_archivo(declarada, vista, formato),
        content_type=TIPO[formato],
    )


descargar.parametros = None  # type: ignore[attr-defined]  # those of its layer, which it checks


def entero(partes: Iterable[bytes | str]) -> tempfile.SpooledTemporaryFile:
    archivo = tempfile.SpooledTemporaryFile(max_size=EN_MEMORIA)  # noqa: SIM115  (closed with the answer)
    try:
        for parte in partes:
            archivo.write(parte.encode() if isinstance(parte, str) else parte)
    except BaseException:
        archivo.close()
        raise
    archivo.seek(0)
    return archivo
