"""Documents and photos in the API: those of a demand or a project, and bringing more."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from territorio.adjuntos import enlaces
from territorio.adjuntos.seccion import archivos_de, se_lo_alcanza
from territorio.api.comun import entero, solo_parametros
from territorio.api.cuerpo import Entrada
from territorio.models import Archivo, ClaseDeArchivo
from territorio.permisos import PUBLICAR_ARCHIVO
from territorio.services import archivos as servicio
from territorio.services import deposito
from territorio.services.deposito import ArchivoRechazado

ID_MAXIMO = 2**31 - 1


class ArchivoSerializer(serializers.ModelSerializer):
    """A document or photo; its place, digest and bringer only for who may see what is not published."""

    por = serializers.SerializerMethodField(help_text="Quién lo subió; nada si quien pregunta no es del municipio")
    sha256 = serializers.SerializerMethodField(help_text="Del archivo como se subió")
    lugar = serializers.SerializerMethodField(help_text="Dónde se tomó, según la cámara, y a cuántos metros del objeto")
    direccion = serializers.SerializerMethodField(help_text="De la copia que se muestra")
    miniatura = serializers.SerializerMethodField()

    class Meta:
        model = Archivo
        fields = [
            "uid", "de", "clase", "nombre", "tipo", "bytes", "sha256", "ancho", "alto", "tomada", "lugar", "publico",
            "con_lugar", "por", "creado", "retirado", "motivo_retiro", "direccion", "miniatura",
        ]  # fmt: skip
        read_only_fields = fields

    def get_por(self, archivo: Archivo) -> str | None:
        return archivo.por.get_username() if self.context["miembro"] else None

    def get_sha256(self, archivo: Archivo) -> str | None:
        return archivo.sha256 if self.context["miembro"] else None

    def get_lugar(self, archivo: Archivo) -> dict[str, float | None] | None:
        if archivo.punto is None or not (self.context["miembro"] or archivo.con_lugar):
            return None
        metros = getattr(archivo, "metros", None)
        return {"lon": archivo.punto.x, "lat": archivo.punto.y, "metros": None if metros is None else round(metros.m)}

    def get_direccion(self, archivo: Archivo) -> str:
        return reverse("archivos:ver", args=[archivo.uid])

    def get_miniatura(self, archivo: Archivo) -> str | None:
        return reverse("archivos:miniatura", args=[archivo.uid]) if archivo.es_imagen else None


class SubidaDeArchivo(Entrada):
    """What is attached, and to what: exactly one of the things."""

    clase = serializers.ChoiceField(choices=ClaseDeArchivo.choices)
    archivo = serializers.FileField(max_length=None, help_text="PDF, JPEG, PNG, WebP, HEIC, DOCX, XLSX, ODT u ODS")
    demanda = serializers.IntegerField(min_value=1, max_value=ID_MAXIMO, required=False, help_text="Id de la demanda")
    proyecto = serializers.IntegerField(min_value=1, max_value=ID_MAXIMO, required=False, help_text="Id del proyecto")
    evento = serializers.IntegerField(min_value=1, max_value=ID_MAXIMO, required=False, help_text="Id del evento")
    producto = serializers.IntegerField(min_value=1, max_value=ID_MAXIMO, required=False, help_text="Id del producto")


@extend_schema(tags=["archivos"])
class ArchivoViewSet(mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Documentos y fotos de una demanda o un proyecto que el usuario puede ver; adjunta quien tiene el rol."""

    queryset = Archivo.objects.select_related("por", "municipio")
    serializer_class = ArchivoSerializer
    filter_backends: list[Any] = []
    accion = PUBLICAR_ARCHIVO  # makes it writable; which action attaching demands, the thing says
    parser_classes = [MultiPartParser]
    lookup_field = "uid"
    lookup_value_converter = "uuid"

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().visibles_para(self.request.user)

    @extend_schema(
        operation_id="archivos_list",
        parameters=[
            OpenApiParameter("demanda", int, description="Id de la demanda de la que son."),
            OpenApiParameter("proyecto", int, description="Id del proyecto del que son."),
            OpenApiParameter("evento", int, description="Id del evento del que son."),
            OpenApiParameter("producto", int, description="Id del producto del proceso del que son."),
        ],
        responses=ArchivoSerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        """Los de una demanda o un proyecto, los más nuevos primero."""
        solo_parametros(request, {enlace.clase for enlace in enlaces.todos()})
        pedidos = {clase: entero(request, clase, 0, ID_MAXIMO) for clase in request.query_params}
        enlace, objeto = self._objeto(pedidos)
        contexto = {**self.get_serializer_context(), "miembro": se_lo_alcanza(request.user, objeto, enlace)}
        return Response(ArchivoSerializer(archivos_de(request.user, objeto, enlace), many=True, context=contexto).data)

    @extend_schema(
        request={"multipart/form-data": SubidaDeArchivo}, responses={201: ArchivoSerializer, 200: ArchivoSerializer}
    )
    def create(self, request: Request) -> Response:
        """Adjunta un archivo; si quien lo subió lo manda otra vez (se perdió la respuesta), 200 con el que ya está."""
        if getattr(request._request, "subida_excedida", False):
            raise ArchivoRechazado(deposito.muy_grande())
        subida = SubidaDeArchivo(data=request.data)
        subida.is_valid(raise_exception=True)
        datos = dict(subida.validated_data)
        clase, archivo = datos.pop("clase"), datos.pop("archivo")
        _enlace, objeto = self._objeto(datos)
        contexto = {**self.get_serializer_context(), "miembro": True}
        try:
            nuevo = servicio.adjuntar(por=request.user, objeto=objeto, archivo=archivo, clase=clase)
        except servicio.ArchivoRepetido as otra_vez:
            if (otra_vez.archivo.por_id, otra_vez.archivo.clase) != (request.user.pk, clase):
                raise
            return Response(ArchivoSerializer(otra_vez.archivo, context=contexto).data)
        return Response(ArchivoSerializer(nuevo, context=contexto).data, status=status.HTTP_201_CREATED)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "miembro": False}

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        solo_parametros(request, set())
        archivo = self.get_object()
        enlace = enlaces.de_clase(archivo.de)
        if enlace is None:
            return Response(self.get_serializer(archivo).data)
        objeto = enlace.objeto_de(archivo)
        archivo = get_object_or_404(archivos_de(request.user, objeto, enlace), pk=archivo.pk)
        contexto = {**self.get_serializer_context(), "miembro": se_lo_alcanza(request.user, objeto, enlace)}
        return Response(ArchivoSerializer(archivo, context=contexto).data)

    def _objeto(self, pedidos: dict[str, int]) -> tuple[enlaces.Enlace, Any]:
        """The one thing that was named; 404 where the reader does not see it."""
        if len(pedidos) != 1:
            raise ValidationError(_("Diga de qué es: una demanda o un proyecto, uno solo."))
        ((clase, pk),) = pedidos.items()
        enlace = enlaces.de_clase(clase)
        if enlace is None:
            raise ValidationError({clase: _("No existe este parámetro.")})
        return enlace, get_object_or_404(enlace.visibles_para(self.request.user), pk=pk)
