"""Lists of meetings: the query string read once, so that page and download show the same rows; and what to mind of one."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Case, IntegerField, QuerySet, Sum, Value, When
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from cuentas.guardia.parametros import entero, uno_de
from demandas.models import EstadoEvento, Evento, TipoDeEvento
from territorio.models import Cifra, Municipio, Poblacion, UnidadTerritorial

PARAMETROS = ("q", "municipio", "tipo", "estado", "anio", "unidad", "proceso", "orden")
ORDENES = {
    "fecha": ["fecha", "pk"],
    "tipo": ["_tipo", "-fecha", "pk"],
    "unidad": ["unidad__nombre", "-fecha", "pk"],
    "estado": ["estado", "-fecha", "pk"],
}


@dataclass(frozen=True)
class Filtro:
    """A choice in the list's form; `opciones` are (value, label, chosen)."""

    clave: str
    nombre: str
    todas: str
    opciones: list[tuple[str, str, bool]]


def eventos_pedidos(parametros: Mapping[str, str], usuario) -> QuerySet[Evento]:
    """The meetings that a query string asks for, of those `usuario` may see; the newest first unless `orden` says so.

    Keys: q, municipio, tipo, estado, anio, unidad (id: those of it and of what lies in it), proceso (id), orden.
    """
    eventos = Evento.objects.visibles_para(usuario)
    if municipio := parametros.get("municipio", ""):
        eventos = eventos.filter(municipio__in=Municipio.objects.filter(codigo=municipio[:80]))
    if tipo := uno_de(parametros.get("tipo", ""), TipoDeEvento.values, "tipo"):
        eventos = eventos.filter(tipo=tipo)
    if estado := uno_de(parametros.get("estado", ""), EstadoEvento.values, "estado"):
        eventos = eventos.filter(estado=estado)
    if anio := entero(parametros.get("anio", ""), "anio", desde=1990, hasta=2200):
        eventos = eventos.filter(fecha__year=anio)
    if proceso := entero(parametros.get("proceso", ""), "proceso"):
        eventos = eventos.filter(proceso=proceso)
    if unidad := entero(parametros.get("unidad", ""), "unidad"):
        eventos = eventos.de_unidad(unidad)
    eventos = eventos.con_palabras(parametros.get("q", "").strip()[:100])
    orden = uno_de(parametros.get("orden", ""), [*ORDENES, *(f"-{clave}" for clave in ORDENES)], "orden") or "-fecha"
    campos = ORDENES[orden.removeprefix("-")]
    if orden.startswith("-"):
        campos = [campo.removeprefix("-") if campo.startswith("-") else f"-{campo}" for campo in campos]
    casos = [When(tipo=valor, then=Value(i)) for i, valor in enumerate(TipoDeEvento.values)]
    return eventos.annotate(_tipo=Case(*casos, output_field=IntegerField())).order_by(*campos)


def filtros_de_eventos(parametros: Mapping[str, str], municipio: UnidadTerritorial, usuario) -> list[Filtro]:
    suyos = Evento.objects.visibles_para(usuario).filter(municipio=municipio)
    anios = suyos.order_by("-fecha__year").values_list("fecha__year", flat=True)
    return [
        _filtro("tipo", _("Tipo"), TipoDeEvento.choices, parametros),
        _filtro("estado", _("Estado"), EstadoEvento.choices, parametros),
        _filtro("anio", _("Año"), [(str(anio), str(anio)) for anio in anios.distinct()], parametros),
    ]


def _filtro(clave: str, nombre: str, opciones, parametros: Mapping[str, str]) -> Filtro:
    elegida = parametros.get(clave, "")
    return Filtro(clave, nombre, _("Todos"), [(v, str(que), v == elegida) for v, que in opciones])


def unidad_pedida(parametros: Mapping[str, str]) -> UnidadTerritorial | None:
    """The unit that narrows a list, or to which something new belongs."""
    unidad = entero(parametros.get("unidad", ""), "unidad")
    return UnidadTerritorial.objects.select_related("nivel", "municipio").filter(pk=unidad).first() if unidad else None


def avisos(evento: Evento) -> list[str]:
    """What its people should look at again: more persons than live there."""
    personas = evento.asistencias.aggregate(n=Sum("personas"))["n"] or 0
    censo = Poblacion.objects.ultimo_censo(evento.municipio)
    habitantes = Cifra.objects.habitantes(censo).filter(unidad=evento.unidad_id).first() if censo else None
    if habitantes is None or personas <= habitantes.valor:
        return []
    return [
        _("Asistieron %(n)s personas y en %(unidad)s viven %(total)s (Censo %(censo)s): revise la cuenta.")
        % {
            "n": number_format(personas),
            "unidad": evento.unidad.nombre,
            "total": number_format(round(habitantes.valor)),
            "censo": censo,
        }
    ]
