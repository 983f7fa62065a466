"""Projects and plans in the API."""

from proyectos.api.planes import PDMViewSet, POAViewSet
from proyectos.api.proyectos import ProyectoViewSet

# Address → (viewset, name of its routes).
CONJUNTOS = {
    "proyectos": (ProyectoViewSet, "proyecto"),
    "pdm": (PDMViewSet, "pdm"),
    "poas": (POAViewSet, "poa"),
}

__all__ = ["CONJUNTOS", "PDMViewSet", "POAViewSet", "ProyectoViewSet"]
