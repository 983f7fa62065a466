"""Papers that are taken to a meeting: who came, what a community finds, what its groups rank. Names stay on them."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from cuentas.guardia.esperas import con_espera
from cuentas.guardia.parametros import entero, parametros
from cuentas.guardia.turnos import Turno
from demandas.models import Calidad, Demanda, Evento, Grupo, GrupoEdad, TipoDeHallazgo
from territorio.fechas import hoy
from territorio.impresos import pie_de, respuesta_pdf
from territorio.models import Sector

FILAS, FILAS_MAXIMAS = 40, 300
TARJETAS_MAXIMAS = 120
EN_BLANCO = 6  # cards for what comes up in the meeting itself
# Programmes by which a municipality runs its own house: nobody asks for them in a workshop.
DE_LA_CASA = ("00", "01", "19", "28", "34", "97", "98", "99")


@require_safe
@parametros("filas")
def lista(request: HttpRequest, pk: int) -> HttpResponse:
    """The attendance sheet: blank rows for no more than what is counted afterwards, and a place to sign."""
    filas = entero(request.GET.get("filas", ""), "filas", hasta=FILAS_MAXIMAS) or FILAS
    mas = {"filas": range(1, filas + 1), "edades": GrupoEdad.labels, "calidades": Calidad.labels}
    return _imprimir(request, pk, "lista", mas)


@require_safe
@parametros()
def boleta(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet of a self-diagnosis: by sector, what is found, who says it and in what rank."""
    sectores = Sector.objects.filter(vigencia__contains=hoy()).exclude(codigo__in=DE_LA_CASA).order_by("codigo")
    mas = {
        "sectores": sectores,
        "tipos": TipoDeHallazgo.labels,
        "grupos": Grupo.labels,
    }
    return _imprimir(request, pk, "boleta", mas)


@require_safe
@parametros()
def tarjetas(request: HttpRequest, pk: int) -> HttpResponse:
    """A large card for each demand of the unit that meets, with a place for each group's seeds; then blank ones."""
    evento = _evento(request, pk)
    demandas = (
        Demanda.objects.visibles_para(request.user)
        .filter(municipio=evento.municipio)
        .vigentes()
        .exclude(estado__in=["programada", "ejecutada"])
    )
    if evento.unidad_id != evento.municipio_id:
        en_ella = Demanda.objects.filter(pk__in=demandas.order_by().values("pk")).en(evento.unidad_id)
        demandas = demandas.filter(pk__in=en_ella.order_by().values("pk"))
    en_orden = demandas.con_puesto().select_related("sector", "proponente").order_by("puesto", "codigo")
    mas = {
        "demandas": en_orden[:TARJETAS_MAXIMAS],
        "quedan": max(demandas.count() - TARJETAS_MAXIMAS, 0),
        "blancas": range(EN_BLANCO),
    }
    return _imprimir(request, pk, "tarjetas", mas)


def _evento(request: HttpRequest, pk: int) -> Evento:
    visibles = Evento.objects.visibles_para(request.user)
    return get_object_or_404(visibles.select_related("municipio__nivel", "unidad__nivel"), pk=pk)


def _imprimir(request: HttpRequest, pk: int, papel: str, mas: Mapping[str, Any]) -> HttpResponse:
    """One paper; as many at once as downloads."""
    evento = _evento(request, pk)
    contexto = {**pie_de(evento.municipio), "evento": evento, **mas}
    with Turno("exportes", settings.MINKA_EXPORTES_A_LA_VEZ), con_espera(settings.MINKA_ESPERA_EXPORTE_MS):
        return respuesta_pdf(f"demandas/impresos/{papel}.html", contexto, f"{papel}-{evento.pk}")
