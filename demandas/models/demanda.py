"""What communities ask for: a demand with its place, the group that asks, and the rank each group gives it."""

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from cuentas.versiones import con_version
from demandas.models.diagnostico import Hallazgo
from demandas.models.evento import Evento, GrupoEdad, Sexo
from demandas.models.grupo import Grupo
from demandas.querysets import DemandaQuerySet, DemandaUnidadQuerySet
from territorio.dinero import MONTO_MAXIMO
from territorio.models import Archivo, Localizable, Localizacion, Sector, UnidadTerritorial


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
    UNIDA = "unida", _("unida a otra")


class Madurez(models.TextChoices):
    """How far a demand is from being built: what was studied of it."""

    IDEA = "idea", _("idea")
    PERFIL = "perfil", _("perfil")
    ESTUDIO = "estudio", _("estudio técnico previo")
    DISENO = "diseno", _("diseño final")


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
    contraparte = models.DecimalField(
        "contraparte de la comunidad (Bs)", max_digits=14, decimal_places=2, null=True, blank=True
    )
    madurez = models.CharField("madurez técnica", max_length=8, choices=Madurez.choices, blank=True)
    fecha = models.DateField(null=True, blank=True)
    pedida_desde = models.PositiveSmallIntegerField(
        "se pide desde el año", null=True, blank=True, help_text="Año en que se pidió por primera vez."
    )
    evento = models.ForeignKey(Evento, on_delete=models.PROTECT, null=True, blank=True, related_name="demandas")
    hallazgos = models.ManyToManyField(Hallazgo, through="DemandaHallazgo", related_name="demandas", blank=True)
    unida_a = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="unidas"
    )
    envio = models.UUIDField(
        null=True, blank=True, unique=True, editable=False, help_text="De quien la envió: la misma no entra dos veces."
    )
    envio_huella = models.CharField(
        "resumen del envío", max_length=64, blank=True, editable=False, help_text="De lo que se envió, como se envió."
    )
    registrada_por = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
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
            models.CheckConstraint(
                name="demanda_contraparte_no_negativa",
                condition=Q(contraparte=None) | Q(contraparte__gte=0, contraparte__lte=MONTO_MAXIMO),
            ),
            models.CheckConstraint(
                name="demanda_pedida_desde_posible",
                condition=Q(pedida_desde=None) | Q(pedida_desde__gte=1950, pedida_desde__lte=2200),
            ),
            models.CheckConstraint(
                name="demanda_unida_a_otra",
                condition=Q(estado="unida", unida_a__isnull=False) & ~Q(unida_a=F("pk"))
                | ~Q(estado="unida") & Q(unida_a=None),
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


@auditado()
class BeneficiariosPorEdad(models.Model):
    """Persons of a sex and an age who benefit; their sum by sex is what the demand itself says."""

    demanda = models.ForeignKey(Demanda, on_delete=models.CASCADE, related_name="beneficiarios_por_edad")
    sexo = models.CharField(max_length=8, choices=Sexo.choices)
    grupo_edad = models.CharField(max_length=16, choices=GrupoEdad.choices)
    personas = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("beneficiarios por edad")
        verbose_name_plural = _("beneficiarios por edad")
        constraints = [
            models.UniqueConstraint(fields=["demanda", "sexo", "grupo_edad"], name="beneficiarios_uno_por_grupo")
        ]

    def __str__(self) -> str:
        return f"{self.get_sexo_display()}, {self.get_grupo_edad_display()}: {self.personas}"


@auditado()
class DemandaHallazgo(models.Model):
    """A demand came from what a community found: a problem, a potential, a limitation, an aspiration."""

    demanda = models.ForeignKey(Demanda, on_delete=models.CASCADE, related_name="origenes")
    hallazgo = models.ForeignKey(Hallazgo, on_delete=models.PROTECT, related_name="origina")

    class Meta:
        verbose_name = _("origen de la demanda")
        verbose_name_plural = _("orígenes de la demanda")
        constraints = [models.UniqueConstraint(fields=["demanda", "hallazgo"], name="origen_unico")]

    def __str__(self) -> str:
        return f"{self.demanda_id} por {self.hallazgo_id}"


@auditado()
class NoSonLaMisma(models.Model):
    """Somebody looked at two demands that resemble each other and said that they are two."""

    una = models.ForeignKey(Demanda, on_delete=models.CASCADE, related_name="+")
    otra = models.ForeignKey(Demanda, on_delete=models.CASCADE, related_name="+")
    por = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    cuando = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("par de demandas distintas")
        verbose_name_plural = _("pares de demandas distintas")
        constraints = [
            models.UniqueConstraint(fields=["una", "otra"], name="par_distinto_unico"),
            models.CheckConstraint(name="par_distinto_en_orden", condition=Q(una__lt=F("otra"))),
        ]

    def __str__(self) -> str:
        return f"{self.una_id} ≠ {self.otra_id}"


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
