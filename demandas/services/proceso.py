"""The planning process: begun from the catalogue of stages, then led product by product."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cuentas.permisos import exigir
from cuentas.versiones import exigir_version
from demandas.models import EstadoProceso, EstadoProducto, Etapa, Paso, Proceso, Producto
from demandas.permisos import EDITAR_PROCESO
from territorio.catalogos import filas_de_catalogo
from territorio.models import UnidadTerritorial
from territorio.services.importaciones import NoCorresponde

CAMPOS_DEL_PRODUCTO = ("nombre", "responsable", "previsto", "entregado", "estado", "nota", "paso")


@transaction.atomic
def crear_proceso(*, por, municipio: UnidadTerritorial, nombre: str, desde: int, hasta: int, inicio: date) -> Proceso:
    """Begin the planning of a period, with the stages, steps and products of `fixtures/catalogos/etapas.csv`."""
    exigir(por, EDITAR_PROCESO, municipio)
    proceso = Proceso(municipio=municipio, nombre=nombre.strip(), desde=desde, hasta=hasta, inicio=inicio)
    proceso.full_clean()
    proceso.save()
    etapas: dict[str, Etapa] = {}
    pasos: dict[tuple[str, str], Paso] = {}
    for fila in filas_de_catalogo("etapas.csv"):
        numero, orden = fila["etapa"], int(fila["orden"])
        if fila["clase"] == "etapa":
            etapas[numero] = Etapa.objects.create(proceso=proceso, numero=orden, nombre=fila["nombre"])
        elif fila["clase"] == "paso":
            pasos[numero, fila["orden"]] = Paso.objects.create(etapa=etapas[numero], orden=orden, nombre=fila["nombre"])
        else:
            Producto.objects.create(
                etapa=etapas[numero], paso=pasos.get((numero, fila["paso"])), orden=orden, nombre=fila["nombre"]
            )
    return proceso


@transaction.atomic
def editar_proceso(
    *, por, proceso: Proceso, version: int | str | None, nombre: str, desde: int, hasta: int, inicio: date
) -> Proceso:
    """Correct the name, the period or the first day."""
    uno = _bloqueado(por, proceso, version)
    uno.nombre, uno.desde, uno.hasta, uno.inicio = nombre.strip(), desde, hasta, inicio
    uno.full_clean()
    return _guardado(uno)


@transaction.atomic
def publicar_proceso(*, por, proceso: Proceso, version: int | str | None, publicar: bool = True) -> Proceso:
    """Show the board to visitors, or to the members only again."""
    uno = _bloqueado(por, proceso, version)
    uno.publicado = publicar
    return _guardado(uno)


@transaction.atomic
def concluir_proceso(*, por, proceso: Proceso, version: int | str | None) -> Proceso:
    """Close a process of which nothing is missing; raises `NoCorresponde` naming what is."""
    uno = _bloqueado(por, proceso, version)
    faltan = list(Producto.objects.filter(etapa__proceso=uno).faltan().values_list("nombre", flat=True))
    if faltan:
        dichos = ", ".join(f"«{nombre}»" for nombre in faltan[:3]) + (" …" if len(faltan) > 3 else "")
        raise NoCorresponde(
            _("Faltan %(n)s productos: %(cuales)s. Entréguelos, o diga de cada uno que no aplica.")
            % {"n": len(faltan), "cuales": dichos}
        )
    uno.estado = EstadoProceso.CONCLUIDO
    return _guardado(uno)


@transaction.atomic
def reabrir_proceso(*, por, proceso: Proceso, version: int | str | None) -> Proceso:
    """Go on with a process that was closed."""
    uno = _bloqueado(por, proceso, version)
    uno.estado = EstadoProceso.EN_CURSO
    return _guardado(uno)


@transaction.atomic
def editar_producto(*, por, producto: Producto, version: int | str | None, datos: Mapping[str, Any]) -> Producto:
    """Set who answers for a product, when it is due or was handed in, its state and a note; all of `datos` or nothing.

    What is handed in without a day is of today. Raises `VersionVieja`, `NoCorresponde` in a closed process.
    """
    uno = (
        Producto.objects.select_for_update(of=("self",), no_key=True)
        .select_related("etapa__proceso__municipio")
        .get(pk=producto.pk)
    )
    exigir_version(leida=version, actual=uno.version, que=uno)
    exigir(por, EDITAR_PROCESO, uno.municipio)
    _exigir_en_curso(uno.etapa.proceso)
    for campo in CAMPOS_DEL_PRODUCTO:
        if campo in datos:
            setattr(uno, campo, datos[campo])
    uno.nombre = uno.nombre.strip()
    if uno.estado == EstadoProducto.ENTREGADO:
        uno.entregado = uno.entregado or timezone.localdate()
    elif uno.entregado is not None:
        raise ValidationError({"entregado": _("Solo lo entregado tiene fecha de entrega: cambie el estado o bórrela.")})
    _revisar_producto(uno)
    uno.save()
    uno.refresh_from_db(fields=["version"])
    return uno


@transaction.atomic
def agregar_producto(
    *, por, etapa: Etapa, nombre: str, paso: Paso | None = None, previsto: date | None = None
) -> Producto:
    """A product of the municipality's own, after those of its stage."""
    una = _etapa(por, etapa)
    ultimo = una.productos.aggregate(n=Max("orden"))["n"] or 0
    nuevo = Producto(etapa=una, paso=paso, orden=ultimo + 1, nombre=nombre.strip(), previsto=previsto)
    _revisar_producto(nuevo)
    nuevo.save()
    return nuevo


@transaction.atomic
def agregar_paso(*, por, etapa: Etapa, nombre: str) -> Paso:
    """A step of the municipality's own, after those of its stage."""
    una = _etapa(por, etapa)
    ultimo = una.pasos.aggregate(n=Max("orden"))["n"] or 0
    nuevo = Paso(etapa=una, orden=ultimo + 1, nombre=nombre.strip())
    nuevo.full_clean()
    nuevo.save()
    return nuevo


@transaction.atomic
def renombrar_paso(*, por, paso: Paso, nombre: str, leido: str | None) -> Paso:
    """Give a step another name; the name that was read (`leido`) is its version."""
    etapa = _etapa(por, paso.etapa)
    uno = etapa.pasos.get(pk=paso.pk)
    exigir_version(leida=leido, actual=uno.nombre, que=uno)
    uno.nombre = nombre.strip()
    uno.full_clean()
    uno.save(update_fields=["nombre"])
    return uno


# --- what they share --------------------------------------------------------------------------------------------------
def _bloqueado(por, proceso: Proceso, version: int | str | None) -> Proceso:
    uno = Proceso.objects.select_for_update(of=("self",), no_key=True).select_related("municipio").get(pk=proceso.pk)
    exigir_version(leida=version, actual=uno.version, que=uno)
    exigir(por, EDITAR_PROCESO, uno.municipio)
    return uno


def _guardado(proceso: Proceso) -> Proceso:
    proceso.save()
    proceso.refresh_from_db(fields=["version"])
    return proceso


def _etapa(por, etapa: Etapa) -> Etapa:
    """The stage, locked so that two who add to it do not take the same place."""
    una = (
        Etapa.objects.select_for_update(of=("self",), no_key=True).select_related("proceso__municipio").get(pk=etapa.pk)
    )
    exigir(por, EDITAR_PROCESO, una.proceso.municipio)
    _exigir_en_curso(una.proceso)
    return una


def _exigir_en_curso(proceso: Proceso) -> None:
    if proceso.estado == EstadoProceso.CONCLUIDO:
        raise NoCorresponde(_("«%(que)s» concluyó: reábralo para cambiarlo.") % {"que": proceso})


def _revisar_producto(uno: Producto) -> None:
    hoy = timezone.localdate()
    if uno.entregado is not None and uno.entregado > hoy:
        raise ValidationError(
            {"entregado": _("No puede ser futura: hoy es %(dia)s.") % {"dia": date_format(hoy, "SHORT_DATE_FORMAT")}}
        )
    if uno.responsable is not None and uno.responsable.municipio_id != uno.municipio.pk:
        raise ValidationError({"responsable": _("Ese actor es de otro municipio.")})
    if uno.paso is not None and uno.paso.etapa_id != uno.etapa_id:
        raise ValidationError({"paso": _("Ese paso es de otra etapa.")})
    uno.full_clean()
