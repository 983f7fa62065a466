"""Lists of demands, projects and services: the query string read once, so that page and download show the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Case, DecimalField, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext as _

from cuentas.guardia.parametros import ParametroInvalido, entero, uno_de
from demandas.models import Demanda, EstadoDemanda, Grupo
from mapas.nombres import en_su_idioma
from proyectos.models import POA, EstadoProyecto, Operacion, Proyecto
from proyectos.models.proyecto import SIN_EFECTO
from territorio.models import Equipamiento, EstadoEquipamiento, Municipio, Sector, UbicadaPor, UnidadTerritorial

# A project is late when it has reached this many points less than was programmed to date.
PUNTOS_DE_ATRASO = 15
LARGO_DE_BUSQUEDA = 100
# What the query string of each list may hold.
_DE_TODA_LISTA = ("q", "municipio", "unidad", "sector", "estado", "lugar", "orden")
LISTAS = {
    "demandas": (*_DE_TODA_LISTA, "grupo"),
    "proyectos": (*_DE_TODA_LISTA, "plan", "avance"),
    "equipamientos": (*_DE_TODA_LISTA, "tipo"),
}


@dataclass(frozen=True)
class Filtro:
    """A choice in a list's form; `opciones` are (value, label, chosen)."""

    clave: str
    nombre: str
    todas: str
    opciones: list[tuple[str, str, bool]]


def texto(parametros: Mapping[str, str], clave: str) -> str:
    """A value of the query string that PostgreSQL can take: short and without NUL."""
    return (parametros.get(clave) or "").replace("\x00", "").strip()[:LARGO_DE_BUSQUEDA]


def con_palabras(queryset: QuerySet, campos: tuple[str, ...], buscado: str) -> QuerySet:
    """Rows where each word of `buscado` is in one of `campos`, whatever the accents and capitals."""
    for palabra in buscado.split()[:8]:
        en_alguno = Q()
        for campo in campos:
            en_alguno |= Q(**{f"{campo}__unaccent__icontains": palabra})
        queryset = queryset.filter(en_alguno)
    return queryset


def _comunes(queryset: QuerySet, parametros: Mapping[str, str], estados: Sequence[str]) -> QuerySet:
    """Filters that all lists share; raises `ParametroInvalido`."""
    if municipio := texto(parametros, "municipio"):
        queryset = queryset.filter(municipio__in=Municipio.objects.filter(codigo=municipio))
    if sector := texto(parametros, "sector"):
        if not Sector.objects.filter(codigo=sector).exists():
            raise ParametroInvalido(
                _("No hay un sector con el código «%(codigo)s».") % {"codigo": sector[:40]}, "sector"
            )
        queryset = queryset.de_sector(sector)
    if estado := uno_de(texto(parametros, "estado"), estados, "estado"):
        queryset = queryset.filter(estado=estado)
    if lugar := uno_de(texto(parametros, "lugar"), UbicadaPor.values, "lugar"):
        queryset = queryset.filter(ubicada_por=lugar)
    if unidad := entero(texto(parametros, "unidad"), "unidad"):
        queryset = queryset.filter(pk__in=queryset.en(unidad).order_by().values("pk"))
    return queryset


def _por_estado(estados) -> Case:
    """The place of a state in its way: sorting by its code would mean nothing."""
    casos = [When(estado=valor, then=Value(i)) for i, valor in enumerate(estados)]
    return Case(*casos, default=Value(99), output_field=IntegerField())


ORDEN_DEMANDAS = {
    "codigo": ["codigo"],
    "titulo": ["titulo"],
    "proponente": ["proponente__nombre", "codigo"],
    "sector": ["sector__codigo", "codigo"],
    "grupo": ["grupo", "codigo"],
    "puesto": ["puesto", "codigo"],
    "beneficiarios": ["personas", "codigo"],
    "costo": ["costo_estimado", "codigo"],
    "estado": ["_estado", "codigo"],
    "fecha": ["fecha", "codigo"],
}


def demandas_pedidas(parametros: Mapping[str, str], usuario) -> QuerySet:
    """The demands that a query string asks for, of those `usuario` may see; annotated `puesto` and `con_personas`.

    Keys: q, municipio, unidad (id), sector, grupo, estado, lugar (see `UbicadaPor`), orden (`-` before it: backwards).
    Those joined to another count through it, and are listed only where their state is what is asked for.
    """
    demandas = _comunes(Demanda.objects.visibles_para(usuario), parametros, EstadoDemanda.values)
    if texto(parametros, "estado") != EstadoDemanda.UNIDA:
        demandas = demandas.propias()
    if grupo := uno_de(texto(parametros, "grupo"), Grupo.values, "grupo"):
        demandas = demandas.de(grupo=grupo)
    demandas = con_palabras(demandas, ("titulo", "codigo", "proponente__nombre"), texto(parametros, "q"))
    demandas = demandas.con_puesto().con_personas(usuario).annotate(_estado=_por_estado(EstadoDemanda.values))
    return _ordenadas(demandas, ORDEN_DEMANDAS, texto(parametros, "orden"))


ORDEN_PROYECTOS = {
    "codigo": ["codigo"],
    "nombre": ["nombre"],
    "sector": ["sector__codigo", "codigo"],
    "costo": ["costo_total", "codigo"],
    "fisico": ["fisico", "codigo"],
    "financiero": ["financiero", "codigo"],
    "atraso": ["atraso", "codigo"],
    "estado": ["_estado", "codigo"],
}


def proyectos_pedidos(parametros: Mapping[str, str], usuario) -> QuerySet:
    """The projects that a query string asks for, of those `usuario` may see.

    Annotated with their newest operation: `gestion`, `fisico`, `programado`, `atraso` (points), `financiero` (%).
    Keys: q, municipio, unidad (id), sector, estado, lugar, plan (si | no), avance (atrasado), orden.
    """
    pedidos = _comunes(Proyecto.objects.visibles_para(usuario), parametros, EstadoProyecto.values)
    proyectos = con_ultima_operacion(pedidos, usuario)
    if plan := uno_de(texto(parametros, "plan"), ("si", "no"), "plan"):
        proyectos = proyectos.filter(pdm__isnull=plan == "no")
    if uno_de(texto(parametros, "avance"), ["atrasado"], "avance"):
        proyectos = proyectos.filter(atraso__gt=PUNTOS_DE_ATRASO)
    proyectos = con_palabras(proyectos, ("nombre", "codigo", "unidad__nombre"), texto(parametros, "q"))
    proyectos = proyectos.annotate(_estado=_por_estado(EstadoProyecto.values))
    return _ordenadas(proyectos, ORDEN_PROYECTOS, texto(parametros, "orden"))


ORDEN_EQUIPAMIENTOS = {
    "codigo": ["codigo"],
    "nombre": ["nombre"],
    "tipo": ["tipo", "nombre"],
    "sector": ["sector__codigo", "nombre"],
    "unidad": ["unidad__nombre", "nombre"],
    "lugar": ["ubicada_por", "nombre"],
    "estado": ["_estado", "nombre"],
}


def equipamientos_pedidos(parametros: Mapping[str, str], _usuario) -> QuerySet:
    """The services that a query string asks for; they are public.

    Keys: q, municipio, unidad (id), sector, tipo, estado, lugar, orden.
    """
    equipamientos = _comunes(Equipamiento.objects.all(), parametros, EstadoEquipamiento.values)
    if tipo := texto(parametros, "tipo"):
        equipamientos = equipamientos.de_tipo(tipo)
    equipamientos = con_palabras(
        equipamientos, ("nombre", "codigo", "tipo", "unidad__nombre"), texto(parametros, "q")
    ).annotate(_estado=_por_estado(EstadoEquipamiento.values))
    return _ordenadas(equipamientos, ORDEN_EQUIPAMIENTOS, texto(parametros, "orden"))


def con_ultima_operacion(proyectos: QuerySet, usuario) -> QuerySet:
    ultima = (
        Operacion.objects.filter(proyecto=OuterRef("pk"), poa__in=POA.objects.visibles_para(usuario).order_by())
        .con_financiero()
        .order_by("-poa__gestion")
    )
    porcentaje = DecimalField(max_digits=5, decimal_places=2)
    return proyectos.annotate(
        gestion=Subquery(ultima.values("poa__gestion")[:1]),
        fisico=Subquery(ultima.values("fisico_alcanzado")[:1], output_field=porcentaje),
        programado=Subquery(ultima.values("fisico_programado")[:1], output_field=porcentaje),
        financiero=Subquery(ultima.values("financiero")[:1]),
    ).annotate(
        # What will not be built is not late.
        atraso=Case(
            When(estado__in=SIN_EFECTO, then=Value(None)),
            default=F("programado") - F("fisico"),
            output_field=porcentaje,
        )
    )


def _ordenadas(queryset: QuerySet, permitidos: dict[str, list[str]], orden: str) -> QuerySet:
    """Sort by an allowed key; what has no value goes last either way. Raises `ParametroInvalido`."""
    uno_de(orden, [*permitidos, *(f"-{clave}" for clave in permitidos)], "orden")
    al_reves = orden.startswith("-")
    campos = permitidos[orden.removeprefix("-") or "codigo"]
    return queryset.order_by(
        *(F(campo).desc(nulls_last=True) if al_reves else F(campo).asc(nulls_last=True) for campo in campos), "pk"
    )


def filtros_de_demandas(parametros: Mapping[str, str], municipio) -> list[Filtro]:
    return [
        _filtro("estado", _("Estado"), _("Todos"), EstadoDemanda.choices, parametros),
        _filtro_sector(parametros, Sector.objects.filter(demandas__municipio=municipio)),
        _filtro("grupo", _("Grupo"), _("Todos"), Grupo.choices, parametros),
        _filtro_lugar(parametros),
    ]


def filtros_de_proyectos(parametros: Mapping[str, str], municipio) -> list[Filtro]:
    planes = [("si", _("en el PDM")), ("no", _("fuera del PDM"))]
    return [
        _filtro("estado", _("Estado"), _("Todos"), EstadoProyecto.choices, parametros),
        _filtro_sector(parametros, Sector.objects.filter(proyectos__municipio=municipio)),
        _filtro("plan", _("Plan"), _("Todos"), planes, parametros),
        _filtro("avance", _("Avance"), _("Todos"), [("atrasado", _("atrasados"))], parametros),
    ]


def filtros_de_equipamientos(parametros: Mapping[str, str], municipio) -> list[Filtro]:
    tipos = Equipamiento.objects.filter(municipio=municipio).order_by("tipo").values_list("tipo", flat=True).distinct()
    return [
        _filtro("estado", _("Estado"), _("Todos"), EstadoEquipamiento.choices, parametros),
        _filtro_sector(parametros, Sector.objects.filter(equipamientos__municipio=municipio)),
        _filtro("tipo", _("Tipo"), _("Todos"), [(tipo, tipo) for tipo in tipos], parametros),
        _filtro_lugar(parametros),
    ]


def _filtro_sector(parametros: Mapping[str, str], sectores: QuerySet) -> Filtro:
    opciones = [(s.codigo, en_su_idioma(s.nombre)) for s in sectores.distinct()]
    return _filtro("sector", _("Sector"), _("Todos"), opciones, parametros)


def _filtro_lugar(parametros: Mapping[str, str]) -> Filtro:
    nombres = {
        UbicadaPor.PROPIA: _("con lugar propio"),
        UbicadaPor.UNIDAD: _("por su unidad"),
        UbicadaPor.ANCESTRO: _("por una unidad superior"),
        UbicadaPor.SIN_UBICAR: _("sin ubicar"),
    }
    return _filtro("lugar", _("Lugar"), _("Todos"), list(nombres.items()), parametros)


def _filtro(clave: str, nombre: str, todas: str, opciones, parametros: Mapping[str, str]) -> Filtro:
    elegida = texto(parametros, clave)
    return Filtro(clave, nombre, todas, [(str(valor), str(que), valor == elegida) for valor, que in opciones])


def unidad_pedida(parametros: Mapping[str, str]) -> UnidadTerritorial | None:
    """The unit that narrows a list, to name it on the page."""
    unidad = entero(texto(parametros, "unidad"), "unidad")
    return UnidadTerritorial.objects.filter(pk=unidad).first() if unidad else None
