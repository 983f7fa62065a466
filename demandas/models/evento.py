"""Meetings of the process: where, when, with whom, and what was agreed."""

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado, auditado_enlace
from cuentas.versiones import con_version, contenido_de
from demandas.models.proceso import Actor, Proceso
from demandas.querysets.evento import EventoQuerySet
from territorio.models import Archivo, UnidadTerritorial
from territorio.models.localizacion import MUNDO


class TipoDeEvento(models.TextChoices):
    SENSIBILIZACION = "sensibilizacion", _("sensibilización")
    CAPACITACION = "capacitacion", _("capacitación")
    AUTODIAGNOSTICO = "autodiagnostico", _("autodiagnóstico comunal")
    TALLER_DISTRITAL = "taller_distrital", _("taller distrital")
    CUMBRE = "cumbre", _("cumbre municipal")
    AUDIENCIA = "audiencia", _("audiencia pública")


class EstadoEvento(models.TextChoices):
    PROGRAMADO = "programado", _("programado")
    REALIZADO = "realizado", _("realizado")
    SUSPENDIDO = "suspendido", _("suspendido")


class Sexo(models.TextChoices):
    MUJERES = "mujeres", _("mujeres")
    HOMBRES = "hombres", _("hombres")


class GrupoEdad(models.TextChoices):
    JOVENES = "jovenes", _("jóvenes")
    ADULTOS = "adultos", _("adultos")
    ADULTOS_MAYORES = "adultos_mayores", _("adultos mayores")


class Calidad(models.TextChoices):
    """In what capacity people attend: all of a community, or delegates who speak for it."""

    MASIVA = "masiva", _("participación masiva")
    DELEGADA = "delegada", _("participación delegada")


@auditado()
@con_version()
class Evento(models.Model):
    """A workshop, summit or hearing; its acta and photos hang on it as files. Counts and groups, no names."""

    CAMPO_UNIDAD = "unidad"  # where the role of who writes it must reach

    municipio = models.ForeignKey(UnidadTerritorial, on_delete=models.PROTECT, related_name="eventos_del_municipio")
    proceso = models.ForeignKey(Proceso, on_delete=models.PROTECT, null=True, blank=True, related_name="eventos")
    tipo = models.CharField(max_length=16, choices=TipoDeEvento.choices)
    nombre = models.CharField(max_length=200, blank=True)
    unidad = models.ForeignKey(
        UnidadTerritorial, on_delete=models.PROTECT, related_name="eventos", help_text="De quién es la reunión."
    )
    lugar = models.CharField(max_length=200, blank=True, help_text="Escuela, sede, cancha …")
    punto = models.PointField(null=True, blank=True, srid=4326)
    fecha = models.DateField()
    hora = models.TimeField(null=True, blank=True)
    agenda = models.TextField(max_length=4000, blank=True)
    acuerdos = models.TextField(max_length=8000, blank=True)
    estado = models.CharField(max_length=10, choices=EstadoEvento.choices, default=EstadoEvento.PROGRAMADO)
    actores = models.ManyToManyField(Actor, related_name="eventos", blank=True)
    publicado = models.BooleanField(default=False, help_text="Visible sin ingresar.")

    objects = EventoQuerySet.as_manager()

    class Meta:
        verbose_name = _("evento")
        verbose_name_plural = _("eventos")
        ordering = ["-fecha", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="evento_punto_en_el_mundo", condition=Q(punto=None) | Q(punto__coveredby=MUNDO)
            ),
            models.CheckConstraint(name="evento_fecha_posible", condition=Q(fecha__year__gte=1990)),
        ]
        indexes = [models.Index(fields=["municipio", "fecha"])]

    def __str__(self) -> str:
        nombre = self.nombre or f"{self.get_tipo_display()} de {self.unidad}"
        return f"{nombre[:1].upper()}{nombre[1:]}"

    @property
    def geometria(self):
        """Where it was held (EPSG:4326), as located features call theirs."""
        return self.punto


@auditado_enlace
@contenido_de("evento")
class ActorEnEvento(Evento.actores.through):  # type: ignore[name-defined]
    """An actor that was at an event."""

    class Meta:
        proxy = True


@auditado()
@contenido_de("evento", columnas=("sexo", "grupo_edad", "calidad", "personas"))
class Asistencia(models.Model):
    """How many of a sex, an age and a capacity came."""

    evento = models.ForeignKey(Evento, on_delete=models.CASCADE, related_name="asistencias")
    sexo = models.CharField(max_length=8, choices=Sexo.choices)
    grupo_edad = models.CharField(max_length=16, choices=GrupoEdad.choices)
    calidad = models.CharField(max_length=8, choices=Calidad.choices)
    personas = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("asistencia")
        verbose_name_plural = _("asistencias")
        constraints = [
            models.UniqueConstraint(
                fields=["evento", "sexo", "grupo_edad", "calidad"], name="asistencia_una_por_grupo"
            ),
            models.CheckConstraint(name="asistencia_posible", condition=Q(personas__lte=1_000_000)),
        ]

    def __str__(self) -> str:
        return f"{self.get_sexo_display()}, {self.get_grupo_edad_display()}: {self.personas}"


@auditado()
class AdjuntoDeEvento(models.Model):
    """The acta, the attendance sheet or a photo of an event."""

    evento = models.ForeignKey(Evento, on_delete=models.PROTECT, related_name="adjuntos")
    archivo = models.OneToOneField(Archivo, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("adjunto de evento")
        verbose_name_plural = _("adjuntos de evento")

    def __str__(self) -> str:
        return f"{self.archivo} de {self.evento}"
