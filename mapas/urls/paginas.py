"""Routes of the pages that are not maps."""

from django.urls import path

from mapas.views import fichas, listas, paginas

app_name = "paginas"
urlpatterns = [
    path("buscar/", paginas.buscar, name="buscar"),
    path("aqui/", paginas.aqui, name="aqui"),
    path("municipios/", paginas.municipios, name="municipios"),
    path("unidades/<int:pk>/", fichas.unidad, name="unidad"),
    path("demandas/", listas.demandas, name="demandas"),
    path("demandas/<int:pk>/", fichas.demanda, name="demanda"),
    path("proyectos/", listas.proyectos, name="proyectos"),
    path("proyectos/<int:pk>/", fichas.proyecto, name="proyecto"),
]
