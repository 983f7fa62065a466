"""Coordinate systems: what is declared, stated, missing or false, and where files land."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely

from territorio.importacion import crs as sistemas
from territorio.importacion.lector import Opciones, leer

from .test_lector import LUGAR, PLAZA, codigos, geojson, geopackage, kml, shapefile, unico

CAJA = Opciones().caja
PEGADA = np.array([19_000_000, 0])
LA_PAZ = np.array([[-68.135, -16.505]])


def en(codigo: int, lonlat: np.ndarray) -> np.ndarray:
    """Coordinates of a place in a system without datum change (WGS84 and MARGEN)."""
    return np.column_stack(pyproj.Transformer.from_crs(4326, codigo, always_xy=True).transform(*lonlat.T))


def metros(a: np.ndarray, b: np.ndarray) -> float:
    return float(pyproj.Geod(ellps="WGS84").inv(*a[0], *b[0])[2])


def mover(geometria: shapely.Geometry, codigo: int) -> shapely.Geometry:
    return shapely.transform(geometria, lambda xy: en(codigo, xy))


@pytest.mark.parametrize(
    "texto", ["EPSG:24879", "24879", " epsg:24879 ", "urn:ogc:def:crs:EPSG::24879", "urn:ogc:def:crs:EPSG:9.1:24879"]
)
def test_a_system_is_stated_by_its_code_in_any_usual_form(texto):
    assert sistemas.indicado(texto).to_epsg() == 24879


@pytest.mark.parametrize("texto", ["", "WGS84", "EPSG:99999", "+proj=longlat", "EPSG:4978", "http://x/24879", "5773"])
def test_what_is_not_a_map_system_is_refused_in_words(texto):
    with pytest.raises(sistemas.CrsDesconocido, match="sistema de coordenadas"):
        sistemas.indicado(texto)


@pytest.mark.parametrize("codigo", [24879, 24880, 24881, 4248])
def test_psad56_always_goes_by_the_operation_published_for_bolivia(codigo):
    transformacion = sistemas.transformacion(sistemas.indicado(str(codigo)))
    assert "PSAD56 to WGS 84 (2) [EPSG:1202]" in transformacion.operacion
    assert "-270, 188, -388" in transformacion.operacion
    assert transformacion.exactitud == 19


def test_psad56_read_with_its_datum_lands_where_the_translation_says():
    # The same figures worked out by hand: to the geocentre on International 1924, translate, and back on WGS84.
    cadena = (
        "+proj=pipeline +step +inv +proj=utm +zone=19 +south +ellps=intl +step +proj=cart +ellps=intl "
        "+step +proj=helmert +x=-270 +y=188 +z=-388 +step +inv +proj=cart +ellps=WGS84 "
        "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    xy = np.array([[592_000.0, 8_175_000.0]])
    lon, lat, _ = pyproj.Transformer.from_pipeline(cadena).transform(592_000.0, 8_175_000.0, 0.0)
    hecha = sistemas.transformacion(sistemas.indicado("24879")).aplicar(xy)
    assert metros(hecha, np.array([[lon, lat]])) < 0.02
    sin_datum = np.column_stack(pyproj.Transformer.from_crs(32719, 4326, always_xy=True).transform(*xy.T))
    assert 350 < metros(hecha, sin_datum) < 500


@pytest.mark.parametrize(("codigo", "zona"), [(5356, 19), (5355, 20), (5357, 21)])
def test_margen_codes_are_not_in_zone_order_and_its_datum_moves_nothing(codigo, zona):
    crs = sistemas.indicado(str(codigo))
    assert sistemas.zona_de(crs) == zona
    lugar = np.array([[-69.0 + 6 * (zona - 19), -17.0]])
    assert metros(sistemas.transformacion(crs).aplicar(en(32700 + zona, lugar)), lugar) < 0.001


@pytest.mark.parametrize("version", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
@pytest.mark.parametrize("codigo", [4326, 32720, 5355, 24879])
def test_every_dialect_of_wkt_is_recognised(codigo, version):
    assert sistemas.de_wkt(pyproj.CRS.from_epsg(codigo).to_wkt(version)).to_epsg() == codigo


def test_an_unknown_datum_is_refused_though_its_ellipsoid_is_known():
    wkt = pyproj.CRS.from_epsg(32719).to_wkt("WKT1_ESRI").replace("D_WGS_1984", "D_Desconocido")
    with pytest.raises(sistemas.CrsDesconocido, match="exactitud"):
        sistemas.transformacion(sistemas.de_wkt(wkt))


def test_a_place_in_utm_is_offered_each_zone_and_datum_that_lands_in_bolivia():
    hallados = sistemas.candidatos(en(32719, LA_PAZ), CAJA)
    assert {c.crs for c in hallados} == {
        f"EPSG:{c}" for c in (32719, 32720, 5356, 5355, 24879, 24880)
    }  # in zone 21 La Paz would lie in Brazil
    (utm19,) = [c for c in hallados if c.crs == "EPSG:32719"]
    assert metros(np.array([utm19.centro]), LA_PAZ) < 1


def test_zone_digits_glued_to_the_eastings_are_recognised():
    pegadas = en(32719, LA_PAZ) + PEGADA
    hallados = sistemas.candidatos(pegadas, CAJA)
    assert {(c.crs, c.zona_pegada) for c in hallados} == {("EPSG:32719", 19), ("EPSG:5356", 19), ("EPSG:24879", 19)}


def test_swapped_axes_are_recognised_only_when_nothing_else_fits():
    (girado,) = sistemas.candidatos(LA_PAZ[:, ::-1], CAJA)
    assert (girado.crs, girado.invertidos) == ("EPSG:4326", True)
    assert not any(c.invertidos for c in sistemas.candidatos(LA_PAZ, CAJA))


# Through files


def test_a_shapefile_without_prj_is_asked_about_and_says_where_it_would_land(tmp_path):
    shp = shapefile(
        tmp_path, ("a",), crs="EPSG:32720", geometrias=[mover(shapely.box(-64.8, -21.6, -64.7, -21.5), 32720)]
    )
    assert leer(shp).aceptable
    shp.with_suffix(".prj").unlink()
    lectura = leer(shp)
    problema = unico(lectura, "sin_crs")
    assert "EPSG:32720" in problema.mensaje
    centro = next(c["centro"] for c in problema.detalle["candidatos"] if c["crs"] == "EPSG:32720")
    assert metros(np.array([centro]), np.array([[-64.75, -21.55]])) < 200
    assert lectura.filas[0].geometria is None
    assert leer(shp, Opciones(crs="32720")).filas[0].geometria.intersects(shapely.Point(-64.75, -21.55))


def test_what_is_stated_wins_over_the_file_with_a_warning(tmp_path):
    ruta = geojson(tmp_path, mover(PLAZA, 32719))
    lectura = leer(ruta, Opciones(crs="EPSG:32719"))
    assert lectura.aceptable
    assert codigos(lectura) == {"crs_contradice"}
    assert lectura.filas[0].geometria.hausdorff_distance(shapely.MultiPolygon([PLAZA])) < 1e-8


def test_stating_what_the_file_says_is_no_contradiction(tmp_path):
    for ruta in (shapefile(tmp_path), geojson(tmp_path, PLAZA), geopackage(tmp_path / "c.gpkg")):
        assert codigos(leer(ruta, Opciones(crs="4326"))) == set()


def test_a_bad_system_is_a_problem_with_a_remedy(tmp_path):
    problema = unico(leer(geojson(tmp_path, PLAZA), Opciones(crs="UTM 19")), "crs_desconocido")
    assert "EPSG:32719" in problema.remedio


@pytest.mark.parametrize("nombre", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"])
def test_geojson_names_of_wgs84_are_longitude_latitude(tmp_path, nombre):
    lectura = leer(geojson(tmp_path, PLAZA, crs={"type": "name", "properties": {"name": nombre}}))
    assert lectura.aceptable
    assert lectura.filas[0].geometria.equals(PLAZA)


def test_a_named_system_in_geojson_is_honoured(tmp_path):
    ruta = geojson(
        tmp_path, mover(PLAZA, 32719), crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32719"}}
    )
    assert leer(ruta).aceptable


def test_a_crs_link_is_never_followed(tmp_path):
    ruta = geojson(tmp_path, PLAZA, crs={"type": "link", "properties": {"href": "http://127.0.0.1:1/"}})
    lectura = leer(ruta)
    assert codigos(lectura) == {"crs_enlace", "sin_crs"}
    assert leer(ruta, Opciones(crs="4326")).aceptable


def test_a_4326_label_on_metres_is_refused_with_candidates(tmp_path):
    for ruta in (
        geojson(tmp_path, mover(PLAZA, 32719)),
        shapefile(tmp_path, ("a",), geometrias=[mover(PLAZA, 32719)], crs="EPSG:4326"),
    ):
        problema = unico(leer(ruta), "crs_equivocado")
        assert "EPSG:32719" in {c["crs"] for c in problema.detalle["candidatos"]}


def test_a_utm_label_on_degrees_is_refused_with_candidates(tmp_path):
    problema = unico(leer(shapefile(tmp_path, ("a",), crs="EPSG:32719")), "crs_equivocado")
    assert [c["crs"] for c in problema.detalle["candidatos"]] == ["EPSG:4326"]


def test_a_file_with_latitude_first_is_refused_saying_so(tmp_path):
    girada = shapely.transform(PLAZA, lambda xy: xy[:, ::-1])
    assert codigos(leer(geojson(tmp_path, girada))) == {"ejes_invertidos"}


def test_glued_zones_are_taken_off_when_the_zone_agrees_and_refused_when_not(tmp_path):
    pegada = shapely.transform(mover(PLAZA, 32719), lambda xy: xy + PEGADA)
    shp = shapefile(tmp_path, ("a",), geometrias=[pegada], prj=False)
    lectura = leer(shp, Opciones(crs="EPSG:32719"))
    assert codigos(lectura) == {"zona_pegada"}
    assert lectura.filas[0].geometria.hausdorff_distance(shapely.MultiPolygon([PLAZA])) < 1e-8
    assert codigos(leer(shp, Opciones(crs="EPSG:32720"))) == {"crs_equivocado"}


def test_a_few_rows_outside_are_each_named_and_most_rows_outside_are_one_problem(tmp_path):
    lejos = shapely.Point(0, 0)
    cerca = shapely.Point(-68.1, -16.5)
    lectura = leer(geojson(tmp_path, cerca, cerca, lejos, cerca))
    assert [(p.fila, p.codigo) for p in lectura.problemas] == [(3, "fuera_de_bolivia")]
    assert [f.geometria is None for f in lectura.filas] == [False, False, True, False]
    problema = unico(leer(geojson(tmp_path, cerca, lejos, lejos)), "fuera_de_bolivia")
    assert problema.fila is None
    assert problema.detalle["filas"] == 2


def test_one_stray_vertex_puts_its_row_outside(tmp_path):
    estrella = shapely.Polygon([(-68, -16), (-67, -16), (0, 0)])
    lectura = leer(geojson(tmp_path, PLAZA, PLAZA, estrella))
    assert [p.fila for p in lectura.problemas] == [3]


def test_the_box_can_be_another_country(tmp_path):
    varsovia = geojson(tmp_path, shapely.Point(21, 52))
    assert not leer(varsovia).aceptable
    assert leer(varsovia, Opciones(caja=(14.0, 49.0, 24.2, 55.0))).aceptable


def test_kml_and_geopackage_carry_their_own_system(tmp_path):
    assert "KML" in leer(kml(Path(tmp_path) / "c.kml", LUGAR)).crs
    assert "EPSG:4326" in leer(geopackage(tmp_path / "c.gpkg")).crs


def test_the_stated_accuracy_of_a_datum_change_is_shown(tmp_path):
    ruta = tmp_path / "c.geojson"
    ruta.write_text(json.dumps({"type": "Point", "coordinates": [592_000, 8_175_000]}))
    lectura = leer(ruta, Opciones(crs="24879"))
    assert "exactitud declarada 19 m" in lectura.crs
    assert lectura.operacion.startswith("PSAD56 to WGS 84 (2)")
