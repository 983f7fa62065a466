"""What communities ask for: a demand with its place, the group that asks, and the rank each group gives it."""

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from cuentas.versiones import con_version
from demandas.querysets import DemandaQuerySet, DemandaUnidadQuerySet
from territorio.dinero import MONTO_MAXIMO
from territorio.models import Archivo, Localizable, Localizacion, Sector, UnidadTerritorial


class Grupo(models.TextChoices):
    """Who asks, told apart by gender and generation; `comunidad` is the whole assembly."""

    COMUNIDAD = "comunidad", _("toda la comunidad")
    MUJERES = "mujeres", _("mujeres")
    HOMBRES = "hombres", _("hombres")
    JOVENES = "jovenes", _("jóvenes")
    ADULTOS = "adultos", _("adultos")
    ADULTOS_MAYORES = "adultos_mayores", _("adultos mayores")


class EstadoDemanda(models.TextChoices):
    REGISTRADA = "registrada", _("registrada")
    VALIDADA = "validada", _("validada")
    PRIORIZADA_DISTRITO = "priorizada_distrito", _("priorizada en el distrito")
    PRIORIZADA_MUNICIPIO = "priorizada_municipio", _("priorizada en el municipio")
    INCORPORADA_PDM = "incorporada_pdm", _("incorporada al PDM")
    PROGRAMADA = "programada", _("programada")
    EJECUTADA = "ejecutada", _("ejecutada")
    DEVUELTA = "devuelta", _("devuelta")
    RECHAZADA = "rechazada", _("rechazada")


@auditado(excepto=("ubicada_por",))
@con_version(excepto=("ubicada_por",))
class Demanda(Localizable):
    """A need stated by a unit's people. Holds groups and counts, never a community member's name."""

    CAMPO_UNIDAD = "proponente"

    municipio = models.ForeignKey(UnidadTerritorial, on_delete=models.PROTECT, related_name="demandas_del_municipio")
    codigo = models.CharField("código", max_length=80)
    titulo = models.CharField("título", max_length=300)
    descripcion = models.TextField("descripción", blank=True)
    proponente = models.ForeignKey(
        UnidadTerritorial, on_delete=models.PROTECT, null=True, blank=True, related_name="demandas_propuestas"
    )
    sector = models.ForeignKey(Sector, on_delete=models.PROTECT, null=True, blank=True, related_name="demandas")
    grupo = models.CharField(max_length=16, choices=Grupo.choices, default=Grupo.COMUNIDAD)
    beneficiarias_mujeres = models.PositiveIntegerField("mujeres beneficiarias", null=True, blank=True)
    beneficiarios_hombres = models.PositiveIntegerField("hombres beneficiarios", null=True, blank=True)
    costo_estimado = models.DecimalField("costo estimado (Bs)", max_digits=14, decimal_places=2, null=True, blank=True)
    estado = models.CharField(max_length=20, choices=EstadoDemanda.choices, default=EstadoDemanda.REGISTRADA)
    fecha = models.DateField(null=True, blank=True)
    publicada = models.BooleanField(default=False, help_text="Visible sin ingresar.")
    fuente = models.CharField(max_length=300, blank=True)

    objects = DemandaQuerySet.as_manager()

    class Meta(Localizable.Meta):
        abstract = False
        verbose_name = _("demanda")
        verbose_name_plural = _("demandas")
        ordering = ["codigo"]
        constraints = [
            *Localizable.Meta.constraints,
            models.UniqueConstraint(fields=["municipio", "codigo"], name="demanda_codigo_unico"),
            models.CheckConstraint(name="demanda_con_titulo", condition=~Q(titulo="")),
            models.CheckConstraint(
                name="demanda_costo_no_negativo",
                condition=Q(costo_estimado=None) | Q(costo_estimado__gte=0, costo_estimado__lte=MONTO_MAXIMO),
            ),
        ]

    def __str__(self) -> str:
        return self.titulo

    @property
    def beneficiarios(self) -> int | None:
        """Persons who benefit, both sexes; None where nobody counted them."""
        partes = [n for n in (self.beneficiarias_mujeres, self.beneficiarios_hombres) if n is not None]
        return sum(partes) if partes else None


@auditado()
class Rango(models.Model):
    """The place a demand has in the order of one group of its unit; group `comunidad` is the agreed order."""

    demanda = models.ForeignKey(Demanda, on_delete=models.CASCADE, related_name="rangos")
    grupo = models.CharField(max_length=16, choices=Grupo.choices)
    puesto = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("rango")
        verbose_name_plural = _("rangos")
        ordering = ["grupo", "puesto"]
        constraints = [
            models.UniqueConstraint(fields=["demanda", "grupo"], name="rango_uno_por_grupo"),
            models.CheckConstraint(name="rango_desde_uno", condition=Q(puesto__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.get_grupo_display()}: {self.puesto}"


class DemandaUnidad(Localizacion):
    """Which part of a demand lies in which unit."""

    OBJETO = "demanda"

    demanda = models.ForeignKey(Demanda, on_delete=models.CASCADE, related_name="localizaciones")

    objects = DemandaUnidadQuerySet.as_manager()

    class Meta(Localizacion.Meta):
        abstract = False
        constraints = [
            *Localizacion.Meta.constraints,
            models.UniqueConstraint(fields=["demanda", "unidad"], name="demandaunidad_unica"),
        ]
        indexes = [models.Index(fields=["nivel", "unidad"])]

    def __str__(self) -> str:
        return f"{self.demanda_id} en {self.unidad_id}: {self.fraccion:.4f}"


@auditado()
class AdjuntoDeDemanda(models.Model):
    """A document or photo of a demand."""

    demanda = models.ForeignKey(Demanda, on_delete=models.PROTECT, related_name="adjuntos")
    archivo = models.OneToOneField(Archivo, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("adjunto de demanda")
        verbose_name_plural = _("adjuntos de demanda")

    def __str__(self) -> str:
        return f"{self.archivo} de {self.demanda}"
