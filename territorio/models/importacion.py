"""An import of units and limits as something that is read, looked at, accepted and, if need be, undone."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from territorio.models.catalogos import Nivel
from territorio.models.unidad import UnidadTerritorial

# What persons decided of it, and what became of it; not how far its job has come.
DECIDIDOS = (
    *("id", "uid", "municipio", "nivel", "archivo", "sha256", "pedido"),
    *("estado", "huella", "omitidas", "por", "aceptada_por"),
)


class EstadoImportacion(models.TextChoices):
    EN_COLA = "en_cola", _("en cola")
    LEYENDO = "leyendo", _("leyendo el archivo")
    CON_ERRORES = "con_errores", _("con errores")
    POR_REVISAR = "por_revisar", _("por revisar")
    APLICANDO = "aplicando", _("cargando")
    APLICADA = "aplicada", _("cargada")
    DESHACIENDO = "deshaciendo", _("deshaciendo")
    DESHECHA = "deshecha", _("deshecha")
    DESCARTADA = "descartada", _("descartada")
    CANCELADA = "cancelada", _("cancelada")
    FALLIDA = "fallida", _("interrumpida")


EN_MARCHA = (
    EstadoImportacion.EN_COLA,
    EstadoImportacion.LEYENDO,
    EstadoImportacion.APLICANDO,
    EstadoImportacion.DESHACIENDO,
)


@auditado(
    campos=(
        "id",
        "uid",
        "municipio",
        "nivel",
        "archivo",
        "sha256",
        "pedido",
        "estado",
        "huella",
        "omitidas",
        "por",
        "aceptada_por",
    )
)
class Importacion(models.Model):
    """A file brought for a level of a municipality, from upload or the command line to acceptance and undoing.

    `pedido` is what the person stated (a `Pedido` without its file), `informe` the last report as a dict, `huella` the
    digest of what that report would write: acceptance writes exactly that or nothing.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    municipio = models.ForeignKey(
        UnidadTerritorial, on_delete=models.PROTECT, null=True, blank=True, related_name="importaciones"
    )
    nivel = models.ForeignKey(Nivel, on_delete=models.PROTECT, related_name="importaciones")
    archivo = models.CharField(max_length=255, help_text="Nombre del archivo tal como se entregó.")
    sha256 = models.CharField(
        max_length=64, blank=True, help_text="Del archivo guardado; vacío si no se guardó, o si ya se borró."
    )
    pedido = models.JSONField(default=dict)
    estado = models.CharField(max_length=12, choices=EstadoImportacion.choices, default=EstadoImportacion.EN_COLA)
    paso = models.CharField(max_length=200, blank=True)
    progreso = models.PositiveSmallIntegerField(default=0)
    cancelar = models.BooleanField(default=False)
    trabajo = models.BigIntegerField(null=True, blank=True, help_text="Trabajo en la cola que la lleva adelante.")
    mensajes = models.JSONField(default=list, blank=True, help_text="Por qué no siguió adelante la última vez.")
    informe = models.JSONField(default=dict)
    huella = models.CharField(max_length=64, blank=True)
    omitidas = models.JSONField(default=list, help_text="Filas que la persona decidió no cargar.")
    por = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    aceptada_por = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    creada = models.DateTimeField(auto_now_add=True)
    cambiada = models.DateTimeField(auto_now=True)
    aplicada = models.DateTimeField(null=True, blank=True)
    deshecha = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("importación")
        verbose_name_plural = _("importaciones")
        ordering = ["-creada"]
        constraints = [
            models.CheckConstraint(name="importacion_progreso_posible", condition=Q(progreso__lte=100)),
            models.CheckConstraint(
                name="importacion_aplicada_con_fecha",
                condition=~Q(estado__in=["aplicada", "deshecha"]) | Q(aplicada__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.archivo} ({self.get_estado_display()})"

    @property
    def en_marcha(self) -> bool:
        return self.estado in EN_MARCHA


class CambioImportado(models.Model):
    """What an import did to one unit, and how that unit stood before: what undoing puts back.

    `despues` holds what it wrote (`nombre`, `padre`, `categoria`, `punto` as [x, y], `limite` by id, `denominacion` by
    id, `poblacion`); `antes` the former value of the same fields, for limits the one that was closed (`limite`: id and
    former last day) and those that were replaced (`sustituidos`: ids). It is empty for a new unit.
    """

    importacion = models.ForeignKey(Importacion, on_delete=models.CASCADE, related_name="cambios")
    unidad = models.ForeignKey(UnidadTerritorial, on_delete=models.CASCADE, related_name="+")
    nueva = models.BooleanField(default=False)
    fila = models.PositiveIntegerField(null=True)
    antes = models.JSONField(default=dict)
    despues = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("cambio importado")
        verbose_name_plural = _("cambios importados")
        constraints = [models.UniqueConstraint(fields=["importacion", "unidad"], name="cambio_uno_por_unidad")]

    def __str__(self) -> str:
        return f"{self.importacion}: {self.unidad}"
