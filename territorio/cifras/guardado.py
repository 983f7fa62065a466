"""Stores the figures that differ from what is stored, and compares the two."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction

from cuentas.aislamiento import alcance_total, analizar
from territorio import reserva
from territorio.cifras.calculo import calcular
from territorio.models import Cifra, Metodo, UnidadTerritorial

_CIFRA = Cifra._meta.db_table
_UNIDAD = UnidadTerritorial._meta.db_table
# Two figures closer than this are one: sums of fractions differ in their last digits by the order of the rows.
TOLERANCIA = 1e-6

_BORRAR = f"""
DELETE FROM {_CIFRA} c USING cifra_unidad u
WHERE u.id = c.unidad_id AND u.en_ambito
  AND NOT EXISTS (SELECT 1 FROM cifra_final f WHERE (f.unidad_id, f.nombre, f.anio) = (c.unidad_id, c.nombre, c.anio))
RETURNING c.unidad_id
"""
_DISTINTA = f"""abs(c.valor - f.valor) > {TOLERANCIA} * greatest(abs(f.valor), 1) OR c.metodo <> f.metodo
    OR c.nivel_origen_id IS DISTINCT FROM f.nivel_origen_id"""
_PONER = f"""
INSERT INTO {_CIFRA} AS c (unidad_id, nombre, anio, valor, metodo, nivel_origen_id)
SELECT f.unidad_id, f.nombre, f.anio, f.valor, f.metodo, f.nivel_origen_id
FROM cifra_final f JOIN cifra_unidad u ON u.id = f.unidad_id AND u.en_ambito
WHERE NOT EXISTS (SELECT 1 FROM {_CIFRA} c WHERE (c.unidad_id, c.nombre, c.anio) = (f.unidad_id, f.nombre, f.anio)
    AND NOT ({_DISTINTA}))
ON CONFLICT (unidad_id, nombre, anio) DO UPDATE
    SET valor = excluded.valor, metodo = excluded.metodo, nivel_origen_id = excluded.nivel_origen_id
RETURNING unidad_id
"""
_DIFERENCIAS = f"""
SELECT COALESCE(f.unidad_id, c.unidad_id), COALESCE(f.nombre, c.nombre), COALESCE(f.anio, c.anio), c.valor, f.valor
FROM cifra_final f FULL JOIN {_CIFRA} c ON (c.unidad_id, c.nombre, c.anio) = (f.unidad_id, f.nombre, f.anio)
WHERE f.unidad_id IS NULL OR c.id IS NULL OR {_DISTINTA}
ORDER BY 1, 2, 3
"""


@transaction.atomic
@alcance_total()
def recalcular(municipios: Iterable[int] | None = None) -> None:
    """Bring the figures of these municipalities (ids; None: of all) to what population, indicators and places say.

    Call it in the transaction that changed any of them. Only rows that differ are written. Which persons by sex and age
    everybody may see is brought up to date with them.
    """
    ids = None if municipios is None else sorted(set(municipios))
    with connection.cursor() as cursor:
        calcular(cursor, ids)
        cursor.execute(_BORRAR)
        escritas = cursor.rowcount
        cursor.execute(_PONER)
        escritas += cursor.rowcount
        if escritas > 1000:
            analizar(_CIFRA)
    reserva.recalcular(ids)


@transaction.atomic
def diferencias() -> list[str]:
    """Stored figures that a recount does not confirm, in words; writes nothing."""
    with connection.cursor() as cursor:
        calcular(cursor, None)
        cursor.execute(_DIFERENCIAS)
        return [
            f"unidad {unidad}, {nombre} {anio}: guardado {guardada}, según sus datos {calculada}"
            for unidad, nombre, anio, guardada, calculada in cursor.fetchall()
        ]


@dataclass(frozen=True)
class Exceso:
    """A unit whose parts have more than itself: nothing is left to share among the parts without a figure."""

    unidad: str
    nombre: str
    anio: int
    total: float
    partes: float

    def __str__(self) -> str:
        return f"{self.unidad}, {self.nombre} {self.anio}: tiene {self.total:.0f} y sus partes suman {self.partes:.0f}"


@transaction.atomic
def excesos(municipios: Iterable[int] | None = None) -> list[Exceso]:
    """Units with a figure of their own below the sum of their parts' own figures; writes nothing."""
    with connection.cursor() as cursor:
        calcular(cursor, None if municipios is None else sorted(set(municipios)))
        cursor.execute(
            f"""SELECT u.nombre, s.nombre, s.anio, c.valor, max(s.suma) FROM (
                SELECT p.superior_id, p.grupo, f.nombre, f.anio, sum(p.fraccion * f.valor) AS suma
                FROM cifra_parte p JOIN cifra_final f ON f.unidad_id = p.parte_id AND f.metodo = '{Metodo.CENSO}'
                WHERE f.suma GROUP BY 1, 2, 3, 4
            ) s
            JOIN cifra_final c ON (c.unidad_id, c.nombre, c.anio) = (s.superior_id, s.nombre, s.anio)
                AND c.metodo = '{Metodo.CENSO}'
            JOIN {_UNIDAD} u ON u.id = s.superior_id
            GROUP BY u.id, u.nombre, s.nombre, s.anio, c.valor HAVING max(s.suma) > c.valor + 0.5 ORDER BY 1, 2, 3"""
        )
        return [Exceso(*fila) for fila in cursor.fetchall()]
