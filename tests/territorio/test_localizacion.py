"""Localisation: where a feature lies, level by level, and that nothing is lost or counted twice."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import wkt
from shapely.geometry.base import BaseGeometry

from demandas.models import Demanda, DemandaUnidad
from territorio.localizacion import diferencias, localizar, relocalizar, tablas
from territorio.models import Limite, UnidadEnUnidad, UnidadTerritorial
from tests import mundo
from tests.mundo import cuadro, linea, punto, unidad

pytestmark = pytest.mark.django_db
GEOD = Geod(ellps="WGS84")


def demanda(muni, geom=None, proponente=None, codigo="d") -> Demanda:
    campos = {}
    if geom is not None:
        campos[{"Point": "punto", "MultiLineString": "linea", "MultiPolygon": "poligono"}[geom.geom_type]] = geom
    nueva = Demanda.objects.create(municipio=muni, codigo=codigo, titulo="Agua", proponente=proponente, **campos)
    localizar(Demanda.objects.filter(pk=nueva.pk))
    nueva.refresh_from_db()
    return nueva


def fracciones(objeto: Demanda, nivel: str = "distrito") -> dict[str, float]:
    filas = DemandaUnidad.objects.filter(demanda=objeto, nivel__codigo=nivel)
    return {fila.unidad.codigo: round(fila.fraccion, 4) for fila in filas.select_related("unidad")}


def test_a_point_inside_one_district_counts_there_whole(muni, oeste, este):
    assert fracciones(demanda(muni, punto(1, 1))) == {"1": 1.0}


def test_a_point_on_the_border_counts_half_on_each_side_and_is_flagged(muni, oeste, este):
    d = demanda(muni, punto(2, 1))
    assert fracciones(d) == {"1": 0.5, "2": 0.5}
    assert all(fila.en_disputa for fila in d.localizaciones.filter(nivel__codigo="distrito"))
    assert not d.localizaciones.get(nivel__codigo="municipio").en_disputa


def test_a_point_outside_every_limit_has_a_place_but_no_unit(muni, oeste):
    d = demanda(muni, punto(50, 50))
    assert d.ubicada_por == "propia"
    assert not d.localizaciones.exists()
    linea_ = Demanda.objects.conservacion(mundo.nivel("distrito"), muni)
    assert (linea_.total, linea_.ubicadas, linea_.fuera, linea_.sin_ubicar) == (1, 0, 1, 0)


def test_a_demand_on_a_disputed_strip_counts_once_in_the_total(muni, oeste, este):
    vecino = unidad("municipio", "990102", cuadro(3, 0, 4, 2))
    d = demanda(muni, punto(3.5, 1))
    assert fracciones(d, "municipio") == {"990101": 0.5, "990102": 0.5}
    assert fracciones(d, "distrito") == {"2": 1.0}
    del_muni = Demanda.objects.conservacion(mundo.nivel("municipio"), muni)
    assert (del_muni.ubicadas, del_muni.fuera, del_muni.en_disputa) == (0.5, 0.5, 1)
    assert vecino.codigo == "990102"


def test_a_line_counts_by_its_length_in_each_unit(muni, oeste, este):
    assert fracciones(demanda(muni, linea((1, 1), (4, 1)))) == {"1": 0.3333, "2": 0.6667}


def test_a_line_that_turns_north_is_measured_on_the_ellipsoid_not_in_degrees(muni, oeste, este):
    d = demanda(muni, linea((1, 0.5), (2, 0.5), (3, 0.5), (3, 1.5)))
    este_oeste = GEOD.line_length(*zip(*[mundo.xy(1, 0.5), mundo.xy(2, 0.5)], strict=True))
    norte = GEOD.line_length(*zip(*[mundo.xy(3, 0.5), mundo.xy(3, 1.5)], strict=True))
    assert fracciones(d)["1"] == pytest.approx(este_oeste / (2 * este_oeste + norte), abs=1e-4)


def test_a_line_along_the_shared_border_is_halved_and_flagged(muni, oeste, este):
    d = demanda(muni, linea((2, 0.5), (2, 1.5)))
    assert fracciones(d) == {"1": 0.5, "2": 0.5}
    assert d.localizaciones.filter(nivel__codigo="distrito", en_disputa=True).count() == 2


def test_a_polygon_counts_by_its_area_and_the_rest_lies_outside(muni, oeste, este):
    d = demanda(muni, cuadro(1, 1, 2, 2))
    assert fracciones(d) == {"1": 0.25, "2": 0.25}
    linea_ = Demanda.objects.conservacion(mundo.nivel("distrito"), muni)
    assert linea_.fuera == pytest.approx(0.5, abs=1e-4)


def test_where_two_units_overlap_each_gets_half_of_the_overlap_only(muni):
    unidad("otb", "a", cuadro(0, 0, 2, 1), municipio=muni)
    unidad("otb", "b", cuadro(1, 0, 2, 1), municipio=muni)
    d = demanda(muni, cuadro(0, 0, 2, 1))
    assert fracciones(d, "otb") == {"a": 0.75, "b": 0.25}
    assert d.localizaciones.filter(nivel__codigo="otb", en_disputa=True).count() == 2


def test_three_claims_on_one_square_give_a_third_each(muni):
    for codigo in "abc":
        unidad("otb", codigo, cuadro(0, 0, 2), municipio=muni)
    assert fracciones(demanda(muni, cuadro(0, 0, 1)), "otb") == dict.fromkeys("abc", 0.3333)
    assert fracciones(demanda(muni, linea((0.2, 0.2), (0.8, 0.9)), codigo="e"), "otb") == dict.fromkeys("abc", 0.3333)


def test_a_slanting_line_is_cut_where_it_leaves_a_rival(muni):
    unidad("otb", "a", cuadro(0, 0, 0.5), municipio=muni)
    unidad("otb", "b", cuadro(0, 0, 0.5, 1), municipio=muni)
    assert fracciones(demanda(muni, linea((0, 0), (1, 1.5))), "otb") == {"a": 0.1667, "b": 0.3333}


def test_a_hole_between_rivals_is_not_counted(muni):
    anillo = cuadro(0, 0, 2).difference(cuadro(0.5, 0.5, 1))
    anillo = anillo if anillo.geom_type == "MultiPolygon" else cuadro(0, 0, 2).__class__(anillo, srid=4326)
    unidad("otb", "a", anillo, municipio=muni)
    unidad("otb", "b", cuadro(0, 0, 2, 0.25), municipio=muni)
    partes = fracciones(demanda(muni, cuadro(0, 0, 2)), "otb")
    assert partes == {"a": 0.6875, "b": 0.0625}


def test_without_geometry_the_declared_unit_gives_the_place(muni, oeste, este):
    comunidad = unidad("comunidad", "c", cuadro(1, 0, 2, 1), municipio=muni)
    d = demanda(muni, proponente=comunidad)
    assert d.ubicada_por == "unidad"
    assert fracciones(d, "comunidad") == {"c": 1.0}
    assert fracciones(d) == {"1": 0.5, "2": 0.5}


def test_a_declared_unit_holds_its_demand_whole_even_where_a_sibling_overlaps_it(muni):
    a = unidad("otb", "a", cuadro(0, 0, 2, 1), municipio=muni)
    unidad("otb", "b", cuadro(1.9, 0, 2, 1), municipio=muni)
    assert fracciones(demanda(muni, proponente=a), "otb") == {"a": 1.0}


def test_a_community_known_by_its_point_places_its_demands_in_the_district_that_covers_it(muni, oeste, este):
    comunidad = unidad("comunidad", "c", punto(3, 1), municipio=muni)
    d = demanda(muni, proponente=comunidad)
    assert (d.ubicada_por, fracciones(d), fracciones(d, "comunidad")) == ("unidad", {"2": 1.0}, {"c": 1.0})


def test_a_community_without_place_takes_its_ancestors(muni, oeste, este):
    comunidad = unidad("comunidad", "c", None, municipio=muni, padre=este)
    d = demanda(muni, proponente=comunidad)
    assert (d.ubicada_por, fracciones(d), fracciones(d, "comunidad")) == ("ancestro", {"2": 1.0}, {"c": 1.0})


def test_with_no_place_at_all_a_demand_is_unlocated_and_counted(muni, oeste):
    suelta = UnidadTerritorial.objects.create(nivel=mundo.nivel("comunidad"), codigo="x", nombre="X", municipio=muni)
    localizar(UnidadTerritorial.objects.filter(pk=suelta.pk))
    for i, proponente in enumerate([None, suelta]):
        d = demanda(muni, proponente=proponente, codigo=str(i))
        assert (d.ubicada_por, d.localizaciones.count()) == ("sin_ubicar", 0)
    linea_ = Demanda.objects.conservacion(mundo.nivel("distrito"), muni)
    assert (linea_.total, linea_.ubicadas, linea_.fuera, linea_.sin_ubicar) == (2, 0, 0, 2)


def test_a_point_in_no_community_limit_counts_for_its_own_community_that_has_none(muni, oeste, este):
    comunidad = unidad("comunidad", "c", punto(3, 1), municipio=muni)
    unidad("comunidad", "otra", cuadro(0, 0, 1), municipio=muni)
    assert fracciones(demanda(muni, punto(3.2, 1), comunidad), "comunidad") == {"c": 1.0}
    assert fracciones(demanda(muni, punto(0.5, 0.5), comunidad, codigo="e"), "comunidad") == {"otra": 1.0}


def test_a_demand_of_a_district_is_spread_over_its_communities_by_area(muni, oeste):
    unidad("comunidad", "a", cuadro(0, 0, 1, 2), municipio=muni)
    unidad("comunidad", "b", cuadro(1, 0, 1, 1), municipio=muni)
    assert fracciones(demanda(muni, proponente=oeste), "comunidad") == {"a": 0.5, "b": 0.25}


def test_parallel_ladders_each_hold_the_demand(muni, oeste, este):
    unidad("canton", "k", cuadro(1, 0, 2, 2), municipio=muni)
    d = demanda(muni, punto(1.5, 1))
    assert (fracciones(d), fracciones(d, "canton")) == ({"1": 1.0}, {"k": 1.0})


def test_a_changed_limit_moves_the_features_and_only_those_it_touches(muni, oeste, este):
    movida, quieta = demanda(muni, punto(1.9, 1)), demanda(muni, punto(0.5, 0.5), codigo="e")
    Limite.objects.filter(unidad=oeste).update(geom=cuadro(0, 0, 1.5, 2))
    Limite.objects.filter(unidad=este).update(geom=cuadro(1.5, 0, 2.5, 2))
    cambios = relocalizar([oeste.pk, este.pk])
    assert cambios["demandas.Demanda"].objetos == {movida.pk}
    assert (fracciones(movida), fracciones(quieta)) == ({"2": 1.0}, {"1": 1.0})


def test_localising_again_changes_nothing(muni, oeste, este):
    demanda(muni, cuadro(1, 1, 2, 2))
    assert not localizar(Demanda.objects.all()).hay
    assert not localizar(UnidadTerritorial.objects.all()).hay


def test_stale_rows_are_found_by_recomputing(muni, oeste, este):
    d = demanda(muni, punto(1, 1))
    assert [x for tabla in tablas() for x in diferencias(tabla)] == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE demandas_demanda SET punto = %s WHERE id = %s", [punto(3, 1).hexewkb.decode(), d.pk])
    halladas = diferencias(DemandaUnidad)
    assert {(x.unidad_id, x.guardada, x.calculada) for x in halladas} == {(oeste.pk, 1.0, None), (este.pk, None, 1.0)}


# --- any geometry over any units ---------------------------------------------------------------------------------------
coordenada = st.integers(0, 12).map(lambda n: n / 2)
rectangulo = st.builds(
    lambda x, y, a, b: cuadro(x, y, a, b),
    coordenada,
    coordenada,
    st.integers(1, 8).map(lambda n: n / 2),
    st.integers(1, 8).map(lambda n: n / 2),
)
vertices = st.lists(st.tuples(coordenada, coordenada), min_size=2, max_size=5).filter(lambda v: len(set(v)) > 1)
quebrada = vertices.map(lambda v: linea(*[p for i, p in enumerate(v) if i == 0 or p != v[i - 1]])).filter(
    lambda g: len(g[0]) > 1
)
cualquiera = st.one_of(st.builds(punto, coordenada, coordenada), quebrada, rectangulo)


def medida(geom: BaseGeometry) -> float:
    """Geodesic length, or area in square degrees (close enough over 0.1°), of the parts of highest dimension."""
    if geom.is_empty:
        return 0.0
    if geom.geom_type in {"LineString", "MultiLineString"}:
        return GEOD.geometry_length(geom)
    if geom.geom_type in {"Polygon", "MultiPolygon"}:
        return geom.area
    return sum(medida(parte) for parte in getattr(geom, "geoms", []))


def esperadas(geom: BaseGeometry, unidades: dict[str, BaseGeometry]) -> dict[str, float]:
    """The rule said slowly, in shapely: cut the feature by every limit; each stretch is shared among those that cover it."""
    if geom.geom_type == "Point":
        cubren = [codigo for codigo, u in unidades.items() if u.covers(geom)]
        return {codigo: 1 / len(cubren) for codigo in cubren}
    trozos = [geom]
    for u in unidades.values():
        trozos = [t for trozo in trozos for t in (trozo.intersection(u), trozo.difference(u)) if not t.is_empty]
    total, suma = medida(geom), dict.fromkeys(unidades, 0.0)
    for trozo in trozos:
        for parte in getattr(trozo, "geoms", [trozo]):
            if ("Polygon" in geom.geom_type) != ("Polygon" in parte.geom_type) or medida(parte) < 1e-12:
                continue
            interior = (
                parte.interpolate(0.5, normalized=True) if "Line" in parte.geom_type else parte.representative_point()
            )
            cubren = [codigo for codigo, u in unidades.items() if u.distance(interior) < 1e-9]
            for codigo in cubren:
                suma[codigo] += medida(parte) / total / len(cubren)
    return {codigo: f for codigo, f in suma.items() if f > 1e-9}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(geom=cualquiera, cajas=st.lists(rectangulo, min_size=0, max_size=4))
def test_fractions_follow_the_rule_and_always_add_up(muni, geom, cajas):
    UnidadEnUnidad.objects.all().delete()
    Demanda.objects.all().delete()
    UnidadTerritorial.objects.filter(nivel__codigo="otb").delete()
    for i, caja in enumerate(cajas):
        u = UnidadTerritorial.objects.create(nivel=mundo.nivel("otb"), codigo=str(i), nombre=str(i), municipio=muni)
        Limite.objects.create(unidad=u, geom=caja, vigencia=mundo.SIEMPRE)
    d = demanda(muni, geom)
    obtenidas = {f.unidad.codigo: f.fraccion for f in d.localizaciones.filter(nivel__codigo="otb")}
    formas = {str(i): wkt.loads(caja.wkt) for i, caja in enumerate(cajas)}
    correctas = esperadas(wkt.loads(geom.wkt), formas)
    for codigo in formas:  # a sliver that rounding made on one side only is nobody's
        assert obtenidas.get(codigo, 0) == pytest.approx(correctas.get(codigo, 0), abs=1e-3)
    assert sum(obtenidas.values()) <= 1 + 1e-9
    conservada = Demanda.objects.conservacion(mundo.nivel("otb"), muni)
    assert conservada.ubicadas + conservada.fuera + conservada.sin_ubicar == pytest.approx(1)
