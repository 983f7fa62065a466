"""Bs as people write them, read into whole céntimos and written back."""

import re
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from territorio.dinero import MONTO_MAXIMO

_CON_COMA = re.compile(r"(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d{1,2}))?")
_CON_PUNTO = re.compile(r"(\d+)\.(\d{1,2})")


class MontoIlegible(ValueError):
    """What was written is no amount, or one that cannot be; the message says so."""


def leer_monto(texto: str) -> int:
    """Céntimos of `2.400.000,50`, `2400000`, `2400000.5` or `Bs 2 400 000`. Raises `MontoIlegible`."""
    limpio = re.sub(r"^(bs\.?)?|[\s\u00a0\u202f']", "", texto.strip(), flags=re.IGNORECASE)
    if limpio.startswith("-"):
        raise MontoIlegible(_("El monto no puede ser negativo."))
    # A point with exactly three digits behind it parts thousands, as everywhere in the country.
    hallado = _CON_COMA.fullmatch(limpio) or _CON_PUNTO.fullmatch(limpio)
    if hallado is None:
        raise MontoIlegible(
            _("«%(texto)s» no es un monto. Escríbalo así: 2.400.000,50") % {"texto": texto.strip()[:40]}
        )
    centimos = int(hallado[1].replace(".", "")) * 100 + int((hallado[2] or "0").ljust(2, "0"))
    if Decimal(centimos) / 100 > MONTO_MAXIMO:
        raise MontoIlegible(_("El monto es demasiado grande."))
    return centimos


def en_bs(centimos: int, *, con_bs: bool = True) -> str:
    """`Bs 2.400.000,50`; whole amounts without céntimos."""
    monto = Decimal(centimos) / 100
    cifra = number_format(monto, 0 if centimos % 100 == 0 else 2, force_grouping=True)
    return f"Bs\u00a0{cifra}" if con_bs else cifra


def a_decimal(centimos: int) -> Decimal:
    return (Decimal(centimos) / 100).quantize(Decimal("0.01"))


def a_centimos(monto: Decimal) -> int:
    return int(monto * 100)
