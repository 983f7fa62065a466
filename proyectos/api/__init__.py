"""Projects and plans in the API."""

from proyectos.api.proyectos import ProyectoViewSet

__all__ = ["ProyectoViewSet"]
