"""Projects made public, or taken from the public's sight."""

from collections.abc import Mapping

from proyectos.models import Proyecto
from proyectos.permisos import PUBLICAR_PROYECTO
from territorio.services.publicacion import cambiar_publicacion


def publicar_proyectos(*, por, versiones: Mapping[int, int | str | None], publicar: bool = True) -> list[Proyecto]:
    """See `cambiar_publicacion`."""
    return cambiar_publicacion(
        por=por, modelo=Proyecto, campo="publicado", accion=PUBLICAR_PROYECTO, versiones=versiones, publicar=publicar
    )
