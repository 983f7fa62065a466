"""Pages of the import of limits: bring a file, watch it being read, go through its report, accept, undo."""

import csv
import json
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.gis.geos import Point
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cuentas.guardia.parametros import entero, pagina_pedida, parametros, uno_de
from territorio.celdas import celda
from territorio.formularios import DESTINOS, FormularioPedido, FormularioSubida
from territorio.importacion.filas import completo
from territorio.models import EstadoImportacion, Importacion, Municipio, UnidadTerritorial
from territorio.permisos import IMPORTAR_LIMITES
from territorio.revision import Revision
from territorio.services import deposito, importaciones, marcha
from territorio.services.deposito import ArchivoRechazado
from territorio.services.importaciones import NoCorresponde, exigir_permiso, permite

FILAS_POR_PAGINA = 50
IMPORTACIONES_POR_PAGINA = 30


@login_required
@parametros("nivel", "pagina")
def lista(request: HttpRequest) -> HttpResponse:
    """The imports of a municipality and the form to begin another."""
    municipio = _municipio(request)
    exigir_permiso(request.user, municipio)
    if municipio is not None:
        request.municipio = municipio
    estado = 200
    if request.method == "POST":
        formulario = _formulario_subida(request, municipio)
        importacion = _recibir(request, formulario, municipio)
        if importacion is not None:
            return _ir(importacion)
        estado = 400
    else:
        formulario = _formulario_subida(None, municipio, request)
    propias = Importacion.objects.filter(municipio=municipio)
    if request.user.is_superuser:
        propias = Importacion.objects.filter(Q(municipio=municipio) | Q(municipio=None))
    pagina = Paginator(
        propias.defer("informe", "omitidas", "pedido").select_related("nivel", "por", "municipio"),
        IMPORTACIONES_POR_PAGINA,
    ).get_page(pagina_pedida(request))
    contexto = {"formulario": formulario, "pagina": pagina, "municipio": municipio, "maximo": deposito.maximo()}
    contexto["maximo_mb"] = settings.MINKA_IMPORTACION_MAXIMO_MB
    return render(request, "territorio/importaciones/lista.html", contexto, status=estado)


@login_required
@require_GET
@parametros("ver", "pagina", "fila")
def ver(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One import: what it is doing, its report, or what it did."""
    importacion = _importacion(request, uid)
    if importacion.en_marcha:
        return render(request, "territorio/importaciones/marcha.html", _contexto_marcha(importacion))
    contexto = _contexto_informe(request, importacion)
    if importacion.estado in {EstadoImportacion.APLICADA, EstadoImportacion.DESHECHA}:
        return render(request, "territorio/importaciones/resultado.html", contexto | {"con_mapa": False})
    return render(request, "territorio/importaciones/informe.html", contexto)


@login_required
@require_GET
def estado(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The part of the page that changes while a job works; once it is over the page is asked for again."""
    importacion = _importacion(request, uid, sin_informe=True)
    if not importacion.en_marcha:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "territorio/importaciones/_marcha.html", _contexto_marcha(importacion))


@login_required
@require_GET
def mapa(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The drawing of the last report: GeoJSON by layer, stored compressed."""
    importacion = _importacion(request, uid, sin_informe=True)
    cuerpo = deposito.mapa(importacion.uid)
    if cuerpo is None:
        raise Http404
    respuesta = HttpResponse(cuerpo, content_type="application/json", headers={"Content-Encoding": "gzip"})
    respuesta["Cache-Control"] = "private, max-age=0, must-revalidate"
    return respuesta


@login_required
@require_GET
def informe_json(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The whole report, as the command line stores it."""
    importacion = _importacion(request, uid)
    opciones = {"ensure_ascii": False, "indent": 2}
    return _descarga(JsonResponse(completo(importacion), json_dumps_params=opciones), importacion, "json")


@login_required
@require_GET
def filas_csv(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The rows of the report as a sheet."""
    importacion = _importacion(request, uid)
    respuesta = StreamingHttpResponse(_lineas_csv(Revision(importacion)), content_type="text/csv; charset=utf-8")
    return _descarga(respuesta, importacion, "csv")


@login_required
@require_POST
def leer(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Read the file again, with one answer (a button of the page) or with all of them (the form)."""
    importacion = _importacion(request, uid)
    opciones: dict[str, Any] = {}
    if "completo" in request.POST:
        formulario = FormularioPedido(request.POST, importacion=importacion)
        if not formulario.is_valid():
            contexto = _contexto_informe(request, importacion) | {"formulario": formulario, "abierto": True}
            return render(request, "territorio/importaciones/informe.html", contexto, status=400)
        opciones = formulario.opciones()
    for nombre in ("crs", "codificacion", "capa"):
        if "completo" not in request.POST and request.POST.get(nombre):
            opciones[nombre] = request.POST[nombre][:100]
    if "completo" not in request.POST and "invertir_ejes" in request.POST:
        opciones["invertir_ejes"] = request.POST["invertir_ejes"] == "si"
    fuera = Revision(importacion).con_error_puestas if request.POST.get("sin_errores") else []

    def releer() -> None:
        if fuera:
            importaciones.marcar(uid=uid, por=request.user, omitir=fuera)
        importaciones.releer(uid=uid, por=request.user, **opciones)

    return _hacer(request, importacion, releer)


@login_required
@require_POST
@parametros("ver", "pagina", "fila")
def omitir(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Take off the rows of the page that are not ticked, and put back those that are."""
    importacion = _importacion(request, uid, sin_informe=True)
    vistas, marcadas = _numeros(request, "vista"), _numeros(request, "cargar")
    try:
        hecha = importaciones.marcar(uid=uid, por=request.user, omitir=vistas - marcadas, cargar=vistas & marcadas)
    except NoCorresponde as no:
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        messages.error(request, str(no))
        return _ir(importacion)
    if not request.headers.get("HX-Request"):
        return redirect(f"{_ruta(importacion)}?{request.GET.urlencode()}#filas")
    contexto = {"importacion": hecha, "revision": Revision(hecha)}
    return render(request, "territorio/importaciones/_decidir.html", contexto)


@login_required
def aceptar(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Ask once more, naming what will be written; then have it written."""
    importacion = _importacion(request, uid, sin_informe=request.method == "POST")
    if request.method == "POST":
        huella = request.POST.get("huella", "")
        return _hacer(request, importacion, lambda: importaciones.aceptar(uid=uid, por=request.user, huella=huella))
    if not permite(importacion, "aceptar"):
        return _ir(importacion)
    contexto = {"importacion": importacion, "revision": Revision(importacion), "desde": _desde(importacion)}
    return render(request, "territorio/importaciones/aceptar.html", contexto)


@login_required
@require_POST
def descartar(request: HttpRequest, uid: UUID) -> HttpResponse:
    importacion = _importacion(request, uid, sin_informe=True)
    return _hacer(request, importacion, lambda: importaciones.descartar(uid=uid, por=request.user))


@login_required
@require_POST
def detener(request: HttpRequest, uid: UUID) -> HttpResponse:
    importacion = _importacion(request, uid, sin_informe=True)
    return _hacer(request, importacion, lambda: importaciones.cancelar(uid=uid, por=request.user))


@login_required
def deshacer(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Ask once more, naming what will be lost and what comes back; then have it undone."""
    importacion = _importacion(request, uid, sin_informe=request.method == "POST")
    if request.method == "POST":
        return _hacer(request, importacion, lambda: importaciones.pedir_deshacer(uid=uid, por=request.user))
    if not permite(importacion, "deshacer"):
        return _ir(importacion)
    cuentas = importacion.cambios.aggregate(
        nuevas=Count("pk", filter=Q(nueva=True)),
        cambiadas=Count("pk", filter=Q(nueva=False)),
    )
    impedimentos = importaciones.impedimentos(importacion)
    contexto = {"importacion": importacion, "cuentas": cuentas, "impedimentos": impedimentos}
    return render(request, "territorio/importaciones/deshacer.html", contexto)


# --- what they share --------------------------------------------------------------------------------------------------


def _importacion(request: HttpRequest, uid: UUID, *, sin_informe: bool = False) -> Importacion:
    """The import, for those who may; its municipality becomes that of the page."""
    todas = Importacion.objects.select_related("nivel", "municipio__nivel", "por", "aceptada_por")
    if sin_informe:
        todas = todas.defer("informe", "omitidas", "pedido")
    importacion = get_object_or_404(todas, uid=uid)
    exigir_permiso(request.user, importacion.municipio)
    if importacion.municipio is not None:
        request.municipio = importacion.municipio
    return importacion


def _municipio(request: HttpRequest) -> UnidadTerritorial | None:
    """The municipality named by the address, else the first where the reader may import; None on an empty database."""
    codigo = request.GET.get("municipio", "").replace("\x00", "")
    todos = Municipio.objects.select_related("nivel")
    if codigo:
        return get_object_or_404(todos, codigo=codigo[:80])
    propios = todos.filter(membresias__usuario=request.user, membresias__rol__in=IMPORTAR_LIMITES.roles)
    return propios.order_by("codigo").first() or todos.order_by("codigo").first()


def _formulario_subida(
    datos: HttpRequest | None, municipio: UnidadTerritorial | None, request: HttpRequest | None = None
) -> FormularioSubida:
    quien = (datos or request).user
    opciones = {"superiores": quien.is_superuser, "con_municipio": municipio is not None}
    if datos is None:
        return FormularioSubida(initial={"nivel": request.GET.get("nivel")}, **opciones)
    return FormularioSubida(datos.POST, datos.FILES, **opciones)


def _recibir(
    request: HttpRequest, formulario: FormularioSubida, municipio: UnidadTerritorial | None
) -> Importacion | None:
    """Store the upload; None where the form must be shown again with its errors."""
    if getattr(request, "subida_excedida", False):
        formulario.is_valid()
        formulario.errors["archivos"] = formulario.error_class([deposito.muy_grande()])
        return None
    if not formulario.is_valid():
        return None
    try:
        return importaciones.recibir(
            por=request.user,
            nivel=formulario.cleaned_data["nivel"],
            municipio=municipio,
            archivos=formulario.cleaned_data["archivos"],
            **formulario.opciones(),
        )
    except (ArchivoRechazado, NoCorresponde) as no:
        formulario.add_error("archivos", str(no))
        return None


def _hacer(request: HttpRequest, importacion: Importacion, accion: Any) -> HttpResponse:
    """Do what was asked and show the import; where its state does not allow it, say why."""
    try:
        accion()
    except NoCorresponde as no:
        messages.error(request, str(no))
    return _ir(importacion)


def _ruta(importacion: Importacion) -> str:
    return reverse("territorio:importacion", args=[importacion.uid])


def _ir(importacion: Importacion) -> HttpResponse:
    return redirect(_ruta(importacion))


def _contexto_marcha(importacion: Importacion) -> dict[str, Any]:
    callada = (timezone.now() - importacion.cambiada).total_seconds()
    if callada > marcha.SIN_LATIDO.total_seconds():
        marcha.recuperar(solo=importacion)
    espera = callada > 5 and importacion.progreso == 0 and not marcha.hay_quien_trabaje()
    return {"importacion": importacion, "nadie_trabaja": espera, "puede_detener": permite(importacion, "cancelar")}


def _contexto_informe(request: HttpRequest, importacion: Importacion) -> dict[str, Any]:
    revision = Revision(importacion)
    ver = uno_de(request.GET.get("ver", ""), [clave for clave, _nombre in _filtros()], "ver") or "todas"
    filas = revision.faltan if ver == "faltan" else revision.filas(ver)
    numero = pagina_pedida(request)
    buscada = entero(request.GET.get("fila", ""), "fila", desde=0, hasta=10**9)
    if buscada is not None and ver != "faltan":  # pressed on the map
        numero = revision.lugar_de(buscada, ver) // FILAS_POR_PAGINA + 1
    pagina = Paginator(filas, FILAS_POR_PAGINA).get_page(numero)
    contexto: dict[str, Any] = {
        "importacion": importacion,
        "revision": revision,
        "ver": ver,
        "pagina": pagina,
        "filtros": [
            (clave, nombre, revision.cuentas[clave]) for clave, nombre in _filtros() if revision.cuentas[clave]
        ],
        "puede": {que: permite(importacion, que) for que in importaciones.PERMITIDO},
        "destinos": DESTINOS,
        "candidatos": _con_lugar(revision.sugerencias.get("crs", [])) if "crs" in revision.preguntas else [],
        "con_mapa": bool(revision.cuentas["todas"] or "crs" in revision.preguntas)
        and deposito.mapa(importacion.uid) is not None,
        "textos": _textos_del_mapa(),
        "mapa_base": settings.MINKA_MAPA_BASE,
        "mapa_credito": settings.MINKA_MAPA_BASE_CREDITO,
    }
    if contexto["puede"]["releer"]:
        contexto["formulario"] = FormularioPedido(importacion=importacion)
    return contexto


def _con_lugar(candidatos: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Candidate systems, each with the names of the units in which it would place the middle of the file."""
    for candidato in candidatos:
        cubren = UnidadTerritorial.objects.que_cubren(Point(*candidato["centro"], srid=4326))
        candidato["lugar"] = ", ".join(cubren.filter(municipio=None).values_list("nombre", flat=True)[:3])
    return candidatos


def _filtros() -> list[tuple[str, str]]:
    return [
        ("todas", _("todas")),
        ("errores", _("con error")),
        ("dudas", _("con dudas")),
        ("nuevas", _("nuevas")),
        ("cambiadas", _("cambiadas")),
        ("iguales", _("iguales")),
        ("faltan", _("faltan en el archivo")),
        ("omitidas", _("no se cargan")),
    ]


def _textos_del_mapa() -> dict[str, str]:
    return {
        "municipio": _("límite del municipio"),
        "filas": _("unidades del archivo"),
        "antes": _("límites de antes"),
        "superposiciones": _("superposiciones"),
        "huecos": _("huecos"),
        "fuera": _("fuera de su superior"),
        "reparadas": _("reparaciones"),
        "faltan": _("faltan en el archivo"),
        "candidatos": _("dónde caería"),
        "fallo": _("No se pudo cargar el mapa. La tabla dice lo mismo."),
        "ver_fila": _("ver su fila"),
    }


def _desde(importacion: Importacion) -> date:
    texto = importacion.pedido.get("vigente_desde")
    return date.fromisoformat(texto) if texto else timezone.localdate()


def _numeros(request: HttpRequest, nombre: str) -> set[int]:
    return {int(n) for n in request.POST.getlist(nombre) if n.isascii() and n.isdecimal() and len(n) < 10}


class _Eco:
    """A file that gives back what is written to it: csv rows as they are made."""

    def write(self, linea: str) -> str:
        return linea


def _lineas_csv(revision: Revision) -> Iterator[str]:
    escritor = csv.writer(_Eco())
    yield "\ufeff"  # spreadsheets take it for what it is: UTF-8
    yield escritor.writerow(
        ["fila", "codigo", "nombre", "superior", "estado", "cambios", "m2", "dentro_pct", "se_carga", "dudas"]
    )
    for fila in revision.todas():
        dudas = " | ".join(f"{d['mensaje']} {d['remedio']}".strip() for d in fila.problemas)
        cambios = json.dumps(fila.cambios, ensure_ascii=False, default=str) if fila.cambios else ""
        celdas = [fila.numero, fila.codigo, fila.nombre, fila.padre, fila.estado, cambios, fila.m2, fila.dentro_pct]
        yield escritor.writerow(map(celda, [*celdas, bool(fila.se_carga), dudas]))
    for falta in revision.faltan:
        faltan = ["", falta["codigo"], falta["nombre"], "", "falta en el archivo", "", "", "", False, ""]
        yield escritor.writerow(map(celda, faltan))


def _descarga(respuesta: HttpResponse | StreamingHttpResponse, importacion: Importacion, formato: str) -> Any:
    nombre = f"importacion-{importacion.nivel.codigo}-{importacion.creada:%Y%m%d}.{formato}"
    respuesta["Content-Disposition"] = f'attachment; filename="{nombre}"'
    return respuesta
