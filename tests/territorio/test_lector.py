"""What the reader accepts, refuses and says; every file is written here, or is real data that may be absent."""

from __future__ import annotations

import errno
import json
import os
import socket
import sqlite3
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely
from django.conf import settings

from territorio.importacion import lector
from territorio.importacion.lector import Lectura, Opciones, Problema, leer

DATOS = Path(os.environ.get("MINKA_DATOS", Path(settings.BASE_DIR) / "../shared/datos"))
PLAZA = shapely.box(-68.14, -16.51, -68.13, -16.50)


def real(nombre: str) -> Path:
    ruta = DATOS / nombre
    if not ruta.exists():
        pytest.skip(f"falta el archivo real {ruta}")
    return ruta


def codigos(lectura: Lectura, gravedad: str | None = None) -> set[str]:
    return {p.codigo for p in lectura.problemas if gravedad in (None, p.gravedad)}


def unico(lectura: Lectura, codigo: str) -> Problema:
    (problema,) = [p for p in lectura.problemas if p.codigo == codigo]
    return problema


def geojson(carpeta: Path, *rasgos: object, nombre: str = "capa.geojson", **miembros: object) -> Path:
    """Write features: a geometry (dict or shapely), or a (geometry, properties) pair."""
    lista = []
    for rasgo in rasgos:
        geometria, propiedades = rasgo if isinstance(rasgo, tuple) else (rasgo, {"nombre": "x"})
        if isinstance(geometria, shapely.Geometry):
            geometria = json.loads(shapely.to_geojson(geometria))
        lista.append({"type": "Feature", "properties": propiedades, "geometry": geometria})
    ruta = carpeta / nombre
    ruta.write_text(json.dumps({"type": "FeatureCollection", **miembros, "features": lista}))
    return ruta


def shapefile(
    carpeta: Path, nombres=("Ñuñoa", "Pampa"), *, encoding="UTF-8", crs="EPSG:4326", geometrias=None, cpg=True, prj=True
) -> Path:
    carpeta.mkdir(exist_ok=True)
    ruta = carpeta / "capa.shp"
    geometrias = geometrias or [PLAZA] * len(nombres)
    pyogrio.raw.write(
        ruta,
        np.array([shapely.to_wkb(g) for g in geometrias], dtype=object),
        [np.array(nombres, dtype=object), np.arange(len(nombres))],
        ["nombre", "numero"],
        geometry_type=geometrias[0].geom_type,
        crs=crs,
        encoding=encoding,
    )
    for sufijo, queda in ((".cpg", cpg), (".prj", prj)):
        if not queda:
            ruta.with_suffix(sufijo).unlink(missing_ok=True)
    return ruta


def comprimir(ruta: Path, partes: dict[str, Path | bytes]) -> Path:
    with zipfile.ZipFile(ruta, "w") as z:
        for nombre, contenido in partes.items():
            z.writestr(nombre, contenido if isinstance(contenido, bytes) else contenido.read_bytes())
    return ruta


def partes(shp: Path, prefijo: str = "", *, sin: tuple[str, ...] = ()) -> dict[str, Path]:
    return {prefijo + p.name: p for p in shp.parent.glob("capa.*") if p.suffix not in sin}


def geopackage(ruta: Path, capa: str = "capa", nombres=("Ñuñoa",), crs="EPSG:4326", **mas) -> Path:
    pyogrio.raw.write(
        ruta,
        np.array([shapely.to_wkb(PLAZA)] * len(nombres), dtype=object),
        [np.array(nombres, dtype=object), np.array(["2024-05-01"] * len(nombres), dtype="datetime64[D]")],
        ["nombre", "dia"],
        layer=capa,
        geometry_type="Polygon",
        crs=crs,
        driver="GPKG",
        **mas,
    )
    return ruta


def kml(ruta: Path, cuerpo: str, cabeza: str = "") -> Path:
    ruta.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>{cabeza}<kml xmlns="http://www.opengis.net/kml/2.2">'
        f"<Document>{cuerpo}</Document></kml>"
    )
    return ruta


LUGAR = (
    "<Placemark><name>Ñuñoa</name><ExtendedData><Data name='codigo'><value>002</value></Data></ExtendedData>"
    "<Point><coordinates>-68.1,-16.5,0</coordinates></Point></Placemark>"
)


# Formats


def test_geojson_without_crs_is_read_as_wgs84_with_its_values_as_they_are(tmp_path):
    lectura = leer(geojson(tmp_path, (PLAZA, {"codigo": "002", "n": 2.0, "v": None, "lista": [1, 2], "si": True})))
    assert lectura.aceptable, lectura.problemas
    assert lectura.filas[0].atributos == {"codigo": "002", "n": 2.0, "v": None, "lista": "[1, 2]", "si": True}
    assert lectura.filas[0].geometria.geom_type == "MultiPolygon"
    assert lectura.filas[0].geometria.equals(PLAZA)
    assert "EPSG:4326" in lectura.crs
    assert "RFC 7946" in lectura.crs


def test_a_shapefile_is_read_plain_and_zipped_in_a_subfolder_alike(tmp_path):
    shp = shapefile(tmp_path)
    simple, comprimida = leer(shp), leer(comprimir(tmp_path / "z.zip", partes(shp, "carpeta/adentro/")))
    assert simple.aceptable
    assert comprimida.aceptable
    assert [f.atributos for f in simple.filas] == [f.atributos for f in comprimida.filas]
    assert simple.filas[0].atributos == {"nombre": "Ñuñoa", "numero": 0}
    assert (comprimida.formato, comprimida.capa) == ("Shapefile", "capa")


def test_records_marked_as_deleted_are_reported_and_not_missed(tmp_path):
    shp = shapefile(tmp_path, ("uno", "dos", "tres"))
    dbf = bytearray(shp.with_suffix(".dbf").read_bytes())
    dbf[int.from_bytes(dbf[8:10], "little")] = ord("*")
    shp.with_suffix(".dbf").write_bytes(dbf)
    lectura = leer(shp)
    assert [f.atributos["nombre"] for f in lectura.filas] == ["dos", "tres"]
    assert codigos(lectura) == {"registros_borrados"}


def test_a_zip_with_two_shapefiles_has_two_layers_and_asks_which(tmp_path):
    shp = shapefile(tmp_path)
    todo = partes(shp, "a/") | {f"b/otra{p.suffix}": p for p in partes(shp).values()}
    ruta = comprimir(tmp_path / "z.zip", todo)
    problema = unico(leer(ruta), "varias_capas")
    assert problema.detalle["capas"] == ["capa", "otra"]
    assert leer(ruta, Opciones(capa="otra")).aceptable
    assert codigos(leer(ruta, Opciones(capa="tercera"))) == {"capa_inexistente"}


def test_a_geopackage_gives_its_rows_dates_and_layers(tmp_path):
    ruta = geopackage(tmp_path / "c.gpkg")
    lectura = leer(ruta)
    assert lectura.aceptable
    assert lectura.filas[0].atributos == {"nombre": "Ñuñoa", "dia": date(2024, 5, 1)}
    geopackage(ruta, "otra", append=True)
    assert unico(leer(ruta), "varias_capas").detalle["capas"] == ["capa", "otra"]


def test_a_view_of_a_geopackage_is_never_read(tmp_path):
    ruta = geopackage(tmp_path / "c.gpkg")
    with sqlite3.connect(ruta) as base:
        base.execute(
            "CREATE VIEW sin_fin AS WITH RECURSIVE t(fid) AS (SELECT 1 UNION ALL SELECT fid + 1 FROM t) "
            "SELECT t.fid, c.geom FROM t, capa c"
        )
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
            "VALUES ('sin_fin', 'features', 'sin_fin', 4326)"
        )
        base.execute("INSERT INTO gpkg_geometry_columns VALUES ('sin_fin', 'geom', 'POLYGON', 4326, 0, 0)")
    lectura = leer(ruta, segundos=20)
    assert lectura.capas == ["capa"]
    assert codigos(lectura) == {"vista_ignorada"}
    assert codigos(leer(ruta, Opciones(capa="sin_fin"), segundos=20)) == {"capa_inexistente"}


def test_a_geopackage_row_with_bytes_that_are_not_utf8_is_named(tmp_path):
    ruta = geopackage(tmp_path / "c.gpkg", nombres=("a", "b"))
    with sqlite3.connect(ruta) as base:
        for (disparador,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f'DROP TRIGGER "{disparador}"')
        base.execute("UPDATE capa SET nombre = CAST(x'f1' AS TEXT) WHERE fid = 2")
    problema = unico(leer(ruta), "codificacion_falla")
    assert (problema.fila, problema.campo) == (2, "nombre")


def test_kml_and_kmz_give_placemarks_with_their_extended_data(tmp_path):
    ruta = kml(tmp_path / "c.kml", LUGAR)
    for lectura in (leer(ruta), leer(comprimir(tmp_path / "c.kmz", {"doc.kml": ruta}))):
        assert lectura.aceptable
        assert lectura.filas[0].atributos == {"name": "Ñuñoa", "codigo": "002"}
        assert lectura.filas[0].geometria.equals(shapely.Point(-68.1, -16.5))


def test_kml_folders_are_layers(tmp_path):
    ruta = kml(tmp_path / "c.kml", f"<Folder><name>A</name>{LUGAR}</Folder><Folder><name>B</name>{LUGAR}</Folder>")
    assert unico(leer(ruta), "varias_capas").detalle["capas"] == ["A", "B"]
    assert len(leer(ruta, Opciones(capa="B")).filas) == 1


@pytest.mark.parametrize(
    "cabeza", ["<!DOCTYPE kml>", '<!DOCTYPE kml [<!ENTITY a SYSTEM "file:///etc/passwd">]>'], ids=["doctype", "entity"]
)
def test_kml_with_a_dtd_is_refused(tmp_path, cabeza):
    assert codigos(leer(kml(tmp_path / "c.kml", LUGAR, cabeza))) == {"xml_con_dtd"}


def test_a_network_link_is_reported_and_not_followed(tmp_path):
    enlace = "<NetworkLink><Link><href>http://127.0.0.1:1/x.kml</href></Link></NetworkLink>"
    lectura = leer(kml(tmp_path / "c.kml", LUGAR + enlace))
    assert lectura.aceptable
    assert codigos(lectura) == {"enlace_ignorado"}


# Files that are not what they say


@pytest.mark.parametrize(
    ("nombre", "contenido", "codigo"),
    [
        ("c.geojson", b"", "archivo_vacio"),
        ("c.geojson", b"hola", "formato_no_admitido"),
        ("c.csv", b"a,b\n1,2\n", "formato_no_admitido"),
        ("c.dbf", b"\x03" + b"\0" * 40, "formato_no_admitido"),
        ("c.gpkg", b"SQLite format 3\0" + b"\0" * 200, "gpkg_ilegible"),
        ("c.zip", b"PK\x03\x04" + b"\0" * 50, "zip_ilegible"),
        ("c.shp", (9994).to_bytes(4, "big"), "shapefile_incompleto"),
        ("c.kml", b"<kml><Document>", "xml_invalido"),
        ("c.kml", b"<html></html>", "formato_no_admitido"),
        ("c.geojson", b'{"type": "FeatureCollection", "features": [', "json_invalido"),
        ("c.geojson", b'{"type": "Topology", "objects": {}}', "no_es_geojson"),
        ("c.geojson", b'{"type": "FeatureCollection", "features": []}', "archivo_vacio"),
        ("c.geojson", b"[" * 100_000, "json_anidado"),
        ("c.geojson", b'{"type": "Point", "coordinates": [NaN, 1]}', "coordenada_no_finita"),
        ("c.geojson", b'{"type": "Point", "coordinates": [-Infinity, 1]}', "coordenada_no_finita"),
        ("c.geojson", b'{"type": "Point", "type": "Polygon"}', "json_invalido"),
        ("c.geojson", '{"type": "Feature", "properties": {"a": "ñ"}}'.encode("cp1252"), "codificacion_falla"),
    ],
)
def test_what_is_not_a_geographic_file_is_refused_in_words(tmp_path, nombre, contenido, codigo):
    ruta = tmp_path / nombre
    ruta.write_bytes(contenido)
    lectura = leer(ruta)
    assert codigos(lectura) == {codigo}
    assert not lectura.aceptable
    assert lectura.problemas[0].remedio


def test_a_missing_file_and_a_folder_are_problems_not_exceptions(tmp_path):
    assert codigos(leer(tmp_path / "nada.geojson")) == {"sin_archivo"}
    assert codigos(leer(tmp_path)) == {"sin_archivo"}


@pytest.mark.parametrize(
    "contenido",
    [
        "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>{secreto}</SrcDataSource></OGRVRTLayer>"
        "</OGRVRTDataSource>",
        "<OGRWFSDataSource><URL>http://127.0.0.1:1/wfs</URL></OGRWFSDataSource>",
        "WFS:http://127.0.0.1:1/wfs",
        '{{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline read {secreto}"}}',
    ],
)
def test_text_that_gdal_would_follow_elsewhere_is_refused_and_opens_nothing(tmp_path, contenido):
    secreto = geojson(tmp_path, (PLAZA, {"clave": "secreto"}), nombre="secreto.geojson")
    ruta = tmp_path / "c.geojson"
    ruta.write_text(contenido.format(secreto=secreto))
    lectura = leer(ruta)
    assert not lectura.aceptable
    assert lectura.filas == []
    assert "clave" not in repr(lectura)


def test_only_the_shapefile_driver_is_left_in_the_child():
    programa = "from territorio.importacion.formatos.gdal import preparar; print(preparar().list_drivers().keys())"
    salida = subprocess.run(
        [sys.executable, "-c", programa], cwd=lector.RAIZ, capture_output=True, text=True, check=True
    )
    assert salida.stdout.strip() == "dict_keys(['ESRI Shapefile'])"


# Zip archives


@pytest.mark.parametrize("nombre", ["../capa.shp", "/capa.shp", "a\\capa.shp", "C:/capa.shp"])
def test_a_zip_member_with_a_path_that_leaves_its_folder_is_refused(tmp_path, nombre):
    ruta = comprimir(tmp_path / "z.zip", partes(shapefile(tmp_path / "s")) | {nombre: b"x"})
    assert codigos(leer(ruta)) == {"zip_rechazado"}


def test_a_zip_with_a_link_or_another_zip_is_refused(tmp_path):
    enlace = zipfile.ZipInfo("capa.shp")
    enlace.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as z:
        z.writestr(enlace, "/etc/passwd")
    assert codigos(leer(tmp_path / "a.zip")) == {"zip_rechazado"}
    assert codigos(leer(comprimir(tmp_path / "b.zip", {"otro.zip": b"PK"}))) == {"zip_rechazado"}


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "z.zip", "w", zipfile.ZIP_DEFLATED) as z, z.open("capa.shp", "w") as f:
        for _ in range(51):
            f.write(bytes(10 * 1024 * 1024))
    assert codigos(leer(tmp_path / "z.zip")) == {"zip_rechazado"}


@pytest.mark.parametrize("sufijo", [".shx", ".dbf"])
def test_a_zip_without_shx_or_dbf_says_which_is_missing(tmp_path, sufijo):
    ruta = comprimir(tmp_path / "z.zip", partes(shapefile(tmp_path / "s"), sin=(sufijo,)))
    problema = unico(leer(ruta), "shapefile_incompleto")
    assert sufijo in problema.mensaje


def test_a_zip_without_a_shapefile_says_so(tmp_path):
    assert codigos(leer(comprimir(tmp_path / "z.zip", {"leeme.txt": b"hola"}))) == {"zip_sin_shapefile"}


# Shapefile: counts and text


def test_a_truncated_dbf_is_refused_and_no_row_is_lost_silently(tmp_path):
    shp = shapefile(tmp_path, ("uno", "dos", "tres"))
    dbf = shp.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes()[:-60])
    assert codigos(leer(shp)) == {"conteo_distinto"}


def test_a_dbf_of_another_layer_is_refused(tmp_path):
    shp = shapefile(tmp_path / "a", ("uno", "dos", "tres"))
    otra = shapefile(tmp_path / "b", ("uno", "dos"))
    shp.with_suffix(".dbf").write_bytes(otra.with_suffix(".dbf").read_bytes())
    problema = unico(leer(shp), "conteo_distinto")
    assert "3" in problema.mensaje
    assert "2" in problema.mensaje


@pytest.mark.parametrize("sufijo", [".shp", ".shx"])
def test_a_truncated_shp_or_shx_is_refused(tmp_path, sufijo):
    shp = shapefile(tmp_path)
    parte = shp.with_suffix(sufijo)
    parte.write_bytes(parte.read_bytes()[:-20])
    assert codigos(leer(shp)) == {"shapefile_daniado"}


def test_a_damaged_shape_is_not_taken_for_a_row_without_geometry(tmp_path):
    shp = shapefile(tmp_path)
    crudo = bytearray(shp.read_bytes())
    crudo[108] = 0x63  # the first record's shape type
    shp.write_bytes(crudo)
    assert [(p.fila, p.codigo) for p in leer(shp).problemas] == [(1, "geometria_ilegible")]


def test_a_damaged_prj_leaves_the_file_without_system_and_no_worse(tmp_path):
    shp = shapefile(tmp_path)
    shp.with_suffix(".prj").write_text('GEOGCS["a",DATUM[')
    assert codigos(leer(shp)) == {"crs_ilegible", "sin_crs"}
    assert leer(shp, Opciones(crs="4326")).aceptable


def test_the_cpg_is_trusted_when_every_value_decodes(tmp_path):
    lectura = leer(shapefile(tmp_path, encoding="CP1252"))
    assert lectura.filas[0].atributos["nombre"] == "Ñuñoa"
    assert ".cpg" in lectura.codificacion


def test_a_cpg_that_does_not_decode_is_an_error_naming_rows_and_what_is_stated_wins(tmp_path):
    shp = shapefile(tmp_path, ("Pampa", "Ñuñoa"), encoding="CP1252")
    shp.with_suffix(".cpg").write_text("UTF-8")
    mentida = leer(shp)
    assert "filas 2" in unico(mentida, "codificacion_falla").mensaje
    assert mentida.candidatas["cp1252"] == ["Ñuñoa"]
    lectura = leer(shp, Opciones(codificacion="cp1252"))
    assert lectura.aceptable
    assert lectura.filas[1].atributos["nombre"] == "Ñuñoa"


def test_without_cpg_ascii_is_fine_utf8_is_recognised_and_the_rest_is_asked(tmp_path):
    ascii_ = leer(shapefile(tmp_path / "a", ("Pampa", "Loma"), cpg=False))
    assert ascii_.aceptable
    assert "ASCII" in ascii_.codificacion
    utf8 = leer(shapefile(tmp_path / "u", cpg=False))
    assert utf8.filas[0].atributos["nombre"] == "Ñuñoa"
    assert "utf-8" in utf8.codificacion
    problema = unico(leer(shapefile(tmp_path / "c", encoding="CP1252", cpg=False)), "sin_codificacion")
    assert problema.detalle["candidatas"]["cp1252"] == ["Ñuñoa"]
    assert "cp850" in problema.detalle["candidatas"]


def test_an_encoding_that_does_not_exist_is_refused(tmp_path):
    assert codigos(leer(shapefile(tmp_path), Opciones(codificacion="rot13"))) == {"codificacion_desconocida"}


@pytest.mark.parametrize("roto", ["PeÃ±as", "Pe¤as", "Pe\ufffdas"])
def test_names_broken_by_another_encoding_are_reported_with_their_row(tmp_path, roto):
    lectura = leer(geojson(tmp_path, (PLAZA, {"nombre": "Peñas"}), (PLAZA, {"nombre": roto})))
    problema = unico(lectura, "mojibake")
    assert (problema.fila, problema.campo, problema.gravedad) == (2, "nombre", "aviso")


def test_a_field_name_that_no_database_takes_refuses_the_file(tmp_path):
    assert codigos(leer(geojson(tmp_path, (PLAZA, {"a\ud800": 1})))) == {"texto_ilegible"}


def test_text_that_no_database_takes_is_an_error(tmp_path):
    problema = unico(leer(geojson(tmp_path, (PLAZA, {"nombre": "a\x00b"}))), "texto_ilegible")
    assert (problema.fila, problema.campo) == (1, "nombre")


def test_names_that_fill_their_field_are_counted_once(tmp_path):
    largos = tuple("comunidad " * 30 + str(i) for i in range(3))
    lectura = leer(shapefile(tmp_path, (*(n[:254] for n in largos), "Pampa")))
    problema = unico(lectura, "valores_cortados")
    assert (problema.campo, problema.detalle["valores"], problema.gravedad) == ("nombre", 3, "aviso")


# Limits


def test_a_reading_that_takes_too_long_is_killed_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr(lector, "ORDEN", (sys.executable, "-c", "import time; time.sleep(60)"))
    assert codigos(leer(geojson(tmp_path, PLAZA), segundos=1)) == {"tiempo_agotado"}


def test_a_reading_that_takes_too_much_memory_is_said(tmp_path):
    ruta = tmp_path / "c.geojson"
    ruta.write_bytes(b'{"type": "MultiPoint", "coordinates": [' + b"[1,2]," * 3_000_000 + b"[1,2]]}")
    assert codigos(leer(ruta, memoria_mb=500)) == {"memoria_agotada"}


def test_a_child_that_dies_is_a_problem_of_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(lector, "ORDEN", (sys.executable, "-c", "import os; os.abort()"))
    assert codigos(leer(geojson(tmp_path, PLAZA))) == {"lectura_fallida"}


def test_the_child_sees_no_secret_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "muy-secreta")
    programa = "import os, sys; sys.stderr.write(repr(dict(os.environ))); sys.exit(1)"
    monkeypatch.setattr(lector, "ORDEN", (sys.executable, "-c", programa))
    problema = unico(leer(geojson(tmp_path, PLAZA)), "lectura_fallida")
    assert "PROJ_NETWORK" in problema.detalle["salida"]
    assert "muy-secreta" not in problema.detalle["salida"]


def test_the_child_has_no_network_where_the_kernel_grants_it():
    programa = (
        "import socket, sys; from territorio.importacion.proceso import limitar; limitar(5, 512)\n"
        "try: socket.create_connection(('127.0.0.1', int(sys.argv[1])), 2)\n"
        "except OSError as e: print(e.errno)"
    )
    with socket.create_server(("127.0.0.1", 0)) as servidor:
        orden = [sys.executable, "-c", programa, str(servidor.getsockname()[1])]
        salida = subprocess.run(orden, cwd=lector.RAIZ, capture_output=True, text=True, check=True)
    if not salida.stdout:
        pytest.skip("este sistema no deja quitar la red a un proceso")
    assert int(salida.stdout) == errno.ENETUNREACH


def test_the_reader_needs_neither_django_nor_pandas():
    programa = (
        "import sys, territorio.importacion.interior; "
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'django', 'pandas', 'geopandas', 'pyogrio'}))"
    )
    salida = subprocess.run(
        [sys.executable, "-c", programa], cwd=lector.RAIZ, capture_output=True, text=True, check=True
    )
    assert salida.stdout.strip() == "[]"


def test_a_problem_reads_as_a_sentence():
    assert str(Problema("está vacía.", "Ponga el código.", 17, "codigo")) == (
        "Fila 17, campo 'codigo': está vacía. Remedio: Ponga el código."
    )


# Real data


@pytest.mark.parametrize(
    ("nombre", "filas", "opciones"),
    [
        ("lapaz/otbs.geojson", 643, Opciones()),
        ("lapaz/distritos.geojson", 23, Opciones()),
        ("lapaz/macrodistritos.geojson", 9, Opciones()),
        ("bolivia/municipios.geojson", 343, Opciones()),
        ("bolivia/recintos_2025.gpkg", 5741, Opciones()),
        ("dificiles/tarija_utm20s/lim_dpto_tarija_utm20s.shp", 1, Opciones()),
        ("dificiles/departamentos_invalidos.json", 9, Opciones()),
        ("dificiles/hoja_dgn_sin_prj/se-20-06_pol.shp", 510, Opciones(crs="EPSG:24880")),
        (
            "dificiles/otbs_lapaz_psad56_19s_sin_prj_sin_cpg/otbs.shp",
            643,
            Opciones(crs="24879", codificacion="cp1252"),
        ),
    ],
)
def test_real_files_are_read_whole_and_valid(nombre, filas, opciones):
    lectura = leer(real(nombre), opciones)
    assert lectura.aceptable, lectura.problemas
    assert len(lectura.filas) == filas
    assert shapely.is_valid([f.geometria for f in lectura.filas]).all()


def test_the_nine_invalid_departments_are_each_reported_as_repaired():
    lectura = leer(real("dificiles/departamentos_invalidos.json"))
    assert sorted(p.fila for p in lectura.problemas if p.codigo == "geometria_reparada") == list(range(1, 10))


def test_the_file_labelled_4326_that_lies_in_the_sea_is_refused():
    problema = unico(leer(real("dificiles/recintos_4326_falso.gpkg")), "fuera_de_bolivia")
    assert problema.detalle["filas"] == 5322


def test_otbs_in_psad56_land_on_the_otbs_in_wgs84():
    wgs84 = leer(real("lapaz/otbs.geojson")).filas
    psad56 = leer(real("dificiles/otbs_lapaz_psad56_19s_cp1252/otbs.shp"))
    assert "EPSG:1202" in psad56.operacion
    assert "19 m" in psad56.crs
    assert [f.atributos["nom_otb"] for f in psad56.filas] == [f.atributos["nom_otb"] for f in wgs84]
    a, b = (
        np.array([g.coords[0] for g in shapely.point_on_surface([f.geometria for f in filas])])
        for filas in (wgs84, psad56.filas)
    )
    assert pyproj.Geod(ellps="WGS84").inv(*a.T, *b.T)[2].max() < 10


def test_a_sheet_with_glued_zones_and_no_prj_is_asked_about_and_then_read():
    ruta = real("dificiles/hoja_dgn_sin_prj/sc-19-08_pol.shp")
    candidatos = unico(leer(ruta), "sin_crs").detalle["candidatos"]
    assert {(c["crs"], c["zona_pegada"]) for c in candidatos} == {
        ("EPSG:32719", 19),
        ("EPSG:5356", 19),
        ("EPSG:24879", 19),
    }
    lectura = leer(ruta, Opciones(crs="EPSG:24879"))
    assert {"zona_pegada", "z_descartada"} <= codigos(lectura, "aviso")
    assert sum(p.codigo == "geometria_reparada" for p in lectura.problemas) == 17
    # The sheet's frame reaches 0.6 degrees north of Bolivia.
    assert [p.fila for p in lectura.problemas if p.gravedad == "error"] == [36]
