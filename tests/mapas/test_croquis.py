"""The small drawing of where something lies: it fits its frame and nothing tiny gets lost."""

import re

import pytest

from mapas.croquis import ALTO_MAXIMO, ANCHO, croquis, croquis_de_unidad
from tests import mundo


def vertices(trazo: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", trazo)]


def test_a_district_is_drawn_in_its_half_of_the_municipality(oeste, este):
    dibujo = croquis_de_unidad(oeste)
    assert max(x for x, _y in vertices(dibujo.propia)) == pytest.approx(dibujo.ancho / 2, abs=0.2)
    assert min(x for x, _y in vertices(croquis_de_unidad(este).propia)) == pytest.approx(dibujo.ancho / 2, abs=0.2)
    assert dibujo.anillo is None


def test_everything_stays_inside_the_frame_even_what_lies_outside_the_municipality(muni):
    dibujo = croquis(muni, mundo.cuadro(9, 9))
    assert dibujo.ancho <= ANCHO
    assert dibujo.alto <= ALTO_MAXIMO
    for x, y in vertices(dibujo.fondo + dibujo.propia):
        assert 0 <= x <= dibujo.ancho
        assert 0 <= y <= dibujo.alto


def test_north_is_up(muni):
    sur, norte = croquis(muni, mundo.punto(1, 0.5)), croquis(muni, mundo.punto(1, 1.5))
    assert norte.punto[1] < sur.punto[1]


@pytest.mark.parametrize("lugar", [mundo.punto(1, 1), mundo.cuadro(1, 1, 0.01), mundo.linea((1, 1), (1.01, 1))])
def test_what_is_too_small_to_see_gets_a_ring(muni, lugar):
    assert croquis(muni, lugar).anillo is not None


def test_where_nothing_is_known_there_is_no_drawing(muni):
    assert croquis(muni, None) is None
    assert croquis(None, mundo.punto(1, 1)) is None
    assert croquis_de_unidad(mundo.unidad("comunidad", "9", municipio=muni)) is None


def test_a_department_without_municipality_is_drawn_alone(db):
    assert croquis_de_unidad(mundo.unidad("departamento", "99", mundo.cuadro(0, 0))).propia
