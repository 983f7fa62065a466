"""Units made, corrected, moved and taken away by hand, one at a time."""

from __future__ import annotations

from datetime import date
from typing import Any, TypedDict

from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cuentas.auditoria import es_registro
from cuentas.permisos import exigir
from cuentas.versiones import exigir_version
from territorio import cifras
from territorio.importacion.emparejar import codigo_libre
from territorio.localizacion import bloquear_limites, relocalizar
from territorio.models import Cifra, CodigoExterno, Limite, Localizacion, Nivel, UnidadTerritorial
from territorio.permisos import EDITAR_UNIDAD
from territorio.posicion import PosicionInvalida, punto_de_bolivia
from territorio.services import sucesion
from territorio.services.versiones import version_de

# The scheme under which a unit keeps the code it had.
CODIGO_ANTERIOR = "codigo_anterior"


class Cambios(TypedDict, total=False):
    """What may be changed by hand; what is not there stays."""

    codigo: str
    nombre: str
    categoria: str
    padre: UnidadTerritorial | None
    punto: Point | None
    codigos: list[tuple[str, str]]  # (scheme, code): all of them, in place of those there are


class NoSePuedeBorrar(Exception):
    """Something refers to the unit; `motivos` says what, and how many."""

    def __init__(self, motivos: list[str]) -> None:
        super().__init__(_("No se puede borrar: tiene %(motivos)s.") % {"motivos": ", ".join(motivos)})
        self.motivos = motivos


@transaction.atomic
def crear_unidad(
    *,
    por,
    nivel: Nivel,
    municipio: UnidadTerritorial,
    nombre: str,
    codigo: str = "",
    categoria: str = "",
    padre: UnidadTerritorial | None = None,
    punto: Point | None = None,
    codigos: list[tuple[str, str]] | None = None,
) -> UnidadTerritorial:
    """A new unit of `municipio`, with a point (EPSG:4326) or without place; without `codigo`, one made of its name."""
    exigir(por, EDITAR_UNIDAD, municipio, padre)
    if nivel.es_municipal_o_superior or municipio.nivel.codigo != "municipio":
        raise ValidationError({"nivel": _("Un municipio o lo que lo contiene se carga con sus límites, no a mano.")})
    bloquear_limites()
    unidad = UnidadTerritorial(
        nivel=nivel,
        municipio=municipio,
        codigo=codigo or codigo_libre(nombre, _codigos_de(nivel, municipio)),
        nombre=nombre,
        categoria=categoria,
        padre=padre or municipio,
        punto=punto,
    )
    _revisar(unidad, padre=True, punto=True)
    unidad.save()
    _poner_codigos(unidad, codigos or [])
    _asentar(unidad)
    return unidad


@transaction.atomic
def editar_unidad(
    *,
    por,
    unidad_id: int,
    cambios: Cambios,
    version: str | None,
    nombre_desde: date | None = None,
    norma: str = "",
) -> UnidadTerritorial:
    """Correct a unit; with `nombre_desde` another name is a renaming of that day, which keeps the old one.

    A code that changes is kept among the other codes. `version` (see `version_de`) is that of the unit as it was read:
    raises `FaltaVersion` or, where it is another by now, `VersionVieja`.
    """
    unidad = _para_escribir(por, unidad_id, version)
    antes = UnidadTerritorial(codigo=unidad.codigo, nombre=unidad.nombre, padre=unidad.padre, punto=unidad.punto)
    nombre_nuevo = cambios.get("nombre", unidad.nombre)
    renombrada = nombre_desde is not None and nombre_nuevo != unidad.nombre
    for campo in ("codigo", "categoria", "padre", "punto") + (() if renombrada else ("nombre",)):
        if campo in cambios:
            setattr(unidad, campo, cambios[campo])  # type: ignore[literal-required]
    cambia_padre, cambia_lugar = unidad.padre_id != antes.padre_id, not _mismo(unidad.punto, antes.punto)
    if cambia_padre:  # who is limited to a district neither takes a unit out of it nor into another
        exigir(por, EDITAR_UNIDAD, unidad.municipio_propio, unidad.padre)
    _revisar(unidad, padre=cambia_padre, punto=cambia_lugar)
    unidad.save()
    if "codigos" in cambios:
        _poner_codigos(unidad, cambios["codigos"])
    if unidad.codigo != antes.codigo:
        CodigoExterno.objects.get_or_create(unidad=unidad, esquema=CODIGO_ANTERIOR, codigo=antes.codigo)
    if renombrada:
        unidad = sucesion.renombrar(unidad=unidad, nombre=nombre_nuevo, desde=nombre_desde, norma=norma, por=por)
    if cambia_padre or cambia_lugar:
        _asentar(unidad)
    return unidad


def mover_punto(*, por, unidad_id: int, punto: Point | None, version: str | None) -> UnidadTerritorial:
    """Put a unit's point (EPSG:4326) somewhere else, or take it away; what is declared in it moves with it."""
    return editar_unidad(por=por, unidad_id=unidad_id, cambios={"punto": punto}, version=version)


@transaction.atomic
def borrar_unidad(*, por, unidad_id: int, version: str | None) -> None:
    """Take away a unit that nothing refers to; raises `NoSePuedeBorrar`."""
    unidad = _para_escribir(por, unidad_id, version)
    if motivos := referencias(unidad):
        raise NoSePuedeBorrar(motivos)
    unidad.delete()


def referencias(unidad: UnidadTerritorial) -> list[str]:
    """What refers to a unit, in words with counts; what Minka derives from it, and its other codes, do not count."""
    motivos = []
    for relacion in unidad._meta.get_fields(include_hidden=True):
        if not (relacion.auto_created and not relacion.concrete):
            continue
        modelo = relacion.related_model
        if (
            issubclass(modelo, Localizacion)
            or es_registro(modelo)
            or modelo in {Cifra, CodigoExterno}
            or modelo._meta.auto_created is not False
        ):
            continue
        cuantas = modelo._base_manager.filter(**{relacion.field.name: unidad}).count()
        if cuantas:
            nombre = modelo._meta.verbose_name if cuantas == 1 else modelo._meta.verbose_name_plural
            motivos.append(f"{cuantas} {nombre}")
    return motivos


def lejos_de_su_padre(punto: Point, padre: UnidadTerritorial | None) -> tuple[UnidadTerritorial, float] | None:
    """The nearest of `padre` and what holds it that has a limit, and the metres to it, where `punto` lies outside."""
    while padre is not None:
        limite = Limite.objects.en_vigor().filter(unidad=padre)
        if limite.exists():
            fuera = limite.exclude(geom__covers=punto).annotate(distancia=Distance("geom", punto)).first()
            return (padre, fuera.distancia.m) if fuera else None
        padre = padre.padre
    return None


def _para_escribir(por, unidad_id: int, version: str | None) -> UnidadTerritorial:
    """The unit, locked, once it is sure that this user may and that nobody wrote meanwhile."""
    unidad = UnidadTerritorial.objects.select_related("nivel", "municipio__nivel").get(pk=unidad_id)
    exigir(por, EDITAR_UNIDAD, unidad.municipio_propio, unidad)
    bloquear_limites()
    unidad = (
        UnidadTerritorial.objects.select_for_update(of=("self",)).select_related("nivel", "padre").get(pk=unidad_id)
    )
    exigir_version(leida=version, actual=version_de(unidad), que=unidad)
    return unidad


def _revisar(unidad: UnidadTerritorial, *, padre: bool, punto: bool) -> None:
    """Raise `ValidationError`, field by field."""
    errores: dict[str, Any] = {}
    unidad.nombre, unidad.codigo = " ".join(unidad.nombre.split()), unidad.codigo.strip()
    if padre and (problema := _problema_del_padre(unidad)):
        errores["padre"] = [problema]
    if punto and unidad.punto is not None:
        try:
            unidad.punto = punto_de_bolivia(unidad.punto.x, unidad.punto.y)
        except PosicionInvalida as error:
            errores["punto"] = [str(error)]
    try:
        unidad.full_clean()
    except ValidationError as error:
        for campo, mensajes in error.message_dict.items():
            if campo == "__all__" and _codigo_usado(unidad):
                otra = _codigo_usado(unidad)
                errores["codigo"] = [
                    _("Ese código ya es de %(otra)s; cada %(nivel)s tiene el suyo.")
                    % {"otra": otra.nombre, "nivel": _(unidad.nivel.nombre)}
                ]
            else:
                errores.setdefault(campo, mensajes)
    if errores:
        raise ValidationError(errores)


def _problema_del_padre(unidad: UnidadTerritorial) -> str | None:
    padre = unidad.padre
    if padre is None:
        return None if unidad.nivel.es_municipal_o_superior else _("Diga en qué unidad está: al menos, el municipio.")
    if padre.nivel.orden >= unidad.nivel.orden:
        return _("%(padre)s es del nivel %(suyo)s, que no contiene al nivel %(nivel)s.") % {
            "padre": padre.nombre,
            "suyo": _(padre.nivel.nombre),
            "nivel": _(unidad.nivel.nombre),
        }
    if unidad.municipio_id and padre.municipio_propio != unidad.municipio:
        return _("%(padre)s es de otro municipio.") % {"padre": padre.nombre}
    return None


def _codigos_de(nivel: Nivel, municipio: UnidadTerritorial) -> set[str]:
    return set(UnidadTerritorial.objects.filter(nivel=nivel, municipio=municipio).values_list("codigo", flat=True))


def _codigo_usado(unidad: UnidadTerritorial) -> UnidadTerritorial | None:
    mismas = UnidadTerritorial.objects.filter(nivel=unidad.nivel, municipio=unidad.municipio, codigo=unidad.codigo)
    return mismas.exclude(pk=unidad.pk).first()


def _poner_codigos(unidad: UnidadTerritorial, codigos: list[tuple[str, str]]) -> None:
    """Leave these other codes and no others."""
    deseados = {(esquema.strip(), codigo.strip()) for esquema, codigo in codigos}
    for externo in unidad.codigos_externos.all():
        if (externo.esquema, externo.codigo) not in deseados:
            externo.delete()
    for esquema, codigo in sorted(deseados - set(unidad.codigos_externos.values_list("esquema", "codigo"))):
        externo = CodigoExterno(unidad=unidad, esquema=esquema, codigo=codigo)
        try:
            externo.full_clean()
        except ValidationError as error:
            raise ValidationError(
                {"codigos": [f"«{esquema[:40]}: {codigo[:40]}»: {'; '.join(error.messages)}"]}
            ) from None
        externo.save()


def _asentar(unidad: UnidadTerritorial) -> None:
    """Place anew what this unit's place moves, and bring the figures to it."""
    relocalizar([unidad.pk])
    cifras.recalcular([unidad.municipio_id or unidad.pk])


def _mismo(uno: Point | None, otro: Point | None) -> bool:
    return uno is otro or (uno is not None and otro is not None and uno.coords == otro.coords)
