"""Services that stand somewhere: schools, health posts, water points."""

from collections.abc import Iterable

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from cuentas.versiones import con_version
from territorio.fechas import hoy
from territorio.models.catalogos import Nivel, Sector
from territorio.models.limite import Limite
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


# Where a service can be walked to: its own geometry, else its unit's point, else inside the limit of a base unit. One that
# is only known to be "in the district" has no site: a distance to it would be a guess.
_SITIO = f"""
SELECT e.id, COALESCE(
    e.punto::geometry, ST_PointOnSurface(COALESCE(e.linea::geometry, e.poligono::geometry)), u.punto::geometry,
    CASE WHEN n.es_base THEN ST_PointOnSurface(l.geom) END
)::geography AS sitio
FROM {{tabla}} e
LEFT JOIN {UnidadTerritorial._meta.db_table} u ON u.id = e.unidad_id
LEFT JOIN {Nivel._meta.db_table} n ON n.id = u.nivel_id
LEFT JOIN {Limite._meta.db_table} l ON l.unidad_id = u.id AND l.sustituido IS NULL AND l.vigencia @> %(dia)s::date
"""


@auditado(excepto=("ubicada_por", "sitio"))
@con_version(excepto=("ubicada_por", "sitio"))
class Equipamiento(Localizable):
    """A service of a sector; without geometry of its own it stands where its unit stands.

    `sitio` is the point from which distances to it are measured (geography), derived whenever it is placed.
    """

    codigo = models.CharField("código", max_length=80)
    nombre = models.CharField(max_length=200)
    sector = models.ForeignKey(Sector, on_delete=models.PROTECT, related_name="equipamientos")
    tipo = models.CharField(max_length=80, help_text="Por ejemplo: unidad educativa, puesto de salud, pila pública.")
    unidad = models.ForeignKey(
        UnidadTerritorial, on_delete=models.PROTECT, null=True, blank=True, related_name="equipamientos"
    )
    estado = models.CharField(max_length=16, choices=EstadoEquipamiento.choices, default=EstadoEquipamiento.DESCONOCIDO)
    fuente = models.CharField(max_length=300, blank=True)
    sitio = models.PointField(geography=True, null=True, editable=False, spatial_index=False)

    objects = EquipamientoQuerySet.as_manager()

    class Meta(Localizable.Meta):
        verbose_name = _("equipamiento")
        verbose_name_plural = _("equipamientos")
        ordering = ["codigo"]
        constraints = [
            *Localizable.Meta.constraints,
            models.UniqueConstraint(fields=["municipio", "codigo"], name="equipamiento_codigo_unico"),
            models.CheckConstraint(name="equipamiento_con_codigo", condition=~Q(codigo="")),
            models.CheckConstraint(name="equipamiento_con_nombre", condition=~Q(nombre="")),
        ]
        indexes = [
            # The sector comes first, so that the nearest of a rare one is found without walking over all the others.
            GistIndex(
                fields=["sector", "sitio"],
                condition=Q(estado__in=EN_FUNCIONAMIENTO, sitio__isnull=False),
                name="equipamiento_cercano",
            )
        ]

    def __str__(self) -> str:
        return self.nombre

    @classmethod
    def al_ubicar(cls, ids: Iterable[int]) -> None:
        """Keep `sitio` true to the places of these services and of their units."""
        sitios = _SITIO.format(tabla=cls._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(
                f"""UPDATE {cls._meta.db_table} e SET sitio = s.sitio FROM ({sitios} WHERE e.id = ANY(%(ids)s)) s
                WHERE s.id = e.id AND e.sitio::geometry IS DISTINCT FROM s.sitio::geometry""",
                {"ids": list(ids), "dia": hoy()},
            )

    @classmethod
    def mal_situados(cls) -> list[int]:
        """Ids of the services whose stored `sitio` is not where they and their units stand."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"""SELECT e.id FROM {cls._meta.db_table} e
                JOIN ({_SITIO.format(tabla=cls._meta.db_table)}) s ON s.id = e.id
                WHERE COALESCE(ST_Distance(e.sitio, s.sitio) > 0.01, (e.sitio IS NULL) <> (s.sitio IS NULL))
                ORDER BY e.id""",
                {"dia": hoy()},
            )
            return [fila[0] for fila in cursor.fetchall()]


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
