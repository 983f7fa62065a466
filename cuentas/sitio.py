"""The admin site: for who administers the system, with the second step; members of municipalities have their own pages."""

from django.conf import settings
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cuentas.permisos import FaltaSegundoFactor, verificada


class SitioDeAdministracion(AdminSite):
    site_title = gettext_lazy("Administración de Minka")
    site_header = gettext_lazy("Administración de Minka")
    index_title = gettext_lazy("Cuentas y catálogos")

    def has_permission(self, request: HttpRequest) -> bool:
        """Superusers alone: being staff, or having Django's permissions on a model, opens nothing."""
        usuario = request.user
        return usuario.is_active and usuario.is_superuser and not _falta_el_codigo(request)

    def login(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        """Through the same door as everybody, with its count of wrong passwords and its second step."""
        if request.user.is_authenticated:
            if not request.user.is_superuser:
                raise PermissionDenied(_("Aquí entra solo quien administra el sistema."))
            if _falta_el_codigo(request):
                raise FaltaSegundoFactor(_("Para administrar el sistema hace falta el segundo paso."))
            return HttpResponseRedirect(reverse("admin:index"))
        destino = request.GET.urlencode() or f"next={reverse('admin:index')}"
        return HttpResponseRedirect(f"{reverse('cuentas:ingresar')}?{destino}")


def _falta_el_codigo(request: HttpRequest) -> bool:
    return settings.MINKA_ADMIN_SEGUNDO_FACTOR and not verificada(request.user)
