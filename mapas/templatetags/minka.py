"""Numbers and states as people read them: `{{ monto|bs }}`, `{{ unidad.paso|paso }}`."""

from decimal import Decimal, InvalidOperation

from django import template
from django.conf import settings
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django_guid import get_guid

from cuentas.permisos import puede
from demandas.camino import PARADAS
from demandas.models import EstadoDemanda
from mapas.figuras import ETIQUETA_PASO
from mapas.nombres import en_su_idioma
from proyectos.models import EstadoPlan, EstadoPOA, EstadoProyecto
from proyectos.pasos import hecho as paso_hecho
from proyectos.querysets.embudo import PASO, PASOS
from territorio.models import EstadoEquipamiento, Localizable, UnidadTerritorial
from territorio.permisos import VER_REGISTRO

register = template.Library()


@register.simple_tag
def umbral_de_personas() -> int:
    """Groups of fewer persons are only for the members of their municipality."""
    return settings.MINKA_UMBRAL_PERSONAS


DURO = "\u00a0"  # a figure and its unit stay on one line

ICONOS_DE_PASOS = dict(zip(PASOS, "○!◔◑◕●", strict=True))

# State → (class, icon): colour never speaks alone.
BIEN, AVISO, MAL, NEUTRO = ("bien", "✓"), ("aviso", "!"), ("mal", "✕"), ("neutro", "•")
ASPECTO = {
    EstadoDemanda.EJECUTADA: BIEN,
    EstadoDemanda.DEVUELTA: AVISO,
    EstadoDemanda.RECHAZADA: MAL,
    EstadoProyecto.CONCLUIDO: BIEN,
    EstadoProyecto.PARALIZADO: AVISO,
    EstadoProyecto.DESIERTO: AVISO,
    EstadoProyecto.ANULADO: MAL,
    EstadoProyecto.CANCELADO: MAL,
    EstadoEquipamiento.FUNCIONA: BIEN,
    EstadoEquipamiento.EN_PARTE: AVISO,
    EstadoEquipamiento.CERRADO: MAL,
}

ASPECTO_DE_PLANES = {
    EstadoPlan.CONCERTADO: AVISO,
    EstadoPOA.PRESENTADO: AVISO,
    EstadoPlan.APROBADO: BIEN,
    EstadoPlan.PUBLICADO: BIEN,
    EstadoPOA.CERRADO: BIEN,
}

CAMINO_PROYECTO = (
    EstadoProyecto.IDEA,
    EstadoProyecto.PROGRAMADO,
    EstadoProyecto.EN_LICITACION,
    EstadoProyecto.ADJUDICADO,
    EstadoProyecto.CONTRATADO,
    EstadoProyecto.EN_EJECUCION,
    EstadoProyecto.CONCLUIDO,
)

CAMINOS: dict[str, tuple] = {
    "demanda": PARADAS,
    "proyecto": CAMINO_PROYECTO,
    "pdm": tuple(EstadoPlan),
    "poa": tuple(EstadoPOA),
}


def _numero(valor) -> Decimal | None:
    """`valor` as a finite Decimal, or None: a template never fails on a figure that is not there."""
    if valor is None or valor == "":
        return None
    try:
        numero = Decimal(str(valor))
    except InvalidOperation:
        return None
    return numero if numero.is_finite() else None


@register.simple_tag(takes_context=True)
def ve_registro(context, objeto) -> bool:
    """Whether the record of changes of a unit, demand, project or plan is for the reader; costs a visitor nothing."""
    usuario = getattr(context.get("request"), "user", None)
    if usuario is None or not usuario.is_authenticated:
        return False
    municipio = objeto.municipio_propio if isinstance(objeto, UnidadTerritorial) else objeto.municipio
    lugar = objeto if isinstance(objeto, UnidadTerritorial | Localizable) else None
    return municipio is not None and puede(usuario, VER_REGISTRO, municipio, lugar)


@register.filter
def bs(valor, decimales: int = 2) -> str:
    """Money: `Bs 1.234.567,89`."""
    cifra = _numero(valor)
    if cifra is None:
        return _("sin dato")
    return f"Bs{DURO}{number_format(round(cifra, decimales), decimales, force_grouping=True)}"


@register.filter
def numero(valor, decimales: int | None = None) -> str:
    """A count: `12.400`; a sum of fractions shows one decimal, `93,5`, unless it is whole."""
    cifra = _numero(valor)
    if cifra is None:
        return _("sin dato")
    if decimales is None:
        decimales = 0 if abs(cifra - round(cifra)) < Decimal("0.05") else 1
    return number_format(round(cifra, decimales), decimales, force_grouping=True)


@register.filter
def superficie(m2) -> str:
    """An area given in m²: `850 m²`, `12,4 ha`, `3.030 km²`."""
    cifra = _numero(m2)
    if cifra is None:
        return _("sin dato")
    cifra = abs(cifra)
    unidades = (("km²", 1_000_000, 10_000_000), ("ha", 10_000, 10_000), ("m²", 1, 0))
    unidad, tamanio = next((unidad, tamanio) for unidad, tamanio, desde in unidades if cifra >= desde)
    parte = cifra / tamanio
    return f"{numero(parte, 0 if parte >= 1000 or (unidad == 'm²' and parte >= 10) else None)}{DURO}{unidad}"


@register.filter
def distancia(metros) -> str:
    """A distance given in metres: `85 m`, `1,2 km`."""
    cifra = _numero(metros)
    if cifra is None:
        return _("sin dato")
    if cifra < 1000:
        return f"{numero(cifra, 0)}{DURO}m"
    return f"{numero(cifra / 1000, 1 if cifra < 100_000 else 0)}{DURO}km"


@register.filter
def porcentaje(valor, decimales: int = 0) -> str:
    """A share given as 0–100: `46 %`."""
    cifra = _numero(valor)
    if cifra is None:
        return _("sin dato")
    return f"{number_format(round(cifra, decimales), decimales)}{DURO}%"


@register.filter
def fraccion(valor) -> str:
    """The part of a feature that lies in a unit, given as 0–1: empty where it is all of it."""
    cifra = _numero(valor)
    if cifra is None or cifra > Decimal("0.999"):
        return ""
    if cifra < Decimal("0.01"):
        return _("menos del 1 %")
    return porcentaje(cifra * 100)


@register.filter
def nombre(fila) -> str:
    """The name of a level or sector in the reader's language; empty for none."""
    return en_su_idioma(fila.nombre) if fila else ""


@register.filter
def plural(nivel) -> str:
    """The plural name of a level in the reader's language."""
    return en_su_idioma(nivel.nombre_plural) if nivel else ""


@register.filter
def con_nivel(unidad) -> str:
    """A unit's name; with its level before it where the name is only a number: `Distrito 4`."""
    if any(letra.isalpha() for letra in unidad.nombre):
        return unidad.nombre
    nivel = en_su_idioma(unidad.nivel.nombre)
    return f"{nivel[:1].upper()}{nivel[1:]} {unidad.nombre}"


@register.filter
def paso(valor) -> SafeString | str:
    """A step of the funnel, by number or name: icon, word and colour."""
    nombre = valor if valor in PASO else PASOS[valor] if isinstance(valor, int) and 0 <= valor < len(PASOS) else None
    if nombre is None:
        return ""
    return format_html(
        '<span class="paso paso-{}"><span class="paso-marca" aria-hidden="true">{}</span>{}</span>',
        nombre,
        ICONOS_DE_PASOS[nombre],
        ETIQUETA_PASO[nombre](),
    )


@register.filter
def estado(objeto) -> SafeString:
    """The state of a demand, project, service, plan or programme: icon, word and colour."""
    aspectos = ASPECTO_DE_PLANES if objeto._meta.model_name in ("pdm", "poa") else ASPECTO
    clase, icono = aspectos.get(objeto.estado, NEUTRO)
    return format_html(
        '<span class="estado estado-{}"><span aria-hidden="true">{}</span> {}</span>',
        clase,
        icono,
        objeto.get_estado_display(),
    )


@register.filter
def camino(objeto) -> list[dict]:
    """The way a demand, project, plan or programme goes: stops with `nombre` and `cuando` (hecho, ahora, falta or salida).

    A state off the way (sent back, refused, halted …) is shown as the exit after the first stop: what came between
    is not recorded yet.
    """
    tipo = type(objeto)._meta.get_field("estado").choices
    nombres = dict(tipo)
    paradas = CAMINOS[objeto._meta.model_name]
    if objeto.estado not in paradas:
        return [
            {"nombre": nombres[paradas[0]], "cuando": "hecho"},
            {"nombre": nombres[objeto.estado], "cuando": "salida"},
        ]
    ahora = paradas.index(objeto.estado)
    return [
        {"nombre": nombres[parada], "cuando": "hecho" if i < ahora else "ahora" if i == ahora else "falta"}
        for i, parada in enumerate(paradas)
    ]


@register.simple_tag
def numero_de_peticion() -> str:
    """The id of the request under way, by which whoever runs the service finds its lines in the logs."""
    return get_guid() or ""


@register.filter
def hecho(acto) -> str:
    """A formal act as the ledger tells it: `Aprobado`."""
    return str(paso_hecho(acto.clave))


@register.filter
def estado_hacia(acto) -> str:
    """The state to which an act led, in words."""
    return str(dict(acto.documento._meta.get_field("estado").choices)[acto.hacia])
