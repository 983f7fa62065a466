"""The map pages."""

from django.urls import path

from mapas.preguntas import PREGUNTAS
from mapas.views.historia import lista_de_disputas
from mapas.views.influencia import influencia
from mapas.views.mapas import geometria, pagina

app_name = "mapas"
urlpatterns = [
    *(path(f"mapas/{clave}/", pagina, {"pregunta": clave}, name=clave) for clave in PREGUNTAS),
    path("mapas/disputas/", lista_de_disputas, name="disputas"),
    path("mapas/influencia/<str:municipio>/<slug:nivel>.json", influencia, name="influencia"),
    path("mapas/geometria/<str:municipio>/<slug:nivel>.json", geometria, name="geometria"),
]
