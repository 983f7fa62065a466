"""Participation in the API."""

from demandas.api.demandas import DemandaViewSet
from demandas.api.hallazgos import HallazgoViewSet

CONJUNTOS = {"demandas": (DemandaViewSet, "demanda"), "hallazgos": (HallazgoViewSet, "hallazgo")}
