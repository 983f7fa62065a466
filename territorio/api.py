"""Units in the API: a list is one GeoJSON collection written by PostGIS; one unit comes through its serializer."""

from django.db.models import F
from django.http import StreamingHttpResponse
from django_filters import rest_framework as filtros
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_gis.fields import GeometrySerializerMethodField
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from territorio import geojson
from territorio.models import UnidadTerritorial

LIMITE_MAXIMO = 50_000


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


class ColeccionMixin:
    """List as a streamed GeoJSON collection. A viewset names its `propiedades` and its `geometria()`."""

    propiedades: dict[str, str] = {}

    def geometria(self):
        return geojson.geometria_propia()

    def list(self, request: Request, *args, **kwargs) -> StreamingHttpResponse:
        for nombre in request.query_params:
            if nombre not in {*self.filterset_class.base_filters, "limite", "desde"}:
                raise ValidationError({nombre: "No existe este parámetro."})
        consulta = self.filter_queryset(self.get_queryset()).order_by("pk")
        desde, limite = _entero(request, "desde", 0, 10**9), _entero(request, "limite", LIMITE_MAXIMO, LIMITE_MAXIMO)
        # Without paging what is returned is all there is, and counting it first would ask everything twice.
        paginada = {"limite", "desde"} & set(request.query_params)
        extra = {"numberMatched": consulta.count()} if paginada else {}
        cuerpo = geojson.coleccion(consulta[desde : desde + limite], self.propiedades, self.geometria(), extra=extra)
        return StreamingHttpResponse(cuerpo, content_type="application/geo+json")


# GeoJSON (RFC 7946) as the schema describes it: geometry and properties differ by layer.
RASGO = {
    "type": "object",
    "required": ["type", "id", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "integer"},
        "geometry": {"type": "object", "nullable": True, "description": "Geometría GeoJSON en EPSG:4326, o nada."},
        "properties": {"type": "object"},
    },
}
COLECCION = {
    "type": "object",
    "required": ["type", "features", "numberReturned"],
    "properties": {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {"type": "array", "items": RASGO},
        "numberMatched": {"type": "integer", "description": "Cuántos hay en todo, cuando se pide una página."},
        "numberReturned": {"type": "integer"},
    },
}
PAGINA = [
    OpenApiParameter("limite", int, description=f"Cuántos a lo más (hasta {LIMITE_MAXIMO})."),
    OpenApiParameter("desde", int, description="Cuántos saltar."),
]


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
        return super().get_queryset().con_limite()

    @extend_schema(
        operation_id="unidades_list", parameters=PAGINA, responses={(200, "application/geo+json"): COLECCION}
    )
    def list(self, request: Request, *args, **kwargs) -> StreamingHttpResponse:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={200: RASGO})
    def retrieve(self, request: Request, *args, **kwargs) -> Response:
        return super().retrieve(request, *args, **kwargs)


def _entero(request: Request, nombre: str, defecto: int, maximo: int) -> int:
    texto = request.query_params.get(nombre, "")
    if not texto:
        return defecto
    if not texto.isascii() or not texto.isdecimal() or len(texto) > 9 or int(texto) > maximo:
        raise ValidationError({nombre: f"Debe ser un número entero de 0 a {maximo}."})
    return int(texto)
