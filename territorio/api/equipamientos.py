"""Services in the API: schools, health posts, water points, as GeoJSON; recorded and corrected one at a time."""

from __future__ import annotations

from typing import Any, cast

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from django_filters import rest_framework as filtros
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_gis.fields import GeometrySerializerMethodField
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from territorio.api.comun import COLECCION, PAGINA, RASGO, ColeccionMixin
from territorio.api.cuerpo import CampoPunto, JSONEstricto, leer_cuerpo
from territorio.api.unidades import VERSION
from territorio.api.versiones import IF_MATCH, ConVersionLeida, con_etiqueta, version_leida
from territorio.models import Equipamiento, EstadoEquipamiento, Municipio, Sector, UnidadTerritorial
from territorio.permisos import EDITAR_EQUIPAMIENTO
from territorio.services import equipamientos as servicio


class EquipamientoFiltro(filtros.FilterSet):
    municipio = filtros.CharFilter(field_name="municipio__codigo", label="Código INE del municipio")
    sector = filtros.CharFilter(field_name="sector__codigo", label="Código del sector")
    tipo = filtros.CharFilter(field_name="tipo", lookup_expr="unaccent__iexact", label="Tipo, sin acentos")
    estado = filtros.ChoiceFilter(choices=EstadoEquipamiento.choices, label="Estado")
    unidad = filtros.NumberFilter(
        field_name="localizaciones__unidad", distinct=True, label="Id de una unidad en la que está"
    )

    class Meta:
        model = Equipamiento
        fields: list[str] = []


class EquipamientoSerializer(GeoFeatureModelSerializer):
    """One service as a GeoJSON feature."""

    geometria = GeometrySerializerMethodField(help_text="Geometría propia (EPSG:4326), o nada")
    sector = serializers.CharField(source="sector.codigo")
    municipio = serializers.CharField(source="municipio.codigo")

    class Meta:
        model = Equipamiento
        geo_field = "geometria"
        fields = [
            "id", "codigo", "nombre", "municipio", "sector", "tipo", "unidad", "estado", "fuente", "ubicada_por", "version",
        ]  # fmt: skip

    def get_geometria(self, equipamiento):
        return equipamiento.geometria


class EquipamientoCambio(ConVersionLeida):
    """What may be changed of a service; what is not sent stays."""

    codigo = serializers.CharField(max_length=80, required=False)
    nombre = serializers.CharField(max_length=200, required=False)
    sector = serializers.CharField(max_length=8, required=False, help_text="Código del sector")
    tipo = serializers.CharField(max_length=80, required=False)
    estado = serializers.ChoiceField(choices=EstadoEquipamiento.choices, required=False)
    unidad = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**62)
    lugar = CampoPunto(required=False, allow_null=True, help_text="Point de GeoJSON (EPSG:4326); null lo quita")
    fuente = serializers.CharField(max_length=300, required=False, allow_blank=True)

    def validate_sector(self, codigo: str) -> Sector:
        sector = Sector.objects.filter(codigo=codigo).order_by("-vigencia").first()
        if sector is None:
            raise serializers.ValidationError(_("No hay un sector «%(codigo)s».") % {"codigo": codigo})
        return sector

    def validate_unidad(self, pk: int | None) -> UnidadTerritorial | None:
        unidad = UnidadTerritorial.objects.filter(pk=pk).first() if pk else None
        if pk and unidad is None:
            raise serializers.ValidationError(_("No hay una unidad %(pk)s.") % {"pk": pk})
        return unidad


class EquipamientoEntrada(EquipamientoCambio):
    """A new service: with a point, or in a unit whose place it takes."""

    municipio = serializers.SlugRelatedField(
        slug_field="codigo", queryset=Municipio.objects.all(), help_text="Código INE"
    )
    codigo = serializers.CharField(max_length=80)
    nombre = serializers.CharField(max_length=200)
    sector = serializers.CharField(max_length=8, help_text="Código del sector")
    tipo = serializers.CharField(max_length=80)
    version = None  # type: ignore[assignment]


@extend_schema(tags=["equipamientos"])
class EquipamientoViewSet(ColeccionMixin, viewsets.ReadOnlyModelViewSet):
    """Equipamientos: lo que presta un servicio en un lugar; la geometría es la propia, vacía si está en su unidad."""

    queryset = Equipamiento.objects.select_related("sector", "municipio")
    serializer_class = EquipamientoSerializer
    filterset_class = EquipamientoFiltro
    pagination_class = None
    parser_classes = [JSONEstricto]
    parametros = {"destroy": ("version",)}
    accion = EDITAR_EQUIPAMIENTO
    propiedades = {
        "codigo": "codigo",
        "nombre": "nombre",
        "municipio": "municipio__codigo",
        "sector": "sector__codigo",
        "sector_nombre": "sector__nombre",
        "tipo": "tipo",
        "estado": "estado",
        "unidad": "unidad__codigo",
        "unidad_nombre": "unidad__nombre",
        "fuente": "fuente",
        "ubicada_por": "ubicada_por",
    }

    @extend_schema(
        operation_id="equipamientos_list", parameters=PAGINA, responses={(200, "application/geo+json"): COLECCION}
    )
    def list(self, request: Request, *args, **kwargs) -> StreamingHttpResponse:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={200: RASGO})
    def retrieve(self, request: Request, *args, **kwargs) -> Response:
        respuesta = super().retrieve(request, *args, **kwargs)
        return con_etiqueta(respuesta, respuesta.data["properties"]["version"])

    @extend_schema(request=EquipamientoEntrada, responses={201: RASGO})
    def create(self, request: Request) -> Response:
        """Un equipamiento nuevo; sin lugar propio, está donde está su unidad."""
        datos, avisos = leer_cuerpo(EquipamientoEntrada, request)
        return _dicho(servicio.crear_equipamiento(por=request.user, **datos), avisos, 201)

    @extend_schema(parameters=[IF_MATCH], request=EquipamientoCambio, responses={200: RASGO})
    def partial_update(self, request: Request, *args, **kwargs) -> Response:
        """Corrige un equipamiento, y lo ubica de nuevo si cambió de lugar."""
        actual = self.get_object()
        cambios, avisos = leer_cuerpo(EquipamientoCambio, request)
        version = version_leida(request, cambios.pop("version", None))
        editado = servicio.editar_equipamiento(
            por=request.user, equipamiento=actual, cambios=cast(servicio.Cambios, cambios), version=version
        )
        return _dicho(editado, avisos, 200)

    @extend_schema(parameters=[IF_MATCH, VERSION], responses={204: None})
    def destroy(self, request: Request, *args, **kwargs) -> Response:
        """Borra un equipamiento cargado por error; el que dejó de funcionar se marca «cerrado»."""
        version = version_leida(request, request.query_params.get("version", "")[:40])
        servicio.borrar_equipamiento(por=request.user, equipamiento=self.get_object(), version=version)
        return Response(status=204)


def _dicho(equipamiento: Equipamiento, avisos: list[str], estado: int) -> Response:
    rasgo: dict[str, Any] = EquipamientoSerializer(equipamiento).data
    rasgo["properties"]["avisos"] = avisos
    return con_etiqueta(Response(rasgo, status=estado), rasgo["properties"]["version"])
