"""The world most tests live in: a municipality of 4 × 2 squares with two districts, west and east."""

import os
from pathlib import Path

import pytest

from tests import mundo


@pytest.fixture
def muni(db):
    return mundo.unidad("municipio", "990101", mundo.cuadro(0, 0, 4, 2), nombre="Municipio de prueba", personas=1000)


@pytest.fixture
def oeste(muni):
    return mundo.unidad("distrito", "1", mundo.cuadro(0, 0, 2), municipio=muni, nombre="Oeste", personas=600)


@pytest.fixture
def este(muni):
    return mundo.unidad("distrito", "2", mundo.cuadro(2, 0, 2), municipio=muni, nombre="Este", personas=400)


@pytest.fixture
def datos() -> Path:
    """The folder of real data, named by MINKA_DATOS; tests that need it skip where it is absent."""
    carpeta = Path(os.environ.get("MINKA_DATOS", Path(__file__).parents[1] / ".." / "shared" / "datos")).resolve()
    if not carpeta.is_dir():
        pytest.skip(f"no está la carpeta de datos reales {carpeta} (MINKA_DATOS)")
    return carpeta
