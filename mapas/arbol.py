"""The levels of a municipality as a tree: what hangs from each unit, by level; parallel ladders hang side by side."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mapas.figuras import plural
from mapas.listas import con_palabras
from territorio.models import Limite, Nivel, UnidadEnUnidad, UnidadTerritorial

# A longer list of one level comes when its heading is opened.
DE_UNA_VEZ = 60
HALLADAS = 30
# Less than this of a community in a cantón is two drawings of one border.
PARTE_MINIMA = 0.01


@dataclass
class Grupo:
    """The units of one level that hang from a unit; `unidades` is empty until the heading is opened."""

    de: UnidadTerritorial
    nivel: Nivel
    cuantas: int
    unidades: list[UnidadTerritorial] = field(default_factory=list)

    @property
    def titulo(self) -> str:
        return f"{number_format(self.cuantas)} {plural(self.nivel, self.cuantas)}"


def cuelgan_de(unidad: UnidadTerritorial) -> QuerySet:
    """Units that declare `unidad` their parent; of one that is nobody's parent (a cantón), the base units in it."""
    vigentes = UnidadTerritorial.objects.exclude(pk=unidad.pk).vigentes()
    if unidad.nivel.codigo == "municipio":
        return vigentes.filter(Q(padre=unidad, municipio=unidad) | Q(municipio=unidad, padre=None))
    hijas = vigentes.filter(padre=unidad)
    if unidad.nivel.es_base or hijas.exists():
        return hijas
    dentro = UnidadEnUnidad.objects.filter(unidad=unidad, parte__nivel__es_base=True, fraccion__gte=PARTE_MINIMA)
    return vigentes.filter(pk__in=dentro.values("parte"))


def grupos(unidad: UnidadTerritorial, *, abierto: str = "") -> list[Grupo]:
    """What hangs from a unit, level by level; lists that are short, and that of the level `abierto`, come with it."""
    cuelgan = cuelgan_de(unidad)
    cuantas = dict(cuelgan.order_by().values_list("nivel").annotate(n=Count("pk")))
    niveles = Nivel.objects.in_bulk(cuantas)
    hechos = [Grupo(unidad, nivel, cuantas[nivel.pk]) for nivel in sorted(niveles.values(), key=_por_orden)]
    for grupo in hechos:
        if grupo.cuantas <= DE_UNA_VEZ or grupo.nivel.codigo == abierto:
            grupo.unidades = lista(grupo)
    return hechos


def lista(grupo: Grupo) -> list[UnidadTerritorial]:
    """The units of a group in the order of their names, each told whether it opens and whether it has a place."""
    return list(_para_el_arbol(cuelgan_de(grupo.de).filter(nivel=grupo.nivel)).order_by("nombre", "codigo"))


def _para_el_arbol(unidades: QuerySet) -> QuerySet:
    en_ella = UnidadEnUnidad.objects.filter(unidad=OuterRef("pk"), parte__nivel__es_base=True)
    return (
        unidades.select_related("nivel")
        .defer("punto", "municipio")
        .annotate(
            abre=Exists(UnidadTerritorial.objects.filter(padre=OuterRef("pk")))
            | Q(Exists(en_ella), nivel__es_base=False),
            con_lugar=Q(punto__isnull=False) | Exists(Limite.objects.en_vigor().filter(unidad=OuterRef("pk"))),
        )
    )


def camino(unidad: UnidadTerritorial) -> list[UnidadTerritorial]:
    """From the municipality down to the unit, as they hang in the tree."""
    pasos = [unidad]
    while (padre := pasos[0].padre) is not None and padre.municipio_id is not None and len(pasos) < 20:
        pasos.insert(0, padre)
    if unidad.municipio_id:
        pasos.insert(0, unidad.municipio)
    return pasos


def buscadas(municipio: UnidadTerritorial, buscado: str) -> QuerySet:
    """Units of the municipality by name, present or past, or by code, own or of another scheme; accents do not count."""
    propias = UnidadTerritorial.objects.del_municipio(municipio).vigentes()
    por_otro = con_palabras(propias, ("denominaciones__nombre", "codigos_externos__codigo"), buscado)
    hallables = propias.filter(
        Q(pk__in=con_palabras(propias, ("nombre", "codigo"), buscado).order_by().values("pk"))
        | Q(pk__in=por_otro.order_by().values("pk"))
    )
    return hallables.select_related("nivel", "padre__nivel").order_by("nivel__orden", "nombre", "codigo")


def resumen(municipio: UnidadTerritorial) -> str:
    """«Ñuñu Mayu: 12 distritos, 95 comunidades; 3 sin lugar conocido»."""
    propias = UnidadTerritorial.objects.filter(municipio=municipio).vigentes()
    cuentas = [
        (Nivel(nombre=u["nivel__nombre"], nombre_plural=u["nivel__nombre_plural"]), u["n"])
        for u in propias.order_by("nivel__orden", "nivel__codigo")
        .values("nivel__orden", "nivel__codigo", "nivel__nombre", "nivel__nombre_plural")
        .annotate(n=Count("pk"))
    ]
    if not cuentas:
        return _("%(municipio)s: todavía sin distritos ni comunidades") % {"municipio": municipio.nombre}
    niveles = ", ".join(f"{number_format(n)} {plural(nivel, n)}" for nivel, n in cuentas)
    frase = f"{municipio.nombre}: {niveles}"
    sin_lugar = sin_lugar_conocido(propias).count()
    if sin_lugar:
        frase += "; " + ngettext("%(n)s sin lugar conocido", "%(n)s sin lugar conocido", sin_lugar) % {
            "n": number_format(sin_lugar)
        }
    return frase


def sin_lugar_conocido(unidades: QuerySet) -> QuerySet:
    """Units with neither limit in force nor point."""
    return unidades.filter(punto=None).exclude(Exists(Limite.objects.en_vigor().filter(unidad=OuterRef("pk"))))


def niveles_de(municipio: UnidadTerritorial) -> list[Nivel]:
    """The levels that the municipality has units of, below itself."""
    return list(Nivel.objects.filter(unidades__municipio=municipio).distinct().order_by("orden", "codigo"))


def _por_orden(nivel: Nivel) -> tuple[int, str]:
    return nivel.orden, nivel.codigo
