"""People at work: each writes through the API without rest and remembers what the service acknowledged."""

import http.client
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests import mundo


@dataclass
class Cliente:
    """One session; a connection that breaks off is no answer, and leaves what was asked unknown."""

    puerto: int
    sesion: str
    _conexion: http.client.HTTPConnection | None = field(default=None, repr=False)

    def pedir(self, metodo: str, ruta: str, cuerpo: Any = None, **cabeceras: str) -> tuple[int, Any] | None:
        """Status and answer; None where none came."""
        prueba = "a" * 32
        todas = {"Cookie": f"sessionid={self.sesion}; csrftoken={prueba}", "X-CSRFToken": prueba, **cabeceras}
        if cuerpo is not None and not isinstance(cuerpo, bytes):
            cuerpo, todas["Content-Type"] = json.dumps(cuerpo).encode(), "application/json"
        try:
            if self._conexion is None:
                self._conexion = http.client.HTTPConnection("127.0.0.1", self.puerto, timeout=20)
            self._conexion.request(metodo, ruta, cuerpo, todas)
            respuesta = self._conexion.getresponse()
            texto = respuesta.read()
            return respuesta.status, json.loads(texto) if texto[:1] in b"{[" else texto
        except (OSError, http.client.HTTPException, ValueError):
            self._conexion = None
            return None


class Trabajo(threading.Thread):
    """Does one thing over and over until told to stop; what it hears that no client should, it keeps."""

    def __init__(self, cliente: Cliente) -> None:
        super().__init__(daemon=True)
        self.cliente, self.parar, self.raras, self.confirmadas = cliente, threading.Event(), [], 0

    def run(self) -> None:
        while not self.parar.is_set():
            try:
                self.paso()
            except Exception as error:
                self.raras.append(repr(error))
            time.sleep(0.02)

    def paso(self) -> None:
        raise NotImplementedError

    def exigir(self, respuesta: tuple[int, Any] | None, *bien: int) -> Any:
        """The body of an answer that acknowledges; None where there was none, or the service said that it could not."""
        if respuesta is None:
            return None
        estado, cuerpo = respuesta
        if estado in bien:
            return cuerpo
        # 409 and 428: what we read is old, because an answer was lost. 5xx: the database is gone, which it says.
        if estado not in (409, 428) and estado < 500:
            self.raras.append(f"{estado}: {str(cuerpo)[:200]}")
        return None


class EditaUnidad(Trabajo):
    """Gives its own community another name and, in the same transaction, another code elsewhere."""

    def __init__(self, cliente: Cliente, unidad: int) -> None:
        super().__init__(cliente)
        self.unidad, self.vez, self.dichos, self.pedidos = unidad, 0, [], []

    def paso(self) -> None:
        leida = self.exigir(self.cliente.pedir("GET", f"/api/v1/unidades/{self.unidad}/"), 200)
        if leida is None:
            return
        self.vez += 1
        nombre = f"C{self.unidad}-{self.vez}"
        self.pedidos.append(nombre)
        codigos = [{"esquema": "prueba", "codigo": nombre}]
        cuerpo = {"nombre": nombre, "codigos": codigos, "version": leida["properties"]["version"]}
        if self.exigir(self.cliente.pedir("PATCH", f"/api/v1/unidades/{self.unidad}/", cuerpo), 200) is not None:
            self.dichos.append(nombre)
            self.confirmadas += 1


class CreaServicios(Trabajo):
    """Adds services, each with the units in which it lies."""

    def __init__(self, cliente: Cliente, marca: str) -> None:
        super().__init__(cliente)
        self.marca, self.vez, self.dichos = marca, 0, []

    def paso(self) -> None:
        self.vez += 1
        codigo = f"{self.marca}-{self.vez}"
        lugar = {"type": "Point", "coordinates": mundo.xy(0.1 + self.vez % 38 / 10, 0.5)}
        cuerpo = {
            "municipio": "990101", "codigo": codigo, "nombre": f"Posta {codigo}", "sector": "20",
            "tipo": "puesto de salud", "estado": "funciona", "lugar": lugar,
        }  # fmt: skip
        if self.exigir(self.cliente.pedir("POST", "/api/v1/equipamientos/", cuerpo), 201) is not None:
            self.dichos.append(codigo)
            self.confirmadas += 1


class PublicaDemanda(Trabajo):
    """Publishes a demand and takes it back, in turn."""

    def __init__(self, cliente: Cliente, demanda: int) -> None:
        super().__init__(cliente)
        self.demanda, self.dichas = demanda, []

    def paso(self) -> None:
        leida = self.exigir(self.cliente.pedir("GET", f"/api/v1/demandas/{self.demanda}/"), 200)
        if leida is None:
            return
        que = "retirar" if leida["properties"]["publicada"] else "publicar"
        cuerpo = {"version": leida["properties"]["version"]}
        hecha = self.exigir(self.cliente.pedir("POST", f"/api/v1/demandas/{self.demanda}/{que}/", cuerpo), 200)
        if hecha is not None:
            self.dichas.append(hecha["properties"]["version"])
            self.confirmadas += 1


class Importa(Trabajo):
    """Uploads three communities at once and has them written; each upload has codes of its own."""

    def __init__(self, cliente: Cliente) -> None:
        super().__init__(cliente)
        self.vez, self.dichas, self.ultima, self.aplicando = 0, [], None, threading.Event()

    def paso(self) -> None:
        self.vez += 1
        marca = f"I{self.vez}"
        subida = self.exigir(self._subir(marca), 201)
        if subida is None:
            return
        ruta = f"/api/v1/importaciones/{subida['uid']}/"
        informe = self._hasta(ruta, "por_revisar")
        if informe is None:
            return
        if self.exigir(self.cliente.pedir("POST", f"{ruta}aceptar/", {"huella": informe["huella"]}), 202) is None:
            return
        self.aplicando.set()
        if self._hasta(ruta, "aplicada") is not None:
            self.dichas.append(marca)
            self.confirmadas += 1
        self.aplicando.clear()

    def _subir(self, marca: str):
        rasgos = [
            {
                "type": "Feature",
                "properties": {"codigo": f"{marca}-{n}", "nombre": f"Comunidad {marca}-{n}"},
                "geometry": {"type": "Point", "coordinates": mundo.xy(0.3 + n, 1.5)},
            }
            for n in range(3)
        ]
        archivo = json.dumps({"type": "FeatureCollection", "features": rasgos})
        corte = uuid.uuid4().hex
        campos = {"municipio": "990101", "nivel": "comunidad", "campo_codigo": "codigo", "campo_nombre": "nombre"}
        partes = [f'name="{nombre}"\r\n\r\n{valor}' for nombre, valor in campos.items()]
        partes.append(f'name="archivos"; filename="c.geojson"\r\nContent-Type: application/json\r\n\r\n{archivo}')
        cuerpo = "".join(f"--{corte}\r\nContent-Disposition: form-data; {parte}\r\n" for parte in partes)
        cuerpo += f"--{corte}--\r\n"
        tipo = {"Content-Type": f"multipart/form-data; boundary={corte}"}
        return self.cliente.pedir("POST", "/api/v1/importaciones/", cuerpo.encode(), **tipo)

    def _hasta(self, ruta: str, estado: str) -> Any:
        """The import once it is there; None where it went elsewhere, or it takes too long."""
        limite = time.monotonic() + 40
        while time.monotonic() < limite and not self.parar.is_set():
            leida = self.exigir(self.cliente.pedir("GET", ruta), 200)
            if leida is not None and leida["estado"] not in ("en_cola", "leyendo", "aplicando"):
                self.ultima = leida["estado"], leida["mensajes"], leida["informe"].get("problemas")
                return leida if leida["estado"] == estado else None
            time.sleep(0.15)
        return None
