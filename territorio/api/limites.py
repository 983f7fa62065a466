"""Limits of a unit through time, and which units came from which: read, and written by the services of each."""

from datetime import date
from typing import Any

from django.db.models import Q
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django_filters import rest_framework as filtros
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cuentas.versiones import exigir_alguna
from territorio import geojson
from territorio.api.comun import COLECCION, PAGINA, RASGO, FilasMixin, filas_de, solo_parametros
from territorio.api.cuerpo import CampoPoligono, CampoPunto, Entrada, JSONEstricto, leer_cuerpo
from territorio.api.versiones import IF_MATCH, ConVersionLeida, version_leida
from territorio.models import EstadoLimite, Limite, Motivo, Sucesion, UnidadTerritorial
from territorio.permisos import EDITAR_UNIDAD
from territorio.services.formas import Parte
from territorio.services.limites import cambiar_limite
from territorio.services.sucesion import desmembrar, dividir, fusionar, suprimir

PROPIEDADES = {
    "desde": "vigencia__startswith",
    "hasta": "vigencia__endswith",
    "estado": "estado",
    "norma": "norma",
    "fuente": "fuente",
    "registrado": "registrado",
    "sustituido": "sustituido",
}


class LimiteEntrada(ConVersionLeida):
    """A new limit: what is in force that day is closed, nothing is overwritten."""

    geom = CampoPoligono(help_text="Polygon o MultiPolygon de GeoJSON (EPSG:4326)")
    desde = serializers.DateField(help_text="Primer día en que rige")
    estado = serializers.ChoiceField(choices=EstadoLimite.choices, default=EstadoLimite.REFERENCIAL)
    norma = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    fuente = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)


class LimitesView(APIView):
    """Los límites de una unidad a través del tiempo, también los corregidos; «hasta» es el primer día en que ya no rige."""

    parser_classes = [JSONEstricto]
    accion = EDITAR_UNIDAD

    @extend_schema(
        tags=["territorio"], operation_id="unidades_limites_list", responses={(200, "application/geo+json"): COLECCION}
    )
    def get(self, request: Request, pk: int) -> StreamingHttpResponse:
        solo_parametros(request, set())
        unidad = get_object_or_404(UnidadTerritorial, pk=pk)
        cuerpo = geojson.coleccion(unidad.limites.order_by("vigencia", "pk"), PROPIEDADES, "geom")
        return StreamingHttpResponse(cuerpo, content_type="application/geo+json")

    @extend_schema(
        tags=["territorio"], operation_id="unidades_limites_create", parameters=[IF_MATCH], request=LimiteEntrada,
        responses={201: RASGO},
    )  # fmt: skip
    def post(self, request: Request, pk: int) -> Response:
        """Un límite nuevo desde un día: cierra el que regía, sin borrarlo. La versión es la de la unidad."""
        unidad = get_object_or_404(UnidadTerritorial.objects.select_related("nivel", "municipio"), pk=pk)
        self.check_object_permissions(request, unidad)
        datos, avisos = leer_cuerpo(LimiteEntrada, request)
        version = str(exigir_alguna(version_leida(request, datos.pop("version", None))))
        limite = cambiar_limite(unidad=unidad, por=request.user, version=version, **datos)
        return Response(_rasgo(limite, avisos), status=201)


def _rasgo(limite: Limite, avisos: list[str]) -> dict[str, Any]:
    desde, hasta = limite.vigencia.lower, limite.vigencia.upper
    return {
        "type": "Feature",
        "id": limite.pk,
        "geometry": CampoPoligono().to_representation(limite.geom),
        "properties": {
            "unidad": limite.unidad_id,
            "desde": desde,
            "hasta": hasta,
            "estado": limite.estado,
            "norma": limite.norma,
            "fuente": limite.fuente,
            "avisos": avisos,
        },
    }


# --- which came from which --------------------------------------------------------------------------------------------


class ParteEntrada(Entrada):
    nombre = serializers.CharField(max_length=200)
    codigo = serializers.CharField(max_length=80, required=False, default="")
    categoria = serializers.CharField(max_length=80, required=False, default="")
    geom = CampoPoligono(required=False, allow_null=True, default=None)
    punto = CampoPunto(required=False, allow_null=True, default=None)


class SucesionEntrada(Entrada):
    """How units end: divided or shrunk into `partes`, merged into one, or abolished in favour of `sucesora`."""

    motivo = serializers.ChoiceField(choices=Motivo.choices)
    predecesoras = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), min_length=1, max_length=50
    )
    partes = ParteEntrada(many=True, required=False, default=list)
    sucesora = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    desde = serializers.DateField()
    norma = serializers.CharField(max_length=200, required=False, default="")

    def validate(self, datos):
        motivo, partes, una = datos["motivo"], datos["partes"], len(datos["predecesoras"]) == 1
        if una == (motivo == Motivo.FUSION):
            raise serializers.ValidationError(
                {"predecesoras": [_("Una fusión une dos o más; los otros motivos terminan una sola.")]}
            )
        pide = {Motivo.DIVISION: len(partes) >= 2, Motivo.SUSTITUCION: not partes}.get(motivo, len(partes) == 1)
        if not pide:
            raise serializers.ValidationError(
                {
                    "partes": [
                        _(
                            "Una división lleva dos o más; una fusión o un desmembramiento, una; una sustitución, ninguna."
                        )
                    ]
                }
            )
        return datos

    def validate_predecesoras(self, ids: list[int]) -> list[UnidadTerritorial]:
        return [_unidad(pk) for pk in dict.fromkeys(ids)]

    def validate_sucesora(self, pk: int) -> UnidadTerritorial:
        return _unidad(pk)


def _unidad(pk: int) -> UnidadTerritorial:
    unidad = UnidadTerritorial.objects.filter(pk=pk).select_related("nivel", "municipio__nivel").first()
    if unidad is None:
        raise serializers.ValidationError(_("No hay una unidad %(pk)s.") % {"pk": pk})
    return unidad


class SucesionFiltro(filtros.FilterSet):
    municipio = filtros.CharFilter(field_name="predecesora__municipio__codigo", label="Código INE del municipio")
    unidad = filtros.NumberFilter(method="de_la_unidad", label="Id de la predecesora o de la sucesora")
    motivo = filtros.ChoiceFilter(choices=Motivo.choices, label="Motivo")

    class Meta:
        model = Sucesion
        fields: list[str] = []

    def de_la_unidad(self, consulta, _nombre: str, pk):
        return consulta.filter(Q(predecesora=pk) | Q(sucesora=pk))


FILAS_SUCESION = filas_de(
    id="integer", predecesora="integer", predecesora_nombre="string", sucesora="integer", sucesora_nombre="string",
    desde="string", motivo="string", norma="string",
)  # fmt: skip


@extend_schema(tags=["territorio"])
class SucesionViewSet(FilasMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    """Qué unidad vino de cuál, desde cuándo y por qué norma."""

    queryset = Sucesion.objects.all()
    filterset_class = SucesionFiltro
    pagination_class = None
    parser_classes = [JSONEstricto]
    accion = EDITAR_UNIDAD
    columnas = {
        "id": "pk",
        "predecesora": "predecesora_id",
        "predecesora_nombre": "predecesora__nombre",
        "sucesora": "sucesora_id",
        "sucesora_nombre": "sucesora__nombre",
        "desde": "desde",
        "motivo": "motivo",
        "norma": "norma",
    }

    @extend_schema(operation_id="sucesiones_list", parameters=PAGINA[:2], responses={200: FILAS_SUCESION})
    def list(self, request: Request, *args, **kwargs) -> StreamingHttpResponse:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=SucesionEntrada, responses={201: FILAS_SUCESION})
    def create(self, request: Request) -> Response:
        """Divide, une, desmembra o suprime unidades desde un día; lo que eran se conserva."""
        datos, avisos = leer_cuerpo(SucesionEntrada, request)
        for unidad in datos["predecesoras"]:
            self.check_object_permissions(request, unidad)
        _suceder(datos, por=request.user)
        escritas = self.get_queryset().filter(predecesora__in=datos["predecesoras"], desde=datos["desde"])
        filas = [dict(zip(self.columnas, f, strict=True)) for f in escritas.values_list(*self.columnas.values())]
        return Response({"filas": filas, "numberReturned": len(filas), "avisos": avisos}, status=201)


def _suceder(datos: dict[str, Any], *, por) -> None:
    """Call the service that this kind of succession has."""
    partes = [Parte(**parte) for parte in datos["partes"]]
    primera: UnidadTerritorial = datos["predecesoras"][0]
    desde: date = datos["desde"]
    norma: str = datos["norma"]
    match datos["motivo"]:
        case Motivo.DIVISION:
            dividir(unidad=primera, en=partes, desde=desde, norma=norma, por=por)
        case Motivo.FUSION:
            fusionar(unidades=datos["predecesoras"], en=partes[0], desde=desde, norma=norma, por=por)
        case Motivo.DESMEMBRAMIENTO:
            desmembrar(unidad=primera, parte=partes[0], desde=desde, norma=norma, por=por)
        case _:
            suprimir(unidad=primera, sucesora=datos.get("sucesora"), desde=desde, norma=norma, por=por)
