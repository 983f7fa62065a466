from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.admin import StaticDevice
from django_otp.plugins.otp_totp.admin import TOTPDevice

from cuentas.models import Usuario


@admin.register(Usuario)
class UsuarioAdmin(UserAdmin):
    """Without Django's groups and permissions by model, which open nothing here: what one may do is a `Membresia`."""

    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Datos"), {"fields": ("first_name", "last_name", "email")}),
        (_("Entrada"), {"fields": ("is_active", "is_superuser", "segundo_factor_desde", "last_login", "date_joined")}),
    )
    readonly_fields = ("segundo_factor_desde", "last_login", "date_joined")
    list_display = ("username", "first_name", "last_name", "is_active", "is_superuser", "segundo_factor_desde")
    list_filter = ("is_superuser", "is_active")
    filter_horizontal = ()


# What they hold is secret, and set up by its owner alone.
for modelo in (Group, TOTPDevice, StaticDevice):
    admin.site.unregister(modelo)
