"""Territory in the API: units, their limits and figures, services; read by anyone, written by who may."""

from territorio.api.comun import COLECCION, PAGINA, RASGO, ColeccionMixin
from territorio.api.unidades import UnidadViewSet

__all__ = ["COLECCION", "PAGINA", "RASGO", "ColeccionMixin", "UnidadViewSet"]
