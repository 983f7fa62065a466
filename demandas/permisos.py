"""What may be done with demands, by which role, and which rows the database gives."""

from cuentas.aislamiento import de_su, del_municipio
from demandas.models import Demanda, DemandaUnidad, Rango

del_municipio(Demanda, publica="publicada")
de_su(Rango, "demanda")
de_su(DemandaUnidad, "demanda", derivada=True)
