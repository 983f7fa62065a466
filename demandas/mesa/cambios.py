"""What of a set is not what it was, in words: why a run that counted with it cannot be approved any more."""

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from demandas.mesa.conjunto import Conjunto, Fila, Votos
from demandas.mesa.montos import en_bs
from demandas.models import EstadoDemanda


def cambios(antes: Conjunto, ahora: Conjunto) -> list[str]:
    """One sentence for each cost, state, place or value that changed, and for each demand that is gone."""
    hallados = []
    if [m.clave for m in ahora.medidas] != [m.clave for m in antes.medidas]:
        hallados.append(_("Se quitó un criterio con el que se calculó."))
    nombres = [medida.nombre for medida in antes.medidas]
    for fila in antes.filas:
        if (otra := ahora.por_pk.get(fila.pk)) is None:
            hallados.append(_("%(codigo)s ya no está.") % {"codigo": fila.codigo})
        else:
            hallados += _cambios_de(fila, otra, nombres)
    if not hallados and _votos(antes.votos) != _votos(ahora.votos):
        hallados.append(_("Cambiaron los habitantes o los puestos con que votan las comunidades."))
    return hallados


def _cambios_de(antes: Fila, ahora: Fila, nombres: list[str]) -> Iterator[str]:
    if antes.costo != ahora.costo:
        yield _("%(codigo)s: el costo era %(antes)s y es %(ahora)s.") % {
            "codigo": antes.codigo,
            "antes": en_bs(antes.costo) if antes.costo else _("sin dato"),
            "ahora": en_bs(ahora.costo) if ahora.costo else _("sin dato"),
        }
    if antes.estado != ahora.estado:
        yield _("%(codigo)s: estaba %(antes)s y está %(ahora)s.") % {
            "codigo": antes.codigo,
            "antes": EstadoDemanda(antes.estado).label,
            "ahora": EstadoDemanda(ahora.estado).label,
        }
    if antes.distrito != ahora.distrito:
        yield _("%(codigo)s: ahora está en otro distrito.") % {"codigo": antes.codigo}
    if antes.grupo != ahora.grupo:
        yield _("%(codigo)s: ahora la pide otro grupo.") % {"codigo": antes.codigo}
    if len(antes.valores) == len(ahora.valores):
        distintos = [n for n, a, b in zip(nombres, antes.valores, ahora.valores, strict=True) if a != b]
        if distintos:
            yield _("%(codigo)s: cambió %(criterios)s.") % {"codigo": antes.codigo, "criterios": ", ".join(distintos)}


def _votos(votos: Votos | None) -> tuple[Mapping[int, int], Mapping[int, Mapping[int, int]]] | None:
    return None if votos is None else (dict(votos.pesos), {pk: dict(suyos) for pk, suyos in votos.apoyos.items()})
