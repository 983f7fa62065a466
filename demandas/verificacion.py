"""What `manage.py verificar` checks of participation."""

from django.db.models import F, OuterRef, Subquery

from demandas.models import Demanda, EstadoPriorizacion, PasoDeDemanda, Priorizacion
from demandas.services.priorizacion import diferencias
from territorio.verificacion import comprobar_tambien


def priorizaciones_en_desacuerdo() -> list[str]:
    """Approved runs whose digest or result is not what their stored inputs give."""
    aprobadas = Priorizacion.objects.filter(estado=EstadoPriorizacion.APROBADA).select_related("municipio")
    return [falla for corrida in aprobadas for falla in diferencias(corrida)]


def demandas_fuera_de_su_camino() -> list[str]:
    """Demands whose state is not that to which their last step led."""
    ultimo = PasoDeDemanda.objects.filter(demanda=OuterRef("pk")).order_by("-pk").values("hacia")[:1]
    fuera = Demanda.objects.annotate(paso=Subquery(ultimo)).exclude(paso=None).exclude(paso=F("estado"))
    return [f"{una.codigo}: está {una.estado} y su último paso la llevó a {una.paso}" for una in fuera.order_by("pk")]


comprobar_tambien("estado de las demandas según su último paso", demandas_fuera_de_su_camino)
comprobar_tambien("priorizaciones aprobadas según los datos que guardaron", priorizaciones_en_desacuerdo)
