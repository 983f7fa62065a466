"""Pages where a unit is made, corrected, moved and taken away."""

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db.models import F, Func
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from cuentas.guardia.parametros import parametros
from cuentas.permisos import exigir
from cuentas.versiones import FaltaVersion, VersionVieja
from territorio.formulario_unidad import FormularioEdicion, FormularioNueva, FormularioUnidad, valores_de
from territorio.models import Limite, Municipio, UnidadTerritorial
from territorio.permisos import EDITAR_UNIDAD
from territorio.services.unidades import (
    NoSePuedeBorrar,
    borrar_unidad,
    crear_unidad,
    editar_unidad,
    lejos_de_su_padre,
    referencias,
    version_de,
)

VECINAS = 400


@login_required
def editar(request: HttpRequest, pk: int) -> HttpResponse:
    """A unit's name, codes, parent and point."""
    unidad = _la_unidad(request, pk)
    opciones: dict[str, Any] = {"municipio": request.municipio or unidad, "nivel": unidad.nivel}
    formulario = FormularioEdicion(request.POST or None, initial=valores_de(unidad), **opciones)
    if unidad.nivel.es_municipal_o_superior:
        formulario.fields.pop("padre")
    contexto: dict[str, Any] = {"unidad": unidad, "mapa": datos_del_mapa(unidad.padre, unidad)}
    if request.method == "POST" and formulario.is_valid() and not _falta_confirmar(formulario, unidad.padre, contexto):
        try:
            editar_unidad(
                por=request.user,
                unidad_id=pk,
                cambios=formulario.cambios(),
                version=formulario.cleaned_data["version"],
                **formulario.renombre,
            )
        except ValidationError as error:
            formulario.poner_errores(error)
        except FaltaVersion as error:
            formulario.add_error(None, str(error))
            contexto["sin_version"] = True
        except VersionVieja:
            contexto["otra"] = _lo_que_otra_persona_dejo(formulario, unidad)
        else:
            messages.success(request, _("Se guardó %(unidad)s.") % {"unidad": formulario.cleaned_data["nombre"]})
            return redirect("paginas:unidad", pk=pk)
    estado = 409 if "otra" in contexto else 428 if "sin_version" in contexto else 400 if formulario.errors else 200
    return render(request, "territorio/unidades/editar.html", contexto | {"formulario": formulario}, status=estado)


@login_required
@parametros("nivel", "padre", "lat", "lon")
def nueva(request: HttpRequest) -> HttpResponse:
    """A unit known by its point, or by its name alone; one with a limit comes from an import."""
    codigo = request.GET.get("municipio", "").replace("\x00", "")[:80]
    municipio = Municipio.objects.select_related("nivel").filter(codigo=codigo).first()
    if municipio is None:
        raise Http404(_("Diga en qué municipio: ?municipio=CÓDIGO."))
    exigir(request.user, EDITAR_UNIDAD, municipio)
    request.municipio = municipio
    iniciales = {"padre": municipio.pk, "nivel": request.GET.get("nivel", "comunidad")[:40]}
    if request.GET.get("padre", "").isdecimal():
        iniciales["padre"] = request.GET["padre"][:18]
    if {"lat", "lon"} <= set(request.GET):
        iniciales["coordenadas"] = f"{request.GET['lat'][:20]}, {request.GET['lon'][:20]}"
    formulario = FormularioNueva(request.POST or None, initial=iniciales, municipio=municipio)
    contexto: dict[str, Any] = {"municipio": municipio, "mapa": datos_del_mapa(municipio, None)}
    if request.method == "POST" and formulario.is_valid() and not _falta_confirmar(formulario, None, contexto):
        try:
            hecha = crear_unidad(
                por=request.user, nivel=formulario.cleaned_data["nivel"], municipio=municipio, **formulario.cambios()
            )
        except ValidationError as error:
            formulario.poner_errores(error)
        else:
            messages.success(request, _("Se creó %(unidad)s.") % {"unidad": hecha})
            return redirect("paginas:unidad", pk=hecha.pk)
    estado = 400 if formulario.errors else 200
    return render(request, "territorio/unidades/editar.html", contexto | {"formulario": formulario}, status=estado)


@login_required
def borrar(request: HttpRequest, pk: int) -> HttpResponse:
    """What would be lost, or what stands in the way; by POST, it goes."""
    unidad = _la_unidad(request, pk)
    motivos = referencias(unidad)
    if request.method == "POST":
        try:
            borrar_unidad(por=request.user, unidad_id=pk, version=request.POST.get("version", "")[:40])
        except NoSePuedeBorrar as error:
            motivos = error.motivos
        except (FaltaVersion, VersionVieja) as error:
            messages.warning(request, str(error))
            contexto = {"unidad": unidad, "motivos": [], "version": version_de(unidad)}
            estado = 409 if isinstance(error, VersionVieja) else 428
            return render(request, "territorio/unidades/borrar.html", contexto, status=estado)
        else:
            messages.success(request, _("Se borró %(unidad)s.") % {"unidad": unidad.nombre})
            if unidad.padre_id:
                return redirect("paginas:unidad", pk=unidad.padre_id)
            return redirect("inicio")
    contexto = {"unidad": unidad, "motivos": motivos, "version": version_de(unidad)}
    return render(request, "territorio/unidades/borrar.html", contexto, status=409 if request.method == "POST" else 200)


def _la_unidad(request: HttpRequest, pk: int) -> UnidadTerritorial:
    """The unit, if this user may edit it."""
    una = get_object_or_404(
        UnidadTerritorial.objects.select_related("nivel", "municipio__nivel", "padre__nivel"), pk=pk
    )
    exigir(request.user, EDITAR_UNIDAD, una.municipio_propio, una)
    request.municipio = una.municipio_propio  # type: ignore[attr-defined]
    return una


def _falta_confirmar(formulario: FormularioUnidad, antes: UnidadTerritorial | None, contexto: dict[str, Any]) -> bool:
    """Whether the point lies outside its parent and the person has not said that it is right so; then the page asks."""
    punto = formulario.cleaned_data["coordenadas"]
    if punto is None or formulario.cleaned_data["confirmar_lugar"]:
        return False
    lejos = lejos_de_su_padre(punto, formulario.cleaned_data.get("padre") or antes)
    if lejos is None:
        return False
    padre, metros = lejos
    cuanto = f"{number_format(metros / 1000, 1)} km" if metros >= 1000 else f"{number_format(metros, 0)} m"
    contexto["fuera"] = _("El punto queda a %(cuanto)s fuera de %(padre)s.") % {"cuanto": cuanto, "padre": padre}
    return True


def _lo_que_otra_persona_dejo(formulario: FormularioUnidad, leida: UnidadTerritorial) -> list[tuple[str, str]]:
    """Fields that stand otherwise now than in the form, with what they hold; the form keeps what was written in it.

    The next attempt is made on the present version.
    """
    ahora = valores_de(UnidadTerritorial.objects.get(pk=leida.pk))
    formulario.data = {**formulario.data.dict(), "version": ahora["version"]}
    distintos = []
    for nombre, campo in formulario.fields.items():
        if nombre == "version" or nombre not in ahora or nombre == "padre":
            continue
        if (formulario.data.get(nombre) or "").strip() != str(ahora[nombre]).strip():
            distintos.append((str(campo.label), str(ahora[nombre])))
    if str(formulario.data.get("padre", "")) != str(ahora["padre"] or "") and "padre" in formulario.fields:
        padre = UnidadTerritorial.objects.filter(pk=ahora["padre"]).first()
        distintos.append((str(formulario.fields["padre"].label), str(padre or "")))
    return distintos


# --- what the map is drawn with ---------------------------------------------------------------------------------------


class _Ligera(Func):
    """Simplified by 1/500 of its own size: an outline to find one's way by."""

    template = "ST_SimplifyPreserveTopology(%(expressions)s, sqrt(ST_Area(%(expressions)s)) / 500)"
    output_field = GeometryField(srid=4326)


def datos_del_mapa(padre: UnidadTerritorial | None, unidad: UnidadTerritorial | None) -> dict[str, Any]:
    """Outlines of the parent and of the unit, its siblings' points, and the base map of the settings."""
    contornos = {clave: _contorno(una) for clave, una in (("padre", padre), ("propio", unidad)) if una is not None}
    if padre is not None and contornos["padre"] is None:
        contornos["padre"] = _contorno(padre.municipio_propio)
    hermanas = UnidadTerritorial.objects.filter(padre=padre, punto__isnull=False).vigentes() if padre else []
    if unidad is not None and padre is not None:
        hermanas = hermanas.exclude(pk=unidad.pk)
    puntos = [(_lonlat(u.punto), u.nombre) for u in hermanas[:VECINAS]]
    return {
        "contornos": contornos,
        "vecinas": puntos,
        "caja": settings.MINKA_CAJA,
        "base": settings.MINKA_MAPA_BASE,
        "credito": settings.MINKA_MAPA_BASE_CREDITO,
        "textos": {
            "buscando": _("Buscando su posición…"),
            "sin_posicion": _("No se pudo obtener su posición. Revise el permiso de ubicación."),
            "exactitud": _("Posición tomada, con unos %(m)s m de error."),
            "arrastre": _("Arrastre el punto, o pulse otro lugar."),
        },
    }


def _contorno(unidad: UnidadTerritorial | None) -> Any:
    limite = (
        Limite.objects.en_vigor()
        .filter(unidad=unidad)
        .annotate(ligera=AsGeoJSON(_Ligera(F("geom")), precision=5))
        .values_list("ligera", flat=True)
        .first()
        if unidad is not None
        else None
    )
    return json.loads(limite) if limite else None


def _lonlat(punto: Point) -> list[float]:
    return [round(punto.x, 6), round(punto.y, 6)]
