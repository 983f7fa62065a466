"""Routes of the pages that write about territory."""

from django.urls import path

from territorio.views import historia, importaciones, unidades

app_name = "territorio"
urlpatterns = [
    path("importaciones/", importaciones.lista, name="importaciones"),
    path("importaciones/<uuid:uid>/", importaciones.ver, name="importacion"),
    path("importaciones/<uuid:uid>/estado/", importaciones.estado, name="importacion-estado"),
    path("importaciones/<uuid:uid>/mapa.json", importaciones.mapa, name="importacion-mapa"),
    path("importaciones/<uuid:uid>/informe.json", importaciones.informe_json, name="importacion-informe"),
    path("importaciones/<uuid:uid>/filas.csv", importaciones.filas_csv, name="importacion-filas"),
    path("importaciones/<uuid:uid>/leer/", importaciones.leer, name="importacion-leer"),
    path("importaciones/<uuid:uid>/omitir/", importaciones.omitir, name="importacion-omitir"),
    path("importaciones/<uuid:uid>/aceptar/", importaciones.aceptar, name="importacion-aceptar"),
    path("importaciones/<uuid:uid>/descartar/", importaciones.descartar, name="importacion-descartar"),
    path("importaciones/<uuid:uid>/detener/", importaciones.detener, name="importacion-detener"),
    path("importaciones/<uuid:uid>/deshacer/", importaciones.deshacer, name="importacion-deshacer"),
    path("unidades/<int:pk>/historia/cambiar/", historia.cambiar, name="unidad-cambiar"),
    path("unidades/nueva/", unidades.nueva, name="unidad-nueva"),
    path("unidades/<int:pk>/editar/", unidades.editar, name="unidad-editar"),
    path("unidades/<int:pk>/borrar/", unidades.borrar, name="unidad-borrar"),
]
