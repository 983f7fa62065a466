"""The day a question is about: today, unless somebody asks how things stood on another day."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date

from django.utils import timezone

_dia: ContextVar[date | None] = ContextVar("dia", default=None)


def hoy() -> date:
    """The day that questions are about: that of `al`, else today in La Paz."""
    return _dia.get() or timezone.localdate()


@contextmanager
def al(dia: date | None) -> Iterator[date]:
    """Ask as of `dia` (None: as of today) within the block: limits, names and units are those of that day."""
    ficha = _dia.set(dia)
    try:
        yield hoy()
    finally:
        _dia.reset(ficha)
