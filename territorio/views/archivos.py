"""Documents and photos: handed out to who may see them, brought, published and withdrawn by who may."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cuentas.permisos import exigir, puede
from territorio.adjuntos import almacen, enlaces
from territorio.adjuntos.seccion import seccion
from territorio.models import Archivo
from territorio.permisos import VER_ORIGINALES
from territorio.services import archivos as servicio
from territorio.services import deposito
from territorio.services.deposito import ArchivoRechazado
from territorio.services.importaciones import NoCorresponde

DE_UNA_VEZ = 20
MIME_DE_COPIA, SUFIJO_DE_COPIA = "image/jpeg", "jpg"
# Whatever a file holds, a browser neither guesses another type, nor runs, frames or embeds it as ours.
INOFENSIVO = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}


# --- handing out ------------------------------------------------------------------------------------------------------
@require_safe
def ver(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """The copy of an image that may be shown; a document as it was brought, always as a download."""
    archivo = _visible(request, uid)
    if archivo.es_imagen:
        nombre = f"{archivo.nombre.rsplit('.', 1)[0]}.{SUFIJO_DE_COPIA}"
        return _entregar(request, archivo.copia, MIME_DE_COPIA, nombre, adjunto=False)
    return _entregar(request, archivo.original, archivo.tipo, archivo.nombre, adjunto=True)


@require_safe
def miniatura(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    archivo = _visible(request, uid)
    if not archivo.miniatura:
        raise Http404
    return _entregar(request, archivo.miniatura, MIME_DE_COPIA, f"{uid}.{SUFIJO_DE_COPIA}", adjunto=False)


@require_safe
def original(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """What was brought, with all that the camera wrote: for who may; to anybody else it is not there."""
    archivo = _visible(request, uid)
    enlace = enlaces.de_clase(archivo.de)
    objeto = enlace.objeto_de(archivo) if enlace else None
    if not puede(request.user, VER_ORIGINALES, archivo.municipio, objeto):
        raise Http404
    exigir(request.user, VER_ORIGINALES, archivo.municipio, objeto)
    return _entregar(request, archivo.original, archivo.tipo, archivo.nombre, adjunto=True)


def _visible(request: HttpRequest, uid: UUID) -> Archivo:
    visibles = Archivo.objects.visibles_para(request.user).vigentes().select_related("municipio")
    return get_object_or_404(visibles, uid=uid)


def _entregar(request: HttpRequest, guardado: str, tipo: str, nombre: str, *, adjunto: bool) -> HttpResponseBase:
    # A stored name is never given to other bytes, so that it is their tag.
    cabeceras = INOFENSIVO | {"ETag": f'"{guardado[:20]}"'}
    if cabeceras["ETag"] in request.headers.get("If-None-Match", ""):
        return HttpResponseNotModified(headers=cabeceras)
    if settings.MINKA_X_ACCEL:
        cabeceras["X-Accel-Redirect"] = f"{settings.MINKA_X_ACCEL.rstrip('/')}/{guardado[:2]}/{guardado}"
        cabeceras["Content-Disposition"] = content_disposition_header(adjunto, nombre) or ""
        return HttpResponse(content_type=tipo, headers=cabeceras)
    try:
        contenido = almacen.ruta(guardado).open("rb")
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(contenido, as_attachment=adjunto, filename=nombre, content_type=tipo, headers=cabeceras)


# --- bringing, publishing, withdrawing --------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
def de_objeto(request: HttpRequest, de: str, pk: int) -> HttpResponse:
    """All documents and photos of a demand or a project, and, posted to, where they are brought."""
    enlace = enlaces.de_clase(de)
    if enlace is None:
        raise Http404
    objeto = get_object_or_404(enlace.visibles_para(request.user), pk=pk)
    request.municipio = objeto.municipio  # type: ignore[attr-defined]
    errores: list[str] = []
    if request.method == "POST":
        exigir(request.user, enlace.accion, objeto.municipio, objeto)
        guardados, errores = _recibir(request, objeto)
        if _pide_json(request):
            return JsonResponse({"guardados": len(guardados), "errores": errores}, status=400 if errores else 200)
        if guardados:
            messages.success(request, _cuantos(len(guardados)))
        if not errores:
            return redirect(_pagina(enlace, objeto))
    contexto = {"adjuntos": seccion(request.user, objeto, cuantos=None), "errores": errores, "todos": True}
    contexto["pagina"] = reverse(enlace.pagina, args=[objeto.pk])
    return render(request, "territorio/archivos/todos.html", contexto, status=400 if errores else 200)


@login_required
@require_POST
def publicar(request: HttpRequest, uid: UUID) -> HttpResponse:
    archivo = _visible(request, uid)
    publico = request.POST.get("publico") == "si"
    con_lugar = request.POST.get("con_lugar") == "si"
    return _hacer(
        request,
        archivo,
        lambda: servicio.publicar(uid=uid, por=request.user, publico=publico, con_lugar=con_lugar),
    )


@login_required
@require_POST
def retirar(request: HttpRequest, uid: UUID) -> HttpResponse:
    archivo = _visible(request, uid)
    motivo = request.POST.get("motivo", "")
    return _hacer(request, archivo, lambda: servicio.retirar(uid=uid, por=request.user, motivo=motivo))


# --- what they share --------------------------------------------------------------------------------------------------
def _recibir(request: HttpRequest, objeto) -> tuple[list[Archivo], list[str]]:
    """What was kept and, of the rest, why not: a bad file among several costs the others nothing."""
    if getattr(request, "subida_excedida", False):
        return [], [deposito.muy_grande()]
    subidos = request.FILES.getlist("archivos")
    if not subidos:
        return [], [_("Elija uno o más archivos.")]
    if len(subidos) > DE_UNA_VEZ:
        return [], [_("Suba hasta %(n)s archivos de una vez.") % {"n": DE_UNA_VEZ}]
    guardados, errores = [], []
    for subido in subidos:
        try:
            guardados.append(
                servicio.adjuntar(
                    por=request.user, objeto=objeto, archivo=subido, clase=request.POST.get("clase", "")[:20]
                )
            )
        except ArchivoRechazado as no:
            errores.append(f"{deposito.nombre_limpio(subido.name or '')}: {no}")
    return guardados, errores


def _hacer(request: HttpRequest, archivo: Archivo, accion) -> HttpResponse:
    enlace = enlaces.de_clase(archivo.de)
    if enlace is None:  # of a formal act: it goes where the act goes
        raise Http404
    try:
        accion()
    except NoCorresponde as no:
        messages.error(request, str(no))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(_pagina(enlace, enlace.objeto_de(archivo)))


def _pagina(enlace: enlaces.Enlace, objeto) -> str:
    return reverse(enlace.pagina, args=[objeto.pk]) + "#archivos"


def _pide_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _cuantos(n: int) -> str:
    return ngettext("Se guardó %(n)s archivo.", "Se guardaron %(n)s archivos.", n) % {"n": n}
