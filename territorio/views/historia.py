"""The page where GIS staff record how a unit changed: what would happen is told in words before it is done."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cuentas.guardia.parametros import parametros
from cuentas.permisos import exigir
from territorio.formularios_historia import CAMBIOS, Cambio, ensayar
from territorio.importacion.lector import Opciones
from territorio.models import UnidadTerritorial
from territorio.permisos import EDITAR_UNIDAD
from territorio.services import deposito
from territorio.services.deposito import ArchivoRechazado
from territorio.services.formas import Parte, leer_partes

SAL = "territorio.historia"
UN_DIA = 24 * 3600


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@parametros("que")
def cambiar(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose a change, say what it needs, look at what it would do, and do it."""
    unidad = get_object_or_404(UnidadTerritorial.objects.select_related("nivel", "municipio__nivel", "padre"), pk=pk)
    exigir(request.user, EDITAR_UNIDAD, unidad.municipio_propio, unidad)
    request.municipio = unidad.municipio_propio  # type: ignore[attr-defined]  # read by mapas.contexto
    que = request.POST.get("que") or request.GET.get("que", "")
    contexto: dict[str, Any] = {"unidad": unidad, "que": que, "cambios": CAMBIOS}
    if que not in CAMBIOS:
        return render(request, "territorio/historia/elegir.html", contexto)
    if request.method != "POST":
        return render(
            request, "territorio/historia/cambiar.html", contexto | {"formulario": CAMBIOS[que](unidad=unidad)}
        )
    formulario = CAMBIOS[que](request.POST, request.FILES, unidad=unidad)
    contexto["formulario"] = formulario
    if formulario.is_valid():
        try:
            return _prever_o_hacer(request, unidad, formulario, contexto)
        except (ValidationError, ArchivoRechazado) as error:
            _decir_en_el_formulario(formulario, error)
    return render(request, "territorio/historia/cambiar.html", contexto, status=400)


def _prever_o_hacer(
    request: HttpRequest, unidad: UnidadTerritorial, formulario: Cambio, contexto: dict[str, Any]
) -> HttpResponse:
    partes, leido = _partes(request, unidad, formulario, contexto)
    if "aplicar" in request.POST:
        quedan = formulario.hacer(partes, request.user)
        _soltar(contexto)
        messages.success(request, _("Hecho: quedó en la historia de %(unidad)s.") % {"unidad": unidad})
        return redirect("paginas:historia", pk=unidad.pk if unidad in quedan else quedan[0].pk)
    frases = ensayar(lambda: formulario.hacer(partes, request.user), unidad)
    contexto |= {"frases": frases, "avisos": [*leido, *formulario.avisos(partes)]}
    if formulario.partes_a_nombrar:
        contexto["partes"] = partes
    return render(request, "territorio/historia/prever.html", contexto)


def _partes(
    request: HttpRequest, unidad: UnidadTerritorial, formulario: Cambio, contexto: dict[str, Any]
) -> tuple[list[Parte], list[str]]:
    """What the file holds, with the names that the person gave; the file is kept until the change is done."""
    if not formulario.con_archivo:
        return [], []
    if archivos := [a for a in formulario.cleaned_data["archivos"] if a]:
        uid = uuid4()
        deposito.guardar(uid, archivos)
    else:
        uid = _guardado(request, unidad)
    contexto["uid"] = uid
    contexto["archivo"] = signing.dumps([str(uid), unidad.pk, request.user.pk], salt=SAL)
    ruta = deposito.principal(uid)
    if ruta is None:
        raise ValidationError({"archivos": _("El archivo ya no está guardado: elíjalo otra vez.")})
    crs = formulario.cleaned_data["crs"] or None
    try:
        partes, leido = leer_partes(ruta, Opciones(crs=crs, caja=settings.MINKA_CAJA))
    except ValidationError as error:
        deposito.borrar(uid)
        raise ValidationError({"archivos": error.messages}) from None
    dichas = [
        replace(
            parte,
            nombre=request.POST.get(f"nombre-{i}", parte.nombre)[:200],
            codigo=request.POST.get(f"codigo-{i}", parte.codigo)[:80],
        )
        for i, parte in enumerate(partes)
    ]
    if formulario.partes_a_nombrar:
        # So that a part without a name can be given one, on the same page.
        contexto["partes"] = dichas
    return dichas, leido


def _guardado(request: HttpRequest, unidad: UnidadTerritorial) -> UUID:
    """The file that this same person brought for this same unit a moment ago."""
    try:
        uid, de_la_unidad, de_quien = signing.loads(request.POST.get("archivo", ""), salt=SAL, max_age=UN_DIA)
    except signing.BadSignature:
        raise ValidationError({"archivos": _("Elija un archivo.")}) from None
    if (de_la_unidad, de_quien) != (unidad.pk, request.user.pk):
        raise ValidationError({"archivos": _("Elija un archivo.")})
    return UUID(uid)


def _soltar(contexto: dict[str, Any]) -> None:
    if "uid" in contexto:
        deposito.borrar(contexto["uid"])


def _decir_en_el_formulario(formulario: Cambio, error: Exception) -> None:
    """Beside its field what has one, above the form what has none."""
    if not isinstance(error, ValidationError):
        formulario.add_error("archivos", str(error))
        return
    for campo, textos in error.message_dict.items() if hasattr(error, "error_dict") else [(None, error.messages)]:
        formulario.add_error(campo if campo in formulario.fields else None, textos)
