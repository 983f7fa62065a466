from django.contrib.admin.apps import AdminConfig


class AdministracionConfig(AdminConfig):
    """Django's admin with our site (apart from `cuentas.apps`, which may name but one application)."""

    default_site = "cuentas.sitio.SitioDeAdministracion"
