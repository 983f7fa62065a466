"""Logs: one line per thing that happened, in JSON or for people, with the request's id and without personal data.

What a request brought (its parameters, who asks) is masked wherever a message repeats it; tracebacks keep their frames,
which are our source, and lose the values that errors of the database quote.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django_guid.context import guid
from pythonjsonlogger.json import JsonFormatter

if TYPE_CHECKING:
    from django.http import HttpRequest

ACCESO = "minka.acceso"
# What a line may carry besides its message: anything else that a library attaches (a whole request) stays out.
CAMPOS = ("metodo", "ruta", "estado", "ms", "bytes", "usuario", "trabajo", "tarea")
OCULTO = "[dato]"
NUESTROS = ("minka", "cuentas", "territorio", "demandas", "proyectos", "mapas", "config")

peticion_en_curso: ContextVar[HttpRequest | None] = ContextVar("peticion_en_curso", default=None)

_CORREO = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+\.\w+")
_CONSULTA = re.compile(r"(?<=[\w/])\?[^\s\"'>]+")
_DIRECCION = re.compile(
    r"\b(?!127\.|0\.0\.0\.0)\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-f]{1,4}:){3,7}:?[0-9a-f]{1,4}\b", re.I
)
_CITADO = re.compile(r': ".*')


# --- masking ----------------------------------------------------------------------------------------------------------
def limpio(texto: str) -> str:
    """`texto` without addresses, e-mails, query strings, or anything that the request under way brought."""
    for dato in _traidos():
        texto = texto.replace(dato, OCULTO)
    return _DIRECCION.sub(OCULTO, _CORREO.sub(OCULTO, _CONSULTA.sub("?" + OCULTO, texto)))


def _traidos() -> list[str]:
    """What the request brought and who asks, the longest first; only what was already read of it."""
    request = peticion_en_curso.get()
    if request is None:
        return []
    datos: set[str] = set()
    for parametros in (request.__dict__.get("GET"), request.__dict__.get("_post")):
        if parametros is not None:
            datos.update(str(valor) for _, valores in parametros.lists() for valor in valores)
    if (usuario := usuario_conocido(request)) is not None:
        datos.update((usuario.get_username(), usuario.first_name, usuario.last_name, usuario.email))
    # Two letters, or a small number, occur in any message.
    utiles = {dato.strip() for dato in datos if len(dato.strip()) > (5 if dato.strip().isdigit() else 2)}
    return sorted(utiles, key=len, reverse=True)


def usuario_conocido(request: HttpRequest) -> Any:
    """The account that asks, if the request has looked it up already; None for a visitor."""
    usuario = request.__dict__.get("_cached_user")
    directo = request.__dict__.get("user")
    if directo is not None and not hasattr(directo, "_wrapped"):  # put there by a log-in, in place of the lazy one
        usuario = directo
    return usuario if usuario is not None and usuario.is_authenticated else None


def traza(error: BaseException) -> str:
    """The traceback of an error and of what caused it, without the values they quote."""
    partes: list[str] = []
    for uno in _causas(error):
        if partes:
            partes.append("\n")
        partes += [*traceback.format_tb(uno.__traceback__), f"{type(uno).__module__}.{type(uno).__qualname__}"]
        if mensaje := _mensaje_de(uno):
            partes.append(f": {mensaje}")
    return "".join(partes)


def _causas(error: BaseException | None) -> list[BaseException]:
    """The error and those it came from, the first cause first."""
    cadena: list[BaseException] = []
    while error is not None and error not in cadena:
        cadena.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return cadena[::-1]


def _mensaje_de(error: BaseException) -> str:
    if hasattr(error, "message_dict") or hasattr(error, "error_list"):
        return ""  # a ValidationError repeats what the person wrote
    texto = str(error)
    if type(error).__module__.startswith(("psycopg", "django.db")):
        # The lines below the first (DETAIL, CONTEXT) and what follows a colon hold values of the row.
        texto = _CITADO.sub(f": {OCULTO}", texto.partition("\n")[0])
    return limpio(texto[:300])


def _mensaje(record: logging.LogRecord) -> str:
    texto = record.getMessage()
    if record.name == ACCESO:
        return texto
    request = getattr(record, "request", None)
    if request is not None and hasattr(request, "path"):
        texto = texto.replace(request.path, ruta(request))  # a path may hold the secret of an invitation
    return limpio(texto)


def ruta(request: HttpRequest) -> str:
    """The name of the route that answers, which tells what was asked without what for."""
    hallada = getattr(request, "resolver_match", None)
    return hallada.view_name if hallada else "-"


# --- formats ----------------------------------------------------------------------------------------------------------
def _campos(record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    for campo in CAMPOS:
        if (valor := getattr(record, campo, None)) is not None:
            yield campo, valor
    trabajo = getattr(record, "job", None)  # what procrastinate says of a job: not its arguments
    if isinstance(trabajo, dict):
        yield "trabajo", trabajo.get("id")
        yield "tarea", trabajo.get("task_name")


class EnJSON(JsonFormatter):
    """One JSON object per line."""

    def formatException(self, ei) -> str:  # noqa: N802 (the name is logging's)
        return traza(ei[1]) if ei and ei[1] is not None else ""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        momento = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data |= {"momento": momento, "nivel": record.levelname, "registro": record.name, "proceso": record.process}
        if numero := getattr(record, "peticion", None) or guid.get():
            log_data["peticion"] = numero
        log_data["mensaje"] = _mensaje(record)
        log_data.update(_campos(record))
        if error := message_dict.get("exc_info"):
            log_data["error"] = error


class ParaLeer(logging.Formatter):
    """The same on a line for people."""

    def formatException(self, ei) -> str:  # noqa: N802 (the name is logging's)
        return traza(ei[1]) if ei and ei[1] is not None else ""

    def format(self, record: logging.LogRecord) -> str:
        hora = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        numero = getattr(record, "peticion", None) or guid.get() or ""
        partes = [
            hora,
            f"{record.levelname:7}",
            record.name,
            *([f"[{numero[:8]}]"] if numero else []),
            _mensaje(record),
        ]
        partes += [f"{campo}={valor}" for campo, valor in _campos(record)]
        linea = " ".join(partes)
        return f"{linea}\n{self.formatException(record.exc_info)}" if record.exc_info else linea


# --- settings ---------------------------------------------------------------------------------------------------------
def ajustes(*, formato: str, nivel: str, niveles: dict[str, str] | None = None) -> dict[str, Any]:
    """LOGGING: `formato` is "json" or "texto", `nivel` that of our own messages, `niveles` those of others by name."""
    propios = {nombre: {"level": nivel} for nombre in (*NUESTROS, "procrastinate.worker", "gunicorn.error")}
    callados = {
        # They repeat addresses, user names, paths with what was searched; the line of access says what is needed.
        "django.server": {"level": "CRITICAL"},
        "django.request": {"level": "ERROR"},
        "axes": {"level": "ERROR"},
        "django_guid": {"level": "ERROR"},
        "gunicorn.access": {"level": "CRITICAL"},
        # Statements hold the values of rows.
        "django.db.backends": {"level": "ERROR"},
    }
    otros = {nombre: {"level": valor.upper()} for nombre, valor in (niveles or {}).items()}
    registros = {"django": {"level": "WARNING"}, **propios, **callados, **otros}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "cuentas.operacion.bitacora.EnJSON", "json_ensure_ascii": False},
            "texto": {"()": "cuentas.operacion.bitacora.ParaLeer"},
        },
        "handlers": {"consola": {"class": "logging.StreamHandler", "formatter": formato}},
        "root": {"handlers": ["consola"], "level": "WARNING"},
        "loggers": {nombre: {"handlers": [], "propagate": True, **valor} for nombre, valor in registros.items()},
    }
