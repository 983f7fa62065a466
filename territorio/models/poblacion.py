"""Figures about units: inhabitants by census, and indicators such as unmet basic needs (NBI)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from territorio.models.unidad import UnidadTerritorial
from territorio.querysets import CifraQuerySet, PoblacionQuerySet

TOTAL = "total"
VALOR_MAXIMO = 1e12


@auditado()
class Poblacion(models.Model):
    """Persons of a unit in a census, by sex and age band; `total`/`total` is the whole."""

    class Sexo(models.TextChoices):
        TOTAL = TOTAL, "total"
        MUJERES = "mujeres", "mujeres"
        HOMBRES = "hombres", "hombres"

    unidad = models.ForeignKey(UnidadTerritorial, on_delete=models.CASCADE, related_name="poblaciones")
    censo = models.PositiveSmallIntegerField()
    sexo = models.CharField(max_length=8, choices=Sexo.choices, default=Sexo.TOTAL)
    grupo_edad = models.CharField("grupo de edad", max_length=20, default=TOTAL)
    personas = models.PositiveIntegerField()
    preliminar = models.BooleanField(default=False)
    fuente = models.CharField(max_length=300, blank=True)

    objects = PoblacionQuerySet.as_manager()

    class Meta:
        verbose_name = _("población")
        verbose_name_plural = _("poblaciones")
        constraints = [
            models.UniqueConstraint(fields=["unidad", "censo", "sexo", "grupo_edad"], name="poblacion_una_cifra"),
            models.CheckConstraint(name="poblacion_con_grupo", condition=~Q(grupo_edad="")),
        ]

    def __str__(self) -> str:
        return f"{self.unidad}, censo {self.censo}: {self.personas}"


class Desglose(models.Model):
    """Whether everybody may see the persons of a unit by sex and age in a census, or only the members of its municipality.

    One that is not here is not shown. Derived: written only by `territorio.reserva`, checked by `verificar`.
    """

    unidad = models.ForeignKey(UnidadTerritorial, on_delete=models.CASCADE, related_name="desgloses")
    censo = models.PositiveSmallIntegerField()
    publico = models.BooleanField("público")

    class Meta:
        verbose_name = _("desglose")
        verbose_name_plural = _("desgloses")
        constraints = [models.UniqueConstraint(fields=["unidad", "censo"], name="desglose_unico")]

    def __str__(self) -> str:
        return f"{self.unidad}, censo {self.censo}: {'público' if self.publico else 'reservado'}"


class Medida(models.TextChoices):
    """What an indicator's figure is: how it is written, and whether parts add up (counts) or are averaged (the rest)."""

    PORCENTAJE = "porcentaje", _("%")
    POR_MIL = "por_mil", _("por mil")
    CANTIDAD = "cantidad", _("cantidad")
    INDICE = "indice", _("índice")


@auditado()
class Indicador(models.Model):
    """A figure of a unit in a year, e.g. `nbi` in % of persons; all figures of a name have one `medida`."""

    unidad = models.ForeignKey(UnidadTerritorial, on_delete=models.CASCADE, related_name="indicadores")
    nombre = models.SlugField(max_length=60)
    anio = models.PositiveSmallIntegerField("año")
    valor = models.FloatField()
    medida = models.CharField(max_length=10, choices=Medida.choices, default=Medida.PORCENTAJE)
    fuente = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("indicador")
        verbose_name_plural = _("indicadores")
        constraints = [
            models.UniqueConstraint(fields=["unidad", "nombre", "anio"], name="indicador_una_cifra"),
            models.CheckConstraint(name="indicador_no_es_habitantes", condition=~Q(nombre="habitantes")),
            # PostgreSQL orders NaN above every number, so that a bound keeps it out as well.
            models.CheckConstraint(
                name="indicador_posible",
                condition=Q(valor__gte=-VALOR_MAXIMO, valor__lte=VALOR_MAXIMO)
                & (Q(medida="indice") | Q(valor__gte=0))
                & (~Q(medida="porcentaje") | Q(valor__lte=100))
                & (~Q(medida="por_mil") | Q(valor__lte=1000)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.nombre} {self.anio}: {self.valor}"


HABITANTES = "habitantes"


class Metodo(models.TextChoices):
    """How a figure came about: counted in that very unit, or estimated."""

    CENSO = "censo", _("dato propio")
    SUMA = "suma", _("suma de las unidades que la forman")
    AREA = "area", _("estimada por superficie")
    PUNTOS = "puntos", _("estimada por número de comunidades")
    HEREDADA = "heredada", _("la de la unidad superior")


class Cifra(models.Model):
    """The figure that pages use for a unit: its own where there is one, else rolled up or down the tree, and how.

    `nombre` is `habitantes` (persons) or that of an `Indicador`. Derived: written only by `territorio.cifras`, checked by
    `verificar`.
    """

    unidad = models.ForeignKey(UnidadTerritorial, on_delete=models.CASCADE, related_name="cifras")
    nombre = models.SlugField(max_length=60)
    anio = models.PositiveSmallIntegerField("año")
    valor = models.FloatField()
    metodo = models.CharField("método", max_length=8, choices=Metodo.choices)
    nivel_origen = models.ForeignKey(
        "territorio.Nivel", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = CifraQuerySet.as_manager()

    class Meta:
        verbose_name = _("cifra")
        verbose_name_plural = _("cifras")
        constraints = [models.UniqueConstraint(fields=["unidad", "nombre", "anio"], name="cifra_unica")]

    def __str__(self) -> str:
        return f"{self.unidad}, {self.nombre} {self.anio}: {self.valor:g} ({self.get_metodo_display()})"
