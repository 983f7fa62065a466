"""What communities found, in the API: each finding at the place of its unit."""

from django.contrib.gis.db.models import GeometryField
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import StreamingHttpResponse
from django_filters import rest_framework as filtros
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_gis.fields import GeometryField as Geometria
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from demandas.models import Grupo, Hallazgo, TipoDeHallazgo
from territorio.api import COLECCION, PAGINA, RASGO, ColeccionMixin
from territorio.geojson import GEOMETRIA
from territorio.models import Limite


class HallazgoFiltro(filtros.FilterSet):
    municipio = filtros.CharFilter(field_name="municipio__codigo", label="Código INE del municipio")
    sector = filtros.CharFilter(field_name="sector__codigo", label="Código del sector")
    tipo = filtros.ChoiceFilter(choices=TipoDeHallazgo.choices, label="Qué es")
    grupo = filtros.ChoiceFilter(choices=Grupo.choices, label="Grupo que lo dice")
    unidad = filtros.NumberFilter(
        field_name="unidad__localizaciones__unidad", distinct=True, label="Id de una unidad en la que está"
    )

    class Meta:
        model = Hallazgo
        fields: list[str] = []


class HallazgoSerializer(GeoFeatureModelSerializer):
    """One finding as a GeoJSON feature, where its unit is."""

    geometria = Geometria(read_only=True)

    class Meta:
        model = Hallazgo
        geo_field = "geometria"
        fields = [
            "id", "municipio", "unidad", "evento", "sector", "tipo", "grupo", "texto", "puesto", "publicado", "version",
        ]  # fmt: skip


@extend_schema(tags=["diagnóstico"])
class HallazgoViewSet(ColeccionMixin, viewsets.ReadOnlyModelViewSet):
    """Lo que hallaron las comunidades, que el usuario puede ver; la geometría es el límite o el punto de su unidad."""

    queryset = Hallazgo.objects.all()
    serializer_class = HallazgoSerializer
    filterset_class = HallazgoFiltro
    pagination_class = None
    propiedades = {
        "unidad": "unidad__codigo",
        "unidad_nombre": "unidad__nombre",
        "sector": "sector__codigo",
        "sector_nombre": "sector__nombre",
        "tipo": "tipo",
        "grupo": "grupo",
        "texto": "texto",
        "puesto": "puesto",
    }

    def geometria(self) -> Coalesce:
        """The limit in force of the finding's unit, else its point (EPSG:4326)."""
        limite = Limite.objects.en_vigor().filter(unidad=OuterRef("unidad")).values("geom")[:1]
        return Coalesce(
            Subquery(limite, output_field=GeometryField(srid=4326)), "unidad__punto", output_field=GEOMETRIA
        )

    def get_queryset(self):
        visibles = super().get_queryset().visibles_para(self.request.user)
        return visibles.annotate(geometria=self.geometria()) if self.action == "retrieve" else visibles

    @extend_schema(
        operation_id="hallazgos_list", parameters=PAGINA, responses={(200, "application/geo+json"): COLECCION}
    )
    def list(self, request: Request, *args, **kwargs) -> StreamingHttpResponse:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={200: RASGO})
    def retrieve(self, request: Request, *args, **kwargs) -> Response:
        return super().retrieve(request, *args, **kwargs)
