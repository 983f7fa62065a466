"""Load projects, and the operations of their years, from CSV, XLSX or GeoJSON."""

from proyectos.services.importacion import escribir, planear
from territorio.importacion.pedido_tabla import ComandoTabla


class Command(ComandoTabla):
    help = "Carga proyectos y sus operaciones desde CSV, XLSX o GeoJSON; --simular muestra el informe sin escribir."
    planear = staticmethod(planear)
    escribir = staticmethod(escribir)
