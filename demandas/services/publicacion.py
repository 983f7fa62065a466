"""Demands made public, or taken from the public's sight."""

from collections.abc import Mapping

from demandas.models import Demanda
from demandas.permisos import PUBLICAR_DEMANDA
from territorio.services.publicacion import cambiar_publicacion


def publicar_demandas(*, por, versiones: Mapping[int, int | str | None], publicar: bool = True) -> list[Demanda]:
    """See `cambiar_publicacion`."""
    return cambiar_publicacion(
        por=por, modelo=Demanda, campo="publicada", accion=PUBLICAR_DEMANDA, versiones=versiones, publicar=publicar
    )
