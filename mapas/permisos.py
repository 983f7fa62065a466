"""Who may ask for the pages, maps and downloads that only read: all, each what she may see."""

from cuentas import rutas
from demandas.models import Demanda
from mapas.preguntas import PREGUNTAS
from proyectos.models import PDM, POA, Proyecto
from territorio.models import Equipamiento, UnidadTerritorial

rutas.abiertas(
    "inicio",
    "paginas:buscar",
    "paginas:aqui",
    "paginas:municipios",
    "paginas:territorio",
    "paginas:territorio-buscar",
    "paginas:territorio-aqui",
    "paginas:demandas",
    "paginas:proyectos",
    "paginas:equipamientos",
    "paginas:planes",
    *(f"mapas:{clave}" for clave in PREGUNTAS),
    "mapas:disputas",
    "mapas:influencia",
    "mapas:geometria",
    "exportar",
)
rutas.visibles(UnidadTerritorial, "paginas:territorio-rama", "paginas:territorio-unidad", "paginas:unidad")
rutas.visibles(UnidadTerritorial, "paginas:historia")
rutas.visibles(Demanda, "paginas:demanda")
rutas.visibles(Proyecto, "paginas:proyecto")
rutas.visibles(Equipamiento, "paginas:equipamiento")
rutas.visibles(PDM, "paginas:pdm")
rutas.visibles(POA, "paginas:poa")
