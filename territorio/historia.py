"""The history of units, checked: limits within the days of their unit, successions that agree with them and no circles."""

from django.db.models import F, Q
from django.db.models.functions import Lower, Upper

from territorio.models import Limite, Motivo, Sucesion


def limites_fuera_de_su_unidad() -> list[str]:
    """Limits that are in force on days when their unit does not exist."""
    vivos = Limite.objects.filter(sustituido=None).exclude(unidad__vigencia__contains=F("vigencia"))
    return [
        f"el límite {limite.pk} de {limite.unidad} rige {limite.vigencia} y la unidad existe {limite.unidad.vigencia}"
        for limite in vivos.select_related("unidad").defer("geom")
    ]


def sucesiones_imposibles() -> list[str]:
    """Successions whose days do not agree with those of their units, and units that come from themselves."""
    termina = ~Q(motivo=Motivo.DESMEMBRAMIENTO)
    con_dias = Sucesion.objects.select_related("predecesora", "sucesora").annotate(
        final=Upper("predecesora__vigencia"), comienzo=Lower("sucesora__vigencia")
    )
    mal = con_dias.filter(termina & (Q(final=None) | ~Q(final=F("desde"))))
    fallas = [f"{s.predecesora} no termina el {s.desde}, como dice su {s.get_motivo_display()}" for s in mal]
    tarde = con_dias.filter(comienzo__gt=F("desde"))
    fallas += [f"{s.sucesora} empieza después del {s.desde}, cuando sucede a {s.predecesora}" for s in tarde]
    return fallas + _circulos()


def _circulos() -> list[str]:
    siguientes: dict[int, list[int]] = {}
    for antes, despues in Sucesion.objects.values_list("predecesora", "sucesora"):
        siguientes.setdefault(antes, []).append(despues)
    fallas = []
    for inicio in siguientes:
        vistas, pendientes = set(), list(siguientes[inicio])
        while pendientes:
            actual = pendientes.pop()
            if actual not in vistas:
                vistas.add(actual)
                pendientes += siguientes.get(actual, [])
        if inicio in vistas:
            fallas.append(f"la unidad {inicio} se sucede a sí misma")
    return fallas
