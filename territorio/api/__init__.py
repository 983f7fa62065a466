"""Territory in the API: units, their limits and figures, services; read by anyone, written by who may."""

from territorio.api.archivos import ArchivoViewSet
from territorio.api.cifras import CifraViewSet, IndicadorViewSet, PoblacionViewSet
from territorio.api.comun import COLECCION, PAGINA, RASGO, ColeccionMixin
from territorio.api.equipamientos import EquipamientoViewSet
from territorio.api.importaciones import ImportacionViewSet
from territorio.api.limites import LimitesView, SucesionViewSet
from territorio.api.lugares import DondeView, NivelesView
from territorio.api.unidades import UnidadViewSet

# Address → (viewset, name of its routes).
CONJUNTOS = {
    "unidades": (UnidadViewSet, "unidad"),
    "poblaciones": (PoblacionViewSet, "poblacion"),
    "indicadores": (IndicadorViewSet, "indicador"),
    "cifras": (CifraViewSet, "cifra"),
    "sucesiones": (SucesionViewSet, "sucesion"),
    "equipamientos": (EquipamientoViewSet, "equipamiento"),
    "importaciones": (ImportacionViewSet, "importacion"),
    "archivos": (ArchivoViewSet, "archivo"),
}

__all__ = [
    "COLECCION",
    "CONJUNTOS",
    "PAGINA",
    "RASGO",
    "ArchivoViewSet",
    "CifraViewSet",
    "ColeccionMixin",
    "DondeView",
    "EquipamientoViewSet",
    "ImportacionViewSet",
    "IndicadorViewSet",
    "LimitesView",
    "NivelesView",
    "PoblacionViewSet",
    "SucesionViewSet",
    "UnidadViewSet",
]
