"""The map pages."""

from django.urls import path

from mapas.preguntas import PREGUNTAS
from mapas.views.mapas import geometria, pagina

app_name = "mapas"
urlpatterns = [
    *(path(f"mapas/{clave}/", pagina, {"pregunta": clave}, name=clave) for clave in PREGUNTAS),
    path("mapas/geometria/<str:municipio>/<slug:nivel>.json", geometria, name="geometria"),
]
