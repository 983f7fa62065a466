"""What may be done with territory, and by which role."""

from django.utils.translation import gettext_lazy as _

from cuentas import rutas
from cuentas.aislamiento import SUYOS, TODO, abiertas, de_su, del_municipio, filas
from cuentas.permisos import declarar, pedir_segundo_factor, usar_fuente_de_membresias, usar_fuente_de_roles
from territorio import models
from territorio.models import Membresia, Rol, UnidadTerritorial

IMPORTAR_LIMITES = declarar("territorio.importar_limites", _("importar límites"), [Rol.TECNICO_SIG])
EDITAR_UNIDAD = declarar("territorio.editar_unidad", _("editar unidades territoriales"), [Rol.TECNICO_SIG])
IMPORTAR_CIFRAS = declarar(
    "territorio.importar_cifras",
    _("importar población, indicadores y equipamientos"),
    [Rol.TECNICO_SIG, Rol.PLANIFICADOR],
)
EDITAR_EQUIPAMIENTO = declarar(
    "territorio.editar_equipamiento", _("editar equipamientos"), [Rol.TECNICO_SIG, Rol.PLANIFICADOR]
)
VER_ORIGINALES = declarar(
    "territorio.ver_originales",
    _("descargar los originales de documentos y fotos"),
    [Rol.PLANIFICADOR, Rol.TECNICO_SIG, Rol.FACILITADOR, Rol.COMITE, Rol.CONCEJO],
)
PUBLICAR_ARCHIVO = declarar(
    "territorio.publicar_archivo", _("publicar y retirar documentos y fotos"), [Rol.PLANIFICADOR, Rol.COMITE]
)
VER_REGISTRO = declarar("territorio.ver_registro", _("ver el registro de cambios"), list(Rol))
VER_DIRECCIONES = declarar(
    "territorio.ver_direcciones", _("ver desde qué dirección se hizo un cambio"), [Rol.ADMINISTRADOR]
)
VER_BORRADORES = declarar("territorio.ver_borradores", _("ver lo que aún no se publica"), list(Rol))


ADMINISTRAR_PERSONAS = declarar(
    "territorio.administrar_personas",
    _("invitar personas y cambiar sus roles"),
    [Rol.ADMINISTRADOR],
    segundo_factor=True,  # who gives roles could give herself, through another, that of who approves
)

pedir_segundo_factor(Rol.CONCEJO)


@usar_fuente_de_roles
def roles_de(usuario, municipio, lugar=None) -> set[str]:
    """Roles of `usuario` that count in `municipio` for a unit or a located feature; without it, for all that it holds."""
    suyas = Membresia.objects.filter(usuario=usuario, municipio=municipio)
    return set(suyas.que_valen_en(lugar).values_list("rol", flat=True))


@usar_fuente_de_membresias
def membresias_de(usuario) -> list[tuple[int, str]]:
    """(municipality, role), limited ones too."""
    return list(Membresia.objects.filter(usuario=usuario).values_list("municipio", "rol"))


# --- rows in the database ---------------------------------------------------------------------------------------------
# Territory is public; it is written by the members of its municipality, and what is derived from it by nobody but the
# computation that derives it.
_PROPIA = f"coalesce(municipio_id, id) = ANY((SELECT {SUYOS})::bigint[])"
_DE_UNIDAD = f"{{columna}} IN (SELECT id FROM {UnidadTerritorial._meta.db_table} WHERE {_PROPIA})"

abiertas(UnidadTerritorial, escritura=_PROPIA)
for _modelo in (models.Limite, models.CodigoExterno, models.Denominacion, models.Indicador):
    abiertas(_modelo, escritura=_DE_UNIDAD.format(columna="unidad_id"))
# By sex and age, only what gives nobody away: see `territorio.reserva`.
filas(
    models.Poblacion,
    lectura="(sexo = 'total' AND grupo_edad = 'total')"
    f" OR (unidad_id, censo) IN (SELECT unidad_id, censo FROM {models.Desglose._meta.db_table} WHERE publico)"
    f" OR (SELECT {TODO}) OR {_DE_UNIDAD.format(columna='unidad_id')}",
    escritura=f"(SELECT {TODO}) OR {_DE_UNIDAD.format(columna='unidad_id')}",
)
abiertas(
    models.Sucesion,
    escritura=_DE_UNIDAD.format(columna="predecesora_id") + " AND " + _DE_UNIDAD.format(columna="sucesora_id"),
)
_DEL_EQUIPAMIENTO = f"municipio_id = ANY((SELECT {SUYOS})::bigint[])"
abiertas(models.Equipamiento, escritura=_DEL_EQUIPAMIENTO)
abiertas(models.Nivel)
abiertas(models.Sector)
abiertas(models.Censo)
abiertas(models.Nivel.superiores.through)
# What is derived goes with what it was derived from.
_DE_LIMITE = f"IN (SELECT id FROM {models.Limite._meta.db_table} WHERE {_DE_UNIDAD.format(columna='unidad_id')})"
abiertas(models.Solape, borrado=f"una_id {_DE_LIMITE} OR otra_id {_DE_LIMITE}")
abiertas(models.Cifra, borrado=_DE_UNIDAD.format(columna="unidad_id"))
abiertas(models.Desglose, borrado=_DE_UNIDAD.format(columna="unidad_id"))
abiertas(
    models.UnidadEnUnidad,
    borrado=_DE_UNIDAD.format(columna="parte_id") + " OR " + _DE_UNIDAD.format(columna="unidad_id"),
)
abiertas(
    models.EquipamientoUnidad,
    borrado=f"equipamiento_id IN (SELECT id FROM {models.Equipamiento._meta.db_table} WHERE {_DEL_EQUIPAMIENTO})",
)
del_municipio(models.Importacion)
del_municipio(models.Invitacion)
de_su(models.Invitacion.unidades.through, "invitacion")
del_municipio(models.Archivo, publica="publico AND retirado IS NULL")
de_su(models.CambioImportado, "importacion")
de_su(models.FilaImportada, "importacion")

# --- routes -----------------------------------------------------------------------------------------------------------
rutas.requieren(IMPORTAR_LIMITES, "territorio:importaciones", "importacion-list", metodos=("POST",))
rutas.requieren(IMPORTAR_LIMITES, "territorio:importaciones", metodos=rutas.LECTURA)
rutas.con_cuenta("importacion-list", metodos=rutas.LECTURA)
rutas.requieren(
    IMPORTAR_LIMITES,
    *(f"territorio:importacion{cual}" for cual in ("", "-estado", "-mapa", "-informe", "-filas")),
    de=models.Importacion,
    metodos=rutas.LECTURA,
)
rutas.requieren(
    IMPORTAR_LIMITES,
    *(f"territorio:importacion-{cual}" for cual in ("leer", "omitir", "descartar", "detener")),
    de=models.Importacion,
    metodos=rutas.ESCRITURA,
)
rutas.requieren(
    IMPORTAR_LIMITES, "territorio:importacion-aceptar", "territorio:importacion-deshacer", de=models.Importacion
)
rutas.requieren(IMPORTAR_LIMITES, "importacion-detail", de=models.Importacion, metodos=rutas.LECTURA, oculta=True)
rutas.requieren(
    IMPORTAR_LIMITES,
    *(f"importacion-{cual}" for cual in ("leer", "omitir", "aceptar", "descartar", "cancelar", "deshacer")),
    de=models.Importacion,
    metodos=rutas.ESCRITURA,
    oculta=True,
)
rutas.requieren(EDITAR_UNIDAD, "territorio:unidad-nueva")
rutas.requieren(
    EDITAR_UNIDAD,
    *(f"territorio:unidad-{cual}" for cual in ("cambiar", "editar", "borrar")),
    de=UnidadTerritorial,
)
rutas.visibles(UnidadTerritorial, "api-limites")
rutas.requieren(EDITAR_UNIDAD, "api-limites", de=UnidadTerritorial, metodos=rutas.ESCRITURA)
rutas.requieren(ADMINISTRAR_PERSONAS, "personas:lista")
rutas.requieren(ADMINISTRAR_PERSONAS, "personas:cambiar", "personas:quitar", "personas:reponer", de=Membresia)
rutas.requieren(ADMINISTRAR_PERSONAS, "personas:retirar", de=models.Invitacion, metodos=rutas.ESCRITURA)
rutas.abiertas("personas:invitacion", metodos=rutas.AMBOS)  # the token of the link is the permission
rutas.visibles(models.Archivo, "archivos:ver", "archivos:miniatura")
rutas.requieren(VER_ORIGINALES, "archivos:original", de=models.Archivo, metodos=rutas.LECTURA, oculta=True)
rutas.requieren(PUBLICAR_ARCHIVO, "archivos:publicar", "archivos:retirar", de=models.Archivo, metodos=rutas.ESCRITURA)
