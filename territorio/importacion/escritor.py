"""Writes a plan of import in one transaction: units, dated limits, inhabitants, and the localisation of what moved."""

from datetime import date
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from territorio import cifras
from territorio.importacion.limites import FilaUnidad, Pedido, Plan
from territorio.localizacion import bloquear_limites, relocalizar
from territorio.models import EstadoLimite, Limite, Poblacion, UnidadTerritorial

LOTE = 1000


@transaction.atomic
def escribir(plan: Plan, pedido: Pedido) -> None:
    """Store what the plan holds, all or nothing. The plan must be acceptable."""
    if not plan.informe.aceptable:
        raise ValueError("Un plan con errores no se escribe.")
    bloquear_limites()
    nuevas = [fila for fila in plan.filas if fila.unidad is None]
    cambiadas = [fila for fila in plan.filas if fila.unidad is not None]
    for fila, unidad in zip(nuevas, _crear(nuevas, plan), strict=True):
        fila.unidad = unidad
    _actualizar(cambiadas)
    con_limite = [
        f
        for f in plan.filas
        if f.geom is not None and f.geom.geom_type == "MultiPolygon" and f.cambios & {"nueva", "limite"}
    ]
    poner_limites(
        {fila.unidad: GEOSGeometry(memoryview(shapely.to_wkb(fila.geom)), srid=4326) for fila in con_limite},
        desde=plan.desde,
        fuente=pedido.fuente or plan.informe.archivo,
        estado=pedido.estado or EstadoLimite.REFERENCIAL,
        norma=pedido.norma,
    )
    _poblacion(plan, pedido)
    movidas = [f.unidad.pk for f in plan.filas if f.cambios & {"nueva", "limite", "punto", "padre"}]
    cambios = relocalizar(movidas)
    cifras.recalcular({(fila.unidad.municipio_id or fila.unidad.pk) for fila in plan.filas})
    for modelo, cambio in cambios.items():
        if modelo != UnidadTerritorial._meta.label and cambio.hay:
            plan.informe.cuentas[f"{modelo.split('.')[1].lower()}s_que_cambiaron_de_unidad"] = len(cambio.objetos)
    plan.informe.escrito = True


def poner_limites(
    geometrias: dict[UnidadTerritorial, GEOSGeometry], *, desde: date, fuente: str, estado: str, norma: str = ""
) -> None:
    """From `desde` on each unit has this limit: what was in force is closed that day, what came later is replaced."""
    ids = [unidad.pk for unidad in geometrias]
    vivos = Limite.objects.filter(unidad__in=ids, sustituido=None)
    vivos.filter(vigencia__startswith__gte=desde).update(sustituido=timezone.now())
    for limite in vivos.filter(vigencia__contains=desde, sustituido=None):
        limite.vigencia = DateRange(limite.vigencia.lower, desde)
        limite.save(update_fields=["vigencia"])
    Limite.objects.bulk_create(
        [
            Limite(unidad=unidad, geom=geom, vigencia=DateRange(desde, None), fuente=fuente, estado=estado, norma=norma)
            for unidad, geom in geometrias.items()
        ],
        batch_size=LOTE,
    )


def _crear(filas: list[FilaUnidad], plan: Plan) -> list[UnidadTerritorial]:
    return UnidadTerritorial.objects.bulk_create(
        [
            UnidadTerritorial(
                nivel=plan.nivel,
                municipio=plan.municipio,
                codigo=fila.codigo,
                nombre=fila.nombre,
                padre=fila.padre,
                punto=_punto(fila),
                categoria=fila.categoria,
            )
            for fila in filas
        ],
        batch_size=LOTE,
    )


def _actualizar(filas: list[FilaUnidad]) -> None:
    for fila in filas:
        unidad = fila.unidad
        unidad.nombre, unidad.padre = fila.nombre, fila.padre
        unidad.categoria = fila.categoria or unidad.categoria
        unidad.punto = _punto(fila) or unidad.punto
    UnidadTerritorial.objects.bulk_update(
        [f.unidad for f in filas], ["nombre", "padre", "categoria", "punto"], batch_size=LOTE
    )


def _punto(fila: FilaUnidad) -> Any:
    if fila.geom is None or fila.geom.geom_type != "Point":
        return None
    return GEOSGeometry(memoryview(shapely.to_wkb(fila.geom)), srid=4326)


def _poblacion(plan: Plan, pedido: Pedido) -> None:
    cifras = [
        Poblacion(unidad=f.unidad, censo=plan.censo, personas=f.personas, fuente=pedido.fuente or plan.informe.archivo)
        for f in plan.filas
        if f.personas is not None and f.cambios & {"nueva", "poblacion"}
    ]
    Poblacion.objects.bulk_create(
        cifras,
        batch_size=LOTE,
        update_conflicts=True,
        unique_fields=["unidad", "censo", "sexo", "grupo_edad"],
        update_fields=["personas", "fuente"],
    )
