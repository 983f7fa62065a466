"""What may be done with plans and projects, by which role, and which rows the database gives."""

from django.utils.translation import gettext_lazy as _

from cuentas import rutas
from cuentas.aislamiento import de_su, del_municipio, solo_crece
from cuentas.permisos import declarar
from proyectos.models import PDM, POA, ActoFormal, AdjuntoDeProyecto, Operacion, Proyecto, ProyectoUnidad, Respuesta
from proyectos.models.acto import PASOS
from territorio.adjuntos import enlaces
from territorio.models import Rol

ADJUNTAR_A_PROYECTO = declarar(
    "proyectos.adjuntar", _("adjuntar documentos y fotos a un proyecto"), [Rol.PLANIFICADOR, Rol.COMITE]
)
PRESENTAR_PLAN = declarar("proyectos.presentar_plan", _("presentar el PDM y el POA"), [Rol.PLANIFICADOR])
APROBAR_PLAN = declarar("proyectos.aprobar_plan", _("aprobar el PDM y el POA"), [Rol.CONCEJO], segundo_factor=True)
DEVOLVER_PLAN = declarar(
    "proyectos.devolver_plan", _("devolver a borrador el PDM y el POA"), [Rol.CONCEJO, Rol.PLANIFICADOR]
)
PUBLICAR_PLAN = declarar("proyectos.publicar_plan", _("publicar el PDM aprobado"), [Rol.PLANIFICADOR])
EJECUTAR_POA = declarar("proyectos.ejecutar_poa", _("poner en ejecución y cerrar el POA"), [Rol.PLANIFICADOR])
PUBLICAR_PROYECTO = declarar("proyectos.publicar_proyecto", _("publicar y retirar proyectos"), [Rol.PLANIFICADOR])

# By the name of the step, in both kinds of document.
ACCION_DEL_PASO = {
    "presentar": PRESENTAR_PLAN,
    "aprobar": APROBAR_PLAN,
    "devolver": DEVOLVER_PLAN,
    "publicar": PUBLICAR_PLAN,
    "iniciar": EJECUTAR_POA,
    "cerrar": EJECUTAR_POA,
}

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
de_su(AdjuntoDeProyecto, "proyecto", "archivo")

enlaces.registrar(
    "proyecto", AdjuntoDeProyecto, accion=ADJUNTAR_A_PROYECTO, publicado="publicado", pagina="paginas:proyecto"
)

rutas.requieren(PUBLICAR_PROYECTO, "proyectos:publicar", de=Proyecto, metodos=rutas.ESCRITURA)
for _documento, _modelo in (("pdm", PDM), ("poa", POA)):
    for _paso in PASOS[_documento]:
        rutas.requieren(ACCION_DEL_PASO[_paso.clave], f"proyectos:{_documento}-{_paso.clave}", de=_modelo)
rutas.visibles(Proyecto, "archivos:de", "archivo-list", fijos={"de": "proyecto"})
rutas.requieren(ADJUNTAR_A_PROYECTO, "archivos:de", de=Proyecto, metodos=rutas.ESCRITURA, fijos={"de": "proyecto"})
rutas.requieren(ADJUNTAR_A_PROYECTO, "archivo-list", de=Proyecto, metodos=rutas.ESCRITURA, fijos={"de": "proyecto"})
