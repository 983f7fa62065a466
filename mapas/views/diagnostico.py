"""The consolidated diagnosis: its page, its workbook and its document."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cuentas.guardia.esperas import con_espera
from cuentas.guardia.parametros import pagina_pedida, parametros, uno_de
from cuentas.guardia.turnos import Turno
from cuentas.permisos import exigir, municipios_de
from demandas.models import DatoInstitucional
from demandas.permisos import VER_INSTITUCIONAL
from mapas.contexto import municipio_en_uso
from mapas.diagnostico.informe import informe
from mapas.diagnostico.libros import libro_del_diagnostico, libro_institucional
from mapas.diagnostico.matriz import comunidades_de, matriz, rejilla, totales
from mapas.diagnostico.pedido import FILTROS, VISTAS, Pedido, pedido_de
from mapas.diagnostico.tabla import matriz_html, rejilla_html
from mapas.views.mapas import conservacion_en_palabras

POR_PAGINA = 10
SUMADAS: dict[str, Callable[[], str]] = {
    "comunidades": lambda: _("Comunidades"),
    "sin": lambda: _("Sin autodiagnóstico"),
    "problemas": lambda: _("Problemas"),
    "potencialidades": lambda: _("Potencialidades"),
    "limitaciones": lambda: _("Limitaciones"),
    "aspiraciones": lambda: _("Aspiraciones"),
    "demandas": lambda: _("Demandas"),
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_safe
@parametros(*FILTROS, "ver", "pagina")
def pagina(request: HttpRequest) -> HttpResponse:
    """What all communities found: what it comes to first, then the matrix by community, or at a glance."""
    municipio = municipio_en_uso(request)
    if municipio is None:
        return render(request, "mapas/mapa_vacio.html")
    request.municipio = municipio  # type: ignore[attr-defined]  # read by the frame of the page
    pedido = pedido_de(request.GET, municipio, request.user)
    ver = uno_de(request.GET.get("ver", ""), VISTAS, "ver") or VISTAS[0]
    comunidades = comunidades_de(pedido)
    suman = totales(pedido)
    contexto: dict[str, Any] = {
        "pedido": pedido,
        "totales": suman,
        "sumas": [(nombre(), sum(f[clave] for f in suman.por_distrito)) for clave, nombre in SUMADAS.items()],
        "filtros": pedido.filtros(),
        "hay_filtros": pedido.hay_filtros,
        "ver": ver,
        "consulta": pedido.query(),
        "conservacion": conservacion_en_palabras(suman.conservacion, _("hallazgos")),
        "es_miembro": request.user.is_superuser or municipio.pk in municipios_de(request.user),
        "hay": bool(comunidades),
    }
    if ver == "rejilla":
        contexto["rejilla"] = rejilla_html(*rejilla(pedido, comunidades))
    else:
        hojas = Paginator(comunidades, POR_PAGINA).get_page(pagina_pedida(request))
        contexto |= {"pagina": hojas, "matriz": matriz_html(matriz(pedido, list(hojas)))}
    return render(request, "diagnostico/consolidado.html", contexto)


@require_safe
@parametros(*FILTROS)
def xlsx(request: HttpRequest) -> FileResponse:
    """The matrix, the findings one by one, and the totals, as a workbook."""
    pedido = _pedido(request)
    with Turno("exportes", settings.MINKA_EXPORTES_A_LA_VEZ), con_espera(settings.MINKA_ESPERA_EXPORTE_MS):
        return _archivo(libro_del_diagnostico(pedido), f"{_nombre(pedido)}.xlsx", XLSX)


@require_safe
@parametros(*FILTROS)
def docx(request: HttpRequest) -> FileResponse:
    """The diagnosis as a document to be read, with the law that it rests on."""
    pedido = _pedido(request)
    with Turno("exportes", settings.MINKA_EXPORTES_A_LA_VEZ), con_espera(settings.MINKA_ESPERA_EXPORTE_MS):
        return _archivo(informe(pedido), f"{_nombre(pedido)}.docx", DOCX)


@require_safe
@parametros()
def institucional_xlsx(request: HttpRequest) -> FileResponse:
    """Facts of the institution by year, as a workbook."""
    municipio = municipio_en_uso(request)
    if municipio is None:
        raise Http404(_("No hay ningún municipio cargado."))
    request.municipio = municipio  # type: ignore[attr-defined]
    exigir(request.user, VER_INSTITUCIONAL, municipio)
    datos = DatoInstitucional.objects.visibles_para(request.user).del_municipio(municipio)
    nombre = f"minka_{municipio.codigo}_institucional_{timezone.localdate():%Y%m%d}.xlsx"
    return _archivo(libro_institucional(municipio, list(datos)), nombre, XLSX)


def _pedido(request: HttpRequest) -> Pedido:
    municipio = municipio_en_uso(request)
    if municipio is None:
        raise Http404(_("No hay ningún municipio cargado."))
    return pedido_de(request.GET, municipio, request.user)


def _nombre(pedido: Pedido) -> str:
    return f"minka_{pedido.municipio.codigo}_diagnostico_{timezone.localdate():%Y%m%d}"


def _archivo(abierto, nombre: str, tipo: str) -> FileResponse:
    return FileResponse(abierto, as_attachment=True, filename=nombre, content_type=tipo)
