"""Demands in the API."""

from django.http import StreamingHttpResponse
from django_filters import rest_framework as filtros
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_gis.fields import GeometrySerializerMethodField
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from cuentas.permisos import Accion
from demandas.api.captura import CapturaMixin
from demandas.api.flujo import FlujoMixin
from demandas.models import Demanda, EstadoDemanda, Grupo
from demandas.permisos import PUBLICAR_DEMANDA, REGISTRAR_DEMANDA
from demandas.services.publicacion import publicar_demandas
from territorio.api import COLECCION, PAGINA, RASGO, ColeccionMixin
from territorio.api.publicacion import PublicableMixin


class DemandaFiltro(filtros.FilterSet):
    municipio = filtros.CharFilter(field_name="municipio__codigo", label="Código INE del municipio")
    sector = filtros.CharFilter(field_name="sector__codigo", label="Código del sector")
    grupo = filtros.ChoiceFilter(choices=Grupo.choices, label="Grupo que la pide")
    estado = filtros.ChoiceFilter(choices=EstadoDemanda.choices, label="Estado")
    unidad = filtros.NumberFilter(
        field_name="localizaciones__unidad", distinct=True, label="Id de una unidad en la que está"
    )

    class Meta:
        model = Demanda
        fields: list[str] = []


class DemandaSerializer(GeoFeatureModelSerializer):
    """One demand as a GeoJSON feature."""

    geometria = GeometrySerializerMethodField(help_text="Geometría propia (EPSG:4326), o nada")
    beneficiarias_mujeres = serializers.IntegerField(source="mujeres", allow_null=True)
    beneficiarios_hombres = serializers.IntegerField(source="hombres", allow_null=True)
    personas = serializers.IntegerField(allow_null=True, help_text="Mujeres y hombres; nada si son pocas personas")
    reservado = serializers.BooleanField(help_text="Si se calla un grupo por ser de pocas personas")

    class Meta:
        model = Demanda
        geo_field = "geometria"
        fields = [
            "id", "codigo", "titulo", "descripcion", "municipio", "proponente", "sector", "grupo", "beneficiarias_mujeres",
            "beneficiarios_hombres", "personas", "reservado", "costo_estimado", "estado", "fecha", "ubicada_por",
            "publicada", "unida_a", "version",
        ]  # fmt: skip

    def get_geometria(self, demanda):
        return demanda.geometria


@extend_schema(tags=["demandas"])
class DemandaViewSet(FlujoMixin, CapturaMixin, PublicableMixin, ColeccionMixin, viewsets.ReadOnlyModelViewSet):
    """Demandas que el usuario puede ver; la geometría es la propia, vacía si la demanda se ubica por su unidad."""

    queryset = Demanda.objects.all()
    serializer_class = DemandaSerializer
    filterset_class = DemandaFiltro
    pagination_class = None
    publica = staticmethod(publicar_demandas)
    propiedades = {
        "codigo": "codigo",
        "titulo": "titulo",
        "unidad": "proponente__codigo",
        "unidad_nombre": "proponente__nombre",
        "sector": "sector__codigo",
        "sector_nombre": "sector__nombre",
        "grupo": "grupo",
        "mujeres": "mujeres",
        "hombres": "hombres",
        "personas": "personas",
        "reservado": "reservado",
        "costo_estimado": "costo_estimado",
        "estado": "estado",
        "fecha": "fecha",
        "ubicada_por": "ubicada_por",
    }

    @property
    def accion(self) -> Accion:
        if self.action in {"create", "partial_update"}:
            return REGISTRAR_DEMANDA
        return self.accion_del_paso() or PUBLICAR_DEMANDA

    def get_queryset(self):
        demandas = super().get_queryset().visibles_para(self.request.user).con_personas(self.request.user)
        # One that was joined to another counts through it; whoever asks for that state gets it.
        if self.action == "list" and self.request.query_params.get("estado") != EstadoDemanda.UNIDA:
            demandas = demandas.propias()
        return demandas

    @extend_schema(
        operation_id="demandas_list", parameters=PAGINA, responses={(200, "application/geo+json"): COLECCION}
    )
    def list(self, request: Request, *args, **kwargs) -> StreamingHttpResponse:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={200: RASGO})
    def retrieve(self, request: Request, *args, **kwargs) -> Response:
        return super().retrieve(request, *args, **kwargs)
