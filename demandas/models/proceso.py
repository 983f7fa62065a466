"""A planning process with its stages, steps and products, who takes part in it, and the law that it rests on."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado, auditado_enlace
from cuentas.versiones import con_version, contenido_de
from demandas.querysets.proceso import (
    ActorQuerySet,
    DelProcesoQuerySet,
    NormaLegalQuerySet,
    PasoQuerySet,
    ProcesoQuerySet,
    ProductoQuerySet,
)
from territorio.models import Archivo, UnidadTerritorial


class TipoDeActor(models.TextChoices):
    OTB = "otb", _("OTB")
    ASOCIACION = "asociacion", _("asociación comunitaria")
    COMITE = "comite", _("comité de vigilancia o control social")
    GOBIERNO = "gobierno", _("gobierno municipal")
    INSTITUCION = "institucion", _("institución")
    SECTOR = "sector", _("organización sectorial")


@auditado()
@con_version()
class Actor(models.Model):
    """An organisation that takes part, never a person; `unidades` is the territory that it speaks for."""

    municipio = models.ForeignKey(UnidadTerritorial, on_delete=models.PROTECT, related_name="actores")
    tipo = models.CharField(max_length=12, choices=TipoDeActor.choices)
    nombre = models.CharField(max_length=200)
    sigla = models.CharField(max_length=40, blank=True)
    funciones = models.TextField(max_length=2000, blank=True, help_text="Qué le toca hacer en el proceso.")
    papel = models.CharField(max_length=200, blank=True, help_text="Convoca, propone, decide, controla, ejecuta …")
    unidades = models.ManyToManyField(UnidadTerritorial, related_name="representada_por", blank=True)
    activo = models.BooleanField(default=True)

    objects = ActorQuerySet.as_manager()

    class Meta:
        verbose_name = _("actor")
        verbose_name_plural = _("actores")
        ordering = ["tipo", "nombre"]
        constraints = [
            models.UniqueConstraint(fields=["municipio", "nombre"], name="actor_nombre_unico"),
            models.CheckConstraint(name="actor_con_nombre", condition=~Q(nombre="")),
        ]

    def __str__(self) -> str:
        return self.nombre


@auditado_enlace
@contenido_de("actor")
class TerritorioDeActor(Actor.unidades.through):  # type: ignore[name-defined]
    """A unit that an actor speaks for."""

    class Meta:
        proxy = True


class TipoDeNorma(models.TextChoices):
    CONSTITUCION = "constitucion", _("Constitución")
    LEY = "ley", _("ley")
    DECRETO = "decreto", _("decreto supremo")
    RESOLUCION = "resolucion", _("resolución")
    ORDENANZA = "ordenanza", _("ordenanza o ley municipal")
    CONVENIO = "convenio", _("convenio")


@auditado()
@con_version()
class NormaLegal(models.Model):
    """A law, ordinance or agreement that documents cite; without `municipio` it holds for all of them."""

    municipio = models.ForeignKey(
        UnidadTerritorial, on_delete=models.PROTECT, null=True, blank=True, related_name="normas_legales"
    )
    tipo = models.CharField(max_length=12, choices=TipoDeNorma.choices)
    numero = models.CharField("número", max_length=60)
    titulo = models.CharField("título", max_length=300)
    fecha = models.DateField(null=True, blank=True)
    dispone = models.TextField("qué dispone", max_length=2000, blank=True)
    vigente = models.BooleanField(default=True, help_text="No, si otra la abrogó.")
    fuente = models.CharField(max_length=300, blank=True)

    objects = NormaLegalQuerySet.as_manager()

    class Meta:
        verbose_name = _("norma legal")
        verbose_name_plural = _("normas legales")
        ordering = [F("municipio").asc(nulls_first=True), "tipo", "fecha", "numero"]
        constraints = [
            models.UniqueConstraint(
                fields=["municipio", "tipo", "numero"], nulls_distinct=False, name="norma_legal_unica"
            ),
            models.CheckConstraint(name="norma_legal_con_numero_y_titulo", condition=~Q(numero="") & ~Q(titulo="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_tipo_display()} {self.numero}"

    @property
    def cita(self) -> str:
        """As a document names it: `Ley 031 (19/07/2010)`."""
        nombre = str(self)
        dia = f" ({date_format(self.fecha, 'SHORT_DATE_FORMAT')})" if self.fecha else ""
        return f"{nombre[:1].upper()}{nombre[1:]}{dia}"


class EstadoProceso(models.TextChoices):
    EN_CURSO = "en_curso", _("en curso")
    CONCLUIDO = "concluido", _("concluido")


@auditado()
@con_version()
class Proceso(models.Model):
    """A municipality's planning of a period (years, both included); its stages come from the catalogue, then are its own."""

    municipio = models.ForeignKey(UnidadTerritorial, on_delete=models.PROTECT, related_name="procesos")
    nombre = models.CharField(max_length=200)
    desde = models.PositiveSmallIntegerField()
    hasta = models.PositiveSmallIntegerField()
    inicio = models.DateField(help_text="Día en que empezó el proceso.")
    estado = models.CharField(max_length=10, choices=EstadoProceso.choices, default=EstadoProceso.EN_CURSO)
    publicado = models.BooleanField(default=False, help_text="Visible sin ingresar.")

    objects = ProcesoQuerySet.as_manager()

    class Meta:
        verbose_name = _("proceso de planificación")
        verbose_name_plural = _("procesos de planificación")
        ordering = ["-desde", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["municipio", "nombre"], name="proceso_nombre_unico"),
            models.CheckConstraint(name="proceso_con_nombre", condition=~Q(nombre="")),
            models.CheckConstraint(
                name="proceso_periodo_posible",
                condition=Q(desde__gte=1990, hasta__gte=F("desde"), hasta__lte=2200),
            ),
        ]

    def __str__(self) -> str:
        return self.nombre


@auditado()
class Etapa(models.Model):
    """A stage of a process."""

    proceso = models.ForeignKey(Proceso, on_delete=models.CASCADE, related_name="etapas")
    numero = models.PositiveSmallIntegerField("número")
    nombre = models.CharField(max_length=200)

    objects = DelProcesoQuerySet.as_manager()

    class Meta:
        verbose_name = _("etapa")
        verbose_name_plural = _("etapas")
        ordering = ["numero"]
        constraints = [
            models.UniqueConstraint(fields=["proceso", "numero"], name="etapa_numero_unico"),
            models.CheckConstraint(name="etapa_con_nombre", condition=~Q(nombre="") & Q(numero__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.numero} {self.nombre}"


@auditado()
class Paso(models.Model):
    """A step of a stage."""

    etapa = models.ForeignKey(Etapa, on_delete=models.CASCADE, related_name="pasos")
    orden = models.PositiveSmallIntegerField()
    nombre = models.CharField(max_length=200)

    objects = PasoQuerySet.as_manager()

    class Meta:
        verbose_name = _("paso")
        verbose_name_plural = _("pasos")
        ordering = ["orden"]
        constraints = [
            models.UniqueConstraint(fields=["etapa", "orden"], name="paso_orden_unico"),
            models.CheckConstraint(name="paso_con_nombre", condition=~Q(nombre="")),
        ]

    def __str__(self) -> str:
        return self.nombre


class EstadoProducto(models.TextChoices):
    PENDIENTE = "pendiente", _("pendiente")
    EN_CURSO = "en_curso", _("en curso")
    ENTREGADO = "entregado", _("entregado")
    NO_APLICA = "no_aplica", _("no aplica")


@auditado()
@con_version()
class Producto(models.Model):
    """What a stage must leave: an agreed work plan, a signed agreement, a consolidated diagnosis."""

    etapa = models.ForeignKey(Etapa, on_delete=models.CASCADE, related_name="productos")
    paso = models.ForeignKey(Paso, on_delete=models.SET_NULL, null=True, blank=True, related_name="productos")
    orden = models.PositiveSmallIntegerField()
    nombre = models.CharField(max_length=200)
    responsable = models.ForeignKey(
        Actor, on_delete=models.PROTECT, null=True, blank=True, related_name="productos_a_cargo"
    )
    previsto = models.DateField(null=True, blank=True, help_text="Día acordado para tenerlo.")
    entregado = models.DateField(null=True, blank=True, help_text="Día en que se entregó.")
    estado = models.CharField(max_length=10, choices=EstadoProducto.choices, default=EstadoProducto.PENDIENTE)
    nota = models.TextField(max_length=2000, blank=True)

    objects = ProductoQuerySet.as_manager()

    class Meta:
        verbose_name = _("producto")
        verbose_name_plural = _("productos")
        ordering = ["etapa__numero", "orden"]
        constraints = [
            models.UniqueConstraint(fields=["etapa", "orden"], name="producto_orden_unico"),
            models.CheckConstraint(name="producto_con_nombre", condition=~Q(nombre="")),
            models.CheckConstraint(
                name="producto_entregado_con_fecha",
                condition=Q(estado="entregado", entregado__isnull=False) | ~Q(estado="entregado") & Q(entregado=None),
            ),
        ]

    def __str__(self) -> str:
        return self.nombre

    @property
    def municipio(self) -> UnidadTerritorial:
        return self.etapa.proceso.municipio

    @property
    def falta(self) -> bool:
        return self.estado in {EstadoProducto.PENDIENTE, EstadoProducto.EN_CURSO}

    @property
    def dias_de_atraso(self) -> int:
        """Days since it was due; 0 for what is not late."""
        if not self.falta or self.previsto is None:
            return 0
        return max((timezone.localdate() - self.previsto).days, 0)


@auditado()
class AdjuntoDeProducto(models.Model):
    """The file of a product: the plan of work, the signed agreement."""

    producto = models.ForeignKey(Producto, on_delete=models.PROTECT, related_name="adjuntos")
    archivo = models.OneToOneField(Archivo, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("adjunto de producto")
        verbose_name_plural = _("adjuntos de producto")

    def __str__(self) -> str:
        return f"{self.archivo} de {self.producto}"
