"""Services that stand somewhere: schools, health posts, water points."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from territorio.models.catalogos import Sector
from territorio.models.localizacion import Localizable, Localizacion
from territorio.models.unidad import UnidadTerritorial
from territorio.querysets import EquipamientoQuerySet


class EstadoEquipamiento(models.TextChoices):
    FUNCIONA = "funciona", _("funciona")
    EN_PARTE = "en_parte", _("funciona en parte")
    EN_CONSTRUCCION = "en_construccion", _("en construcción")
    CERRADO = "cerrado", _("cerrado")
    DESCONOCIDO = "desconocido", _("se desconoce")


# What a community can use today.
EN_FUNCIONAMIENTO = (EstadoEquipamiento.FUNCIONA, EstadoEquipamiento.EN_PARTE)


class Equipamiento(Localizable):
    """A service of a sector; without geometry of its own it stands where its unit stands."""

    codigo = models.CharField("código", max_length=80)
    nombre = models.CharField(max_length=200)
    sector = models.ForeignKey(Sector, on_delete=models.PROTECT, related_name="equipamientos")
    tipo = models.CharField(max_length=80, help_text="Por ejemplo: unidad educativa, puesto de salud, pila pública.")
    unidad = models.ForeignKey(
        UnidadTerritorial, on_delete=models.PROTECT, null=True, blank=True, related_name="equipamientos"
    )
    estado = models.CharField(max_length=16, choices=EstadoEquipamiento.choices, default=EstadoEquipamiento.DESCONOCIDO)
    fuente = models.CharField(max_length=300, blank=True)

    objects = EquipamientoQuerySet.as_manager()

    class Meta(Localizable.Meta):
        verbose_name = "equipamiento"
        verbose_name_plural = "equipamientos"
        ordering = ["codigo"]
        constraints = [
            *Localizable.Meta.constraints,
            models.UniqueConstraint(fields=["municipio", "codigo"], name="equipamiento_codigo_unico"),
            models.CheckConstraint(name="equipamiento_con_codigo", condition=~Q(codigo="")),
            models.CheckConstraint(name="equipamiento_con_nombre", condition=~Q(nombre="")),
        ]

    def __str__(self) -> str:
        return self.nombre


class EquipamientoUnidad(Localizacion):
    OBJETO = "equipamiento"

    equipamiento = models.ForeignKey(Equipamiento, on_delete=models.CASCADE, related_name="localizaciones")
    unidad = models.ForeignKey(UnidadTerritorial, on_delete=models.CASCADE, related_name="equipamientos_localizados")

    class Meta(Localizacion.Meta):
        constraints = [
            *Localizacion.Meta.constraints,
            models.UniqueConstraint(fields=["equipamiento", "unidad"], name="equipamientounidad_unica"),
        ]
        indexes = [models.Index(fields=["nivel", "unidad"])]

    def __str__(self) -> str:
        return f"{self.equipamiento} en {self.unidad}: {self.fraccion:.4f}"
