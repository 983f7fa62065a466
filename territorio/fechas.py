"""The day a question is about: today, unless somebody asks how things stood on another day."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

# The republic's first day: no limit of a municipality is older.
PRIMER_DIA = date(1825, 8, 6)

_dia: ContextVar[date | None] = ContextVar("dia", default=None)


class FechaInvalida(ValueError):
    """A day that cannot be asked about; the message says why and what may stand there."""


def hoy() -> date:
    """The day that questions are about: that of `al`, else today in La Paz."""
    return _dia.get() or timezone.localdate()


def otro_dia() -> date | None:
    """The day that questions are about, where it is not today."""
    dia = _dia.get()
    return None if dia == timezone.localdate() else dia


@contextmanager
def al(dia: date | None) -> Iterator[date]:
    """Ask as of `dia` (None: as of today) within the block: limits, names and units are those of that day."""
    ficha = _dia.set(dia)
    try:
        yield hoy()
    finally:
        _dia.reset(ficha)


def leer_dia(texto: str) -> date | None:
    """The past day of a query string (`AAAA-MM-DD`); None where it is empty or today. Raises `FechaInvalida`."""
    if not texto:
        return None
    try:
        dia = date.fromisoformat(texto) if len(texto) == 10 else None
    except ValueError:
        dia = None
    if dia is None:
        raise FechaInvalida(
            _("«%(valor)s» no es una fecha; escriba año, mes y día así: 2023-12-31.") % {"valor": texto[:40]}
        )
    if dia < PRIMER_DIA:
        raise FechaInvalida(_("La fecha no puede ser anterior al %(dia)s.") % {"dia": f"{PRIMER_DIA:%d/%m/%Y}"})
    if dia > timezone.localdate():
        raise FechaInvalida(_("%(dia)s todavía no llega: los mapas muestran hasta hoy.") % {"dia": f"{dia:%d/%m/%Y}"})
    return None if dia == timezone.localdate() else dia
