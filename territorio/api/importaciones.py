"""Imports of limits in the API: the same services and permissions as the pages."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filtros
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, permissions, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from territorio.api.comun import solo_parametros
from territorio.api.cuerpo import JSONEstricto
from territorio.importacion.filas import completo
from territorio.models import EstadoImportacion, EstadoLimite, Importacion, Municipio, Nivel
from territorio.permisos import IMPORTAR_LIMITES
from territorio.services import deposito, importaciones
from territorio.services.deposito import ArchivoRechazado


class ConSesion(permissions.IsAuthenticated):
    """Imports are nobody's business but the municipality's; what each may do there, the services decide."""


class ImportacionFiltro(filtros.FilterSet):
    municipio = filtros.CharFilter(field_name="municipio__codigo", label="Código INE del municipio")
    nivel = filtros.CharFilter(field_name="nivel__codigo", label="Código del nivel")
    estado = filtros.MultipleChoiceFilter(choices=EstadoImportacion.choices, label="Estado")

    class Meta:
        model = Importacion
        fields: list[str] = []


class ImportacionSerializer(serializers.ModelSerializer):
    """An import without its report, which may be large."""

    municipio = serializers.CharField(source="municipio.codigo", default=None, help_text="Código INE, o nada")
    nivel = serializers.CharField(source="nivel.codigo")
    por = serializers.CharField(source="por.username", default=None)
    aceptada_por = serializers.CharField(source="aceptada_por.username", default=None)

    class Meta:
        model = Importacion
        fields = [
            "uid", "municipio", "nivel", "archivo", "estado", "paso", "progreso", "mensajes", "huella", "omitidas",
            "por", "aceptada_por", "creada", "cambiada", "aplicada", "deshecha",
        ]  # fmt: skip
        read_only_fields = fields


class ImportacionConInforme(ImportacionSerializer):
    """An import with what was asked of it and its last report."""

    pedido = serializers.JSONField(help_text="Cómo se pidió leer el archivo")
    informe = serializers.SerializerMethodField(help_text="El último informe, fila por fila")

    class Meta(ImportacionSerializer.Meta):
        fields = [*ImportacionSerializer.Meta.fields, "pedido", "informe"]
        read_only_fields = fields

    def get_informe(self, importacion: Importacion) -> dict[str, Any]:
        return completo(importacion)


class PedidoSerializer(serializers.Serializer):
    """What is said of the file; whatever is left out stays as it was."""

    crs = serializers.CharField(max_length=100, allow_null=True, help_text="Por ejemplo EPSG:24879; nada: lo que diga")
    codificacion = serializers.CharField(max_length=40, allow_null=True)
    capa = serializers.CharField(max_length=200, allow_null=True)
    invertir_ejes = serializers.BooleanField(help_text="El archivo trae la latitud antes que la longitud")
    campo_codigo = serializers.CharField(max_length=200, allow_null=True, allow_blank=True, help_text="Vacío: ninguno")
    campo_nombre = serializers.CharField(max_length=200, allow_null=True, allow_blank=True)
    campo_padre = serializers.CharField(max_length=200, allow_null=True, allow_blank=True)
    campo_poblacion = serializers.CharField(max_length=200, allow_null=True, allow_blank=True)
    campo_categoria = serializers.CharField(max_length=200, allow_null=True, allow_blank=True)
    nivel_padre = serializers.SlugField(max_length=40, allow_null=True)
    vigente_desde = serializers.DateField()
    estado = serializers.ChoiceField(choices=EstadoLimite.choices, allow_null=True)
    fuente = serializers.CharField(max_length=300, allow_blank=True)
    norma = serializers.CharField(max_length=200, allow_blank=True)
    censo = serializers.IntegerField(min_value=1900, max_value=2100, allow_null=True)
    sin_geometria = serializers.BooleanField(help_text="Aceptar unidades sin lugar")
    tolerancia = serializers.FloatField(min_value=0, max_value=100, help_text="% fuera del superior que no es duda")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Booleans of a form that are not sent would otherwise be read as False.
        super().__init__(*args, **{"partial": True, **kwargs})


class SubidaSerializer(PedidoSerializer):
    municipio = serializers.SlugRelatedField(
        slug_field="codigo",
        queryset=Municipio.objects.all(),
        required=False,
        help_text="Código INE; no en niveles altos",
    )
    nivel = serializers.SlugRelatedField(slug_field="codigo", queryset=Nivel.objects.all())
    archivos = serializers.ListField(
        child=serializers.FileField(), help_text="Un archivo, o las partes de un shapefile (repita el campo)"
    )

    def validate(self, datos: dict[str, Any]) -> dict[str, Any]:
        for nombre in ("nivel", "archivos"):
            if nombre not in datos:
                raise serializers.ValidationError({nombre: "Este campo es obligatorio."})
        return datos


class OmitirSerializer(serializers.Serializer):
    omitidas = serializers.ListField(
        child=serializers.IntegerField(min_value=0), required=False, help_text="Números de las filas que no se cargan"
    )


class AceptarSerializer(OmitirSerializer):
    huella = serializers.CharField(max_length=64, help_text="La del informe que se acepta")


@extend_schema(tags=["importaciones"])
class ImportacionViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Importaciones de límites: subir, seguir, revisar, aceptar, deshacer. Hace falta sesión y el rol técnico SIG."""

    queryset = Importacion.objects.select_related("nivel", "municipio", "por", "aceptada_por")
    serializer_class = ImportacionSerializer
    filterset_class = ImportacionFiltro
    permission_classes = [ConSesion]
    parser_classes = [JSONEstricto, MultiPartParser]
    lookup_field = "uid"
    lookup_value_converter = "uuid"

    def list(self, request: Request, *args, **kwargs) -> Response:
        solo_parametros(request, {*self.filterset_class.base_filters, "page"})
        return super().list(request, *args, **kwargs)

    def get_queryset(self):
        todas = super().get_queryset()
        if self.action == "list":
            todas = todas.defer("informe", "pedido")
        if self.request.user.is_superuser:
            return todas
        propio = Q(
            municipio__membresias__usuario=self.request.user.pk, municipio__membresias__rol__in=IMPORTAR_LIMITES.roles
        )
        return todas.filter(propio).distinct()

    @extend_schema(responses=ImportacionConInforme)
    def retrieve(self, request: Request, uid: UUID) -> Response:
        return Response(ImportacionConInforme(self.get_object()).data)

    @extend_schema(request=SubidaSerializer, responses={201: ImportacionSerializer})
    def create(self, request: Request) -> Response:
        if getattr(request._request, "subida_excedida", False):
            raise ArchivoRechazado(deposito.muy_grande())
        datos = _validos(SubidaSerializer(data=request.data))
        importacion = importaciones.recibir(
            por=request.user,
            municipio=datos.pop("municipio", None),
            nivel=datos.pop("nivel"),
            archivos=datos.pop("archivos"),
            **datos,
        )
        return Response(ImportacionSerializer(importacion).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=PedidoSerializer, responses={202: ImportacionSerializer})
    @action(detail=True, methods=["post"])
    def leer(self, request: Request, uid: UUID) -> Response:
        """Volver a leer el archivo, con lo que ahora se diga de él."""
        datos = _validos(PedidoSerializer(data=request.data))
        return self._encargar(importaciones.releer, uid, **datos)

    @extend_schema(request=OmitirSerializer, responses=ImportacionSerializer)
    @action(detail=True, methods=["post"])
    def omitir(self, request: Request, uid: UUID) -> Response:
        """Decir qué filas no se cargan; las demás vuelven a cargarse."""
        omitidas = set(_validos(OmitirSerializer(data=request.data)).get("omitidas", ()))
        antes = set(self._de(uid).omitidas)
        hecha = importaciones.marcar(uid=uid, por=request.user, omitir=omitidas, cargar=antes - omitidas)
        return Response(ImportacionSerializer(hecha).data)

    @extend_schema(request=AceptarSerializer, responses={202: ImportacionSerializer})
    @action(detail=True, methods=["post"])
    def aceptar(self, request: Request, uid: UUID) -> Response:
        """Cargar lo que dice el informe de esa huella, menos las filas omitidas."""
        datos = _validos(AceptarSerializer(data=request.data))
        return self._encargar(importaciones.aceptar, uid, **datos)

    @extend_schema(request=None, responses=ImportacionSerializer)
    @action(detail=True, methods=["post"])
    def descartar(self, request: Request, uid: UUID) -> Response:
        return self._encargar(importaciones.descartar, uid, estado=status.HTTP_200_OK)

    @extend_schema(request=None, responses={202: ImportacionSerializer})
    @action(detail=True, methods=["post"])
    def cancelar(self, request: Request, uid: UUID) -> Response:
        """Detener lo que se está haciendo: nada queda escrito."""
        return self._encargar(importaciones.cancelar, uid)

    @extend_schema(request=None, responses={202: ImportacionSerializer})
    @action(detail=True, methods=["post"])
    def deshacer(self, request: Request, uid: UUID) -> Response:
        """Devolver todo a como estaba antes de cargarla, si nada posterior depende de ella."""
        return self._encargar(importaciones.pedir_deshacer, uid)

    def _de(self, uid: UUID) -> Importacion:
        return get_object_or_404(self.get_queryset(), uid=uid)

    def _encargar(
        self, servicio: Callable[..., Importacion], uid: UUID, *, estado: int = status.HTTP_202_ACCEPTED, **datos: Any
    ) -> Response:
        self._de(uid)
        return Response(ImportacionSerializer(servicio(uid=uid, por=self.request.user, **datos)).data, status=estado)


def _validos(serializador: serializers.Serializer) -> dict[str, Any]:
    serializador.is_valid(raise_exception=True)
    return dict(serializador.validated_data)
