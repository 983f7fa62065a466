"""The query string of a page: it names the parameters that it takes, and any other is refused, saying which there are."""

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes, urlencode

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

Vista = TypeVar("Vista", bound=Callable[..., Any])

# Every page shows the menu, which keeps the municipality.
DE_TODAS = frozenset({"municipio"})
# What others hang on links that people share; nothing of ours reads it.
DE_OTROS = re.compile(r"utm_[a-z_]+|fbclid|gclid|mc_[ce]id|_gl")
LARGO = 500
LARGO_DE_DIRECCION = 4000


class ParametroInvalido(ValueError):
    """A parameter that does not exist or whose value cannot be; says which (`nombre`) and what may stand there."""

    def __init__(self, mensaje: str = "", nombre: str = "") -> None:
        super().__init__(mensaje)
        self.nombre = nombre


def parametros(*nombres: str) -> Callable[[Vista], Vista]:
    """Say which parameters a page takes, besides the municipality; all others are refused before it is called."""

    def decorar(vista: Vista) -> Vista:
        vista.parametros = frozenset(nombres) | DE_TODAS
        return vista

    return decorar


def revisar_direccion(request: HttpRequest) -> None:
    """Refuse an address that no page can mean: too long, with NUL, or in no encoding we read."""
    cruda = request.META.get("QUERY_STRING", "")
    try:
        unquote_to_bytes(cruda.replace("+", " ")).decode()
    except UnicodeDecodeError:
        raise ParametroInvalido(_("La dirección no está escrita en UTF-8.")) from None
    for nombre, valores in request.GET.lists():
        if any("\x00" in texto for texto in (nombre, *valores)):
            mensaje = _("«%(nombre)s» trae un carácter nulo, que no significa nada.")
            raise ParametroInvalido(mensaje % {"nombre": nombre.replace("\x00", "")[:40]}, nombre)
        if any(len(texto) > LARGO_DE_DIRECCION // 2 for texto in (nombre, *valores)):
            raise ParametroInvalido(_("«%(nombre)s» es demasiado largo.") % {"nombre": nombre[:40]}, nombre)
    if len(cruda) + len(request.path) > LARGO_DE_DIRECCION:
        raise ParametroInvalido(_("La dirección es demasiado larga."))
    cabeceras = (valor for clave, valor in request.META.items() if clave.startswith("HTTP_"))
    if any("\x00" in texto for texto in (request.path, *cabeceras)):
        raise ParametroInvalido(_("La dirección trae un carácter nulo, que no significa nada."))


def revisar(dados: QueryDict, permitidos: Iterable[str]) -> None:
    """Raise `ParametroInvalido` at the first parameter that is not among `permitidos`, comes twice, or is endless."""
    conocidos = set(permitidos)
    for nombre, valores in dados.lists():
        if nombre not in conocidos:
            if DE_OTROS.fullmatch(nombre):
                continue
            raise ParametroInvalido(
                _("No existe el parámetro «%(nombre)s»; puede ser: %(permitidos)s.")
                % {"nombre": nombre[:40], "permitidos": ", ".join(sorted(conocidos))},
                nombre,
            )
        if len(valores) > 1:
            raise ParametroInvalido(_("«%(nombre)s» está más de una vez.") % {"nombre": nombre}, nombre)
        if len(valores[0]) > LARGO and nombre != "next":
            raise ParametroInvalido(
                _("«%(nombre)s» es demasiado largo: hasta %(n)s letras.") % {"nombre": nombre, "n": LARGO}, nombre
            )


def uno_de(valor: str, permitidos: Iterable[str], nombre: str) -> str:
    """The value, where it is one of those that may be; empty says nothing and is let through."""
    permitidos = [str(permitido) for permitido in permitidos]
    if valor and valor not in permitidos:
        raise ParametroInvalido(
            _("«%(nombre)s» no puede ser «%(valor)s»; puede ser: %(permitidos)s.")
            % {"nombre": nombre, "valor": valor[:40], "permitidos": ", ".join(p for p in permitidos if p)},
            nombre,
        )
    return valor


def entero(texto: str, nombre: str, *, desde: int = 1, hasta: int = 2**62) -> int | None:
    """A whole number within bounds; None where nothing is said."""
    if not texto:
        return None
    if not re.fullmatch(r"-?\d{1,19}", texto, re.ASCII) or not desde <= int(texto) <= hasta:
        raise ParametroInvalido(
            _("«%(nombre)s» no puede ser «%(valor)s»: es un número entero de %(desde)s a %(hasta)s.")
            % {"nombre": nombre, "valor": texto[:40], "desde": desde, "hasta": hasta},
            nombre,
        )
    return int(texto)


def sin(request: HttpRequest, nombre: str) -> str:
    """The address of the same page without a parameter; without any, where none is told."""
    if not nombre:
        return request.path
    otros = [(clave, valor) for clave, valores in request.GET.lists() for valor in valores if clave != nombre]
    return f"{request.path}?{urlencode(otros)}" if otros else request.path


def pagina_pedida(request: HttpRequest) -> int:
    """The page of a list that is asked for; one past the last is for the paginator to bring back."""
    return entero(request.GET.get("pagina", ""), "pagina", hasta=1_000_000) or 1
