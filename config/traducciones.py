"""Compile every `locale/*/LC_MESSAGES/*.po` to `.mo`, without the gettext programs: `python -m config.traducciones`."""

from pathlib import Path

import polib

CARPETA = Path(__file__).resolve().parent.parent / "locale"


def compilar(carpeta: Path = CARPETA) -> list[Path]:
    """Write the `.mo` beside each `.po` of `carpeta`; return what was written."""
    escritos = []
    for origen in sorted(carpeta.glob("*/LC_MESSAGES/*.po")):
        destino = origen.with_suffix(".mo")
        # A process that starts meanwhile must find the old file or the new one, never half a file.
        nuevo = destino.with_suffix(".mo.nuevo")
        polib.pofile(str(origen), encoding="utf-8").save_as_mofile(str(nuevo))
        nuevo.replace(destino)
        escritos.append(destino)
    return escritos


if __name__ == "__main__":
    for archivo in compilar():
        print(archivo.relative_to(CARPETA.parent))
