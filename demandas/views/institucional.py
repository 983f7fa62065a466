"""The diagnosis of the municipality as an institution: structure, staff, means and income by year."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cuentas.guardia.parametros import entero, parametros, uno_de
from cuentas.permisos import exigir, puede
from cuentas.versiones import FaltaVersion, VersionVieja, cambios_desde
from demandas.formularios_diagnostico import FormularioDato, valores_de_dato
from demandas.institucional import Parte, anios_de, partes
from demandas.models import Apartado, DatoInstitucional
from demandas.permisos import EDITAR_INSTITUCIONAL, VER_INSTITUCIONAL
from demandas.services import institucional
from territorio.fechas import hoy
from territorio.models import Membresia, Municipio, UnidadTerritorial


@login_required
@require_http_methods(["GET", "POST"])
@parametros("apartado", "concepto", "anio")
def pagina(request: HttpRequest) -> HttpResponse:
    """What the institution is and has, year by year; by POST, a fact more."""
    municipio = _municipio(request)
    exigir(request.user, VER_INSTITUCIONAL, municipio)
    puede_editar = puede(request.user, EDITAR_INSTITUCIONAL, municipio)
    formulario = FormularioDato(initial=_iniciales(request))
    estado = 200
    if request.method == "POST":
        exigir(request.user, EDITAR_INSTITUCIONAL, municipio)
        formulario = FormularioDato(request.POST)
        if _registrado(request, municipio, formulario):
            direccion = f"{reverse('demandas:institucional')}?municipio={municipio.codigo}"
            return redirect(f"{direccion}&apartado={formulario.cleaned_data['apartado']}#anotar")
        estado = 400
    datos = list(DatoInstitucional.objects.visibles_para(request.user).del_municipio(municipio))
    las_partes, anios = partes(datos), anios_de(datos)
    contexto: dict[str, Any] = {
        "municipio": municipio,
        "frase": _frase(municipio, las_partes, anios),
        "partes": las_partes,
        "anios": anios,
        "hay": bool(datos),
        "formulario": formulario,
        "puede_editar": puede_editar,
    }
    return render(request, "demandas/diagnostico/institucional.html", contexto, status=estado)


def _iniciales(request: HttpRequest) -> dict[str, Any]:
    uno_de(request.GET.get("apartado", ""), Apartado.values, "apartado")
    return {
        "apartado": request.GET.get("apartado", ""),
        "concepto": request.GET.get("concepto", "")[:200],
        "anio": entero(request.GET.get("anio", ""), "anio", hasta=2200) or hoy().year,
    }


def _registrado(request: HttpRequest, municipio: UnidadTerritorial, formulario: FormularioDato) -> bool:
    if not formulario.is_valid():
        return False
    try:
        dato = institucional.registrar_dato(por=request.user, municipio=municipio, datos=formulario.datos())
    except ValidationError as error:
        formulario.poner_errores(error)
        return False
    messages.success(request, _("Se anotó: %(que)s.") % {"que": dato})
    return True


def _frase(municipio: UnidadTerritorial, las_partes: list[Parte], anios: list[int]) -> str:
    """Staff and income of the newest year that tells them."""
    por_clave = {parte.apartado: parte for parte in las_partes}
    dichos = []
    for apartado, modelo in (
        (Apartado.PERSONAL, _("%(n)s personas trabajan en el municipio (%(anio)s)")),
        (Apartado.INGRESOS, _("ingresos de Bs %(n)s (%(anio)s)")),
    ):
        valores = por_clave[apartado].cantidades if apartado is Apartado.PERSONAL else por_clave[apartado].montos
        ultimos = [(anio, v) for anio, v in zip(anios, valores, strict=False) if v is not None]
        if ultimos:
            anio, valor = ultimos[-1]
            dichos.append(modelo % {"n": number_format(valor, 0, force_grouping=True), "anio": anio})
    if not dichos:
        return _("%(municipio)s todavía no tiene diagnóstico institucional") % {"municipio": municipio.nombre}
    return f"{municipio.nombre}: {'; '.join(dichos)}"


@login_required
@require_http_methods(["GET", "POST"])
def dato(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a fact, as it was read."""
    uno = _el_dato(request, pk)
    formulario = FormularioDato(request.POST if request.method == "POST" else None, initial=valores_de_dato(uno))
    contexto: dict[str, Any] = {"dato": uno, "formulario": formulario}
    estado = 200
    if request.method == "POST":
        estado = _corregir(request, uno, formulario, contexto)
        if estado == 302:
            messages.success(request, _("Se guardó."))
            return redirect(f"{reverse('demandas:institucional')}?municipio={uno.municipio.codigo}")
    return render(request, "demandas/diagnostico/dato.html", contexto, status=estado)


def _corregir(request: HttpRequest, uno: DatoInstitucional, formulario: FormularioDato, contexto: dict) -> int:
    """Status of the answer: 302 where it was written."""
    leida = request.POST.get("version", "")[:20]
    if leida == str(uno.version) and not formulario.is_valid():
        return 400
    datos = formulario.datos() if formulario.is_valid() else {}
    try:
        institucional.corregir_dato(por=request.user, dato_id=uno.pk, version=leida, datos=datos)
    except ValidationError as error:
        formulario.poner_errores(error)
        return 400
    except FaltaVersion as error:
        formulario.add_error(None, str(error))
        return 428
    except VersionVieja as error:
        uno.refresh_from_db()
        contexto["otra"] = str(error)
        contexto["desde_entonces"] = cambios_desde(uno, int(leida)) if leida.isascii() and leida.isdecimal() else []
        formulario.data = {**formulario.data.dict(), "version": str(uno.version)}
        return 409
    return 302


@login_required
@require_http_methods(["GET", "POST"])
def borrar(request: HttpRequest, pk: int) -> HttpResponse:
    """What would be lost; by POST, it goes."""
    uno = _el_dato(request, pk)
    contexto: dict[str, Any] = {"dato": uno}
    estado = 200
    if request.method == "POST":
        try:
            institucional.borrar_dato(por=request.user, dato_id=pk, version=request.POST.get("version", "")[:20])
        except (FaltaVersion, VersionVieja) as error:
            contexto["otra"], estado = str(error), 409 if isinstance(error, VersionVieja) else 428
            uno.refresh_from_db()
        else:
            messages.success(request, _("Se borró «%(que)s».") % {"que": uno})
            return redirect(f"{reverse('demandas:institucional')}?municipio={uno.municipio.codigo}")
    return render(request, "demandas/diagnostico/dato_borrar.html", contexto, status=estado)


def _el_dato(request: HttpRequest, pk: int) -> DatoInstitucional:
    visibles = DatoInstitucional.objects.visibles_para(request.user).select_related("municipio__nivel")
    uno = get_object_or_404(visibles, pk=pk)
    exigir(request.user, EDITAR_INSTITUCIONAL, uno.municipio)
    request.municipio = uno.municipio  # type: ignore[attr-defined]
    return uno


def _municipio(request: HttpRequest) -> UnidadTerritorial:
    """The municipality of the address, else the reader's own."""
    codigo = request.GET.get("municipio", "").replace("\x00", "")[:80]
    todos = Municipio.objects.select_related("nivel")
    if codigo:
        uno = todos.filter(codigo=codigo).first()
    else:
        suyos = Membresia.objects.filter(usuario=request.user).values("municipio")
        uno = todos.filter(pk__in=suyos).order_by("codigo").first() or (
            todos.filter(unidades_del_municipio__isnull=False).order_by("codigo").first()
            if request.user.is_superuser
            else None
        )
    if uno is None:
        raise Http404(_("Diga de qué municipio: ?municipio=CÓDIGO."))
    request.municipio = uno  # type: ignore[attr-defined]  # read by the frame of the page
    return uno
