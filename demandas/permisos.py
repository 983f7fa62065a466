"""What may be done with demands, by which role, and which rows the database gives."""

from django.utils.translation import gettext_lazy as _

from cuentas import rutas
from cuentas.aislamiento import SUYOS, abiertas, de_su, del_municipio, solo_crece
from cuentas.permisos import declarar
from demandas import models
from demandas.models import AdjuntoDeDemanda, Demanda, DemandaUnidad, Rango
from territorio.adjuntos import enlaces
from territorio.models import Rol, UnidadTerritorial

ADJUNTAR_A_DEMANDA = declarar(
    "demandas.adjuntar", _("adjuntar documentos y fotos a una demanda"), [Rol.FACILITADOR, Rol.PLANIFICADOR]
)
REGISTRAR_DEMANDA = declarar(
    "demandas.registrar", _("registrar y corregir demandas"), [Rol.FACILITADOR, Rol.PLANIFICADOR]
)
PUBLICAR_DEMANDA = declarar("demandas.publicar_demanda", _("publicar y retirar demandas"), [Rol.PLANIFICADOR])
VALIDAR_DEMANDA = declarar("demandas.validar", _("validar, devolver y rechazar demandas"), [Rol.PLANIFICADOR])
PRIORIZAR_DEMANDA = declarar(
    "demandas.priorizar", _("registrar las prioridades que acordó una reunión"), [Rol.PLANIFICADOR]
)
REABRIR_DEMANDA = declarar(
    "demandas.reabrir", _("volver a registrar una demanda devuelta o rechazada"), [Rol.FACILITADOR, Rol.PLANIFICADOR]
)
CARGAR_DEMANDAS = declarar("demandas.cargar", _("cargar demandas de un archivo"), [Rol.FACILITADOR, Rol.PLANIFICADOR])
UNIR_DEMANDAS = declarar("demandas.unir", _("unir demandas que son la misma, y separarlas"), [Rol.PLANIFICADOR])
HACER_DIAGNOSTICO = declarar(
    "demandas.hacer_diagnostico",
    _("registrar lo que hallan las comunidades, y hacer demandas de ello"),
    [Rol.FACILITADOR, Rol.PLANIFICADOR],
)
PUBLICAR_DIAGNOSTICO = declarar(
    "demandas.publicar_diagnostico", _("publicar y retirar lo que hallaron las comunidades"), [Rol.PLANIFICADOR]
)
VER_INSTITUCIONAL = declarar("demandas.ver_institucional", _("ver el diagnóstico institucional"), list(Rol))
EDITAR_INSTITUCIONAL = declarar(
    "demandas.editar_institucional", _("escribir el diagnóstico institucional"), [Rol.PLANIFICADOR]
)
GUARDAR_PRIORIZACION = declarar(
    "demandas.guardar_priorizacion", _("guardar corridas de priorización"), [Rol.PLANIFICADOR, Rol.FACILITADOR]
)
COMENTAR_PRIORIZACION = declarar(
    "demandas.comentar_priorizacion",
    _("opinar sobre una corrida de priorización"),
    [rol for rol in Rol if rol not in (Rol.LECTOR, Rol.ADMINISTRADOR)],
)
EDITAR_CRITERIOS = declarar(
    "demandas.editar_criterios", _("definir los criterios de priorización y sus valores"), [Rol.PLANIFICADOR]
)
EDITAR_PROCESO = declarar(
    "demandas.editar_proceso",
    _("llevar el proceso de planificación, sus actores y su base legal"),
    [Rol.PLANIFICADOR],
)
EDITAR_EVENTO = declarar(
    "demandas.editar_evento", _("registrar eventos, su asistencia y sus actas"), [Rol.FACILITADOR, Rol.PLANIFICADOR]
)
PUBLICAR_EVENTO = declarar("demandas.publicar_evento", _("publicar y retirar eventos"), [Rol.PLANIFICADOR])

# By the state to which a person takes a demand.
ACCION_DEL_PASO = {
    "validada": VALIDAR_DEMANDA,
    "devuelta": VALIDAR_DEMANDA,
    "rechazada": VALIDAR_DEMANDA,
    "priorizada_distrito": PRIORIZAR_DEMANDA,
    "priorizada_municipio": PRIORIZAR_DEMANDA,
    "registrada": REABRIR_DEMANDA,
}

del_municipio(Demanda, publica="publicada")
_SUYA = f"municipio_id = ANY((SELECT {SUYOS})::bigint[])"
abiertas(models.Actor, escritura=_SUYA)
abiertas(
    models.Actor.unidades.through,
    escritura=f"actor_id IN (SELECT id FROM {models.Actor._meta.db_table} WHERE {_SUYA})",
)
abiertas(models.NormaLegal, escritura=_SUYA)
del_municipio(models.Proceso, publica="publicado")
de_su(models.Etapa, "proceso")
de_su(models.Paso, "etapa")
de_su(models.Producto, "etapa")
de_su(models.AdjuntoDeProducto, "producto", "archivo")
del_municipio(models.Evento, publica="publicado")
de_su(models.Evento.actores.through, "evento")
de_su(models.Asistencia, "evento")
de_su(models.AdjuntoDeEvento, "evento", "archivo")
del_municipio(models.Hallazgo, publica="publicado")
del_municipio(models.DatoInstitucional)
de_su(Rango, "demanda")
de_su(models.BeneficiariosPorEdad, "demanda")
de_su(models.DemandaHallazgo, "demanda", "hallazgo")
de_su(models.NoSonLaMisma, "una", "otra")
de_su(models.UnionDeDemandas, "demanda", "queda")
abiertas(models.Criterio, escritura=_SUYA)
de_su(models.ValorDeCriterio, "demanda")
del_municipio(models.Priorizacion, publica="estado = 'aprobada'")
de_su(models.ResultadoDePriorizacion, "priorizacion", "demanda")
de_su(models.NotaDePriorizacion, "priorizacion")
solo_crece(models.NotaDePriorizacion)
de_su(models.PasoDeDemanda, "demanda")
solo_crece(models.PasoDeDemanda)
del_municipio(models.CargaDeDemandas)
de_su(DemandaUnidad, "demanda", derivada=True)
de_su(AdjuntoDeDemanda, "demanda", "archivo")

enlaces.registrar(
    "demanda", AdjuntoDeDemanda, accion=ADJUNTAR_A_DEMANDA, publicado="publicada", pagina="paginas:demanda"
)

for _hacia, _accion in ACCION_DEL_PASO.items():
    rutas.requieren(_accion, "demandas:paso", de=Demanda, fijos={"hacia": _hacia})
rutas.requieren(VALIDAR_DEMANDA, "demandas:validar", de=Demanda, metodos=rutas.ESCRITURA)
rutas.requieren(PUBLICAR_DEMANDA, "demandas:publicar", de=Demanda, metodos=rutas.ESCRITURA)
# Who may register, and where, the page itself says, for it must open without network and for roles limited to districts.
rutas.con_cuenta("demandas:nueva")
rutas.con_cuenta("demandas:captura-catalogo", "demandas:captura-contornos", metodos=rutas.LECTURA)
rutas.abiertas("demandas:captura-sesion", "demandas:manifiesto", "demandas:obrero", libre=True)
rutas.visibles(Demanda, "demanda-pasos")
rutas.visibles(Demanda, "archivos:de", "archivo-list", fijos={"de": "demanda"})
rutas.requieren(ADJUNTAR_A_DEMANDA, "archivos:de", de=Demanda, metodos=rutas.ESCRITURA, fijos={"de": "demanda"})
rutas.requieren(ADJUNTAR_A_DEMANDA, "archivo-list", de=Demanda, metodos=rutas.ESCRITURA, fijos={"de": "demanda"})

rutas.visibles(UnidadTerritorial, "demandas:autodiagnostico")
rutas.requieren(HACER_DIAGNOSTICO, "demandas:autodiagnostico", de=UnidadTerritorial, metodos=rutas.ESCRITURA)
rutas.requieren(
    HACER_DIAGNOSTICO, *(f"demandas:hallazgo{cual}" for cual in ("", "-borrar", "-demanda")), de=models.Hallazgo
)
rutas.requieren(HACER_DIAGNOSTICO, "demandas:hallazgo-enlaces", de=models.Hallazgo, metodos=rutas.ESCRITURA)
rutas.requieren(PUBLICAR_DIAGNOSTICO, "demandas:hallazgos-publicar", de=UnidadTerritorial, metodos=rutas.ESCRITURA)
rutas.requieren(VER_INSTITUCIONAL, "demandas:institucional", metodos=rutas.LECTURA)
rutas.requieren(EDITAR_INSTITUCIONAL, "demandas:institucional", metodos=rutas.ESCRITURA)
rutas.requieren(EDITAR_INSTITUCIONAL, "demandas:dato", "demandas:dato-borrar", de=models.DatoInstitucional)

# --- the process, its actors and its law; meetings --------------------------------------------------------------------
enlaces.registrar(
    "producto",
    models.AdjuntoDeProducto,
    accion=EDITAR_PROCESO,
    publicado="etapa__proceso__publicado",
    pagina="demandas:producto",
)
enlaces.registrar(
    "evento", models.AdjuntoDeEvento, accion=EDITAR_EVENTO, publicado="publicado", pagina="demandas:evento"
)
rutas.abiertas("demandas:proceso", "demandas:actores", "demandas:normas", "demandas:eventos")
rutas.visibles(models.Producto, "demandas:producto")
rutas.visibles(
    models.Evento, "demandas:evento", *(f"demandas:evento-{papel}" for papel in ("lista", "boleta", "tarjetas"))
)
rutas.requieren(EDITAR_PROCESO, "demandas:proceso-nuevo", "demandas:actor-nuevo", "demandas:norma-nueva")
rutas.requieren(EDITAR_PROCESO, "demandas:proceso-editar", de=models.Proceso)
rutas.requieren(EDITAR_PROCESO, "demandas:proceso-estado", de=models.Proceso, metodos=rutas.ESCRITURA)
rutas.requieren(EDITAR_PROCESO, "demandas:producto-editar", de=models.Producto)
rutas.requieren(EDITAR_PROCESO, "demandas:etapa-agregar", de=models.Etapa)
rutas.requieren(EDITAR_PROCESO, "demandas:paso-editar", de=models.Paso)
rutas.requieren(EDITAR_PROCESO, "demandas:actor-editar", de=models.Actor)
rutas.requieren(EDITAR_PROCESO, "demandas:norma-editar", de=models.NormaLegal)
rutas.requieren(EDITAR_EVENTO, "demandas:evento-nuevo")
rutas.requieren(EDITAR_EVENTO, "demandas:evento-editar", "demandas:evento-asistencia", de=models.Evento)
rutas.requieren(PUBLICAR_EVENTO, "demandas:evento-publicar", de=models.Evento, metodos=rutas.ESCRITURA)
for _clase, _modelo, _accion in (
    ("producto", models.Producto, EDITAR_PROCESO),
    ("evento", models.Evento, EDITAR_EVENTO),
):
    rutas.visibles(_modelo, "archivos:de", "archivo-list", fijos={"de": _clase})
    rutas.requieren(_accion, "archivos:de", "archivo-list", de=_modelo, metodos=rutas.ESCRITURA, fijos={"de": _clase})
rutas.requieren(CARGAR_DEMANDAS, "demandas:cargas")
rutas.requieren(CARGAR_DEMANDAS, "demandas:plantilla", "demandas:formulario-odk", metodos=rutas.LECTURA)
rutas.requieren(
    CARGAR_DEMANDAS,
    "demandas:carga",
    "demandas:carga-estado",
    "demandas:carga-filas",
    de=models.CargaDeDemandas,
    metodos=rutas.LECTURA,
)
rutas.requieren(
    CARGAR_DEMANDAS,
    *(f"demandas:carga-{cual}" for cual in ("leer", "omitir", "aceptar", "descartar")),
    de=models.CargaDeDemandas,
    metodos=rutas.ESCRITURA,
)
rutas.requieren(UNIR_DEMANDAS, "demandas:parecidas", metodos=rutas.LECTURA)
rutas.requieren(UNIR_DEMANDAS, "demandas:unir", de=Demanda)
rutas.requieren(UNIR_DEMANDAS, "demandas:distintas", "demandas:separar", de=Demanda, metodos=rutas.ESCRITURA)
rutas.requieren(GUARDAR_PRIORIZACION, "demandas:priorizacion-guardar", metodos=rutas.ESCRITURA)
rutas.requieren(PRIORIZAR_DEMANDA, "demandas:priorizacion-aprobar", de=models.Priorizacion)
rutas.requieren(COMENTAR_PRIORIZACION, "demandas:priorizacion-anotar", de=models.Priorizacion, metodos=rutas.ESCRITURA)
rutas.requieren(
    GUARDAR_PRIORIZACION,
    "demandas:priorizacion-detener",
    "demandas:priorizacion-otra-vez",
    de=models.Priorizacion,
    metodos=rutas.ESCRITURA,
)
rutas.requieren(EDITAR_CRITERIOS, "demandas:criterios")
rutas.requieren(EDITAR_CRITERIOS, "demandas:criterio", de=models.Criterio)
