"""The figure of each unit: its own where it was counted, else rolled up from what it holds or down from what holds it."""

from territorio.cifras.calculo import calcular
from territorio.cifras.guardado import Exceso, diferencias, excesos, recalcular

__all__ = ["Exceso", "calcular", "diferencias", "excesos", "recalcular"]
