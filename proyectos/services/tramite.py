"""The formal steps of a PDM or POA: presented, approved by another, published or put in execution, closed, sent back."""

from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cuentas.permisos import exigir
from cuentas.versiones import exigir_version
from proyectos.models import PDM, POA, ActoFormal
from proyectos.models.acto import ANIO_MINIMO, APROBADO, INICIAL, Paso, paso
from proyectos.permisos import ACCION_DEL_PASO
from proyectos.services.respuestas import poner_al_dia, proyectos_de
from territorio.models import Archivo, ClaseDeArchivo
from territorio.services.archivos import guardar_archivo


class EstadoNoPermite(Exception):
    """The document is not in the state from which this step is taken; nothing was written."""


class QuienProponeNoAprueba(PermissionDenied):
    """Who presented a document asked to approve it."""


@transaction.atomic
def dar_paso(
    *,
    por,
    documento: PDM | POA,
    clave: str,
    version: int | str | None,
    fecha: date | None = None,
    nota: str = "",
    norma: str = "",
    norma_numero: str = "",
    archivo: UploadedFile | None = None,
) -> ActoFormal:
    """Take the step `clave` (see `PASOS`) with a document as it was read (`version`), and enter it in the ledger.

    `fecha` is the day of the act (today, unless told); an approval names the day, kind and number of its norm, and may
    bring it as an `archivo`; who sends back says why. Raises `FaltaVersion`, `VersionVieja`, `PermissionDenied`,
    `EstadoNoPermite`, `ValidationError`, `ArchivoRechazado`.
    """
    bloqueado = type(documento).objects.select_for_update(no_key=True).get(pk=documento.pk)
    el_paso = paso(bloqueado._meta.model_name, clave)
    if el_paso is None:
        raise ValueError(f"{documento._meta.label} no tiene el paso {clave}.")
    exigir_version(leida=version, actual=bloqueado.version, que=bloqueado)
    exigir(por, ACCION_DEL_PASO[clave], bloqueado.municipio)
    if bloqueado.estado != el_paso.desde:
        raise EstadoNoPermite(
            _("%(que)s está %(estado)s, y para este paso debe estar %(debe)s.")
            % {
                "que": bloqueado,
                "estado": bloqueado.get_estado_display(),
                "debe": dict(bloqueado._meta.get_field("estado").choices)[el_paso.desde],
            }
        )
    ultimo = ActoFormal.objects.de(bloqueado).last()
    acto = ActoFormal(
        municipio=bloqueado.municipio,
        numero=ultimo.numero + 1,
        ronda=ultimo.ronda + (ultimo.hacia == INICIAL and ultimo.desde != ""),
        version=bloqueado.version,
        desde=el_paso.desde,
        hacia=el_paso.hacia,
        fecha=fecha or (None if el_paso.hacia == APROBADO else timezone.localdate()),
        por=por,
        norma=norma,
        norma_numero=norma_numero.strip(),
        nota=nota.strip(),
        registrado=timezone.now(),
        **{bloqueado._meta.model_name: bloqueado},
    )
    if el_paso.hacia == APROBADO:
        acto.proponente = _quien_propuso(acto)
    _revisar(acto, el_paso, ultimo, con_archivo=archivo is not None)
    acto.full_clean()
    if archivo is not None:
        acto.archivo = guardar_archivo(
            por=por,
            accion=ACCION_DEL_PASO[clave],
            municipio=bloqueado.municipio,
            archivo=archivo,
            clase=ClaseDeArchivo.NORMA,
        )
    acto.save()
    acto.refresh_from_db()
    documento.refresh_from_db()
    if not documento.es_borrador:  # its norm is seen by whoever sees the document
        normas = ActoFormal.objects.de(documento).values("archivo")
        Archivo.objects.filter(pk__in=normas, publico=False).update(publico=True)
    if acto.hacia == APROBADO:
        poner_al_dia(por=por, proyectos=proyectos_de(documento))
    return acto


def _quien_propuso(acto: ActoFormal):
    """Who presented the document in this round; refuses an approval by the same, or of what nobody presented."""
    propuesta = (
        ActoFormal.objects.de(acto.documento).filter(ronda=acto.ronda, hacia=acto.desde).exclude(desde="").last()
    )
    if propuesta is None:
        raise EstadoNoPermite(
            _("No consta quién presentó %(que)s: devuélvalo a borrador, y que se presente de nuevo.")
            % {"que": acto.documento}
        )
    if propuesta.por_id == acto.por_id:
        raise QuienProponeNoAprueba(
            _("Usted presentó %(que)s el %(dia)s: quien propone no aprueba. Debe aprobarlo otra persona del concejo.")
            % {"que": acto.documento, "dia": f"{propuesta.fecha:%d/%m/%Y}"}
        )
    return propuesta.por


def _revisar(acto: ActoFormal, el_paso: Paso, ultimo: ActoFormal, *, con_archivo: bool) -> None:
    """Raise `ValidationError`, field by field."""
    errores: dict[str, str] = {}
    if el_paso.hacia == APROBADO:
        if not acto.norma:
            errores["norma"] = _("Diga con qué norma se aprueba.")
        if not acto.norma_numero:
            errores["norma_numero"] = _("Escriba el número de la norma que aprueba.")
        if acto.fecha is None:
            errores["fecha"] = _("Escriba la fecha de la norma que aprueba.")
    elif acto.norma or acto.norma_numero or con_archivo:
        errores["norma"] = _("Solo una aprobación lleva norma.")
    if el_paso.hacia == INICIAL and not acto.nota:
        errores["nota"] = _("Diga por qué se devuelve: es lo que leerá quien lo corrija.")
    if acto.fecha is not None:
        if acto.fecha > timezone.localdate():
            errores["fecha"] = _("%(dia)s todavía no llega.") % {"dia": f"{acto.fecha:%d/%m/%Y}"}
        elif acto.fecha.year < ANIO_MINIMO:
            errores["fecha"] = _("La fecha debe ser de %(anio)s o después.") % {"anio": ANIO_MINIMO}
        elif ultimo.fecha is not None and acto.fecha < ultimo.fecha:
            errores["fecha"] = _("No puede ser anterior al paso previo, del %(dia)s.") % {
                "dia": f"{ultimo.fecha:%d/%m/%Y}"
            }
    if errores:
        raise ValidationError(errores)
