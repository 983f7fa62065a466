"""The report of an import: what was understood, what would change, every problem by row; the same dry or written."""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from territorio.importacion.lector import Lectura, Problema

# A terminal shows this many problems of one kind; the JSON report holds all of them.
MUESTRA = 12
NECESARIOS = {"codigo", "nombre", "padre"}
ENCABEZADOS = {"error": "Errores", "aviso": "Avisos", "dato": "Notas"}


class Cancelada(Exception):
    """The person gave up while the file was being read: nothing was written, nothing is left behind."""


@dataclass
class Informe:
    """Collected while a file is read, compared and written. `cuentas` are numbers a reader can check.

    An import of limits says besides, row by row, what would become of it (`filas`), which stored units the file leaves
    out (`faltan`), what may be chosen where the file does not say (`sugerencias`), and, once written, which features
    changed unit (`mudanzas`, a sample by model; `mudanzas_totales`, their number).
    """

    que: str
    archivo: str
    simulado: bool = False
    lectura: dict[str, str] = field(default_factory=dict)
    campos: dict[str, str] = field(default_factory=dict)
    cuentas: dict[str, int | float] = field(default_factory=dict)
    listas: dict[str, list[str]] = field(default_factory=dict)
    problemas: list[Problema] = field(default_factory=list)
    escrito: bool = False
    filas: list[dict[str, Any]] = field(default_factory=list)
    faltan: list[dict[str, Any]] = field(default_factory=list)
    sugerencias: dict[str, Any] = field(default_factory=dict)
    mudanzas: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    mudanzas_totales: dict[str, int] = field(default_factory=dict)
    final: str = ""  # the last line, where it is not that of a load

    def de_lectura(self, lectura: Lectura, omitidas: Collection[int] = ()) -> None:
        """Take over what the reader says about the file; an error of a row that is left out refuses nothing."""
        for clave in ("formato", "capa", "crs", "operacion", "codificacion"):
            if valor := getattr(lectura, clave):
                self.lectura[clave] = valor
        self.cuentas["filas"] = len(lectura.filas)
        # Whether a row may lack geometry is for the importer to say, not for the reader.
        propios = [p for p in lectura.problemas if p.codigo != "sin_geometria"]
        self.problemas.extend(replace(p, gravedad="dato") if p.fila in omitidas else p for p in propios)

    def error(self, mensaje: str, remedio: str = "", **donde: Any) -> None:
        self.problemas.append(Problema(mensaje, remedio, gravedad="error", **donde))

    def aviso(self, mensaje: str, remedio: str = "", **donde: Any) -> None:
        self.problemas.append(Problema(mensaje, remedio, gravedad="aviso", **donde))

    @property
    def aceptable(self) -> bool:
        return not any(p.gravedad == "error" for p in self.problemas)

    @property
    def rechazado_entero(self) -> bool:
        """Whether something is wrong with the file as a whole, and not only with some of its rows."""
        return any(p.gravedad == "error" and p.fila is None for p in self.problemas)

    @property
    def filas_con_error(self) -> set[int]:
        return {p.fila for p in self.problemas if p.gravedad == "error" and p.fila is not None}

    def como_dict(self) -> dict[str, Any]:
        return {
            "que": self.que,
            "archivo": self.archivo,
            "simulado": self.simulado,
            "aceptable": self.aceptable,
            "escrito": self.escrito,
            "lectura": self.lectura,
            "campos": self.campos,
            "cuentas": self.cuentas,
            "listas": self.listas,
            "problemas": [asdict(p) | {"texto": str(p)} for p in self.problemas],
            "filas": self.filas,
            "faltan": self.faltan,
            "sugerencias": self.sugerencias,
            "mudanzas": self.mudanzas,
            "mudanzas_totales": self.mudanzas_totales,
        }

    def guardar(self, ruta: Path) -> None:
        """Write the whole report as JSON, in one step, so that a reader never finds half of it."""
        provisional = ruta.with_name(ruta.name + ".parcial")
        provisional.write_text(
            json.dumps(self.como_dict(), ensure_ascii=False, indent=2, default=_texto), encoding="utf-8"
        )
        provisional.replace(ruta)

    def texto(self) -> str:
        """The report for a terminal, in Spanish; long lists are cut, saying how many follow."""
        lineas = [f"{self.que}: {self.archivo}"]
        lineas += [f"  {clave}: {valor}" for clave, valor in self.lectura.items()]
        if self.campos:
            lineas.append("  campos: " + ", ".join(f"{fuente} → {destino}" for fuente, destino in self.campos.items()))
        lineas += [f"  {clave.replace('_', ' ')}: {_numero(valor)}" for clave, valor in self.cuentas.items()]
        for clave, valores in self.listas.items():
            lineas.append(f"  {clave.replace('_', ' ')} ({len(valores)}): " + _cortada(valores))
        lineas += self._sugeridos()
        for gravedad, encabezado in ENCABEZADOS.items():
            lineas += self._problemas(gravedad, encabezado)
        lineas.append(self._final())
        return "\n".join(lineas)

    def _sugeridos(self) -> list[str]:
        """What could be each thing that no field of the file was taken for; systems and encodings stand in their errors."""
        lineas = []
        for destino, hallados in self.sugerencias.get("campos", {}).items():
            # What a unit can do without is suggested here only where it is called so.
            libres = [s for s in hallados if s["campo"] not in self.campos and (destino in NECESARIOS or s["se_llama"])]
            if destino not in self.campos.values() and libres:
                mejor = libres[0]
                muestras = ", ".join(mejor["muestras"][:3])
                lineas.append(
                    f"  --{destino} podría ser «{mejor['campo']}» ({mejor['motivo']}; por ejemplo {muestras})"
                )
        return lineas

    def _problemas(self, gravedad: str, encabezado: str) -> list[str]:
        propios = [p for p in self.problemas if p.gravedad == gravedad]
        if not propios:
            return []
        lineas, mostrados = [f"{encabezado} ({len(propios)}):"], Counter()
        for problema in propios:
            mostrados[problema.codigo] += 1
            # Errors are all named: each one must be mended before the file can be loaded.
            if gravedad == "error" or mostrados[problema.codigo] <= MUESTRA:
                lineas.append(f"  - {problema}")
        lineas += [
            f"  - … y {n - MUESTRA} más de «{codigo or 'otros'}» (todos en --informe)"
            for codigo, n in mostrados.items()
            if gravedad != "error" and n > MUESTRA
        ]
        return lineas

    def _final(self) -> str:
        if not self.aceptable:
            return "RECHAZADO: no se escribió nada."
        if self.final:
            return self.final
        if self.simulado:
            return "SIMULADO: sin problemas que impidan cargarlo; no se escribió nada."
        if not any(self.cuentas.get(clave) for clave in ("nuevas", "cambiadas")):
            return "CARGADO: todo estaba igual, nada cambió."
        return "CARGADO."


def _cortada(valores: list[str]) -> str:
    resto = len(valores) - MUESTRA
    return "; ".join(valores[:MUESTRA]) + (f"; … y {resto} más" if resto > 0 else "")


def _numero(valor: float) -> str:
    texto = f"{valor:,.2f}" if isinstance(valor, float) else f"{valor:,}"
    return texto.translate(str.maketrans(",.", ".,"))


def _texto(valor: object) -> str:
    return valor.isoformat() if isinstance(valor, date) else str(valor)
