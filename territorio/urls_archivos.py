"""Routes of documents and photos."""

from django.urls import path

from territorio.views import archivos

app_name = "archivos"
urlpatterns = [
    path("<uuid:uid>/", archivos.ver, name="ver"),
    path("<uuid:uid>/miniatura/", archivos.miniatura, name="miniatura"),
    path("<uuid:uid>/original/", archivos.original, name="original"),
    path("<uuid:uid>/publicar/", archivos.publicar, name="publicar"),
    path("<uuid:uid>/retirar/", archivos.retirar, name="retirar"),
    path("de/<slug:de>/<int:pk>/", archivos.de_objeto, name="de"),
]
