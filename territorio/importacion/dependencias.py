"""What came after an import and rests on it: the reasons why it cannot be undone, in words."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import ForeignObjectRel, Model, QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cuentas.auditoria import es_registro
from territorio.importacion.registro import CAMPOS, valores
from territorio.localizacion import tablas
from territorio.models import (
    CambioImportado,
    Cifra,
    EstadoImportacion,
    Importacion,
    Limite,
    Poblacion,
    Sucesion,
    UnidadTerritorial,
)

MUESTRA = 5
DERIVADAS = (Limite, Poblacion, Cifra, CambioImportado)  # looked at one by one, or made from the rest


class NoSePuedeDeshacer(Exception):
    """The import cannot be undone; `mensajes` say, to the person who asked, what rests on it."""

    def __init__(self, mensajes: list[str]) -> None:
        super().__init__(" ".join(mensajes))
        self.mensajes = mensajes


def exigir(importacion: Importacion, cambios: list[CambioImportado]) -> None:
    """Raise NoSePuedeDeshacer unless each unit stands as the import left it and nothing refers to the new ones."""
    if importacion.estado not in {EstadoImportacion.APLICADA, EstadoImportacion.DESHACIENDO}:
        raise NoSePuedeDeshacer([_("Esta importación no está cargada: no hay nada que deshacer.")])
    mensajes = [*_posteriores(importacion, cambios)]
    if mensajes := mensajes or [*_cambiadas(importacion, cambios), *_nombradas(importacion, cambios)]:
        raise NoSePuedeDeshacer(mensajes)


def _posteriores(importacion: Importacion, cambios: list[CambioImportado]) -> Iterator[str]:
    """Imports that were loaded later and touched the same units: they go first."""
    ajenos = CambioImportado.objects.filter(
        unidad__in=_de(importacion),
        importacion__aplicada__gt=importacion.aplicada,
        importacion__estado__in=[EstadoImportacion.APLICADA, EstadoImportacion.DESHACIENDO],
    ).select_related("importacion", "unidad")
    por_importacion = defaultdict(list)
    for ajeno in ajenos.order_by("-importacion__aplicada", "unidad__codigo"):
        por_importacion[ajeno.importacion].append(ajeno.unidad)
    for otra, unidades in por_importacion.items():
        yield _(
            "La importación «%(archivo)s» del %(dia)s cambió después %(unidades)s; deshágala primero (%(uid)s)."
        ) % {
            "archivo": otra.archivo,
            "dia": date_format(localtime(otra.aplicada), "d/m/Y H:i"),
            "unidades": _lista(unidades),
            "uid": otra.uid,
        }


def _cambiadas(importacion: Importacion, cambios: list[CambioImportado]) -> Iterator[str]:
    """Units that somebody changed since: undoing would lose it."""
    por_motivo: dict[str, list[UnidadTerritorial]] = defaultdict(list)
    limites = Limite.objects.defer("geom").filter(unidad__in=_de(importacion)).in_bulk()
    abiertos = _abiertos_despues(importacion, cambios)
    cifras = _cifras(importacion, cambios)
    divididas = _divididas(importacion)
    padres = {c.antes["padre"] for c in cambios if c.antes.get("padre") is not None}
    hay = set(UnidadTerritorial.objects.filter(pk__in=padres).values_list("pk", flat=True))
    for cambio in cambios:
        ahora, unidad = valores(cambio.unidad), cambio.unidad
        for campo in CAMPOS:
            if campo in cambio.despues and ahora[campo] != cambio.despues[campo]:
                por_motivo[_("se cambió después su %s") % NOMBRES[campo]()].append(unidad)
        if "limite" in cambio.despues:
            limite = limites.get(cambio.despues["limite"])
            if limite is None or limite.sustituido or limite.vigencia.upper or unidad.pk in abiertos:
                por_motivo[_("su límite cambió después")].append(unidad)
        if "poblacion" in cambio.despues and cifras.get(unidad.pk) != cambio.despues["poblacion"]["personas"]:
            por_motivo[_("sus habitantes cambiaron después")].append(unidad)
        if unidad.pk in divididas:
            por_motivo[_("se dividió, se fusionó o sucedió a otra después")].append(unidad)
        if cambio.antes.get("padre") is not None and cambio.antes["padre"] not in hay:
            por_motivo[_("la unidad superior que tenía ya no existe")].append(unidad)
    for motivo, unidades in por_motivo.items():
        yield f"{_lista(unidades)}: {motivo}."


NOMBRES: dict[str, Callable[[], str]] = {
    "nombre": lambda: _("nombre"),
    "padre": lambda: _("unidad superior"),
    "categoria": lambda: _("categoría"),
    "punto": lambda: _("punto"),
}


def _abiertos_despues(importacion: Importacion, cambios: list[CambioImportado]) -> set[int]:
    """Units with a limit in the record, in force on some day, that is younger than the one the import opened."""
    propios = {c.unidad_id: c.despues["limite"] for c in cambios if "limite" in c.despues}
    vivos = Limite.objects.filter(unidad__in=_de(importacion), sustituido=None).order_by()
    return {unidad for unidad, pk in vivos.values_list("unidad_id", "pk") if pk > propios.get(unidad, pk)}


def _cifras(importacion: Importacion, cambios: list[CambioImportado]) -> dict[int, int]:
    censos = {c.despues["poblacion"]["censo"] for c in cambios if "poblacion" in c.despues}
    totales = Poblacion.objects.totales().filter(censo__in=censos, unidad__in=_de(importacion))
    return dict(totales.order_by().values_list("unidad_id", "personas"))


def _divididas(importacion: Importacion) -> set[int]:
    """Units of a succession that was recorded after the import."""
    unidades = _de(importacion)
    nuevas = Sucesion.objects.filter(registrado__gt=importacion.aplicada)
    return {
        *nuevas.filter(predecesora__in=unidades).values_list("predecesora_id", flat=True),
        *nuevas.filter(sucesora__in=unidades).values_list("sucesora_id", flat=True),
    }


def _nombradas(importacion: Importacion, cambios: list[CambioImportado]) -> Iterator[str]:
    """What refers to the units that the import made, and would be left hanging."""
    nuevas = {c.unidad_id: c for c in cambios if c.nueva}
    if not nuevas:
        return
    creadas = _de(importacion.cambios.filter(nueva=True))
    for relacion in UnidadTerritorial._meta.related_objects:
        modelo, campo = _tabla_que_nombra(relacion)
        if modelo in tablas() or modelo in DERIVADAS or es_registro(modelo):
            continue
        filas = modelo._default_manager.filter(**{f"{campo}__in": creadas})
        if modelo is UnidadTerritorial:
            filas = filas.exclude(pk__in=creadas)
        yield from _decir(filas, campo)
    propias = {(c.unidad_id, c.despues["poblacion"]["censo"]) for c in nuevas.values() if "poblacion" in c.despues}
    cifras = Poblacion.objects.filter(unidad__in=creadas).select_related("unidad")
    ajenas = {
        cifra.unidad
        for cifra in cifras
        if (cifra.sexo, cifra.grupo_edad) != ("total", "total") or (cifra.unidad_id, cifra.censo) not in propias
    }
    if ajenas:
        yield _("Se cargaron después habitantes de %s.") % _lista(sorted(ajenas, key=lambda u: u.codigo))


def _de(cambios: Importacion | QuerySet[CambioImportado]) -> QuerySet[Any]:
    """The units of an import, or of some of its changes, for the database to look up: a list of them all is slow."""
    return (cambios.cambios.all() if isinstance(cambios, Importacion) else cambios).order_by().values("unidad")


def _tabla_que_nombra(relacion: ForeignObjectRel) -> tuple[type[Model], str]:
    """The table and field that hold a reference to units; for many-to-many, those of the table between."""
    if relacion.many_to_many:
        campo = relacion.field
        return campo.remote_field.through, campo.m2m_reverse_field_name()
    return relacion.related_model, relacion.field.name


def _decir(filas: QuerySet, campo: str) -> Iterator[str]:
    cuantas = filas.count()
    if not cuantas:
        return
    meta: Any = filas.model._meta
    unidades = list(
        UnidadTerritorial.objects.filter(pk__in=filas.order_by().values(campo)).order_by("codigo")[: MUESTRA + 1]
    )
    muestras = "; ".join(str(fila) for fila in filas[:MUESTRA])
    yield ngettext(
        "%(cuantas)d %(que)s depende de %(unidades)s, que se quitaría: %(muestras)s.",
        "%(cuantas)d %(que)s dependen de %(unidades)s, que se quitarían: %(muestras)s.",
        cuantas,
    ) % {
        "cuantas": cuantas,
        "que": meta.verbose_name if cuantas == 1 else meta.verbose_name_plural,
        "unidades": _lista(unidades),
        "muestras": muestras + ("…" if cuantas > MUESTRA else ""),
    }


def _lista(unidades: list[UnidadTerritorial]) -> str:
    resto = len(unidades) - MUESTRA
    nombres = ", ".join(f"«{unidad.nombre}» ({unidad.codigo})" for unidad in unidades[:MUESTRA])
    return nombres + (_(" y %d más") % resto if resto > 0 else "")
