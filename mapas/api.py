"""The four questions in the API: the same figures as the pages, with the conservation line."""

from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mapas.figuras import Figuras
from mapas.filtros import PARAMETROS, FiltroInvalido, vista_de
from mapas.preguntas import PREGUNTAS

DESCRIPCION = {
    "municipio": "Código INE del municipio.",
    "nivel": "Código del nivel: distrito, comunidad, otb…",
    "sector": "Código del sector.",
    "tipo": "Tipo de equipamiento, por ejemplo: puesto de salud.",
    "grupo": "Grupo que pide: mujeres, hombres, jovenes, adultos, adultos_mayores, comunidad.",
    "otro": "Grupo con el que se compara, en brechas.",
    "gestion": "Año del POA.",
    "pdm": "Periodo del PDM, por ejemplo 2025-2029.",
    "metros": "Distancia a la que un proyecto atiende a una comunidad, en metros.",
    "medida": "demandas o por_mil; en brechas, pdm o poa.",
    "fecha": "Día pasado (AAAA-MM-DD) cuyos límites, nombres y unidades se usan; hoy si falta.",
}


def como_dict(figuras: Figuras) -> dict[str, Any]:
    """The figures as plain data; what is drawn over the units is left to the layers `demandas` and `proyectos`."""
    return {
        "pregunta": figuras.pregunta,
        "titulo": figuras.titulo,
        "frase": figuras.frase,
        "detalle": figuras.detalle,
        "columnas": [asdict(c) for c in figuras.columnas],
        "filas": figuras.filas,
        "totales": figuras.totales,
        "valor": figuras.valor,
        "clases": [asdict(c) for c in figuras.clases],
        "conservacion": figuras.conservacion.como_dict() | {"objeto": figuras.objeto},
        "conservacion_bs": figuras.conservacion_bs and figuras.conservacion_bs.como_dict(),
        "fuente": figuras.fuente,
        "fecha": figuras.fecha,
        "tablas": [asdict(tabla) for tabla in figuras.tablas],
    }


class PreguntaView(APIView):
    """One of the four questions; its filters are those of the page."""

    pregunta = ""

    @extend_schema(
        tags=["preguntas"],
        parameters=[OpenApiParameter(nombre, str, description=DESCRIPCION[nombre]) for nombre in PARAMETROS],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        for nombre in request.query_params:
            if nombre not in PARAMETROS:
                raise FiltroInvalido(
                    _("No existe el parámetro «%(nombre)s»; puede ser: %(permitidos)s.")
                    % {"nombre": nombre[:40], "permitidos": ", ".join(PARAMETROS)}
                )
        vista = vista_de(request.query_params, request.user, pregunta=self.pregunta)
        with vista.en_su_dia():
            return Response(como_dict(PREGUNTAS[self.pregunta](vista, con_rasgos=False)))
