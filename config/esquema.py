"""What the OpenAPI says of every operation alike: the errors, in their one shape."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {"type": "string", "description": "Qué pasó y qué hacer, en palabras."},
        "detalle": {"description": "Lo mismo, campo por campo, donde los hay."},
    },
}
SIEMPRE = {
    "400": "Un parámetro o el cuerpo no puede ser; el mensaje dice cuál y qué puede ir ahí.",
    "403": "Quien pregunta no tiene permiso para esto.",
    "404": "No existe, o no es de quien pregunta.",
    "405": "Esta dirección no admite ese método.",
    "406": "No se puede responder en el tipo que se pide (Accept).",
    "429": "Demasiados pedidos seguidos; Retry-After dice cuándo volver.",
    "503": "Demora demasiado, o la base de datos no responde; Retry-After dice cuándo volver.",
}
AL_ESCRIBIR = {
    "409": "Otra persona lo cambió mientras tanto, o su estado no lo permite.",
    "413": "El cuerpo es demasiado grande.",
    "415": "El cuerpo no es de un tipo que se entienda (Content-Type).",
    "428": "Falta decir qué versión se cambia (If-Match).",
    "507": "No queda espacio en el disco; no se guardó nada.",
}


class Esquema(AutoSchema):
    """A list whose schema a view wrote by hand is that schema, not an array of it."""

    _a_mano = False

    def _get_response_for_code(self, serializer: Any, *args: Any, **kwargs: Any) -> Any:
        self._a_mano = isinstance(serializer, dict)
        try:
            return super()._get_response_for_code(serializer, *args, **kwargs)
        finally:
            self._a_mano = False

    def _is_list_view(self, serializer: Any = None) -> bool:
        return not self._a_mano and super()._is_list_view(serializer)


def con_errores(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Hook of drf-spectacular: add the answers of an error where the view says nothing of its own."""
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = _ERROR
    for camino in result["paths"].values():
        for metodo, operacion in camino.items():
            posibles = SIEMPRE if metodo in {"get", "head", "options"} else SIEMPRE | AL_ESCRIBIR
            for codigo, que in posibles.items():
                operacion["responses"].setdefault(codigo, _respuesta(que))
    return result


def _respuesta(que: str) -> dict[str, Any]:
    return {
        "description": que,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
