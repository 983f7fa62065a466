"""Who may ask for the pages, maps and downloads that only read: all, each what she may see."""

from cuentas import rutas
from demandas.models import Demanda, Priorizacion
from demandas.permisos import VER_INSTITUCIONAL
from mapas.preguntas import PREGUNTAS
from mapas.registro.alcance import CON_PAGINA
from mapas.views.ayuda import GUIAS
from proyectos.models import PDM, POA, Proyecto
from territorio.models import Equipamiento, UnidadTerritorial
from territorio.permisos import VER_REGISTRO

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
    "paginas:priorizaciones",
    "paginas:diagnostico",
    "paginas:diagnostico-xlsx",
    "paginas:diagnostico-docx",
    *(f"mapas:{clave}" for clave in PREGUNTAS),
    "mapas:priorizacion",
    "mapas:priorizacion-resultado",
    "mapas:priorizacion-comparar",
    "mapas:priorizacion-xlsx",
    "mapas:como-se-calcula",
    "mapas:disputas",
    "mapas:influencia",
    "mapas:geometria",
    "exportar",
    *(f"paginas:guia-{cual}{forma}" for cual in GUIAS for forma in ("", "-pdf")),
    "paginas:sello",
    "paginas:sello-json",
)
rutas.visibles(UnidadTerritorial, "paginas:territorio-rama", "paginas:territorio-unidad", "paginas:unidad")
rutas.visibles(UnidadTerritorial, "paginas:historia")
rutas.visibles(Demanda, "paginas:demanda")
rutas.abiertas("mapas:priorizacion-falta")
rutas.abiertas("mapas:priorizacion-ver", metodos=rutas.ESCRITURA)
rutas.visibles(Priorizacion, *(f"paginas:priorizacion{cual}" for cual in ("", "-estado", "-xlsx", "-pdf")))
rutas.visibles(Proyecto, "paginas:proyecto")
rutas.visibles(Equipamiento, "paginas:equipamiento")
rutas.visibles(PDM, "paginas:pdm")
rutas.visibles(POA, "paginas:poa")
for _modelo, _clave in CON_PAGINA.items():
    rutas.requieren(VER_REGISTRO, f"paginas:{_clave}-registro", de=_modelo, metodos=rutas.LECTURA, oculta=True)
rutas.requieren(VER_REGISTRO, "paginas:registro", "paginas:registro-csv", metodos=rutas.LECTURA, oculta=True)
rutas.requieren(VER_INSTITUCIONAL, "paginas:institucional-xlsx", metodos=rutas.LECTURA)
