"""Demands that come in through the API, each sending once, and are corrected there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from demandas.captura.avisos import avisos_de
from demandas.captura.conflicto import diferencias
from demandas.models import Demanda, Evento, Grupo, GrupoEdad, Hallazgo, Madurez, Sexo
from demandas.services import captura as servicio
from territorio.api import RASGO
from territorio.api.cuerpo import CampoLugar, Entrada, leer_cuerpo
from territorio.api.versiones import IF_MATCH, ConVersionLeida, con_etiqueta, version_leida
from territorio.fechas import hoy
from territorio.models import Municipio, Sector, UnidadTerritorial

ID_MAXIMO = 2**62
PERSONAS_MAXIMAS = 2**31 - 1
HALLAZGOS_MAXIMOS = 200
CABECERA = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="UUID del envío, o en el campo «envio»: el mismo envío no entra dos veces. Si ya entró con lo mismo, 200 "
    "con la demanda; si entró con otra cosa, 409 con las dos.",
)


def _persona(**extra: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=PERSONAS_MAXIMAS, required=False, **extra)


class PorEdad(Entrada):
    """Persons of a sex, by age."""

    def get_fields(self):
        return {edad: _persona() for edad in GrupoEdad.values}


class Beneficiarios(Entrada):
    """Persons who benefit by sex and age; their sums are the totals by sex."""

    def get_fields(self):
        return {sexo: PorEdad(required=False) for sexo in Sexo.values}


class Rangos(Entrada):
    """The place that each group gave it; `comunidad` is the agreed one."""

    def get_fields(self):
        return {
            grupo: serializers.IntegerField(
                min_value=1, max_value=servicio.PUESTO_MAXIMO, required=False, allow_null=True
            )
            for grupo in Grupo.values
        }


class DemandaCambio(ConVersionLeida):
    """What may be corrected of a demand; what is not sent stays."""

    titulo = serializers.CharField(max_length=300, required=False)
    descripcion = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    proponente = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=ID_MAXIMO, help_text="Id de la unidad que la pide"
    )
    lugar = CampoLugar(
        required=False, allow_null=True, help_text="Geometría de GeoJSON (EPSG:4326); sin ella, la de su unidad"
    )
    sector = serializers.CharField(max_length=8, required=False, allow_null=True, help_text="Código del sector")
    grupo = serializers.ChoiceField(choices=Grupo.choices, required=False)
    beneficiarias_mujeres = _persona(allow_null=True)
    beneficiarios_hombres = _persona(allow_null=True)
    beneficiarios = Beneficiarios(required=False, help_text="Por sexo y edad; sus sumas son los totales por sexo")
    rangos = Rangos(required=False)
    costo_estimado = serializers.DecimalField(14, 2, required=False, allow_null=True, min_value=0)
    contraparte = serializers.DecimalField(14, 2, required=False, allow_null=True, min_value=0)
    madurez = serializers.ChoiceField(choices=Madurez.choices, required=False, allow_blank=True)
    pedida_desde = serializers.IntegerField(required=False, allow_null=True, min_value=1950, max_value=2200)
    fecha = serializers.DateField(required=False, allow_null=True)
    evento = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=ID_MAXIMO, help_text="Id de la reunión en que se pidió"
    )
    hallazgos = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=ID_MAXIMO),
        max_length=HALLAZGOS_MAXIMOS,
        required=False,
        help_text="Ids de los hallazgos de los que viene",
    )
    fuente = serializers.CharField(max_length=300, required=False, allow_blank=True)

    def validate_proponente(self, pk: int | None) -> UnidadTerritorial | None:
        return _uno(UnidadTerritorial.objects.select_related("nivel", "padre"), pk, _("una unidad"))

    def validate_sector(self, codigo: str | None) -> Sector | None:
        if not codigo:
            return None
        sector = Sector.objects.vigentes(hoy()).filter(codigo=codigo).first()
        if sector is None:
            raise serializers.ValidationError(_("No hay un sector «%(codigo)s».") % {"codigo": codigo})
        return sector

    def validate_evento(self, pk: int | None) -> Evento | None:
        return _uno(Evento.objects.all(), pk, _("una reunión"))

    def validate_hallazgos(self, ids: list[int]) -> list[Hallazgo]:
        hallados = list(Hallazgo.objects.filter(pk__in=ids))
        if faltan := set(ids) - {uno.pk for uno in hallados}:
            raise serializers.ValidationError(_("No hay un hallazgo %(pk)s.") % {"pk": min(faltan)})
        return hallados

    def validate_rangos(self, dichos: dict[str, int | None]) -> dict[str, int]:
        return {grupo: puesto for grupo, puesto in dichos.items() if puesto is not None}

    def validate(self, datos: dict[str, Any]) -> dict[str, Any]:
        if "beneficiarios" in datos:
            dichos = datos.pop("beneficiarios")
            datos["por_edad"] = {(sexo, edad): n for sexo, edades in dichos.items() for edad, n in edades.items()}
        return datos


class DemandaEntrada(DemandaCambio):
    """A new demand: with a place, with the unit whose place it takes, or with neither."""

    municipio = serializers.SlugRelatedField(
        slug_field="codigo", queryset=Municipio.objects.all(), help_text="Código INE"
    )
    titulo = serializers.CharField(max_length=300)
    envio = serializers.UUIDField(required=False, help_text="Del envío, si no se manda Idempotency-Key")
    version = None  # type: ignore[assignment]


CONFLICTO = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {"type": "string"},
        "guardada": RASGO,
        "diferencias": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {campo: {"type": "string"} for campo in ("campo", "etiqueta", "guardada", "enviada")},
            },
        },
    },
}


class CapturaMixin:
    """Creating and correcting, for the view set of demands."""

    @extend_schema(parameters=[CABECERA], request=DemandaEntrada, responses={201: RASGO, 200: RASGO, 409: CONFLICTO})
    def create(self, request: Request) -> Response:
        """Registra una demanda; el mismo envío otra vez responde con la misma."""
        datos, avisos = leer_cuerpo(DemandaEntrada, request)
        envio = _envio(request, datos.pop("envio", None))
        municipio = datos.pop("municipio")
        try:
            demanda, nueva = servicio.registrar_demanda(por=request.user, municipio=municipio, envio=envio, **datos)
        except servicio.EnvioDistinto as otro:
            distintas = diferencias(otro.demanda, datos)
            guardada = self._rasgo(otro.demanda) if self._la_ve(otro.demanda) else None
            dicho = {"error": str(otro), "diferencias": distintas if guardada else []}
            return Response(dicho | ({"guardada": guardada} if guardada else {}), status=409)
        return self._dicha(demanda, avisos, 201 if nueva else 200)

    @extend_schema(parameters=[IF_MATCH], request=DemandaCambio, responses={200: RASGO})
    def partial_update(self, request: Request, *args, **kwargs) -> Response:
        """Corrige una demanda que nadie validó todavía, y la ubica de nuevo."""
        actual = self.get_object()  # type: ignore[attr-defined]
        cambios, avisos = leer_cuerpo(DemandaCambio, request)
        version = version_leida(request, cambios.pop("version", None))
        corregida = servicio.corregir_demanda(por=request.user, demanda=actual, version=version, **cambios)
        return self._dicha(corregida, avisos, 200)

    def _la_ve(self, demanda: Demanda) -> bool:
        return self.get_queryset().filter(pk=demanda.pk).exists()  # type: ignore[attr-defined]

    def _rasgo(self, demanda: Demanda) -> dict[str, Any]:
        escrita = self.get_queryset().get(pk=demanda.pk)  # type: ignore[attr-defined]
        return self.get_serializer(escrita).data  # type: ignore[attr-defined]

    def _dicha(self, demanda: Demanda, avisos: list[str], estado: int) -> Response:
        rasgo = self._rasgo(demanda)
        rasgo["properties"]["avisos"] = [*avisos, *avisos_de(demanda)]
        return con_etiqueta(Response(rasgo, status=estado), rasgo["properties"]["version"])


def _envio(request: Request, dicho: UUID | None) -> UUID:
    """The number of the sending: of the header, or of the body; both must say the same."""
    cabecera = request.headers.get("Idempotency-Key", "").strip().strip('"')
    try:
        envio = UUID(cabecera) if cabecera else dicho
    except ValueError:
        raise serializers.ValidationError({"Idempotency-Key": [_("Debe ser un UUID.")]}) from None
    if envio is None:
        mensaje = _("Falta el número del envío (un UUID), que hace que no entre dos veces.")
        raise serializers.ValidationError({"envio": [mensaje]})
    if dicho is not None and dicho != envio:
        raise serializers.ValidationError({"envio": [_("La cabecera Idempotency-Key dice otro.")]})
    return envio


def _uno(consulta, pk: int | None, que: str) -> Any:
    if pk is None:
        return None
    if (uno := consulta.filter(pk=pk).first()) is None:
        raise serializers.ValidationError(_("No hay %(que)s con el id %(pk)s.") % {"que": que, "pk": pk})
    return uno
