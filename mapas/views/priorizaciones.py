"""Stored runs, two results side by side, and the list for the wall."""

from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cuentas.guardia.parametros import ParametroInvalido, parametros, uno_de
from cuentas.permisos import puede
from demandas.mesa.conjunto import reunir
from demandas.mesa.corrida import EN_VIVO
from demandas.mesa.montos import en_bs
from demandas.mesa.pedido import PARAMETROS, leer_pedido, nivel_de_distritos
from demandas.models import EstadoPriorizacion, NormaLegal, Priorizacion, Regla
from demandas.permisos import COMENTAR_PRIORIZACION, GUARDAR_PRIORIZACION, PRIORIZAR_DEMANDA
from demandas.services.priorizacion import AL_MOMENTO, pedido_de
from mapas import geometrias
from mapas.contexto import municipio_en_uso
from mapas.priorizacion import hojas, planilla, tablero
from mapas.priorizacion.lugares import lugares
from territorio.impresos import pie_de, respuesta_pdf

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
E = EstadoPriorizacion
CON_RESULTADO = (E.CALCULADA, E.APROBADA)


@require_safe
@parametros()
def lista(request: HttpRequest) -> HttpResponse:
    """The runs of a municipality: the approved ones for all, the others for its members."""
    municipio = municipio_en_uso(request)
    if municipio is None:
        return render(request, "mapas/mapa_vacio.html")
    request.municipio = municipio  # type: ignore[attr-defined]
    corridas = Priorizacion.objects.visibles_para(request.user).filter(municipio=municipio)
    corridas = corridas.select_related("unidad", "evento", "por").defer("entradas")[:200]
    aprobadas = [corrida for corrida in corridas if corrida.estado == E.APROBADA]
    contexto = {
        "municipio": municipio,
        "aprobadas": aprobadas,
        "abiertas": [corrida for corrida in corridas if corrida.estado != E.APROBADA],
        "comparables": [corrida for corrida in corridas if corrida.estado in CON_RESULTADO],
        "puede_guardar": puede(request.user, GUARDAR_PRIORIZACION, municipio),
    }
    return render(request, "priorizacion/lista.html", contexto)


def _visible(request: HttpRequest, uid: UUID) -> Priorizacion:
    visibles = Priorizacion.objects.visibles_para(request.user).select_related("municipio", "unidad", "evento", "por")
    una = get_object_or_404(visibles, uid=uid)
    request.municipio = una.municipio  # type: ignore[attr-defined]
    return una


@require_safe
@parametros()
def corrida(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A run: what is in and why, how evenly, what was said of it, and its next step."""
    una = _visible(request, uid)
    usuario = request.user
    contexto: dict[str, Any] = {
        "corrida": una,
        "municipio": una.municipio,
        "notas": una.notas.select_related("por") if usuario.is_authenticated else [],
        "puede_aprobar": una.estado == E.CALCULADA and puede(usuario, PRIORIZAR_DEMANDA, una.municipio, una.unidad),
        "puede_opinar": puede(usuario, COMENTAR_PRIORIZACION, una.municipio, una.unidad),
        "puede_guardar": puede(usuario, GUARDAR_PRIORIZACION, una.municipio, una.unidad),
        "acto": _acto(una),
        "en_marcha": una.estado in (E.EN_COLA, E.CALCULANDO),
    }
    if una.estado in CON_RESULTADO:
        contexto["hoja"] = hoja = hojas.hoja_de_guardada(una, usuario)
        contexto["consulta"] = pedido_de(una).query()
        contexto["mapa"] = _mapa(una.municipio, {r.pk: "entra" if r.entra else "fuera" for r in hoja.renglones}, hoja)
    return render(request, "priorizacion/corrida.html", contexto)


def _acto(una: Priorizacion) -> dict[str, Any] | None:
    """The act that approved a run, also where its meeting is not for this reader."""
    acto = una.resumen.get("acto")
    return acto and {"nombre": acto["nombre"], "fecha": date.fromisoformat(acto["fecha"])}


@require_safe
@parametros()
def estado(request: HttpRequest, uid: UUID) -> JsonResponse:
    """How far a run is."""
    una = _visible(request, uid)
    return JsonResponse({"estado": una.estado, "progreso": una.progreso})


@require_safe
@parametros(*PARAMETROS, "a", "b")
def comparar(request: HttpRequest) -> HttpResponse:
    """Two rules under one ceiling, or two stored runs (`a`, `b`): what both take, what only one, what neither and why."""
    de_corridas = request.GET.get("a") or request.GET.get("b")
    contexto = _dos_corridas(request) if de_corridas else _dos_reglas(request)
    return render(request, "priorizacion/comparar.html", contexto)


def _dos_corridas(request: HttpRequest) -> dict[str, Any]:
    lados = []
    for clave in ("a", "b"):
        try:
            una = _visible(request, UUID(request.GET.get(clave, "")))
        except ValueError:
            raise ParametroInvalido(_("Elija dos corridas para compararlas."), clave) from None
        if una.estado not in CON_RESULTADO:
            raise ParametroInvalido(_("«%(que)s» todavía no tiene resultado.") % {"que": una}, clave)
        lados.append(una)
    if lados[0].municipio_id != lados[1].municipio_id:
        raise ParametroInvalido(_("Las corridas son de municipios distintos."), "b")
    hechas = [hojas.hoja_de_guardada(una, request.user) for una in lados]
    return _comparadas(lados[0].municipio, *hechas) | {"corridas": lados}


def _dos_reglas(request: HttpRequest) -> dict[str, Any]:
    municipio = municipio_en_uso(request)
    if municipio is None:
        raise Http404
    request.municipio = municipio  # type: ignore[attr-defined]
    pedido = leer_pedido(request.GET, municipio)
    contra = uno_de(pedido.contra, Regla.values, "contra") or (
        Regla.PARTES_IGUALES if pedido.regla != Regla.PARTES_IGUALES else Regla.PUNTAJE
    )
    pedido = pedido.con(contra=contra)
    conjunto = reunir(pedido, request.user, con_votos=Regla.PARTES_IGUALES in (pedido.regla, contra))
    if not pedido.techo and "techo" not in pedido.errores:
        pedido = pedido.con(techo=tablero.techo_para_empezar(conjunto))
    errores, hechas = dict(pedido.errores), []
    if len(conjunto.filas) > AL_MOMENTO and not {pedido.regla, contra} <= set(EN_VIVO):
        errores["regla"] = _("Son %(n)s demandas: guarde una corrida con cada regla y compárelas.") % {
            "n": len(conjunto.filas)
        }
    for regla in (pedido.regla, contra) if not errores else ():
        hecha, error = tablero.intentar(pedido, conjunto, regla)
        errores |= error
        if hecha:
            hechas.append(hojas.hoja_de_vista(hecha, regla))
    contexto = {
        "municipio": municipio,
        "pedido": pedido,
        "consulta": pedido.query(contra=""),
        "ocultos": [(c, v) for c, v in pedido.parametros().items() if c not in ("regla", "contra")],
        "reglas": [(valor, etiqueta, valor == pedido.regla, valor == contra) for valor, etiqueta in Regla.choices],
        "errores": list(errores.values()),
    }
    return contexto | (_comparadas(municipio, *hechas) if len(hechas) == 2 and not errores else {})


def _comparadas(municipio, a: hojas.Hoja, b: hojas.Hoja) -> dict[str, Any]:
    clases = hojas.comparadas(a, b)
    de_cada = {par.cual.pk: clase for clase, pares in clases.items() for par in pares}
    distritos = [
        (de_a, next((d for d in b.equidad["distritos"] if d["id"] == de_a["id"]), None))
        for de_a in a.equidad["distritos"]
    ]
    return {
        "municipio": municipio,
        "a": a,
        "b": b,
        "clases": clases,
        "distritos": distritos,
        "frase": _("%(ambas)s entran con las dos; %(a)s solo con la primera y %(b)s solo con la segunda")
        % {"ambas": len(clases["ambas"]), "a": len(clases["solo_a"]), "b": len(clases["solo_b"])},
        "mapa": _mapa(municipio, de_cada, a),
    }


def _mapa(municipio, clases: dict[int, str], hoja: hojas.Hoja) -> dict[str, Any]:
    """What the small map of a result draws: each demand's place, title and kind, over the districts."""
    nivel = nivel_de_distritos(municipio)
    resumen = geometrias.resumen(municipio_id=municipio.pk, nivel_id=nivel.pk) if nivel else None
    donde = lugares(clases)
    titulos = {r.pk: r.titulo for r in hoja.renglones}
    return {
        "puntos": [[pk, titulos.get(pk, ""), clase, donde.get(pk)] for pk, clase in clases.items() if pk in donde],
        "caja": resumen.caja if resumen else None,
        "geometria": f"{reverse('mapas:geometria', args=[municipio.codigo, nivel.codigo])}?v={resumen.version}"
        if resumen and nivel
        else "",
        "distritos": [[d["id"], d["nombre"]] for d in hoja.resumen["distritos"]],
        "base": settings.MINKA_MAPA_BASE,
        "credito": settings.MINKA_MAPA_BASE_CREDITO,
        "demanda": reverse("paginas:demanda", args=[0]),
        "textos": {"acercar": _("Acercar"), "alejar": _("Alejar"), "todo": _("Ver todo el territorio")},
    }


# --- downloads ----------------------------------------------------------------------------------------------------------
def _notas_de(una: Priorizacion) -> list[tuple[str, Any]]:
    dichas: list[tuple[str, Any]] = [
        (_("Corrida"), una.nombre),
        (_("Municipio"), f"{una.municipio.nombre} ({una.municipio.codigo})"),
        (
            _("Decide"),
            _("las prioridades") + f" {una.get_alcance_display()}" + (f": {una.unidad}" if una.unidad else ""),
        ),
        (_("Regla"), una.get_regla_display()),
        (_("Estado"), una.get_estado_display()),
        (_("Calculada"), f"{timezone.localtime(una.creada):%d/%m/%Y %H:%M}"),
        (_("Huella"), una.huella),
    ]
    if acto := una.resumen.get("acto"):
        dichas.insert(5, (_("Acto que la aprobó"), f"{acto['nombre']}, {date.fromisoformat(acto['fecha']):%d/%m/%Y}"))
    return dichas


def _xlsx(hoja: hojas.Hoja, notas: list[tuple[str, Any]], nombre: str) -> StreamingHttpResponse:
    respuesta = StreamingHttpResponse(planilla.planilla(hoja, notas), content_type=XLSX)
    respuesta["Content-Disposition"] = f'attachment; filename="{slugify(nombre)[:60] or "priorizacion"}.xlsx"'
    return respuesta


@require_safe
@parametros()
def planilla_de_corrida(request: HttpRequest, uid: UUID) -> StreamingHttpResponse:
    una = _con_resultado(request, uid)
    return _xlsx(hojas.hoja_de_guardada(una, request.user), _notas_de(una), una.nombre)


@require_safe
@parametros(*PARAMETROS)
def planilla_de_la_vista(request: HttpRequest) -> StreamingHttpResponse:
    """What the workbench shows, as a workbook, without keeping it."""
    municipio = municipio_en_uso(request)
    if municipio is None:
        raise Http404
    puesta = tablero.poner_mesa(request.GET, municipio, request.user)
    if puesta.corrida is None:
        raise ParametroInvalido(puesta.frase, "techo")
    notas = [
        (_("Municipio"), f"{municipio.nombre} ({municipio.codigo})"),
        (_("Estado"), _("borrador de la mesa: no está guardado ni aprobado")),
        (_("Fecha"), f"{timezone.localdate():%d/%m/%Y}"),
        (_("Vista"), puesta.pedido.query()),
    ]
    return _xlsx(hojas.hoja_de_vista(puesta.corrida, puesta.pedido.regla), notas, f"priorizacion-{municipio.codigo}")


@require_safe
@parametros("papel")
def cartel(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The ranked list for the wall of the assembly, to be read from two metres."""
    una = _con_resultado(request, uid)
    papel = uno_de(request.GET.get("papel", ""), ("A3", "A4"), "papel") or "A3"
    normas = NormaLegal.objects.filter(municipio=una.municipio) | NormaLegal.objects.filter(municipio=None)
    contexto = pie_de(una.municipio, _("Huella %(huella)s") % {"huella": una.huella[:16]}) | {
        "corrida": una,
        "hoja": hojas.hoja_de_guardada(una, request.user),
        "papel": papel,
        "acto": _acto(una),
        "normas": list(normas.order_by("pk")[:6]),
        "techo": en_bs(hojas.a_centimos(una.techo)),
    }
    return respuesta_pdf("priorizacion/cartel.html", contexto, slugify(una.nombre)[:60] or "priorizacion")


def _con_resultado(request: HttpRequest, uid: UUID) -> Priorizacion:
    una = _visible(request, uid)
    if una.estado not in CON_RESULTADO:
        raise Http404(_("Esta corrida todavía no tiene resultado."))
    return una
