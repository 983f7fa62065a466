"""Routes of the pages that write about plans and projects."""

from django.urls import path

from proyectos.models.acto import PASOS
from proyectos.views import planes, publicacion

app_name = "proyectos"
urlpatterns = [
    path("proyectos/publicar/", publicacion.publicar, name="publicar"),
    *(
        path(
            f"planes/{documento}/<int:pk>/{uno.clave}/",
            planes.paso,
            {"documento": documento, "clave": uno.clave},
            name=f"{documento}-{uno.clave}",
        )
        for documento, pasos in PASOS.items()
        for uno in pasos
    ),
]
