"""Minka as its own processes, over a cluster that may die under them."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings

RAIZ = Path(__file__).parents[2]


class Proceso:
    """A program of ours in its own group, so that killing it kills what it started."""

    def __init__(self, carpeta: Path, nombre: str, *orden: str, **entorno: str) -> None:
        self.nombre, self.orden, self.entorno = nombre, orden, entorno
        self.registro = carpeta / f"{nombre}.log"
        self.proceso: subprocess.Popen | None = None

    def arrancar(self) -> None:
        with self.registro.open("ab") as salida:
            self.proceso = subprocess.Popen(
                [sys.executable, *self.orden],
                cwd=RAIZ, env=os.environ | self.entorno, stdin=subprocess.DEVNULL, stdout=salida, stderr=salida,
                start_new_session=True,
            )  # fmt: skip

    def vive(self) -> bool:
        return self.proceso is not None and self.proceso.poll() is None

    def matar(self) -> None:
        if self.proceso is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.proceso.pid, signal.SIGKILL)
        self.proceso.wait()

    def matar_hijos(self) -> None:
        """Only those that the first process started, which starts others in their place."""
        pid = self.proceso.pid
        for hijo in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(hijo), signal.SIGKILL)

    def final(self) -> str:
        return self.registro.read_text(errors="replace")[-3000:] if self.registro.exists() else ""


class Servicio:
    """Web and worker, logged in as the role of the service, with a database that is not theirs to keep alive."""

    def __init__(self, carpeta: Path, url_del_servicio: str, url_del_dueno: str) -> None:
        with socket.socket() as libre:
            libre.bind(("127.0.0.1", 0))
            self.puerto = libre.getsockname()[1]
        comun = {
            "MINKA_VAR": str(carpeta),
            "MINKA_DISCOS": str(carpeta),
            "SECRET_KEY": settings.SECRET_KEY,
            "MINKA_BITACORA_NIVEL": "WARNING",
            "PYTHONPATH": str(RAIZ),
            # The test writes as fast as it can, from one address.
            **{f"MINKA_RITMO_{clase}": "" for clase in ("API", "API_ESCRITURA", "BUSQUEDA", "EXPORTES")},
        }
        self.dueno = comun | {"DATABASE_URL": url_del_dueno}
        comun["DATABASE_URL"] = url_del_servicio
        self.web = Proceso(
            carpeta, "web", "-m", "gunicorn", "-c", "config/gunicorn.py", "--preload", "config.wsgi",
            MINKA_ESCUCHA=f"127.0.0.1:{self.puerto}", WEB_CONCURRENCY="1", **comun,
        )  # fmt: skip
        self.trabajador = Proceso(
            carpeta, "trabajador", "manage.py", "procrastinate", "worker", "--concurrency", "1",
            MINKA_PROCESO="trabajador", **comun,
        )  # fmt: skip

    def mandar(self, *orden: str, revisar: bool = True) -> str:
        """Run a command of manage.py as the owner of the tables."""
        hecho = subprocess.run(
            [sys.executable, "manage.py", *orden],
            cwd=RAIZ, env=os.environ | self.dueno, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert not revisar or hecho.returncode == 0, hecho.stdout + hecho.stderr
        return hecho.stdout

    def esperar(self, plazo: float = 40) -> None:
        """Until the web answers with what is in the database."""
        limite = time.monotonic() + plazo
        while time.monotonic() < limite:
            try:
                conexion = http.client.HTTPConnection("127.0.0.1", self.puerto, timeout=5)
                conexion.request("GET", "/api/v1/niveles/")
                if conexion.getresponse().status == 200:
                    return
            except (OSError, http.client.HTTPException):
                pass
            assert self.web.vive(), self.web.final()
            time.sleep(0.1)
        raise AssertionError(f"la web no volvió en {plazo} s: {self.web.final()}")

    def detener(self) -> None:
        self.web.matar()
        self.trabajador.matar()
