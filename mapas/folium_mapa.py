"""The folium map of a page, taken apart: its links, its element and its script, for our own template to place.

folium would write a whole document that asks four other hosts for Leaflet, jQuery, Bootstrap and icon fonts, and
forbids zooming with two fingers. Here it writes only what draws the map, and Leaflet comes from us.
"""

import math
from dataclasses import dataclass

import folium
from branca.element import CssLink, Figure, JavascriptLink, MacroElement
from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from folium.elements import JSCSSMixin
from folium.template import Template

# A fixed name: the same view is the same page, byte for byte.
NOMBRE = "minka"
# Where nothing has a place yet: Bolivia.
SIN_CAJA = tuple(settings.MINKA_CAJA)


class CapaUnidades(JSCSSMixin, MacroElement):
    """Draws units, labels and located features from the JSON that the page carries in the element `datos_id`.

    Only identifiers go into this template: branca runs what it is given as Jinja, so no name from the database may.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            Minka.mapa({{ this._parent.get_name() }}, document.getElementById({{ this.datos_id|tojson }}));
        {% endmacro %}
        """
    )

    def __init__(self, datos_id: str) -> None:
        super().__init__()
        self._name = "CapaUnidades"
        self._id = NOMBRE
        self.datos_id = datos_id
        self.default_js = [("minka_hoja", static("mapas/hoja.js")), ("minka_mapa", static("mapas/mapa.js"))]
        self.default_css = [("minka_mapa_css", static("mapas/mapa.css"))]


class Mapa(folium.Map):
    """A folium map that asks no other host for anything."""

    def __init__(self, caja: tuple[float, float, float, float]) -> None:
        oeste, sur, este, norte = caja
        super().__init__(
            location=[(sur + norte) / 2, (oeste + este) / 2],
            zoom_start=_acercamiento(este - oeste),
            tiles=None,
            control_scale=False,
            zoom_control=False,
            zoom_snap=0.25,
            zoom_delta=1,
            max_zoom=19,
            min_zoom=5,
        )
        self._id = NOMBRE
        self.default_js = [("leaflet", static("terceros/leaflet/leaflet.js"))]
        self.default_css = [("leaflet_css", static("terceros/leaflet/leaflet.css"))]


@dataclass(frozen=True)
class Piezas:
    """A map in pieces: addresses of styles and scripts in order, the element, and the inline script that starts it."""

    estilos: list[str]
    guiones: list[str]
    html: SafeString
    guion: SafeString


def piezas(*, caja: tuple[float, float, float, float] | None, datos_id: str) -> Piezas:
    """The map of `caja` (west, south, east, north), with the base map of the settings where there is one."""
    mapa = Mapa(caja or SIN_CAJA)
    if settings.MINKA_MAPA_BASE:
        folium.TileLayer(
            tiles=settings.MINKA_MAPA_BASE, attr=settings.MINKA_MAPA_BASE_CREDITO or " ", max_zoom=19
        ).add_to(mapa)
    CapaUnidades(datos_id).add_to(mapa)
    figura = mapa.get_root()
    assert isinstance(figura, Figure)
    for hijo in list(figura._children.values()):
        hijo.render()
    enlaces = list(figura.header._children.values())
    return Piezas(
        estilos=[e.url for e in enlaces if isinstance(e, CssLink)],
        guiones=[e.url for e in enlaces if isinstance(e, JavascriptLink)],
        html=mark_safe(figura.html.render()),  # noqa: S308  (identifiers and settings only, see CapaUnidades)
        guion=mark_safe(figura.script.render()),  # noqa: S308
    )


def _acercamiento(grados: float) -> int:
    """The Leaflet zoom at which `grados` of longitude take about 800 pixels."""
    return max(5, min(16, int(math.log2(800 * 360 / 256 / max(grados, 1e-3)))))
