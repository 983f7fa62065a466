"""The process as a guide: its board, its products, and what a planner changes of them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cuentas.guardia.parametros import entero, parametros
from cuentas.permisos import exigir, puede
from cuentas.versiones import FaltaVersion
from demandas import asistencia
from demandas.formularios_proceso import FormularioAgregar, FormularioPaso, FormularioProceso, FormularioProducto
from demandas.models import Etapa, Evento, NormaLegal, Paso, Proceso, Producto
from demandas.permisos import EDITAR_PROCESO
from demandas.services import proceso as servicio
from demandas.tablero import tablero
from demandas.views.en_uso import municipio_de
from demandas.views.formulario import NEGADO, pagina_de_formulario
from territorio.adjuntos.seccion import seccion


@parametros("proceso")
def ver(request: HttpRequest) -> HttpResponse:
    """Where the municipality stands, what is missing, what comes next; then the six stages and who took part."""
    municipio = municipio_de(request)
    procesos = list(Proceso.objects.visibles_para(request.user).filter(municipio=municipio).en_curso_primero())
    contexto: dict[str, Any] = {"municipio": municipio, "puede_editar": puede(request.user, EDITAR_PROCESO, municipio)}
    pedido = entero(request.GET.get("proceso", ""), "proceso")
    if pedido is not None:
        uno = get_object_or_404(Proceso.objects.visibles_para(request.user).filter(municipio=municipio), pk=pedido)
    elif procesos:
        uno = procesos[0]
    else:
        return render(request, "demandas/proceso/sin_proceso.html", contexto)
    eventos = Evento.objects.visibles_para(request.user).filter(proceso=uno)
    contexto |= {
        "tablero": tablero(uno),
        "proceso": uno,
        "otros": [otro for otro in procesos if otro != uno],
        "asistencia": asistencia.sumar(asistencia.de_eventos(request.user, eventos.only("municipio")).values()),
        "por_tipo": eventos.por_tipo(),
        "normas": NormaLegal.objects.citables(municipio),
        "miembro": asistencia.es_de_aqui(request.user, municipio.pk),
    }
    return render(request, "demandas/proceso/tablero.html", contexto)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def nuevo(request: HttpRequest) -> HttpResponse:
    """Begin a process: its stages, steps and products come from the catalogue."""
    municipio = municipio_de(request)
    exigir(request.user, EDITAR_PROCESO, municipio)
    formulario = FormularioProceso(request.POST or None)
    if request.method == "POST" and formulario.is_valid():
        try:
            hecho = servicio.crear_proceso(por=request.user, municipio=municipio, **formulario.datos())
        except NEGADO as error:
            formulario.negado(error)
        else:
            messages.success(
                request, _("Empezó «%(que)s»: ponga fecha y responsable a cada producto.") % {"que": hecho}
            )
            return _al_tablero(hecho)
    titulo = _("Empezar un proceso de planificación")
    return pagina_de_formulario(request, formulario, titulo, _tablero_de(municipio), boton=_("Empezar"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def editar(request: HttpRequest, pk: int) -> HttpResponse:
    """The name, the period and the first day of a process."""
    uno = _visible(request, Proceso, pk, "municipio__nivel")
    _exigir(request, uno.municipio)
    inicial = {campo: getattr(uno, campo) for campo in ("nombre", "desde", "hasta", "inicio", "version")}
    formulario = FormularioProceso(request.POST or None, initial=inicial)
    if request.method == "POST" and formulario.is_valid():
        try:
            servicio.editar_proceso(por=request.user, proceso=uno, version=_version(request), **formulario.datos())
        except NEGADO as error:
            formulario.negado(error, uno)
        else:
            return _al_tablero(uno)
    return pagina_de_formulario(request, formulario, _("Editar el proceso"), _tablero_de(uno.municipio, uno))


@login_required
@require_POST
def estado(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish a process, take it back, close it or open it again."""
    uno = _visible(request, Proceso, pk, "municipio__nivel")
    _exigir(request, uno.municipio)
    version = _version(request)
    hacer = {
        "publicar": lambda: servicio.publicar_proceso(por=request.user, proceso=uno, version=version),
        "retirar": lambda: servicio.publicar_proceso(por=request.user, proceso=uno, version=version, publicar=False),
        "concluir": lambda: servicio.concluir_proceso(por=request.user, proceso=uno, version=version),
        "reabrir": lambda: servicio.reabrir_proceso(por=request.user, proceso=uno, version=version),
    }.get(request.POST.get("que", ""))
    if hacer is None:
        raise BadRequest(_("Diga qué hacer: publicar, retirar, concluir o reabrir."))
    try:
        hacer()
    except NEGADO as error:
        contexto = {"mensaje": str(error), "volver": _tablero_de(uno.municipio, uno)}
        codigo = 428 if isinstance(error, FaltaVersion) else 409
        return render(request, "demandas/proceso/no_se_pudo.html", contexto, status=codigo)
    return _al_tablero(uno)


# --- products and steps -----------------------------------------------------------------------------------------------
def producto(request: HttpRequest, pk: int) -> HttpResponse:
    """One product: who answers for it, when, in what state, and its files."""
    uno = _producto(request, pk)
    contexto = {
        "producto": uno,
        "proceso": uno.etapa.proceso,
        "adjuntos": seccion(request.user, uno),
        "puede_editar": puede(request.user, EDITAR_PROCESO, uno.municipio),
        "volver": _tablero_de(uno.municipio, uno.etapa.proceso),
    }
    return render(request, "demandas/proceso/producto.html", contexto)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def editar_producto(request: HttpRequest, pk: int) -> HttpResponse:
    uno = _producto(request, pk)
    _exigir(request, uno.municipio)
    formulario = FormularioProducto(request.POST or None, producto=uno)
    if request.method == "POST" and formulario.is_valid():
        try:
            servicio.editar_producto(
                por=request.user, producto=uno, version=_version(request), datos=formulario.datos()
            )
        except NEGADO as error:
            formulario.negado(error, uno)
        else:
            messages.success(request, _("Se guardó «%(que)s».") % {"que": formulario.cleaned_data["nombre"]})
            return redirect("demandas:producto", pk=pk)
    migas = [(_tablero_de(uno.municipio, uno.etapa.proceso), str(uno.etapa.proceso))]
    return pagina_de_formulario(request, formulario, uno.nombre, reverse("demandas:producto", args=[pk]), migas=migas)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def agregar(request: HttpRequest, pk: int) -> HttpResponse:
    """A step or a product of the municipality's own, in a stage."""
    etapa = _visible(request, Etapa, pk, "proceso__municipio__nivel")
    municipio = etapa.proceso.municipio
    _exigir(request, municipio)
    formulario = FormularioAgregar(request.POST or None, etapa=etapa)
    if request.method == "POST" and formulario.is_valid():
        datos = formulario.datos()
        try:
            if datos["que"] == "paso":
                servicio.agregar_paso(por=request.user, etapa=etapa, nombre=datos["nombre"])
            else:
                servicio.agregar_producto(
                    por=request.user,
                    etapa=etapa,
                    nombre=datos["nombre"],
                    paso=datos["paso"],
                    previsto=datos["previsto"],
                )
        except NEGADO as error:
            formulario.negado(error)
        else:
            return _al_tablero(etapa.proceso)
    titulo = _("Agregar a la etapa «%(etapa)s»") % {"etapa": etapa.nombre}
    return pagina_de_formulario(request, formulario, titulo, _tablero_de(municipio, etapa.proceso), boton=_("Agregar"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def editar_paso(request: HttpRequest, pk: int) -> HttpResponse:
    """The name of a step; the name that was read is its version."""
    uno = _visible(request, Paso, pk, "etapa__proceso__municipio__nivel")
    proceso = uno.etapa.proceso
    _exigir(request, proceso.municipio)
    formulario = FormularioPaso(request.POST or None, initial={"nombre": uno.nombre, "version": uno.nombre})
    if request.method == "POST" and formulario.is_valid():
        try:
            servicio.renombrar_paso(
                por=request.user,
                paso=uno,
                nombre=formulario.cleaned_data["nombre"],
                leido=request.POST.get("version", "")[:200],
            )
        except NEGADO as error:
            formulario.negado(error, uno)
        else:
            return _al_tablero(proceso)
    titulo = _("Paso «%(paso)s»") % {"paso": uno.nombre}
    return pagina_de_formulario(request, formulario, titulo, _tablero_de(proceso.municipio, proceso))


# --- what they share --------------------------------------------------------------------------------------------------
def _visible(request: HttpRequest, modelo, pk: int, *con: str):
    return get_object_or_404(modelo.objects.visibles_para(request.user).select_related(*con), pk=pk)


def _producto(request: HttpRequest, pk: int) -> Producto:
    uno = _visible(request, Producto, pk, "etapa__proceso__municipio__nivel", "responsable", "paso")
    request.municipio = uno.municipio  # type: ignore[attr-defined]  # read by the frame of the page
    return uno


def _exigir(request: HttpRequest, municipio) -> None:
    request.municipio = municipio  # type: ignore[attr-defined]
    exigir(request.user, EDITAR_PROCESO, municipio)


def _version(request: HttpRequest) -> str:
    return request.POST.get("version", "")[:20]


def _tablero_de(municipio, proceso: Proceso | None = None) -> str:
    consulta = f"?municipio={municipio.codigo}" + (f"&proceso={proceso.pk}" if proceso is not None else "")
    return reverse("demandas:proceso") + consulta


def _al_tablero(proceso: Proceso) -> HttpResponse:
    return redirect(_tablero_de(proceso.municipio, proceso))
