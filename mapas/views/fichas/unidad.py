"""The page of a unit."""

from collections import Counter
from datetime import timedelta
from itertools import groupby

from django.db.models import F, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from cuentas.guardia.parametros import parametros
from cuentas.permisos import puede
from demandas.models import Demanda, DemandaUnidad
from mapas.croquis import croquis_de_unidad
from mapas.views.fecha import a_su_fecha
from mapas.views.fichas.cifras import habitantes_de, indicadores_de, piramide, servicios_de
from proyectos.models import POA, Operacion, Proyecto, ProyectoUnidad
from territorio.models import Limite, Nivel, UnidadEnUnidad, UnidadTerritorial
from territorio.permisos import EDITAR_UNIDAD

EN_LA_FICHA = 15


@a_su_fecha
@parametros("fecha", "censo")
def unidad(request: HttpRequest, pk: int) -> HttpResponse:
    """A unit: where it stands, what is asked and done in it, what it is made of, how its limits came about."""
    una = get_object_or_404(UnidadTerritorial.objects.select_related("nivel", "municipio__nivel", "padre"), pk=pk)
    request.municipio = una.municipio_propio
    demandas, proyectos = (
        Demanda.objects.visibles_para(request.user).propias(),
        Proyecto.objects.visibles_para(request.user),
    )
    en_ella = (
        DemandaUnidad.objects.filter(unidad=una, demanda__in=demandas.order_by())
        .select_related("demanda__proponente", "demanda__sector")
        .order_by("demanda__codigo")
    )
    obras = (
        ProyectoUnidad.objects.filter(unidad=una, proyecto__in=proyectos.order_by())
        .select_related("proyecto__sector")
        .order_by("proyecto__codigo")
    )
    contexto = {
        "unidad": una,
        "ancestros": _ancestros(una),
        "habitantes": habitantes_de(una),
        "piramide": piramide(una, request.user, request.GET.get("censo", "")),
        "indicadores": indicadores_de(una),
        "servicios": servicios_de(una),
        "croquis": croquis_de_unidad(una),
        "demandas": en_ella[:EN_LA_FICHA],
        "cuenta": _como_se_ubicaron(en_ella),
        "proyectos": obras[:EN_LA_FICHA],
        "proyectos_n": obras.count(),
        "tambien": proyectos.filter(beneficiarias=una).exclude(localizaciones__unidad=una).distinct()[:EN_LA_FICHA],
        "ejecucion": _ejecucion(una, proyectos, request.user),
        "grupos_de_unidades": _unidades_en(una),
        "limites": _historia(una),
        "codigos": una.codigos_externos.order_by("esquema", "codigo"),
    }
    if contexto["ejecucion"] and contexto["habitantes"] and contexto["habitantes"].personas:
        contexto["por_habitante"] = contexto["ejecucion"].devengado / contexto["habitantes"].personas
    municipio = una.municipio_propio
    contexto["puede_editar"] = municipio is not None and puede(request.user, EDITAR_UNIDAD, municipio, una)
    if una.nivel.es_base:
        en_embudo = UnidadTerritorial.objects.filter(pk=pk).embudo(demandas=demandas, proyectos=proyectos)
        contexto["paso"] = en_embudo.values_list("paso", flat=True).first()
    return render(request, "unidades/ficha.html", contexto)


def _ancestros(una: UnidadTerritorial) -> list[UnidadTerritorial]:
    """From the largest down to its parent."""
    cadena: list[UnidadTerritorial] = []
    actual = una.padre
    while actual is not None and len(cadena) < 20:
        cadena.insert(0, actual)
        actual = actual.padre
    return cadena


def _como_se_ubicaron(filas) -> dict[str, float | int]:
    """How many demands lie in a unit, and how each came there: its own place, or that of a unit."""
    modos = Counter(filas.values_list("demanda__ubicada_por", flat=True).order_by())
    return {
        "todas": sum(modos.values()),
        "suma": filas.order_by().aggregate(suma=Sum("fraccion"))["suma"] or 0,
        "propias": modos["propia"],
        "por_unidad": modos["unidad"] + modos["ancestro"],
        "en_disputa": filas.filter(en_disputa=True).count(),
    }


def _ejecucion(una: UnidadTerritorial, proyectos, usuario) -> UnidadTerritorial | None:
    """The unit with `vigente` and `devengado` of all years,; None where no budget reached it."""
    operaciones = Operacion.objects.filter(
        proyecto__in=proyectos.con_efecto().order_by(), poa__in=POA.objects.visibles_para(usuario).order_by()
    )
    ejecutada = UnidadTerritorial.objects.filter(pk=una.pk).ejecucion_poa(operaciones).get()
    return ejecutada if ejecutada.vigente else None


def _unidades_en(una: UnidadTerritorial) -> list[tuple[Nivel, list[UnidadTerritorial]]]:
    """Units it holds, by level: those that declare it their parent, and the base units that lie in it, with `parte`."""
    partes: dict[int, float] = {}
    if not una.nivel.es_base and una.municipio_id:
        partes = dict(
            UnidadEnUnidad.objects.filter(unidad=una, parte__nivel__es_base=True, fraccion__gte=0.01).values_list(
                "parte", "fraccion"
            )
        )
    hijas = UnidadTerritorial.objects.filter(padre=una) | UnidadTerritorial.objects.filter(pk__in=partes)
    unidades = list(hijas.exclude(pk=una.pk).select_related("nivel").order_by("nivel__orden", "nombre"))
    for unidad in unidades:
        unidad.parte = partes.get(unidad.pk, 1.0)
    return [(nivel, list(grupo)) for nivel, grupo in groupby(unidades, key=lambda u: u.nivel)]


def _historia(una: UnidadTerritorial) -> list[Limite]:
    """All its limits, newest first, with the first and last day of each (`desde`, `hasta`)."""
    limites = list(una.limites.defer("geom").order_by(F("vigencia").desc(), "-registrado"))
    for limite in limites:
        limite.desde = limite.vigencia.lower
        limite.hasta = limite.vigencia.upper - timedelta(days=1) if limite.vigencia.upper else None
    return limites
