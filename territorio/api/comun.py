"""What the endpoints share: lists written in one stream by PostGIS, and how the schema describes them."""

from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from territorio import geojson

LIMITE_MAXIMO = 50_000


class ColeccionMixin:
    """List as a streamed GeoJSON collection. A viewset names its `propiedades` and its `geometria()`."""

    propiedades: dict[str, str] = {}

    def geometria(self):
        return geojson.geometria_propia()

    def list(self, request: Request, *args, **kwargs) -> StreamingHttpResponse:
        for nombre in request.query_params:
            if nombre not in {*self.filterset_class.base_filters, "limite", "desde"}:
                raise ValidationError({nombre: "No existe este parámetro."})
        consulta = self.filter_queryset(self.get_queryset()).order_by("pk")
        desde, limite = entero(request, "desde", 0, 10**9), entero(request, "limite", LIMITE_MAXIMO, LIMITE_MAXIMO)
        # Without paging what is returned is all there is, and counting it first would ask everything twice.
        paginada = {"limite", "desde"} & set(request.query_params)
        extra = {"numberMatched": consulta.count()} if paginada else {}
        cuerpo = geojson.coleccion(consulta[desde : desde + limite], self.propiedades, self.geometria(), extra=extra)
        return StreamingHttpResponse(cuerpo, content_type="application/geo+json")


# GeoJSON (RFC 7946) as the schema describes it: geometry and properties differ by layer.
RASGO = {
    "type": "object",
    "required": ["type", "id", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "integer"},
        "geometry": {"type": "object", "nullable": True, "description": "Geometría GeoJSON en EPSG:4326, o nada."},
        "properties": {"type": "object"},
    },
}
COLECCION = {
    "type": "object",
    "required": ["type", "features", "numberReturned"],
    "properties": {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {"type": "array", "items": RASGO},
        "numberMatched": {"type": "integer", "description": "Cuántos hay en todo, cuando se pide una página."},
        "numberReturned": {"type": "integer"},
    },
}
PAGINA = [
    OpenApiParameter("limite", int, description=f"Cuántos a lo más (hasta {LIMITE_MAXIMO})."),
    OpenApiParameter("desde", int, description="Cuántos saltar."),
]


def entero(request: Request, nombre: str, defecto: int, maximo: int) -> int:
    texto = request.query_params.get(nombre, "")
    if not texto:
        return defecto
    if not texto.isascii() or not texto.isdecimal() or len(texto) > 9 or int(texto) > maximo:
        raise ValidationError({nombre: f"Debe ser un número entero de 0 a {maximo}."})
    return int(texto)
