"""Projects: what answers demands, above its yearly operations."""

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado, auditado_enlace
from cuentas.versiones import con_version, contenido_de
from demandas.models import Demanda
from proyectos.models.pdm import PDM
from proyectos.querysets.proyecto import ProyectoQuerySet
from territorio.dinero import MONTO_MAXIMO
from territorio.models import Localizable, Localizacion, Sector, UnidadTerritorial


class EstadoProyecto(models.TextChoices):
    IDEA = "idea", _("idea")
    PROGRAMADO = "programado", _("programado")
    EN_LICITACION = "en_licitacion", _("en licitación")
    ADJUDICADO = "adjudicado", _("adjudicado")
    CONTRATADO = "contratado", _("contratado")
    EN_EJECUCION = "en_ejecucion", _("en ejecución")
    PARALIZADO = "paralizado", _("paralizado")
    CONCLUIDO = "concluido", _("concluido")
    DESIERTO = "desierto", _("desierto")
    ANULADO = "anulado", _("anulado")
    CANCELADO = "cancelado", _("cancelado")


# States in which nothing will be built: they serve nobody.
SIN_EFECTO = (EstadoProyecto.DESIERTO, EstadoProyecto.ANULADO, EstadoProyecto.CANCELADO)


@auditado(excepto=("ubicada_por",))
@con_version(excepto=("ubicada_por",))
@contenido_de("pdm", columnas=("codigo", "nombre", "sector", "costo_total"))
class Proyecto(Localizable):
    """A project of a municipality; `pdm` is empty for one outside the plan."""

    municipio = models.ForeignKey(UnidadTerritorial, on_delete=models.PROTECT, related_name="proyectos_del_municipio")
    pdm = models.ForeignKey(PDM, on_delete=models.PROTECT, null=True, blank=True, related_name="proyectos")
    codigo = models.CharField("código", max_length=80)
    nombre = models.CharField(max_length=500)
    descripcion = models.TextField("descripción", blank=True)
    sector = models.ForeignKey(Sector, on_delete=models.PROTECT, null=True, blank=True, related_name="proyectos")
    unidad = models.ForeignKey(
        UnidadTerritorial, on_delete=models.PROTECT, null=True, blank=True, related_name="proyectos_declarados"
    )
    beneficiarias = models.ManyToManyField(UnidadTerritorial, related_name="proyectos_que_benefician", blank=True)
    demandas = models.ManyToManyField(Demanda, through="Respuesta", related_name="proyectos")
    costo_total = models.DecimalField("costo total (Bs)", max_digits=14, decimal_places=2, null=True, blank=True)
    estado = models.CharField(max_length=16, choices=EstadoProyecto.choices, default=EstadoProyecto.IDEA)
    inicio = models.DateField(null=True, blank=True)
    fin = models.DateField(null=True, blank=True)
    sisin = models.CharField("código SISIN", max_length=20, blank=True)
    cuce = models.CharField("CUCE", max_length=40, blank=True)
    publicado = models.BooleanField(default=False, help_text="Visible sin ingresar.")
    fuente = models.CharField(max_length=300, blank=True)

    objects = ProyectoQuerySet.as_manager()

    class Meta(Localizable.Meta):
        abstract = False
        verbose_name = _("proyecto")
        verbose_name_plural = _("proyectos")
        ordering = ["codigo"]
        constraints = [
            *Localizable.Meta.constraints,
            models.UniqueConstraint(fields=["municipio", "codigo"], name="proyecto_codigo_unico"),
            models.CheckConstraint(name="proyecto_con_nombre", condition=~Q(nombre="")),
            models.CheckConstraint(
                name="proyecto_costo_no_negativo",
                condition=Q(costo_total=None) | Q(costo_total__gte=0, costo_total__lte=MONTO_MAXIMO),
            ),
        ]
        indexes = [
            # Distances are asked in metres, on geography; without this index they scan the table.
            GistIndex(
                Func(
                    F("punto"),
                    F("linea"),
                    F("poligono"),
                    template="(COALESCE(punto::geometry, linea::geometry, poligono::geometry)::geography)",
                ),
                name="proyecto_geografia",
            )
        ]

    def __str__(self) -> str:
        return self.nombre


@auditado()
class Respuesta(models.Model):
    """A project answers a demand; one demand may have several answers and a project may answer several demands."""

    demanda = models.ForeignKey(Demanda, on_delete=models.CASCADE, related_name="respuestas")
    proyecto = models.ForeignKey(Proyecto, on_delete=models.CASCADE, related_name="respuestas")

    class Meta:
        verbose_name = _("respuesta")
        verbose_name_plural = _("respuestas")
        constraints = [models.UniqueConstraint(fields=["demanda", "proyecto"], name="respuesta_unica")]

    def __str__(self) -> str:
        return f"{self.proyecto_id} responde a {self.demanda_id}"


class ProyectoUnidad(Localizacion):
    """Which part of a project lies in which unit."""

    OBJETO = "proyecto"

    proyecto = models.ForeignKey(Proyecto, on_delete=models.CASCADE, related_name="localizaciones")

    class Meta(Localizacion.Meta):
        abstract = False
        constraints = [
            *Localizacion.Meta.constraints,
            models.UniqueConstraint(fields=["proyecto", "unidad"], name="proyectounidad_unica"),
        ]
        indexes = [models.Index(fields=["nivel", "unidad"])]

    def __str__(self) -> str:
        return f"{self.proyecto_id} en {self.unidad_id}: {self.fraccion:.4f}"


@auditado_enlace
class Beneficiaria(Proyecto.beneficiarias.through):  # type: ignore[name-defined]
    """A unit that a project names as its beneficiary."""

    class Meta:
        proxy = True
