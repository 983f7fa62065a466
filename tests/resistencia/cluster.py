"""A PostgreSQL of the test's own, thrown away with it: stopped as a power cut would, started again."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path


class Cluster:
    """PostgreSQL refuses to run as root: then it runs as `postgres`, whoever the test is."""

    def __init__(self) -> None:
        # Not below pytest's folder: the path of a socket must be short, and the server's user must get in.
        self.carpeta = Path(tempfile.mkdtemp(prefix="minka-", dir="/tmp"))
        self.datos, self.zocalo = self.carpeta / "datos", self.carpeta / "z"
        self.programas = max(Path("/usr/lib/postgresql").glob("*/lib/postgis-3.so"), key=_version).parents[1] / "bin"
        self.usuario = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self.carpeta.chmod(0o755)
        self.zocalo.mkdir(mode=0o755)
        if os.geteuid() == 0:
            shutil.chown(self.zocalo, self.usuario)
            self.datos.mkdir()
            shutil.chown(self.datos, self.usuario)
        self._correr(
            "initdb", "-D", self.datos, "--username=minka", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
            "--no-instructions", "--no-sync",
        )  # fmt: skip
        # Only this machine's users reach the socket, for the minutes that the test lasts.
        ajustes = f"-c listen_addresses= -c unix_socket_directories={self.zocalo} -c shared_buffers=64MB -c jit=off"
        self.opciones = f"{ajustes} -c max_connections=60"

    def url(self, base: str, rol: str = "minka") -> str:
        return f"postgis://{rol}@/{self.zocalo}/{base}"

    def arrancar(self) -> None:
        registro = self.datos / "registro.log"
        self._correr("pg_ctl", "-D", self.datos, "-l", registro, "-w", "-t", "60", "-o", self.opciones, "start")

    def matar(self) -> None:
        """As if the power went: no checkpoint, no goodbye to anybody."""
        self._correr("pg_ctl", "-D", self.datos, "-m", "immediate", "-w", "stop")

    def vive(self) -> bool:
        return (self.datos / "postmaster.pid").exists()

    def tirar(self) -> None:
        if self.vive():
            self.matar()
        shutil.rmtree(self.carpeta, ignore_errors=True)

    def _correr(self, programa: str, *argumentos: object) -> None:
        como = []
        if os.geteuid() == 0:
            grupo = pwd.getpwnam(self.usuario).pw_gid
            como = ["setpriv", f"--reuid={self.usuario}", f"--regid={grupo}", "--init-groups", "--"]
        orden = [*como, str(self.programas / programa), *map(str, argumentos)]
        # To a file, not a pipe: the server would keep the pipe open.
        with tempfile.TemporaryFile() as salida:
            hecho = subprocess.run(orden, cwd="/", stdin=subprocess.DEVNULL, stdout=salida, stderr=salida, check=False)
            salida.seek(0)
            assert hecho.returncode == 0, salida.read().decode()


def _version(ruta: Path) -> int:
    return int(ruta.parents[1].name)
