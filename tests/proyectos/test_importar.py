"""`importar_proyectos` as a person runs it: projects, their years, what they answer and whom they serve."""

from datetime import date
from decimal import Decimal

import pytest

from demandas.models import Demanda
from proyectos.models import PDM, POA, Operacion, Proyecto, Respuesta
from territorio.localizacion import diferencias, tablas
from tests.archivos import Corrida, contenido, correr, geojson, tabla_csv, xlsx
from tests.mundo import cuadro, linea, unidad, xy

pytestmark = pytest.mark.django_db


def importar(archivo, *opciones, municipio="990101") -> Corrida:
    return correr("importar_proyectos", archivo, "--municipio", municipio, *opciones)


@pytest.fixture
def mundo_(muni, oeste, este):
    unidad("comunidad", "001", cuadro(0, 0), municipio=muni, padre=oeste, nombre="Cota")
    unidad("comunidad", "002", cuadro(2, 0), municipio=muni, padre=este, nombre="Peñas")
    for codigo in ("D1", "D2"):
        Demanda.objects.create(municipio=muni, codigo=codigo, titulo=f"Demanda {codigo}")
    return muni


def uno(**campos) -> dict:
    return {"codigo": "P1", "nombre": "Sistema de agua", **campos}


# --- what is read -----------------------------------------------------------------------------------------------------


def test_every_field_of_a_row_is_stored(mundo_, tmp_path):
    fila = uno(
        descripcion="Dos tanques", sector="11", unidad="001", beneficiarias="comunidad:001;comunidad:002", demandas="D1; D2",
        pdm="2021-2025", gestion="2024", costo_total="1.000,50", presupuesto_inicial="900", presupuesto_vigente="1000,50",
        devengado="250,25", fisico_programado="50", fisico_alcanzado="40,5", estado="En ejecución", inicio="2024-02-01",
        fin="31/12/2024", sisin="0906-00012-00000", cuce="24-1201-00-1-1-1",
    )  # fmt: skip
    corrida = importar(tabla_csv(tmp_path / "p.csv", [fila]))
    assert (corrida.salida, corrida.avisos) == (0, {"pdm_creado", "poa_creado"})
    p = Proyecto.objects.get()
    assert (p.codigo, p.nombre, p.descripcion, p.sector.codigo, p.unidad.codigo) == (
        "P1",
        "Sistema de agua",
        "Dos tanques",
        "11",
        "001",
    )
    assert (p.costo_total, p.estado, p.inicio, p.fin) == (
        Decimal("1000.50"),
        "en_ejecucion",
        date(2024, 2, 1),
        date(2024, 12, 31),
    )
    assert (p.sisin, p.cuce, p.publicado, p.ubicada_por) == ("0906-00012-00000", "24-1201-00-1-1-1", True, "unidad")
    assert set(p.beneficiarias.values_list("codigo", flat=True)) == {"001", "002"}
    assert set(p.demandas.values_list("codigo", flat=True)) == {"D1", "D2"}
    assert (p.pdm.periodo, p.pdm.estado) == ("2021-2025", "publicado")
    o = p.operaciones.get()
    assert (o.poa.gestion, o.poa.estado) == (2024, "en_ejecucion")
    montos = (o.presupuesto_inicial, o.presupuesto_vigente, o.devengado, o.fisico_programado, o.fisico_alcanzado)
    assert montos == (900, Decimal("1000.50"), Decimal("250.25"), 50, Decimal("40.50"))


def test_rows_of_one_project_in_two_years_are_one_project_with_two_operations(mundo_, tmp_path):
    filas = [
        uno(gestion="2023", presupuesto_vigente="10", devengado="10"),
        uno(gestion="2024", presupuesto_vigente="20", devengado="5"),
    ]
    corrida = importar(tabla_csv(tmp_path / "p.csv", filas))
    assert (corrida.cuentas["proyectos"], corrida.cuentas["operaciones"], corrida.cuentas["nuevas"]) == (1, 2, 1)
    assert list(
        Operacion.objects.order_by("poa__gestion").values_list("poa__gestion", "presupuesto_vigente", "devengado")
    ) == [
        (2023, 10, 10),
        (2024, 20, 5),
    ]


def test_a_year_that_comes_in_a_later_file_is_added_and_the_earlier_stays(mundo_, tmp_path):
    importar(tabla_csv(tmp_path / "a.csv", [uno(gestion="2023", presupuesto_vigente="10")]))
    importar(tabla_csv(tmp_path / "b.csv", [uno(gestion="2024", presupuesto_vigente="20")]))
    assert set(Operacion.objects.values_list("poa__gestion", "presupuesto_vigente")) == {(2023, 10), (2024, 20)}


def test_rows_of_one_code_that_tell_of_different_projects_are_refused(mundo_, tmp_path):
    antes = contenido()
    filas = [uno(gestion="2023"), {"codigo": "P1", "nombre": "Otro", "gestion": "2024"}]
    corrida = importar(tabla_csv(tmp_path / "p.csv", filas))
    assert (corrida.salida, corrida.codigos) == (1, {"proyecto_contradictorio"})
    assert corrida.problemas("proyecto_contradictorio")[0]["fila"] == 3
    assert contenido() == antes


@pytest.mark.parametrize(
    ("campo", "uno_", "otro"),
    [
        ("demandas", "D1", "D2"),
        ("beneficiarias", "comunidad:001", "comunidad:002"),
        ("pdm", "2021-2025", ""),
        ("estado", "en ejecución", "concluido"),
    ],
)
def test_what_a_later_years_row_adds_to_a_project_is_not_lost_in_silence(mundo_, tmp_path, campo, uno_, otro):
    filas = [uno(gestion="2023", **{campo: uno_}), uno(gestion="2024", **{campo: otro})]
    corrida = importar(tabla_csv(tmp_path / "p.csv", filas))
    assert any(p["fila"] == 3 for p in corrida.informe["problemas"])


def test_a_code_that_stands_twice_in_one_year_is_two_projects_and_is_said(mundo_, tmp_path):
    archivo = tabla_csv(
        tmp_path / "p.csv", [uno(gestion="2023"), {"codigo": "P1", "nombre": "Otro", "gestion": "2023"}]
    )
    corrida = importar(archivo)
    assert corrida.problemas("codigo_repetido")[0]["fila"] == 3
    assert set(Proyecto.objects.values_list("codigo", "nombre")) == {("P1", "Sistema de agua"), ("P1 (2)", "Otro")}
    assert importar(archivo).cuentas["iguales"] == 2


def test_money_without_a_year_is_refused_and_not_dropped(mundo_, tmp_path):
    corrida = importar(tabla_csv(tmp_path / "p.csv", [uno(presupuesto_vigente="1000", devengado="10")]))
    assert corrida.salida == 1
    assert "gestión" in corrida.problemas("valor_invalido")[0]["texto"]


def test_an_amount_in_force_that_is_missing_is_the_initial_one_and_the_other_way_round(mundo_, tmp_path):
    filas = [
        uno(gestion="2023", presupuesto_inicial="10", presupuesto_vigente=""),
        uno(gestion="2024", presupuesto_inicial="", presupuesto_vigente="20"),
    ]
    importar(tabla_csv(tmp_path / "p.csv", filas))
    assert set(Operacion.objects.values_list("presupuesto_inicial", "presupuesto_vigente")) == {(10, 10), (20, 20)}


def test_one_demand_has_many_answers_and_one_project_answers_many(mundo_, tmp_path):
    importar(
        tabla_csv(tmp_path / "p.csv", [uno(demandas="D1;D2"), {"codigo": "P2", "nombre": "Fase II", "demandas": "D1"}])
    )
    assert set(Respuesta.objects.values_list("proyecto__codigo", "demanda__codigo")) == {
        ("P1", "D1"),
        ("P1", "D2"),
        ("P2", "D1"),
    }


def test_lines_polygons_and_workbooks_load(mundo_, tmp_path):
    importar(
        geojson(
            tmp_path / "p.geojson",
            [(linea((1, 1), (3, 1)), uno()), (cuadro(1, 0, 2, 2), {"codigo": "P2", "nombre": "Riego"})],
        )
    )
    assert [
        round(f, 3)
        for f in Proyecto.objects.get(codigo="P1")
        .localizaciones.filter(nivel__codigo="distrito")
        .values_list("fraccion", flat=True)
    ] == [0.5, 0.5]
    importar(xlsx(tmp_path / "p.xlsx", [["obra", "año", "monto", "presupuesto"], ["Escuela", 2024, 1500.5, 1000]]))
    escuela = Proyecto.objects.get(nombre="Escuela")
    assert (escuela.costo_total, escuela.operaciones.get().poa.gestion, escuela.estado) == (
        Decimal("1500.50"),
        2024,
        "programado",
    )


@pytest.mark.parametrize(
    ("dicho", "estado"),
    [
        ("Vigente", "en_licitacion"),
        ("CONTRATADO", "contratado"),
        ("anulado desde la convocatoria", "anulado"),
        ("Desierto", "desierto"),
        ("", "idea"),
        ("Recepción definitiva", "concluido"),
    ],
)
def test_the_words_of_procurement_are_known_and_said(mundo_, tmp_path, dicho, estado):
    corrida = importar(tabla_csv(tmp_path / "p.csv", [uno(estado=dicho)]))
    assert Proyecto.objects.get().estado == estado
    assert bool(corrida.informe["listas"].get("estados")) == bool(dicho)


def test_a_repeated_cuce_is_named_with_its_rows_and_all_are_loaded(mundo_, tmp_path):
    filas = [{"nombre": n, "cuce": c} for n, c in (("A", "24-1"), ("B", "24-2"), ("C", "24-1"), ("D", ""), ("E", ""))]
    corrida = importar(tabla_csv(tmp_path / "p.csv", filas))
    assert corrida.cuentas["cuce_repetidos"] == 1
    assert "en las filas 2, 4" in corrida.problemas("cuce_repetido")[0]["texto"]
    assert Proyecto.objects.count() == 5


def test_a_unit_by_unclear_name_leaves_the_project_loaded_and_unlocated(mundo_, tmp_path):
    corrida = importar(tabla_csv(tmp_path / "p.csv", [uno(otb="Nadie")]), "--nivel", "comunidad")
    assert (corrida.salida, corrida.cuentas["unidad_desconocida"], Proyecto.objects.get().ubicada_por) == (
        0,
        1,
        "sin_ubicar",
    )


# --- refusals ---------------------------------------------------------------------------------------------------------

X, Y = (str(c) for c in xy(1, 1))


@pytest.mark.parametrize(
    ("campos", "campo", "dice"),
    [
        ({"nombre": ""}, "nombre", "no tiene nombre"),
        (
            {"gestion": "2024", "presupuesto_vigente": "10", "devengado": "10,01"},
            "devengado",
            "pasa del presupuesto vigente",
        ),
        ({"gestion": "2024", "devengado": "1"}, "devengado", "pasa del presupuesto vigente"),
        ({"gestion": "24"}, "gestion", "entre 1990 y 2100"),
        ({"gestion": "dosmil"}, "gestion", "no es un número"),
        ({"gestion": "2024", "fisico_alcanzado": "101"}, "fisico_alcanzado", "entre 0 y 100"),
        ({"gestion": "2024", "presupuesto_vigente": "1.234"}, "presupuesto_vigente", "puede ser"),
        ({"costo_total": "-1"}, "costo_total", "negativo"),
        ({"pdm": "2025"}, "pdm", "no es el periodo de un PDM"),
        ({"pdm": "2029-2025"}, "pdm", "no es el periodo de un PDM"),
        ({"demandas": "D1;D9"}, "demandas", "no hay demandas D9"),
        ({"beneficiarias": "comunidad:009"}, "beneficiarias", "no hay unidad «comunidad:009»"),
        ({"estado": "hecho"}, "estado", "no es un valor conocido"),
        ({"sector": "Saneamiento basicos"}, "sector", "¿Quiso decir 11?"),
        ({"sisin": "9" * 21}, "sisin", "caben 20"),
        ({"lat": X, "lon": Y}, "lat", "cambiadas"),
        ({"wkt": "CURVEPOLYGON (CIRCULARSTRING (-65 -17, -64 -16, -65 -17))"}, "wkt", "no se"),
    ],
)
def test_a_cell_that_cannot_be_refuses_the_file_with_its_row_and_column(mundo_, tmp_path, campos, campo, dice):
    antes = contenido()
    buena = {"codigo": "P0", "nombre": "Bueno"} | {c: "" for c in campos if c != "nombre"}
    corrida = importar(tabla_csv(tmp_path / "p.csv", [buena, uno(**campos)]))
    errores = [p for p in corrida.informe["problemas"] if p["gravedad"] == "error"]
    assert [(p["fila"], p["campo"]) for p in errores] == [(3, campo)]
    assert dice in errores[0]["texto"]
    assert errores[0]["remedio"]
    assert (corrida.salida, contenido()) == (1, antes)


def test_a_demand_of_another_municipality_is_no_demand_here(mundo_, tmp_path):
    vecino = unidad("municipio", "990102", cuadro(4, 0, 2), nombre="Vecino")
    Demanda.objects.create(municipio=vecino, codigo="V1", titulo="Ajena")
    assert "no hay demandas V1" in importar(tabla_csv(tmp_path / "p.csv", [uno(demandas="V1")])).texto


def test_a_beneficiary_without_level_must_be_one(mundo_, tmp_path):
    unidad("otb", "001", cuadro(0, 1), municipio=mundo_, nombre="Centro")
    assert importar(tabla_csv(tmp_path / "p.csv", [uno(beneficiarias="001")])).salida == 1
    assert importar(tabla_csv(tmp_path / "p.csv", [uno(beneficiarias="001")]), "--nivel", "otb").salida == 0
    assert Proyecto.objects.get().beneficiarias.get().nivel.codigo == "otb"


# --- repetition, change, drafts ---------------------------------------------------------------------------------------


def test_a_simulation_counts_and_writes_nothing_not_even_a_plan(mundo_, tmp_path):
    archivo, antes = tabla_csv(tmp_path / "p.csv", [uno(gestion="2024", pdm="2021-2025")]), contenido()
    seco = importar(archivo, "--simular")
    assert contenido() == antes
    assert seco.cuentas == importar(archivo).cuentas


def test_the_same_file_twice_changes_nothing(mundo_, tmp_path):
    filas = [
        uno(
            gestion="2023",
            pdm="2021-2025",
            presupuesto_vigente="1.000,50",
            unidad="001",
            wkt="",
            demandas="D1",
            beneficiarias="comunidad:002",
        ),
        uno(
            gestion="2024",
            pdm="2021-2025",
            presupuesto_vigente="7",
            unidad="001",
            demandas="D1",
            beneficiarias="comunidad:002",
        ),
        {"nombre": "Sin código", "wkt": linea((1, 1), (3, 1)).wkt},
        {"nombre": "Sin nada"},
    ]
    archivo = tabla_csv(tmp_path / "p.csv", filas)
    importar(archivo)
    antes = contenido()
    corrida = importar(archivo)
    assert (corrida.cuentas["iguales"], corrida.cuentas["nuevas"], corrida.cuentas["cambiadas"]) == (3, 0, 0)
    assert contenido() == antes
    assert (PDM.objects.count(), POA.objects.count()) == (1, 2)


def test_a_changed_row_is_updated_and_placed_anew(mundo_, tmp_path):
    importar(
        tabla_csv(
            tmp_path / "p.csv",
            [
                uno(
                    unidad="001",
                    demandas="D1",
                    beneficiarias="comunidad:001",
                    pdm="2021-2025",
                    gestion="2024",
                    presupuesto_vigente="5",
                )
            ],
        )
    )
    corrida = importar(
        tabla_csv(
            tmp_path / "p.csv",
            [uno(unidad="002", demandas="D2", beneficiarias="", pdm="", gestion="2024", presupuesto_vigente="6")],
        )
    )
    assert corrida.cuentas["cambiadas"] == 1
    p = Proyecto.objects.get()
    assert p.localizaciones.get(unidad__nivel__codigo="distrito").unidad.codigo == "2"
    assert (list(p.demandas.values_list("codigo", flat=True)), p.beneficiarias.count(), p.pdm) == (["D2"], 0, None)
    assert p.operaciones.get().presupuesto_vigente == 6
    assert [x for tabla in tablas() for x in diferencias(tabla)] == []


def test_a_draft_is_unpublished_with_its_plan_and_its_programme(mundo_, tmp_path):
    importar(tabla_csv(tmp_path / "p.csv", [uno(gestion="2024", pdm="2021-2025")]), "--borrador")
    assert (Proyecto.objects.get().publicado, PDM.objects.get().estado, POA.objects.get().estado) == (
        False,
        "borrador",
        "borrador",
    )


def test_a_failure_in_the_middle_leaves_nothing(mundo_, tmp_path, monkeypatch):
    from proyectos.services import escritura

    def fallar(_proyectos):
        assert Proyecto.objects.exists()
        raise RuntimeError("se cortó la luz")

    antes = contenido()
    monkeypatch.setattr(escritura, "localizar", fallar)
    with pytest.raises(RuntimeError):
        importar(tabla_csv(tmp_path / "p.csv", [uno(gestion="2024", pdm="2021-2025", demandas="D1")]))
    assert contenido() == antes
