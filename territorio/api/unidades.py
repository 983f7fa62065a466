"""Units in the API: a list is one GeoJSON collection written by PostGIS; one unit comes through its serializer."""

from django.db.models import F
from django.http import StreamingHttpResponse
from django_filters import rest_framework as filtros
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_gis.fields import GeometrySerializerMethodField
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from territorio.api.comun import COLECCION, PAGINA, RASGO, ColeccionMixin, dia_pedido
from territorio.models import UnidadTerritorial
from territorio.pasado import como_era


class UnidadFiltro(filtros.FilterSet):
    municipio = filtros.CharFilter(field_name="municipio__codigo", label="Código INE del municipio")
    nivel = filtros.CharFilter(field_name="nivel__codigo", label="Código del nivel, por ejemplo distrito")
    padre = filtros.NumberFilter(field_name="padre_id", label="Id de la unidad superior")
    codigo = filtros.CharFilter(field_name="codigo", label="Código de la unidad")
    nombre = filtros.CharFilter(
        field_name="nombre", lookup_expr="unaccent__icontains", label="Parte del nombre, sin acentos"
    )

    class Meta:
        model = UnidadTerritorial
        fields: list[str] = []


class UnidadSerializer(GeoFeatureModelSerializer):
    """One unit as a GeoJSON feature."""

    geometria = GeometrySerializerMethodField(help_text="Límite en vigor, o punto (EPSG:4326)")

    class Meta:
        model = UnidadTerritorial
        geo_field = "geometria"
        fields = ["id", "codigo", "nombre", "categoria", "padre", "municipio"]

    def get_geometria(self, unidad):
        return unidad.geometria


@extend_schema(tags=["territorio"])
class UnidadViewSet(ColeccionMixin, viewsets.ReadOnlyModelViewSet):
    """Unidades territoriales con su límite en vigor o su punto."""

    queryset = UnidadTerritorial.objects.all()
    serializer_class = UnidadSerializer
    filterset_class = UnidadFiltro
    pagination_class = None
    propiedades = {
        "codigo": "codigo",
        "nombre": "nombre",
        "nivel": "nivel__codigo",
        "municipio": "municipio__codigo",
        "padre": "padre__codigo",
        "padre_nombre": "padre__nombre",
        "categoria": "categoria",
        "estado_limite": "estado_limite",
    }

    def geometria(self):
        return F("geometria")

    def get_queryset(self):
        consulta = super().get_queryset()
        # A list holds the units of the day; one that ended is found by its id.
        return (consulta.vigentes() if self.action == "list" else consulta).con_limite()

    @extend_schema(
        operation_id="unidades_list", parameters=PAGINA, responses={(200, "application/geo+json"): COLECCION}
    )
    def list(self, request: Request, *args, **kwargs) -> StreamingHttpResponse:
        return super().list(request, *args, **kwargs)

    @extend_schema(parameters=PAGINA[-1:], responses={200: RASGO})
    def retrieve(self, request: Request, *args, **kwargs) -> Response:
        with como_era(None, dia_pedido(request)):
            return super().retrieve(request, *args, **kwargs)
