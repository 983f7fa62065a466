"""Log in and out: Django's own views, with our words."""

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView


class FormularioIngreso(AuthenticationForm):
    """Django's form, dressed for Bootstrap."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for campo in self.fields.values():
            campo.widget.attrs["class"] = "form-control"


class Ingresar(LoginView):
    template_name = "cuentas/ingresar.html"
    authentication_form = FormularioIngreso
    redirect_authenticated_user = True


class Salir(LogoutView):
    """By POST only, so that no foreign link logs anybody out."""
