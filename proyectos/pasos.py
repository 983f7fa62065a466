"""Formal steps in words: what each button says, what it brings about, and how the ledger tells it."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

# (document, step) → what the button says; what happens then.
_PALABRAS: dict[tuple[str, str], tuple["_StrOrPromise", "_StrOrPromise"]] = {
    ("pdm", "presentar"): (
        _("Presentar al Concejo"),
        _("El plan queda concertado y a la espera del Concejo. Quien lo presenta no podrá aprobarlo."),
    ),
    ("pdm", "aprobar"): (
        _("Aprobar"),
        _("El plan queda aprobado con la norma que usted indique. No se puede deshacer."),
    ),
    ("pdm", "publicar"): (_("Publicar"), _("Lo ven todos, sin ingresar: sus proyectos publicados y estos actos.")),
    ("pdm", "devolver"): (_("Devolver a borrador"), _("Vuelve a quien lo prepara, con el motivo.")),
    ("poa", "presentar"): (
        _("Presentar al Concejo"),
        _("El POA queda presentado y a la espera del Concejo. Quien lo presenta no podrá aprobarlo."),
    ),
    ("poa", "aprobar"): (
        _("Aprobar"),
        _("El POA queda aprobado con la norma que usted indique, y lo ven todos. No se puede deshacer."),
    ),
    ("poa", "iniciar"): (_("Poner en ejecución"), _("Desde ahora se ejecuta.")),
    ("poa", "cerrar"): (_("Cerrar la gestión"), _("La gestión termina: queda como está.")),
    ("poa", "devolver"): (_("Devolver a borrador"), _("Vuelve a quien lo prepara, con el motivo.")),
}
_HECHOS: dict[str, "_StrOrPromise"] = {
    "": _("Registrado"),
    "presentar": _("Presentado al Concejo"),
    "aprobar": _("Aprobado"),
    "publicar": _("Publicado"),
    "devolver": _("Devuelto a borrador"),
    "iniciar": _("Puesto en ejecución"),
    "cerrar": _("Cerrado"),
}


def de_la_pagina(documento: str, clave: str) -> "_StrOrPromise":
    return _PALABRAS[documento, clave][0]


def que_pasa(documento: str, clave: str) -> "_StrOrPromise":
    return _PALABRAS[documento, clave][1]


def hecho(clave: str) -> "_StrOrPromise":
    """The step as the ledger tells it."""
    return _HECHOS[clave]
