"""What hangs on a demand and goes over to the one it is joined to; an upper app tells here how its own goes and returns."""

from collections.abc import Callable
from typing import Any, Protocol

from demandas.models import Demanda


class Portador(Protocol):
    """Takes one kind of thing over. What `llevar` gives back is stored, and is what `devolver` is told."""

    @staticmethod
    def llevar(por: Any, queda: Demanda, se_une: Demanda) -> dict[str, list[int]]: ...

    @staticmethod
    def devolver(por: Any, queda: Demanda, se_une: Demanda, llevado: dict[str, list[int]]) -> None: ...


_portadores: dict[str, type[Portador]] = {}


def registrar(clave: str) -> Callable[[type[Portador]], type[Portador]]:
    """Called once for each kind, from the module whose rows they are."""

    def anotar(portador: type[Portador]) -> type[Portador]:
        if clave in _portadores:
            raise ValueError(f"Ya se sabe cómo se llevan: {clave}.")
        _portadores[clave] = portador
        return portador

    return anotar


def portadores() -> dict[str, type[Portador]]:
    return dict(_portadores)
