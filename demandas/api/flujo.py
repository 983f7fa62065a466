"""The way of a demand through the API: what it passed, and the steps that a person takes."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cuentas.permisos import Accion
from demandas.models import EstadoDemanda, Evento, PasoDeDemanda
from demandas.permisos import ACCION_DEL_PASO
from demandas.services.flujo import PRIORIDADES, mover
from territorio.api.comun import RASGO
from territorio.api.versiones import IF_MATCH, ConVersionLeida, con_etiqueta, version_leida

# Which state each address leads to; a priority says in its body which one.
HACIA = {
    "validar": EstadoDemanda.VALIDADA,
    "devolver": EstadoDemanda.DEVUELTA,
    "rechazar": EstadoDemanda.RECHAZADA,
    "reabrir": EstadoDemanda.REGISTRADA,
}


class MotivoEntrada(ConVersionLeida):
    motivo = serializers.CharField(max_length=2000, required=False, help_text="Lo que leerá quien la propuso")


class PrioridadEntrada(ConVersionLeida):
    hacia = serializers.ChoiceField(choices=[(str(e), e.label) for e in PRIORIDADES])
    evento = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="Id de la reunión que lo acordó")
    motivo = serializers.CharField(max_length=2000, required=False)


class PasoSerializer(serializers.ModelSerializer):
    """Who took a step is told to nobody here: the page of the demand tells its members."""

    class Meta:
        model = PasoDeDemanda
        fields = ["desde", "hacia", "motivo", "evento", "priorizacion", "referencia", "cuando"]


def _paso(clave: str, ayuda: str):
    def metodo(self, request: Request, pk: str) -> Response:
        return self._mover(request, MotivoEntrada)

    metodo.__name__, metodo.__doc__ = clave, ayuda
    ruta = action(detail=True, methods=["post"])(metodo)
    return extend_schema(parameters=[IF_MATCH], request=MotivoEntrada, responses={200: RASGO})(ruta)


class FlujoMixin:
    """Adds to the viewset of demands one address for each step."""

    def accion_del_paso(self) -> Accion | None:
        if self.action == "priorizar":
            return ACCION_DEL_PASO[EstadoDemanda.PRIORIZADA_DISTRITO]
        return ACCION_DEL_PASO[HACIA[self.action]] if self.action in HACIA else None

    validar = _paso("validar", "De registrada a validada.")
    devolver = _paso("devolver", "Vuelve a quien la propuso, con el motivo.")
    rechazar = _paso("rechazar", "Sale del camino, con el motivo.")
    reabrir = _paso("reabrir", "De devuelta o rechazada, otra vez a registrada.")

    @extend_schema(parameters=[IF_MATCH], request=PrioridadEntrada, responses={200: RASGO})
    @action(detail=True, methods=["post"])
    def priorizar(self, request: Request, pk: str) -> Response:
        """Entra en las prioridades del distrito o del municipio, por lo que acordó una reunión."""
        return self._mover(request, PrioridadEntrada)

    @extend_schema(responses={200: PasoSerializer(many=True)})
    @action(detail=True, methods=["get"], filterset_class=None)
    def pasos(self, request: Request, pk: str) -> Response:
        """Cómo llegó hasta donde está, del primer paso al último."""
        return Response(PasoSerializer(self.get_object().pasos.all(), many=True).data)

    def _mover(self, request: Request, entrada: type[ConVersionLeida]) -> Response:
        una = self.get_object()
        cuerpo = entrada(data=request.data)
        cuerpo.is_valid(raise_exception=True)
        dicho: dict[str, Any] = dict(cuerpo.validated_data)
        leida = version_leida(request, dicho.pop("version", None))
        hacia = dicho.pop("hacia", None) or HACIA[self.action]
        if "evento" in dicho:
            visibles = Evento.objects.visibles_para(request.user).filter(municipio=una.municipio_id)
            dicho["evento"] = visibles.filter(pk=dicho["evento"]).first()
        mover(por=request.user, demanda=una, hacia=hacia, version=leida, **dicho)
        datos = self.get_serializer(self.get_queryset().get(pk=una.pk)).data
        return con_etiqueta(Response(datos), datos["properties"]["version"])
