"""Figures in the API: population and indicators as they were loaded, and the figure of each unit, its own or estimated."""

from django.db.models import BooleanField, CharField, F, IntegerField, Q, QuerySet, Value
from django.http import StreamingHttpResponse
from django_filters import rest_framework as filtros
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.request import Request

from territorio.api.comun import PAGINA, FilasMixin, filas_de
from territorio.edades import TOTAL
from territorio.models import Cifra, Indicador, Metodo, Poblacion
from territorio.reserva import reservados_para

DE_LA_UNIDAD = {
    "unidad": "unidad_id",
    "codigo": "unidad__codigo",
    "nombre_unidad": "unidad__nombre",
    "nivel": "unidad__nivel__codigo",
    "municipio": "unidad__municipio__codigo",
}
TIPOS_DE_LA_UNIDAD = {
    "unidad": "integer",
    "codigo": "string",
    "nombre_unidad": "string",
    "nivel": "string",
    "municipio": "string?",
}


COLUMNAS_POBLACION = ("censo", "sexo", "grupo_edad", "personas", "preliminar", "fuente")


class DeUnidades(filtros.FilterSet):
    """Filters that every list of figures takes."""

    municipio = filtros.CharFilter(method="del_municipio", label="Código INE: sus unidades y él mismo")
    unidad = filtros.NumberFilter(field_name="unidad_id", label="Id de la unidad")
    nivel = filtros.CharFilter(field_name="unidad__nivel__codigo", label="Código del nivel")

    def del_municipio(self, consulta: QuerySet, _nombre: str, codigo: str) -> QuerySet:
        es_el = Q(unidad__codigo=codigo, unidad__nivel__codigo="municipio")
        return consulta.filter(Q(unidad__municipio__codigo=codigo) | es_el)


class PoblacionFiltro(DeUnidades):
    censo = filtros.NumberFilter(label="Año del censo")
    sexo = filtros.ChoiceFilter(choices=Poblacion.Sexo.choices, label="Sexo")
    grupo_edad = filtros.CharFilter(label="Grupo de edad; total es la suma")

    class Meta:
        model = Poblacion
        fields: list[str] = []


class IndicadorFiltro(DeUnidades):
    nombre = filtros.CharFilter(label="Nombre del indicador, por ejemplo nbi")
    anio = filtros.NumberFilter(label="Año")

    class Meta:
        model = Indicador
        fields: list[str] = []


class CifraFiltro(IndicadorFiltro):
    metodo = filtros.ChoiceFilter(choices=Metodo.choices, label="Cómo se obtuvo: censo es la propia")

    class Meta:
        model = Cifra
        fields: list[str] = []


class _Filas(FilasMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    pagination_class = None


FILAS_POBLACION = filas_de(
    **TIPOS_DE_LA_UNIDAD, censo="integer", sexo="string?", grupo_edad="string?", personas="integer?", preliminar="boolean?",
    fuente="string", reservado="boolean",
)  # fmt: skip
FILAS_INDICADOR = filas_de(**TIPOS_DE_LA_UNIDAD, nombre="string", anio="integer", valor="number", fuente="string")
FILAS_CIFRA = filas_de(
    **TIPOS_DE_LA_UNIDAD, nombre="string", anio="integer", valor="number", metodo="string", nivel_origen="string?"
)


@extend_schema(tags=["cifras"])
class PoblacionViewSet(_Filas):
    """Habitantes por censo, sexo y grupo de edad, tal como se cargaron."""

    queryset = Poblacion.objects.all()
    filterset_class = PoblacionFiltro
    columnas = DE_LA_UNIDAD | {c: c for c in (*COLUMNAS_POBLACION, "reservado")}

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().visibles_para(self.request.user).annotate(reservado=Value(False))

    def filas(self, consulta: QuerySet) -> QuerySet:
        """Those, and one row for each unit and census of which this reader is shown no more than the total."""
        vistas = consulta.values_list("pk", *self.columnas.values())
        pedidos = self.request.query_params
        if TOTAL in {pedidos.get("sexo"), pedidos.get("grupo_edad")}:
            return vistas.order_by("pk")
        calladas = DeUnidades(pedidos, reservados_para(self.request.user)).qs
        if censo := pedidos.get("censo"):
            calladas = calladas.filter(censo=censo)
        propias = {
            "sexo": Value(None, CharField()),
            "grupo_edad": Value(None, CharField()),
            "personas": Value(None, IntegerField()),
            "preliminar": Value(None, BooleanField()),
            "fuente": Value(""),
            "reservado": Value(True),
        }
        nombres = [propias.get(campo, F(campo)) for campo in self.columnas.values()]
        return vistas.union(calladas.values_list(-F("pk"), *nombres), all=True).order_by("pk")

    @extend_schema(operation_id="poblaciones_list", parameters=PAGINA[:2], responses={200: FILAS_POBLACION})
    def list(self, request: Request, *args, **kwargs) -> StreamingHttpResponse:
        """Reservado: a quien no es del municipio se le calla el sexo y la edad donde un grupo es de pocas personas."""
        return super().list(request, *args, **kwargs)


@extend_schema(tags=["cifras"])
class IndicadorViewSet(_Filas):
    """Indicadores por unidad y año, tal como se cargaron: NBI y sus partes, y los que se agreguen."""

    queryset = Indicador.objects.all()
    filterset_class = IndicadorFiltro
    columnas = DE_LA_UNIDAD | {c: c for c in ("nombre", "anio", "valor", "fuente")}

    @extend_schema(operation_id="indicadores_list", parameters=PAGINA[:2], responses={200: FILAS_INDICADOR})
    def list(self, request: Request, *args, **kwargs) -> StreamingHttpResponse:
        return super().list(request, *args, **kwargs)


@extend_schema(tags=["cifras"])
class CifraViewSet(_Filas):
    """La cifra con que se calcula en cada unidad: la propia o, si no la hay, una estimada, con su método."""

    queryset = Cifra.objects.all()
    filterset_class = CifraFiltro
    columnas = (
        DE_LA_UNIDAD | {c: c for c in ("nombre", "anio", "valor", "metodo")} | {"nivel_origen": "nivel_origen__codigo"}
    )

    @extend_schema(operation_id="cifras_list", parameters=PAGINA[:2], responses={200: FILAS_CIFRA})
    def list(self, request: Request, *args, **kwargs) -> StreamingHttpResponse:
        return super().list(request, *args, **kwargs)
