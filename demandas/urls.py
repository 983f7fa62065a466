"""Routes of the pages about participation."""

from django.urls import path

from demandas.views import publicacion

app_name = "demandas"
urlpatterns = [
    path("demandas/publicar/", publicacion.publicar, name="publicar"),
]
