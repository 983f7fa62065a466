"""What communities find when they look at themselves, and what the municipality finds of its own house."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from cuentas.versiones import con_version
from demandas.models.evento import Evento
from demandas.models.grupo import Grupo
from demandas.models.proceso import Proceso
from demandas.querysets.diagnostico import DatoInstitucionalQuerySet, HallazgoQuerySet
from territorio.dinero import MONTO_MAXIMO
from territorio.models import Sector, UnidadTerritorial


class TipoDeHallazgo(models.TextChoices):
    PROBLEMA = "problema", _("problema")
    POTENCIALIDAD = "potencialidad", _("potencialidad")
    LIMITACION = "limitacion", _("limitación")
    ASPIRACION = "aspiracion", _("aspiración")


@auditado()
@con_version()
class Hallazgo(models.Model):
    """A problem, potential, limitation or aspiration that a group of a community named, and the rank it gave."""

    municipio = models.ForeignKey(UnidadTerritorial, on_delete=models.PROTECT, related_name="hallazgos_del_municipio")
    unidad = models.ForeignKey(UnidadTerritorial, on_delete=models.PROTECT, related_name="hallazgos")
    evento = models.ForeignKey(Evento, on_delete=models.PROTECT, null=True, blank=True, related_name="hallazgos")
    sector = models.ForeignKey(Sector, on_delete=models.PROTECT, null=True, blank=True, related_name="hallazgos")
    tipo = models.CharField(max_length=14, choices=TipoDeHallazgo.choices)
    grupo = models.CharField(max_length=16, choices=Grupo.choices, default=Grupo.COMUNIDAD)
    texto = models.TextField(max_length=1000)
    puesto = models.PositiveSmallIntegerField(null=True, blank=True, help_text="1: lo primero para ese grupo.")
    envio = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    publicado = models.BooleanField(default=False, help_text="Visible sin ingresar.")

    objects = HallazgoQuerySet.as_manager()

    class Meta:
        verbose_name = _("hallazgo")
        verbose_name_plural = _("hallazgos")
        ordering = ["unidad", "sector", "tipo", "puesto", "pk"]
        constraints = [
            models.CheckConstraint(name="hallazgo_con_texto", condition=~Q(texto="")),
            models.CheckConstraint(name="hallazgo_puesto_desde_uno", condition=Q(puesto=None) | Q(puesto__gte=1)),
            # Each meeting has an order of its own, and so has what was written outside any.
            models.UniqueConstraint(
                fields=["unidad", "grupo", "tipo", "puesto"],
                condition=Q(evento=None),
                name="hallazgo_puesto_unico",
            ),
            models.UniqueConstraint(
                fields=["unidad", "evento", "grupo", "tipo", "puesto"],
                condition=Q(evento__isnull=False),
                name="hallazgo_puesto_unico_en_su_evento",
            ),
        ]
        indexes = [models.Index(fields=["municipio", "unidad", "sector"])]

    def __str__(self) -> str:
        return self.texto[:80]


class Apartado(models.TextChoices):
    """The parts of a diagnosis of the municipality as an institution."""

    ESTRUCTURA = "estructura", _("estructura")
    PERSONAL = "personal", _("personal")
    MEDIOS = "medios", _("medios y equipos")
    INGRESOS = "ingresos", _("ingresos")


@auditado()
@con_version()
class DatoInstitucional(models.Model):
    """A fact about the municipality as an institution: posts, vehicles, income of a year (Bs)."""

    municipio = models.ForeignKey(UnidadTerritorial, on_delete=models.PROTECT, related_name="datos_institucionales")
    proceso = models.ForeignKey(Proceso, on_delete=models.PROTECT, null=True, blank=True, related_name="datos")
    apartado = models.CharField(max_length=12, choices=Apartado.choices)
    concepto = models.CharField(max_length=200)
    anio = models.PositiveSmallIntegerField("año")
    cantidad = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    medida = models.CharField(max_length=40, blank=True, help_text="Personas, vehículos, m² …")
    monto = models.DecimalField("monto (Bs)", max_digits=14, decimal_places=2, null=True, blank=True)
    nota = models.TextField(max_length=2000, blank=True)
    fuente = models.CharField(max_length=300, blank=True)

    objects = DatoInstitucionalQuerySet.as_manager()

    class Meta:
        verbose_name = _("dato institucional")
        verbose_name_plural = _("datos institucionales")
        ordering = ["apartado", "concepto", "anio"]
        constraints = [
            models.UniqueConstraint(
                fields=["municipio", "apartado", "concepto", "anio"], name="dato_institucional_unico"
            ),
            models.CheckConstraint(name="dato_institucional_con_concepto", condition=~Q(concepto="")),
            models.CheckConstraint(name="dato_institucional_anio_posible", condition=Q(anio__gte=1990, anio__lte=2200)),
            models.CheckConstraint(
                name="dato_institucional_posible",
                condition=(Q(cantidad=None) | Q(cantidad__gte=0))
                & (Q(monto=None) | Q(monto__gte=0, monto__lte=MONTO_MAXIMO)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.concepto} {self.anio}"
