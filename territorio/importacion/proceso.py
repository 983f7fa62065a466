"""The child process that reads a file: limits first, then format, coordinate system, text and geometry.

Started by `lector` as `python -m territorio.importacion.proceso FOLDER`; its answer is JSON and WKB in that folder.
"""

from __future__ import annotations

import ctypes
import errno
import gc
import json
import os
import resource
import signal
import sys
from pathlib import Path

SIN_MEMORIA, SIN_DISCO = 77, 78  # exit status
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_ARCHIVO_MAXIMO = 500 * 1024 * 1024


def limitar(segundos: int, memoria_mb: int) -> None:
    """Bound memory, processor time, files and descriptors, and leave the network where the kernel lets us."""
    memoria = memoria_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memoria, memoria))
    resource.setrlimit(resource.RLIMIT_CPU, (segundos, segundos + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_ARCHIVO_MAXIMO, _ARCHIVO_MAXIMO))
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if libc.unshare(_CLONE_NEWNET):
            libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def sin_disco(error: OSError) -> bool:
    """Whether it is the disk that is full, and not the file that is wrong."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def principal(carpeta: Path) -> None:
    peticion = json.loads((carpeta / "peticion.json").read_text())
    limitar(peticion["segundos"], peticion["memoria_mb"])
    # Imported only now, so that numpy and the C libraries start inside the limits.
    from territorio.importacion.interior import responder
    from territorio.importacion.lector import Opciones

    os.chdir(carpeta)
    opciones = {**peticion["opciones"], "caja": tuple(peticion["opciones"]["caja"])}
    responder(carpeta, peticion["nombre"], Opciones(**opciones), descomprimidos=peticion["descomprimidos"])


if __name__ == "__main__":
    gc.disable()  # one short life full of small lists: the collector only costs time
    try:
        principal(Path(sys.argv[1]))
    except MemoryError:
        os._exit(SIN_MEMORIA)  # unwinding and printing a traceback would need what is not there
    except OSError as error:
        if sin_disco(error):
            os._exit(SIN_DISCO)
        raise
    os._exit(0)  # the answer is written: nothing is left to tidy
