"""`importar_demandas` as a person runs it: who asks, where, how much; nothing is written where anything is wrong."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from demandas.models import Demanda
from territorio.localizacion import diferencias, tablas
from tests.archivos import Corrida, contenido, correr, geojson, tabla_csv, xlsx
from tests.mundo import cuadro, linea, punto, unidad, xy

pytestmark = pytest.mark.django_db


def importar(archivo, *opciones, municipio="990101") -> Corrida:
    return correr("importar_demandas", archivo, "--municipio", municipio, *opciones)


@pytest.fixture
def comunidades(muni, oeste, este):
    """Two communities in the west, one of them a point, and a name that stands twice in the east."""
    unidad("comunidad", "001", cuadro(0, 0), municipio=muni, padre=oeste, nombre="Ñuñu Mayu")
    unidad("comunidad", "002", punto(1.5, 1.5), municipio=muni, padre=oeste, nombre="Peñas")
    unidad("comunidad", "003", cuadro(2, 0), municipio=muni, padre=este, nombre="San Pedro")
    unidad("comunidad", "004", cuadro(3, 1), municipio=muni, padre=este, nombre="San Pedro")
    return muni


def una(**campos) -> list[dict]:
    return [{"codigo": "D1", "titulo": "Agua potable", **campos}]


# --- what is read -----------------------------------------------------------------------------------------------------


def test_every_field_of_a_row_is_stored(comunidades, tmp_path):
    fila = {
        "codigo": "D1", "titulo": "Agua potable", "descripcion": "Tanque", "sector": "Saneamiento básico", "unidad": "001",
        "grupo": "Mujeres", "mujeres": "40", "hombres": "35", "puesto_acordado": "2", "puesto_mujeres": "1",
        "costo_estimado": "1.234.567,89", "estado": "validada", "fecha": "22/11/2024",
    }  # fmt: skip
    assert importar(tabla_csv(tmp_path / "d.csv", [fila])).salida == 0
    d = Demanda.objects.get()
    assert (d.codigo, d.titulo, d.descripcion, d.sector.codigo, d.proponente.codigo) == (
        "D1",
        "Agua potable",
        "Tanque",
        "11",
        "001",
    )
    assert (d.grupo, d.beneficiarias_mujeres, d.beneficiarios_hombres, d.beneficiarios) == ("mujeres", 40, 35, 75)
    assert (d.costo_estimado, d.estado, d.fecha) == (Decimal("1234567.89"), "validada", date(2024, 11, 22))
    assert {r.grupo: r.puesto for r in d.rangos.all()} == {"comunidad": 2, "mujeres": 1}
    assert (d.publicada, d.fuente, d.ubicada_por) == (True, "d.csv", "unidad")
    assert set(d.localizaciones.values_list("unidad__codigo", "fraccion")) == {
        ("001", 1.0),
        ("1", 1.0),
        ("990101", 1.0),
    }


@pytest.mark.parametrize(
    ("separador", "codificacion", "opciones"),
    [(",", "utf-8", []), (";", "utf-8-sig", []), (";", "cp1252", ["--codificacion", "cp1252"])],
)
def test_a_csv_of_any_office_loads(comunidades, tmp_path, separador, codificacion, opciones):
    archivo = tabla_csv(tmp_path / "d.csv", una(unidad="ñuñu mayu"), separador=separador, codificacion=codificacion)
    assert importar(archivo, *opciones).salida == 0
    assert Demanda.objects.get().proponente.codigo == "001"


def test_a_csv_in_another_encoding_unstated_is_refused(comunidades, tmp_path):
    corrida = importar(tabla_csv(tmp_path / "d.csv", una(unidad="Ñuñu Mayu"), codificacion="cp1252"))
    assert (corrida.salida, corrida.codigos) == (1, {"sin_codificacion"})
    assert "--codificacion cp1252" in corrida.texto


def test_a_workbook_loads_with_its_numbers_and_dates(comunidades, tmp_path):
    filas = [["codigo", "titulo", "unidad", "costo", "fecha", "mujeres", "lat", "lon"]]
    filas += [
        [7, "Agua", "001", 80330.9, datetime(2024, 3, 1), 12.0, *reversed(xy(1, 1))],
        ["8", "Luz", None, None, None, None, None, None],
    ]
    assert importar(xlsx(tmp_path / "d.xlsx", filas)).salida == 0
    agua = Demanda.objects.get(codigo="7")
    assert (agua.costo_estimado, agua.fecha, agua.beneficiarias_mujeres) == (Decimal("80330.90"), date(2024, 3, 1), 12)
    assert agua.punto.coords == pytest.approx(xy(1, 1))
    assert Demanda.objects.get(codigo="8").costo_estimado is None


def test_a_geojson_brings_points_lines_polygons_and_none(comunidades, tmp_path):
    filas = [
        (punto(1, 1), {"codigo": "p", "titulo": "Posta"}),
        (linea((1, 1), (3, 1)), {"codigo": "l", "titulo": "Camino"}),
        (cuadro(1, 0, 2, 2), {"codigo": "a", "titulo": "Riego"}),
        (None, {"codigo": "n", "titulo": "Capacitación"}),
    ]
    assert importar(geojson(tmp_path / "d.geojson", filas)).salida == 0
    assert {d.codigo: d.ubicada_por for d in Demanda.objects.all()} == {
        "p": "propia",
        "l": "propia",
        "a": "propia",
        "n": "sin_ubicar",
    }
    assert Demanda.objects.get(codigo="l").localizaciones.get(
        unidad__nivel__codigo="distrito", unidad__codigo="1"
    ).fraccion == pytest.approx(0.5)


def test_headers_of_any_name_are_mapped_by_hand(comunidades, tmp_path):
    archivo = tabla_csv(tmp_path / "d.csv", [{"PEDIDO": "Agua", "Barrio/Zona": "Peñas", "Nro.": "9", "Obs": "x"}])
    assert importar(archivo).codigos == {"sin_titulo"}
    corrida = importar(archivo, "--columnas", "PEDIDO=titulo", "Barrio/Zona=unidad", "nro=codigo")
    assert corrida.informe["campos"] == {"PEDIDO": "titulo", "Barrio/Zona": "unidad", "Nro.": "codigo"}
    assert corrida.avisos == {"columnas_sin_usar"}
    assert Demanda.objects.get().proponente.codigo == "002"


def test_words_of_ones_own_are_mapped_to_values(comunidades, tmp_path):
    archivo = tabla_csv(tmp_path / "d.csv", una(sector="AGUITA", grupo="señoras"))
    assert importar(archivo).salida == 1
    assert importar(archivo, "--valores", "sector:AGUITA=11", "grupo:señoras=mujeres").salida == 0
    assert (Demanda.objects.get().sector.codigo, Demanda.objects.get().grupo) == ("11", "mujeres")


# --- the unit that a row names ----------------------------------------------------------------------------------------


def test_a_unit_is_named_by_code_or_by_a_name_that_is_unique_and_the_rest_is_loaded_unlocated_and_counted(
    comunidades, tmp_path
):
    nombres = ["001", "PENAS", "San Pedro", "Atlantis", "", "003"]
    filas = [{"codigo": str(i), "titulo": "Agua", "comunidad": n} for i, n in enumerate(nombres)]
    corrida = importar(tabla_csv(tmp_path / "d.csv", filas), "--nivel", "comunidad")
    assert corrida.salida == 0
    contadas = {k: corrida.cuentas[k] for k in ("con_unidad", "unidad_ambigua", "unidad_desconocida", "sin_unidad")}
    assert contadas == {"con_unidad": 3, "unidad_ambigua": 1, "unidad_desconocida": 1, "sin_unidad": 1}
    assert dict(Demanda.objects.values_list("codigo", "proponente__codigo")) == {
        "0": "001",
        "1": "002",
        "2": None,
        "3": None,
        "4": None,
        "5": "003",
    }
    assert set(Demanda.objects.sin_ubicar().values_list("codigo", flat=True)) == {"2", "3", "4"}
    ambigua = corrida.problemas("unidad_ambigua")[0]
    assert (ambigua["fila"], ambigua["campo"]) == (4, "comunidad")
    assert "003 (Este), 004 (Este)" in ambigua["remedio"]
    assert corrida.problemas("unidad_desconocida")[0]["fila"] == 5


def test_a_code_that_stands_at_two_levels_needs_its_level(comunidades, tmp_path):
    unidad("otb", "001", cuadro(0, 1), municipio=comunidades, nombre="Centro")
    archivo = tabla_csv(tmp_path / "d.csv", una(unidad="001"))
    assert importar(archivo).cuentas["unidad_ambigua"] == 1
    assert importar(archivo, "--nivel", "otb").cuentas["con_unidad"] == 1
    assert Demanda.objects.get().proponente.nivel.codigo == "otb"
    importar(tabla_csv(tmp_path / "e.csv", una(unidad="001", nivel="Comunidad")))
    assert Demanda.objects.get().proponente.nivel.codigo == "comunidad"


def test_a_unit_or_a_row_of_another_municipality_is_refused(comunidades, tmp_path):
    vecino = unidad("municipio", "990102", cuadro(4, 0, 2), nombre="Vecino")
    unidad("comunidad", "9901020007", cuadro(4, 0), municipio=vecino, nombre="Ajena")
    corrida = importar(tabla_csv(tmp_path / "d.csv", una(unidad="9901020007")))
    assert (corrida.salida, corrida.codigos) == (1, {"de_otro_municipio"})
    corrida = importar(tabla_csv(tmp_path / "e.csv", una(municipio="990102")))
    assert "la fila es de «990102»" in corrida.texto
    assert importar(tabla_csv(tmp_path / "f.csv", una(municipio="Municipio de Prueba"))).salida == 0


# --- refusals ---------------------------------------------------------------------------------------------------------

X, Y = (str(c) for c in xy(1, 1))


@pytest.mark.parametrize(
    ("campos", "campo", "dice"),
    [
        ({"titulo": ""}, "titulo", "no tiene título"),
        ({"titulo": "a" * 301}, "titulo", "caben 300"),
        ({"sector": "Saneamento basico"}, "sector", "¿Quiso decir 11?"),
        ({"grupo": "marcianos"}, "grupo", "adultos_mayores"),
        ({"estado": "olvidada"}, "estado", "registrada"),
        ({"costo_estimado": "mucho"}, "costo_estimado", "no es un número"),
        ({"costo_estimado": "1.234"}, "costo_estimado", "puede ser 1234 o 1,234"),
        ({"costo_estimado": "-5"}, "costo_estimado", "negativo"),
        ({"costo_estimado": "10,5555"}, "costo_estimado", "más de dos decimales"),
        ({"mujeres": "2,5"}, "mujeres", "número entero"),
        ({"puesto_acordado": "0"}, "puesto_acordado", "entre 1 y 1000"),
        ({"fecha": "31/02/2024"}, "fecha", "no es una fecha"),
        ({"lat": Y, "lon": ""}, "lat", "falta la latitud o la longitud"),
        ({"lat": X, "lon": Y}, "lat", "cambiadas"),
        ({"lat": "48.85", "lon": "2.35"}, "lat", "fuera de Bolivia"),
        ({"lat": Y, "lon": X, "wkt": f"POINT ({X} {Y})"}, "wkt", "dos lugares"),
        ({"wkt": "POINT (-65"}, "wkt", "no se entiende"),
        ({"wkt": "POINT (1e200 -17)"}, "wkt", "fuera de Bolivia"),
        ({"wkt": "POINT (nan nan)"}, "wkt", "fuera de Bolivia"),
        ({"wkt": "GEOMETRYCOLLECTION (" * 300 + "POINT (-65 -17)" + ")" * 300}, "wkt", "no se admite"),
        ({"unidad": "001", "nivel": "barriada"}, "nivel", "no existe el nivel"),
    ],
)
def test_a_cell_that_cannot_be_refuses_the_file_with_its_row_and_column(comunidades, tmp_path, campos, campo, dice):
    antes = contenido()
    buena = {"codigo": "D0", "titulo": "Luz"} | dict.fromkeys(campos, "")
    buena["titulo"] = "Luz"
    corrida = importar(tabla_csv(tmp_path / "d.csv", [buena, una()[0] | campos]))
    errores = [p for p in corrida.informe["problemas"] if p["gravedad"] == "error"]
    assert corrida.salida == 1
    assert [(p["fila"], p["campo"]) for p in errores] == [(3, campo)]
    assert dice in errores[0]["texto"]
    assert errores[0]["remedio"]
    assert contenido() == antes


def test_all_errors_of_a_file_are_told_at_once(comunidades, tmp_path):
    filas = [
        {"titulo": "A", "sector": "brujería", "costo_estimado": "x"},
        {"titulo": "", "sector": "11", "costo_estimado": "-1"},
    ]
    corrida = importar(tabla_csv(tmp_path / "d.csv", filas))
    assert sorted((p["fila"], p["campo"]) for p in corrida.problemas("valor_invalido")) == [
        (2, "costo_estimado"), (2, "sector"), (3, "costo_estimado"), (3, "titulo"),
    ]  # fmt: skip


def test_a_height_in_the_shape_is_left_out_and_the_row_loads(comunidades, tmp_path):
    assert importar(tabla_csv(tmp_path / "d.csv", una(wkt=f"POINT ZM ({X} {Y} 3600 1)"))).salida == 0
    assert Demanda.objects.get().punto.coords == (float(X), float(Y))


@pytest.mark.parametrize(
    ("opciones", "codigo"),
    [(["--nivel", "barrio"], "nivel_desconocido"), (["--columnas", "nada=titulo"], "columna_desconocida")],
)
def test_an_option_that_cannot_be_is_refused(comunidades, tmp_path, opciones, codigo):
    assert importar(tabla_csv(tmp_path / "d.csv", una()), *opciones).codigos == {codigo}


def test_an_unknown_municipality_is_refused(db, tmp_path):
    assert importar(tabla_csv(tmp_path / "d.csv", una())).codigos == {"municipio_desconocido"}


# --- repetition, change, drafts ---------------------------------------------------------------------------------------


def test_a_simulation_counts_and_writes_nothing(comunidades, tmp_path):
    archivo, antes = tabla_csv(tmp_path / "d.csv", una(unidad="001")), contenido()
    seco = importar(archivo, "--simular")
    assert contenido() == antes
    assert seco.cuentas == importar(archivo).cuentas


@pytest.mark.parametrize("con_codigo", [True, False])
def test_the_same_file_twice_changes_nothing(comunidades, tmp_path, con_codigo):
    filas = [
        {"titulo": "Agua  potable", "unidad": "001", "wkt": "", "costo": "10,5", "puesto_mujeres": "1"},
        {
            "titulo": "Camino",
            "unidad": "San Pedro",
            "wkt": linea((1, 1), (3, 1)).wkt,
            "costo": "",
            "puesto_mujeres": "",
        },
        {"titulo": "Agua  potable", "unidad": "002", "wkt": "", "costo": "", "puesto_mujeres": ""},
    ]
    if con_codigo:
        filas = [{"codigo": f"D{i}", **fila} for i, fila in enumerate(filas)]
    importar(tabla_csv(tmp_path / "d.csv", filas))
    antes = contenido()
    for orden in (filas, filas[::-1]):
        corrida = importar(tabla_csv(tmp_path / "d.csv", orden))
        assert (corrida.cuentas["iguales"], corrida.cuentas["nuevas"], corrida.cuentas["cambiadas"]) == (3, 0, 0)
        assert contenido() == antes


def test_a_changed_row_is_updated_and_placed_anew(comunidades, tmp_path):
    importar(
        tabla_csv(
            tmp_path / "d.csv",
            [*una(unidad="001", puesto_mujeres="1"), {"codigo": "D2", "titulo": "Luz", "unidad": "002"}],
        )
    )
    corrida = importar(
        tabla_csv(
            tmp_path / "d.csv",
            [*una(unidad="003", puesto_mujeres="3"), {"codigo": "D2", "titulo": "Luz", "unidad": "002"}],
        )
    )
    assert (corrida.cuentas["cambiadas"], corrida.cuentas["iguales"]) == (1, 1)
    d = Demanda.objects.get(codigo="D1")
    assert d.localizaciones.get(unidad__nivel__codigo="distrito").unidad.codigo == "2"
    assert [r.puesto for r in d.rangos.all()] == [3]
    assert [x for tabla in tablas() for x in diferencias(tabla)] == []


def test_a_place_that_the_file_no_longer_gives_is_taken_away(comunidades, tmp_path):
    importar(tabla_csv(tmp_path / "d.csv", una(lat=Y, lon=X)))
    importar(tabla_csv(tmp_path / "d.csv", una(lat="", lon="")))
    assert (Demanda.objects.get().punto, Demanda.objects.get().ubicada_por) == (None, "sin_ubicar")


def test_a_code_that_stands_twice_in_a_file_is_two_demands_and_is_said(comunidades, tmp_path):
    archivo = tabla_csv(tmp_path / "d.csv", [*una(), {"codigo": "D1", "titulo": "Luz"}])
    corrida = importar(archivo)
    assert corrida.problemas("codigo_repetido")[0]["fila"] == 3
    assert set(Demanda.objects.values_list("codigo", "titulo")) == {("D1", "Agua potable"), ("D1 (2)", "Luz")}
    assert importar(archivo).cuentas["iguales"] == 2


def test_a_draft_is_published_by_loading_it_again_without_that_word(comunidades, tmp_path):
    archivo = tabla_csv(tmp_path / "d.csv", una())
    importar(archivo, "--borrador")
    assert not Demanda.objects.get().publicada
    corrida = importar(archivo)
    assert Demanda.objects.get().publicada
    assert corrida.cuentas["cambiadas"] == 1
    importar(archivo, "--borrador")
    assert Demanda.objects.get().publicada  # what the public has seen is not taken back by a load


def test_one_code_in_two_municipalities_is_two_demands(comunidades, tmp_path):
    unidad("municipio", "990102", cuadro(4, 0, 2), nombre="Vecino")
    archivo = tabla_csv(tmp_path / "d.csv", una())
    assert [importar(archivo).salida, importar(archivo, municipio="990102").salida] == [0, 0]
    assert Demanda.objects.count() == 2


def test_a_failure_in_the_middle_leaves_nothing(comunidades, tmp_path, monkeypatch):
    from demandas.services import importacion

    def fallar(_demandas):
        raise RuntimeError("se cortó la luz")

    antes = contenido()
    monkeypatch.setattr(importacion, "localizar", fallar)
    with pytest.raises(RuntimeError):
        importar(tabla_csv(tmp_path / "d.csv", una()))
    assert contenido() == antes


def test_what_a_file_says_of_the_way_is_written_with_its_reason(comunidades, tmp_path):
    filas = [
        {"codigo": "D1", "titulo": "Agua", "estado": "devuelta", "motivo": "Falta el lugar."},
        {"codigo": "D2", "titulo": "Riego", "estado": "rechazada", "motivo": ""},
        {"codigo": "D3", "titulo": "Luz", "estado": "registrada", "motivo": ""},
    ]
    corrida = importar(tabla_csv(tmp_path / "a.csv", filas))
    assert "no dice por qué" in corrida.texto
    assert Demanda.objects.get(codigo="D1").pasos.get().motivo == "Falta el lugar."
    assert Demanda.objects.get(codigo="D2").pasos.get().motivo
    assert not Demanda.objects.get(codigo="D3").pasos.exists()
    importar(tabla_csv(tmp_path / "b.csv", [{"codigo": "D1", "titulo": "Agua", "estado": "validada"}]))
    assert list(Demanda.objects.get(codigo="D1").pasos.values_list("desde", "hacia")) == [("", "devuelta")]
