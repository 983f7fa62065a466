"""All routes: pages and machines."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import DefaultRouter

from cuentas.operacion.peticiones import DIRECTAS
from demandas import api as demandas_api
from mapas.api import PreguntaView
from mapas.preguntas import PREGUNTAS
from mapas.views.paginas import inicio
from proyectos import api as proyectos_api
from territorio import api as territorio_api
from territorio.api import DondeView, LimitesView, NivelesView

router = DefaultRouter()
router.include_format_suffixes = False  # one address for each thing
for prefijo, (conjunto, nombre) in (
    territorio_api.CONJUNTOS | demandas_api.CONJUNTOS | proyectos_api.CONJUNTOS
).items():
    router.register(prefijo, conjunto, basename=nombre)


urlpatterns = [
    path("", inicio, name="inicio"),
    path("", include("mapas.urls.paginas")),
    path("", include("mapas.urls.mapas")),
    path("", include("mapas.urls.exportar")),
    path("", include("cuentas.urls")),
    path("territorio/", include("territorio.urls")),
    path("", include("territorio.urls_personas")),
    path("", include("demandas.urls")),
    path("", include("proyectos.urls")),
    path("archivos/", include("territorio.urls_archivos")),
    path("idioma/", include("django.conf.urls.i18n")),
    path("api/v1/", include(router.urls)),
    *(path(f"api/v1/{clave}/", PreguntaView.as_view(pregunta=clave), name=f"api-{clave}") for clave in PREGUNTAS),
    path("api/v1/unidades/<int:pk>/limites/", LimitesView.as_view(), name="api-limites"),
    path("api/v1/niveles/", NivelesView.as_view(), name="api-niveles"),
    path("api/v1/donde/", DondeView.as_view(), name="api-donde"),
    path("api/v1/esquema/", SpectacularAPIView.as_view(), name="esquema"),
    *(path(ruta.lstrip("/"), vista, name=nombre) for ruta, (nombre, vista) in DIRECTAS.items()),
    path("admin/", admin.site.urls),
]

# Errors in our own words, also when the database is what failed.
handler400 = "cuentas.guardia.errores.error_400"
handler403 = "cuentas.guardia.errores.error_403"
handler404 = "cuentas.guardia.errores.error_404"
handler500 = "cuentas.guardia.errores.error_500"
