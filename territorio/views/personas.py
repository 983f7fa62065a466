"""Pages of the people of a municipality, and the page that an invitation opens."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from cuentas import segundo_factor
from cuentas.formularios import FormularioCuenta
from cuentas.models import Usuario
from cuentas.permisos import exigir, municipios_de, puede
from territorio.formularios_personas import FormularioInvitacion, FormularioRol
from territorio.models import Invitacion, Membresia, Municipio, UnidadTerritorial
from territorio.permisos import ADMINISTRAR_PERSONAS
from territorio.services import personas
from territorio.services.personas import InvitacionCerrada

ENLACE = "enlace_de_invitacion"


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def lista(request: HttpRequest) -> HttpResponse:
    """Who is what here, the invitations that wait, and the form for another."""
    municipio = _municipio(request)
    formulario = FormularioInvitacion(request.POST or None, municipio=municipio)
    if request.method == "POST" and formulario.is_valid():
        try:
            invitacion, ficha = personas.invitar(por=request.user, municipio=municipio, **formulario.cleaned_data)
        except ValidationError as error:
            formulario.add_error(None, error)
        else:
            enlace = request.build_absolute_uri(reverse("personas:invitacion", args=[ficha]))
            _mandar(request, invitacion, enlace)
            request.session[ENLACE] = [invitacion.pk, enlace]  # shown once, on the page that comes next
            return redirect(f"{reverse('personas:lista')}?municipio={municipio.codigo}#invitaciones")
    miembros = municipio.membresias.select_related("usuario").prefetch_related("unidades")
    contexto = {
        "municipio": municipio,
        "formulario": formulario,
        "miembros": miembros.order_by("usuario__first_name", "usuario__username", "rol"),
        "invitaciones": municipio.invitaciones.abiertas().select_related("por").prefetch_related("unidades"),
        "dias": settings.MINKA_INVITACION_DIAS,
    }
    nueva = request.session.pop(ENLACE, None) if request.method == "GET" else None
    if nueva:
        contexto["nueva"] = {"invitacion": municipio.invitaciones.filter(pk=nueva[0]).first(), "enlace": nueva[1]}
    return render(request, "territorio/personas/lista.html", contexto, status=400 if formulario.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cambiar(request: HttpRequest, pk: int) -> HttpResponse:
    """Another role, or other districts, for a member."""
    membresia = _membresia(request, pk)
    iniciales = {"rol": membresia.rol, "unidades": membresia.unidades.all()}
    formulario = FormularioRol(request.POST or None, initial=iniciales, municipio=membresia.municipio)
    if request.method == "POST" and formulario.is_valid():
        try:
            personas.cambiar(por=request.user, membresia_id=pk, **formulario.cleaned_data)
        except ValidationError as error:
            formulario.add_error(None, error)
        else:
            messages.success(request, _("Se cambió el rol de %(persona)s.") % {"persona": membresia.usuario})
            return _a_la_lista(membresia.municipio)
    contexto = {"membresia": membresia, "formulario": formulario}
    return render(request, "territorio/personas/cambiar.html", contexto, status=400 if formulario.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def quitar(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once more; by POST, the role ends."""
    membresia = _membresia(request, pk)
    if request.method == "POST":
        try:
            personas.quitar(por=request.user, membresia_id=pk)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return _a_la_lista(membresia.municipio)
        messages.success(request, _("%(persona)s ya no tiene ese rol.") % {"persona": membresia.usuario})
        sigue = puede(request.user, ADMINISTRAR_PERSONAS, membresia.municipio)
        return _a_la_lista(membresia.municipio) if sigue else redirect("cuentas:cuenta")
    return render(request, "territorio/personas/quitar.html", {"membresia": membresia})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reponer(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once more; by POST, the second factor of a member goes."""
    membresia = _membresia(request, pk)
    if request.method == "POST":
        personas.reponer_segundo_factor(por=request.user, membresia_id=pk)
        texto = _("%(persona)s pondrá otra vez su segundo paso. Quedó registrado que se lo quitó usted.")
        messages.success(request, texto % {"persona": membresia.usuario})
        return _a_la_lista(membresia.municipio)
    contexto = {"membresia": membresia, "puede": personas.puede_reponer(request.user, membresia.usuario)}
    return render(request, "territorio/personas/reponer.html", contexto)


@login_required
@require_POST
def retirar(request: HttpRequest, pk: int) -> HttpResponse:
    """An invitation whose link opens nothing any more."""
    invitacion = get_object_or_404(_de_los_suyos(request, Invitacion.objects.select_related("municipio")), pk=pk)
    try:
        personas.retirar_invitacion(por=request.user, invitacion_id=pk)
    except InvitacionCerrada as cerrada:
        messages.error(request, str(cerrada))
    else:
        messages.success(request, _("La invitación fue retirada: su enlace ya no abre nada."))
    return _a_la_lista(invitacion.municipio)


# --- what a link opens ------------------------------------------------------------------------------------------------
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitacion(request: HttpRequest, ficha: str) -> HttpResponse:
    """A new account, or a role for the account that is signed in. An unknown token is no page."""
    una = personas.invitacion_de(ficha)
    if una is None:
        raise Http404
    contexto: dict[str, Any] = {"invitacion": una}
    request.municipio = una.municipio  # type: ignore[attr-defined]  # read by mapas.contexto
    if not una.abierta:
        return render(request, "territorio/personas/cerrada.html", contexto, status=410)
    if request.user.is_authenticated:
        if request.method == "POST":
            return _aceptar(request, ficha, Usuario.objects.get(pk=request.user.pk), contexto)
        return render(request, "territorio/personas/aceptar.html", contexto)
    formulario = FormularioCuenta(request.POST or None)
    if request.method == "POST" and formulario.is_valid():
        usuario = formulario.save(commit=False)
        usuario.email = una.correo
        return _aceptar(request, ficha, usuario, contexto)
    contexto["formulario"] = formulario
    return render(request, "territorio/personas/nueva.html", contexto, status=400 if formulario.errors else 200)


def _aceptar(request: HttpRequest, ficha: str, usuario: Usuario, contexto: dict[str, Any]) -> HttpResponse:
    try:
        membresia = personas.aceptar(ficha=ficha, usuario=usuario)
    except InvitacionCerrada as cerrada:  # somebody was quicker with the same link
        return render(request, "territorio/personas/cerrada.html", contexto | {"motivo": str(cerrada)}, status=410)
    if not request.user.is_authenticated:
        login(request, usuario, backend="cuentas.identidad.SoloIdentidad")
    messages.success(
        request,
        _("Desde ahora usted es %(rol)s de %(municipio)s.")
        % {"rol": membresia.get_rol_display(), "municipio": membresia.municipio},
    )
    if segundo_factor.debe(usuario) and not segundo_factor.tiene(usuario):
        return redirect("cuentas:segundo-factor")
    return redirect("cuentas:cuenta")


# --- what they share --------------------------------------------------------------------------------------------------
def _municipio(request: HttpRequest) -> UnidadTerritorial:
    """The municipality named by the address, else the first that the reader administers; it becomes that of the page."""
    codigo = request.GET.get("municipio", "").replace("\x00", "")[:80]
    todos = Municipio.objects.select_related("nivel").order_by("codigo")
    if codigo:
        municipio = get_object_or_404(todos, codigo=codigo)
    else:
        propios = todos.filter(membresias__usuario=request.user)
        municipio = propios.filter(membresias__rol__in=ADMINISTRAR_PERSONAS.roles).first() or propios.first()
        if municipio is None and request.user.is_superuser:
            municipio = todos.first()
        if municipio is None:
            raise PermissionDenied(_("Usted no administra ningún municipio."))
    exigir(request.user, ADMINISTRAR_PERSONAS, municipio)
    request.municipio = municipio  # type: ignore[attr-defined]
    return municipio


def _membresia(request: HttpRequest, pk: int) -> Membresia:
    """A membership of a municipality of the reader, who must administer it; of any other there is no page."""
    todas = Membresia.objects.select_related("usuario", "municipio__nivel").prefetch_related("unidades")
    membresia = get_object_or_404(_de_los_suyos(request, todas), pk=pk)
    exigir(request.user, ADMINISTRAR_PERSONAS, membresia.municipio)
    request.municipio = membresia.municipio  # type: ignore[attr-defined]
    return membresia


def _de_los_suyos(request: HttpRequest, filas: QuerySet) -> QuerySet:
    return filas if request.user.is_superuser else filas.filter(municipio__in=municipios_de(request.user))


def _a_la_lista(municipio: UnidadTerritorial) -> HttpResponse:
    return redirect(f"{reverse('personas:lista')}?municipio={municipio.codigo}")


def _mandar(request: HttpRequest, invitacion: Invitacion, enlace: str) -> None:
    """By e-mail too, where there is a server for it; the link is shown in any case."""
    if not invitacion.correo or not settings.MINKA_CORREO:
        return
    texto = render_to_string("territorio/personas/correo.txt", {"invitacion": invitacion, "enlace": enlace})

    def enviar() -> None:
        try:
            send_mail(_("Invitación a Minka"), texto, settings.DEFAULT_FROM_EMAIL, [invitacion.correo])
        except OSError:
            messages.warning(request, _("El correo no se pudo enviar: entregue el enlace de otra manera."))
        else:
            messages.success(request, _("La invitación se envió a %(correo)s.") % {"correo": invitacion.correo})

    transaction.on_commit(enviar)
