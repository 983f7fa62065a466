"""What may be done with plans and projects, by which role, and which rows the database gives."""

from cuentas.aislamiento import de_su, del_municipio
from proyectos.models import PDM, POA, Operacion, Proyecto, ProyectoUnidad, Respuesta

del_municipio(PDM, publica="estado = 'publicado'")
del_municipio(POA, publica="estado IN ('aprobado', 'en_ejecucion', 'cerrado')")
del_municipio(Proyecto, publica="publicado")
de_su(Proyecto.beneficiarias.through, "proyecto")
de_su(Respuesta, "proyecto", "demanda")
de_su(Operacion, "poa", "proyecto")
de_su(ProyectoUnidad, "proyecto", derivada=True)
