"""Localisation: every located feature is placed, by a spatial query, in the units of every level, and the answer is stored.

Rules (per feature and level; see README, "How features are placed"):

- a point counts 1/k in each of the k units that cover it; a line by its length, a polygon by its area, and a
  stretch claimed by k units counts 1/k in each;
- without a geometry of its own a feature takes the declared unit's limit or point, else those of its ancestors; the
  declared units up to the one that gave the geometry hold it whole at their own levels;
- what no limit of a level covers goes to the declared unit of that level if that unit has no limit (a community known
  only by its point); else it is outside.

So per level Σ fractions + outside + unlocated = number of features.
"""

from territorio.localizacion.calculo import Diferencia, calcular, diferencias
from territorio.localizacion.cambios import Cambios, Movida, localizar, relocalizar
from territorio.localizacion.reparto import TOLERANCIA
from territorio.localizacion.retrato import Retrato, retratar
from territorio.localizacion.tablas import CERROJO, analizar, bloquear_limites, tabla_de, tablas

__all__ = [
    "CERROJO",
    "TOLERANCIA",
    "Cambios",
    "Diferencia",
    "Movida",
    "Retrato",
    "analizar",
    "bloquear_limites",
    "calcular",
    "diferencias",
    "localizar",
    "relocalizar",
    "retratar",
    "tabla_de",
    "tablas",
]
