"""What every page's template knows: the municipality in use, whether it is invented, and where the four maps are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from cuentas.permisos import Accion, membresias_de, puede
from demandas.permisos import CARGAR_DEMANDAS, REGISTRAR_DEMANDA, UNIR_DEMANDAS
from mapas.filtros import FiltroInvalido, SinMunicipio, municipio_por_defecto, municipios_con_datos
from territorio.models import Municipio, UnidadTerritorial
from territorio.permisos import ADMINISTRAR_PERSONAS, IMPORTAR_LIMITES, VER_REGISTRO

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

MUNICIPIOS_EN_EL_MENU = 12


@dataclass(frozen=True)
class EnlaceMapa:
    """One of the map pages, as the menu and the home page name it."""

    ruta: str
    nombre: StrOrPromise
    pregunta: StrOrPromise


MAPAS = (
    EnlaceMapa("/mapas/demanda/", _("Demanda por territorio"), _("¿Qué se pide y dónde?")),
    EnlaceMapa("/mapas/desatendidas/", _("Comunidades desatendidas"), _("¿A quién no llega nada?")),
    EnlaceMapa("/mapas/cobertura-pdm/", _("Cobertura del PDM"), _("¿A qué responde el plan?")),
    EnlaceMapa("/mapas/ejecucion-poa/", _("Ejecución del POA"), _("¿Se hace lo que se programó?")),
    EnlaceMapa("/mapas/priorizacion/", _("Mesa de priorización"), _("¿Qué entra con el dinero que hay?")),
    EnlaceMapa("/mapas/servicios/", _("Distancia a los servicios"), _("¿Qué tan lejos está la escuela o el agua?")),
    EnlaceMapa("/mapas/diagnostico/", _("Diagnóstico por territorio"), _("¿Qué halló cada comunidad?")),
    EnlaceMapa("/mapas/brechas/", _("Brechas entre grupos"), _("¿Llega al plan lo que cada grupo pone primero?")),
)


def municipio_en_uso(request: HttpRequest) -> UnidadTerritorial | None:
    """The municipality of a page: told by the view (`request.municipio`), by the address, else the reader's own.

    Raises `FiltroInvalido` where the address names none.
    """
    if (dicho := getattr(request, "municipio", None)) is not None:
        return dicho
    if codigo := request.GET.get("municipio", ""):
        pedido = Municipio.objects.select_related("nivel").filter(codigo=codigo[:80]).first()
        if pedido is None:
            mensaje = _("No hay un municipio con el código «%(codigo)s».") % {"codigo": codigo[:40]}
            raise FiltroInvalido(str(mensaje), "municipio")
        return pedido
    try:
        return municipio_por_defecto(getattr(request, "user", None) or AnonymousUser())
    except SinMunicipio:
        return None


class Sitio:
    """Asked only for what a template shows, so that a page without the menu costs no query."""

    mapas = MAPAS

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def municipio(self) -> UnidadTerritorial | None:
        try:
            return municipio_en_uso(self._request)
        except FiltroInvalido:  # of a page that does not ask for one, or of the one that says so
            return None

    @cached_property
    def es_demo(self) -> bool:
        """Whether the municipality is invented: the demo's own or its neighbour, in a province that does not exist."""
        return self.municipio is not None and self.municipio.codigo[:4] == settings.MINKA_MUNICIPIO_DEMO[:4]

    @cached_property
    def municipios(self) -> list[UnidadTerritorial]:
        """Those of the menu; the page of municipalities has them all."""
        return list(municipios_con_datos().order_by("nombre")[:MUNICIPIOS_EN_EL_MENU])

    @cached_property
    def puede_importar(self) -> bool:
        """Whether the reader may import limits here; costs a visitor nothing."""
        return self._puede(IMPORTAR_LIMITES)

    @cached_property
    def puede_cargar(self) -> bool:
        """Whether the reader may load files of demands here."""
        return self._puede(CARGAR_DEMANDAS)

    @cached_property
    def puede_unir(self) -> bool:
        """Whether the reader may join demands that are the same here."""
        return self._puede(UNIR_DEMANDAS)

    @cached_property
    def puede_administrar(self) -> bool:
        """Whether the reader gives roles here."""
        return self._puede(ADMINISTRAR_PERSONAS)

    @cached_property
    def puede_registrar(self) -> bool:
        """Whether some role of the reader registers demands here, be it in one district."""
        usuario = getattr(self._request, "user", None) or AnonymousUser()
        if self.municipio is None or not usuario.is_authenticated:
            return False
        suyas = getattr(self._request, "membresias", None) or membresias_de(usuario)
        return usuario.is_superuser or any(
            m == self.municipio.pk and rol in REGISTRAR_DEMANDA.roles for m, rol in suyas
        )

    def _puede(self, accion: Accion) -> bool:
        usuario = getattr(self._request, "user", None) or AnonymousUser()
        return usuario.is_authenticated and puede(usuario, accion, self.municipio)

    @cached_property
    def ve_registro(self) -> bool:
        """Whether the municipality's record of changes is for the reader."""
        return self._puede(VER_REGISTRO)

    @property
    def consulta(self) -> str:
        """`?municipio=…` to add to an address, so that a link keeps the municipality; empty where there is none."""
        return f"?municipio={self.municipio.codigo}" if self.municipio else ""

    @property
    def idiomas(self) -> Sequence[tuple[str, StrOrPromise]]:
        return settings.LANGUAGES


def sitio(request: HttpRequest) -> dict[str, Sitio]:
    return {"sitio": Sitio(request)}
