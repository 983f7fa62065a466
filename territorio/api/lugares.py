"""Levels, and "which unit is here?", in the API."""

from math import isfinite
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from territorio.api.comun import PAGINA, dia_pedido, filas_de, solo_parametros
from territorio.donde import donde
from territorio.fechas import al, hoy
from territorio.models import Nivel, UnidadTerritorial
from territorio.posicion import PosicionInvalida, punto_de_bolivia

RADIO_CERCANAS = 20_000  # m
CERCANAS = 8
COLUMNAS_NIVEL = ("codigo", "nombre", "nombre_plural", "orden", "es_base")


class NivelesView(APIView):
    """Los niveles del territorio, de lo grande a lo pequeño; cantón y distrito son escaleras paralelas."""

    @extend_schema(
        tags=["territorio"],
        operation_id="niveles_list",
        responses={
            200: filas_de(
                codigo="string",
                nombre="string",
                nombre_plural="string",
                orden="integer",
                es_base="boolean",
                superiores="textos",
            )
        },
    )
    def get(self, request: Request) -> Response:
        solo_parametros(request, set())
        filas = [
            {c: getattr(nivel, c) for c in COLUMNAS_NIVEL}
            | {"superiores": sorted(superior.codigo for superior in nivel.superiores.all())}
            for nivel in Nivel.objects.prefetch_related("superiores")
        ]
        return Response({"filas": filas, "numberReturned": len(filas)})


class DondeView(APIView):
    """¿Qué unidades cubren este lugar? Las de todos los niveles; donde varias de un nivel lo reclaman, todas."""

    @extend_schema(
        tags=["territorio"],
        parameters=[
            OpenApiParameter("lat", float, required=True, description="Latitud en grados (EPSG:4326)."),
            OpenApiParameter("lon", float, required=True, description="Longitud en grados (EPSG:4326)."),
            PAGINA[-1],
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        solo_parametros(request, {"lat", "lon", "fecha"})
        try:
            punto = punto_de_bolivia(_grados(request, "lon"), _grados(request, "lat"))
        except PosicionInvalida as error:
            raise ValidationError({"lat": str(error)}) from error
        with al(dia_pedido(request)):
            cubren = donde(punto)
            dicho: dict[str, Any] = {
                "lat": punto.y,
                "lon": punto.x,
                "fecha": hoy().isoformat(),
                "unidades": [
                    _unidad(c.unidad) | {"estado_limite": c.estado, "en_disputa": c.en_disputa} for c in cubren
                ],
                "cercanas": [],
            }
            if not any(c.unidad.nivel.es_base for c in cubren):
                base = UnidadTerritorial.objects.base().select_related("nivel", "municipio", "padre")
                dicho["cercanas"] = [
                    _unidad(u) | {"metros": round(u.distancia.m)}
                    for u in base.cercanas_a(punto, metros=RADIO_CERCANAS)[:CERCANAS]
                ]
        return Response(dicho)


def _unidad(unidad: UnidadTerritorial) -> dict[str, Any]:
    return {
        "id": unidad.pk,
        "nivel": unidad.nivel.codigo,
        "codigo": unidad.codigo,
        "nombre": unidad.nombre,
        "municipio": unidad.municipio and unidad.municipio.codigo,
        "padre": unidad.padre_id,
    }


def _grados(request: Request, nombre: str) -> float:
    texto = request.query_params.get(nombre, "")
    try:
        valor = float(texto) if len(texto) < 40 else float("nan")
    except ValueError:
        valor = float("nan")
    if not isfinite(valor):
        raise ValidationError({nombre: _("Debe ser un número de grados, por ejemplo -16.5.")})
    return valor
