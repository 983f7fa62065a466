"""Routes of the pages about participation."""

from django.urls import path

from demandas.views import diagnostico, flujo, institucional, publicacion

app_name = "demandas"
urlpatterns = [
    path("demandas/<int:pk>/paso/<slug:hacia>/", flujo.paso, name="paso"),
    path("demandas/validar/", flujo.validar, name="validar"),
    path("demandas/publicar/", publicacion.publicar, name="publicar"),
    path("diagnostico/comunidades/<int:pk>/", diagnostico.comunidad, name="autodiagnostico"),
    path("diagnostico/comunidades/<int:pk>/publicar/", diagnostico.publicar, name="hallazgos-publicar"),
    path("diagnostico/hallazgos/<int:pk>/", diagnostico.hallazgo, name="hallazgo"),
    path("diagnostico/hallazgos/<int:pk>/borrar/", diagnostico.borrar, name="hallazgo-borrar"),
    path("diagnostico/hallazgos/<int:pk>/demanda/", diagnostico.demanda, name="hallazgo-demanda"),
    path("diagnostico/hallazgos/<int:pk>/enlaces/", diagnostico.enlaces, name="hallazgo-enlaces"),
    path("diagnostico/institucional/", institucional.pagina, name="institucional"),
    path("diagnostico/institucional/<int:pk>/", institucional.dato, name="dato"),
    path("diagnostico/institucional/<int:pk>/borrar/", institucional.borrar, name="dato-borrar"),
]
