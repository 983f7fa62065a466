"""What a person may choose where a file does not say: system, encoding, layer, and which field is what."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from territorio.importacion.lector import Lectura
from territorio.importacion.texto import a_codigo, normalizar
from territorio.models import UnidadTerritorial

MUESTRAS = 5
FILAS_MIRADAS = 2000
DESTINOS = ("codigo", "nombre", "padre", "poblacion", "categoria")
# What people call each field, without accents; a header counts if it is one of these or begins with one.
_NOMBRES = {
    "codigo": ("codigo", "cod", "clave", "cut", "c ut", "ine"),
    "nombre": ("nombre", "nom", "name", "denominacion", "desc", "comunidad", "otb", "junta", "barrio"),
    "padre": ("distrito", "dist", "macrodistrito", "canton", "municipio", "padre", "superior", "cod macro"),
    "poblacion": ("poblacion", "pob", "habitantes", "hab", "personas", "total pob", "t pob"),
    "categoria": ("categoria", "tipo", "clase", "categ"),
}
_DE_PROGRAMA = re.compile(r"fid|objectid|gid|id|ogc fid|shape (leng|length|area)|perimeter|area|has|hectareas")
# Share of the values that must be known for them to say what a field is.
_RECONOCIDOS = 0.5


@dataclass(frozen=True)
class _Campo:
    """A field as its values show it."""

    nombre: str
    textos: list[str]  # those that are not empty
    filas: int

    @property
    def distintos(self) -> set[str]:
        return set(self.textos)

    @property
    def lleno(self) -> bool:
        return bool(self.textos) and len(self.textos) == self.filas

    @property
    def unico(self) -> bool:
        return self.lleno and len(self.distintos) == len(self.textos)

    @property
    def numerico(self) -> bool:
        return bool(self.textos) and all(t.isdecimal() for t in self.textos)

    @property
    def muestras(self) -> list[str]:
        return list(dict.fromkeys(t[:80] for t in self.textos))[:MUESTRAS]

    def se_llama(self, destino: str) -> bool:
        propio = normalizar(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self.nombre)).rstrip("0123456789 ")
        return any(propio == n or propio.startswith(n + " ") or propio.endswith(" " + n) for n in _NOMBRES[destino])

    def conocidos(self, valores: set[str]) -> int:
        return len({normalizar(t) for t in self.distintos} & valores)


def de_lectura(
    lectura: Lectura, unidades: Iterable[UnidadTerritorial], superiores: Iterable[UnidadTerritorial]
) -> dict[str, Any]:
    """Everything that may be chosen about a file, best first; what was used is marked."""
    return {
        "campos": campos(lectura, list(unidades), list(superiores)),
        "crs": lectura.candidatos,
        "codificacion": _codificaciones(lectura),
        "capas": lectura.capas,
    }


def _codificaciones(lectura: Lectura) -> list[dict[str, Any]]:
    if lectura.candidatas:
        return [{"codificacion": c, "muestras": m, "elegida": False} for c, m in lectura.candidatas.items()]
    if not lectura.codificacion:
        return []
    con_tilde = (v for f in lectura.filas for v in f.atributos.values() if isinstance(v, str) and not v.isascii())
    muestras = [valor[:80] for valor, _ in zip(con_tilde, range(MUESTRAS), strict=False)]
    return [{"codificacion": lectura.codificacion.split(",")[0], "muestras": muestras, "elegida": True}]


def campos(
    lectura: Lectura, unidades: list[UnidadTerritorial], superiores: list[UnidadTerritorial]
) -> dict[str, list[dict[str, Any]]]:
    """For each destination, the fields that may hold it, by what they are called and by what is in them."""
    filas = lectura.filas[:FILAS_MIRADAS]
    vistos = [
        _Campo(campo, [t for f in filas if (t := a_codigo(f.atributos.get(campo)))], len(filas))
        for campo in lectura.campos
    ]
    conocidos = {
        # A code made from the name would make a field of names look like one of codes.
        "codigo": {codigo for u in unidades if not (codigo := normalizar(u.codigo)).startswith(normalizar(u.nombre))},
        "nombre": {normalizar(u.nombre) for u in unidades},
        "padre": {normalizar(t) for u in superiores for t in (u.codigo, u.nombre)},
    }
    return {destino: _mejores(destino, vistos, conocidos.get(destino, set())) for destino in DESTINOS}


def _mejores(destino: str, vistos: list[_Campo], conocidos: set[str]) -> list[dict[str, Any]]:
    juzgados = [(juicio, campo) for campo in vistos if (juicio := _juzgar(destino, campo, conocidos)) is not None]
    juzgados.sort(key=lambda par: -par[0][0])
    return [
        {"campo": c.nombre, "muestras": c.muestras, "motivo": motivo, "se_llama": c.se_llama(destino)}
        for (_puntos, motivo), c in juzgados
    ]


def _juzgar(destino: str, campo: _Campo, conocidos: set[str]) -> tuple[float, str] | None:
    """Points and the reason in words for a field as a destination; None where it cannot be."""
    if not campo.textos:
        return None
    puntos, motivos = 0.0, []
    if conocidos:
        comunes = campo.conocidos(conocidos)
        if comunes >= _RECONOCIDOS * min(len(campo.distintos), len(conocidos)):
            puntos += 4
            motivos.append(_QUE_RECONOCE[destino].format(comunes))
    if campo.se_llama(destino):
        puntos += 3
        motivos.append("se llama así")
        if destino == "codigo" and not campo.unico:
            puntos -= 2.5  # the code of what holds the unit, more likely than its own
    propios = _POR_CONTENIDO[destino](campo)
    if propios is None and not puntos:
        return None
    if propios is not None:
        puntos += propios[0]
        motivos.append(propios[1])
    if _DE_PROGRAMA.fullmatch(normalizar(campo.nombre)):
        puntos -= 2
    return (puntos, "; ".join(motivos)) if puntos > 0 else None


_QUE_RECONOCE = {
    "codigo": "{} de sus valores son códigos de unidades ya cargadas",
    "nombre": "{} de sus valores son nombres de unidades ya cargadas",
    "padre": "{} de sus valores son códigos o nombres de unidades del nivel superior",
}


def _como_codigo(campo: _Campo) -> tuple[float, str] | None:
    if not campo.unico or len(campo.textos) < 2 or any(set(" .,") & set(t) or len(t) > 20 for t in campo.distintos):
        return None
    return (
        (1.0, "sus valores son cortos y no se repiten") if any(c.isdigit() for c in "".join(campo.muestras)) else None
    )


def _como_nombre(campo: _Campo) -> tuple[float, str] | None:
    con_letras = sum(any(c.isalpha() for c in t) for t in campo.textos)
    if con_letras < 0.8 * len(campo.textos) or len(campo.distintos) < 0.6 * len(campo.textos):
        return None
    con_espacio = any(" " in t for t in campo.distintos)
    return (1.5, "son textos y casi no se repiten") if con_espacio else (1.0, "son palabras y casi no se repiten")


def _como_padre(campo: _Campo) -> tuple[float, str] | None:
    return None


def _como_poblacion(campo: _Campo) -> tuple[float, str] | None:
    if not campo.numerico or any(t != "0" and t.startswith("0") for t in campo.textos):
        return None
    numeros = sorted(map(int, campo.textos))
    if numeros == list(range(numeros[0], numeros[0] + len(numeros))) or numeros[-1] > 20_000_000:
        return None  # a running number, or a code
    return (0.5, "son números enteros") if campo.se_llama("poblacion") or numeros[-1] >= 50 else None


def _como_categoria(campo: _Campo) -> tuple[float, str] | None:
    veces = Counter(campo.textos)
    if campo.numerico or len(veces) > 12 or len(veces) * 3 > len(campo.textos):
        return None
    return 0.5, "son pocos textos que se repiten"


_POR_CONTENIDO = {
    "codigo": _como_codigo,
    "nombre": _como_nombre,
    "padre": _como_padre,
    "poblacion": _como_poblacion,
    "categoria": _como_categoria,
}
