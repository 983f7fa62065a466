"""Who made a change, as its context says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from cuentas.models import Usuario


@dataclass(frozen=True)
class Autor:
    """`nombre` as it is shown; `cuenta` the account's name; `desde` the address, where the reader may know it."""

    nombre: str
    cuenta: str = ""
    desde: str = ""


def autores(contextos: Iterable[dict[str, Any]], *, con_direcciones: bool) -> list[Autor]:
    """Who each context speaks of, in the same order."""
    contextos = list(contextos)
    cuentas = {int(c["usuario"]) for c in contextos if str(c.get("usuario", "")).isdecimal()}
    personas = {u.pk: u.get_full_name() for u in Usuario.objects.filter(pk__in=cuentas)}
    return [_autor(contexto, personas, con_direcciones) for contexto in contextos]


def _autor(contexto: dict[str, Any], personas: dict[int, str], con_direcciones: bool) -> Autor:
    desde = str(contexto.get("desde") or "") if con_direcciones else ""
    orden = str(contexto.get("orden") or "").removeprefix("manage.py ")
    if "usuario" not in contexto:
        if orden:
            return Autor(_("orden %(orden)s") % {"orden": orden}, desde=desde)
        if "ruta" in contexto:
            return Autor(_("alguien sin cuenta"), desde=desde)
        return Autor(_("directamente en la base de datos"))
    cuenta = str(contexto.get("cuenta") or contexto["usuario"])
    usuario = str(contexto["usuario"])
    nombre = personas.get(int(usuario), "") if usuario.isdecimal() else ""
    dicho = f"{nombre} ({cuenta})" if nombre else cuenta
    if orden:
        dicho = _("%(quien)s, por un trabajo de la cola") % {"quien": dicho}
    return Autor(dicho, cuenta, desde)
