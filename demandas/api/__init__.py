"""Participation in the API."""

from demandas.api.demandas import DemandaViewSet

CONJUNTOS = {"demandas": (DemandaViewSet, "demanda")}
