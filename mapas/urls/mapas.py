"""The map pages."""

from django.urls import path

from mapas.preguntas import PREGUNTAS
from mapas.views import priorizacion, priorizaciones
from mapas.views.como_se_calcula import como_se_calcula
from mapas.views.historia import lista_de_disputas
from mapas.views.influencia import influencia
from mapas.views.mapas import geometria, pagina

app_name = "mapas"
urlpatterns = [
    *(path(f"mapas/{clave}/", pagina, {"pregunta": clave}, name=clave) for clave in PREGUNTAS),
    path("mapas/priorizacion/", priorizacion.mesa, name="priorizacion"),
    path("mapas/priorizacion/ver/", priorizacion.ver, name="priorizacion-ver"),
    path("mapas/priorizacion/resultado.json", priorizacion.resultado, name="priorizacion-resultado"),
    path("mapas/priorizacion/falta.json", priorizacion.falta, name="priorizacion-falta"),
    path("mapas/priorizacion/comparar/", priorizaciones.comparar, name="priorizacion-comparar"),
    path("mapas/priorizacion/lista.xlsx", priorizaciones.planilla_de_la_vista, name="priorizacion-xlsx"),
    path("mapas/priorizacion/como-se-calcula/", como_se_calcula, name="como-se-calcula"),
    path("mapas/disputas/", lista_de_disputas, name="disputas"),
    path("mapas/influencia/<str:municipio>/<slug:nivel>.json", influencia, name="influencia"),
    path("mapas/geometria/<str:municipio>/<slug:nivel>.json", geometria, name="geometria"),
]
