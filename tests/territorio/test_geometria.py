"""Geometry: checks before GEOS, repair after, and text that compares names and codes."""

from __future__ import annotations

import contextlib
import json
import math
import struct
import time

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from territorio.importacion import geometria, reparacion
from territorio.importacion.geometria import GeometriaRechazada, desde_geojson, desde_wkb, terminar
from territorio.importacion.lector import leer
from territorio.importacion.texto import a_codigo, decodificar, mojibake, nombre_codificacion, normalizar

from .test_lector import PLAZA, codigos, geojson, unico

MONIO = {"type": "Polygon", "coordinates": [[[-68, -16], [-67, -15], [-67, -16], [-68, -15], [-68, -16]]]}


def rechazo(objeto: object) -> str:
    with pytest.raises(GeometriaRechazada) as e:
        desde_geojson(objeto)
    return e.value.codigo


def estrella(puntas: int) -> dict:
    """A star polygon that crosses itself at every edge: the repair that hangs by default."""
    vueltas = [2 * math.pi * (i * (puntas // 2) % puntas) / puntas for i in range(puntas)]
    anillo = [[-68 + 0.1 * math.cos(v), -16 + 0.1 * math.sin(v)] for v in vueltas]
    return {"type": "Polygon", "coordinates": [[*anillo, anillo[0]]]}


@pytest.mark.parametrize(
    ("wkt", "esperada"),
    [
        ("POINT (1 2)", "POINT (1 2)"),
        ("MULTIPOINT (1 2)", "POINT (1 2)"),
        ("LINESTRING (0 0, 1 1)", "MULTILINESTRING ((0 0, 1 1))"),
        ("POLYGON ((0 0, 1 0, 1 1, 0 0))", "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))"),
        (
            "GEOMETRYCOLLECTION (POLYGON ((0 0, 1 0, 1 1, 0 0)), POLYGON ((5 5, 6 5, 6 6, 5 5)))",
            "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))",
        ),
        ("POINT Z (1 2 3)", "POINT (1 2)"),
        (
            "POLYGON ((0 0, 9 0, 9 9, 0 0), (2 1, 3 1, 3 2, 2 1))",
            "MULTIPOLYGON (((0 0, 9 0, 9 9, 0 0), (2 1, 3 1, 3 2, 2 1)))",
        ),
    ],
)
def test_every_geometry_becomes_a_point_or_a_multi_by_wkb_and_by_geojson_alike(wkt, esperada):
    dada = shapely.from_wkt(wkt)
    por_wkb = terminar(desde_wkb(shapely.to_wkb(dada)))
    por_ewkb = terminar(desde_wkb(shapely.to_wkb(dada, byte_order=0, include_srid=True, flavor="extended")))
    por_geojson = terminar(desde_geojson(json.loads(shapely.to_geojson(dada))))
    for hecha in (por_wkb, por_ewkb, por_geojson):
        assert hecha.geometria.wkt == shapely.from_wkt(esperada).wkt
        assert not hecha.motivo


@pytest.mark.parametrize("wkt", ["POINT EMPTY", "POLYGON EMPTY", "MULTIPOLYGON EMPTY", "GEOMETRYCOLLECTION EMPTY"])
def test_an_empty_geometry_is_none(wkt):
    assert desde_wkb(shapely.to_wkb(shapely.from_wkt(wkt))) is None


@pytest.mark.parametrize(
    ("objeto", "codigo"),
    [
        ({"type": "Point", "coordinates": [1e200, 0]}, "coordenada_desmedida"),
        ({"type": "Point", "coordinates": [float("nan"), 0]}, "coordenada_no_finita"),
        ({"type": "Point", "coordinates": [10**400, 0]}, "coordenada_desmedida"),
        ({"type": "Point", "coordinates": ["-68", "-16"]}, "geometria_ilegible"),
        ({"type": "Point", "coordinates": [1]}, "geometria_ilegible"),
        ({"type": "Point", "coordinates": {"x": 1}}, "geometria_ilegible"),
        ({"type": "Polygon", "coordinates": [[1, 2], [3, 4]]}, "geometria_ilegible"),
        ({"type": "Polygon", "coordinates": [[[[1, 2], [3, 4], [5, 6], [1, 2]]]]}, "geometria_ilegible"),
        ({"type": "Circle", "coordinates": [1, 2]}, "tipo_no_admitido"),
        ({"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]}, "multipunto"),
        ("POINT (1 2)", "geometria_ilegible"),
    ],
)
def test_what_could_hurt_geos_is_refused_before(objeto, codigo):
    assert rechazo(objeto) == codigo


def test_a_mixed_collection_and_nested_collections_are_refused():
    punto = {"type": "Point", "coordinates": [1, 2]}
    linea = {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}
    assert rechazo({"type": "GeometryCollection", "geometries": [punto, linea]}) == "coleccion_mixta"
    honda = punto
    for _ in range(300):
        honda = {"type": "GeometryCollection", "geometries": [honda]}
    assert rechazo(honda) == "geometria_anidada"


def test_wkb_that_lies_about_its_length_or_nests_without_end_is_refused():
    entero = shapely.to_wkb(PLAZA)
    cortada = [entero[:n] for n in range(len(entero))]
    mentirosa = struct.pack("<BII", 1, 2, 0xFFFFFFFF) + b"\0" * 32
    honda = struct.pack("<BII", 1, 7, 1) * 5000 + struct.pack("<BIdd", 1, 1, 0.0, 0.0)
    curva = struct.pack("<BII", 1, 8, 0)
    for crudo in (*cortada, mentirosa, honda, curva):
        with pytest.raises(GeometriaRechazada):
            desde_wkb(crudo)


@given(st.binary(max_size=200))
def test_any_bytes_as_wkb_give_a_geometry_or_a_refusal(crudo):
    with contextlib.suppress(GeometriaRechazada):
        desde_wkb(crudo)


def test_too_many_vertices_in_a_geometry_are_refused(monkeypatch):
    monkeypatch.setattr(geometria, "VERTICES_POR_GEOMETRIA", 100)
    assert rechazo({"type": "LineString", "coordinates": [[i, i] for i in range(101)]}) == "demasiados_vertices"


def test_a_bow_tie_is_repaired_and_its_areas_told(tmp_path):
    lectura = leer(geojson(tmp_path, PLAZA, MONIO))
    assert lectura.aceptable
    problema = unico(lectura, "geometria_reparada")
    assert problema.fila == 2
    assert problema.detalle["razon"].startswith("Self-intersection")
    assert problema.detalle["antes_m2"] < 0.05 * problema.detalle["despues_m2"]  # the two halves cancel as drawn
    assert problema.detalle["despues_m2"] == pytest.approx(5.93e9, rel=0.01)
    assert "km²" in problema.mensaje
    reparada = lectura.filas[1].geometria
    assert reparada.geom_type == "MultiPolygon"
    assert reparada.is_valid


def encimados(lado: float = 1.0) -> dict:
    """Two squares of one multipolygon, of which a quarter is drawn twice."""
    cuadros = [shapely.box(-68, -17, -68 + lado, -17 + lado), shapely.box(-67.5, -16.5, -67.5 + lado, -16.5 + lado)]
    return json.loads(shapely.to_geojson(shapely.multipolygons(cuadros)))


def test_what_a_repair_changed_is_told_as_ground_and_not_only_as_a_number(tmp_path):
    problema = unico(leer(geojson(tmp_path, encimados())), "geometria_reparada")
    # What is drawn twice is seen as a hole, and becomes land once.
    cambiado = shapely.from_wkt(problema.detalle["cambiado"])
    assert cambiado.equals(shapely.box(-67.5, -16.5, -67, -16))
    assert problema.detalle["cambiado_m2"] == pytest.approx(geometria.area(cambiado), rel=0.001)
    assert "de diferencia" in problema.mensaje


def test_where_filling_as_drawn_changes_nothing_or_would_cost_too_much_no_ground_is_told():
    cambios = reparacion.Cambios()
    for objeto in (MONIO, estrella(301)):
        hecha = terminar(desde_geojson(objeto))
        assert hecha.dibujada is not None
        assert cambios(hecha.dibujada, hecha.geometria) is None
    encima = terminar(desde_geojson(encimados()))
    assert cambios(encima.dibujada, encima.geometria) is not None
    assert reparacion.Cambios(segundos=0)(encima.dibujada, encima.geometria) is None


def test_the_same_file_read_twice_gives_the_same_bytes(tmp_path):
    ruta = geojson(tmp_path, MONIO, estrella(31))
    una, otra = ([shapely.to_wkb(f.geometria) for f in leer(ruta).filas] for _ in range(2))
    assert una == otra


def test_a_star_of_three_hundred_crossings_is_repaired_in_time():
    comienzo = time.monotonic()
    hecha = terminar(desde_geojson(estrella(301)))
    assert hecha.geometria.is_valid
    assert time.monotonic() - comienzo < 20


@pytest.mark.parametrize("anillo", [[[-68, -16], [-67, -16], [-68, -16]], [[-68, -16]] * 4, [[-68, -16], [-67, -15]]])
def test_a_polygon_that_encloses_nothing_is_an_error(tmp_path, anillo):
    lectura = leer(geojson(tmp_path, {"type": "Polygon", "coordinates": [anillo]}))
    assert codigos(lectura) == {"geometria_irreparable"}
    assert lectura.filas[0].geometria is None


def test_an_open_ring_is_closed_and_reported(tmp_path):
    abierta = {"type": "Polygon", "coordinates": [[[-68, -16], [-67, -16], [-67, -15], [-68, -15]]]}
    lectura = leer(geojson(tmp_path, abierta))
    assert codigos(lectura) == {"geometria_reparada"}
    assert lectura.filas[0].geometria.equals(shapely.box(-68, -16, -67, -15))


def test_repair_keeps_polygons_only():
    con_pelo = {
        "type": "Polygon",
        "coordinates": [[[-68, -16], [-67, -16], [-67, -15], [-66, -14], [-67, -15], [-68, -15], [-68, -16]]],
    }
    hecha = terminar(desde_geojson(con_pelo))
    assert hecha.geometria.equals(shapely.box(-68, -16, -67, -15))


def test_a_row_without_geometry_stays_with_a_warning_and_z_is_told_once(tmp_path):
    con_z = {"type": "Point", "coordinates": [-68, -16, 3600]}
    lectura = leer(geojson(tmp_path, con_z, None, con_z, {"type": "Polygon", "coordinates": []}))
    assert lectura.aceptable
    assert [p.fila for p in lectura.problemas if p.codigo == "sin_geometria"] == [2, 4]
    assert unico(lectura, "z_descartada").detalle["filas"] == 2
    assert not lectura.filas[0].geometria.has_z


def test_a_refused_row_is_named_and_the_others_are_read(tmp_path):
    lectura = leer(geojson(tmp_path, PLAZA, {"type": "Point", "coordinates": [1e200, 0]}))
    assert [(p.fila, p.codigo) for p in lectura.problemas] == [(2, "coordenada_desmedida")]
    assert lectura.filas[0].geometria is not None


def test_areas_are_square_metres_on_the_ellipsoid():
    uno = shapely.box(-68, -17, -67, -16)
    partes = desde_wkb(shapely.to_wkb(uno))
    assert geometria.area(uno) == pytest.approx(1.1805e10, rel=1e-3)
    assert geometria.area_partes(partes) == pytest.approx(geometria.area(uno), rel=1e-12)


def test_twenty_five_thousand_polygons_are_read_in_seconds(tmp_path):
    rng = np.random.default_rng(1)
    cajas = [shapely.box(x, y, x + 0.01, y + 0.01) for x, y in rng.uniform((-68, -20), (-60, -12), (25_000, 2))]
    ruta = geojson(tmp_path, *cajas)
    comienzo = time.monotonic()
    lectura = leer(ruta)
    assert len(lectura.filas) == 25_000
    assert lectura.aceptable
    assert time.monotonic() - comienzo < 15


# Text


@pytest.mark.parametrize(
    ("a", "b"), [("Ñuñoa  Alta", "nunoa alta"), ("Nº OTB.", "no otb"), ("CÓDIGO_INE", "codigo ine"), (None, "")]
)
def test_names_compare_without_case_accents_or_punctuation(a, b):
    assert normalizar(a) == b


@pytest.mark.parametrize(
    ("valor", "codigo"),
    [
        (2.0, "2"),
        (31001, "31001"),
        (" 002 ", "002"),
        ("031001", "031001"),
        (None, ""),
        ("", ""),
        (math.nan, ""),
        (math.inf, ""),
        (2.5, "2.5"),
        (1e16, "10000000000000000"),
        (True, ""),
    ],
)
def test_codes_are_text_and_keep_their_zeros(valor, codigo):
    assert a_codigo(valor) == codigo


@pytest.mark.parametrize(
    ("texto", "esperado"),
    [
        ("PeÃ±as", "Peñas"),
        ("MarÃ\xada", "María"),
        ("Pe¤as", "Peñas"),
        ("Peñas", None),
        ("PERÚ\xa0", None),
        ("SEÑ”", None),
    ],
)
def test_mojibake_is_recognised_and_good_spanish_is_not(texto, esperado):
    assert mojibake(texto) == esperado


@given(st.text(alphabet="áéíóúñüÁÉÍÓÚÑÜ¿¡°ºª abcXYZ-'.", max_size=40))
def test_spanish_text_is_never_taken_for_mojibake_unless_a_sign_stands_inside_a_word(texto):
    if "¡" not in texto:
        assert mojibake(texto) is None


@pytest.mark.parametrize(
    ("texto", "nombre"),
    [("UTF-8", "utf-8"), ("ANSI 1252", "cp1252"), ("1252", "cp1252"), ("ISO 88591", "iso-8859-1"), ("rot13", None)],
)
def test_encodings_are_known_by_the_names_people_write(texto, nombre):
    assert nombre_codificacion(texto) == nombre


def test_half_a_letter_at_the_end_of_a_full_utf8_field_is_dropped():
    cortado = "Comunidad Ñ".encode()[:11]
    salida = decodificar({"n": [cortado]}, cpg="UTF-8", anchos={"n": 11})
    assert salida.columnas == {"n": ["Comunidad "]}
    assert decodificar({"n": [cortado]}, cpg="UTF-8", anchos={"n": 20}).motivo == "codificacion_falla"
