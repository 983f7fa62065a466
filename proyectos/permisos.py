"""What may be done with plans and projects, by which role, and which rows the database gives."""

from cuentas.aislamiento import de_su, del_municipio, solo_crece
from proyectos.models import PDM, POA, ActoFormal, Operacion, Proyecto, ProyectoUnidad, Respuesta

del_municipio(PDM, publica="estado = 'publicado'")
del_municipio(POA, publica="estado IN ('aprobado', 'en_ejecucion', 'cerrado')")
del_municipio(Proyecto, publica="publicado")
de_su(Proyecto.beneficiarias.through, "proyecto")
de_su(Respuesta, "proyecto", "demanda")
de_su(Operacion, "poa", "proyecto")
de_su(ProyectoUnidad, "proyecto", derivada=True)
# Acts are read with their document: what the public may see of the one, it may of the others.
del_municipio(
    ActoFormal,
    publica=f"pdm_id IN (SELECT id FROM {PDM._meta.db_table}) OR poa_id IN (SELECT id FROM {POA._meta.db_table})",
)
solo_crece(ActoFormal)
