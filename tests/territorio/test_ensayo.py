"""The dry run: what it says of each row before anything is written, and that saying so changes nothing."""

import json
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.core.management import CommandError, call_command
from shapely.geometry import shape

from territorio.importacion.lector import Opciones
from territorio.importacion.limites import SIN_CAMPO, Pedido, Plan, planear
from territorio.models import UnidadTerritorial
from tests import mundo
from tests.archivos import contenido, correr, geojson, shapefile
from tests.mundo import cuadro, punto, unidad, xy

pytestmark = pytest.mark.django_db
DIA = date(2025, 3, 1)


def ensayar(archivo: Path, *, nivel: str = "distrito", **opciones) -> Plan:
    return planear(
        Pedido(archivo=archivo, nivel=nivel, municipio="990101", vigente_desde=DIA, **opciones), simulado=True
    )


def dudas(plan: Plan, numero: int) -> set[str]:
    return {d["codigo"] for d in plan.informe.filas[numero - 1]["dudas"]}


def fila(plan: Plan, numero: int) -> dict:
    return plan.informe.filas[numero - 1]


# --- which row is which unit ------------------------------------------------------------------------------------------


def test_each_row_says_its_unit_and_what_would_change_in_it(muni, oeste, este, tmp_path):
    plan = ensayar(
        geojson(
            tmp_path / "a.geojson",
            [
                (cuadro(0, 0, 1, 2), {"codigo": "1", "nombre": "Poniente"}),
                (cuadro(2, 0, 2), {"codigo": "2", "nombre": "Este"}),
                (cuadro(1, 0, 1, 2), {"codigo": "3", "nombre": "Centro"}),
            ],
        )
    )
    assert [(f["estado"], f["unidad"]) for f in plan.informe.filas] == [
        ("cambiada", oeste.pk),
        ("igual", este.pk),
        ("nueva", None),
    ]
    cambios = fila(plan, 1)["cambios"]
    assert cambios["nombre"] == ["Oeste", "Poniente"]
    antes, despues = cambios["limite"]
    assert despues["m2"] == pytest.approx(antes["m2"] / 2, rel=1e-4)
    assert despues["diferencia_m2"] == pytest.approx(antes["m2"] / 2, rel=1e-4)
    assert [f.numero for f in plan.filas] == [1, 3]


def test_a_new_code_on_the_name_and_ground_of_a_unit_is_that_unit(muni, oeste, tmp_path):
    archivo = geojson(tmp_path / "a.geojson", [(cuadro(0, 0, 2), {"codigo": "D-01", "nombre": "OESTE"})])
    plan = ensayar(archivo)
    assert (fila(plan, 1)["unidad"], fila(plan, 1)["cambios"]["codigo"]) == (oeste.pk, ["1", "D-01"])
    assert "codigo_cambiado" in dudas(plan, 1)
    assert "emparejadas_con_duda" in {p.codigo for p in plan.informe.problemas}


def test_a_new_code_on_another_ground_is_another_unit_of_the_same_name(muni, oeste, tmp_path):
    plan = ensayar(geojson(tmp_path / "a.geojson", [(cuadro(3, 0), {"codigo": "9", "nombre": "Oeste"})]))
    assert (fila(plan, 1)["estado"], fila(plan, 1)["unidad"]) == ("nueva", None)
    assert "mismo_nombre" in dudas(plan, 1)


def test_without_codes_another_name_on_the_same_ground_is_a_renaming(muni, oeste, este, tmp_path):
    archivo = geojson(
        tmp_path / "a.geojson", [(cuadro(0, 0, 2), {"nombre": "Villa Nueva"}), (cuadro(2, 0, 2), {"nombre": "Este"})]
    )
    plan = ensayar(archivo)
    assert (fila(plan, 1)["unidad"], fila(plan, 1)["estado"]) == (oeste.pk, "cambiada")
    assert fila(plan, 1)["cambios"] == {"nombre": ["Oeste", "Villa Nueva"]}
    assert dudas(plan, 1) == {"renombrada"}
    assert plan.informe.faltan == []


def test_with_codes_another_name_and_code_on_the_same_ground_is_only_said(muni, oeste, tmp_path):
    plan = ensayar(geojson(tmp_path / "a.geojson", [(cuadro(0, 0, 2), {"codigo": "7", "nombre": "Villa Nueva"})]))
    assert fila(plan, 1)["estado"] == "nueva"
    assert {"mismo_lugar", "superpuesta"} <= dudas(plan, 1)
    assert plan.informe.faltan == [{"id": oeste.pk, "codigo": "1", "nombre": "Oeste"}]


def test_a_unit_found_far_from_where_it_is_stored_is_doubted(muni, oeste, tmp_path):
    plan = ensayar(geojson(tmp_path / "a.geojson", [(cuadro(3, 0), {"nombre": "Oeste"})]))
    assert fila(plan, 1)["unidad"] == oeste.pk
    assert "lejos" in dudas(plan, 1)
    cerca = ensayar(geojson(tmp_path / "b.geojson", [(cuadro(0.1, 0, 2), {"nombre": "Oeste"})]))
    assert "lejos" not in dudas(cerca, 1)


def test_a_border_that_differs_by_less_than_a_centimetre_is_the_same(muni, oeste, tmp_path):
    archivo = geojson(tmp_path / "a.geojson", [(cuadro(0, 0, 2 + 5e-6), {"codigo": "1", "nombre": "Oeste"})])
    assert fila(ensayar(archivo), 1)["estado"] == "igual"
    archivo = geojson(tmp_path / "a.geojson", [(cuadro(0, 0, 2 + 5e-5), {"codigo": "1", "nombre": "Oeste"})])
    assert fila(ensayar(archivo), 1)["estado"] == "cambiada"


def test_a_round_trip_through_metres_changes_nothing(muni, oeste, este, tmp_path):
    filas = [(u.limites.get().geom, {"codigo": u.codigo, "nombre": u.nombre}) for u in (oeste, este)]
    plan = ensayar(shapefile(tmp_path / "a.zip", filas, crs="EPSG:32720"))
    assert {f["estado"] for f in plan.informe.filas} == {"igual"}


def test_the_code_of_a_unit_that_ended_is_refused(muni, oeste, tmp_path):
    UnidadTerritorial.objects.filter(pk=oeste.pk).update(vigencia=(None, date(2024, 1, 1)))
    plan = ensayar(geojson(tmp_path / "a.geojson", [(cuadro(0, 0, 2), {"codigo": "1", "nombre": "Oeste"})]))
    assert (fila(plan, 1)["estado"], dudas(plan, 1)) == ("con_error", {"unidad_sin_vigencia"})
    assert "01/01/2024" in plan.informe.texto()


# --- rows left out ----------------------------------------------------------------------------------------------------

CON_ERROR = [
    (cuadro(0, 0, 2), {"codigo": "1", "nombre": "Oeste"}),
    (None, {"codigo": "2", "nombre": "Este"}),
    (cuadro(2, 0, 1), {"codigo": "1", "nombre": "Otra vez"}),
]


def test_rows_with_errors_are_told_apart_from_those_that_would_load(muni, tmp_path):
    archivo = geojson(tmp_path / "a.geojson", CON_ERROR)
    plan = ensayar(archivo)
    assert [f["estado"] for f in plan.informe.filas] == ["nueva", "con_error", "con_error"]
    assert (plan.informe.aceptable, plan.huella) == (False, "")
    sin_ellas = ensayar(archivo, omitidas=frozenset({2, 3}))
    assert [f["estado"] for f in sin_ellas.informe.filas] == ["nueva", "omitida", "omitida"]
    assert (sin_ellas.informe.aceptable, [f.numero for f in sin_ellas.filas]) == (True, [1])


def test_leaving_out_the_first_of_two_equal_codes_lets_the_second_load(muni, tmp_path):
    plan = ensayar(geojson(tmp_path / "a.geojson", CON_ERROR), omitidas=frozenset({1, 2}))
    assert (plan.informe.aceptable, [f.numero for f in plan.filas]) == (True, [3])


def test_a_row_left_out_keeps_its_unit_as_it_is_and_is_not_missing(muni, oeste, este, tmp_path):
    archivo = geojson(
        tmp_path / "a.geojson",
        [
            (cuadro(0, 0, 3, 2), {"codigo": "1", "nombre": "Oeste"}),
            (cuadro(3, 0, 1, 2), {"codigo": "2", "nombre": "Este"}),
        ],
    )
    plan = ensayar(archivo, omitidas=frozenset({2}))
    assert plan.informe.faltan == []
    # Row 1 would now lie on the limit that Este keeps.
    assert "superpuesta" in dudas(plan, 1)
    assert "superpuesta" not in dudas(ensayar(archivo), 1)


def test_the_command_leaves_rows_out_by_number_and_range(muni, tmp_path):
    archivo = geojson(tmp_path / "a.geojson", CON_ERROR)
    opciones = ("--nivel", "distrito", "--municipio", "990101")
    assert correr("importar_limites", archivo, *opciones, "--omitir", "2-3").salida == 0
    assert UnidadTerritorial.objects.filter(nivel__codigo="distrito").count() == 1
    assert "omitidas_sin_fila" in correr("importar_limites", archivo, *opciones, "--omitir", "2,3,9").avisos
    with pytest.raises(CommandError, match="no es un número de fila"):
        call_command("importar_limites", str(archivo), *opciones, "--omitir", "dos")


# --- containment ------------------------------------------------------------------------------------------------------


def test_what_leaves_its_parent_is_doubted_beyond_the_tolerance(muni, oeste, tmp_path):
    archivo = geojson(tmp_path / "a.geojson", [(cuadro(1, 0, 1.25, 1), {"nombre": "Cota"})])
    plan = ensayar(archivo, nivel="comunidad")
    assert fila(plan, 1)["padre"] == "Oeste"
    assert fila(plan, 1)["dentro_pct"] == pytest.approx(80, abs=0.01)
    assert dudas(plan, 1) == {"fuera_del_padre"}
    assert plan.hallazgos.fuera[0][2] == pytest.approx(0.2 * fila(plan, 1)["m2"], rel=1e-3)
    assert dudas(ensayar(archivo, nivel="comunidad", tolerancia=20.1), 1) == set()


def test_what_lies_outside_the_municipality_is_said_row_by_row(muni, tmp_path):
    filas = [
        (cuadro(9, 9), {"nombre": "Lejos"}),
        (punto(9, 1), {"nombre": "Un punto"}),
        (punto(1, 1), {"nombre": "Bien"}),
    ]
    plan = ensayar(geojson(tmp_path / "a.geojson", filas), nivel="comunidad")
    assert [("del_todo_fuera" in dudas(plan, n)) for n in (1, 2, 3)] == [True, True, False]
    assert [fila(plan, n)["dentro_pct"] for n in (1, 2, 3)] == [0, 0, 100]


# --- what may be chosen -----------------------------------------------------------------------------------------------


def test_fields_are_suggested_by_what_is_in_them(muni, oeste, este, tmp_path):
    filas = [
        (cuadro(0.2 * n, 0, 0.2), {
            "fid": n, "clave_x": f"K{n:03}", "etiqueta": f"Villa número {n}", "zona": ("Oeste", "Este")[n % 2],
            "gente": 100 + 37 * n * n, "clase": ("rural", "urbana")[n % 2],
        })
        for n in range(8)
    ]  # fmt: skip
    plan = ensayar(geojson(tmp_path / "a.geojson", filas), nivel="comunidad")
    assert {p.codigo for p in plan.informe.problemas} == {"sin_campos"}
    primeros = {d: [s["campo"] for s in lista][:1] for d, lista in plan.informe.sugerencias["campos"].items()}
    assert primeros == {
        "codigo": ["clave_x"],
        "nombre": ["etiqueta"],
        "padre": ["zona"],
        "poblacion": ["gente"],
        "categoria": ["clase"],
    }
    assert "--nombre podría ser «etiqueta»" in plan.informe.texto()
    assert plan.informe.sugerencias["campos"]["nombre"][0]["muestras"][0] == "Villa número 0"


def test_known_names_tell_the_field_whatever_it_is_called(muni, oeste, este, tmp_path):
    filas = [(cuadro(0, 0, 2), {"a": "OESTE", "b": "palabra"}), (cuadro(2, 0, 2), {"a": "este", "b": "otra"})]
    sugeridos = ensayar(geojson(tmp_path / "a.geojson", filas)).informe.sugerencias["campos"]["nombre"]
    assert [s["campo"] for s in sugeridos] == ["a", "b"]
    assert "2 de sus valores son nombres de unidades ya cargadas" in sugeridos[0]["motivo"]


def test_a_destination_may_be_left_without_a_field(muni, tmp_path):
    archivo = geojson(tmp_path / "a.geojson", [(cuadro(0, 0), {"codigo": "1", "nombre": "A", "poblacion": "?"})])
    assert not ensayar(archivo).informe.aceptable
    plan = ensayar(archivo, campo_poblacion=SIN_CAMPO)
    assert (plan.informe.aceptable, plan.informe.campos) == (True, {"codigo": "codigo", "nombre": "nombre"})
    opciones = ("--nivel", "distrito", "--municipio", "990101", "--poblacion", "-")
    assert correr("importar_limites", archivo, *opciones).salida == 0


def test_systems_are_offered_whether_the_file_says_its_own_or_not(muni, tmp_path):
    filas = [(cuadro(0, 0, 2), {"codigo": "1", "nombre": "Ñuñu"})]
    dicho = ensayar(shapefile(tmp_path / "a.zip", filas, crs="EPSG:32720")).informe.sugerencias
    assert dicho["crs"][0]["elegido"]
    assert dicho["crs"][0]["crs"] == "EPSG:32720"
    assert dicho["crs"][0]["centro"] == pytest.approx(mundo.xy(1, 1), abs=1e-4)
    assert {"EPSG:24880", "EPSG:5355"} <= {c["crs"] for c in dicho["crs"]}
    assert dicho["codificacion"][0]["muestras"] == ["Ñuñu"]
    assert dicho["capas"] == ["capa"]


# --- the request and the plan -----------------------------------------------------------------------------------------


def test_a_request_survives_json(tmp_path):
    pedido = Pedido(
        archivo=tmp_path / "a.zip", nivel="otb", municipio="020101", campo_nombre="NOM", campo_poblacion=SIN_CAMPO,
        lectura=Opciones(crs="EPSG:24879", invertir_ejes=True), vigente_desde=DIA, tolerancia=2.5,
        omitidas=frozenset({3, 17}), archivo_nombre="OTB de La Paz.zip",
    )  # fmt: skip
    datos = json.loads(json.dumps(pedido.como_dict()))
    assert Pedido.de_dict(datos, pedido.archivo) == pedido
    assert Pedido.de_dict({"nivel": "otb"}, pedido.archivo) == Pedido(archivo=pedido.archivo, nivel="otb")


def test_the_seal_is_of_what_would_be_written(muni, tmp_path):
    archivo = geojson(tmp_path / "a.geojson", [(cuadro(0, 0), {"codigo": "1", "nombre": "A"})])
    pedido = Pedido(archivo=archivo, nivel="distrito", municipio="990101", vigente_desde=DIA)
    huella = planear(pedido).huella
    assert len(huella) == 64
    assert planear(replace(pedido, tolerancia=50)).huella == huella
    for otro in ({"norma": "Ley 1"}, {"vigente_desde": date(2025, 3, 2)}, {"omitidas": frozenset({1})}):
        assert planear(replace(pedido, **otro)).huella != huella
    unidad("distrito", "1", cuadro(0, 0, 2), municipio=muni)  # the territory changed meanwhile
    assert planear(pedido).huella != huella


def test_the_report_and_its_map_are_json_and_write_nothing(muni, oeste, este, tmp_path):
    filas = [
        (cuadro(0, 0, 1.5, 2), {"codigo": "1", "nombre": "Oeste"}),
        (cuadro(1.4, 0, 1), {"codigo": "3", "nombre": "Monte"}),
        (cuadro(3.5, 0, 1), {"codigo": "4", "nombre": "Salida"}),
    ]
    antes, pasos = contenido(), []
    archivo = geojson(tmp_path / "a.geojson", filas)
    plan = planear(
        Pedido(archivo=archivo, nivel="distrito", municipio="990101"), avance=lambda paso, n: pasos.append((n, paso))
    )
    assert contenido() == antes
    assert [n for n, _ in pasos] == sorted(n for n, _ in pasos)
    assert pasos[-1][0] == 100
    json.dumps(plan.informe.como_dict(), allow_nan=False)
    mapa = json.loads(json.dumps(plan.dibujar(), allow_nan=False))
    assert {f["properties"]["numero"] for f in mapa["filas"]["features"]} == {1, 2, 3}
    assert [f["properties"]["numero"] for f in mapa["antes"]["features"]] == [1]
    assert [f["properties"]["nombre"] for f in mapa["faltan"]["features"]] == ["Este"]
    pares = {(f["properties"]["numero"], f["properties"]["otra"]) for f in mapa["superposiciones"]["features"]}
    assert pares == {(1, "Monte"), (2, "Este"), (3, "Este")}
    assert [f["properties"]["numero"] for f in mapa["fuera"]["features"]] == [3]
    assert mapa["candidatos"]["features"] == []


def test_the_map_shows_the_ground_that_a_repair_changed_else_where_it_was_wrong(muni, tmp_path):
    dos = MultiPolygon(cuadro(0, 0, 2)[0], cuadro(1, 1, 2)[0])
    monio = MultiPolygon(Polygon([xy(5, 5), xy(6, 6), xy(6, 5), xy(5, 6), xy(5, 5)]))
    filas = [(dos, {"codigo": "1", "nombre": "Dos"}), (monio, {"codigo": "2", "nombre": "Moño"})]
    mapa = ensayar(geojson(tmp_path / "a.geojson", filas)).dibujar()
    suelo, punto_malo = (shape(f["geometry"]) for f in mapa["reparadas"]["features"])
    assert suelo.bounds == pytest.approx([*xy(1, 1), *xy(2, 2)])
    assert punto_malo.coords[0] == pytest.approx(xy(5.5, 5.5))


def test_without_a_system_the_map_shows_where_each_would_place_the_file(muni, tmp_path):
    entero = shapefile(tmp_path / "a.zip", [(cuadro(0, 0, 2), {"codigo": "1", "nombre": "A"})], crs="EPSG:32720")
    with zipfile.ZipFile(entero) as z, zipfile.ZipFile(tmp_path / "b.zip", "w") as sin:
        for parte in z.namelist():
            if not parte.endswith(".prj"):
                sin.writestr(parte, z.read(parte))
    plan = ensayar(tmp_path / "b.zip")
    cajas = {f["properties"]["crs"]: f["geometry"] for f in plan.dibujar()["candidatos"]["features"]}
    assert {"EPSG:32720", "EPSG:24880"} <= set(cajas)
    assert (plan.informe.filas, plan.dibujar()["filas"]["features"]) == ([], [])


def test_a_code_that_changed_is_written_and_the_second_time_nothing_is(muni, oeste, tmp_path):
    archivo = geojson(tmp_path / "a.geojson", [(cuadro(0, 0, 2), {"codigo": "D-01", "nombre": "Oeste"})])
    opciones = ("--nivel", "distrito", "--municipio", "990101")
    assert correr("importar_limites", archivo, *opciones).cuentas["cambiadas"] == 1
    oeste.refresh_from_db()
    assert oeste.codigo == "D-01"
    assert correr("importar_limites", archivo, *opciones).cuentas["iguales"] == 1
