"""What `manage.py verificar` checks of participation."""

from demandas.models import EstadoPriorizacion, Priorizacion
from demandas.services.priorizacion import diferencias
from territorio.verificacion import comprobar_tambien


def priorizaciones_en_desacuerdo() -> list[str]:
    """Approved runs whose digest or result is not what their stored inputs give."""
    aprobadas = Priorizacion.objects.filter(estado=EstadoPriorizacion.APROBADA).select_related("municipio")
    return [falla for corrida in aprobadas for falla in diferencias(corrida)]


comprobar_tambien("priorizaciones aprobadas según los datos que guardaron", priorizaciones_en_desacuerdo)
