"""The child process that opens a file somebody brought: limits first, then what it is and, of an image, its copy.

Started by `examen` as `python -m territorio.adjuntos.proceso FOLDER`; its answer is JSON in that folder.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from territorio.importacion.proceso import SIN_DISCO, SIN_MEMORIA, limitar, sin_disco

PETICION, RESULTADO, ORIGINAL = "peticion.json", "resultado.json", "original"


def principal(carpeta: Path) -> None:
    peticion = json.loads((carpeta / PETICION).read_text())
    limitar(peticion["segundos"], peticion["memoria_mb"])
    # Imported only now, so that the C libraries start inside the limits.
    from territorio.adjuntos.rechazo import Rechazo

    os.chdir(carpeta)
    try:
        resultado = _revisar(carpeta, peticion)
    except Rechazo as rechazo:
        resultado = {"rechazo": rechazo.codigo, "detalle": rechazo.detalle}
    (carpeta / RESULTADO).write_text(json.dumps(resultado))


def _revisar(carpeta: Path, peticion: dict) -> dict:
    original, formato = carpeta / ORIGINAL, peticion["formato"]
    if formato == "zip":
        from territorio.adjuntos import oficina

        return oficina.revisar(original, descomprimidos=peticion["descomprimidos"])
    if formato == "pdf":
        from territorio.adjuntos import pdf

        return pdf.revisar(original, descomprimidos=peticion["descomprimidos"])
    from territorio.adjuntos import foto

    return foto.revisar(original, formato, carpeta, pixeles=peticion["pixeles"])


if __name__ == "__main__":
    try:
        principal(Path(sys.argv[1]))
    except MemoryError:
        os._exit(SIN_MEMORIA)
    except OSError as error:
        if sin_disco(error):
            os._exit(SIN_DISCO)
        raise
    os._exit(0)  # the answer is written: nothing is left to tidy
