"""The outermost layer of the service: answers who asks how it is, names each request, writes its line and counts it."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed, StreamingHttpResponse
from django_guid.context import guid

from cuentas.operacion import bitacora, metricas, salud

# Asked often and by machines, also while the database is down: before sessions, redirections and the check of the host.
DIRECTAS: dict[str, tuple[str, Callable[[HttpRequest], HttpResponse]]] = {
    "/salud/": ("salud", salud.vivo),
    "/salud/vivo/": ("salud-vivo", salud.vivo),
    "/salud/listo/": ("salud-listo", salud.listo),
    "/metricas/": ("metricas", metricas.pagina),
}
METODOS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_NUMERO = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

acceso = logging.getLogger(bitacora.ACCESO)


class Peticiones:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info in DIRECTAS:
            vista = DIRECTAS[request.path_info][1]
            return vista(request) if request.method in ("GET", "HEAD") else HttpResponseNotAllowed(["GET", "HEAD"])
        if not _NUMERO.fullmatch(request.META.get("HTTP_X_REQUEST_ID", "")):
            request.META.pop("HTTP_X_REQUEST_ID", None)  # then django_guid makes one
        seguida = Seguida(request)
        respuesta = self.get_response(request)
        seguida.hasta_el_final_de(respuesta)
        return respuesta


class Seguida:
    """One request from its first moment to its last byte."""

    def __init__(self, request: HttpRequest) -> None:
        self.request, self.empezo, self.bytes, self.estado = request, time.monotonic(), 0, 0
        metricas.EN_CURSO.inc()
        bitacora.peticion_en_curso.set(request)

    def hasta_el_final_de(self, respuesta: HttpResponseBase) -> None:
        """Be told when the server has sent the answer, or has given up sending it."""
        self.estado = respuesta.status_code
        if "Content-Length" in respuesta:
            self.bytes = int(respuesta["Content-Length"])
        elif isinstance(respuesta, StreamingHttpResponse):
            respuesta.streaming_content = self._contados(respuesta.streaming_content)
        else:
            self.bytes = len(respuesta.content)
        respuesta._resource_closers.append(self.terminar)

    def _contados(self, trozos) -> Iterator[bytes]:
        for trozo in trozos:
            self.bytes += len(trozo)
            yield trozo

    def terminar(self) -> None:
        segundos = time.monotonic() - self.empezo
        metodo = self.request.method if self.request.method in METODOS else "otro"
        ruta = self._ruta()
        metricas.EN_CURSO.dec()
        metricas.PETICIONES.labels(metodo, ruta, self.estado).inc()
        metricas.SEGUNDOS.labels(metodo, ruta).observe(segundos)
        usuario = bitacora.usuario_conocido(self.request)
        datos = {
            "metodo": metodo,
            "ruta": ruta,
            "estado": self.estado,
            "ms": round(segundos * 1000),
            "bytes": self.bytes,
            "usuario": usuario.pk if usuario else None,
            "peticion": getattr(self.request, "correlation_id", None) or guid.get(),
        }
        acceso.info("petición", extra=datos)
        bitacora.peticion_en_curso.set(None)

    def _ruta(self) -> str:
        if self.request.path_info.startswith(settings.STATIC_URL):
            return "estáticos"
        return bitacora.ruta(self.request)
