"""Questions about participation, split by noun."""

from demandas.querysets.demanda import DemandaQuerySet, DemandaUnidadQuerySet, con_demanda

__all__ = ["DemandaQuerySet", "DemandaUnidadQuerySet", "con_demanda"]
