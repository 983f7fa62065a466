"""The yearly programme and its operations: money in force and accrued, physical progress programmed and reached."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from cuentas.versiones import con_version, contenido_de
from proyectos.models.proyecto import Proyecto
from proyectos.querysets.poa import OperacionQuerySet, POAQuerySet
from territorio.dinero import MONTO_MAXIMO
from territorio.models import UnidadTerritorial


class EstadoPOA(models.TextChoices):
    BORRADOR = "borrador", _("borrador")
    PRESENTADO = "presentado", _("presentado")
    APROBADO = "aprobado", _("aprobado")
    EN_EJECUCION = "en_ejecucion", _("en ejecución")
    CERRADO = "cerrado", _("cerrado")


# States in which a programme is being made: what it holds is not programmed yet.
EN_PREPARACION = (EstadoPOA.BORRADOR, EstadoPOA.PRESENTADO)


@auditado()
@con_version()
class POA(models.Model):
    """A municipality's programme of operations for one year (gestión)."""

    municipio = models.ForeignKey(UnidadTerritorial, on_delete=models.PROTECT, related_name="poas")
    gestion = models.PositiveSmallIntegerField("gestión")
    estado = models.CharField(max_length=12, choices=EstadoPOA.choices, default=EstadoPOA.BORRADOR)

    objects = POAQuerySet.as_manager()

    class Meta:
        verbose_name = _("POA")
        verbose_name_plural = _("POA")
        ordering = ["-gestion"]
        constraints = [
            models.UniqueConstraint(fields=["municipio", "gestion"], name="poa_uno_por_gestion"),
            models.CheckConstraint(name="poa_gestion_posible", condition=Q(gestion__gte=1990, gestion__lte=2100)),
        ]

    def __str__(self) -> str:
        return f"POA {self.gestion}"

    @property
    def es_borrador(self) -> bool:
        """Whether only the members of the municipality see it."""
        return self.estado in EN_PREPARACION


def _monto(campo: str) -> Q:
    """Not negative and not NaN, which PostgreSQL's numeric takes and holds above every number."""
    return Q(**{f"{campo}__gte": 0, f"{campo}__lte": MONTO_MAXIMO})


def _porcentaje(campo: str) -> Q:
    return Q(**{f"{campo}__gte": 0, f"{campo}__lte": 100})


# What was accrued and reached tells how the programme goes, not what it is.
@auditado()
@contenido_de("poa", columnas=("proyecto", "presupuesto_inicial", "presupuesto_vigente", "fisico_programado"))
class Operacion(models.Model):
    """What a POA does of a project in its year. Money in Bs; progress in % of the whole project, programmed to date."""

    poa = models.ForeignKey(POA, on_delete=models.PROTECT, related_name="operaciones")
    proyecto = models.ForeignKey(Proyecto, on_delete=models.PROTECT, related_name="operaciones")
    presupuesto_inicial = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    presupuesto_vigente = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    devengado = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    fisico_programado = models.DecimalField(
        "físico programado a la fecha (%)", max_digits=5, decimal_places=2, default=0
    )
    fisico_alcanzado = models.DecimalField("físico alcanzado (%)", max_digits=5, decimal_places=2, default=0)

    objects = OperacionQuerySet.as_manager()

    class Meta:
        verbose_name = _("operación")
        verbose_name_plural = _("operaciones")
        ordering = ["poa", "proyecto__codigo"]
        constraints = [
            models.UniqueConstraint(fields=["poa", "proyecto"], name="operacion_una_por_proyecto"),
            models.CheckConstraint(
                name="operacion_montos_no_negativos",
                condition=_monto("presupuesto_inicial") & _monto("presupuesto_vigente") & _monto("devengado"),
            ),
            models.CheckConstraint(
                name="operacion_devengado_dentro_del_vigente", condition=Q(devengado__lte=F("presupuesto_vigente"))
            ),
            models.CheckConstraint(name="operacion_programado_posible", condition=_porcentaje("fisico_programado")),
            models.CheckConstraint(name="operacion_alcanzado_posible", condition=_porcentaje("fisico_alcanzado")),
        ]

    def __str__(self) -> str:
        return f"{self.poa}: {self.proyecto}"
