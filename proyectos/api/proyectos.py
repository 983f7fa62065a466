"""Projects in the API."""

from typing import Any

from django.http import StreamingHttpResponse
from django_filters import rest_framework as filtros
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_gis.fields import GeometrySerializerMethodField
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from proyectos.models import PDM, EstadoProyecto, Operacion, Proyecto
from proyectos.permisos import PUBLICAR_PROYECTO
from proyectos.services.publicacion import publicar_proyectos
from territorio.api import COLECCION, PAGINA, RASGO, ColeccionMixin
from territorio.api.publicacion import PublicableMixin


class ProyectoFiltro(filtros.FilterSet):
    municipio = filtros.CharFilter(field_name="municipio__codigo", label="Código INE del municipio")
    sector = filtros.CharFilter(field_name="sector__codigo", label="Código del sector")
    estado = filtros.ChoiceFilter(choices=EstadoProyecto.choices, label="Estado")
    gestion = filtros.NumberFilter(method="de_gestion", label="Año de un POA que lo ejecuta")
    unidad = filtros.NumberFilter(
        field_name="localizaciones__unidad", distinct=True, label="Id de una unidad en la que está"
    )

    class Meta:
        model = Proyecto
        fields: list[str] = []

    def de_gestion(self, proyectos, _nombre, gestion):
        """Only by the operations that the reader may see: a draft programme is not found by its year."""
        visibles = Operacion.objects.visibles_para(self.request.user).filter(poa__gestion=gestion)
        return proyectos.filter(pk__in=visibles.order_by().values("proyecto"))


class OperacionSerializer(serializers.ModelSerializer):
    gestion = serializers.IntegerField(source="poa.gestion")

    class Meta:
        model = Operacion
        fields = [
            "gestion",
            "presupuesto_inicial",
            "presupuesto_vigente",
            "devengado",
            "fisico_programado",
            "fisico_alcanzado",
        ]


class ProyectoSerializer(GeoFeatureModelSerializer):
    """One project as a GeoJSON feature, with its operations."""

    geometria = GeometrySerializerMethodField(help_text="Geometría propia (EPSG:4326), o nada")
    operaciones = serializers.SerializerMethodField()
    demandas = serializers.SerializerMethodField()
    pdm = serializers.SerializerMethodField()

    class Meta:
        model = Proyecto
        geo_field = "geometria"
        fields = [
            "id", "codigo", "nombre", "descripcion", "municipio", "pdm", "sector", "unidad", "demandas", "beneficiarias",
            "costo_total", "estado", "inicio", "fin", "sisin", "cuce", "ubicada_por", "publicado", "version", "operaciones",
        ]  # fmt: skip

    def get_geometria(self, proyecto):
        return proyecto.geometria

    def get_demandas(self, proyecto) -> list[int]:
        return list(proyecto.demandas.visibles_para(self.context["request"].user).values_list("pk", flat=True))

    def get_pdm(self, proyecto) -> int | None:
        return (
            PDM.objects.visibles_para(self.context["request"].user)
            .filter(pk=proyecto.pdm_id)
            .values_list("pk", flat=True)
            .first()
        )

    def get_operaciones(self, proyecto) -> list[dict[str, Any]]:
        visibles = proyecto.operaciones.visibles_para(self.context["request"].user).select_related("poa")
        return list(OperacionSerializer(visibles, many=True).data)


@extend_schema(tags=["proyectos"])
class ProyectoViewSet(PublicableMixin, ColeccionMixin, viewsets.ReadOnlyModelViewSet):
    """Proyectos que el usuario puede ver; la geometría es la propia, vacía si el proyecto se ubica por su unidad."""

    queryset = Proyecto.objects.all()
    serializer_class = ProyectoSerializer
    filterset_class = ProyectoFiltro
    pagination_class = None
    accion = PUBLICAR_PROYECTO
    publica = staticmethod(publicar_proyectos)
    propiedades = {
        "codigo": "codigo",
        "nombre": "nombre",
        "unidad": "unidad__codigo",
        "unidad_nombre": "unidad__nombre",
        "sector": "sector__codigo",
        "sector_nombre": "sector__nombre",
        "pdm": "pdm_visible",
        "costo_total": "costo_total",
        "estado": "estado",
        "inicio": "inicio",
        "fin": "fin",
        "sisin": "sisin",
        "cuce": "cuce",
        "ubicada_por": "ubicada_por",
    }

    def get_queryset(self):
        usuario = self.request.user
        return super().get_queryset().visibles_para(usuario).con_pdm_visible(usuario)

    @extend_schema(
        operation_id="proyectos_list", parameters=PAGINA, responses={(200, "application/geo+json"): COLECCION}
    )
    def list(self, request: Request, *args, **kwargs) -> StreamingHttpResponse:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={200: RASGO})
    def retrieve(self, request: Request, *args, **kwargs) -> Response:
        return super().retrieve(request, *args, **kwargs)
