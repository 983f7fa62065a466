"""Takes back an import as a whole, in one transaction: what it wrote goes, what was there returns, history stays."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cuentas.models import Usuario
from territorio import cifras, solapes
from territorio.importacion import dependencias, mudanzas
from territorio.importacion.dependencias import NoSePuedeDeshacer
from territorio.importacion.escritor import actualizar_unidades
from territorio.importacion.informe import Informe
from territorio.localizacion import analizar, bloquear_limites, relocalizar, retratar, tablas
from territorio.models import (
    CambioImportado,
    Cifra,
    Denominacion,
    EstadoImportacion,
    Importacion,
    Limite,
    Poblacion,
    Solape,
    UnidadTerritorial,
)

__all__ = ["NoSePuedeDeshacer", "deshacer"]

_LIMITE = Limite._meta.db_table


@transaction.atomic
def deshacer(*, importacion: Importacion, por: Usuario | None = None, simulado: bool = False) -> Informe:
    """Bring every unit that `importacion` touched to how it stood, and place anew what that moves.

    Raises NoSePuedeDeshacer, saying what came later and rests on it. Of an import already undone it says so and changes
    nothing. `simulado` does it all and takes it back.
    """
    bloquear_limites()
    importacion = Importacion.objects.select_for_update(no_key=True, of=("self",)).get(pk=importacion.pk)
    informe = Informe(_("Deshacer la importación"), importacion.archivo, simulado=simulado)
    if importacion.estado == EstadoImportacion.DESHECHA:
        informe.aviso(_("esta importación ya estaba deshecha."), codigo="ya_deshecha")
        informe.final = _("Nada cambió.")
        return informe
    cambios = list(importacion.cambios.select_related("unidad").order_by("pk"))
    dependencias.exigir(importacion, cambios)
    nuevas = [c.unidad_id for c in cambios if c.nueva]
    municipios = {c.unidad.municipio_id or c.unidad_id for c in cambios}
    antes = retratar([c.unidad_id for c in cambios])
    _campos([c for c in cambios if not c.nueva])
    _limites(importacion, cambios)
    _poblacion([c for c in cambios if not c.nueva])
    # Without a parent either: what is about to go would else be placed, one by one, where its parent lies.
    UnidadTerritorial.objects.filter(pk__in=nuevas).update(punto=None, padre=None)
    analizar(Limite, UnidadTerritorial)
    movido = relocalizar([c.unidad_id for c in cambios], antes=antes)
    llamadas = {c.unidad_id: c.despues["nombre"] for c in cambios if "nombre" in c.despues}
    mudanzas.contar(informe, movido, llamadas)
    _quitar_unidades(nuevas)
    cifras.recalcular(municipios - set(nuevas))
    informe.cuentas |= {"unidades_devueltas": len(cambios) - len(nuevas), "unidades_quitadas": len(nuevas)}
    _cerrar(importacion, informe, por)
    if simulado:
        transaction.set_rollback(True)
    return informe


def _campos(cambios: list[CambioImportado]) -> None:
    """Names, parents, categories and points as they were; the names that the import made past are present again."""
    filas = []
    for cambio in cambios:
        if not cambio.antes.keys() & set(dependencias.CAMPOS):
            continue
        unidad = cambio.unidad
        vuelto: dict[str, Any] = {
            "codigo": unidad.codigo,
            "nombre": unidad.nombre,
            "padre": unidad.padre_id,
            "categoria": unidad.categoria,
            "punto": unidad.punto and unidad.punto.coords,
        } | {campo: cambio.antes[campo] for campo in dependencias.CAMPOS if campo in cambio.antes}
        punto = vuelto["punto"] and Point(*vuelto["punto"], srid=4326).hexewkb.decode()
        filas.append((unidad.pk, vuelto["codigo"], vuelto["nombre"], vuelto["padre"], vuelto["categoria"], punto))
    actualizar_unidades(filas)
    Denominacion.objects.filter(pk__in=_de(cambios, "despues", "denominacion")).delete()


def _limites(importacion: Importacion, cambios: list[CambioImportado]) -> None:
    """What the import opened is kept as replaced; what it closed or replaced is in force again, for its former days."""
    abiertos = Limite.objects.filter(pk__in=_de(cambios, "despues", "limite"))
    abiertos.update(sustituido=timezone.now())
    reabiertos = [c.antes["limite"] for c in cambios if c.antes.get("limite")]
    sustituidos = [pk for c in cambios for pk in c.antes.get("sustituidos", [])]
    with connection.cursor() as cursor:
        cursor.execute(_REABRIR, [[r["id"] for r in reabiertos], [r["hasta"] for r in reabiertos]])
    Limite.objects.filter(pk__in=sustituidos).update(sustituido=None)
    vueltos = [r["id"] for r in reabiertos] + sustituidos
    # What was recorded before the import was compared with these while they were in force.
    primero = min(_de(cambios, "despues", "limite"), default=None)
    if vueltos and primero is not None:
        solapes.comparar(vueltos, desde=primero)


_REABRIR = f"""
UPDATE {_LIMITE} l SET vigencia = daterange(lower(l.vigencia), n.hasta)
FROM unnest(%s::bigint[], %s::date[]) n (id, hasta) WHERE l.id = n.id
"""


def _poblacion(cambios: Iterable[CambioImportado]) -> None:
    """Inhabitants as they were: the former figure, or none."""
    por_censo: dict[int, dict[int, dict[str, Any] | None]] = defaultdict(dict)
    for cambio in cambios:
        if escrita := cambio.despues.get("poblacion"):
            por_censo[escrita["censo"]][cambio.unidad_id] = cambio.antes.get("poblacion")
    for censo, previas in por_censo.items():
        escritas = Poblacion.objects.totales().filter(censo=censo)
        escritas.filter(unidad__in=[u for u, previa in previas.items() if previa is None]).delete()
        vueltas = []
        for cifra in escritas.filter(unidad__in=[u for u, previa in previas.items() if previa is not None]):
            cifra.personas, cifra.fuente = previas[cifra.unidad_id]["personas"], previas[cifra.unidad_id]["fuente"]
            vueltas.append(cifra)
        Poblacion.objects.bulk_update(vueltas, ["personas", "fuente"], batch_size=1000)


def _quitar_unidades(unidades: list[int]) -> None:
    """Delete units that nothing refers to any more, with what was derived for them.

    Table by table: the collector of Django would read every limit into memory first.
    """
    if not unidades:
        return
    limites = Limite.objects.filter(unidad__in=unidades)
    _borrar(Solape.objects.filter(una__in=limites), Solape.objects.filter(otra__in=limites), limites)
    for tabla in tablas():
        _borrar(tabla.objects.filter(unidad__in=unidades))
        if tabla.OBJETO == "parte":
            _borrar(tabla.objects.filter(parte__in=unidades))
    for modelo in (Cifra, Poblacion, CambioImportado):
        _borrar(modelo.objects.filter(unidad__in=unidades))
    _borrar(UnidadTerritorial.objects.filter(pk__in=unidades))
    _exigir_referencias()


def _exigir_referencias() -> None:
    """Whatever still refers to a unit or limit that went speaks now, not at the commit.

    Only those foreign keys: the record of changes has its own deferred trigger, whose lock is for the commit alone.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REFERENCIAS, [[_LIMITE, UnidadTerritorial._meta.db_table]])
        nombres = ", ".join(connection.ops.quote_name(nombre) for (nombre,) in cursor.fetchall())
        cursor.execute(f"SET CONSTRAINTS {nombres} IMMEDIATE")
        cursor.execute(f"SET CONSTRAINTS {nombres} DEFERRED")


_REFERENCIAS = """
SELECT conname FROM pg_constraint WHERE contype = 'f' AND condeferrable AND confrelid = ANY(%s::text[]::regclass[])
"""


def _borrar(*consultas) -> None:
    for consulta in consultas:
        consulta.order_by()._raw_delete(consulta.db)


def _de(cambios: Iterable[CambioImportado], cuando: str, campo: str) -> list[int]:
    return [getattr(c, cuando)[campo] for c in cambios if getattr(c, cuando).get(campo) is not None]


def _cerrar(importacion: Importacion, informe: Informe, por: Usuario | None) -> None:
    informe.escrito = not informe.simulado
    informe.final = _("SIMULADO: se puede deshacer; no se escribió nada.") if informe.simulado else _("DESHECHA.")
    ahora = timezone.now()
    importacion.estado, importacion.deshecha, importacion.cambiada = EstadoImportacion.DESHECHA, ahora, ahora
    importacion.paso, importacion.progreso = "", 100
    importacion.informe["deshacer"] = informe.como_dict() | {"por": str(por) if por else ""}
    importacion.save(update_fields=["estado", "deshecha", "cambiada", "paso", "progreso", "informe"])
