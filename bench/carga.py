"""One load in a process of its own, so that its memory is its own: seconds and peak MB, as JSON on standard output."""

import json
import os
import resource
import sys
import time
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from territorio.importacion.escritor import escribir
    from territorio.importacion.limites import Pedido, planear

    archivo, nivel, municipio = sys.argv[1:]
    pedido = Pedido(archivo=Path(archivo), nivel=nivel, municipio=municipio or None)
    inicio = time.perf_counter()
    plan = planear(pedido)
    if not plan.informe.aceptable:
        sys.exit(plan.informe.texto())
    planeado = time.perf_counter()
    # The reader is a process of its own, at work beside this one: what both took, as if they had peaked at once.
    memoria = _megas(resource.RUSAGE_SELF) + _megas(resource.RUSAGE_CHILDREN)
    escribir(plan, pedido)
    medido = {
        "simular_s": planeado - inicio,
        "simular_mb": memoria,
        "cargar_s": time.perf_counter() - planeado,
        "cargar_mb": _megas(resource.RUSAGE_SELF),
        "cuentas": plan.informe.cuentas,
    }
    print(json.dumps(medido))


def _megas(de: int) -> float:
    return resource.getrusage(de).ru_maxrss / 1024


if __name__ == "__main__":
    main()
