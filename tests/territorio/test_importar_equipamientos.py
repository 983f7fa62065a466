"""Services from tables and geographic files: codes, kinds, states, places, and what a second load does."""

import pytest

from territorio.models import Equipamiento
from tests.archivos import correr, geojson, tabla_csv, xlsx
from tests.mundo import cuadro, punto, unidad, xy

pytestmark = pytest.mark.django_db
SALUD = ("--sector", "20", "--tipo", "puesto de salud")


@pytest.fixture
def importar(tmp_path, muni, oeste):
    unidad("comunidad", "c", cuadro(0, 0), municipio=muni, nombre="Cota")

    def uno(filas, *opciones):
        archivo = filas if not isinstance(filas, list) else tabla_csv(tmp_path / "e.csv", filas)
        return correr("importar_equipamientos", archivo, "--municipio", "990101", *opciones)

    return uno


def en(x: float, y: float) -> dict:
    lon, lat = xy(x, y)
    return {"lat": lat, "lon": lon}


def test_a_table_with_everything_said(importar, muni):
    fila = {"codigo": "S1", "nombre": "Posta Cota", "sector": "Gestión de salud", "tipo": "Puesto de salud"}
    corrida = importar([fila | {"comunidad": "Cota", "estado": "En funcionamiento", **en(0.5, 0.5)}])
    assert corrida.salida == 0, corrida.texto
    e = Equipamiento.objects.get()
    assert (e.codigo, e.sector.codigo, e.tipo, e.unidad.nombre, e.estado) == (
        "S1",
        "20",
        "Puesto de salud",
        "Cota",
        "funciona",
    )
    assert (e.ubicada_por, e.localizaciones.filter(nivel__codigo="distrito").count()) == ("propia", 1)
    assert corrida.informe["listas"]["estados"] == ["«En funcionamiento» → funciona: 1"]


@pytest.mark.parametrize(
    ("palabra", "estado"),
    [("Clausurado", "cerrado"), ("a medias", "en_parte"), ("EN OBRA", "en_construccion"), ("", "desconocido"),
     ("Seco", "cerrado")],
)  # fmt: skip
def test_words_for_a_state(importar, palabra, estado):
    corrida = importar([{"nombre": "Pila", "estado": palabra}], *SALUD, "--valores", "estado:Seco=cerrado")
    assert corrida.salida == 0, corrida.texto
    assert Equipamiento.objects.get().estado == estado
    assert ("sin_estado" in corrida.avisos) == (estado == "desconocido")


def test_a_word_that_is_no_state_is_refused(importar):
    assert importar([{"nombre": "Pila", "estado": "violeta"}], *SALUD).codigos == {"valor_invalido"}
    assert not Equipamiento.objects.exists()


@pytest.mark.parametrize(
    ("filas", "opciones", "problema"),
    [
        ([{"nombre": "x"}], ("--tipo", "escuela"), "sin_sector"),
        ([{"nombre": "x"}], ("--sector", "21"), "sin_tipo"),
        ([{"nombre": "x"}], ("--sector", "no existe", "--tipo", "y"), "valor_invalido"),
        ([{"sin": "x"}], SALUD, "sin_nombre"),
        ([{"nombre": ""  , "codigo": "1"}], SALUD, "valor_invalido"),
        ([{"nombre": "x", "lat": -17, "lon": ""}], SALUD, "valor_invalido"),
    ],
)  # fmt: skip
def test_what_is_not_said_is_not_guessed(importar, filas, opciones, problema):
    corrida = importar(filas, *opciones)
    assert (corrida.salida, corrida.codigos) == (1, {problema})
    assert not Equipamiento.objects.exists()


def test_without_code_the_same_service_is_found_again_though_it_moved_or_closed(importar):
    fila = {"nombre": "Posta", "comunidad": "Cota", "estado": "funciona", **en(0.5, 0.5)}
    assert importar([fila], *SALUD).cuentas["nuevas"] == 1
    assert importar([fila], *SALUD).cuentas["iguales"] == 1
    corrida = importar([fila | en(0.7, 0.7) | {"estado": "cerrado"}], *SALUD)
    assert corrida.cuentas["cambiadas"] == 1
    assert Equipamiento.objects.get().estado == "cerrado"


def test_services_alike_but_for_their_place_are_as_many_in_any_order(importar):
    filas = [{"nombre": "Pila pública", "estado": "funciona", **en(x, 0.5)} for x in (0.2, 0.4, 0.6)]
    assert importar(filas, *SALUD).cuentas["nuevas"] == 3
    assert importar(filas[::-1], *SALUD).cuentas["iguales"] == 3


def test_what_the_file_leaves_out_is_kept_and_named(importar):
    importar([{"codigo": c, "nombre": f"Posta {c}", "estado": "funciona"} for c in "ab"], *SALUD)
    corrida = importar([{"codigo": "a", "nombre": "Posta a", "estado": "funciona"}], *SALUD)
    assert corrida.informe["listas"]["faltan_en_el_archivo"] == ["Posta b (b)"]
    assert Equipamiento.objects.count() == 2


def test_a_kind_has_one_spelling(importar):
    importar(
        [{"nombre": n, "tipo": t} for n, t in (("a", "Puesto de Salud"), ("b", "puesto de salud"))], "--sector", "20"
    )
    assert set(Equipamiento.objects.values_list("tipo", flat=True)) == {"Puesto de Salud"}


def test_places_outside_and_missing_places_are_named(importar):
    corrida = importar([{"nombre": "lejos", **en(9, 9)}, {"nombre": "perdida", "lat": "", "lon": ""}], *SALUD)
    listas = corrida.informe["listas"]
    assert (listas["fuera_del_municipio"], listas["sin_lugar"]) == (["fila 2: lejos"], ["fila 3: perdida"])
    assert corrida.cuentas["fuera_del_municipio"] == 1


def test_geographic_files_and_workbooks(importar, tmp_path):
    puntos = geojson(tmp_path / "e.geojson", [(punto(1, 1), {"nombre": "a", "estado": "abierto"})])
    assert importar(puntos, *SALUD).salida == 0
    libro = xlsx(tmp_path / "e.xlsx", [["nombre", "estado", "latitud", "longitud"], ["b", "cerrada", *xy(1, 1)[::-1]]])
    assert importar(libro, *SALUD).salida == 0
    assert {e.nombre: (e.estado, e.punto is not None) for e in Equipamiento.objects.all()} == {
        "a": ("funciona", True),
        "b": ("cerrado", True),
    }


def test_a_dry_run_writes_nothing(importar):
    assert importar([{"nombre": "a"}], *SALUD, "--simular").cuentas["nuevas"] == 1
    assert not Equipamiento.objects.exists()
