"""What may be done with demands, by which role, and which rows the database gives."""

from django.utils.translation import gettext_lazy as _

from cuentas import rutas
from cuentas.aislamiento import de_su, del_municipio
from cuentas.permisos import declarar
from demandas.models import AdjuntoDeDemanda, Demanda, DemandaUnidad, Rango
from territorio.adjuntos import enlaces
from territorio.models import Rol

ADJUNTAR_A_DEMANDA = declarar(
    "demandas.adjuntar", _("adjuntar documentos y fotos a una demanda"), [Rol.FACILITADOR, Rol.PLANIFICADOR]
)
PUBLICAR_DEMANDA = declarar("demandas.publicar_demanda", _("publicar y retirar demandas"), [Rol.PLANIFICADOR])

del_municipio(Demanda, publica="publicada")
de_su(Rango, "demanda")
de_su(DemandaUnidad, "demanda", derivada=True)
de_su(AdjuntoDeDemanda, "demanda", "archivo")

enlaces.registrar(
    "demanda", AdjuntoDeDemanda, accion=ADJUNTAR_A_DEMANDA, publicado="publicada", pagina="paginas:demanda"
)

rutas.requieren(PUBLICAR_DEMANDA, "demandas:publicar", de=Demanda, metodos=rutas.ESCRITURA)
rutas.visibles(Demanda, "archivos:de", "archivo-list", fijos={"de": "demanda"})
rutas.requieren(ADJUNTAR_A_DEMANDA, "archivos:de", de=Demanda, metodos=rutas.ESCRITURA, fijos={"de": "demanda"})
rutas.requieren(ADJUNTAR_A_DEMANDA, "archivo-list", de=Demanda, metodos=rutas.ESCRITURA, fijos={"de": "demanda"})
