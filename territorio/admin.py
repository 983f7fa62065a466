from django.contrib import admin

from territorio.models import Membresia, Nivel


@admin.register(Nivel)
class NivelAdmin(admin.ModelAdmin):
    list_display = ["codigo", "nombre", "orden", "es_base"]


@admin.register(Membresia)
class MembresiaAdmin(admin.ModelAdmin):
    list_display = ["usuario", "municipio", "rol"]
    list_filter = ["rol"]
    autocomplete_fields = ["usuario"]
    raw_id_fields = ["municipio"]
