"""What every located feature shares, and the stored answer to "in which units does it lie?"."""

from collections.abc import Iterable

from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import IsValid
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from territorio.models.catalogos import Nivel
from territorio.models.unidad import UnidadTerritorial

MUNDO = "SRID=4326;POLYGON((-180 -90, 180 -90, 180 90, -180 90, -180 -90))"
GEOMETRIAS = ("punto", "linea", "poligono")


class UbicadaPor(models.TextChoices):
    """How a feature came to its place: what maps and tables must tell beside it."""

    PROPIA = "propia", _("geometría propia")
    UNIDAD = "unidad", _("su unidad")
    ANCESTRO = "ancestro", _("una unidad superior")
    SIN_UBICAR = "sin_ubicar", _("sin ubicar")


class Localizable(models.Model):
    """A feature with at most one geometry (EPSG:4326) and, perhaps, a declared unit named by `CAMPO_UNIDAD`."""

    CAMPO_UNIDAD = "unidad"

    municipio = models.ForeignKey(UnidadTerritorial, on_delete=models.PROTECT, related_name="%(class)ss_del_municipio")
    punto = models.PointField(null=True, blank=True, srid=4326)
    linea = models.MultiLineStringField(null=True, blank=True, srid=4326)
    poligono = models.MultiPolygonField(null=True, blank=True, srid=4326)
    ubicada_por = models.CharField(
        max_length=10, choices=UbicadaPor.choices, default=UbicadaPor.SIN_UBICAR, editable=False
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_una_geometria",
                condition=Q(punto=None, linea=None) | Q(punto=None, poligono=None) | Q(linea=None, poligono=None),
            ),
            models.CheckConstraint(
                name="%(class)s_punto_en_el_mundo", condition=Q(punto=None) | Q(punto__coveredby=MUNDO)
            ),
            models.CheckConstraint(
                name="%(class)s_linea_valida",
                condition=Q(linea=None) | Q(IsValid("linea"), linea__coveredby=MUNDO),
            ),
            models.CheckConstraint(
                name="%(class)s_poligono_valido",
                condition=Q(poligono=None) | Q(IsValid("poligono"), poligono__coveredby=MUNDO),
            ),
        ]

    @classmethod
    def al_ubicar(cls, ids: Iterable[int]) -> None:
        """Called whenever features of the model were placed: a model with more to derive from its place does so here."""

    @property
    def geometria(self):
        """The feature's own geometry, whichever of the three it has, or None."""
        return self.punto or self.linea or self.poligono


class Localizacion(models.Model):
    """One feature in one unit: `fraccion` of it (0 < f ≤ 1), `en_disputa` where other units of the level claim the same.

    Written only by `territorio.localizacion`; a subclass names its feature's foreign key in `OBJETO`.
    """

    OBJETO = ""

    unidad = models.ForeignKey(UnidadTerritorial, on_delete=models.CASCADE, related_name="+")
    nivel = models.ForeignKey(Nivel, on_delete=models.PROTECT, related_name="+")
    fraccion = models.FloatField("fracción")
    en_disputa = models.BooleanField(default=False)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(name="%(class)s_fraccion_posible", condition=Q(fraccion__gt=0, fraccion__lte=1))
        ]


class UnidadEnUnidad(Localizacion):
    """A unit as a feature itself: which part of a community lies in which district, cantón, municipality …"""

    OBJETO = "parte"

    parte = models.ForeignKey(UnidadTerritorial, on_delete=models.CASCADE, related_name="localizaciones")
    unidad = models.ForeignKey(UnidadTerritorial, on_delete=models.CASCADE, related_name="partes")

    class Meta(Localizacion.Meta):
        constraints = [
            *Localizacion.Meta.constraints,
            models.UniqueConstraint(fields=["parte", "unidad"], name="unidadenunidad_unica"),
        ]
        indexes = [models.Index(fields=["nivel", "unidad"])]

    def __str__(self) -> str:
        return f"{self.parte} en {self.unidad}: {self.fraccion:.4f}"
