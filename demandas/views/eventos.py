"""Meetings: their list, the page of each, what is written of them, and the papers that are taken to them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cuentas.guardia.parametros import pagina_pedida, parametros
from cuentas.permisos import exigir, puede
from demandas import asistencia
from demandas.eventos import PARAMETROS, avisos, eventos_pedidos, filtros_de_eventos, unidad_pedida
from demandas.formularios_evento import FormularioAsistencia, FormularioEvento
from demandas.models import Demanda, EstadoProceso, Evento, Hallazgo, Proceso, Sexo, TipoDeEvento
from demandas.permisos import EDITAR_EVENTO, PUBLICAR_EVENTO
from demandas.services import eventos as servicio
from demandas.unidad_escrita import rotulo, sugeridas
from demandas.views.en_uso import municipio_de
from demandas.views.formulario import NEGADO, pagina_de_formulario
from territorio.adjuntos import enlaces
from territorio.adjuntos.seccion import archivos_de, seccion
from territorio.models import UnidadTerritorial
from territorio.querysets import unidades_de
from territorio.views.unidades import datos_del_mapa

POR_PAGINA = 50
DE_UNA_VEZ = 200


@parametros(*PARAMETROS, "pagina")
def lista(request: HttpRequest) -> HttpResponse:
    """The meetings of a municipality, the newest first, each with who came."""
    municipio = municipio_de(request)
    pedido = request.GET.copy()
    pedido["municipio"] = municipio.codigo
    pedido.pop("pagina", None)
    eventos = eventos_pedidos(pedido, request.user)
    pagina = Paginator(eventos.select_related("unidad__nivel"), POR_PAGINA).get_page(pagina_pedida(request))
    vistas = asistencia.de_eventos(request.user, eventos.only("municipio"))
    for evento in pagina:
        evento.asistentes = vistas[evento.pk]
    filtros = filtros_de_eventos(pedido, municipio, request.user)
    q, unidad = pedido.get("q", "").strip()[:100], unidad_pedida(pedido)
    contexto = {
        "municipio": municipio,
        "pagina": pagina,
        "todas": asistencia.sumar(vistas.values()),
        "sin_punto": eventos.filter(punto=None).count(),
        "filtros": filtros,
        "q": q,
        "unidad": unidad,
        "orden": pedido.get("orden", ""),
        "consulta": pedido.urlencode(),
        "hay_filtros": bool(q or unidad or any(elegida for f in filtros for *_r, elegida in f.opciones)),
        "nuevo": _donde_puede_uno_nuevo(request.user, municipio),
    }
    return render(request, "demandas/eventos/lista.html", contexto)


def _donde_puede_uno_nuevo(usuario, municipio: UnidadTerritorial) -> str:
    """The query string with which `usuario` begins a meeting; of a role limited to some units, the first of them."""
    consulta = f"?municipio={municipio.codigo}"
    if puede(usuario, EDITAR_EVENTO, municipio):
        return consulta
    if usuario.is_authenticated:
        suyas = UnidadTerritorial.objects.filter(pk__in=unidades_de(usuario), municipio=municipio)
        for unidad in suyas.select_related("nivel"):
            if puede(usuario, EDITAR_EVENTO, municipio, unidad):
                return f"{consulta}&unidad={unidad.pk}"
    return ""


def ver(request: HttpRequest, pk: int) -> HttpResponse:
    """One meeting: whether it was held, with whom, what was agreed, what came from it, and its files."""
    uno = _evento(request, pk)
    adjuntos = seccion(request.user, uno)
    miembro = asistencia.es_de_aqui(request.user, uno.municipio_id)
    demandas = Demanda.objects.visibles_para(request.user).filter(evento=uno)
    hallazgos = Hallazgo.objects.visibles_para(request.user).filter(evento=uno)
    actas = archivos_de(request.user, uno, enlaces.de(uno)).vigentes().filter(clase="acta")
    contexto = {
        "evento": uno,
        "proceso": Proceso.objects.visibles_para(request.user).filter(pk=uno.proceso_id).first(),
        "asistentes": asistencia.de_eventos(request.user, [uno])[uno.pk],
        "sexos": Sexo.labels,
        "actores": uno.actores.all(),
        "demandas": demandas.order_by("codigo")[:DE_UNA_VEZ],
        "n_demandas": demandas.count(),
        "hallazgos": hallazgos.select_related("sector")[:DE_UNA_VEZ],
        "n_hallazgos": hallazgos.count(),
        "adjuntos": adjuntos,
        "tiene_acta": actas.exists(),
        "avisos": avisos(uno) if miembro else [],
        "miembro": miembro,
        "puede_editar": puede(request.user, EDITAR_EVENTO, uno.municipio, uno),
        "puede_publicar": puede(request.user, PUBLICAR_EVENTO, uno.municipio, uno),
    }
    return render(request, "demandas/eventos/evento.html", contexto)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@parametros("tipo", "unidad")
def nuevo(request: HttpRequest) -> HttpResponse:
    municipio = municipio_de(request)
    unidad = unidad_pedida(request.GET)
    if unidad is not None and unidad.municipio_propio != municipio:
        raise Http404(_("No existe."))
    exigir(request.user, EDITAR_EVENTO, municipio, unidad)
    hoy = timezone.localdate()
    proceso = Proceso.objects.filter(municipio=municipio, estado=EstadoProceso.EN_CURSO).order_by("-desde").first()
    inicial = {"fecha": hoy, "proceso": proceso.pk if proceso else None}
    if (tipo := request.GET.get("tipo", "")) in TipoDeEvento.values:
        inicial["tipo"] = tipo
    if unidad is not None:
        inicial["unidad"] = rotulo(unidad)
    return _editar(request, municipio, None, inicial)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def editar(request: HttpRequest, pk: int) -> HttpResponse:
    uno = _evento(request, pk)
    exigir(request.user, EDITAR_EVENTO, uno.municipio, uno)
    return _editar(request, uno.municipio, uno, {})


def _editar(request: HttpRequest, municipio, uno: Evento | None, inicial: dict[str, Any]) -> HttpResponse:
    lista_ = f"{reverse('demandas:eventos')}?municipio={municipio.codigo}"
    formulario = FormularioEvento(request.POST or None, municipio=municipio, evento=uno, initial=inicial)
    if request.method == "POST" and formulario.is_valid():
        try:
            hecho = servicio.guardar_evento(
                por=request.user,
                municipio=municipio,
                evento=uno,
                version=request.POST.get("version", "")[:20],
                datos=formulario.datos(),
                actores=formulario.cleaned_data["actores"],
            )
        except NEGADO as error:
            formulario.negado(error, uno)
        else:
            messages.success(request, _("Se guardó «%(que)s».") % {"que": hecho})
            return redirect("demandas:evento", pk=hecho.pk)
    volver = reverse("demandas:evento", args=[uno.pk]) if uno else lista_
    return pagina_de_formulario(
        request,
        formulario,
        _("Editar «%(que)s»") % {"que": uno} if uno else _("Nuevo evento"),
        volver,
        migas=[(lista_, _("Eventos"))],
        plantilla="demandas/eventos/editar.html",
        sugeridas=sugeridas(municipio),
        mapa=datos_del_mapa(municipio, None),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def anotar(request: HttpRequest, pk: int) -> HttpResponse:
    """The table of who came: a field for each group, and its totals."""
    uno = _evento(request, pk)
    exigir(request.user, EDITAR_EVENTO, uno.municipio, uno)
    celdas = {
        (sexo, edad, calidad): n
        for sexo, edad, calidad, n in uno.asistencias.values_list("sexo", "grupo_edad", "calidad", "personas")
    }
    formulario = FormularioAsistencia(request.POST or None, celdas=celdas, initial={"version": uno.version})
    volver = reverse("demandas:evento", args=[pk])
    if request.method == "POST" and formulario.is_valid():
        try:
            hecho = servicio.anotar_asistencia(
                por=request.user,
                evento=uno,
                version=request.POST.get("version", "")[:20],
                celdas=formulario.celdas(),
            )
        except NEGADO as error:
            formulario.negado(error, uno)
        else:
            for aviso in avisos(hecho):
                messages.warning(request, aviso)
            return redirect(volver)
    return pagina_de_formulario(
        request,
        formulario,
        _("Quiénes vinieron"),
        volver,
        migas=[(volver, str(uno))],
        plantilla="demandas/eventos/asistencia.html",
        evento=uno,
        sexos=Sexo.labels,
    )


@login_required
@require_POST
def publicar(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a meeting to visitors (`publicar=1`) or to the members only again (`publicar=0`)."""
    uno = _evento(request, pk)
    exigir(request.user, PUBLICAR_EVENTO, uno.municipio, uno)
    si = {"1": True, "0": False}.get(request.POST.get("publicar", ""))
    if si is None:
        raise BadRequest(_("Diga si se publica o se retira: publicar=1 o publicar=0."))
    version = request.POST.get("version", "")[:20]
    try:
        servicio.publicar_evento(por=request.user, evento=uno, version=version, publicar=si)
    except NEGADO as error:
        contexto = {"mensaje": str(error), "volver": reverse("demandas:evento", args=[pk])}
        return render(request, "demandas/proceso/no_se_pudo.html", contexto, status=409 if version else 428)
    return redirect("demandas:evento", pk=pk)


def _evento(request: HttpRequest, pk: int) -> Evento:
    visibles = Evento.objects.visibles_para(request.user)
    uno = get_object_or_404(visibles.select_related("municipio__nivel", "unidad__nivel"), pk=pk)
    request.municipio = uno.municipio  # type: ignore[attr-defined]  # read by the frame of the page
    return uno
