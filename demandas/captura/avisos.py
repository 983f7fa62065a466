"""What a demand that entered should make somebody look again: told, never refused."""

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from demandas.models import Demanda, Grupo, Rango
from territorio.models import Cifra, Limite, Poblacion, UbicadaPor


def avisos_de(demanda: Demanda) -> list[str]:
    """In words, for who registers it; the same whenever they are asked, while nothing changes."""
    return [*_lugar(demanda), *_personas(demanda), *_puestos(demanda)]


def _lugar(demanda: Demanda) -> list[str]:
    if demanda.ubicada_por == UbicadaPor.SIN_UBICAR:
        return [_("Queda sin ubicar: no tiene lugar en el mapa ni comunidad que lo tenga. Se cuenta aparte.")]
    if demanda.geometria is None:
        return []
    en = set(demanda.localizaciones.values_list("unidad", flat=True))
    for unidad in (demanda.municipio, demanda.proponente):
        if unidad is not None and unidad.pk not in en and Limite.objects.en_vigor().filter(unidad=unidad).exists():
            return [_("El lugar marcado queda fuera de %(unidad)s.") % {"unidad": unidad}]
    return []


def _personas(demanda: Demanda) -> list[str]:
    if demanda.proponente is None or not demanda.beneficiarios:
        return []
    censo = Poblacion.objects.ultimo_censo(demanda.municipio)
    cifra = Cifra.objects.habitantes(censo).filter(unidad=demanda.proponente).first()
    if cifra is None or demanda.beneficiarios <= round(cifra.valor):
        return []
    return [
        _("Beneficia a %(personas)s personas y %(unidad)s tiene %(habitantes)s habitantes (censo %(censo)s).")
        % {
            "personas": demanda.beneficiarios,
            "unidad": demanda.proponente,
            "habitantes": round(cifra.valor),
            "censo": censo,
        }
    ]


def _puestos(demanda: Demanda) -> list[str]:
    """Ranks that another demand of the same community has for the same group."""
    if demanda.proponente is None:
        return []
    igual = demanda.rangos.filter(grupo=OuterRef("grupo"), puesto=OuterRef("puesto"))
    otros = (
        Rango.objects.filter(
            Exists(igual),
            demanda__in=Demanda.objects.vigentes().filter(proponente=demanda.proponente).order_by(),
        )
        .exclude(demanda=demanda)
        .select_related("demanda")
        .order_by("grupo", "demanda")
    )
    return [
        _("El puesto %(puesto)s %(grupo)s ya lo tiene %(codigo)s, «%(titulo)s».")
        % {
            "puesto": otro.puesto,
            "grupo": _("acordado")
            if otro.grupo == Grupo.COMUNIDAD
            else _("de %(grupo)s") % {"grupo": otro.get_grupo_display()},
            "codigo": otro.demanda.codigo,
            "titulo": otro.demanda.titulo,
        }
        for otro in otros[:6]
    ]
