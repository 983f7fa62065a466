"""Levels, units with their identity and history, dated limits and their imports, figures, services, and memberships."""

from territorio.models.archivo import IMAGENES, Archivo, ClaseDeArchivo, TipoDeArchivo
from territorio.models.catalogos import Censo, Nivel, Sector
from territorio.models.equipamiento import EN_FUNCIONAMIENTO, Equipamiento, EquipamientoUnidad, EstadoEquipamiento
from territorio.models.fila_importada import FilaImportada
from territorio.models.historia import Denominacion, Motivo, Sucesion
from territorio.models.importacion import EN_MARCHA, CambioImportado, EstadoImportacion, Importacion
from territorio.models.invitacion import Invitacion
from territorio.models.limite import EstadoLimite, Limite, Solape
from territorio.models.localizacion import Localizable, Localizacion, UbicadaPor, UnidadEnUnidad
from territorio.models.membresia import Membresia, Rol
from territorio.models.poblacion import HABITANTES, Cifra, Desglose, Indicador, Medida, Metodo, Poblacion
from territorio.models.unidad import OTB, CodigoExterno, Comunidad, Distrito, Municipio, UnidadTerritorial

__all__ = [
    "EN_FUNCIONAMIENTO",
    "EN_MARCHA",
    "HABITANTES",
    "IMAGENES",
    "OTB",
    "Archivo",
    "CambioImportado",
    "Censo",
    "Cifra",
    "ClaseDeArchivo",
    "CodigoExterno",
    "Comunidad",
    "Denominacion",
    "Desglose",
    "Distrito",
    "Equipamiento",
    "EquipamientoUnidad",
    "EstadoEquipamiento",
    "EstadoImportacion",
    "EstadoLimite",
    "FilaImportada",
    "Importacion",
    "Indicador",
    "Invitacion",
    "Limite",
    "Localizable",
    "Localizacion",
    "Medida",
    "Membresia",
    "Metodo",
    "Motivo",
    "Municipio",
    "Nivel",
    "Poblacion",
    "Rol",
    "Sector",
    "Solape",
    "Sucesion",
    "TipoDeArchivo",
    "UbicadaPor",
    "UnidadEnUnidad",
    "UnidadTerritorial",
]
