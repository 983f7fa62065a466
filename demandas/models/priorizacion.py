"""How demands are put in order: criteria as rows, and runs that can be made again from what they kept."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from cuentas.versiones import con_version
from demandas.models.demanda import Demanda
from demandas.models.evento import Evento
from demandas.querysets.priorizacion import CriterioQuerySet, PriorizacionQuerySet
from territorio.dinero import MONTO_MAXIMO
from territorio.models import UnidadTerritorial


class Sentido(models.TextChoices):
    MAS = "mas", _("más es mejor")
    MENOS = "menos", _("menos es mejor")


class Normalizacion(models.TextChoices):
    """How values become 0 … 1."""

    MIN_MAX = "min_max", _("del menor al mayor")
    PROPORCION = "proporcion", _("proporción del mayor")
    PUESTO = "puesto", _("por puesto")
    SI_NO = "si_no", _("sí o no")


@auditado()
@con_version()
class Criterio(models.Model):
    """What counts when demands are put in order; without `municipio` it is of the catalogue, offered to all.

    `calculo` names a computation that an app registered; empty, its values are rows that the municipality writes.
    """

    municipio = models.ForeignKey(
        UnidadTerritorial, on_delete=models.PROTECT, null=True, blank=True, related_name="criterios"
    )
    clave = models.SlugField(max_length=40)
    nombre = models.CharField(max_length=120)
    descripcion = models.TextField("descripción", max_length=1000, blank=True)
    fuente = models.CharField(max_length=300, blank=True)
    calculo = models.CharField("cálculo", max_length=40, blank=True)
    sentido = models.CharField(max_length=8, choices=Sentido.choices, default=Sentido.MAS)
    normalizacion = models.CharField(
        "normalización", max_length=12, choices=Normalizacion.choices, default=Normalizacion.MIN_MAX
    )
    peso = models.PositiveSmallIntegerField(default=0, help_text="De 0 a 100: con el que se empieza.")
    activo = models.BooleanField(default=True)
    orden = models.PositiveSmallIntegerField(default=100)

    objects = CriterioQuerySet.as_manager()

    class Meta:
        verbose_name = _("criterio")
        verbose_name_plural = _("criterios")
        ordering = ["orden", "clave"]
        constraints = [
            models.UniqueConstraint(fields=["municipio", "clave"], nulls_distinct=False, name="criterio_clave_unica"),
            models.CheckConstraint(name="criterio_peso_posible", condition=Q(peso__lte=100)),
            models.CheckConstraint(name="criterio_con_nombre", condition=~Q(nombre="")),
        ]

    def __str__(self) -> str:
        return self.nombre


@auditado()
class ValorDeCriterio(models.Model):
    """What a demand is worth by a criterion of the municipality's own."""

    criterio = models.ForeignKey(Criterio, on_delete=models.CASCADE, related_name="valores")
    demanda = models.ForeignKey(Demanda, on_delete=models.CASCADE, related_name="valores")
    valor = models.FloatField()

    class Meta:
        verbose_name = _("valor de criterio")
        verbose_name_plural = _("valores de criterio")
        constraints = [models.UniqueConstraint(fields=["criterio", "demanda"], name="valor_de_criterio_unico")]

    def __str__(self) -> str:
        return f"{self.criterio_id}, {self.demanda_id}: {self.valor}"


class Regla(models.TextChoices):
    PUNTAJE = "puntaje", _("puntaje ponderado")
    POR_BOLIVIANO = "por_boliviano", _("puntaje por boliviano")
    MOCHILA = "mochila", _("la mejor combinación")
    PARTES_IGUALES = "partes_iguales", _("partes iguales")


class AlcanceDePriorizacion(models.TextChoices):
    """What an approved order decides: the priorities of a district, or those of the municipality."""

    DISTRITO = "distrito", _("del distrito")
    MUNICIPIO = "municipio", _("del municipio")


class EstadoPriorizacion(models.TextChoices):
    EN_COLA = "en_cola", _("en cola")
    CALCULANDO = "calculando", _("calculando")
    CALCULADA = "calculada", _("calculada")
    FALLIDA = "fallida", _("interrumpida")
    APROBADA = "aprobada", _("aprobada")


# What an assembly approved stays as it was; only who a row names may go with the account.
_APROBADA_NO_CAMBIA = """
IF TG_OP = 'UPDATE' THEN
    antes := OLD;
    antes.por_id := NEW.por_id;
    antes.aprobada_por_id := NEW.aprobada_por_id;
    IF NEW IS NOT DISTINCT FROM antes AND coalesce(NEW.por_id, 0) IN (0, OLD.por_id)
        AND coalesce(NEW.aprobada_por_id, 0) IN (0, OLD.aprobada_por_id) THEN
        RETURN NEW;
    END IF;
END IF;
RAISE EXCEPTION 'Una priorización aprobada no se cambia ni se borra.'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'priorizacion_aprobada_no_cambia';
"""
_RESULTADO_DE_APROBADA = """
IF EXISTS (
    SELECT FROM demandas_priorizacion
    WHERE estado = 'aprobada' AND id IN (
        CASE WHEN TG_OP <> 'INSERT' THEN OLD.priorizacion_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.priorizacion_id END
    )
) THEN
    RAISE EXCEPTION 'El resultado de una priorización aprobada no se cambia.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'resultado_de_aprobada_no_cambia';
END IF;
IF TG_OP = 'DELETE' THEN
    RETURN OLD;
END IF;
RETURN NEW;
"""


@auditado(excepto=("progreso", "trabajo"))
@pgtrigger.register(
    pgtrigger.Trigger(
        name="aprobada_no_cambia",
        operation=pgtrigger.Update | pgtrigger.Delete,
        when=pgtrigger.Before,
        condition=pgtrigger.Condition("OLD.estado = 'aprobada'"),
        declare=[("antes", "demandas_priorizacion")],
        func=_APROBADA_NO_CAMBIA,
    )
)
class Priorizacion(models.Model):
    """A run: rule, ceiling (Bs), weights and limits in `parametros`, every value that it used in `entradas`.

    `huella` is the digest of all that: the same digest gives the same result. `resumen` holds totals and equity figures.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    municipio = models.ForeignKey(UnidadTerritorial, on_delete=models.PROTECT, related_name="priorizaciones")
    nombre = models.CharField(max_length=200)
    alcance = models.CharField(
        max_length=10, choices=AlcanceDePriorizacion.choices, default=AlcanceDePriorizacion.MUNICIPIO
    )
    unidad = models.ForeignKey(
        UnidadTerritorial,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Distrito cuyas demandas se ordenan; vacío: todo el municipio.",
    )
    regla = models.CharField(max_length=16, choices=Regla.choices)
    techo = models.DecimalField("techo (Bs)", max_digits=14, decimal_places=2)
    parametros = models.JSONField(default=dict)
    entradas = models.JSONField(default=dict)
    huella = models.CharField(max_length=64, blank=True)
    resumen = models.JSONField(default=dict)
    estado = models.CharField(max_length=10, choices=EstadoPriorizacion.choices, default=EstadoPriorizacion.EN_COLA)
    progreso = models.PositiveSmallIntegerField(default=0)
    trabajo = models.BigIntegerField(null=True, blank=True)
    mensaje = models.CharField(max_length=500, blank=True, help_text="Por qué no se pudo calcular.")
    por = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    creada = models.DateTimeField(auto_now_add=True)
    evento = models.ForeignKey(
        Evento, on_delete=models.PROTECT, null=True, blank=True, related_name="priorizaciones",
        help_text="Taller o cumbre cuya acta la aprobó.",
    )  # fmt: skip
    aprobada_por = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    aprobada = models.DateTimeField(null=True, blank=True)

    objects = PriorizacionQuerySet.as_manager()

    class Meta:
        verbose_name = _("priorización")
        verbose_name_plural = _("priorizaciones")
        ordering = ["-creada"]
        constraints = [
            models.CheckConstraint(
                name="priorizacion_techo_posible", condition=Q(techo__gt=0, techo__lte=MONTO_MAXIMO)
            ),
            models.CheckConstraint(name="priorizacion_progreso_posible", condition=Q(progreso__lte=100)),
            models.CheckConstraint(
                name="priorizacion_aprobada_por_un_acto",
                condition=Q(estado="aprobada", evento__isnull=False, aprobada__isnull=False)
                | ~Q(estado="aprobada") & Q(aprobada=None),
            ),
        ]

    def __str__(self) -> str:
        return self.nombre


@auditado()
@pgtrigger.register(
    pgtrigger.Trigger(
        name="de_aprobada_no_cambia",
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        when=pgtrigger.Before,
        func=_RESULTADO_DE_APROBADA,
    )
)
class ResultadoDePriorizacion(models.Model):
    """What a run says of one demand: its place in the list, whether it is in, and why (a code and its figures)."""

    priorizacion = models.ForeignKey(Priorizacion, on_delete=models.CASCADE, related_name="resultados")
    demanda = models.ForeignKey(Demanda, on_delete=models.PROTECT, related_name="+")
    puesto = models.PositiveIntegerField(help_text="Lugar en la lista de la corrida, desde 1.")
    puntaje = models.FloatField(null=True)
    costo = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    entra = models.BooleanField()
    razon = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("resultado de priorización")
        verbose_name_plural = _("resultados de priorización")
        ordering = ["puesto"]
        constraints = [
            models.UniqueConstraint(fields=["priorizacion", "demanda"], name="resultado_uno_por_demanda"),
            models.UniqueConstraint(fields=["priorizacion", "puesto"], name="resultado_uno_por_puesto"),
            models.CheckConstraint(name="resultado_entra_con_costo", condition=Q(entra=False) | Q(costo__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.puesto}: {self.demanda_id}"


@auditado()
class NotaDePriorizacion(models.Model):
    """What a member says of a run."""

    priorizacion = models.ForeignKey(Priorizacion, on_delete=models.PROTECT, related_name="notas")
    texto = models.TextField(max_length=2000)
    por = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    cuando = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("nota de priorización")
        verbose_name_plural = _("notas de priorización")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(name="nota_de_priorizacion_con_texto", condition=~Q(texto=""))]

    def __str__(self) -> str:
        return self.texto[:80]
