"""Events told in words: what it was, and field by field what stood before and what stands since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.contrib.gis.db.models import PointField
from django.contrib.gis.db.models.fields import GeometryField
from django.db import models
from django.db.models import F, OuterRef, Subquery
from django.urls import reverse
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _

from cuentas.auditoria import modelos_auditados
from mapas.nombres import nombre_de_indicador
from mapas.registro.alcance import CON_PAGINA
from mapas.registro.valores import (
    Firma,
    Metros,
    Nombres,
    en_palabras,
    forma,
    misma_forma,
    nombre_de_campo,
    otra_forma,
)
from territorio.models import Indicador

# What the machinery keeps for itself.
_CALLADOS = frozenset({"id", "version", "uid", "uuid", "huella", "sha256", "registrado", "password"})
LARGO_DE_TEXTO = 400
_ENTRE = " · "
# What tells apart things that have no name, and what they all have.
_QUE_DISTINGUEN = frozenset({"censo", "anio", "gestion", "grupo_edad", "esquema", "vigencia", "desde", "numero"})
_NO_DISTINGUEN = frozenset({"municipio", "importacion", "estado", "medida", "por", "proponente", "retirado_por"})


@dataclass(frozen=True)
class Linea:
    """A field: what stood before and what stands since; `dicho` tells a shape in one phrase."""

    campo: str
    antes: str = ""
    despues: str = ""
    dicho: str = ""


@dataclass(frozen=True)
class Cambio:
    """One event. `que`: insert, update or delete; `de` (model, id): whose history it belongs to."""

    que: str
    tipo: str
    titulo: str
    de: tuple[type[models.Model], int] | None = None
    lineas: list[Linea] = field(default_factory=list)

    @property
    def verbo(self) -> str:
        return {"insert": _("Se agregó"), "delete": _("Se borró")}.get(self.que, _("Se cambió"))

    @property
    def ruta(self) -> str:
        """The address of that history."""
        return reverse(f"paginas:{CON_PAGINA[self.de[0]]}-registro", args=[self.de[1]]) if self.de else ""


def contar(
    sucesos: Sequence[tuple[str, int]], *, en: tuple[type[models.Model], int] | None = None
) -> dict[tuple[str, int], Cambio]:
    """The changes of events given as (table, pgh_id): a handful of queries, however many they are.

    `en` (model, id) is the object on whose page they are told: its name is not said again.
    """
    por_tabla: dict[str, list[int]] = defaultdict(list)
    for tabla, pgh_id in sucesos:
        por_tabla[tabla].append(pgh_id)
    modelos = {tabla: _por_tabla()[tabla] for tabla in por_tabla}
    pares = {tabla: _con_el_anterior(modelos[tabla], ids) for tabla, ids in por_tabla.items()}
    nombres = _nombres([evento for suyos in pares.values() for par in suyos.values() for evento in par if evento])
    if en:
        nombres[en] = ""
    return {
        (tabla, pgh_id): _cambio(*pares[tabla][pgh_id], nombres) for tabla, pgh_id in sucesos if pgh_id in pares[tabla]
    }


@cache
def _por_tabla() -> dict[str, type[models.Model]]:
    return {modelo._meta.db_table: modelo for modelo in modelos_auditados()}


def tipo_de_tabla(tabla: str, *, plural: bool = False) -> str:
    """What the events of a table are about: `límite`, `límites`."""
    meta = _por_tabla()[tabla].pgh_tracked_model._meta
    return str(meta.verbose_name_plural if plural else meta.verbose_name)


# --- reading ----------------------------------------------------------------------------------------------------------
def _con_el_anterior(modelo: type[models.Model], ids: Iterable[int]) -> dict[int, tuple[Any, Any]]:
    """(event, the one before it of the same object) by pgh_id; only an update has one before."""
    eventos = _leidos(modelo, modelo.objects.filter(pk__in=ids))
    if not any(campo.name == "pgh_obj" for campo in modelo._meta.concrete_fields):
        return {evento.pk: (evento, None) for evento in eventos}
    previo = (
        modelo.objects.filter(pgh_obj_id=OuterRef("pgh_obj_id"), pk__lt=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    )
    cambiados = modelo.objects.filter(pk__in=[e.pk for e in eventos if e.pgh_label == "update"])
    de_cual = dict(cambiados.annotate(previo=Subquery(previo)).values_list("pk", "previo"))
    previos = {e.pk: e for e in _leidos(modelo, modelo.objects.filter(pk__in=filter(None, de_cual.values())))}
    return {evento.pk: (evento, previos.get(de_cual.get(evento.pk))) for evento in eventos}


def _leidos(modelo: type[models.Model], consulta: models.QuerySet) -> list[Any]:
    """Events with their shapes measured instead of read: a limit may have a quarter of a million vertices."""
    grandes = [c for c in _geometrias(modelo) if not isinstance(c, PointField)]
    medidas = {f"_{c.name}_mide": Metros(c) for c in grandes} | {f"_{c.name}_firma": Firma(F(c.name)) for c in grandes}
    return list(consulta.order_by().defer(*(c.name for c in grandes)).annotate(**medidas))


@cache
def _geometrias(modelo: Any) -> list[GeometryField]:
    return [campo for campo in modelo._meta.concrete_fields if isinstance(campo, GeometryField)]


@cache
def _contados(modelo: Any) -> list[models.Field]:
    """Fields that are told, in the order of the tracked model."""
    return [
        campo
        for campo in modelo._meta.concrete_fields
        if not campo.name.startswith("pgh_") and campo.name not in _CALLADOS
    ]


def _nombres(eventos: list[Any]) -> dict[tuple[type[models.Model], Any], str]:
    """What the foreign keys of these events point to, by (model, id); what is gone, as it was called last."""
    pedidos: dict[type[models.Model], set[Any]] = defaultdict(set)
    for evento in eventos:
        for campo in evento._meta.concrete_fields:
            valor = getattr(evento, campo.attname) if campo.is_relation and campo.name != "pgh_obj" else None
            if valor is not None:
                pedidos[campo.related_model].add(valor)
    nombres: dict[tuple[type[models.Model], Any], str] = {}
    seguidos = {e.pgh_tracked_model: e for e in modelos_auditados()}
    for modelo, ids in pedidos.items():
        grandes = [c.name for c in _geometrias(modelo)]
        nombres |= {(modelo, pk): str(uno) for pk, uno in modelo._base_manager.defer(*grandes).in_bulk(ids).items()}
        faltan = [pk for pk in ids if (modelo, pk) not in nombres]
        if faltan and modelo in seguidos:
            nombres |= {(modelo, pk): nombre for pk, nombre in _de_los_idos(seguidos[modelo], faltan)}
    return nombres


def _de_los_idos(eventos: type[models.Model], ids: list[Any]) -> Iterable[tuple[Any, str]]:
    ultimos = eventos.objects.filter(pgh_obj_id__in=ids).order_by("pgh_obj_id", "-pk").distinct("pgh_obj_id")
    for ultimo in ultimos.defer(*(c.name for c in _geometrias(eventos))):
        yield ultimo.pgh_obj_id, _("%(nombre)s (borrado)") % {"nombre": _por_su_nombre(ultimo) or ultimo.pgh_obj_id}


# --- telling ----------------------------------------------------------------------------------------------------------
def _cambio(evento: Any, previo: Any, nombres: Nombres) -> Cambio:
    seguido = evento.pgh_tracked_model
    titulo, lineas = _titulo(evento, nombres), _lineas(evento, previo, nombres)
    if evento.pgh_label != "update":  # what the title says is not said again
        dichas = set(titulo.strip("«»").split(_ENTRE))
        lineas = [linea for linea in lineas if (linea.antes or linea.despues) not in dichas]
    return Cambio(
        que=evento.pgh_label,
        tipo=capfirst(str(seguido._meta.verbose_name)),
        titulo=titulo,
        de=_de_que(evento),
        lineas=lineas,
    )


def _lineas(evento: Any, previo: Any, nombres: Nombres) -> list[Linea]:
    lineas = []
    for campo in _contados(evento._meta.model):
        if isinstance(campo, GeometryField):
            linea = _linea_de_forma(campo, evento, previo)
        else:
            antes = en_palabras(campo, getattr(previo, campo.attname), nombres) if previo else ""
            despues = en_palabras(campo, getattr(evento, campo.attname), nombres)
            if previo and getattr(previo, campo.attname) == getattr(evento, campo.attname):
                continue
            linea = Linea(nombre_de_campo(campo), _corto(antes), _corto(despues))
        if linea is None or not (linea.antes or linea.despues or linea.dicho):
            continue
        if evento.pgh_label == "delete":
            linea = Linea(linea.campo, antes=linea.despues)
        lineas.append(linea)
    return lineas


def _linea_de_forma(campo: GeometryField, evento: Any, previo: Any) -> Linea | None:
    nombre = nombre_de_campo(campo)
    despues = forma(campo, evento)
    antes = forma(campo, previo) if previo else ""
    if previo and misma_forma(campo, previo, evento):
        return None
    if antes and despues:
        return Linea(nombre, dicho=otra_forma(campo, previo, evento))
    return Linea(nombre, antes, despues)


def _corto(texto: str) -> str:
    return texto if len(texto) <= LARGO_DE_TEXTO else Truncator(texto).chars(LARGO_DE_TEXTO)


def _titulo(evento: Any, nombres: Nombres) -> str:
    """What the event is about: its own name, else what it joins or measures."""
    if propio := _por_su_nombre(evento):
        return f"«{propio if len(propio) <= 120 else Truncator(propio).chars(120)}»"
    partes = []
    for campo in _contados(evento._meta.model):
        if campo.name in _NO_DISTINGUEN or isinstance(campo, GeometryField):
            continue
        if campo.is_relation or campo.choices or campo.name in _QUE_DISTINGUEN:
            partes.append(en_palabras(campo, getattr(evento, campo.attname), nombres))
    return _ENTRE.join(dict.fromkeys(filter(None, partes[:4])))


def _por_su_nombre(evento: Any) -> str:
    if evento.pgh_tracked_model is Indicador:
        parte = "NBI " if evento.nombre.startswith("nbi_") else ""
        return f"{parte}{nombre_de_indicador(evento.nombre)}, {evento.anio}"
    for nombre in ("titulo", "nombre", "username", "archivo"):
        valor = getattr(evento, nombre, None)
        if isinstance(valor, str) and valor:
            return valor
    gestion = getattr(evento, "gestion", None)
    return f"POA {gestion}" if gestion else ""


def _de_que(evento: Any) -> tuple[type[models.Model], int] | None:
    """Whose history it is part of: its own, or that of the first thing it hangs on."""
    seguido = evento.pgh_tracked_model
    if seguido in CON_PAGINA:
        return seguido, evento.id
    for campo in evento._meta.concrete_fields:
        if campo.is_relation and campo.related_model in CON_PAGINA and campo.name not in {"municipio", "pgh_obj"}:
            valor = getattr(evento, campo.attname)
            if valor is not None:
                return campo.related_model, valor
    return None
