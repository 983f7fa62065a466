"""The record of changes: of one object, of a municipality, and the seal that proves it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db import models
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cuentas.cadena import Sello, cabeza, comprobar_sello
from cuentas.guardia.esperas import con_espera
from cuentas.guardia.parametros import ParametroInvalido, pagina_pedida, parametros, uno_de
from cuentas.guardia.turnos import Turno
from cuentas.permisos import puede
from demandas.models import Demanda
from mapas.contexto import municipio_en_uso
from mapas.registro import alcance, consulta
from mapas.registro.alcance import CON_PAGINA, Parte
from mapas.registro.autores import Autor, autores
from mapas.registro.cambios import Cambio, contar, tipo_de_tabla
from mapas.registro.consulta import Entrada, Filtro, Suceso
from mapas.registro.planilla import planilla
from mapas.templatetags.minka import numero
from mapas.views.exportar import entero
from proyectos.models import Proyecto
from territorio.models import UnidadTerritorial
from territorio.permisos import VER_DIRECCIONES, VER_REGISTRO

# What lies somewhere, so that a role limited to districts may reach it.
_EN_SU_LUGAR = (UnidadTerritorial, Demanda, Proyecto)
Objeto = tuple[type[models.Model], int]
POR_PAGINA = 20
CAMBIOS_POR_PAGINA = 50
CAMBIOS_POR_PLANILLA = 50_000


@require_safe
@never_cache
@parametros("pagina", "vez")
def de_objeto(request: HttpRequest, pk: int, *, modelo: type[models.Model]) -> HttpResponse:
    """All that happened to an object and to what hangs on it, newest first; also of one that was deleted since."""
    objeto, municipio = _objeto(modelo, pk)
    _exigir(request, municipio, objeto if modelo in _EN_SU_LUGAR else None)
    partes = alcance.de_objeto(modelo, pk)
    contexto = _pagina(request, partes, Filtro(), municipio, en=(modelo, pk))
    if not contexto["pagina"].paginator.count:
        raise Http404(_("No hay cambios registrados."))
    return render(
        request,
        "registro/registro.html",
        contexto | {"objeto": objeto, "titulo": _titulo(modelo, pk, objeto), "clase": CON_PAGINA[modelo]},
    )


@require_safe
@never_cache
@parametros("pagina", "vez", "que", "quien", "desde", "hasta")
def de_municipio(request: HttpRequest) -> HttpResponse:
    """All that happened in a municipality."""
    municipio = _en_uso(request)
    partes = alcance.de_municipio(municipio.pk)
    filtro, formulario = _filtro(request, partes)
    contexto = _pagina(request, partes, filtro, municipio)
    return render(
        request,
        "registro/registro.html",
        contexto
        | formulario
        | {"titulo": municipio.nombre, "clase": "municipio", "consulta": _sin_pagina(request), "sello": cabeza()},
    )


@require_safe
@never_cache
@parametros("vez", "que", "quien", "desde", "hasta")
def de_municipio_csv(request: HttpRequest) -> FileResponse:
    """The same rows as the page shows, one per field that changed."""
    municipio = _en_uso(request)
    partes = alcance.de_municipio(municipio.pk)
    filtro, _formulario = _filtro(request, partes)
    con_direcciones = puede(request.user, VER_DIRECCIONES, municipio)
    with Turno("exportes", settings.MINKA_EXPORTES_A_LA_VEZ), con_espera(settings.MINKA_ESPERA_EXPORTE_MS):
        sucesos = consulta.sucesos(partes, filtro, clave=request.GET.get("vez", ""))
        if len(sucesos) > CAMBIOS_POR_PLANILLA:
            dicho = _("Son %(n)s cambios y una planilla lleva hasta %(tope)s: elija desde y hasta qué día.")
            raise ParametroInvalido(dicho % {"n": len(sucesos), "tope": CAMBIOS_POR_PLANILLA}, "desde")
        archivo = entero(planilla(sucesos, sello=cabeza(), con_direcciones=con_direcciones))
    nombre = f"minka_{municipio.codigo}_registro_{date.today():%Y%m%d}.csv"
    return FileResponse(archivo, as_attachment=True, filename=nombre, content_type="text/csv; charset=utf-8")


@require_safe
@never_cache
@parametros("sello")
def sello(request: HttpRequest) -> HttpResponse:
    """The newest seal, for anybody to note; and whether one that was noted still stands (`?sello=NÚMERO:HUELLA`)."""
    anotado = request.GET.get("sello", "").strip()
    contexto: dict[str, Any] = {"sello": cabeza(), "anotado": anotado}
    if anotado:
        try:
            contexto["falla"] = comprobar_sello(Sello.de_texto(anotado))
        except ValueError as error:
            raise ParametroInvalido(str(error), "sello") from error
    return render(request, "registro/sello.html", contexto)


@require_safe
@never_cache
@parametros()
def sello_json(request: HttpRequest) -> JsonResponse:
    ultimo = cabeza()
    return JsonResponse(
        {"numero": ultimo.numero, "huella": ultimo.huella, "sello": str(ultimo), "cuando": ultimo.cuando}
    )


# --- what the pages share ---------------------------------------------------------------------------------------------
def _objeto(modelo: type[models.Model], pk: int) -> tuple[Any, UnidadTerritorial]:
    """The object, None where it was deleted, and its municipality."""
    objeto = modelo._base_manager.filter(pk=pk).first()
    if objeto is None:
        municipio = alcance.municipio_de_borrado(modelo, pk)
    elif isinstance(objeto, UnidadTerritorial):
        municipio = objeto.municipio_id or objeto.pk
    else:
        municipio = objeto.municipio_id
    hallado = UnidadTerritorial.objects.select_related("nivel").filter(pk=municipio).first() if municipio else None
    if hallado is None:
        raise Http404(_("No existe."))
    return objeto, hallado


def _exigir(request: HttpRequest, municipio: UnidadTerritorial, lugar: Any = None) -> None:
    """To whoever is not of the municipality, or only of a part of it where `lugar` is not, there is no such page."""
    if not puede(request.user, VER_REGISTRO, municipio, lugar):
        raise Http404(_("No existe."))
    request.municipio = municipio  # type: ignore[attr-defined]  # read by mapas.contexto


def _en_uso(request: HttpRequest) -> UnidadTerritorial:
    municipio = municipio_en_uso(request)
    if municipio is None:
        raise Http404(_("No hay ningún municipio cargado."))
    _exigir(request, municipio)
    return municipio


def _pagina(
    request: HttpRequest, partes: list[Parte], filtro: Filtro, municipio: UnidadTerritorial, *, en: Objeto | None = None
) -> dict[str, Any]:
    """A page of entries, or of the changes of one of them (`?vez=`)."""
    con_direcciones = puede(request.user, VER_DIRECCIONES, municipio)
    vez = request.GET.get("vez", "")
    if vez:
        sucesos = consulta.sucesos(partes, filtro, clave=vez)
        pagina = Paginator(sucesos, CAMBIOS_POR_PAGINA).get_page(pagina_pedida(request))
        return {"pagina": pagina, "cambios": len(sucesos), "vez": vez} | _una_entrada(pagina, con_direcciones, en)
    pedida = pagina_pedida(request)
    hallado = consulta.entradas(partes, filtro, desde=(pedida - 1) * POR_PAGINA, cuantas=POR_PAGINA)
    if not hallado.entradas and pedida > 1:  # past the last
        pedida = 1
        hallado = consulta.entradas(partes, filtro, desde=0, cuantas=POR_PAGINA)
    return {
        "pagina": Paginator(range(hallado.total), POR_PAGINA).get_page(pedida),
        "cambios": hallado.cambios,
        "entradas": _contadas(hallado.entradas, con_direcciones, en),
    }


def _contadas(entradas: list[Entrada], con_direcciones: bool, en: Objeto | None) -> list[dict[str, Any]]:
    contados = contar([suceso for entrada in entradas for suceso in entrada.primeros], en=en)
    quienes = autores([entrada.contexto for entrada in entradas], con_direcciones=con_direcciones)
    return [
        {
            "clave": entrada.clave,
            "cuando": entrada.cuando,
            "autor": autor,
            "resumen": _resumen(entrada.montones) if entrada.cuantos > 1 else "",
            "cambios": [contados[suceso] for suceso in entrada.primeros if suceso in contados],
            "mas": entrada.cuantos - len(entrada.primeros),
        }
        for entrada, autor in zip(entradas, quienes, strict=True)
    ]


def _una_entrada(pagina: Page, con_direcciones: bool, en: Objeto | None) -> dict[str, Any]:
    sucesos: list[Suceso] = list(pagina.object_list)
    if not sucesos:
        return {"entradas": []}
    contados = contar([(s.tabla, s.pgh_id) for s in sucesos], en=en)
    cambios: list[Cambio] = [contados[(s.tabla, s.pgh_id)] for s in sucesos if (s.tabla, s.pgh_id) in contados]
    [autor] = autores([sucesos[0].contexto], con_direcciones=con_direcciones)
    una: dict[str, Any] = {"cuando": sucesos[0].cuando, "autor": autor, "cambios": cambios}
    return {"entradas": [una]}


def _resumen(montones: list[tuple[str, str, int]]) -> str:
    """How many of what: `agregó 643 límites; cambió 1 unidad territorial`."""
    verbos = {"insert": _("agregó %(que)s"), "update": _("cambió %(que)s"), "delete": _("borró %(que)s")}
    dichos = []
    for clase, verbo in verbos.items():
        cuentas = [f"{numero(n)} {tipo_de_tabla(t, plural=n != 1)}" for t, que, n in montones if que == clase]
        if cuentas:
            dichos.append(verbo % {"que": get_text_list(cuentas, _("y"))})
    return capfirst("; ".join(dichos))


def _titulo(modelo: type[models.Model], pk: int, objeto: Any) -> str:
    if objeto is not None:
        return str(objeto)
    ultimo = alcance.de_objeto(modelo, pk)[0].eventos.objects.filter(pgh_obj_id=pk).order_by("-pgh_id").first()
    return str(getattr(ultimo, "titulo", None) or getattr(ultimo, "nombre", None) or pk)


def _filtro(request: HttpRequest, partes: list[Parte]) -> tuple[Filtro, dict[str, Any]]:
    """The filter that the query string asks for, and its form."""
    tablas = {parte.tabla: tipo_de_tabla(parte.tabla, plural=True) for parte in partes}
    cuentas, con_ordenes, con_base = consulta.quienes(partes)
    quienes = {str(pk): cuenta for pk, cuenta in sorted(cuentas.items(), key=lambda c: c[1] or "")}
    quienes |= {"orden": _("órdenes y trabajos")} if con_ordenes else {}
    quienes |= {"base": _("directamente en la base de datos")} if con_base else {}
    que = uno_de(request.GET.get("que", ""), tablas, "que")
    quien = uno_de(request.GET.get("quien", ""), [*quienes, "orden", "base"], "quien")
    filtro = Filtro(que, quien, _dia(request, "desde"), _dia(request, "hasta"))
    return filtro, {
        "filtro": filtro,
        "tablas": sorted(tablas.items(), key=lambda t: t[1]),
        "quienes": list(quienes.items()),
        "hay_filtros": filtro != Filtro(),
    }


def _dia(request: HttpRequest, nombre: str) -> date | None:
    texto = request.GET.get(nombre, "")
    if not texto:
        return None
    try:
        return date.fromisoformat(texto)
    except ValueError as error:
        raise ParametroInvalido(
            _("«%(texto)s» no es una fecha (AAAA-MM-DD).") % {"texto": texto[:40]}, nombre
        ) from error


def _sin_pagina(request: HttpRequest) -> str:
    consulta_ = request.GET.copy()
    consulta_.pop("pagina", None)
    return consulta_.urlencode()


__all__ = ["Autor", "de_municipio", "de_municipio_csv", "de_objeto", "sello", "sello_json"]
