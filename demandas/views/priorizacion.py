"""What is written of runs and criteria: kept, stopped, discussed, approved, changed."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cuentas.permisos import exigir
from cuentas.versiones import FaltaVersion, VersionVieja
from demandas import razones
from demandas.criterios import Contexto, valores
from demandas.formularios_priorizacion import (
    FormularioAprobar,
    FormularioCorrida,
    FormularioCriterio,
    FormularioValores,
)
from demandas.mesa.pedido import leer_pedido
from demandas.models import Criterio, Demanda, Priorizacion
from demandas.permisos import EDITAR_CRITERIOS, GUARDAR_PRIORIZACION, PRIORIZAR_DEMANDA
from demandas.priorizacion import NoSePuedePriorizar
from demandas.services import criterios as servicio_de_criterios
from demandas.services import priorizacion as servicio
from demandas.views.en_uso import municipio_de
from territorio.models import Municipio, UnidadTerritorial

CORRIDA = "paginas:priorizacion"


def _municipio(request: HttpRequest, datos: QueryDict) -> UnidadTerritorial:
    codigo = datos.get("municipio") or request.GET.get("municipio", "")
    municipio = get_object_or_404(Municipio, codigo=codigo[:80])
    request.municipio = municipio  # type: ignore[attr-defined]
    return municipio


def _visible(request: HttpRequest, uid: UUID) -> Priorizacion:
    visibles = Priorizacion.objects.visibles_para(request.user).select_related("municipio", "unidad")
    una = get_object_or_404(visibles, uid=uid)
    request.municipio = una.municipio  # type: ignore[attr-defined]
    return una


@login_required
@require_POST
def guardar(request: HttpRequest) -> HttpResponse:
    """Keep a view of the workbench as a run; where it cannot be, the same form says why."""
    formulario = FormularioCorrida(request.POST)
    consulta = QueryDict(request.POST.get("consulta", "")[:4000])
    municipio = _municipio(request, consulta if "municipio" in consulta else request.POST)
    pedido = leer_pedido(consulta.dict(), municipio)
    exigir(request.user, GUARDAR_PRIORIZACION, municipio, pedido.unidad)
    if formulario.is_valid():
        datos = formulario.cleaned_data
        try:
            una = servicio.crear_corrida(
                por=request.user, pedido=pedido, nombre=datos["nombre"], alcance=datos["alcance"]
            )
        except ValidationError as error:
            for mensajes in error.message_dict.values() if hasattr(error, "error_dict") else [error.messages]:
                formulario.add_error(None, mensajes)
        except NoSePuedePriorizar as error:
            formulario.add_error(None, razones.por_que_no(error, razones.Palabras({}))[1])
        else:
            return redirect(CORRIDA, uid=una.uid)
    contexto = {"formulario": formulario, "consulta": consulta.urlencode(), "municipio": municipio}
    return render(request, "demandas/priorizacion/guardar.html", contexto, status=400)


@login_required
@require_http_methods(["GET", "POST"])
def aprobar(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What the approval does, and the meeting that it rests on; by POST, it is done."""
    una = _visible(request, uid)
    exigir(request.user, PRIORIZAR_DEMANDA, una.municipio, una.unidad)
    formulario = FormularioAprobar(request.POST or None, corrida=una)
    contexto: dict[str, Any] = {"corrida": una, "municipio": una.municipio, "formulario": formulario}
    estado = 200
    if una.estado != "calculada":
        contexto["impide"] = _("«%(que)s» está %(estado)s: no se puede aprobar.") % {
            "que": una,
            "estado": una.get_estado_display(),
        }
        estado = 409
    elif request.method == "GET":
        contexto["cambios"] = servicio.cambios_desde(una)
    elif formulario.is_valid():
        try:
            servicio.aprobar(por=request.user, corrida=una, evento=formulario.cleaned_data["evento"])
        except ValidationError as error:
            formulario.add_error(None if not hasattr(error, "error_dict") else "evento", error.messages)
            estado = 400
        except servicio.CambiaronLasDemandas as error:
            contexto |= {"impide": str(error), "cambios": error.cambios}
            estado = 409
        except servicio.NoCorresponde as error:
            contexto["impide"] = str(error)
            estado = 409
        else:
            messages.success(request, _("Aprobada: las demandas que entran pasaron a su nuevo estado."))
            return redirect(CORRIDA, uid=una.uid)
    else:
        estado = 400
    return render(request, "demandas/priorizacion/aprobar.html", contexto, status=estado)


@login_required
@require_POST
def anotar(request: HttpRequest, uid: UUID) -> HttpResponse:
    una = _visible(request, uid)
    try:
        servicio.anotar(por=request.user, corrida=una, texto=request.POST.get("texto", "")[:3000])
    except ValidationError:
        messages.error(request, _("Escriba su opinión, en no más de 2.000 letras."))
    return redirect(CORRIDA, uid=una.uid)


@login_required
@require_POST
def detener(request: HttpRequest, uid: UUID) -> HttpResponse:
    return _mover(request, uid, servicio.detener)


@login_required
@require_POST
def otra_vez(request: HttpRequest, uid: UUID) -> HttpResponse:
    return _mover(request, uid, servicio.calcular_otra_vez)


def _mover(request: HttpRequest, uid: UUID, hacer) -> HttpResponse:
    una = _visible(request, uid)
    try:
        hacer(por=request.user, corrida=una)
    except servicio.NoCorresponde as error:
        messages.error(request, str(error))
    return redirect(CORRIDA, uid=una.uid)


# --- criteria -----------------------------------------------------------------------------------------------------------
@login_required
@require_http_methods(["GET", "POST"])
def criterios(request: HttpRequest) -> HttpResponse:
    """All criteria of a municipality, with how many of its demands have a value; by POST, one more."""
    dicho = request.POST if request.method == "POST" else request.GET
    municipio = _municipio(request, dicho) if "municipio" in dicho else municipio_de(request)
    exigir(request.user, EDITAR_CRITERIOS, municipio)
    formulario = FormularioCriterio(request.POST or None, initial={"peso": 0, "activo": True})
    if request.method == "POST" and formulario.is_valid():
        datos = {campo: valor for campo, valor in formulario.cleaned_data.items() if campo != "version"}
        nuevo = servicio_de_criterios.crear_criterio(por=request.user, municipio=municipio, **datos)
        messages.success(request, _("Criterio «%(que)s» añadido: ahora escriba sus valores.") % {"que": nuevo})
        return redirect("demandas:criterio", pk=nuevo.pk)
    todos = list(_de(municipio))
    demandas = Demanda.objects.filter(municipio=municipio).vigentes()
    hallados = valores(todos, demandas, Contexto.de(municipio))
    con = {clave: sum(v is not None for v in suyos.values()) for clave, suyos in hallados.items()}
    contexto = {
        "municipio": municipio,
        "criterios": [(criterio, con.get(criterio.clave, 0)) for criterio in todos],
        "demandas": demandas.count(),
        "formulario": formulario,
    }
    estado = 400 if request.method == "POST" else 200
    return render(request, "demandas/priorizacion/criterios.html", contexto, status=estado)


def _de(municipio: UnidadTerritorial) -> list[Criterio]:
    """Those in use and those set aside, its own in the place of the catalogue's."""
    por_clave = {c.clave: c for c in Criterio.objects.de(municipio).order_by("-municipio")}
    return sorted(por_clave.values(), key=lambda criterio: (criterio.orden, criterio.clave))


@login_required
@require_http_methods(["GET", "POST"])
def criterio(request: HttpRequest, pk: int) -> HttpResponse:
    """One criterion: how it counts and, where the municipality writes them, its values."""
    uno = get_object_or_404(Criterio.objects.select_related("municipio"), pk=pk)
    municipio = uno.municipio or _municipio(request, request.POST if request.method == "POST" else request.GET)
    request.municipio = municipio  # type: ignore[attr-defined]
    exigir(request.user, EDITAR_CRITERIOS, municipio)
    con_valores = not uno.calculo and uno.municipio_id is not None
    pegado = request.method == "POST" and "filas" in request.POST
    formulario = FormularioCriterio(
        request.POST if request.method == "POST" and not pegado else None,
        instance=uno,
        initial={"version": uno.version},
    )
    pegar = FormularioValores(request.POST if pegado else None)
    estado = 200
    if request.method == "POST":
        try:
            if pegado and con_valores and pegar.is_valid():
                filas = servicio_de_criterios.leer_valores(pegar.cleaned_data["filas"])
                n = servicio_de_criterios.poner_valores(por=request.user, criterio=uno, filas=filas)
                messages.success(request, _("%(n)s valores escritos.") % {"n": n})
                return redirect("demandas:criterio", pk=uno.pk)
            if not pegado and formulario.is_valid():
                datos = {campo: valor for campo, valor in formulario.cleaned_data.items() if campo != "version"}
                servicio_de_criterios.cambiar_criterio(
                    por=request.user,
                    municipio=municipio,
                    clave=uno.clave,
                    version=formulario.cleaned_data["version"],
                    **datos,
                )
                messages.success(request, _("«%(que)s» guardado.") % {"que": datos["nombre"]})
                return redirect(f"{reverse('demandas:criterios')}?municipio={municipio.codigo}")
            estado = 400
        except ValidationError as error:
            (pegar if pegado else formulario).add_error("filas" if pegado else None, error.messages)
            estado = 400
        except FaltaVersion as error:
            formulario.add_error(None, str(error))
            estado = 428
        except VersionVieja as error:
            formulario.add_error(None, str(error))
            estado = 409
    contexto = {
        "municipio": municipio,
        "criterio": uno,
        "formulario": formulario,
        "pegar": pegar if con_valores else None,
        "valores": uno.valores.select_related("demanda").order_by("demanda__codigo")[:2000] if con_valores else [],
    }
    return render(request, "demandas/priorizacion/criterio.html", contexto, status=estado)
