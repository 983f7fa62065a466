"""Routes of the pages that write about demands."""

from django.urls import path

from demandas.views import publicar

app_name = "demandas"
urlpatterns = [path("demandas/publicar/", publicar, name="publicar")]
