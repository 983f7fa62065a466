"""Territorial units: an identity that outlives its limits, its names and its codes."""

from django.contrib.gis.db import models
from django.contrib.postgres.fields import DateRangeField
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from territorio.models.catalogos import Nivel
from territorio.querysets import UnidadManager


def siempre() -> DateRange:
    """A span without beginning or end."""
    return DateRange(None, None)


@auditado()
class UnidadTerritorial(models.Model):
    """A department, municipality, district, cantón, OTB, community … Codes are text with leading zeros.

    `municipio` is empty for municipalities and what holds them. `punto` is EPSG:4326; a unit may have a point, a
    `Limite`, both or neither. `vigencia` ends where the unit was divided, merged or abolished (see `Sucesion`).
    """

    nivel = models.ForeignKey(Nivel, on_delete=models.PROTECT, related_name="unidades")
    municipio = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="unidades_del_municipio"
    )
    codigo = models.CharField("código", max_length=80)
    nombre = models.CharField(max_length=200)
    padre = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="hijas")
    punto = models.PointField(null=True, blank=True, srid=4326)
    categoria = models.CharField("categoría", max_length=80, blank=True)
    vigencia = DateRangeField(default=siempre, help_text="Desde y hasta cuándo existe; abierta si no se sabe.")

    objects = UnidadManager()

    class Meta:
        verbose_name = _("unidad territorial")
        verbose_name_plural = _("unidades territoriales")
        ordering = ["nivel__orden", "codigo"]
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["nivel", "municipio", "codigo"], name="unidad_codigo_unico", nulls_distinct=False
            ),
            models.CheckConstraint(name="unidad_con_codigo", condition=~Q(codigo="")),
            models.CheckConstraint(name="unidad_con_nombre", condition=~Q(nombre="")),
            models.CheckConstraint(name="unidad_con_dias", condition=Q(vigencia__isempty=False)),
            models.CheckConstraint(name="unidad_no_es_su_padre", condition=~Q(padre=F("id")) | Q(padre=None)),
        ]

    def __str__(self) -> str:
        return self.nombre

    @property
    def municipio_propio(self) -> "UnidadTerritorial | None":
        """The municipality this unit is, or belongs to."""
        return self if self.nivel.codigo == "municipio" else self.municipio


class _DelNivel(UnidadManager):
    """Manager of a proxy: only the units of one level."""

    def __init__(self, nivel: str) -> None:
        super().__init__()
        self.nivel = nivel

    def get_queryset(self):
        return super().get_queryset().filter(nivel__codigo=self.nivel)


class Municipio(UnidadTerritorial):
    objects = _DelNivel("municipio")

    class Meta:
        proxy = True
        verbose_name = _("municipio")
        verbose_name_plural = _("municipios")


class Distrito(UnidadTerritorial):
    objects = _DelNivel("distrito")

    class Meta:
        proxy = True
        verbose_name = _("distrito")
        verbose_name_plural = _("distritos")


class OTB(UnidadTerritorial):
    objects = _DelNivel("otb")

    class Meta:
        proxy = True
        verbose_name = _("OTB")
        verbose_name_plural = _("OTB")


class Comunidad(UnidadTerritorial):
    objects = _DelNivel("comunidad")

    class Meta:
        proxy = True
        verbose_name = _("comunidad")
        verbose_name_plural = _("comunidades")


@auditado()
class CodigoExterno(models.Model):
    """The crosswalk: the same unit in another scheme of codes (budget entity, international p-code …)."""

    unidad = models.ForeignKey(UnidadTerritorial, on_delete=models.CASCADE, related_name="codigos_externos")
    esquema = models.CharField(max_length=40, help_text="Por ejemplo: presupuesto, pcode, cartografia_2012.")
    codigo = models.CharField("código", max_length=80)

    class Meta:
        verbose_name = _("código externo")
        verbose_name_plural = _("códigos externos")
        constraints = [models.UniqueConstraint(fields=["esquema", "codigo", "unidad"], name="codigo_externo_unico")]

    def __str__(self) -> str:
        return f"{self.esquema}: {self.codigo}"
