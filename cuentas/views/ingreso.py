"""Log in and out: the password, then the code where the account has a second factor."""

from time import time
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView, RedirectURLMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from cuentas import segundo_factor
from cuentas.formularios import FormularioCodigo, FormularioIngreso
from cuentas.models import Usuario
from cuentas.permisos import verificada

PENDIENTE = "ingreso_pendiente"
MINUTOS = 10  # to find the telephone


class Ingresar(LoginView):
    template_name = "cuentas/ingresar.html"
    authentication_form = FormularioIngreso
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        usuario = form.get_user()
        if segundo_factor.tiene(usuario):
            self.request.session.cycle_key()
            self.request.session[PENDIENTE] = [usuario.pk, usuario.backend, usuario.get_session_auth_hash(), time()]
            return HttpResponseRedirect(_con_destino("cuentas:segundo-paso", self.get_success_url()))
        login(self.request, usuario)
        if segundo_factor.debe(usuario):
            return HttpResponseRedirect(_con_destino("cuentas:segundo-factor", self.get_success_url()))
        return HttpResponseRedirect(self.get_success_url())


class Salir(LogoutView):
    """By POST only, so that no foreign link logs anybody out."""


@method_decorator([sensitive_post_parameters(), never_cache], name="dispatch")
class SegundoPaso(RedirectURLMixin, FormView):
    """The code: after the password, or later, when what is being done asks for it."""

    template_name = "cuentas/segundo_paso.html"
    form_class = FormularioCodigo
    next_page = "inicio"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            if verificada(request.user):
                return redirect(self.get_success_url())
            self.usuario, self.entrada = request.user, None
            if not segundo_factor.tiene(self.usuario):
                return HttpResponseRedirect(_con_destino("cuentas:segundo-factor", self.get_success_url()))
        else:
            self.usuario, self.entrada = _pendiente(request)
            if self.usuario is None:
                return HttpResponseRedirect(_con_destino("cuentas:ingresar", self.get_success_url()))
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: FormularioCodigo) -> HttpResponse:
        aparato = segundo_factor.comprobar(usuario=self.usuario, codigo=form.cleaned_data["codigo"])
        if aparato is None:
            form.add_error("codigo", _por_que_no(self.usuario))
            return self.form_invalid(form)
        if self.entrada is not None:
            del self.request.session[PENDIENTE]
            login(self.request, self.usuario, backend=self.entrada)
        segundo_factor.abrir(self.request, aparato)
        if segundo_factor.es_de_recuperacion(aparato):
            _avisar_de_los_que_quedan(self.request)
        return HttpResponseRedirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(next=self.get_redirect_url(), **kwargs)


def bloqueada(request: HttpRequest, respuesta: HttpResponse | None, credenciales: dict | None) -> HttpResponse:
    """What axes answers after too many wrong passwords for the same name from the same address."""
    segundos = int(settings.AXES_COOLOFF_TIME.total_seconds())
    pagina = render(request, "cuentas/bloqueada.html", {"espera_minutos": segundos // 60}, status=429)
    pagina["Retry-After"] = str(segundos)
    return pagina


def _pendiente(request: HttpRequest) -> tuple[Usuario | None, str]:
    """Who gave the right password a moment ago in this session, and by which backend."""
    pk, backend, huella, desde = request.session.get(PENDIENTE, [None, "", "", 0])
    usuario = Usuario.objects.filter(pk=pk, is_active=True).first() if time() - desde < MINUTOS * 60 else None
    if usuario is None or not constant_time_compare(huella, usuario.get_session_auth_hash()):
        return None, ""
    return usuario, backend


def _por_que_no(usuario: Usuario) -> str:
    if segundos := segundo_factor.espera(usuario):
        return ngettext(
            "Código equivocado. Espere %(n)s segundo antes de probar otro.",
            "Código equivocado. Espere %(n)s segundos antes de probar otro.",
            segundos,
        ) % {"n": segundos}
    return _("Código equivocado, o ya usado: espere a que su aplicación muestre otro.")


def _avisar_de_los_que_quedan(request: HttpRequest) -> None:
    quedan = segundo_factor.quedan(request.user)
    texto = ngettext(
        "Entró con un código de recuperación. Le queda %(n)s: haga otros en «Mi cuenta».",
        "Entró con un código de recuperación. Le quedan %(n)s: cuando sean pocos, haga otros en «Mi cuenta».",
        quedan,
    )
    messages.warning(request, texto % {"n": quedan})


def _con_destino(vista: str, destino: str) -> str:
    return f"{reverse(vista)}?{urlencode({'next': destino})}"
