"""Every layer, declared once: what it holds, its fields, who may see it. Whoever needs a layer asks here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import shapely
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _
from shapely.geometry.base import BaseGeometry

from demandas.api import DemandaViewSet
from demandas.asistencia import con_asistentes
from demandas.eventos import PARAMETROS as PARAMETROS_DE_EVENTOS
from demandas.eventos import eventos_pedidos
from mapas.disputas import disputas
from mapas.figuras import Figuras
from mapas.filtros import PARAMETROS, Vista
from mapas.listas import LISTAS, demandas_pedidas, equipamientos_pedidos, proyectos_pedidos
from mapas.preguntas import PREGUNTAS
from proyectos.api import ProyectoViewSet
from territorio import geojson
from territorio.api import UnidadViewSet
from territorio.conservacion import Conservacion
from territorio.influencia import METODO, influencia
from territorio.models import UnidadTerritorial

# One row of a layer: id, geometry in the encoding asked for (None without place), properties by name.
Rasgo = tuple[int, Any, dict[str, Any]]


# What a name alone does not say.
SIGNIFICADO = {
    "mujeres": "mujeres a quienes beneficia; vacío si nadie las contó o si está reservado",
    "hombres": "hombres a quienes beneficia; vacío si nadie los contó o si está reservado",
    "personas": "mujeres y hombres; vacío si nadie los contó, o si está reservado y son pocas personas",
    "reservado": "sí: se calla un grupo de pocas personas, que solo ven quienes trabajan en el municipio",
}


@dataclass(frozen=True)
class Campo:
    """A property of a layer: its name in files, what it means, and the ten characters a shapefile leaves it."""

    nombre: str
    titulo: str
    corto: str


@dataclass(frozen=True)
class Capa:
    """A layer. Either `consulta` gives features of a model, or `pregunta` gives the figures of units."""

    clave: str
    titulo: Any
    pregunta: str = ""
    consulta: Callable[[Vista, Mapping[str, str]], QuerySet] | None = None
    geometria: Callable[[], Any] = geojson.geometria_propia
    propiedades: dict[str, str] = field(default_factory=dict)
    areas: Callable[[Vista], Iterable[tuple[int, BaseGeometry, dict[str, Any]]]] | None = None
    de_lista: tuple[str, ...] = ()  # parameters that its list takes besides those of a view
    significado: dict[str, str] = field(default_factory=lambda: SIGNIFICADO)

    @property
    def filtros(self) -> str:
        """The question whose filters apply to this layer."""
        return self.pregunta or "demanda"

    @property
    def parametros(self) -> frozenset[str]:
        """What the query string of its download may hold."""
        return frozenset((*PARAMETROS, *self.de_lista))

    def leer(self, vista: Vista, parametros: Mapping[str, str], codificar) -> "Contenido":
        """The layer's rows under a view, each geometry passed through `codificar` (AsGeoJSON, AsWKB …).

        `parametros` is the query string: lists filter by more than a view does (words, state …).
        """
        if self.pregunta:
            return self._de_figuras(PREGUNTAS[self.pregunta](vista, con_rasgos=False), codificar)
        if self.areas:
            return self._de_areas(vista, codificar)
        return self._de_modelo(vista, parametros, codificar)

    def _de_areas(self, vista: Vista, codificar) -> "Contenido":
        """Geometry worked out here and not in the database, in the encoding that `codificar` asks PostGIS for."""
        en_texto = isinstance(codificar(F("geom")), AsGeoJSON)
        filas = list(self.areas(vista))
        rasgos = (
            (pk, shapely.to_geojson(geom) if en_texto else shapely.to_wkb(geom), propiedades)
            for pk, geom, propiedades in filas
        )
        return Contenido(self, _campos(list(PROPIEDADES_INFLUENCIA)), rasgos)

    def _de_modelo(self, vista: Vista, parametros: Mapping[str, str], codificar) -> "Contenido":
        consulta = self.consulta(vista, parametros)
        nombres = list(self.propiedades)
        filas = consulta.annotate(_forma=codificar(self.geometria())).values_list(
            "pk", "_forma", *self.propiedades.values()
        )
        rasgos = (
            (pk, forma, dict(zip(nombres, valores, strict=True)))
            for pk, forma, *valores in filas.iterator(chunk_size=2000)
        )
        conservacion = None
        if hasattr(consulta, "conservacion"):
            conservacion = consulta.conservacion(vista.nivel, vista.municipio)
        return Contenido(self, _campos(nombres, self.significado), rasgos, conservacion)

    def _de_figuras(self, figuras: Figuras, codificar) -> "Contenido":
        columnas = [c.clave for c in figuras.columnas]
        titulos = {c.clave: c.titulo for c in figuras.columnas} | {"clase": str(_("Clase"))}
        formas = dict(
            UnidadTerritorial.objects.filter(pk__in=[fila["id"] for fila in figuras.filas])
            .con_limite()
            .annotate(_forma=codificar(F("geometria")))
            .values_list("pk", "_forma")
        )
        nombres = ["codigo", "nombre", *columnas, "clase"]
        rasgos = ((fila["id"], formas.get(fila["id"]), {n: fila[n] for n in nombres}) for fila in figuras.filas)
        return Contenido(self, _campos(nombres, titulos), rasgos, figuras.conservacion, figuras)


@dataclass(frozen=True)
class Contenido:
    """What a layer gives under a view: fields, rows (once), and the conservation line where things are counted."""

    capa: Capa
    campos: list[Campo]
    rasgos: Iterable[Rasgo]
    conservacion: Conservacion | None = None
    figuras: Figuras | None = None


def _campos(nombres: list[str], titulos: dict[str, str] | None = None) -> list[Campo]:
    """Fields with distinct ten-character names: cut, and numbered where the cut makes two alike."""
    usados: set[str] = set()
    campos = []
    for nombre in nombres:
        corto, n = nombre[:10], 1
        while corto in usados:
            n += 1
            corto = f"{nombre[: 10 - len(str(n)) - 1]}_{n}"
        usados.add(corto)
        campos.append(Campo(nombre, (titulos or {}).get(nombre, nombre.replace("_", " ")), corto))
    return campos


def _con_municipio(vista: Vista, parametros: Mapping[str, str]) -> dict[str, str]:
    """A list without a municipality is that of the view's."""
    return {**{clave: parametros[clave] for clave in parametros}, "municipio": vista.municipio.codigo}


PROPIEDADES_INFLUENCIA = ("codigo", "nombre", "estimada", "metodo", "en", "comparten")


def _areas_de_influencia(vista: Vista) -> Iterable[tuple[int, BaseGeometry, dict[str, Any]]]:
    """Estimated areas, each saying that it is one, by what method, and within whose limit."""
    for area in influencia(vista.municipio, vista.nivel):
        propias = (area.unidad.codigo, area.unidad.nombre, True, METODO, area.en.nombre, area.comparten)
        yield area.unidad.pk, area.geom, dict(zip(PROPIEDADES_INFLUENCIA, propias, strict=True))


CAPAS: dict[str, Capa] = {
    capa.clave: capa
    for capa in (
        Capa(
            "unidades",
            _("Unidades territoriales"),
            consulta=lambda vista, _parametros: vista.unidades.con_limite().order_by("codigo"),
            geometria=lambda: F("geometria"),
            propiedades=UnidadViewSet.propiedades,
        ),
        Capa(
            "demandas",
            _("Demandas"),
            consulta=lambda vista, parametros: demandas_pedidas(_con_municipio(vista, parametros), vista.usuario),
            propiedades=DemandaViewSet.propiedades,
            de_lista=LISTAS["demandas"],
        ),
        Capa(
            "proyectos",
            _("Proyectos"),
            consulta=lambda vista, parametros: proyectos_pedidos(
                _con_municipio(vista, parametros), vista.usuario
            ).con_pdm_visible(vista.usuario),
            propiedades=ProyectoViewSet.propiedades,
            de_lista=LISTAS["proyectos"],
        ),
        Capa(
            "disputas",
            _("Disputas de límites"),
            consulta=lambda vista, _parametros: disputas(vista),
            geometria=lambda: F("geom"),
            propiedades={
                "unidad": "una__unidad__codigo",
                "unidad_nombre": "una__unidad__nombre",
                "unidad_estado": "una__estado",
                "otra": "otra__unidad__codigo",
                "otra_nombre": "otra__unidad__nombre",
                "otra_estado": "otra__estado",
                "m2": "m2",
            },
        ),
        Capa(
            "equipamientos",
            _("Servicios"),
            consulta=lambda vista, parametros: equipamientos_pedidos(_con_municipio(vista, parametros), vista.usuario),
            propiedades={
                "codigo": "codigo",
                "nombre": "nombre",
                "sector": "sector__codigo",
                "sector_nombre": "sector__nombre",
                "tipo": "tipo",
                "estado": "estado",
                "unidad": "unidad__codigo",
                "unidad_nombre": "unidad__nombre",
                "ubicada_por": "ubicada_por",
                "fuente": "fuente",
            },
            de_lista=LISTAS["equipamientos"],
        ),
        Capa(
            "eventos",
            _("Eventos"),
            consulta=lambda vista, parametros: con_asistentes(
                eventos_pedidos(_con_municipio(vista, parametros), vista.usuario), vista.usuario
            ),
            geometria=lambda: F("punto"),
            propiedades={
                "tipo": "tipo",
                "nombre": "nombre",
                "unidad": "unidad__codigo",
                "unidad_nombre": "unidad__nombre",
                "nivel": "unidad__nivel__codigo",
                "fecha": "fecha",
                "hora": "hora",
                "lugar": "lugar",
                "estado": "estado",
                "mujeres": "mujeres",
                "hombres": "hombres",
                "personas": "personas",
                "reservado": "reservado",
            },
            de_lista=PARAMETROS_DE_EVENTOS,
            significado={
                "unidad": "código de la unidad de quien es la reunión",
                "mujeres": "mujeres que vinieron; vacío si nadie las contó o si está reservado",
                "hombres": "hombres que vinieron; vacío si nadie los contó o si está reservado",
                "personas": "todas las que vinieron; vacío si nadie las contó, o si está reservado y son pocas",
                "reservado": SIGNIFICADO["reservado"],
            },
        ),
        Capa("influencia", _("Áreas estimadas, que no son límites"), areas=_areas_de_influencia),
        Capa("demanda", _("Demanda por territorio"), pregunta="demanda"),
        Capa("cobertura-pdm", _("Cobertura del PDM"), pregunta="cobertura-pdm"),
        Capa("ejecucion-poa", _("Ejecución del POA"), pregunta="ejecucion-poa"),
        Capa("desatendidas", _("Comunidades atendidas y desatendidas"), pregunta="desatendidas"),
        Capa("servicios", _("Distancia a los servicios"), pregunta="servicios"),
        Capa("diagnostico", _("Diagnóstico por territorio"), pregunta="diagnostico"),
        Capa("brechas", _("Brechas entre grupos"), pregunta="brechas"),
    )
}
