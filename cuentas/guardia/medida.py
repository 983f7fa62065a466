"""How a rhythm is written: `60/m`."""

import re
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

SEGUNDOS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Ritmo:
    """So many requests in so many seconds."""

    cuantas: int
    segundos: int


def leer_ritmo(texto: str) -> Ritmo | None:
    """`60/m`, `5/10s` (s, m, h, d); empty or 0: no limit."""
    if texto in {"", "0"}:
        return None
    partes = re.fullmatch(r"([1-9]\d{0,8})/([1-9]\d{0,3})?([smhd])", texto, re.ASCII)
    if partes is None:
        raise ImproperlyConfigured(f"«{texto}» no es un ritmo: escriba cuántas por s, m, h o d; por ejemplo 60/m.")
    return Ritmo(int(partes[1]), int(partes[2] or 1) * SEGUNDOS[partes[3]])
