"""A file of demands that somebody brought: read, looked at, and accepted or not."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from demandas.querysets.carga import CargaQuerySet
from territorio.models import UnidadTerritorial


class OrigenDeCarga(models.TextChoices):
    TABLA = "tabla", _("planilla o GeoJSON")
    ODK = "odk", _("envíos de ODK o KoboToolbox")


class EstadoCarga(models.TextChoices):
    EN_COLA = "en_cola", _("en cola")
    LEYENDO = "leyendo", _("leyendo el archivo")
    CON_ERRORES = "con_errores", _("con errores")
    POR_REVISAR = "por_revisar", _("por revisar")
    CARGANDO = "cargando", _("cargando")
    CARGADA = "cargada", _("cargada")
    DESCARTADA = "descartada", _("descartada")
    FALLIDA = "fallida", _("interrumpida")


@auditado(
    campos=("id", "uid", "municipio", "origen", "archivo", "sha256", "pedido", "estado", "huella", "omitidas", "por")
)
class CargaDeDemandas(models.Model):
    """`informe` is the last report, `huella` the digest of what it would write: acceptance writes that, or nothing."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    municipio = models.ForeignKey(UnidadTerritorial, on_delete=models.PROTECT, related_name="cargas_de_demandas")
    origen = models.CharField(max_length=8, choices=OrigenDeCarga.choices, default=OrigenDeCarga.TABLA)
    archivo = models.CharField(max_length=255, help_text="Nombre del archivo tal como se entregó.")
    sha256 = models.CharField(max_length=64, blank=True)
    pedido = models.JSONField(default=dict)
    estado = models.CharField(max_length=12, choices=EstadoCarga.choices, default=EstadoCarga.EN_COLA)
    informe = models.JSONField(default=dict)
    huella = models.CharField(max_length=64, blank=True)
    omitidas = models.JSONField(default=list, help_text="Filas que la persona decidió no cargar.")
    trabajo = models.BigIntegerField(null=True, blank=True)
    por = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    creada = models.DateTimeField(auto_now_add=True)
    cargada = models.DateTimeField(null=True, blank=True)

    objects = CargaQuerySet.as_manager()

    class Meta:
        verbose_name = _("carga de demandas")
        verbose_name_plural = _("cargas de demandas")
        ordering = ["-creada"]
        constraints = [
            models.CheckConstraint(
                name="carga_de_demandas_con_fecha", condition=~Q(estado="cargada") | Q(cargada__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.archivo} ({self.get_estado_display()})"
