"""Downloads, read back with another program: nothing lost, nothing renamed in silence, nothing that runs."""

import csv
import io
import json
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import geopandas
import openpyxl
import pyogrio
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from cuentas.models import Usuario
from demandas.models import Demanda, Evento
from mapas.capas import CAPAS
from mapas.exportacion import TIPO
from proyectos.models import Proyecto
from territorio.models import Limite, UnidadTerritorial
from territorio.solapes import poner_al_dia
from tests import hechos
from tests.mundo import cuadro, punto, unidad

pytestmark = pytest.mark.django_db


def bajar(client, capa: str, formato: str, **filtros) -> bytes:
    respuesta = client.get(f"/exportar/{capa}.{formato}", filtros)
    assert respuesta.status_code == 200
    assert respuesta["Content-Type"] == TIPO[formato]
    return b"".join(respuesta.streaming_content)


def tabla(bytes_: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(bytes_.decode("utf-8-sig"))))


def abrir(tmp_path: Path, bytes_: bytes) -> dict[str, geopandas.GeoDataFrame]:
    """The shapefiles of a zip, by name, as GDAL reads them from the zip itself."""
    ruta = tmp_path / "baja.zip"
    ruta.write_bytes(bytes_)
    with zipfile.ZipFile(ruta) as comprimido:
        assert comprimido.testzip() is None
        nombres = [n for n in comprimido.namelist() if n.endswith(".shp")]
    return {n.removesuffix(".shp"): geopandas.read_file(f"/vsizip/{ruta}/{n}") for n in nombres}


def partes(bytes_: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bytes_)) as comprimido:
        return {n: comprimido.read(n) for n in comprimido.namelist()}


# --- every layer ------------------------------------------------------------------------------------------------------


@pytest.fixture
def de_todo(tablero):
    """The board, and what it lacks of some layers: a service, a meeting, and ground that two districts claim."""
    hechos.equipamiento(tablero, "e", punto(1, 1))
    Evento.objects.create(
        municipio=tablero, tipo="cumbre", unidad=tablero, punto=punto(1, 1), fecha=date(2024, 5, 1), publicado=True
    )
    unidad("distrito", "3", cuadro(1.5, 0, 1), municipio=tablero, nombre="Centro")
    poner_al_dia()
    return tablero


@pytest.mark.parametrize("capa", CAPAS)
def test_every_layer_comes_out_alike_in_every_format(client, de_todo, tmp_path, capa):
    nivel = "comunidad" if capa == "influencia" else "distrito"
    (tmp_path / "a.geojson").write_bytes(bajar(client, capa, "geojson", nivel=nivel))
    rasgos = json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))["features"]
    leidos = pyogrio.read_dataframe(tmp_path / "a.geojson")
    con_lugar = sum(r["geometry"] is not None for r in rasgos)
    shps = abrir(tmp_path, bajar(client, capa, "zip", nivel=nivel))
    filas = [f for f in tabla(bajar(client, capa, "csv", nivel=nivel))[1:] if f[0]]
    assert len(rasgos) == len(leidos) == len(filas) > 0
    assert sum(len(shp) for shp in shps.values()) == con_lugar
    assert {str(r["id"]) for r in rasgos} == {f[0] for f in filas}


@pytest.mark.parametrize("capa", CAPAS)
def test_every_layer_of_an_empty_municipality_is_an_empty_file_that_opens(client, muni, capa):
    assert json.loads(bajar(client, capa, "geojson", nivel="municipio"))["type"] == "FeatureCollection"
    assert "campos.csv" in partes(bajar(client, capa, "zip", nivel="municipio"))
    assert tabla(bajar(client, capa, "csv", nivel="municipio"))[0][0] == "id"


@pytest.mark.parametrize(("formato", "precision"), [("geojson", 1e-6), ("zip", 1e-12)])
def test_areas_names_and_gaps_survive(client, tablero, tmp_path, formato, precision):
    UnidadTerritorial.objects.filter(codigo="1").update(nombre="Ñandú – «Óptimo» & Cía")
    bytes_ = bajar(client, "demanda", formato, nivel="distrito")
    if formato == "zip":
        (leidos,) = abrir(tmp_path, bytes_).values()
    else:
        (tmp_path / "a.geojson").write_bytes(bytes_)
        leidos = geopandas.read_file(tmp_path / "a.geojson")
    fila = leidos[leidos.codigo == "1"].iloc[0]
    original = Limite.objects.get(unidad__codigo="1").geom.area
    assert leidos.crs.to_epsg() == 4326
    assert fila.nombre == "Ñandú – «Óptimo» & Cía"
    assert abs(fila.geometry.area - original) / original < precision
    assert fila.demandas == 1.5


def test_the_geojson_carries_the_conservation_line(client, tablero):
    dicho = json.loads(bajar(client, "demanda", "geojson"))
    assert dicho["conservacion"] == {"total": 5, "ubicadas": 3.0, "fuera": 1.0, "sin_ubicar": 1, "en_disputa": 1}
    assert (dicho["name"], dicho["fuente"]) == ("demanda", "Municipio de prueba")


def test_filters_of_the_page_hold_for_the_file(client, tablero):
    assert len(json.loads(bajar(client, "demandas", "geojson", sector="11"))["features"]) == 2
    assert len(json.loads(bajar(client, "unidades", "geojson", nivel="comunidad"))["features"]) == 3


def test_what_is_not_published_leaves_for_members_only(client, tablero):
    assert "secreto" not in bajar(client, "demandas", "csv").decode()
    assert "oculto" not in bajar(client, "proyectos", "geojson").decode()
    client.force_login(Usuario.objects.create_superuser("jefa"))
    assert "Todavía en secreto" in bajar(client, "demandas", "csv").decode()
    assert "Aún oculto" in bajar(client, "proyectos", "geojson").decode()


# --- the shapefile ----------------------------------------------------------------------------------------------------


def test_the_zip_says_its_projection_its_encoding_and_its_short_names(client, tablero):
    dentro = partes(bajar(client, "cobertura-pdm", "zip"))
    assert {Path(n).suffix for n in dentro} >= {".shp", ".shx", ".dbf", ".prj", ".cpg"}
    assert dentro["cobertura_pdm.cpg"].strip() == b"UTF-8"
    assert b"WGS_1984" in dentro["cobertura_pdm.prj"]
    diccionario = tabla(dentro["campos.csv"])
    assert diccionario[0] == ["campo_shapefile", "campo", "significado"]
    largos = {largo: corto for corto, largo, _s in diccionario[1:]}
    assert largos["demandas_cubiertas"] == "demandas_c"
    assert len(set(largos.values())) == len(largos)
    assert all(len(corto) <= 10 for corto in largos.values())
    assert len({largos["habitantes_base"], largos["habitantes_cubiertos"]}) == 2
    assert "5 filas" not in dentro["LEEME.txt"].decode()
    assert "Conservación: 3 ubicadas + 1 fuera + 1 sin ubicar = 5" in dentro["LEEME.txt"].decode()


def test_the_short_names_are_those_in_the_file(client, tablero, tmp_path):
    bytes_ = bajar(client, "desatendidas", "zip", nivel="distrito")
    (leido,) = abrir(tmp_path, bytes_).values()
    assert [*leido.columns][1:-1] == [f[0] for f in tabla(partes(bytes_)["campos.csv"])[1:]]


def test_points_lines_and_polygons_go_to_a_file_each_and_the_placeless_to_a_table(client, tablero, tmp_path):
    hechos.demanda(tablero, "area", cuadro(1, 0))
    bytes_ = bajar(client, "demandas", "zip")
    shps = abrir(tmp_path, bytes_)
    assert {n: sorted(shp.codigo) for n, shp in shps.items()} == {
        "demandas_punto": ["a", "b", "f"],
        "demandas_poligono": ["area"],
    }
    assert set(shps["demandas_poligono"].geom_type) <= {"Polygon", "MultiPolygon"}
    dentro = partes(bytes_)
    assert sorted(f[1] for f in tabla(dentro["demandas_sin_lugar.csv"])[1:]) == ["n", "u"]
    assert "2 filas sin lugar en el mapa" in dentro["LEEME.txt"].decode()


def test_dates_money_whole_numbers_and_gaps_survive_the_shapefile(client, tablero, tmp_path):
    Demanda.objects.filter(codigo="a").update(fecha=date(2024, 11, 22), costo_estimado="1234567.89", titulo="Ñ" * 300)
    leido = abrir(tmp_path, bajar(client, "demandas", "zip"))["demandas"].set_index("codigo")
    assert str(leido.loc["a", "fecha"])[:10] == "2024-11-22"
    assert leido.loc["a", "costo_esti"] == pytest.approx(1234567.89)
    assert leido.loc["a", "mujeres"] == 10
    assert leido.loc["a", "titulo"] == "Ñ" * 127
    assert leido.loc["b", ["fecha", "costo_esti", "mujeres", "unidad"]].isna().all()


# --- the table --------------------------------------------------------------------------------------------------------


def test_a_count_ends_with_its_conservation_rows_that_add_up(client, tablero):
    filas = tabla(bajar(client, "demanda", "csv"))
    assert {len(f) for f in filas} == {len(filas[0])}
    assert [(f[2], float(f[3])) for f in filas[-4:]] == [
        ("(demandas ubicadas)", 3), ("(demandas fuera de los límites)", 1), ("(demandas sin ubicar)", 1),
        ("(demandas en total)", 5),
    ]  # fmt: skip
    assert sum(float(f[3]) for f in filas[1:-4]) == 3


@pytest.mark.parametrize("formula", ["=1+1", "+SUM(A1)", "-2+3", "@SUM(A1)", "\t=1+1", '=HYPERLINK("http://mal","x")'])
def test_no_cell_is_a_formula_in_a_spreadsheet(client, tablero, formula):
    Demanda.objects.filter(codigo="a").update(titulo=formula, punto=None)
    for celdas in (
        tabla(bajar(client, "demandas", "csv")),
        tabla(partes(bajar(client, "demandas", "zip"))["demandas_sin_lugar.csv"]),
    ):
        assert f"'{formula}" in [c for f in celdas for c in f]
        assert not any(c.startswith(("=", "+", "@", "\t")) for f in celdas for c in f)


# --- the door ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ruta", ["nada.geojson", "demandas.exe", "demandas.", "demandas", "../demandas.zip", "demandas.geojson/"]
)
def test_an_unknown_layer_or_format_is_a_404(client, tablero, ruta):
    assert client.get(f"/exportar/{ruta}").status_code == 404


@pytest.mark.parametrize("query", ["nivel=barrio", "sector=%00", "municipio=" + "9" * 10_000, "gestion=mañana"])
def test_a_filter_that_cannot_be_is_a_400_page(client, tablero, query):
    respuesta = client.get(f"/exportar/demandas.geojson?{query}")
    assert respuesta.status_code == 400
    assert "<h1" in respuesta.content.decode()


def test_the_name_of_a_file_tells_what_it_is(client, tablero):
    nombre = client.get("/exportar/cobertura-pdm.csv")["Content-Disposition"]
    assert nombre.startswith('attachment; filename="minka_990101_cobertura-pdm_distrito_')
    assert nombre.endswith('.csv"')


def test_a_download_takes_few_queries_however_many_rows(client, tablero, django_assert_max_num_queries):
    for i in range(30):
        hechos.demanda(tablero, f"z{i}", punto(1, 1), ubicar=False)
    with django_assert_max_num_queries(18):
        bajar(client, "demandas", "geojson")


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("formato", TIPO)
def test_the_command_writes_the_same_file_as_the_page(client, tablero, tmp_path, formato):
    salida = tmp_path / f"d.{formato}"
    call_command(
        "exportar", "demandas", "--formato", formato, "--salida", str(salida), "--sector", "11", stdout=io.StringIO()
    )
    bajado = bajar(client, "demandas", formato, sector="11")
    assert (partes(salida.read_bytes()) == partes(bajado)) if formato == "zip" else (salida.read_bytes() == bajado)
    assert [p.name for p in tmp_path.iterdir()] == [salida.name]


@pytest.mark.parametrize(
    ("capa", "opciones", "dice"),
    [
        ("nada", [], "nada"),
        ("demandas", ["--nivel", "barrio"], "no tiene unidades del nivel"),
        ("demandas", ["--municipio", "999999"], "No hay un municipio"),
    ],
)
def test_the_command_refuses_in_words_and_leaves_no_file(tablero, tmp_path, capa, opciones, dice):
    with pytest.raises(CommandError, match=dice):
        call_command("exportar", capa, "--formato", "csv", "--salida", str(tmp_path / "d.csv"), *opciones)
    assert not list(tmp_path.iterdir())


def test_the_command_writes_what_anybody_may_see_only(tablero, tmp_path):
    call_command("exportar", "proyectos", "--formato", "csv", "--salida", str(tmp_path / "p.csv"), stdout=io.StringIO())
    assert "oculto" not in (tmp_path / "p.csv").read_text(encoding="utf-8")
    assert Proyecto.objects.filter(codigo="oculto").exists()


def test_the_command_says_where_a_file_cannot_be_written(tablero, tmp_path):
    with pytest.raises(CommandError):
        call_command("exportar", "demandas", "--formato", "csv", "--salida", str(tmp_path / "no" / "hay.csv"))


def test_a_place_stored_with_a_hole_keeps_it(client, tablero, tmp_path):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE territorio_limite SET geom = ST_Multi(ST_Difference(geom, ST_Buffer(ST_Centroid(geom), 0.001)))"
            " WHERE unidad_id = (SELECT id FROM territorio_unidadterritorial WHERE codigo = '2')"
        )
    (leido,) = abrir(tmp_path, bajar(client, "demanda", "zip")).values()
    forma = leido[leido.codigo == "2"].geometry.iloc[0]
    assert len(forma.interiors if forma.geom_type == "Polygon" else forma.geoms[0].interiors) == 1


# --- workbooks --------------------------------------------------------------------------------------------------------


def abrir_libro(bytes_: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(bytes_))


@pytest.mark.parametrize("capa", CAPAS)
def test_every_layer_is_a_workbook_with_the_rows_of_the_csv(client, de_todo, capa):
    nivel = "comunidad" if capa == "influencia" else "distrito"
    libro = abrir_libro(bajar(client, capa, "xlsx", nivel=nivel))
    assert libro.sheetnames == ["Datos", "Campos", "Fuente"]
    datos = [list(fila) for fila in libro["Datos"].iter_rows(values_only=True)]
    filas = tabla(bajar(client, capa, "csv", nivel=nivel))
    assert [["" if v is None else str(v) for v in fila[:3]] for fila in datos] == [fila[:3] for fila in filas]
    assert libro["Datos"].freeze_panes == "A2"
    assert [f[0].value for f in libro["Campos"].iter_rows(min_row=2)] == [v for v in datos[0] if v]


def test_a_workbook_keeps_types_and_closes_with_the_conservation_rows(client, tablero):
    hoja = abrir_libro(bajar(client, "demanda", "xlsx", nivel="distrito"))["Datos"]
    encabezado = [c.value for c in hoja[1]]
    oeste = next(fila for fila in hoja.iter_rows(min_row=2) if fila[1].value == "1")
    valores = dict(zip(encabezado, oeste, strict=True))
    assert valores["codigo"].data_type == "s"
    assert (valores["demandas"].data_type, valores["demandas"].value) == ("n", 1.5)
    assert [fila[2].value for fila in hoja.iter_rows(min_row=hoja.max_row - 3)] == [
        "(demandas ubicadas)",
        "(demandas fuera de los límites)",
        "(demandas sin ubicar)",
        "(demandas en total)",
    ]
    fuente = dict(abrir_libro(bajar(client, "demandas", "xlsx"))["Fuente"].iter_rows(min_row=2, values_only=True))
    assert fuente["Municipio"] == "Municipio de prueba (990101)"
    assert "menos de 5 personas" in fuente["Reservado"]
    assert {"Fecha de la descarga", "Fuente", "Licencia", "Filtros"} <= set(fuente)


FORMULAS = ["=1+1", "=cmd|' /C calc'!A0", "+1", "@SUM(A1)", "＝1", " =1", "\x0b=1", "x" * 290]


@pytest.mark.parametrize("titulo", FORMULAS)
def test_what_was_typed_is_text_in_every_sheet(client, muni, titulo):
    hechos.demanda(muni, "d", punto(1, 1), titulo=titulo, costo_estimado=Decimal("12.50"))
    hoja = abrir_libro(bajar(client, "demandas", "xlsx"))["Datos"]
    fila = dict(zip([c.value for c in hoja[1]], hoja[2], strict=True))
    assert fila["titulo"].data_type == "s"
    assert fila["titulo"].value == titulo.replace("\x0b", "")
    assert (fila["costo_estimado"].data_type, fila["costo_estimado"].value) == ("n", 12.5)
    leida = dict(zip(*tabla(bajar(client, "demandas", "csv"))[:2], strict=True))
    assert leida["titulo"].lstrip()[:1] not in {"=", "+", "-", "@", "＝"}
    assert leida["costo_estimado"] == "12.50"


def test_a_command_writes_a_workbook(tablero, tmp_path):
    ruta = tmp_path / "demandas.xlsx"
    call_command("exportar", "demandas", "--formato", "xlsx", "--salida", str(ruta))
    assert openpyxl.load_workbook(ruta)["Datos"].max_row == 6
