"""The inputs of a run as one text, always the same for the same inputs, and its digest."""

import hashlib
import json
from typing import Any

from .errores import CodigoError, NoSePuedePriorizar
from .tipos import Candidata, Entrada, Limites, Regla

VERSION = 1


def como_dict(entrada: Entrada) -> dict[str, Any]:
    """JSON-able, in an order that does not depend on that of the input; money in céntimos."""
    limites = entrada.limites
    return {
        "version": VERSION,
        "regla": str(entrada.regla),
        "parametros": dict(sorted(entrada.parametros.items())),
        "techo": limites.techo,
        "pisos": dict(sorted(limites.pisos.items())),
        "topes": dict(sorted(limites.topes.items())),
        "incompatibles": sorted(map(list, {(min(par), max(par)) for par in limites.incompatibles})),
        "requeridas": sorted(list(par) for par in limites.requeridas),
        "votantes": None if entrada.votantes is None else sorted(map(list, entrada.votantes.items())),
        "candidatas": [_candidata(c) for c in sorted(entrada.candidatas, key=lambda c: c.clave)],
    }


def _candidata(c: Candidata) -> list[Any]:
    apoyos = None if c.apoyos is None else sorted(map(list, c.apoyos.items()))
    return [c.clave, c.costo, repr(float(c.puntaje)), c.distrito, apoyos]


def canonico(entrada: Entrada) -> str:
    return json.dumps(como_dict(entrada), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def huella(entrada: Entrada) -> str:
    """SHA-256 of rule, parameters, limits, voters and candidates: who has the same inputs has the same result."""
    return hashlib.sha256(canonico(entrada).encode()).hexdigest()


def leer(datos: str | dict[str, Any]) -> Entrada:
    """The inputs that `canonico` or `como_dict` wrote, to run them again."""
    d = json.loads(datos) if isinstance(datos, str) else datos
    if d["version"] != VERSION:
        raise NoSePuedePriorizar(CodigoError.PARAMETRO_NO_VALIDO, parametro="version", valor=d["version"])
    limites = Limites(
        techo=d["techo"],
        pisos=d["pisos"],
        topes=d["topes"],
        incompatibles=frozenset((a, b) for a, b in d["incompatibles"]),
        requeridas=frozenset((a, b) for a, b in d["requeridas"]),
    )
    return Entrada(
        regla=Regla(d["regla"]),
        candidatas=tuple(
            Candidata(clave, costo, float(puntaje), distrito, None if apoyos is None else dict(apoyos))
            for clave, costo, puntaje, distrito, apoyos in d["candidatas"]
        ),
        limites=limites,
        votantes=None if d["votantes"] is None else dict(d["votantes"]),
        parametros=d["parametros"],
    )
