"""Load demands from CSV, XLSX or GeoJSON."""

from demandas.services.importacion import escribir, planear
from territorio.importacion.pedido_tabla import ComandoTabla


class Command(ComandoTabla):
    help = "Carga demandas desde CSV, XLSX o GeoJSON; --simular muestra el informe sin escribir."
    planear = staticmethod(planear)
    escribir = staticmethod(escribir)
