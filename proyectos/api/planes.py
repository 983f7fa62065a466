"""Plans and programmes in the API: read by who may see them, moved from state to state by who may."""

from typing import Any

from django.db.models import Count, Sum
from django.http import StreamingHttpResponse
from django_filters import rest_framework as filtros
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cuentas.permisos import Accion, municipios_de, puede
from proyectos.models import PDM, POA, ActoFormal, EstadoPlan, EstadoPOA, Norma
from proyectos.models.acto import PASOS
from proyectos.permisos import ACCION_DEL_PASO
from proyectos.services.tramite import dar_paso
from territorio.api.comun import PAGINA, FilasMixin, filas_de
from territorio.api.cuerpo import JSONEstricto
from territorio.api.versiones import IF_MATCH, ConVersionLeida, con_etiqueta, version_leida


class ActoSerializer(serializers.ModelSerializer):
    """A formal act. Who made it, and what was noted, is for the members of the municipality."""

    paso = serializers.CharField(source="clave", help_text="Vacío: así se registró")
    por = serializers.SerializerMethodField()
    nota = serializers.SerializerMethodField()

    class Meta:
        model = ActoFormal
        fields = [
            "numero", "ronda", "version", "paso", "desde", "hacia", "fecha", "norma", "norma_numero", "por", "nota",
            "registrado",
        ]  # fmt: skip

    def get_por(self, acto) -> str | None:
        return acto.por.get_username() if acto.por and self.context["es_miembro"] else None

    def get_nota(self, acto) -> str | None:
        return acto.nota if self.context["es_miembro"] else None


class _DocumentoSerializer(serializers.ModelSerializer):
    municipio = serializers.CharField(source="municipio.codigo", help_text="Código INE")
    actos = serializers.SerializerMethodField()
    pasos = serializers.SerializerMethodField(help_text="Los que quien pregunta puede dar ahora")

    @extend_schema_field(ActoSerializer(many=True))
    def get_actos(self, documento) -> Any:
        usuario = self.context["request"].user
        miembro = usuario.is_superuser or documento.municipio_id in municipios_de(usuario)
        actos = ActoFormal.objects.de(documento).select_related("por", "pdm", "poa")
        return ActoSerializer(actos, many=True, context={"es_miembro": miembro}).data

    def get_pasos(self, documento) -> list[str]:
        usuario = self.context["request"].user
        return [
            uno.clave
            for uno in PASOS[documento._meta.model_name]
            if uno.desde == documento.estado and puede(usuario, ACCION_DEL_PASO[uno.clave], documento.municipio)
        ]


class PDMSerializer(_DocumentoSerializer):
    proyectos = serializers.SerializerMethodField()

    class Meta:
        model = PDM
        fields = ["id", "municipio", "nombre", "desde", "hasta", "estado", "version", "proyectos", "pasos", "actos"]

    def get_proyectos(self, pdm) -> dict[str, Any]:
        """How many there are, and what they cost (Bs), of those that the reader may see."""
        visibles = pdm.proyectos.visibles_para(self.context["request"].user)
        return visibles.order_by().aggregate(cuantos=Count("pk"), costo_total=Sum("costo_total"))


class POASerializer(_DocumentoSerializer):
    operaciones = serializers.SerializerMethodField()

    class Meta:
        model = POA
        fields = ["id", "municipio", "gestion", "estado", "version", "operaciones", "pasos", "actos"]

    def get_operaciones(self, poa) -> dict[str, Any]:
        """Money in Bs and progress in %, of the operations that the reader may see."""
        return poa.operaciones.visibles_para(self.context["request"].user).totales()


class _Fecha(ConVersionLeida):
    fecha = serializers.DateField(required=False, help_text="Día del acto; hoy si falta")


class PasoEntrada(_Fecha):
    nota = serializers.CharField(max_length=2000, required=False, allow_blank=True, help_text="Para que conste")


class DevolucionEntrada(_Fecha):
    nota = serializers.CharField(max_length=2000, help_text="Por qué se devuelve")


class AprobacionEntrada(PasoEntrada):
    norma = serializers.ChoiceField(choices=Norma.choices)
    norma_numero = serializers.CharField(max_length=60)
    fecha = serializers.DateField(help_text="La de la norma")


FILAS_PDM = filas_de(
    id="integer", municipio="string", nombre="string", desde="integer", hasta="integer", estado="string",
    version="integer",
)  # fmt: skip
FILAS_POA = filas_de(id="integer", municipio="string", gestion="integer", estado="string", version="integer")
ENTRADAS = {"aprobar": AprobacionEntrada, "devolver": DevolucionEntrada}


class _TramiteMixin(FilasMixin):
    """A document that goes from state to state. A viewset names its `serializer_class`."""

    pagination_class = None
    parser_classes = [JSONEstricto]

    @property
    def accion(self) -> Accion | None:
        return ACCION_DEL_PASO.get(self.action)

    def get_queryset(self):
        return super().get_queryset().visibles_para(self.request.user).select_related("municipio")

    def retrieve(self, request: Request, *args, **kwargs) -> Response:
        return self._dicho(self.get_object())

    def _dar_paso(self, request: Request) -> Response:
        documento = self.get_object()
        entrada = ENTRADAS.get(self.action, PasoEntrada)(data=request.data)
        # Who comes without a version is told so before what else is amiss.
        leida = version_leida(request, request.data.get("version") if isinstance(request.data, dict) else None)
        if leida is not None:
            entrada.is_valid(raise_exception=True)
        datos = dict(getattr(entrada, "validated_data", {})) if leida is not None else {}
        datos.pop("version", None)
        dar_paso(por=request.user, documento=documento, clave=self.action, version=leida, **datos)
        return self._dicho(documento)

    def _dicho(self, documento: PDM | POA) -> Response:
        datos = self.get_serializer(documento).data
        return con_etiqueta(Response(datos), documento.version)


def _paso(clave: str, ayuda: str):
    """A route of one step, with its own body in the schema."""

    def metodo(self, request: Request, pk: str) -> Response:
        return self._dar_paso(request)

    metodo.__name__, metodo.__doc__ = clave, ayuda
    return action(detail=True, methods=["post"])(metodo)


def _esquema(serializador: type[serializers.Serializer], claves: tuple[str, ...]):
    return {
        clave: extend_schema(
            parameters=[IF_MATCH], request=ENTRADAS.get(clave, PasoEntrada), responses={200: serializador}
        )
        for clave in claves
    }


class PDMFiltro(filtros.FilterSet):
    municipio = filtros.CharFilter(field_name="municipio__codigo", label="Código INE del municipio")
    estado = filtros.ChoiceFilter(choices=EstadoPlan.choices, label="Estado")

    class Meta:
        model = PDM
        fields: list[str] = []


class POAFiltro(filtros.FilterSet):
    municipio = filtros.CharFilter(field_name="municipio__codigo", label="Código INE del municipio")
    estado = filtros.ChoiceFilter(choices=EstadoPOA.choices, label="Estado")
    gestion = filtros.NumberFilter(field_name="gestion", label="Año")

    class Meta:
        model = POA
        fields: list[str] = []


@extend_schema(tags=["planes"])
@extend_schema_view(**_esquema(PDMSerializer, ("presentar", "aprobar", "publicar", "devolver")))
class PDMViewSet(_TramiteMixin, viewsets.ReadOnlyModelViewSet):
    """Planes quinquenales (PDM): los publicados y, para sus miembros, los que se preparan."""

    queryset = PDM.objects.all()
    serializer_class = PDMSerializer
    filterset_class = PDMFiltro
    columnas = {
        "id": "pk",
        "municipio": "municipio__codigo",
        "nombre": "nombre",
        "desde": "desde",
        "hasta": "hasta",
        "estado": "estado",
        "version": "version",
    }

    @extend_schema(
        operation_id="pdm_list",
        parameters=PAGINA[:2],
        responses={200: FILAS_PDM},
    )
    def list(self, request: Request, *args, **kwargs) -> StreamingHttpResponse:
        return super().list(request, *args, **kwargs)

    presentar = _paso("presentar", "De borrador a concertado: se propone al Concejo.")
    aprobar = _paso("aprobar", "De concertado a aprobado, con su norma; no lo hace quien lo presentó.")
    publicar = _paso("publicar", "De aprobado a publicado: desde entonces lo ven todos.")
    devolver = _paso("devolver", "De concertado a borrador, con el motivo.")


@extend_schema(tags=["planes"])
@extend_schema_view(**_esquema(POASerializer, ("presentar", "aprobar", "iniciar", "cerrar", "devolver")))
class POAViewSet(_TramiteMixin, viewsets.ReadOnlyModelViewSet):
    """Programas anuales (POA): los aprobados y, para sus miembros, los que se preparan."""

    queryset = POA.objects.all()
    serializer_class = POASerializer
    filterset_class = POAFiltro
    columnas = {
        "id": "pk",
        "municipio": "municipio__codigo",
        "gestion": "gestion",
        "estado": "estado",
        "version": "version",
    }

    @extend_schema(
        operation_id="poas_list",
        parameters=PAGINA[:2],
        responses={200: FILAS_POA},
    )
    def list(self, request: Request, *args, **kwargs) -> StreamingHttpResponse:
        return super().list(request, *args, **kwargs)

    presentar = _paso("presentar", "De borrador a presentado al Concejo.")
    aprobar = _paso("aprobar", "De presentado a aprobado, con su norma; no lo hace quien lo presentó.")
    iniciar = _paso("iniciar", "De aprobado a en ejecución.")
    cerrar = _paso("cerrar", "De en ejecución a cerrado.")
    devolver = _paso("devolver", "De presentado a borrador, con el motivo.")
