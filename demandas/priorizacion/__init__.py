"""Which demands enter under a ceiling, by several rules, and why: plain computation, without database or pages."""

from .calculo import calcular
from .criterios import Columna, Forma, Sentido, aportes, normalizar, puntajes
from .errores import CodigoError, Detenida, NoSePuedePriorizar
from .explicacion import explicar
from .huella import canonico, como_dict, huella, leer
from .tipos import (
    Candidata,
    Codigo,
    Entrada,
    Fase,
    HariaFalta,
    Limites,
    Paso,
    Piso,
    Razon,
    Regla,
    Resultado,
)

__all__ = [
    "Candidata",
    "Codigo",
    "CodigoError",
    "Columna",
    "Detenida",
    "Entrada",
    "Fase",
    "Forma",
    "HariaFalta",
    "Limites",
    "NoSePuedePriorizar",
    "Paso",
    "Piso",
    "Razon",
    "Regla",
    "Resultado",
    "Sentido",
    "aportes",
    "calcular",
    "canonico",
    "como_dict",
    "explicar",
    "huella",
    "leer",
    "normalizar",
    "puntajes",
]
