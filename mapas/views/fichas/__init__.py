"""One page per unit, demand and project."""

from mapas.views.fichas.demanda import demanda
from mapas.views.fichas.proyecto import proyecto
from mapas.views.fichas.unidad import unidad

__all__ = ["demanda", "proyecto", "unidad"]
