"""Routes of the pages about participation."""

from django.urls import path

from demandas.views import flujo, publicacion

app_name = "demandas"
urlpatterns = [
    path("demandas/<int:pk>/paso/<slug:hacia>/", flujo.paso, name="paso"),
    path("demandas/publicar/", publicacion.publicar, name="publicar"),
]
