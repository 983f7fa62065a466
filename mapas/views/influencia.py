"""Areas of influence for the map pages: estimated outlines, for who asks to see them."""

import gzip
import json
from hashlib import md5
from typing import Any

import shapely
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from cuentas.guardia.parametros import parametros, uno_de
from mapas import geometrias
from mapas.filtros import Vista, fecha_de
from territorio.fechas import al, hoy
from territorio.influencia import METODO
from territorio.influencia import influencia as areas_de
from territorio.models import Limite, Municipio, Nivel, UnidadTerritorial

SEGUNDOS_EN_CACHE = 24 * 3600
# About a metre: what is estimated needs no more.
DECIMALES = 5


@require_safe
@parametros("fecha")
def influencia(request: HttpRequest, municipio: str, nivel: str) -> HttpResponse:
    """GeoJSON of a level's areas of influence; each says that it is estimated."""
    uno = get_object_or_404(Municipio, codigo=municipio)
    del_nivel = get_object_or_404(Nivel, codigo=nivel)
    with al(fecha_de(request.GET)):
        # The areas depend on the limits that cut them, which are of other levels.
        versiones = [
            geometrias.resumen(municipio_id=uno.pk, nivel_id=pk).version
            for pk in Nivel.objects.filter(unidades__municipio=uno).distinct().values_list("pk", flat=True)
        ]
        huella = md5(".".join(versiones).encode(), usedforsecurity=False).hexdigest()
        clave = f"influencia:{uno.pk}:{del_nivel.pk}:{hoy()}:{huella}"
        if (comprimido := cache.get(clave)) is None:
            comprimido = gzip.compress(_texto(uno, del_nivel).encode(), 6)
            cache.set(clave, comprimido, SEGUNDOS_EN_CACHE)
    respuesta = HttpResponse(gzip.decompress(comprimido), content_type="application/geo+json")
    respuesta["Cache-Control"] = "private, no-cache"
    return respuesta


def _texto(municipio: UnidadTerritorial, nivel: Nivel) -> str:
    rasgos = [
        {
            "type": "Feature",
            "id": area.unidad.pk,
            "properties": {"estimada": True, "metodo": METODO, "nombre": area.unidad.nombre, "en": area.en.nombre},
            "geometry": json.loads(shapely.to_geojson(shapely.set_precision(area.geom, 10**-DECIMALES))),
        }
        for area in areas_de(municipio, nivel)
    ]
    return json.dumps({"type": "FeatureCollection", "features": rasgos}, ensure_ascii=False, separators=(",", ":"))


def pedida(vista: Vista, pedido) -> dict[str, Any] | None:
    """What a map page needs to offer or draw the areas; None at a level without units that only have a point."""
    con_limite = Limite.objects.en_vigor().filter(unidad__municipio=vista.municipio, unidad__nivel=vista.nivel)
    if not vista.unidades.filter(punto__isnull=False).exclude(pk__in=con_limite.values("unidad")).exists():
        return None
    dibujada = uno_de(pedido.get("influencia", ""), ["1"], "influencia") == "1"
    direccion = reverse("mapas:influencia", args=[vista.municipio.codigo, vista.nivel.codigo])
    fecha = f"?fecha={vista.fecha.isoformat()}" if vista.fecha else ""
    return {
        "dibujada": dibujada,
        "geometria": direccion + fecha,
        "cambiar": f"?{vista.query()}" if dibujada else f"?{vista.query()}&influencia=1",
    }
