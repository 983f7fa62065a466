"""Which version of what they write clients have read: `If-Match` or the field `version`; answers carry it as `ETag`."""

import re
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from territorio.api.cuerpo import Entrada

# A proxy that compresses an answer makes its tag a weak one (W/"…"), and it comes back so.
_ETIQUETA = re.compile(r'(?:W/)?"([0-9a-f]{1,40})"')
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description='La versión que tenía al leer lo que escribe, p. ej. "3"; o en el campo «version». Sin ella, 428; si ya es '
    "otra, 409 con la actual.",
)


class ConVersionLeida(Entrada):
    """A body that may say which version was read."""

    version = serializers.CharField(max_length=40, required=False, help_text="La que tenía al leerlo, o If-Match")


def version_leida(request: Request, dicha: Any = None) -> str | None:
    """The version of the header or, without it, the one told in the body or query (`dicha`); None where nobody says it."""
    cabecera = request.headers.get("If-Match", "").strip()
    if not cabecera:
        return str(dicha) if dicha not in (None, "") else None
    hallada = _ETIQUETA.fullmatch(cabecera)
    if hallada is None:
        raise ValidationError({"If-Match": [_('Debe ser la versión entre comillas, por ejemplo "3".')]})
    if dicha not in (None, "") and str(dicha) != hallada[1]:
        raise ValidationError({"version": [_("La cabecera If-Match dice otra versión.")]})
    return hallada[1]


def con_etiqueta(respuesta: Response, version: int | str) -> Response:
    respuesta["ETag"] = f'"{version}"'
    return respuesta
