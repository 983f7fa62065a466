"""What `manage.py verificar` checks of plans and programmes."""

from proyectos.models import ActoFormal
from territorio.verificacion import comprobar_tambien


def actos_en_desacuerdo() -> list[str]:
    """Documents that do not stand where their last formal act led: somebody moved them with the triggers off."""
    return [
        f"{acto.documento} está {acto.documento.estado}, y su último acto lo dejó {acto.hacia}"
        for acto in ActoFormal.objects.en_desacuerdo().select_related("pdm", "poa")
    ]


comprobar_tambien("estado de planes y programas según su último acto formal", actos_en_desacuerdo)
