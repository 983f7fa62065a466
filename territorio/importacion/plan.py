"""What a person asks of an import of limits, and what it would write: the two sides of every dry run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely
from django.conf import settings
from shapely.geometry.base import BaseGeometry

from territorio.fechas import hoy
from territorio.importacion.informe import Informe
from territorio.importacion.lector import Lectura, Opciones, Problema
from territorio.models import Nivel, UnidadTerritorial

if TYPE_CHECKING:
    from territorio.importacion.topologia import Hallazgos

Avance = Callable[[str, int], None]  # step in words, percent done; may raise Cancelada
_CUENTA = {"nueva": "nuevas", "cambiada": "cambiadas", "igual": "iguales"}  # of a row that is fit to be loaded
SIN_CAMPO = ""  # a destination that the person left without a field


@dataclass(frozen=True)
class Pedido:
    """What the person asked for; a field is named as in the file, None leaves it to us, SIN_CAMPO takes none.

    `tolerancia` is the percentage of a unit's area that may lie outside its parent without being a doubt; `omitidas`
    are the rows (numbered from 1, as in the file) that are not to be loaded.
    """

    archivo: Path
    nivel: str
    municipio: str | None = None
    campo_codigo: str | None = None
    campo_nombre: str | None = None
    campo_padre: str | None = None
    campo_poblacion: str | None = None
    campo_categoria: str | None = None
    nivel_padre: str | None = None
    lectura: Opciones = field(default_factory=lambda: Opciones(caja=settings.MINKA_CAJA))
    fuente: str = ""
    vigente_desde: date | None = None
    estado: str | None = None
    norma: str = ""
    censo: int | None = None
    sin_geometria: bool = False
    tolerancia: float = 1.0
    omitidas: frozenset[int] = frozenset()
    archivo_nombre: str = ""

    @property
    def titulo(self) -> str:
        """The file's name as the person knows it."""
        return self.archivo_nombre or self.archivo.name

    @property
    def campos(self) -> dict[str, str | None]:
        """What was said of each destination."""
        return {
            "codigo": self.campo_codigo,
            "nombre": self.campo_nombre,
            "padre": self.campo_padre,
            "poblacion": self.campo_poblacion,
            "categoria": self.campo_categoria,
        }

    def como_dict(self) -> dict[str, Any]:
        """Everything but the file, ready for JSON."""
        datos = asdict(self)
        del datos["archivo"]
        return datos | {
            "lectura": datos["lectura"] | {"caja": list(self.lectura.caja)},
            "vigente_desde": self.vigente_desde.isoformat() if self.vigente_desde else None,
            "omitidas": sorted(self.omitidas),
        }

    @classmethod
    def de_dict(cls, datos: dict[str, Any], archivo: Path) -> Pedido:
        """Take back what `como_dict` gave, about `archivo`; what is not said there stands as by default."""
        datos = dict(datos)
        if lectura := datos.pop("lectura", None):
            datos["lectura"] = Opciones(**{**lectura, "caja": tuple(lectura.get("caja", settings.MINKA_CAJA))})
        if desde := datos.pop("vigente_desde", None):
            datos["vigente_desde"] = date.fromisoformat(desde)
        return cls(archivo=archivo, **{**datos, "omitidas": frozenset(datos.get("omitidas", ()))})


@dataclass(eq=False)
class FilaUnidad:
    """A row as a unit: matched to `unidad` where it exists already.

    `cambios` says what would be written (`nueva`, or the fields that differ), `diferencias` each field before and
    after; `dudas` are about this row alone, and stand in the report beside it.
    """

    numero: int
    codigo: str
    nombre: str
    geom: BaseGeometry | None
    padre_texto: str = ""
    padre: UnidadTerritorial | None = None
    personas: int | None = None
    categoria: str = ""
    unidad: UnidadTerritorial | None = None
    cambios: set[str] = field(default_factory=set)
    diferencias: dict[str, list[Any]] = field(default_factory=dict)
    dudas: list[Problema] = field(default_factory=list)
    omitida: bool = False
    m2: float | None = None
    dentro_pct: float | None = None

    def dudar(self, codigo: str, mensaje: str, remedio: str = "", *, gravedad: str = "aviso", **detalle: Any) -> None:
        """Note something about this row that a person should look at."""
        self.dudas.append(Problema(mensaje, remedio, self.numero, gravedad=gravedad, codigo=codigo, detalle=detalle))

    @property
    def es_poligono(self) -> bool:
        return self.geom is not None and self.geom.geom_type == "MultiPolygon"

    @property
    def es_punto(self) -> bool:
        return self.geom is not None and self.geom.geom_type == "Point"

    def __str__(self) -> str:
        return f"{self.nombre} (fila {self.numero})"


@dataclass
class Plan:
    """What an import would write. `filas` only holds rows that are new or differ; `todas`, every row of the file."""

    informe: Informe
    nivel: Nivel | None = None
    municipio: UnidadTerritorial | None = None
    filas: list[FilaUnidad] = field(default_factory=list)
    desde: date = field(default_factory=hoy)
    censo: int | None = None
    huella: str = ""
    todas: list[FilaUnidad] = field(default_factory=list)
    faltan: list[UnidadTerritorial] = field(default_factory=list)
    lectura: Lectura | None = None
    hallazgos: Hallazgos | None = None
    mapa: dict[str, Any] | None = None

    def dibujar(self) -> dict[str, Any]:
        """The map of the report, drawn once: layers by name, each a GeoJSON FeatureCollection."""
        from territorio.importacion.mapa_informe import mapa

        if self.mapa is None:
            self.mapa = mapa(self, self.lectura)
        return self.mapa

    def sin(self, numeros: Collection[int]) -> None:
        """Take rows off what would be written, once the plan was proven; what was found of the others stands."""
        cuentas, fuera = self.informe.cuentas, set(numeros) - {f.numero for f in self.todas if f.omitida}
        self.filas = [fila for fila in self.filas if fila.numero not in fuera]
        quitadas = [
            (fila, dicho) for fila, dicho in zip(self.todas, self.informe.filas, strict=True) if fila.numero in fuera
        ]
        for fila, dicho in quitadas:
            fila.omitida = True
            cuentas[_CUENTA[dicho["estado"]]] -= 1
            dicho |= {"estado": "omitida", "cambios": {}}
            if "habitantes" in cuentas:
                cuentas["habitantes"] -= fila.personas or 0
        if quitadas:
            cuentas["omitidas"] = cuentas.get("omitidas", 0) + len(quitadas)

    def sellar(self, pedido: Pedido) -> None:
        """Set `huella`, the digest of exactly what would be written; "" where nothing may be."""
        if not self.informe.aceptable:
            self.huella = ""
            return
        resumen = hashlib.sha256()
        cabeza = [
            self.nivel.pk, self.municipio.pk if self.municipio else None, self.desde.isoformat(), self.censo,
            pedido.fuente or self.informe.archivo, pedido.estado, pedido.norma,
        ]  # fmt: skip
        resumen.update(json.dumps(cabeza).encode())
        for fila in sorted(self.filas, key=lambda f: f.numero):
            datos = [
                fila.numero, fila.unidad.pk if fila.unidad else None, fila.codigo, fila.nombre,
                fila.padre.pk if fila.padre else None, fila.categoria, fila.personas, sorted(fila.cambios),
            ]  # fmt: skip
            resumen.update(json.dumps(datos).encode())
            if fila.geom is not None:
                resumen.update(shapely.to_wkb(fila.geom, byte_order=1))
        self.huella = resumen.hexdigest()
