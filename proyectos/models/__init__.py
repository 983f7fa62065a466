"""The answer: the five-year plan, its projects, each year's operations with money and progress, and their formal acts."""

from proyectos.models.acto import ActoFormal, Norma
from proyectos.models.adjunto import AdjuntoDeProyecto
from proyectos.models.pdm import PDM, EstadoPlan
from proyectos.models.poa import POA, EstadoPOA, Operacion
from proyectos.models.proyecto import EstadoProyecto, Proyecto, ProyectoUnidad, Respuesta

__all__ = [
    "PDM",
    "POA",
    "ActoFormal",
    "AdjuntoDeProyecto",
    "EstadoPOA",
    "EstadoPlan",
    "EstadoProyecto",
    "Norma",
    "Operacion",
    "Proyecto",
    "ProyectoUnidad",
    "Respuesta",
]
