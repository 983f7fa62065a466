"""Facts of the institution as a table: a part after the other, a concept a row, a year a column, and what adds up."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from demandas.models import Apartado, DatoInstitucional


@dataclass
class Renglon:
    """A concept: its fact of each year, None where nobody wrote one."""

    concepto: str
    por_anio: list[DatoInstitucional | None]


@dataclass
class Parte:
    """One part of the diagnosis with the sums of each year: Bs, and quantities where all rows count the same thing."""

    apartado: Apartado
    renglones: list[Renglon] = field(default_factory=list)
    montos: list[Decimal | None] = field(default_factory=list)
    cantidades: list[Decimal | None] = field(default_factory=list)
    medida: str = ""
    anios: list[int] = field(default_factory=list)

    @property
    def montos_por_anio(self) -> list[tuple[Decimal | None, int]]:
        return list(zip(self.montos, self.anios, strict=True))

    @property
    def cantidades_por_anio(self) -> list[tuple[Decimal | None, int]]:
        return list(zip(self.cantidades, self.anios, strict=True)) if self.cantidades else []

    @property
    def con_montos(self) -> bool:
        return any(monto is not None for monto in self.montos)


def anios_de(datos: Iterable[DatoInstitucional]) -> list[int]:
    return sorted({d.anio for d in datos})


def partes(datos: Iterable[DatoInstitucional]) -> list[Parte]:
    """All four parts, those without facts too, with their years in order (see `anios_de`)."""
    datos = list(datos)
    anios = anios_de(datos)
    return [_parte(apartado, [d for d in datos if d.apartado == apartado], anios) for apartado in Apartado]


def _parte(apartado: Apartado, datos: list[DatoInstitucional], anios: list[int]) -> Parte:
    por_concepto: dict[str, dict[int, DatoInstitucional]] = {}
    for dato in sorted(datos, key=lambda d: (d.concepto, d.anio)):
        por_concepto.setdefault(dato.concepto, {})[dato.anio] = dato
    medidas = {d.medida for d in datos if d.cantidad is not None}
    return Parte(
        apartado,
        [Renglon(concepto, [suyos.get(anio) for anio in anios]) for concepto, suyos in por_concepto.items()],
        [_suma(d.monto for d in datos if d.anio == anio) for anio in anios],
        # Vehicles and square metres do not add up.
        [_suma(d.cantidad for d in datos if d.anio == anio) for anio in anios] if len(medidas) == 1 else [],
        next(iter(medidas), "") if len(medidas) == 1 else "",
        anios,
    )


def _suma(valores: Iterable[Decimal | None]) -> Decimal | None:
    presentes = [v for v in valores if v is not None]
    return sum(presentes, Decimal(0)) if presentes else None
