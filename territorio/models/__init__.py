"""Levels, units with their identity, dated limits, population, sectors, and who is a member of which municipality."""

from territorio.models.catalogos import Censo, Nivel, Sector
from territorio.models.limite import EstadoLimite, Limite, Solape
from territorio.models.localizacion import Localizable, Localizacion, UbicadaPor, UnidadEnUnidad
from territorio.models.membresia import Membresia, Rol
from territorio.models.poblacion import Indicador, Poblacion
from territorio.models.unidad import OTB, CodigoExterno, Comunidad, Distrito, Municipio, UnidadTerritorial

__all__ = [
    "OTB",
    "Censo",
    "CodigoExterno",
    "Comunidad",
    "Distrito",
    "EstadoLimite",
    "Indicador",
    "Limite",
    "Localizable",
    "Localizacion",
    "Membresia",
    "Municipio",
    "Nivel",
    "Poblacion",
    "Rol",
    "Sector",
    "Solape",
    "UbicadaPor",
    "UnidadEnUnidad",
    "UnidadTerritorial",
]
