"""Areas of influence: an estimate between points, cut by their district, that never counts as a limit."""

import pytest
import shapely

from territorio.influencia import influencia
from territorio.models import Limite, UnidadEnUnidad
from tests.mundo import cuadro, nivel, punto, unidad, xy

pytestmark = pytest.mark.django_db


def comunidad(muni, padre, codigo, lugar):
    return unidad("comunidad", codigo, lugar, municipio=muni, padre=padre, nombre=codigo, ubicar=False)


def areas(muni) -> dict:
    return {area.unidad.codigo: area for area in influencia(muni, nivel("comunidad"))}


def pasos(area) -> float:
    """Its size in squares of the grid."""
    return area.geom.area * 10_000


def test_two_points_share_their_district_and_a_third_takes_the_other(muni, oeste, este):
    comunidad(muni, oeste, "a", punto(0.5, 1))
    comunidad(muni, oeste, "b", punto(1.5, 1))
    comunidad(muni, este, "c", punto(3, 0.2))
    hechas = areas(muni)
    assert {c: round(pasos(a), 6) for c, a in hechas.items()} == {"a": 2, "b": 2, "c": 4}
    assert {c: a.en for c, a in hechas.items()} == {"a": oeste, "b": oeste, "c": este}
    assert shapely.intersection(hechas["a"].geom, hechas["b"].geom).area == pytest.approx(0, abs=1e-12)


def test_nearer_is_measured_in_metres(muni):
    comunidad(muni, muni, "a", punto(1, 0.5))
    comunidad(muni, muni, "b", punto(2, 1.5))
    # The bisector is square to the line between both in metres, where a degree of longitude is the shorter.
    borde = areas(muni)["a"].geom.intersection(areas(muni)["b"].geom)
    (x1, y1), (x2, y2) = max((g for g in getattr(borde, "geoms", [borde])), key=lambda g: g.length).coords[:2]
    assert (x2 - x1) / (y2 - y1) == pytest.approx(-1 / 0.9563**2, rel=0.01)


def test_points_in_one_place_share_one_area_and_say_so(muni, oeste):
    for codigo in "ab":
        comunidad(muni, oeste, codigo, punto(1, 1))
    assert {(c, a.comparten, round(pasos(a), 6)) for c, a in areas(muni).items()} == {("a", 2, 4), ("b", 2, 4)}


def test_a_point_outside_its_district_is_cut_by_the_one_it_lies_in(muni, oeste, este):
    comunidad(muni, oeste, "lejos", punto(3, 1))
    comunidad(muni, este, "borde", punto(2, 1))
    comunidad(muni, oeste, "fuera", punto(9, 9))
    assert {c: a.en for c, a in areas(muni).items()} == {"lejos": este, "borde": este}


def test_what_no_district_takes_of_the_municipality_goes_to_the_points_there(muni, oeste):
    comunidad(muni, oeste, "a", punto(1, 1))
    comunidad(muni, muni, "b", punto(3, 1))
    hechas = areas(muni)
    assert (hechas["b"].en, round(pasos(hechas["b"]), 6)) == (muni, 4)


def test_units_with_a_limit_and_without_place_have_none_and_nothing_is_stored(muni, oeste):
    comunidad(muni, oeste, "sin", None)
    comunidad(muni, oeste, "dentro", punto(0.5, 0.5))
    unidad("comunidad", "toda", cuadro(0, 0, 1, 2), municipio=muni, padre=oeste)
    comunidad(muni, oeste, "a", punto(1.5, 1))
    antes = (Limite.objects.count(), UnidadEnUnidad.objects.count())
    hechas = areas(muni)
    assert set(hechas) == {"a", "dentro"}
    assert sum(pasos(area) for area in hechas.values()) == pytest.approx(2)  # what no community's limit holds
    assert all(area.geom.bounds[0] >= xy(1, 0)[0] - 1e-9 for area in hechas.values())
    assert (Limite.objects.count(), UnidadEnUnidad.objects.count()) == antes


def test_without_any_limit_there_is_nothing_to_cut_by(db):
    muni = unidad("municipio", "990101", None)
    comunidad(muni, muni, "a", punto(1, 1))
    assert areas(muni) == {}
