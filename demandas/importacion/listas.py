"""What people choose from when they fill in demands: units, sectors and events, each by a name of its own."""

from collections import Counter

from django.utils import timezone
from django.utils.formats import date_format

from demandas.models import Evento
from territorio.importacion.pedido_tabla import sectores_por_codigo
from territorio.models import Sector, UnidadTerritorial


def unidades_de(municipio: UnidadTerritorial) -> list[UnidadTerritorial]:
    """Its units in existence, the largest first."""
    propias = UnidadTerritorial.objects.filter(municipio=municipio).vigentes().select_related("nivel", "padre")
    return list(propias.order_by("nivel__orden", "nombre", "codigo"))


def nombre_de_unidad(unidad: UnidadTerritorial) -> str:
    """«Peñas (comunidad 002)»: what people read and what tells it from all others."""
    return f"{unidad.nombre} ({unidad.nivel.codigo} {unidad.codigo})"


def sectores() -> list[Sector]:
    """Those of the newest catalogue, by code."""
    return sorted(sectores_por_codigo().values(), key=lambda s: s.codigo)


def eventos_de(municipio: UnidadTerritorial, cuantos: int = 200) -> list[tuple[Evento, str]]:
    """Its latest events, with a name by which an import knows each."""
    hasta_hoy = Evento.objects.filter(municipio=municipio, fecha__lte=timezone.localdate()).select_related("unidad")
    eventos = list(hasta_hoy[:cuantos])
    veces = Counter(map(str, eventos))
    return [
        (evento, str(evento) if veces[str(evento)] == 1 else f"{evento} · {date_format(evento.fecha, 'd/m/Y')}")
        for evento in eventos
    ]
