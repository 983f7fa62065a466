"""Files that nobody should have to meet, brought as GIS staff bring them: each is refused in words, and writes nothing."""

import json
import socket
import tempfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from django.test import override_settings

from territorio.importacion import lector
from territorio.importacion.geometria import area
from territorio.importacion.interior import procesar
from territorio.importacion.lector import Opciones, leer
from territorio.importacion.limites import Cancelada, Pedido, planear
from tests import archivos
from tests.archivos import Corrida, contenido, correr
from tests.mundo import cuadro, xy

pytestmark = pytest.mark.django_db
OESTE = shapely.from_wkb(bytes(cuadro(0, 0, 2).wkb))
ESTE = shapely.from_wkb(bytes(cuadro(2, 0, 2).wkb))
FILAS = [(cuadro(0, 0, 2), {"codigo": "1", "nombre": "Peñas"}), (cuadro(2, 0, 2), {"codigo": "2", "nombre": "Ñuñu"})]


def importar(archivo: Path, *opciones: str) -> Corrida:
    return correr("importar_limites", archivo, "--nivel", "distrito", "--municipio", "990101", *opciones)


def crudo(carpeta: Path, *geometrias: object, **miembros: object) -> Path:
    """A GeoJSON whose geometries are written as they are, however wrong."""
    rasgos = [
        {"type": "Feature", "properties": {"codigo": str(n), "nombre": f"Unidad {n}"}, "geometry": geometria}
        for n, geometria in enumerate(geometrias, 1)
    ]
    ruta = carpeta / "capa.geojson"
    ruta.write_text(json.dumps({"type": "FeatureCollection", **miembros, "features": rasgos}))
    return ruta


def anillos(*lista: list[tuple[float, float]]) -> dict[str, object]:
    """A GeoJSON polygon of rings given in grid steps."""
    return {"type": "Polygon", "coordinates": [[list(xy(*v)) for v in anillo] for anillo in lista]}


BUENO = anillos([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)])


def zip_de(carpeta: Path, *, sin: str = "", mas: dict[str, bytes] | None = None, **formato: str) -> Path:
    """A zipped shapefile without one of its parts, and with members of one's own."""
    entero = archivos.shapefile(carpeta / "entero.zip", FILAS, **formato)
    ruta = carpeta / "capa.zip"
    with zipfile.ZipFile(entero) as origen, zipfile.ZipFile(ruta, "w") as destino:
        for miembro in origen.namelist():
            if not sin or not miembro.endswith(sin):
                destino.writestr(miembro, origen.read(miembro))
        for nombre, bytes_ in (mas or {}).items():
            destino.writestr(nombre, bytes_)
    return ruta


def enlace(carpeta: Path) -> Path:
    info = zipfile.ZipInfo("capa.shp")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(carpeta / "e.zip", "w") as z:
        z.writestr(info, "/etc/passwd")
    return carpeta / "e.zip"


def dos_capas(carpeta: Path) -> Path:
    for capa in ("rurales", "urbanos"):
        pyogrio.raw.write(
            carpeta / "c.gpkg", np.array([shapely.to_wkb(OESTE)], dtype=object), [np.array(["1"], dtype=object)],
            ["codigo"], layer=capa, geometry_type="MultiPolygon", crs="EPSG:4326", driver="GPKG", append=capa != "rurales",
        )  # fmt: skip
    return carpeta / "c.gpkg"


def kml_con(carpeta: Path, cabeza: str, cuerpo: str = "") -> Path:
    lugar = "<Placemark><name>A</name><Point><coordinates>-64.99,-16.99</coordinates></Point></Placemark>"
    ruta = carpeta / "c.kml"
    ruta.write_text(
        f'<?xml version="1.0"?>{cabeza}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{cuerpo}{lugar}'
        "</Document></kml>"
    )
    return ruta


def un_millon(carpeta: Path) -> Path:
    vuelta = np.linspace(0, 2 * np.pi, 1_000_000)
    borde = np.column_stack([-64.99 + 0.005 * np.cos(vuelta), -16.99 + 0.005 * np.sin(vuelta)])
    return crudo(carpeta, BUENO, {"type": "Polygon", "coordinates": [borde.round(9).tolist()]})


BOMBA = '<!DOCTYPE k [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
AFUERA = '<!DOCTYPE k [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
MEZCLA = {"type": "GeometryCollection", "geometries": [BUENO, {"type": "Point", "coordinates": list(xy(0, 0))}]}
# name: (how it is made, the code of its error, the row it names)
MALOS: dict[str, tuple[Callable[[Path], Path], str, int | None]] = {
    "zip sin .shx": (lambda c: zip_de(c, sin=".shx"), "shapefile_incompleto", None),
    "zip sin .dbf": (lambda c: zip_de(c, sin=".dbf"), "shapefile_incompleto", None),
    "sin .prj": (lambda c: zip_de(c, sin=".prj", crs="EPSG:32720"), "sin_crs", None),
    "cpg que miente": (
        lambda c: zip_de(c, sin=".cpg", codificacion="cp1252", mas={"capa.cpg": b"UTF-8"}),
        "codificacion_falla",
        None,
    ),
    "ruta que sale": (lambda c: zip_de(c, mas={"../capa.dbf": b"x"}), "zip_rechazado", None),
    "enlace simbólico": (enlace, "zip_rechazado", None),
    "varias capas": (dos_capas, "varias_capas", None),
    "tipos mezclados": (lambda c: crudo(c, BUENO, MEZCLA), "coleccion_mixta", 2),
    "línea": (
        lambda c: crudo(c, BUENO, {"type": "LineString", "coordinates": [xy(0, 0), xy(1, 1)]}),
        "geometria_de_otro_tipo",
        2,
    ),
    "geometría nula": (lambda c: crudo(c, BUENO, None), "sin_geometria", 2),
    "geometría vacía": (lambda c: crudo(c, BUENO, {"type": "Polygon", "coordinates": []}), "sin_geometria", 2),
    "NaN": (lambda c: crudo(c, BUENO, anillos([(0, 0), (1, float("nan")), (1, 1), (0, 0)])), "coordenada_no_finita", 2),
    "infinito": (
        lambda c: crudo(c, BUENO, anillos([(0, 0), (float("inf"), 1), (1, 1), (0, 0)])),
        "coordenada_no_finita",
        2,
    ),
    "sin superficie": (
        lambda c: crudo(c, BUENO, anillos([(0, 0), (1, 1), (0, 0), (0, 0)])),
        "geometria_irreparable",
        2,
    ),
    "latitud y longitud invertidas": (
        lambda c: crudo(c, {"type": "Polygon", "coordinates": [[v[::-1] for v in BUENO["coordinates"][0]]]}),
        "ejes_invertidos",
        None,
    ),
    "un millón de vértices": (un_millon, "demasiados_vertices", 2),
    "kml con entidades": (lambda c: kml_con(c, BOMBA), "xml_con_dtd", None),
    "kml con entidad externa": (lambda c: kml_con(c, AFUERA), "xml_con_dtd", None),
    "crs en un enlace": (
        lambda c: crudo(c, BUENO, crs={"type": "link", "properties": {"href": "http://127.0.0.1:9/crs"}}),
        "sin_crs",
        None,
    ),
}


@pytest.mark.parametrize("caso", MALOS)
def test_a_bad_file_is_refused_with_its_row_and_a_remedy_and_writes_nothing(muni, tmp_path, caso):
    hacer, codigo, fila = MALOS[caso]
    antes = contenido()
    corrida = importar(hacer(tmp_path))
    assert (corrida.salida, corrida.codigos) == (1, {codigo})
    problema = corrida.problemas(codigo)[0]
    assert problema["fila"] == fila
    assert problema["remedio"]
    assert problema["texto"] in corrida.texto
    assert contenido() == antes


@pytest.mark.parametrize("caso", [c for c, (_hacer, _codigo, fila) in MALOS.items() if fila is not None])
def test_leaving_the_bad_row_out_loads_the_rest(muni, tmp_path, caso):
    hacer, _codigo, fila = MALOS[caso]
    corrida = importar(hacer(tmp_path), "--omitir", str(fila))
    assert (corrida.salida, corrida.cuentas["nuevas"], corrida.cuentas["omitidas"]) == (0, 1, 1)
    assert [f["estado"] for f in corrida.informe["filas"]] == ["nueva", "omitida"]


# --- what is mended or dropped, and said ------------------------------------------------------------------------------


def test_heights_and_measures_are_dropped_and_said(muni, tmp_path):
    con_z = {"type": "Polygon", "coordinates": [[[*v, 3700.5] for v in BUENO["coordinates"][0]]]}
    corrida = importar(crudo(tmp_path, con_z))
    assert (corrida.salida, corrida.avisos & {"z_descartada"}) == (0, {"z_descartada"})


@pytest.mark.parametrize(
    ("geometria", "queda"),
    [
        (anillos([(0, 0), (1, 1), (1, 0), (0, 1), (0, 0)]), 0.5),  # a bow-tie keeps its two wings
        (anillos([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)], [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]), None),
        (anillos([(0, 0), (1, 0), (1, 1), (1, 1), (1, 1), (0, 1), (0, 0)]), 1.0),
        (
            {"type": "MultiPolygon", "coordinates": [BUENO["coordinates"], BUENO["coordinates"]]},
            1.0,  # the same ring twice is the same land once
        ),
    ],
    ids=["bow-tie", "a hole as large as its shell", "repeated vertices", "the same ring twice"],
)
def test_what_is_mended_says_its_area_before_and_after(muni, tmp_path, geometria, queda):
    corrida = importar(crudo(tmp_path, geometria))
    if queda is None:
        assert corrida.codigos == {"geometria_irreparable"}
        return
    assert corrida.salida == 0
    m2 = corrida.informe["filas"][0]["m2"]
    assert m2 == pytest.approx(queda * area(shapely.geometry.shape(BUENO)), rel=0.01)
    if queda != 1.0 or geometria["type"] == "MultiPolygon":
        (reparada,) = corrida.problemas("geometria_reparada")
        assert reparada["fila"] == 1
        assert reparada["detalle"]["despues_m2"] == pytest.approx(m2, rel=0.01)
        assert "medía" in reparada["mensaje"]


def test_swapped_axes_are_offered_and_taken_when_accepted(muni, tmp_path):
    hacer, _codigo, _fila = MALOS["latitud y longitud invertidas"]
    archivo = hacer(tmp_path)
    negada = importar(archivo)
    assert "--invertir-ejes" in negada.texto
    assert [c["invertidos"] for c in negada.informe["sugerencias"]["crs"]] == [True]
    aceptada = importar(archivo, "--invertir-ejes")
    assert aceptada.salida == 0
    assert "con los ejes invertidos" in aceptada.informe["lectura"]["crs"]
    assert aceptada.informe["filas"][0]["caja"] == pytest.approx([*xy(0, 0), *xy(1, 1)])


def test_swapped_metres_without_a_system_are_offered_too(tmp_path):
    utm = np.array(
        [[8_120_000.0, 260_000.0], [8_121_000.0, 260_000.0], [8_121_000.0, 261_000.0], [8_120_000.0, 260_000.0]]
    )
    carpeta = tmp_path / "s"
    carpeta.mkdir()
    pyogrio.raw.write(
        carpeta / "capa.shp", np.array([shapely.to_wkb(shapely.Polygon(utm))], dtype=object),
        [np.array(["A"], dtype=object)], ["nombre"], geometry_type="Polygon", crs=None,
    )  # fmt: skip
    lectura = leer(carpeta / "capa.shp")
    assert {c["invertidos"] for c in lectura.candidatos} == {True}
    assert leer(carpeta / "capa.shp", Opciones(crs="EPSG:32720", invertir_ejes=True)).aceptable


def test_a_zip_may_unpack_to_as_much_as_the_setting_says(muni, tmp_path):
    archivo = archivos.shapefile(tmp_path / "d.zip", FILAS)
    with zipfile.ZipFile(archivo) as z:
        ocupa = sum(i.file_size for i in z.infolist())
    with override_settings(MINKA_BYTES_DESCOMPRIMIDOS=ocupa - 1):
        assert importar(archivo).codigos == {"zip_rechazado"}
    with override_settings(MINKA_BYTES_DESCOMPRIMIDOS=ocupa):
        assert importar(archivo).salida == 0


def test_a_zip_whose_header_lies_about_its_size_is_stopped_while_it_unpacks(tmp_path):
    archivo = archivos.shapefile(tmp_path / "d.zip", FILAS)
    datos = bytearray(archivo.read_bytes())
    with zipfile.ZipFile(archivo) as z:
        info = next(i for i in z.infolist() if i.filename.endswith(".dbf"))
    central = datos.index(b"PK\1\2")
    while datos[central + 46 : central + 46 + len(info.filename)] != info.filename.encode():
        central = datos.index(b"PK\1\2", central + 4)
    datos[central + 24 : central + 28] = (1).to_bytes(4, "little")  # "one byte"
    archivo.write_bytes(datos)
    assert [p.codigo for p in leer(archivo).problemas] == ["zip_ilegible"]


# --- nothing is fetched -----------------------------------------------------------------------------------------------


@pytest.fixture
def oyente():
    """A listener on this machine, and the list of connections it got."""
    conexiones: list[object] = []
    servidor = socket.create_server(("127.0.0.1", 0))
    servidor.settimeout(0.1)
    fin = threading.Event()

    def escuchar() -> None:
        while not fin.is_set():
            try:
                conexiones.append(servidor.accept())
            except TimeoutError:
                continue

    hilo = threading.Thread(target=escuchar)
    hilo.start()
    yield f"http://127.0.0.1:{servidor.getsockname()[1]}", conexiones
    fin.set()
    hilo.join()
    servidor.close()


def remite(carpeta: Path, url: str) -> list[Path]:
    return [
        crudo(carpeta, BUENO, crs={"type": "link", "properties": {"href": f"{url}/crs", "type": "ogcwkt"}}),
        kml_con(carpeta, "", f"<NetworkLink><Link><href>{url}/otro.kml</href></Link></NetworkLink>"),
        archivos.kml(carpeta / "d.kml", FILAS[:1]),
    ]


def test_no_file_makes_us_call_anybody(tmp_path, oyente, monkeypatch):
    url, conexiones = oyente
    for ruta in remite(tmp_path, url):
        leer(ruta)
    assert conexiones == []

    def prohibido(*_a: object, **_k: object) -> None:
        raise AssertionError("se abrió un socket")

    # The same again without the child's walls: the reading itself must not try.
    with monkeypatch.context() as sin_red:
        sin_red.setattr(socket, "socket", prohibido)
        sin_red.setattr(socket, "create_connection", prohibido)
        for n, ruta in enumerate(remite(tmp_path, url)):
            carpeta = tmp_path / str(n)
            carpeta.mkdir()
            (carpeta / "entrada.bin").write_bytes(ruta.read_bytes())
            leido, _geometrias, _lugar = procesar(carpeta, ruta.name, Opciones(), lector.BYTES_MAXIMOS)
            assert leido.geometrias
    assert conexiones == []


# --- a worker survives ------------------------------------------------------------------------------------------------


def test_giving_up_while_the_file_is_read_ends_the_child_and_leaves_nothing(muni, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(lector, "_VISTAZO", 0.05)
    nacidos = []
    de_veras = lector.subprocess.Popen

    def nacer(orden, **opciones):
        nacidos.append(de_veras(["/bin/sleep", "60"], **opciones))
        return nacidos[-1]

    monkeypatch.setattr(lector.subprocess, "Popen", nacer)
    avances = []

    def avance(paso: str, por_ciento: int) -> None:
        avances.append((paso, por_ciento))
        if len(avances) > 3:
            raise Cancelada

    archivo, antes = crudo(tmp_path, BUENO), contenido()
    with pytest.raises(Cancelada):
        planear(Pedido(archivo=archivo, nivel="distrito", municipio="990101"), avance=avance)
    assert [hijo.poll() is not None for hijo in nacidos] == [True]
    assert contenido() == antes
    assert [p.name for p in tmp_path.iterdir()] == ["capa.geojson"]
