"""Documents and photos that people bring: what they are, who brought them, who may see them, where their bytes lie."""

import uuid

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from territorio.models.localizacion import MUNDO
from territorio.models.unidad import UnidadTerritorial
from territorio.querysets_archivo import ArchivoQuerySet

NOMBRE_MAXIMO = 200


class ClaseDeArchivo(models.TextChoices):
    FOTO = "foto", _("foto")
    ACTA = "acta", _("acta")
    NORMA = "norma", _("norma")
    OTRO = "otro", _("otro documento")


class TipoDeArchivo(models.TextChoices):
    """What a file is by its content, as a media type."""

    PDF = "application/pdf", "PDF"
    JPEG = "image/jpeg", "JPEG"
    PNG = "image/png", "PNG"
    WEBP = "image/webp", "WebP"
    HEIC = "image/heic", "HEIC"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "DOCX"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX"
    ODT = "application/vnd.oasis.opendocument.text", "ODT"
    ODS = "application/vnd.oasis.opendocument.spreadsheet", "ODS"


IMAGENES = (TipoDeArchivo.JPEG, TipoDeArchivo.PNG, TipoDeArchivo.WEBP, TipoDeArchivo.HEIC)


@auditado(excepto=("original", "copia", "miniatura"))
class Archivo(models.Model):
    """A file as it was brought and, of an image, the copy that may be shown: smaller, and without what the camera wrote.

    `original`, `copia` and `miniatura` are random names under `MEDIA_ROOT/adjuntos`. `de` is the kind of thing that it is
    attached to (`territorio.adjuntos.enlaces`), empty where something refers to it directly. `tomada` and `punto`
    (EPSG:4326) are what the camera says; visitors learn the place only where `con_lugar` was chosen.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    municipio = models.ForeignKey(UnidadTerritorial, on_delete=models.PROTECT, related_name="archivos")
    de = models.CharField(max_length=20, blank=True, editable=False)
    clase = models.CharField(max_length=8, choices=ClaseDeArchivo.choices)
    nombre = models.CharField(max_length=NOMBRE_MAXIMO, help_text="Como lo llamó quien lo trajo.")
    tipo = models.CharField(max_length=80, choices=TipoDeArchivo.choices)
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    original = models.CharField(max_length=48, unique=True, editable=False)
    copia = models.CharField(max_length=48, blank=True, editable=False)
    miniatura = models.CharField(max_length=48, blank=True, editable=False)
    ancho = models.PositiveIntegerField(null=True, blank=True, help_text="Píxeles, ya derecha.")
    alto = models.PositiveIntegerField(null=True, blank=True)
    tomada = models.DateTimeField(null=True, blank=True, help_text="Fuente de la hora: la cámara.")
    punto = models.PointField(null=True, blank=True, srid=4326, help_text="Fuente del lugar: la cámara.")
    publico = models.BooleanField(default=False, help_text="Visible sin ingresar.")
    con_lugar = models.BooleanField(default=False, help_text="Quien lo ve sin ingresar sabe también dónde se tomó.")
    por = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    creado = models.DateTimeField(auto_now_add=True)
    retirado = models.DateTimeField(null=True, blank=True)
    retirado_por = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    motivo_retiro = models.CharField(max_length=300, blank=True)

    objects = ArchivoQuerySet.as_manager()

    class Meta:
        verbose_name = _("archivo")
        verbose_name_plural = _("archivos")
        ordering = ["-creado", "-pk"]
        indexes = [models.Index(fields=["municipio", "-creado"])]
        constraints = [
            models.CheckConstraint(name="archivo_con_nombre", condition=~Q(nombre="")),
            models.CheckConstraint(name="archivo_no_vacio", condition=Q(bytes__gt=0)),
            models.CheckConstraint(name="archivo_con_huella", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(
                name="archivo_imagen_con_copia",
                condition=Q(tipo__in=IMAGENES, ancho__gt=0, alto__gt=0) & ~Q(copia="") & ~Q(miniatura="")
                | (~Q(tipo__in=IMAGENES) & Q(ancho=None, alto=None, copia="", miniatura="", punto=None, tomada=None)),
            ),
            models.CheckConstraint(name="archivo_foto_es_imagen", condition=~Q(clase="foto") | Q(tipo__in=IMAGENES)),
            models.CheckConstraint(
                name="archivo_punto_en_el_mundo", condition=Q(punto=None) | Q(punto__coveredby=MUNDO)
            ),
            models.CheckConstraint(name="archivo_publico_no_retirado", condition=Q(publico=False) | Q(retirado=None)),
            models.CheckConstraint(name="archivo_lugar_de_lo_publico", condition=Q(con_lugar=False) | Q(publico=True)),
            models.CheckConstraint(
                name="archivo_retirado_con_motivo",
                condition=Q(retirado=None, retirado_por=None, motivo_retiro="")
                | (Q(retirado__isnull=False, retirado_por__isnull=False) & ~Q(motivo_retiro="")),
            ),
        ]

    def __str__(self) -> str:
        return self.nombre

    @property
    def es_imagen(self) -> bool:
        return self.tipo in IMAGENES

    @property
    def guardados(self) -> list[str]:
        """The names under which its bytes are stored."""
        return [nombre for nombre in (self.original, self.copia, self.miniatura) if nombre]
