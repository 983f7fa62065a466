"""Who takes part in the process, and the law that it rests on."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cuentas.guardia.parametros import pagina_pedida, parametros, uno_de
from cuentas.permisos import exigir, puede
from demandas.formularios_proceso import FormularioActor, FormularioNorma
from demandas.models import Actor, Evento, NormaLegal, Producto, TipoDeActor
from demandas.permisos import EDITAR_PROCESO
from demandas.services.actores import guardar_actor, guardar_norma
from demandas.unidad_escrita import sugeridas
from demandas.views.en_uso import municipio_de
from demandas.views.formulario import NEGADO, pagina_de_formulario

POR_PAGINA = 50
SITUACIONES = ("activos", "inactivos", "todos")


@parametros("q", "tipo", "situacion", "pagina")
def lista(request: HttpRequest) -> HttpResponse:
    """The actors of a municipality by type, with the territory each speaks for and what it answers for."""
    municipio = municipio_de(request)
    q = request.GET.get("q", "").strip()[:100]
    tipo = uno_de(request.GET.get("tipo", ""), TipoDeActor.values, "tipo")
    situacion = uno_de(request.GET.get("situacion", ""), SITUACIONES, "situacion") or "activos"
    actores = Actor.objects.filter(municipio=municipio).con_palabras(q)
    if tipo:
        actores = actores.filter(tipo=tipo)
    if situacion != "todos":
        actores = actores.filter(activo=situacion == "activos")
    productos = Producto.objects.visibles_para(request.user).order_by().values("pk")
    eventos = Evento.objects.visibles_para(request.user).order_by().values("pk")
    actores = actores.annotate(
        n_productos=Count("productos_a_cargo", filter=Q(productos_a_cargo__in=productos), distinct=True),
        n_eventos=Count("eventos", filter=Q(eventos__in=eventos), distinct=True),
    ).prefetch_related("unidades__nivel")
    contexto = {
        "municipio": municipio,
        "pagina": Paginator(actores.order_by("tipo", "nombre"), POR_PAGINA).get_page(pagina_pedida(request)),
        "q": q,
        "tipos": [(valor, nombre, valor == tipo) for valor, nombre in TipoDeActor.choices],
        "situacion": situacion,
        "hay_filtros": bool(q or tipo or situacion != "activos"),
        "puede_editar": puede(request.user, EDITAR_PROCESO, municipio),
    }
    return render(request, "demandas/proceso/actores.html", contexto)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def nuevo(request: HttpRequest) -> HttpResponse:
    municipio = municipio_de(request)
    exigir(request.user, EDITAR_PROCESO, municipio)
    return _actor(request, municipio, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def editar(request: HttpRequest, pk: int) -> HttpResponse:
    uno = get_object_or_404(Actor.objects.select_related("municipio__nivel"), pk=pk)
    request.municipio = uno.municipio  # type: ignore[attr-defined]  # read by the frame of the page
    exigir(request.user, EDITAR_PROCESO, uno.municipio)
    return _actor(request, uno.municipio, uno)


def _actor(request: HttpRequest, municipio, uno: Actor | None) -> HttpResponse:
    """The form of an actor; «Agregar territorio» only shows what was written among the units ticked."""
    volver = f"{reverse('demandas:actores')}?municipio={municipio.codigo}"
    formulario = FormularioActor(request.POST or None, municipio=municipio, actor=uno)
    if request.method == "POST" and formulario.is_valid():
        if "agregar" in request.POST:
            formulario.con_las_agregadas()
        else:
            try:
                hecho = guardar_actor(
                    por=request.user,
                    municipio=municipio,
                    actor=uno,
                    version=request.POST.get("version", "")[:20],
                    datos=formulario.datos(),
                    unidades=formulario.todas(),
                )
            except NEGADO as error:
                formulario.negado(error, uno)
            else:
                messages.success(request, _("Se guardó «%(que)s».") % {"que": hecho})
                return redirect(volver)
    return pagina_de_formulario(
        request,
        formulario,
        str(uno) if uno else _("Nuevo actor"),
        volver,
        migas=[(volver, _("Actores"))],
        plantilla="demandas/proceso/actor.html",
        sugeridas=sugeridas(municipio),
    )


@parametros()
def normas(request: HttpRequest) -> HttpResponse:
    """The legal basis: what holds in the country, and what the municipality added."""
    municipio = municipio_de(request)
    contexto = {
        "municipio": municipio,
        "normas": NormaLegal.objects.de(municipio),
        "puede_editar": puede(request.user, EDITAR_PROCESO, municipio),
    }
    return render(request, "demandas/proceso/normas.html", contexto)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def norma_nueva(request: HttpRequest) -> HttpResponse:
    municipio = municipio_de(request)
    exigir(request.user, EDITAR_PROCESO, municipio)
    return _norma(request, municipio, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def norma_editar(request: HttpRequest, pk: int) -> HttpResponse:
    """A norm of a municipality; those of the country are not edited by anybody here."""
    suyas = NormaLegal.objects.filter(municipio__isnull=False)
    una = get_object_or_404(suyas.select_related("municipio__nivel"), pk=pk)
    request.municipio = una.municipio  # type: ignore[attr-defined]
    exigir(request.user, EDITAR_PROCESO, una.municipio)
    return _norma(request, una.municipio, una)


def _norma(request: HttpRequest, municipio, una: NormaLegal | None) -> HttpResponse:
    volver = f"{reverse('demandas:normas')}?municipio={municipio.codigo}"
    campos = ("tipo", "numero", "titulo", "fecha", "dispone", "vigente", "fuente", "version")
    inicial = {campo: getattr(una, campo) for campo in campos} if una else {"tipo": "ordenanza"}
    formulario = FormularioNorma(request.POST or None, initial=inicial)
    if request.method == "POST" and formulario.is_valid():
        try:
            hecha = guardar_norma(
                por=request.user,
                municipio=municipio,
                norma=una,
                version=request.POST.get("version", "")[:20],
                datos=formulario.datos(),
            )
        except NEGADO as error:
            formulario.negado(error, una)
        else:
            messages.success(request, _("Se guardó «%(que)s».") % {"que": hecha})
            return redirect(volver)
    titulo = str(una) if una else _("Nueva norma")
    return pagina_de_formulario(request, formulario, titulo, volver, migas=[(volver, _("Base legal"))])
