"""Downloads."""

from django.urls import path

from mapas.views.exportar import descargar

urlpatterns = [path("exportar/<slug:capa>.<slug:formato>", descargar, name="exportar")]
