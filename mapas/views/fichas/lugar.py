"""Where a demand or project lies: its units by level, and a small drawing."""

from mapas.croquis import croquis, lugar_de
from territorio.models import Localizable


def lugares_de(objeto: Localizable):
    """The units it lies in, from the largest to the smallest."""
    return objeto.localizaciones.select_related("unidad", "nivel").order_by(
        "nivel__orden", "-fraccion", "unidad__nombre"
    )


def croquis_de(objeto: Localizable):
    """Its own geometry in its municipality, or that of the declared unit."""
    declarada = getattr(objeto, objeto.CAMPO_UNIDAD)
    lugar = objeto.geometria or (lugar_de(declarada) if declarada else None)
    return croquis(objeto.municipio, lugar)
