"""A municipality like no other, from boundaries to exports: own levels, no codes, UTM, points, headers of its own."""

import io
import json
import zipfile

import geopandas
import pytest
from django.core.management import call_command
from django.db import transaction

from demandas.models import Demanda
from mapas.preguntas import PREGUNTAS
from proyectos.models import Proyecto
from territorio.models import Nivel, UnidadTerritorial
from tests.archivos import contenido, correr, kml, shapefile, tabla_csv, xlsx
from tests.mundo import cuadro, punto, xy

pytestmark = pytest.mark.django_db
MUNI = ["--municipio", "070199"]
# Two subalcaldías side by side; zonas of every kind in them, and one that crosses the border between both.
SUBALCALDIAS = [(cuadro(0, 0, 3, 4), {"SUBALC": "ÑUFLO D'ALESSANDRI"}), (cuadro(3, 0, 3, 4), {"SUBALC": "SAN JOSÉ"})]
ZONAS = [
    (cuadro(0, 0, 1), {"ZONA": "VILLA O'CONNOR", "SUB": "ÑUFLO D'ALESSANDRI", "HAB": 250}),
    (cuadro(1, 0, 1), {"ZONA": "PEÑÓN", "SUB": "Nuflo D'Alessandri", "HAB": 150}),
    (cuadro(4, 0, 1), {"ZONA": "PEÑÓN", "SUB": "SAN JOSÉ", "HAB": None}),
    (cuadro(2, 2, 2), {"ZONA": "LA FRONTERA", "SUB": "SAN JOSÉ", "HAB": 100}),
]
LEER_ZONAS = ("--nivel", "zona", "--nombre", "ZONA", "--padre", "SUB", "--poblacion", "HAB", "--codificacion", "cp1252")
CASERIOS = [(punto(2.5, 0.5), {"nombre": "ÑANCAHUAZÚ"}), (punto(5.5, 3.5), {"nombre": "EL 'CHORRO'"})]


def bien(comando, archivo, *opciones):
    corrida = correr(comando, archivo, *MUNI, *opciones)
    assert corrida.salida == 0, corrida.texto
    return corrida


@pytest.fixture(scope="module")
def raro(django_db_setup, django_db_blocker, tmp_path_factory):
    """The municipality, loaded once, in a transaction that ends with the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield _cargar(tmp_path_factory.mktemp("raro"))
        transaction.set_rollback(True)


def _cargar(tmp_path) -> dict:
    mudo = {"stdout": io.StringIO()}
    call_command("crear_municipio", "070199", "Villa Ñandú", **mudo)
    call_command(
        "crear_nivel",
        "subalcaldia",
        "--sobre",
        "municipio",
        "--nombre",
        "subalcaldía",
        "--plural",
        "subalcaldías",
        **mudo,
    )
    call_command("crear_nivel", "zona", "--sobre", "subalcaldia", "--base", **mudo)
    bien(
        "importar_limites",
        shapefile(tmp_path / "sub.zip", SUBALCALDIAS, crs="EPSG:32720"),
        "--nivel",
        "subalcaldia",
        "--nombre",
        "SUBALC",
    )
    bien(
        "importar_limites",
        shapefile(tmp_path / "zonas.zip", ZONAS, crs="EPSG:32720", codificacion="cp1252"),
        *LEER_ZONAS,
    )
    bien("importar_limites", kml(tmp_path / "caserios.kml", CASERIOS), "--nivel", "comunidad", "--nombre", "nombre")
    pedidos = [
        {
            "PEDIDO": "Agua para todos",
            "Barrio": "villa o'connor",
            "Rubro": "11",
            "Quién": "Mujeres",
            "Bs.": "12.500,50",
        },
        {"PEDIDO": "Posta", "Barrio": "PEÑON", "Rubro": "salud", "Quién": "", "Bs.": ""},
        {"PEDIDO": "Camino", "Barrio": "La Frontera", "Rubro": "18", "Quién": "jóvenes", "Bs.": "1.000.000"},
        {"PEDIDO": "Luz", "Barrio": "Ñancahuazú", "Rubro": "15", "Quién": "todos", "Bs.": ""},
        {"PEDIDO": "Riego", "Barrio": "", "Rubro": "", "Quién": "", "Bs.": ""},
    ]
    demandas = bien(
        "importar_demandas", tabla_csv(tmp_path / "pedidos.csv", pedidos, separador=";", codificacion="cp1252"),
        "--codificacion", "cp1252", "--valores", "sector:salud=20",
        "--columnas", "PEDIDO=titulo", "Barrio=unidad", "Rubro=sector", "Quién=grupo", "Bs.=costo_estimado",
    )  # fmt: skip
    lon, lat = xy(0.5, 0.5)
    obras = [
        ["OBRA", "AÑO", "PPTO VIGENTE", "EJECUTADO", "% AVANCE", "LUGAR", "Y", "X", "PERIODO"],
        ["Tanque Villa O'Connor", 2024, 1000.5, 500.25, 50, "VILLA O'CONNOR", lat, lon, "2021-2025"],
        ["Camino La Frontera", 2024, 2000, 0, 0, "LA FRONTERA", None, None, "2021-2025"],
        ["Oficina", 2024, 10, 10, 100, None, None, None, None],
    ]
    proyectos = bien(
        "importar_proyectos", xlsx(tmp_path / "obras.xlsx", obras), "--nivel", "zona",
        "--columnas", "OBRA=nombre", "AÑO=gestion",
        "PPTO VIGENTE=presupuesto_vigente", "EJECUTADO=devengado", "% AVANCE=fisico_alcanzado", "LUGAR=unidad",
        "PERIODO=pdm",
    )  # fmt: skip
    return {"demandas": demandas, "proyectos": proyectos}


def figuras(client, pregunta: str, **filtros) -> tuple[dict, dict[str, dict]]:
    respuesta = client.get(f"/api/v1/{pregunta}/", filtros)
    assert respuesta.status_code == 200, respuesta.content
    dicho = respuesta.json()
    return dicho, {fila["codigo"]: fila for fila in dicho["filas"]}


def test_units_keep_their_names_and_get_codes_of_their_own(raro):
    zonas = {u.codigo: (u.nombre, u.padre.nombre) for u in UnidadTerritorial.objects.filter(nivel__codigo="zona")}
    assert zonas == {
        "villa-o-connor": ("VILLA O'CONNOR", "ÑUFLO D'ALESSANDRI"),
        "penon": ("PEÑÓN", "ÑUFLO D'ALESSANDRI"),
        "penon-2": ("PEÑÓN", "SAN JOSÉ"),
        "la-frontera": ("LA FRONTERA", "SAN JOSÉ"),
    }
    assert Nivel.objects.get(codigo="zona").es_base


def test_a_zone_that_crosses_a_border_lies_half_in_each(raro):
    frontera = UnidadTerritorial.objects.get(codigo="la-frontera")
    partes = frontera.localizaciones.filter(nivel__codigo="subalcaldia").values_list("fraccion", flat=True)
    assert list(partes) == pytest.approx([0.5, 0.5], abs=1e-3)


def test_a_second_load_of_the_zones_changes_nothing(raro, tmp_path):
    antes = contenido()
    archivo = shapefile(tmp_path / "otra.zip", ZONAS[::-1], crs="EPSG:32720", codificacion="cp1252")
    assert bien("importar_limites", archivo, *LEER_ZONAS).cuentas["iguales"] == 4
    assert contenido() == antes


def test_what_names_a_repeated_zone_is_loaded_without_place_and_said(raro):
    cuentas = raro["demandas"].cuentas
    assert (cuentas["con_unidad"], cuentas["unidad_ambigua"], cuentas["sin_unidad"]) == (3, 1, 1)
    assert set(Demanda.objects.sin_ubicar().values_list("titulo", flat=True)) == {"Posta", "Riego"}
    assert (raro["proyectos"].cuentas["con_unidad"], Proyecto.objects.sin_ubicar().get().nombre) == (2, "Oficina")


def test_demand_by_subalcaldia(client, raro):
    dicho, filas = figuras(client, "demanda", nivel="subalcaldia")
    assert {c: round(f["demandas"], 2) for c, f in filas.items()} == {"nuflo-d-alessandri": 2.5, "san-jose": 0.5}
    assert (dicho["conservacion"]["total"], dicho["conservacion"]["sin_ubicar"]) == (5, 2)
    assert "2 subalcaldías" in dicho["frase"]
    assert figuras(client, "demanda", nivel="zona")[1]["villa-o-connor"]["por_mil"] == pytest.approx(4)


def test_served_and_unserved_zones(client, raro):
    dicho, filas = figuras(client, "desatendidas", nivel="zona")
    assert {c: f["paso"] for c, f in filas.items()} == {
        "villa-o-connor": "en_ejecucion", "penon": "sin_demanda", "penon-2": "sin_demanda",
        "la-frontera": "en_poa_sin_ejecutar",
    }  # fmt: skip
    assert dicho["frase"] == "2 de 4 zonas sin ningún proyecto: 150 habitantes"


def test_coverage_and_execution_by_subalcaldia(client, raro):
    assert figuras(client, "cobertura-pdm", nivel="subalcaldia")[1]["nuflo-d-alessandri"]["demandas"] == pytest.approx(
        2.5, abs=0.01
    )
    dicho, filas = figuras(client, "ejecucion-poa", nivel="subalcaldia")
    assert filas["nuflo-d-alessandri"]["vigente"] == pytest.approx(2000.5, abs=0.5)
    assert filas["san-jose"]["vigente"] == pytest.approx(1000, abs=0.5)
    bs = dicho["conservacion_bs"]
    assert (bs["total"], bs["sin_ubicar"], bs["ubicadas"] + bs["fuera"]) == pytest.approx((3010.5, 10, 3000.5))


@pytest.mark.parametrize("pregunta", PREGUNTAS)
@pytest.mark.parametrize("nivel", ["municipio", "subalcaldia", "zona", "comunidad"])
def test_every_page_opens_at_every_level(client, raro, pregunta, nivel):
    assert client.get(f"/mapas/{pregunta}/", {"nivel": nivel}).status_code == 200


def test_the_home_the_search_and_every_unit_have_a_page(client, raro):
    for ruta in (
        "/",
        "/buscar/?q=nandu",
        "/demandas/",
        "/proyectos/",
        *(f"/unidades/{u.pk}/" for u in UnidadTerritorial.objects.all()),
    ):
        assert client.get(ruta).status_code == 200, ruta
    assert "VILLA O&#x27;CONNOR" in client.get("/buscar/?q=o'connor").content.decode()


def test_exports_keep_names_and_shapes(client, raro, tmp_path):
    respuesta = client.get("/exportar/unidades.zip", {"nivel": "zona"})
    (tmp_path / "z.zip").write_bytes(b"".join(respuesta.streaming_content))
    with zipfile.ZipFile(tmp_path / "z.zip") as comprimido:
        assert comprimido.testzip() is None
    zonas = geopandas.read_file(f"/vsizip/{tmp_path}/z.zip/unidades.shp")
    assert sorted(zonas.nombre) == ["LA FRONTERA", "PEÑÓN", "PEÑÓN", "VILLA O'CONNOR"]
    frontera = zonas[zonas.codigo == "la-frontera"].geometry.iloc[0]
    assert frontera.area == pytest.approx(cuadro(2, 2, 2).area, rel=1e-4)
    caserios = json.loads(b"".join(client.get("/exportar/unidades.geojson", {"nivel": "comunidad"}).streaming_content))
    assert {r["properties"]["nombre"]: r["geometry"]["type"] for r in caserios["features"]} == {
        "ÑANCAHUAZÚ": "Point",
        "EL 'CHORRO'": "Point",
    }


def test_verificar_is_green(raro):
    salida = io.StringIO()
    call_command("verificar", stdout=salida)
    assert "Todo coincide." in salida.getvalue()
