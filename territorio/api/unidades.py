"""Units in the API: a list is one GeoJSON collection written by PostGIS; one unit comes through its serializer."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import F
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from django_filters import rest_framework as filtros
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_gis.fields import GeometrySerializerMethodField
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from territorio.api.comun import COLECCION, PAGINA, RASGO, ColeccionMixin, dia_pedido
from territorio.api.cuerpo import CampoPunto, Entrada, JSONEstricto, leer_cuerpo
from territorio.api.versiones import IF_MATCH, ConVersionLeida, con_etiqueta, version_leida
from territorio.models import Municipio, Nivel, UnidadTerritorial
from territorio.pasado import como_era
from territorio.permisos import EDITAR_UNIDAD
from territorio.services import unidades as servicio


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
    """One unit as a GeoJSON feature; `version` tells, when it is written, whether somebody else wrote meanwhile."""

    geometria = GeometrySerializerMethodField(help_text="Límite en vigor, o punto (EPSG:4326)")
    nivel = serializers.CharField(source="nivel.codigo")
    estado_limite = serializers.CharField(allow_null=True)
    codigos = serializers.SerializerMethodField()
    version = serializers.SerializerMethodField()

    class Meta:
        model = UnidadTerritorial
        geo_field = "geometria"
        fields = [
            "id", "codigo", "nombre", "nivel", "categoria", "padre", "municipio", "estado_limite", "codigos", "version",
        ]  # fmt: skip

    def get_geometria(self, unidad):
        return unidad.geometria

    def get_codigos(self, unidad) -> list[dict[str, str]]:
        return list(unidad.codigos_externos.order_by("esquema", "codigo").values("esquema", "codigo"))

    def get_version(self, unidad) -> str:
        return servicio.version_de(unidad)


class CodigoEntrada(Entrada):
    esquema = serializers.CharField(max_length=40)
    codigo = serializers.CharField(max_length=80)


class UnidadCambio(ConVersionLeida):
    """What may be changed of a unit; what is not sent stays."""

    codigo = serializers.CharField(max_length=80, required=False)
    nombre = serializers.CharField(max_length=200, required=False)
    categoria = serializers.CharField(max_length=80, required=False, allow_blank=True)
    padre = serializers.IntegerField(required=False, min_value=1, max_value=2**62, help_text="Id de la unidad superior")
    punto = CampoPunto(required=False, allow_null=True, help_text="Point de GeoJSON (EPSG:4326); null lo quita")
    codigos = CodigoEntrada(many=True, required=False, help_text="Todos los otros códigos, en lugar de los que hay")
    nombre_desde = serializers.DateField(
        required=False, help_text="Desde cuándo se llama así: guarda el nombre anterior. Sin ella es una corrección."
    )
    norma = serializers.CharField(max_length=200, required=False, help_text="La que dispone el nuevo nombre")

    def validate_padre(self, pk: int) -> UnidadTerritorial:
        unidad = UnidadTerritorial.objects.filter(pk=pk).select_related("nivel", "municipio__nivel").first()
        if unidad is None:
            raise serializers.ValidationError(_("No hay una unidad %(pk)s.") % {"pk": pk})
        return unidad

    def validate_codigos(self, codigos: list[dict[str, str]]) -> list[tuple[str, str]]:
        return [(c["esquema"], c["codigo"]) for c in codigos]


class UnidadEntrada(UnidadCambio):
    """A new unit: with a point, or without place."""

    nivel = serializers.SlugRelatedField(slug_field="codigo", queryset=Nivel.objects.all())
    municipio = serializers.SlugRelatedField(
        slug_field="codigo", queryset=Municipio.objects.all(), help_text="Código INE"
    )
    nombre = serializers.CharField(max_length=200)
    nombre_desde = norma = version = None  # type: ignore[assignment]


VERSION = OpenApiParameter("version", str, description="La que tenía al leerla, si no se manda If-Match.")


Avisos = list[str]  # inside the view set `list` is its method


@extend_schema(tags=["territorio"])
class UnidadViewSet(ColeccionMixin, viewsets.ReadOnlyModelViewSet):
    """Unidades territoriales con su límite en vigor o su punto."""

    queryset = UnidadTerritorial.objects.all()
    serializer_class = UnidadSerializer
    filterset_class = UnidadFiltro
    pagination_class = None
    parser_classes = [JSONEstricto]
    parametros = {"retrieve": ("fecha",), "destroy": ("version",)}
    accion = EDITAR_UNIDAD
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
            respuesta = super().retrieve(request, *args, **kwargs)
        return con_etiqueta(respuesta, respuesta.data["properties"]["version"])

    @extend_schema(request=UnidadEntrada, responses={201: RASGO})
    def create(self, request: Request) -> Response:
        """Una unidad nueva, con punto o sin lugar; su límite se pone aparte."""
        datos, avisos = leer_cuerpo(UnidadEntrada, request)
        unidad = servicio.crear_unidad(por=request.user, **datos)
        return self._dicha(unidad, avisos, 201)

    @extend_schema(parameters=[IF_MATCH], request=UnidadCambio, responses={200: RASGO})
    def partial_update(self, request: Request, *args, **kwargs) -> Response:
        """Corrige una unidad; con «nombre_desde», el nombre nuevo no borra el anterior."""
        unidad = self.get_object()
        datos, avisos = leer_cuerpo(UnidadCambio, request)
        version = version_leida(request, datos.pop("version", None))
        aparte = {clave: datos.pop(clave) for clave in ("nombre_desde", "norma") if clave in datos}
        editada = servicio.editar_unidad(
            por=request.user, unidad_id=unidad.pk, cambios=cast(servicio.Cambios, datos), version=version, **aparte
        )
        return self._dicha(editada, avisos, 200)

    @extend_schema(parameters=[IF_MATCH, VERSION], responses={204: None})
    def destroy(self, request: Request, *args, **kwargs) -> Response:
        """Borra una unidad a la que nada se refiere; si no, dice qué."""
        version = version_leida(request, request.query_params.get("version", "")[:40])
        servicio.borrar_unidad(por=request.user, unidad_id=self.get_object().pk, version=version)
        return Response(status=204)

    def _dicha(self, unidad: UnidadTerritorial, avisos: Avisos, estado: int) -> Response:
        """The unit as it stands now, with what there is to say about how it was written."""
        escrita = self.get_queryset().get(pk=unidad.pk)
        if escrita.punto and (lejos := servicio.lejos_de_su_padre(escrita.punto, escrita.padre)):
            avisos.append(
                _("Su punto queda a %(km)s km de %(unidad)s.")
                % {"km": f"{lejos[1] / 1000:.1f}", "unidad": lejos[0].nombre}
            )
        rasgo: dict[str, Any] = UnidadSerializer(escrita).data
        rasgo["properties"]["avisos"] = avisos
        return con_etiqueta(Response(rasgo, status=estado), rasgo["properties"]["version"])
