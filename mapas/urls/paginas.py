"""Routes of the pages that are not maps."""

from django.urls import path

from mapas.views import fichas, historia, listas, paginas, planes, territorio

app_name = "paginas"
urlpatterns = [
    path("buscar/", paginas.buscar, name="buscar"),
    path("aqui/", paginas.aqui, name="aqui"),
    path("municipios/", paginas.municipios, name="municipios"),
    path("territorio/", territorio.explorador, name="territorio"),
    path("territorio/buscar/", territorio.buscar, name="territorio-buscar"),
    path("territorio/aqui/", territorio.aqui, name="territorio-aqui"),
    path("territorio/rama/<int:pk>/", territorio.rama, name="territorio-rama"),
    path("territorio/unidad/<int:pk>/", territorio.tarjeta, name="territorio-unidad"),
    path("unidades/<int:pk>/", fichas.unidad, name="unidad"),
    path("unidades/<int:pk>/historia/", historia.historia, name="historia"),
    path("demandas/", listas.demandas, name="demandas"),
    path("demandas/<int:pk>/", fichas.demanda, name="demanda"),
    path("equipamientos/", listas.equipamientos, name="equipamientos"),
    path("equipamientos/<int:pk>/", fichas.equipamiento, name="equipamiento"),
    path("planes/", planes.lista, name="planes"),
    path("planes/pdm/<int:pk>/", planes.pdm, name="pdm"),
    path("planes/poa/<int:pk>/", planes.poa, name="poa"),
    path("proyectos/", listas.proyectos, name="proyectos"),
    path("proyectos/<int:pk>/", fichas.proyecto, name="proyecto"),
]
