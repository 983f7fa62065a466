"""Why a set cannot be prioritised, as a code and its data; the words are the page's."""

from enum import StrEnum
from typing import Any


class CodigoError(StrEnum):
    TECHO_NO_POSITIVO = "techo_no_positivo"
    SIN_CANDIDATAS = "sin_candidatas"
    CLAVE_REPETIDA = "clave_repetida"
    PUNTAJE_NO_VALIDO = "puntaje_no_valido"
    PESOS_EN_CERO = "pesos_en_cero"
    PESO_NEGATIVO = "peso_negativo"
    COLUMNAS_DISTINTAS = "columnas_distintas"
    VALOR_NO_VALIDO = "valor_no_valido"
    PAR_DESCONOCIDO = "par_desconocido"
    PARES_CONTRADICTORIOS = "pares_contradictorios"
    REQUERIDAS_EN_CIRCULO = "requeridas_en_circulo"
    LIMITE_NEGATIVO = "limite_negativo"
    PISO_SOBRE_TOPE = "piso_sobre_tope"
    PISOS_SOBRE_TECHO = "pisos_sobre_techo"
    SIN_VOTANTES = "sin_votantes"
    APOYO_NO_VALIDO = "apoyo_no_valido"
    NUMEROS_MUY_GRANDES = "numeros_muy_grandes"
    PARAMETRO_NO_VALIDO = "parametro_no_valido"


class NoSePuedePriorizar(ValueError):
    """What was asked makes no sense as it stands: `codigo` says why, `datos` with what numbers."""

    def __init__(self, codigo: CodigoError, **datos: Any) -> None:
        super().__init__(f"{codigo}: {datos}" if datos else str(codigo))
        self.codigo = codigo
        self.datos = datos


class Detenida(Exception):
    """Who asked for the run asked for its end."""
