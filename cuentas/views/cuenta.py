"""My account: name, password, second factor, and the end of sessions left open elsewhere."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from cuentas import segundo_factor
from cuentas.formularios import FormularioClave, FormularioCodigo, FormularioNombre
from cuentas.models import Usuario
from cuentas.permisos import FaltaSegundoFactor, verificada

NUEVA = "segundo_factor_nuevo"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cuenta(request: HttpRequest) -> HttpResponse:
    formulario = FormularioNombre(request.POST or None, instance=Usuario.objects.get(pk=request.user.pk))
    if request.method == "POST" and formulario.is_valid():
        formulario.save()
        messages.success(request, _("Se guardaron sus datos."))
        return redirect("cuentas:cuenta")
    contexto = {
        "formulario": formulario,
        "tiene": segundo_factor.tiene(request.user),
        "debe": segundo_factor.debe(request.user),
        "quedan": segundo_factor.quedan(request.user),
        "verificada": verificada(request.user),
        "membresias": request.user.membresias.select_related("municipio").prefetch_related("unidades"),
    }
    return render(request, "cuentas/cuenta.html", contexto, status=400 if formulario.errors else 200)


class CambiarClave(PasswordChangeView):
    """Ends the sessions of this account that are open elsewhere: their digest no longer fits."""

    template_name = "cuentas/clave.html"
    form_class = FormularioClave
    success_url = reverse_lazy("cuentas:cuenta")

    def form_valid(self, form: FormularioClave) -> HttpResponse:
        respuesta = super().form_valid(form)
        messages.success(self.request, _("Su contraseña cambió, y se cerraron sus otras sesiones."))
        return respuesta


@login_required
@require_POST
def cerrar_sesiones(request: HttpRequest) -> HttpResponse:
    """End every session of the account but this one."""
    Usuario.objects.filter(pk=request.user.pk).update(cierres=F("cierres") + 1)
    update_session_auth_hash(request, Usuario.objects.get(pk=request.user.pk))
    messages.success(request, _("Se cerraron sus otras sesiones."))
    return redirect("cuentas:cuenta")


# --- the second factor ------------------------------------------------------------------------------------------------
@login_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def poner_segundo_factor(request: HttpRequest) -> HttpResponse:
    """The QR and its key, until a code proves that the application has them; then the recovery codes, this once."""
    destino = _destino(request)
    if segundo_factor.tiene(request.user) and not verificada(request.user):
        return redirect(f"{reverse('cuentas:segundo-paso')}?{urlencode({'next': request.get_full_path()})}")
    clave = request.session.setdefault(NUEVA, segundo_factor.clave_nueva())
    formulario = FormularioCodigo(request.POST or None)
    if request.method == "POST" and formulario.is_valid():
        try:
            aparato, codigos = segundo_factor.confirmar(
                usuario=request.user, clave=clave, codigo=formulario.cleaned_data["codigo"]
            )
        except ValidationError as error:
            formulario.add_error(None, error)
        else:
            del request.session[NUEVA]
            segundo_factor.abrir(request, aparato)
            return _los_codigos(request, codigos, destino)
    contexto = {
        "formulario": formulario,
        "clave": segundo_factor.legible(clave),
        "qr": mark_safe(segundo_factor.dibujo(request.user, clave)),  # noqa: S308  (drawn by segno from letters and digits)
        "debe": segundo_factor.debe(request.user),
        "cambia": segundo_factor.tiene(request.user),
        "next": destino,
    }
    return render(request, "cuentas/segundo_factor.html", contexto, status=400 if formulario.errors else 200)


@login_required
@never_cache
@require_POST
def hacer_codigos(request: HttpRequest) -> HttpResponse:
    """Ten other recovery codes: those there were no longer open anything."""
    _exigir_verificada(request)
    return _los_codigos(request, segundo_factor.codigos_nuevos(usuario=request.user), reverse("cuentas:cuenta"))


@login_required
@require_POST
def quitar_segundo_factor(request: HttpRequest) -> HttpResponse:
    """Back to the password alone, for whom no role asks for more."""
    _exigir_verificada(request)
    if segundo_factor.debe(request.user):
        raise PermissionDenied(_("Su rol pide el segundo paso: puede cambiar de aparato, no quitarlo."))
    usuario = segundo_factor.quitar(usuario=request.user)
    update_session_auth_hash(request, usuario)
    messages.success(request, _("Desde ahora entra solo con su contraseña."))
    return redirect("cuentas:cuenta")


def _los_codigos(request: HttpRequest, codigos: list[str], destino: str) -> HttpResponse:
    return render(request, "cuentas/codigos.html", {"codigos": codigos, "next": destino})


def _exigir_verificada(request: HttpRequest) -> None:
    if not verificada(request.user):
        raise FaltaSegundoFactor(_("Para esto hace falta el segundo paso."))


def _destino(request: HttpRequest) -> str:
    """Where the person was going, on this site."""
    destino = request.POST.get("next") or request.GET.get("next", "")
    propio = url_has_allowed_host_and_scheme(destino, {request.get_host()}, require_https=request.is_secure())
    return destino if propio else reverse("cuentas:cuenta")
