"""Counts of persons by group that only the members of a municipality see, because a group of few would be known."""

from territorio.reserva.guardado import diferencias, recalcular
from territorio.reserva.personas import Lector, reservados_para

__all__ = ["Lector", "diferencias", "recalcular", "reservados_para"]
