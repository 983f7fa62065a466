"""Every text on screen has its English, and the English says the same thing."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

from config.traducciones import CARPETA, compilar

RAIZ = CARPETA.parent
PO = CARPETA / "en" / "LC_MESSAGES" / "django.po"


@pytest.fixture(scope="module")
def catalogo() -> polib.POFile:
    return polib.pofile(str(PO), encoding="utf-8")


def huecos(texto: str) -> set[str]:
    """The places of a message that a program fills in."""
    return set(re.findall(r"%\(\w+\)[sdf]", texto))


def test_every_text_of_the_sources_has_its_english(tmp_path, catalogo):
    if shutil.which("xgettext") is None:
        pytest.skip("falta xgettext (paquete gettext)")
    # makemessages writes into the tree it reads, so it gets links to the sources and a locale folder of its own.
    for app in ("config", "cuentas", "demandas", "mapas", "proyectos", "territorio", "fixtures"):
        copiar(RAIZ / app, tmp_path / app)
    (tmp_path / "locale").mkdir()
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--locale", "en", "--no-obsolete", "--verbosity", "0"],
        cwd=tmp_path,
        check=True,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    traducidos = {entrada.msgid for entrada in catalogo if entrada.translated()}
    frescos = polib.pofile(str(tmp_path / "locale" / "en" / "LC_MESSAGES" / "django.po"))
    faltan = sorted(entrada.msgid for entrada in frescos if entrada.msgid not in traducidos)
    assert len(frescos) > 100
    assert faltan == [], f"Sin traducir: {faltan}. Corra `manage.py makemessages -l en` y traduzca."


def copiar(origen: Path, destino: Path) -> None:
    for archivo in origen.rglob("*"):
        if archivo.suffix in {".py", ".html", ".txt"} and "migrations" not in archivo.parts:
            copia = destino / archivo.relative_to(origen)
            copia.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(archivo, copia)


def test_a_translation_fills_in_what_its_text_fills_in(catalogo):
    for entrada in catalogo:
        esperados = huecos(entrada.msgid) | huecos(entrada.msgid_plural or "")
        for traduccion in [entrada.msgstr, *entrada.msgstr_plural.values()]:
            assert huecos(traduccion) <= esperados, entrada.msgid
        if not entrada.msgid_plural:
            assert huecos(entrada.msgstr) == esperados, entrada.msgid


def test_nothing_is_left_fuzzy(catalogo):
    assert [entrada.msgid for entrada in catalogo.fuzzy_entries()] == []


def test_compiling_needs_no_program_and_leaves_a_file_that_django_reads(tmp_path):
    destino = tmp_path / "en" / "LC_MESSAGES"
    destino.mkdir(parents=True)
    shutil.copyfile(PO, destino / "django.po")
    assert compilar(tmp_path) == [destino / "django.mo"]
    assert len(polib.mofile(str(destino / "django.mo"))) > 100
