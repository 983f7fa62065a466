"""The answer: the five-year plan, its projects, and each year's operations with money and progress."""

from proyectos.models.pdm import PDM, EstadoPlan
from proyectos.models.poa import POA, EstadoPOA, Operacion
from proyectos.models.proyecto import EstadoProyecto, Proyecto, ProyectoUnidad, Respuesta

__all__ = [
    "PDM",
    "POA",
    "EstadoPOA",
    "EstadoPlan",
    "EstadoProyecto",
    "Operacion",
    "Proyecto",
    "ProyectoUnidad",
    "Respuesta",
]
