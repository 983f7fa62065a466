"""Writes a plan of import in one transaction: units, dated limits, inhabitants, and the localisation of what moved.

Beside what it writes it keeps how each unit stood before (`CambioImportado`), so that the import can be undone.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from cuentas.models import Usuario
from territorio import cifras, solapes
from territorio.importacion import mudanzas
from territorio.importacion.copia import apartar_ids, copiar, hexewkb
from territorio.importacion.limites import FilaUnidad, Pedido, Plan
from territorio.importacion.registro import Registro
from territorio.localizacion import analizar, bloquear_limites, relocalizar, retratar
from territorio.models import Denominacion, EstadoLimite, Importacion, Limite, Poblacion, UnidadTerritorial

_UNIDAD = UnidadTerritorial._meta.db_table
_LIMITE = Limite._meta.db_table
POR_LIMITE = {"nueva", "limite"}
DE_LA_UNIDAD = {"codigo", "nombre", "padre", "categoria", "punto"}
QUE_MUEVE = {"nueva", "limite", "punto", "padre"}


@transaction.atomic
def escribir(plan: Plan, pedido: Pedido, *, importacion: Importacion | None = None, por: Usuario | None = None) -> None:
    """Store what the plan holds, all or nothing, and mark `importacion` (made here if there is none) as loaded.

    The plan must be acceptable. `plan.informe.mudanzas` then tells which features changed unit.
    """
    if not plan.informe.aceptable:
        raise ValueError("Un plan con errores no se escribe.")
    bloquear_limites()
    if importacion is None and not plan.filas:  # the same file once more: not even a record
        plan.informe.escrito = True
        return
    registro = Registro.abrir(plan, pedido, importacion, por)
    nuevas = [fila for fila in plan.filas if fila.unidad is None]
    cambiadas = [fila for fila in plan.filas if fila.unidad is not None]
    antes = retratar([fila.unidad.pk for fila in cambiadas])
    registro.anotar_antes(cambiadas)
    _crear(nuevas, plan)
    _actualizar(cambiadas, plan, registro)
    _limites([f for f in plan.filas if f.es_poligono and f.cambios & POR_LIMITE], plan, pedido, registro)
    _poblacion(plan, pedido, registro)
    analizar(Limite, UnidadTerritorial)
    cambios = relocalizar([f.unidad.pk for f in plan.filas if f.cambios & QUE_MUEVE], antes=antes)
    cifras.recalcular({(fila.unidad.municipio_id or fila.unidad.pk) for fila in plan.filas})
    mudanzas.contar(plan.informe, cambios, registro.nombres_de_antes)
    plan.informe.escrito = True
    registro.cerrar(nuevas, cambiadas)


def poner_limites(
    geometrias: Mapping[UnidadTerritorial, GEOSGeometry],
    *,
    desde: date,
    fuente: str,
    estado: str,
    norma: str = "",
    importacion: Importacion | None = None,
) -> None:
    """From `desde` on each unit has this limit: what was in force is closed that day, what came later is replaced."""
    cerrar_limites([unidad.pk for unidad in geometrias], desde)
    Limite.objects.bulk_create(
        [
            Limite(
                unidad=unidad,
                geom=geom,
                vigencia=DateRange(desde, None),
                fuente=fuente,
                estado=estado,
                norma=norma,
                importacion=importacion,
            )
            for unidad, geom in geometrias.items()
        ],
        batch_size=1000,
    )


def cerrar_limites(unidades: list[int], desde: date) -> dict[int, dict[str, Any]]:
    """Make room for limits that begin on `desde`; says what was closed (`limite`) and replaced (`sustituidos`) by unit."""
    hecho: dict[int, dict[str, Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SUSTITUIR, [timezone.now(), unidades, desde])
        for unidad, limite in cursor.fetchall():
            hecho.setdefault(unidad, {}).setdefault("sustituidos", []).append(limite)
        cursor.execute(_CERRAR, [desde, unidades, desde])
        for unidad, limite, hasta in cursor.fetchall():
            hecho.setdefault(unidad, {})["limite"] = {"id": limite, "hasta": hasta and hasta.isoformat()}
    return hecho


_SUSTITUIR = f"""
UPDATE {_LIMITE} SET sustituido = %s
WHERE unidad_id = ANY(%s) AND sustituido IS NULL AND lower(vigencia) >= %s
RETURNING unidad_id, id
"""
_CERRAR = f"""
UPDATE {_LIMITE} l SET vigencia = daterange(lower(l.vigencia), %s)
FROM {_LIMITE} antes
WHERE antes.id = l.id AND l.unidad_id = ANY(%s) AND l.sustituido IS NULL AND l.vigencia @> %s::date
RETURNING l.unidad_id, l.id, upper(antes.vigencia)
"""


def _limites(filas: list[FilaUnidad], plan: Plan, pedido: Pedido, registro: Registro) -> None:
    """Open the limits of these rows, and have them compared with their siblings at once."""
    registro.anotar_limites(cerrar_limites([f.unidad.pk for f in filas if "nueva" not in f.cambios], plan.desde))
    ids = apartar_ids(Limite, len(filas))
    comunes = (
        f"[{plan.desde.isoformat()},)",
        pedido.fuente or plan.informe.archivo,
        pedido.estado or EstadoLimite.REFERENCIAL.value,
        pedido.norma,
        timezone.now(),
        True,
        registro.importacion.pk,
    )
    columnas = ["id", "unidad_id", "geom"]
    columnas += ["vigencia", "fuente", "estado", "norma", "registrado", "solapes_al_dia", "importacion_id"]
    copiar(
        Limite,
        columnas,
        ((pk, fila.unidad.pk, hexewkb(fila.geom), *comunes) for pk, fila in zip(ids, filas, strict=True)),
    )
    registro.limites = {fila.unidad.pk: pk for pk, fila in zip(ids, filas, strict=True)}
    analizar(Limite, UnidadTerritorial)
    solapes.comparar(ids, formas={pk: fila.geom for pk, fila in zip(ids, filas, strict=True)})


def _crear(filas: list[FilaUnidad], plan: Plan) -> None:
    """Store the new units and give each row its own."""
    for pk, fila in zip(apartar_ids(UnidadTerritorial, len(filas)), filas, strict=True):
        fila.unidad = UnidadTerritorial(
            pk=pk,
            nivel=plan.nivel,
            municipio=plan.municipio,
            codigo=fila.codigo,
            nombre=fila.nombre,
            padre=fila.padre,
            punto=_punto(fila),
            categoria=fila.categoria,
        )
    nombres = ["id", "nivel_id", "municipio_id", "codigo", "nombre", "padre_id", "punto", "categoria", "vigencia"]
    copiar(
        UnidadTerritorial,
        nombres,
        (
            (u.pk, u.nivel_id, u.municipio_id, u.codigo, u.nombre, u.padre_id, _hex_punto(f), u.categoria, "(,)")
            for f, u in ((f, f.unidad) for f in filas)
        ),
    )


def _actualizar(filas: list[FilaUnidad], plan: Plan, registro: Registro) -> None:
    """Bring the units of these rows to what the file says; a former name stays as a past name."""
    filas = [fila for fila in filas if fila.cambios & DE_LA_UNIDAD]
    if not filas:
        return
    _denominaciones([fila for fila in filas if "nombre" in fila.cambios], plan.desde, registro)
    for fila in filas:
        unidad = fila.unidad
        unidad.codigo, unidad.nombre, unidad.padre = fila.codigo, fila.nombre, fila.padre
        unidad.categoria = fila.categoria or unidad.categoria
        unidad.punto = _punto(fila) or unidad.punto  # type: ignore[assignment]
    actualizar_unidades(
        (u.pk, u.codigo, u.nombre, u.padre_id, u.categoria, u.punto and u.punto.hexewkb.decode())
        for u in (fila.unidad for fila in filas)
    )


def actualizar_unidades(filas: Iterable[tuple[int, str, str, int | None, str, str | None]]) -> None:
    """Set code, name, parent, category and point (hex EWKB) of units, all in one statement."""
    columnas = [list(columna) for columna in zip(*filas, strict=True)]
    if columnas:
        with connection.cursor() as cursor:
            cursor.execute(_ACTUALIZAR, columnas)


_ACTUALIZAR = f"""
UPDATE {_UNIDAD} u
SET codigo = n.codigo, nombre = n.nombre, padre_id = n.padre, categoria = n.categoria, punto = n.punto::geometry
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[])
    n (id, codigo, nombre, padre, categoria, punto)
WHERE u.id = n.id
"""


def _denominaciones(filas: list[FilaUnidad], hasta: date, registro: Registro) -> None:
    """Keep the names that end on `hasta`; one that would have had no day was a mistake, not a name."""
    unidades = [fila.unidad for fila in filas]
    ultimas = {
        pasada.unidad_id: pasada.vigencia.upper
        for pasada in Denominacion.objects.filter(unidad__in=unidades).order_by("vigencia")
    }
    pasadas = []
    for unidad in unidades:
        desde = max(filter(None, (ultimas.get(unidad.pk), unidad.vigencia.lower)), default=None)
        if desde is None or desde < hasta:
            pasadas.append(Denominacion(unidad=unidad, nombre=unidad.nombre, vigencia=DateRange(desde, hasta)))
    for pasada in Denominacion.objects.bulk_create(pasadas, batch_size=1000):
        registro.denominaciones[pasada.unidad_id] = pasada.pk


def _punto(fila: FilaUnidad) -> GEOSGeometry | None:
    return GEOSGeometry(_hex_punto(fila)) if fila.es_punto else None


def _hex_punto(fila: FilaUnidad) -> str | None:
    return hexewkb(fila.geom) if fila.es_punto else None


def _poblacion(plan: Plan, pedido: Pedido, registro: Registro) -> None:
    """Store the inhabitants that the file brings, and what each row said before."""
    filas = [f for f in plan.filas if f.personas is not None and f.cambios & {"nueva", "poblacion"}]
    registro.anotar_poblacion([f.unidad.pk for f in filas], plan.censo)
    Poblacion.objects.bulk_create(
        [
            Poblacion(
                unidad=f.unidad, censo=plan.censo, personas=f.personas, fuente=pedido.fuente or plan.informe.archivo
            )
            for f in filas
        ],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["unidad", "censo", "sexo", "grupo_edad"],
        update_fields=["personas", "fuente"],
    )
