"""Pages of the load of demands: bring a file, see what it would do row by row, accept it or give it up."""

import csv
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from cuentas.guardia.parametros import pagina_pedida, parametros, uno_de
from cuentas.permisos import exigir
from demandas.importacion.campos import DESTINOS
from demandas.models import CargaDeDemandas
from demandas.permisos import CARGAR_DEMANDAS
from demandas.revision_carga import VER, RevisionDeCarga
from demandas.services import cargas, marcha_cargas
from demandas.services.deposito import ADMITIDOS
from territorio.celdas import celda
from territorio.models import Municipio, UnidadTerritorial
from territorio.services.deposito import ArchivoRechazado, maximo, muy_grande
from territorio.services.importaciones import NoCorresponde
from territorio.services.marcha import hay_quien_trabaje

FILAS_POR_PAGINA = 50
CARGAS_POR_PAGINA = 30


class FormularioCarga(forms.Form):
    archivo = forms.FileField(
        label=gettext_lazy("Archivo"),
        error_messages={"required": gettext_lazy("Elija un archivo."), "empty": gettext_lazy("El archivo está vacío.")},
        help_text=gettext_lazy("XLSX, CSV, GeoJSON, o los envíos de ODK o KoboToolbox (CSV en .zip, XLSX o JSON)."),
        widget=forms.ClearableFileInput(attrs={"class": "form-control", "accept": ",".join(ADMITIDOS)}),
    )
    fuente = forms.CharField(
        label=gettext_lazy("Fuente"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("De dónde vienen. Vacío: el nombre del archivo."),
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    publicar = forms.BooleanField(
        label=gettext_lazy("Publicar lo que se cargue"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *args: Any, puede_publicar: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not puede_publicar:
            del self.fields["publicar"]


@login_required
@parametros("pagina")
def lista(request: HttpRequest) -> HttpResponse:
    """The loads of a municipality and the form to begin another."""
    municipio = municipio_pedido(request)
    exigir(request.user, CARGAR_DEMANDAS, municipio)
    request.municipio = municipio
    puede_publicar = cargas.puede_publicar(request.user, municipio)
    estado = 200
    formulario = FormularioCarga(puede_publicar=puede_publicar)
    if request.method == "POST":
        formulario = FormularioCarga(request.POST, request.FILES, puede_publicar=puede_publicar)
        if carga := _recibir(request, formulario, municipio):
            return _ir(carga)
        estado = 400
    propias = CargaDeDemandas.objects.filter(municipio=municipio).defer("informe", "omitidas", "pedido")
    contexto = {
        "formulario": formulario,
        "pagina": Paginator(propias.select_related("por"), CARGAS_POR_PAGINA).get_page(pagina_pedida(request)),
        "municipio": municipio,
        "maximo": maximo(),
        "maximo_mb": settings.MINKA_IMPORTACION_MAXIMO_MB,
        "filas_maximas": cargas.FILAS_MAXIMAS,
    }
    return render(request, "demandas/cargas/lista.html", contexto, status=estado)


@login_required
@require_GET
@parametros("ver", "pagina")
def ver(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One load: that it is being read, its report, or what it did."""
    carga = _carga(request, uid)
    if carga.estado in marcha_cargas.EN_MARCHA:
        return render(request, "demandas/cargas/marcha.html", _contexto_marcha(carga))
    revision = RevisionDeCarga(carga)
    cuales = uno_de(request.GET.get("ver", ""), VER, "ver") or "todas"
    contexto = {
        "carga": carga,
        "revision": revision,
        "ver": cuales,
        "pagina": Paginator(revision.filas(cuales), FILAS_POR_PAGINA).get_page(pagina_pedida(request)),
        "puede": {que: cargas.permite(carga, que) for que in cargas.PERMITIDO},
        "destinos": [(d, d.replace("_", " ")) for d in DESTINOS if d != "envio"],
    }
    return render(request, "demandas/cargas/informe.html", contexto)


@login_required
@require_GET
def estado(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The part of the page that changes while a job works; once it is over the page is asked for again."""
    carga = _carga(request, uid)
    if carga.estado not in marcha_cargas.EN_MARCHA:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "demandas/cargas/_marcha.html", _contexto_marcha(carga))


@login_required
@require_GET
def filas_csv(request: HttpRequest, uid: UUID) -> StreamingHttpResponse:
    """The rows of the report as a sheet."""
    carga = _carga(request, uid)
    respuesta = StreamingHttpResponse(_lineas(RevisionDeCarga(carga)), content_type="text/csv; charset=utf-8")
    respuesta["Content-Disposition"] = f'attachment; filename="carga-{carga.creada:%Y%m%d}.csv"'
    return respuesta


@login_required
@require_POST
def leer(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Read the file again, with one answer (a button of the page) or with the columns told by hand."""
    carga = _carga(request, uid)
    opciones: dict[str, Any] = {
        nombre: request.POST[nombre][:100] for nombre in ("capa", "codificacion", "crs") if request.POST.get(nombre)
    }
    if palabra := request.POST.get("palabra", "")[:60]:
        opciones["valores"] = {f"sector:{palabra}": request.POST.get("sector", "")[:10]}
    if "columnas" in request.POST:
        pares = zip(request.POST.getlist("columna"), request.POST.getlist("destino"), strict=False)
        opciones["columnas"] = {columna[:300]: destino for columna, destino in pares if destino in DESTINOS}
    return _hacer(request, carga, lambda: cargas.releer(uid=uid, por=request.user, **opciones))


@login_required
@require_POST
@parametros("ver", "pagina")
def omitir(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Take off the rows of the page that are not ticked and put back those that are; or take off all with errors."""
    carga = _carga(request, uid)
    vistas, marcadas = _numeros(request, "vista"), _numeros(request, "cargar")
    fuera = set(RevisionDeCarga(carga).errores_puestos) if "errores" in request.POST else vistas - marcadas
    cuales = f"?{request.GET.urlencode()}#filas" if request.GET else ""
    return _hacer(
        request,
        carga,
        lambda: cargas.marcar(uid=uid, por=request.user, omitir=fuera, cargar=vistas & marcadas),
        cuales,
    )


@login_required
@require_POST
def aceptar(request: HttpRequest, uid: UUID) -> HttpResponse:
    carga = _carga(request, uid)
    huella = request.POST.get("huella", "")
    return _hacer(request, carga, lambda: cargas.aceptar(uid=uid, por=request.user, huella=huella))


@login_required
@require_POST
def descartar(request: HttpRequest, uid: UUID) -> HttpResponse:
    carga = _carga(request, uid)
    return _hacer(request, carga, lambda: cargas.descartar(uid=uid, por=request.user))


# --- what they share --------------------------------------------------------------------------------------------------


def municipio_pedido(request: HttpRequest) -> UnidadTerritorial:
    """The municipality named by the address, else the first where the reader may load demands."""
    todos = Municipio.objects.select_related("nivel")
    if codigo := request.GET.get("municipio", "").replace("\x00", ""):
        return get_object_or_404(todos, codigo=codigo[:80])
    propios = todos.filter(membresias__usuario=request.user, membresias__rol__in=CARGAR_DEMANDAS.roles)
    return propios.order_by("codigo").first() or get_object_or_404(todos.order_by("codigo")[:1])


def _carga(request: HttpRequest, uid: UUID) -> CargaDeDemandas:
    """The load, for members of its municipality who may; that municipality becomes the page's."""
    visibles = CargaDeDemandas.objects.visibles_para(request.user)
    carga = get_object_or_404(visibles.select_related("municipio__nivel", "por"), uid=uid)
    exigir(request.user, CARGAR_DEMANDAS, carga.municipio)
    request.municipio = carga.municipio  # type: ignore[attr-defined]
    return carga


def _recibir(request: HttpRequest, formulario: FormularioCarga, municipio: UnidadTerritorial) -> CargaDeDemandas | None:
    """Store the upload; None where the form must be shown again with its errors."""
    if getattr(request, "subida_excedida", False):
        formulario.is_valid()
        formulario.errors["archivo"] = formulario.error_class([muy_grande()])
        return None
    if not formulario.is_valid():
        return None
    try:
        return cargas.recibir(por=request.user, municipio=municipio, **formulario.cleaned_data)
    except ArchivoRechazado as no:
        formulario.add_error("archivo", str(no))
        return None


def _hacer(request: HttpRequest, carga: CargaDeDemandas, accion: Callable[[], Any], resto: str = "") -> HttpResponse:
    """Do what was asked and show the load; where its state does not allow it, say why."""
    try:
        accion()
    except NoCorresponde as no:
        messages.error(request, str(no))
    return _ir(carga, resto)


def _ir(carga: CargaDeDemandas, resto: str = "") -> HttpResponse:
    return redirect(reverse("demandas:carga", args=[carga.uid]) + resto)


def _contexto_marcha(carga: CargaDeDemandas) -> dict[str, Any]:
    trabaja = hay_quien_trabaje()
    if not trabaja:
        marcha_cargas.recuperar()
    return {"carga": carga, "nadie_trabaja": not trabaja}


def _numeros(request: HttpRequest, nombre: str) -> set[int]:
    return {int(n) for n in request.POST.getlist(nombre) if n.isascii() and n.isdecimal() and len(n) < 10}


class _Eco:
    """A file that gives back what is written to it: csv rows as they are made."""

    def write(self, linea: str) -> str:
        return linea


def _lineas(revision: RevisionDeCarga) -> Iterator[str]:
    escritor = csv.writer(_Eco())
    yield "\ufeff"  # spreadsheets take it for what it is: UTF-8
    titulos = [_("fila"), _("código"), _("título"), _("unidad"), _("sector"), _("estado"), _("cambios"), _("se carga")]
    yield escritor.writerow([*titulos, _("avisos")])
    for fila in revision.filas():
        dudas = " | ".join(
            f"{p['campo'] + ': ' if p['campo'] else ''}{p['mensaje']} {p['remedio']}".strip() for p in fila.problemas
        )
        cambios, carga = "; ".join(fila.en_palabras), not fila.omitida and fila.estado in {"nueva", "cambiada"}
        celdas = [fila.numero, fila.codigo, fila.titulo, fila.unidad, fila.sector, fila.estado, cambios, carga, dudas]
        yield escritor.writerow(map(celda, celdas))
