"""Load what communities found from CSV or XLSX."""

from demandas.services.importacion_hallazgos import escribir, planear
from territorio.importacion.pedido_tabla import ComandoTabla


class Command(ComandoTabla):
    help = "Carga lo que hallaron las comunidades desde CSV o XLSX; --simular muestra el informe sin escribir."
    planear = staticmethod(planear)
    escribir = staticmethod(escribir)
