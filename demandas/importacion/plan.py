"""What would be written of a file of demands: its rows compared with what is stored, and the digest of exactly that."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from demandas.models import Demanda
from territorio.importacion.informe import Informe
from territorio.models import UnidadTerritorial

NUEVA, CAMBIADA, IGUAL, CON_ERROR = "nueva", "cambiada", "igual", "con_error"


@dataclass
class FilaDemanda:
    """A row as read. `presentes`: the fields that the file has a column for; the others are not its business."""

    numero: int
    codigo: str
    campos: dict[str, Any]
    presentes: frozenset[str]
    rangos: dict[str, int | None] = field(default_factory=dict)
    edades: dict[tuple[str, str], int | None] = field(default_factory=dict)
    envio: UUID | None = None
    motivo: str = ""  # why it was sent back or refused
    hallazgos: tuple[UUID, ...] = ()
    existente: Demanda | None = None
    estado: str = NUEVA
    cambios: dict[str, list[str]] = field(default_factory=dict)
    nombres: dict[str, str] = field(default_factory=dict)  # of what `campos` names by its id


@dataclass
class FilaHallazgo:
    """What a community found, told in the same interview as its demands."""

    envio: UUID
    campos: dict[str, Any]


@dataclass
class Plan:
    """`filas` is what would be written; `leidas`, all rows of the file in order."""

    informe: Informe
    municipio: UnidadTerritorial | None = None
    filas: list[FilaDemanda] = field(default_factory=list)
    leidas: list[FilaDemanda] = field(default_factory=list)
    hallazgos: list[FilaHallazgo] = field(default_factory=list)

    def sin(self, omitidas: Collection[int]) -> None:
        """Leave rows out, and the findings that only they came with."""
        fuera = set(omitidas)
        if not fuera:
            return
        self.filas = [f for f in self.filas if f.numero not in fuera]
        self.informe.problemas = [replace(p, gravedad="dato") if p.fila in fuera else p for p in self.informe.problemas]
        quedan = {h for f in self.leidas if f.numero not in fuera for h in f.hallazgos}
        de_filas = {h for f in self.leidas for h in f.hallazgos}
        self.hallazgos = [h for h in self.hallazgos if h.envio in quedan or h.envio not in de_filas]

    @property
    def huella(self) -> str:
        """Digest of what would be written, and over which version of what is stored."""
        todo = [_en_json(f) for f in self.filas]
        todo += [[str(h.envio), {c: _valor(v) for c, v in h.campos.items()}] for h in self.hallazgos]
        return hashlib.sha256(json.dumps(todo, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _en_json(fila: FilaDemanda) -> list[Any]:
    guardada = fila.existente
    return [
        fila.numero,
        fila.codigo,
        [guardada.pk, guardada.version] if guardada else None,
        {campo: _valor(valor) for campo, valor in fila.campos.items()},
        sorted(fila.presentes),
        sorted((g, p) for g, p in fila.rangos.items() if p is not None),
        sorted((*clave, n) for clave, n in fila.edades.items() if n is not None),
        str(fila.envio or ""),
        fila.motivo,
        [str(h) for h in fila.hallazgos],
    ]


def _valor(valor: Any) -> Any:
    if valor is None or isinstance(valor, int | str):
        return valor
    return valor.hexewkb.decode() if hasattr(valor, "hexewkb") else str(valor)
