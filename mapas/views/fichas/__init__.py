"""One page per unit, demand, project and service."""

from mapas.views.fichas.demanda import demanda
from mapas.views.fichas.equipamiento import equipamiento
from mapas.views.fichas.proyecto import proyecto
from mapas.views.fichas.unidad import unidad

__all__ = ["demanda", "equipamiento", "proyecto", "unidad"]
