"""The municipality that a page of participation is about."""

from django.db.models import Count, Exists, OuterRef
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from cuentas.guardia.parametros import ParametroInvalido
from demandas.models import Demanda
from territorio.models import Municipio, UnidadTerritorial


def municipio_de(request: HttpRequest) -> UnidadTerritorial:
    """The one that the address names, else the reader's own, else the one with most to show; the frame then shows it too.

    Raises `ParametroInvalido` for a code that nobody has, `Http404` where there is no municipality at all.
    """
    todos = Municipio.objects.select_related("nivel")
    if codigo := request.GET.get("municipio", ""):
        pedido = todos.filter(codigo=codigo[:80]).first()
        if pedido is None:
            mensaje = _("No hay un municipio con el código «%(codigo)s».") % {"codigo": codigo[:40]}
            raise ParametroInvalido(mensaje, "municipio")
    else:
        pedido = None
        if request.user.is_authenticated:
            pedido = todos.filter(membresias__usuario=request.user).order_by("codigo").first()
        if pedido is None:
            con_demandas = Exists(Demanda.objects.filter(municipio=OuterRef("pk")))
            pedido = (
                todos.annotate(con_demandas=con_demandas, cuantas=Count("unidades_del_municipio"))
                .order_by("-con_demandas", "-cuantas", "codigo")
                .first()
            )
    if pedido is None:
        raise Http404(_("No hay ningún municipio cargado."))
    request.municipio = pedido  # type: ignore[attr-defined]  # read by the frame of the page
    return pedido
