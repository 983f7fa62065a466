"""What people download to fill in: the workbook and the mobile form of their municipality."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from cuentas.permisos import exigir
from demandas.importacion.plantilla import plantilla as hacer_plantilla
from demandas.odk.formulario import formulario, id_del_formulario
from demandas.permisos import CARGAR_DEMANDAS
from demandas.views.cargas import municipio_pedido

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@login_required
@require_GET
def plantilla(request: HttpRequest) -> HttpResponse:
    municipio = municipio_pedido(request)
    exigir(request.user, CARGAR_DEMANDAS, municipio)
    return _descarga(hacer_plantilla(municipio), f"demandas-{municipio.codigo}.xlsx")


@login_required
@require_GET
def formulario_odk(request: HttpRequest) -> HttpResponse:
    municipio = municipio_pedido(request)
    exigir(request.user, CARGAR_DEMANDAS, municipio)
    return _descarga(formulario(municipio), f"{id_del_formulario(municipio)}.xlsx")


def _descarga(contenido: bytes, nombre: str) -> HttpResponse:
    return HttpResponse(
        contenido, content_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{nombre}"'}
    )
