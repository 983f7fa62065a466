"""Paper is made of what we have: nothing outside is asked for."""

import pytest
from django.core.exceptions import SuspiciousFileOperation

from territorio.impresos import _recursos


@pytest.mark.parametrize(
    "direccion",
    [
        "https://impresos.invalid/static/../config/settings.py",
        "https://impresos.invalid/static/%2e%2e/%2e%2e/pyproject.toml",
        "https://impresos.invalid/pyproject.toml",
        "http://127.0.0.1:1/static/minka/impreso.css",
        "file:///etc/hostname",
    ],
)
def test_a_document_asks_for_nothing_but_our_static_files(direccion):
    with pytest.raises((ValueError, SuspiciousFileOperation)) as negado:
        _recursos().fetch(direccion)
    assert "refused" not in str(negado.value)  # it did not even try


def test_a_document_finds_its_look_and_its_letters():
    assert b"@page" in _recursos().fetch("https://impresos.invalid/static/minka/impreso.css").read()
    letra = "https://impresos.invalid/static/terceros/source-sans-3/source-sans-3-latin-400-normal.woff2"
    assert _recursos().fetch(letra).read(4) == b"wOF2"
