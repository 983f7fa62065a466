"""Repair, overlaps and gaps on shapes drawn by chance: nothing is lost, nothing is invented, order does not count."""

from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from territorio.importacion import geometria, huecos, topologia
from territorio.importacion.geometria import GeometriaRechazada, Partes, terminar
from territorio.importacion.huecos import ASTILLA, HUECO, SIN_CUBRIR, buscar
from territorio.importacion.plan import FilaUnidad
from territorio.importacion.superficies import area_m2, areas_m2, largos_m, plano
from territorio.importacion.topologia import superposiciones

LON, LAT, PASO = -65.0, -17.0, 0.001  # a step of the grid is some 106 by 111 m
sin_prisa = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
enteros = st.integers(0, 12)


def caja(x: float, y: float, ancho: float = 1, alto: float = 1) -> shapely.MultiPolygon:
    forma = shapely.box(LON + x * PASO, LAT + y * PASO, LON + (x + ancho) * PASO, LAT + (y + alto) * PASO)
    return shapely.multipolygons([forma])


def filas_de(formas: list[shapely.MultiPolygon]) -> list[FilaUnidad]:
    filas = [FilaUnidad(n, str(n), f"U{n}", forma) for n, forma in enumerate(formas, 1)]
    for fila in filas:
        fila.m2 = area_m2(fila.geom)
    return filas


def pares(formas: list[shapely.MultiPolygon]) -> list[topologia.Superposicion]:
    return superposiciones(filas_de(formas), [], np.array(formas, dtype=object))


# --- areas ------------------------------------------------------------------------------------------------------------


@given(st.floats(-69, -58), st.floats(-22, -10), st.floats(1e-4, 1), st.floats(1e-4, 1))
@sin_prisa
def test_areas_are_those_of_the_ellipsoid_within_a_thousandth(x, y, ancho, alto):
    # Vertices along the edges, as borders have: a straight edge here is no geodesic.
    forma = shapely.segmentize(shapely.box(x, y, x + ancho, y + alto), 0.05)
    assert area_m2(forma) == pytest.approx(geometria.area(forma), rel=1e-3)


def test_areas_of_parts_add_up_to_the_whole():
    entera, cortes = caja(0, 0, 9, 7), [caja(x, y) for x in range(9) for y in range(7)]
    assert areas_m2(cortes).sum() == pytest.approx(area_m2(entera), rel=1e-9)


def test_widths_are_measured_on_the_ground():
    assert largos_m([caja(0, 0)])[0] == pytest.approx(2 * (PASO * 111_195 * (1 + np.cos(np.radians(LAT)))), rel=0.005)
    assert areas_m2([None, shapely.Point(LON, LAT), caja(0, 0)])[:2].tolist() == [0, 0]
    assert np.isfinite(plano(np.array([[-180.0, -90.0], [180.0, 90.0]]))).all()


# --- repair -----------------------------------------------------------------------------------------------------------

anillos = st.lists(st.tuples(enteros, enteros), min_size=3, max_size=12)


@given(st.lists(anillos, min_size=1, max_size=3))
@sin_prisa
def test_a_repaired_polygon_is_valid_within_its_hull_and_needs_no_second_repair(lista):
    arreglos = [np.array(a, dtype=float) * PASO + (LON, LAT) for a in lista]
    try:
        hecha = terminar(Partes("Polygon", [arreglos]))
    except GeometriaRechazada as e:
        assert e.codigo == "geometria_irreparable"
        return
    assert shapely.is_valid(hecha.geometria)
    assert hecha.geometria.geom_type == "MultiPolygon"
    casco = shapely.MultiPoint(np.concatenate(arreglos)).convex_hull
    assert hecha.geometria.area <= casco.area * (1 + 1e-9)
    assert shapely.difference(hecha.geometria, shapely.buffer(casco, 1e-9)).is_empty
    otra = terminar(geometria.desde_wkb(shapely.to_wkb(hecha.geometria)))
    assert (otra.motivo, shapely.equals(otra.geometria, hecha.geometria)) == ("", True)


# --- overlaps ---------------------------------------------------------------------------------------------------------

cajas = st.builds(caja, enteros, enteros, st.integers(1, 5), st.integers(1, 5))


@given(st.lists(cajas, min_size=1, max_size=7), st.randoms(use_true_random=False))
@sin_prisa
def test_overlaps_are_the_same_in_whatever_order_the_rows_come(formas, azar):
    barajadas = azar.sample(formas, len(formas))
    assert sorted(s.m2 for s in pares(barajadas)) == pytest.approx(sorted(s.m2 for s in pares(formas)), abs=0.01)
    for par in pares(formas):
        assert par.m2 == pytest.approx(area_m2(shapely.intersection(par.fila.geom, par.otra.geom)), abs=0.01)


def test_neighbours_that_share_a_border_do_not_overlap_and_a_stored_sibling_counts():
    assert pares([caja(0, 0), caja(1, 0), caja(1, 1)]) == []
    queda = SimpleNamespace(nombre="Queda", limite_wkb=b"x")
    fila = filas_de([caja(0, 0, 2)])
    halladas = superposiciones(fila, [queda], np.array([caja(0, 0, 2), caja(1, 0)], dtype=object))
    assert [(s.otra, round(s.m2)) for s in halladas] == [(queda, round(area_m2(caja(1, 0))))]


# --- gaps -------------------------------------------------------------------------------------------------------------

# Boxes in columns of their own, four steps apart: two neighbours may overlap, three never do.
columna = st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(0, 6), st.integers(1, 6))
columnas = st.lists(columna, min_size=1, max_size=5)


@given(columnas, st.booleans(), st.randoms(use_true_random=False))
@sin_prisa
def test_areas_less_overlaps_plus_gaps_are_the_area_of_what_holds_them(lista, por_baldosas, azar):
    formas = [caja(4 * n + x, y, ancho, alto) for n, (x, ancho, y, alto) in enumerate(lista)]
    region = caja(-1, -1, 30, 20)
    azar.shuffle(formas)
    with pytest.MonkeyPatch.context() as parche:
        parche.setattr(huecos, "FORMAS_POR_BALDOSA", 1 if por_baldosas else 300)
        hallados = buscar(np.array(formas, dtype=object), [("Padre", region)])
    superpuesto = sum(s.m2 for s in pares(formas))
    suma = areas_m2(formas).sum() - superpuesto + sum(h.m2 for h in hallados)
    assert suma == pytest.approx(area_m2(region), rel=1e-9)


@given(st.lists(cajas, min_size=2, max_size=8), st.randoms(use_true_random=False))
@sin_prisa
def test_without_a_parent_the_gaps_are_the_holes_of_the_union_whatever_the_order(formas, azar):
    union = shapely.union_all(formas)
    lleno = shapely.union_all([shapely.Polygon(p.exterior) for p in shapely.get_parts(union)])
    barajadas = azar.sample(formas, len(formas))
    hallados, otra_vez = (buscar(np.array(f, dtype=object), []) for f in (formas, barajadas))
    cerrados = [h.m2 for h in hallados if h.tipo == HUECO]
    assert sum(cerrados) == pytest.approx(area_m2(lleno) - area_m2(union), rel=1e-6, abs=1)
    assert [h.m2 for h in otra_vez] == pytest.approx([h.m2 for h in hallados], abs=0.01)


@given(st.integers(2, 6), st.integers(2, 6), st.data())
@sin_prisa
def test_a_missing_tile_is_a_gap_and_nothing_else_is(ancho, alto, datos):
    todas = {(x, y): caja(x, y) for x in range(ancho) for y in range(alto)}
    adentro = [(x, y) for x, y in todas if 0 < x < ancho - 1 and 0 < y < alto - 1]
    assume(adentro)
    falta = datos.draw(st.sampled_from(adentro))
    formas = np.array([f for clave, f in todas.items() if clave != falta], dtype=object)
    for donde in ([], [("Padre", caja(0, 0, ancho, alto))]):
        (hueco,) = buscar(formas, donde)
        assert (hueco.tipo, round(hueco.m2)) == (HUECO, round(area_m2(todas[falta])))
    assert len(buscar(np.array(list(todas.values()), dtype=object), [])) == 0


@pytest.mark.parametrize("padre", [True, False])
def test_a_strip_between_two_neighbours_is_found_though_both_its_ends_are_open(padre):
    angosto = 0.03  # of a step: some 3 m
    formas = np.array([caja(0, 0, 5, 5), caja(5 + angosto, 0, 5, 5)], dtype=object)
    region = caja(0, 0, 10 + angosto, 5)
    (franja,) = buscar(formas, [("Padre", region)] if padre else [])
    assert franja.tipo == ASTILLA
    assert franja.m2 == pytest.approx(area_m2(caja(5, 0, angosto, 5)), rel=0.02)


def test_what_siblings_leave_of_their_parent_is_told_apart_from_gaps():
    formas = np.array([caja(1, 1, 2, 2)], dtype=object)
    (resto,) = buscar(formas, [("Padre", caja(0, 0, 4, 4))])
    assert (resto.tipo, resto.en) == (SIN_CUBRIR, "Padre")


@given(st.integers(1, 40))
@sin_prisa
def test_a_gap_is_one_however_many_tiles_cut_it(por_baldosa):
    azulejos = {(x, y): caja(x, y) for x in range(9) for y in range(9)}
    faltan = {(4, y) for y in range(1, 8)} | {(x, 4) for x in range(1, 8)}  # a cross through the middle
    formas = np.array([f for clave, f in azulejos.items() if clave not in faltan], dtype=object)
    with pytest.MonkeyPatch.context() as parche:
        parche.setattr(huecos, "FORMAS_POR_BALDOSA", por_baldosa)
        (hueco,) = buscar(formas, [("Padre", caja(0, 0, 9, 9))])
    assert hueco.tipo == HUECO
    assert hueco.m2 == pytest.approx(areas_m2([azulejos[c] for c in faltan]).sum(), rel=1e-6)
