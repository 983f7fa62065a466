"""The formal steps of plans and programmes: a ledger that only grows, and that alone moves them from state to state."""

from __future__ import annotations

from dataclasses import dataclass

import pgtrigger
from django.conf import settings
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy as _

from cuentas.auditoria import auditado
from proyectos.models.pdm import PDM, EstadoPlan
from proyectos.models.poa import POA, EstadoPOA
from proyectos.querysets.acto import ActoFormalQuerySet
from territorio.models import Archivo, UnidadTerritorial

ANIO_MINIMO = 1990


@dataclass(frozen=True)
class Paso:
    """A step that a document may take, by the name that its address has."""

    clave: str
    desde: str
    hacia: str


# By the field of `ActoFormal` that names the document; a document's first state has no step that leads to it but `devolver`.
PASOS: dict[str, tuple[Paso, ...]] = {
    "pdm": (
        Paso("presentar", EstadoPlan.BORRADOR, EstadoPlan.CONCERTADO),
        Paso("aprobar", EstadoPlan.CONCERTADO, EstadoPlan.APROBADO),
        Paso("publicar", EstadoPlan.APROBADO, EstadoPlan.PUBLICADO),
        Paso("devolver", EstadoPlan.CONCERTADO, EstadoPlan.BORRADOR),
    ),
    "poa": (
        Paso("presentar", EstadoPOA.BORRADOR, EstadoPOA.PRESENTADO),
        Paso("aprobar", EstadoPOA.PRESENTADO, EstadoPOA.APROBADO),
        Paso("iniciar", EstadoPOA.APROBADO, EstadoPOA.EN_EJECUCION),
        Paso("cerrar", EstadoPOA.EN_EJECUCION, EstadoPOA.CERRADO),
        Paso("devolver", EstadoPOA.PRESENTADO, EstadoPOA.BORRADOR),
    ),
}
INICIAL = "borrador"
APROBADO = "aprobado"


def paso(documento: str, clave: str) -> Paso | None:
    """The step `clave` of a kind of document (`pdm` | `poa`)."""
    return next((uno for uno in PASOS[documento] if uno.clave == clave), None)


class Norma(models.TextChoices):
    """What an approval is made by."""

    RESOLUCION = "resolucion", _("resolución municipal")
    LEY = "ley", _("ley municipal")


def _pasos(documento: str) -> Q:
    pares = Q()
    for uno in PASOS[documento]:
        pares |= Q(desde=uno.desde, hacia=uno.hacia)
    return Q(**{f"{documento}__isnull": False}) & pares


_REGISTRO = Q(desde="")
_APRUEBA = ~_REGISTRO & Q(hacia=APROBADO)
_SIN_NULO = [ProhibitNullCharactersValidator()]


@auditado()
class ActoFormal(models.Model):
    """One formal step of a plan or programme. The first says in which state it was recorded, and has no author here.

    Number, round, document's version, proposer and time are set by the database, which then moves the document.
    """

    municipio = models.ForeignKey(UnidadTerritorial, on_delete=models.PROTECT, related_name="+")
    pdm = models.ForeignKey(PDM, on_delete=models.PROTECT, null=True, blank=True, related_name="actos")
    poa = models.ForeignKey(POA, on_delete=models.PROTECT, null=True, blank=True, related_name="actos")
    numero = models.PositiveIntegerField(default=1, editable=False)
    ronda = models.PositiveIntegerField(default=1, editable=False, help_text="Otra cada vez que vuelve a borrador.")
    version = models.PositiveIntegerField(default=1, editable=False, help_text="La del documento cuando se hizo.")
    desde = models.CharField(max_length=12, blank=True)
    hacia = models.CharField(max_length=12)
    fecha = models.DateField(null=True, blank=True, help_text="Día del acto; en una aprobación, el de su norma.")
    por = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="actos"
    )
    proponente = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    norma = models.CharField(max_length=12, choices=Norma.choices, blank=True)
    norma_numero = models.CharField(_("número de la norma"), max_length=60, blank=True, validators=_SIN_NULO)
    nota = models.TextField(max_length=2000, blank=True, validators=[MaxLengthValidator(2000), *_SIN_NULO])
    archivo = models.ForeignKey(
        Archivo, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="La norma, escaneada."
    )
    registrado = models.DateTimeField(auto_now_add=True)

    objects = ActoFormalQuerySet.as_manager()

    class Meta:
        verbose_name = _("acto formal")
        verbose_name_plural = _("actos formales")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="acto_de_un_documento",
                condition=Q(pdm__isnull=False, poa=None) | Q(pdm=None, poa__isnull=False),
            ),
            models.CheckConstraint(name="acto_paso_posible", condition=_REGISTRO | _pasos("pdm") | _pasos("poa")),
            models.CheckConstraint(
                name="acto_primero_es_el_registro", condition=(_REGISTRO & Q(numero=1)) | (~_REGISTRO & Q(numero__gt=1))
            ),
            models.CheckConstraint(
                name="acto_con_autor_y_fecha", condition=_REGISTRO | Q(por__isnull=False, fecha__isnull=False)
            ),
            models.CheckConstraint(
                name="acto_aprueba_quien_no_propuso",
                condition=~_APRUEBA | (Q(proponente__isnull=False) & ~Q(proponente=F("por"))),
                violation_error_message=_("Quien propone no aprueba."),
            ),
            models.CheckConstraint(
                name="acto_de_aprobacion_con_norma",
                condition=(_APRUEBA & ~Q(norma="") & ~Q(norma_numero="")) | (~_APRUEBA & Q(norma="", norma_numero="")),
            ),
            models.CheckConstraint(name="acto_archivo_de_una_norma", condition=Q(archivo=None) | _APRUEBA),
            models.CheckConstraint(
                name="acto_devuelto_con_motivo", condition=_REGISTRO | ~Q(hacia=INICIAL) | ~Q(nota="")
            ),
            models.CheckConstraint(
                name="acto_fecha_posible",
                condition=Q(fecha=None) | Q(fecha__year__gte=ANIO_MINIMO, fecha__lte=TruncDate("registrado")),
            ),
            models.UniqueConstraint(fields=["pdm", "numero"], name="acto_pdm_numero"),
            models.UniqueConstraint(fields=["poa", "numero"], name="acto_poa_numero"),
            # Once in each round to each state: two approvals, or two proposals, cannot stand side by side.
            models.UniqueConstraint(fields=["pdm", "ronda", "hacia"], condition=~_REGISTRO, name="acto_pdm_una_vez"),
            models.UniqueConstraint(fields=["poa", "ronda", "hacia"], condition=~_REGISTRO, name="acto_poa_una_vez"),
        ]

    def __str__(self) -> str:
        return f"{self.documento}: {self.desde or '·'} → {self.hacia}"

    @property
    def documento(self) -> PDM | POA:
        return self.pdm or self.poa

    @property
    def clave(self) -> str:
        """The step it is (`presentar`, `aprobar` …); empty for the first."""
        tipo = "pdm" if self.pdm_id else "poa"
        return next((p.clave for p in PASOS[tipo] if (p.desde, p.hacia) == (self.desde, self.hacia)), "")


# --- the database keeps ledger and documents together ----------------------------------------------------------------
_ACTOS = ActoFormal._meta.db_table
_ROMPE = "RAISE EXCEPTION '{mensaje}' USING ERRCODE = 'check_violation', CONSTRAINT = '{nombre}';"

# The document is locked before its last act is read: of two steps at once the second finds another state.
_ASENTAR = f"""
IF NEW.pdm_id IS NOT NULL THEN
    SELECT municipio_id, estado, version INTO documento FROM {PDM._meta.db_table} WHERE id = NEW.pdm_id FOR NO KEY UPDATE;
    SELECT * INTO previo FROM {_ACTOS} WHERE pdm_id = NEW.pdm_id ORDER BY numero DESC LIMIT 1;
ELSE
    SELECT municipio_id, estado, version INTO documento FROM {POA._meta.db_table} WHERE id = NEW.poa_id FOR NO KEY UPDATE;
    SELECT * INTO previo FROM {_ACTOS} WHERE poa_id = NEW.poa_id ORDER BY numero DESC LIMIT 1;
END IF;
IF documento.estado IS NULL OR (previo.id IS NOT NULL AND NEW.desde <> documento.estado)
    OR (previo.id IS NULL AND (NEW.desde <> '' OR NEW.hacia <> documento.estado)) THEN
    {_ROMPE.format(mensaje="El acto no parte del estado del documento.", nombre="acto_desde_el_estado")}
END IF;
NEW.municipio_id := documento.municipio_id;
NEW.version := documento.version;
NEW.numero := coalesce(previo.numero, 0) + 1;
NEW.ronda := coalesce(previo.ronda, 1);
IF previo.desde <> '' AND previo.hacia = '{INICIAL}' THEN
    NEW.ronda := previo.ronda + 1;
END IF;
NEW.registrado := clock_timestamp();
NEW.proponente_id := NULL;
IF NEW.desde <> '' AND NEW.hacia = '{APROBADO}' THEN
    SELECT por_id INTO NEW.proponente_id FROM {_ACTOS} a
    WHERE (a.pdm_id = NEW.pdm_id OR a.poa_id = NEW.poa_id) AND a.ronda = NEW.ronda AND a.hacia = NEW.desde AND a.desde <> '';
END IF;
RETURN NEW;
"""
_MOVER = f"""
IF NEW.pdm_id IS NOT NULL THEN
    UPDATE {PDM._meta.db_table} SET estado = NEW.hacia WHERE id = NEW.pdm_id;
ELSE
    UPDATE {POA._meta.db_table} SET estado = NEW.hacia WHERE id = NEW.poa_id;
END IF;
RETURN NULL;
"""
_SOLO_POR_ACTO = """
IF NEW.estado IS DISTINCT FROM
    (SELECT hacia FROM {actos} WHERE {fk} = NEW.id ORDER BY numero DESC LIMIT 1) THEN
    {rompe}
END IF;
RETURN NEW;
"""
_REGISTRAR = """
INSERT INTO {actos} (municipio_id, {fk}, numero, ronda, version, desde, hacia, norma, norma_numero, nota, registrado)
VALUES (NEW.municipio_id, NEW.id, 1, 1, NEW.version, '', NEW.estado, '', '', '', clock_timestamp());
RETURN NULL;
"""

pgtrigger.register(
    pgtrigger.Trigger(
        name="asentar",
        operation=pgtrigger.Insert,
        when=pgtrigger.Before,
        declare=[("documento", "record"), ("previo", _ACTOS)],
        func=_ASENTAR,
    ),
    pgtrigger.Trigger(
        name="mover",
        operation=pgtrigger.Insert,
        when=pgtrigger.After,
        condition=pgtrigger.Condition("NEW.desde <> ''"),
        func=_MOVER,
    ),
    pgtrigger.Protect(name="solo_crece", operation=pgtrigger.Update | pgtrigger.Delete),
)(ActoFormal)
for _modelo, _fk in ((PDM, "pdm_id"), (POA, "poa_id")):
    pgtrigger.register(
        pgtrigger.Trigger(
            name="estado_por_su_acto",
            operation=pgtrigger.UpdateOf("estado"),
            when=pgtrigger.Before,
            condition=pgtrigger.Condition("NEW.estado IS DISTINCT FROM OLD.estado"),
            func=_SOLO_POR_ACTO.format(
                actos=_ACTOS,
                fk=_fk,
                rompe=_ROMPE.format(
                    mensaje="El estado solo cambia por un acto formal.",
                    nombre=f"{_modelo._meta.model_name}_estado_por_su_acto",
                ),
            ),
        ),
        pgtrigger.Trigger(
            name="registrar_acto",
            operation=pgtrigger.Insert,
            when=pgtrigger.After,
            func=_REGISTRAR.format(actos=_ACTOS, fk=_fk),
        ),
    )(_modelo)
