"""An import is undone as a whole: everything stands as before, or it is refused and says what rests on it."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from demandas.models import Demanda
from proyectos.models import Proyecto
from territorio.importacion.deshacer import NoSePuedeDeshacer, deshacer
from territorio.importacion.escritor import poner_limites
from territorio.localizacion import diferencias, tablas
from territorio.models import CambioImportado, Denominacion, Importacion, Limite, Poblacion, UnidadTerritorial
from tests import hechos
from tests.archivos import correr, geojson
from tests.mundo import cuadro, punto, unidad

pytestmark = pytest.mark.django_db


def importar(tmp_path, filas, *opciones: str, nivel: str = "distrito", nombre: str = "d.geojson") -> Importacion:
    """Load (geometry, properties) as units of the municipality of the test, and give the record of that import."""
    archivo = geojson(tmp_path / nombre, filas)
    corrida = correr("importar_limites", archivo, "--nivel", nivel, "--municipio", "990101", *opciones)
    assert corrida.salida == 0, corrida.texto
    return Importacion.objects.latest("pk")


def lugares() -> dict[str, list]:
    """Where everything lies, to the last digit, whatever the rows are numbered."""
    guardado = {}
    with connection.cursor() as cursor:
        for tabla in tablas():
            cursor.execute(
                f"SELECT {tabla.OBJETO}_id, unidad_id, nivel_id, fraccion::text, en_disputa"
                f" FROM {tabla._meta.db_table} ORDER BY 1, 2"
            )
            guardado[tabla.__name__] = cursor.fetchall()
        for modelo in (Demanda, Proyecto):
            cursor.execute(f"SELECT id, ubicada_por FROM {modelo._meta.db_table} ORDER BY 1")
            guardado[modelo.__name__] = cursor.fetchall()
    return guardado


def unidades() -> list[tuple]:
    return list(
        UnidadTerritorial.objects.order_by("pk").values_list(
            "pk", "codigo", "nombre", "padre", "categoria", "punto", "poblaciones__personas"
        )
    )


def en_vigor() -> set[tuple]:
    vivos = Limite.objects.filter(sustituido=None).values_list("pk", "unidad", "vigencia", "geom")
    return {(pk, u, str(vigencia), geom.hex) for pk, u, vigencia, geom in vivos}


def estado() -> tuple:
    return lugares(), unidades(), en_vigor()


def en_orden() -> bool:
    return not any(diferencias(tabla) for tabla in tablas())


@pytest.fixture
def poblado(muni, oeste, este):
    """Two districts, a community with a point, overlapping neighbourhoods, and features of every shape on the border."""
    unidad("comunidad", "c", punto(1.8, 1.2), municipio=muni, padre=oeste, nombre="Cota")
    unidad("comunidad", "x", None, municipio=muni, padre=oeste)
    unidad("otb", "a", cuadro(0.3, 0, 1.7, 0.7), municipio=muni, padre=oeste)
    unidad("otb", "b", cuadro(1.1, 0.3, 1.3, 1.1), municipio=muni, padre=este)
    hechos.demanda(muni, "p", punto(1.8, 1))
    hechos.demanda(muni, "q", cuadro(1.37, 0.11, 1.3, 0.77))
    hechos.demanda(muni, "o", proponente=oeste)
    hechos.demanda(muni, "x", proponente=UnidadTerritorial.objects.get(codigo="x"))
    hechos.proyecto(muni, "l", cuadro(0.1, 0.1, 3.3, 1.7))
    return muni


MOVIDOS = [
    (cuadro(0, 0, 1.5, 2), {"codigo": "1", "nombre": "Poniente", "poblacion": 650}),
    (cuadro(1.4, 0, 2.6, 2), {"codigo": "2", "nombre": "Este"}),
    (cuadro(4, 0, 1), {"codigo": "3", "nombre": "Nuevo"}),
]


def test_what_was_closed_changed_and_made_is_as_before_to_the_last_digit(poblado, tmp_path):
    antes = estado()
    importacion = importar(tmp_path, MOVIDOS, "--censo", "2024")
    assert estado() != antes
    assert UnidadTerritorial.objects.filter(codigo="3").exists()
    informe = deshacer(importacion=importacion)
    assert estado() == antes
    assert (informe.cuentas["unidades_devueltas"], informe.cuentas["unidades_quitadas"]) == (2, 1)
    assert en_orden()
    importacion.refresh_from_db()
    assert (importacion.estado, importacion.deshecha is None) == ("deshecha", False)
    # History is kept: what the import opened is marked as replaced.
    assert Limite.objects.filter(importacion=importacion).exclude(sustituido=None).count() == 2
    assert not Denominacion.objects.exists()


def test_three_imports_undone_from_the_last_give_back_each_state(poblado, tmp_path):
    estados, importaciones = [estado()], []
    for n, filas in enumerate(
        [
            MOVIDOS,
            [(cuadro(0, 0, 1.6, 2), {"codigo": "1", "nombre": "Poniente"})],
            [(punto(0.5, 0.5), {"codigo": "3", "nombre": "Más nuevo"})],
        ]
    ):
        importaciones.append(importar(tmp_path, filas, nombre=f"{n}.geojson"))
        assert en_orden()
        estados.append(estado())
    for importacion, antes in zip(reversed(importaciones), reversed(estados[:-1]), strict=True):
        deshacer(importacion=importacion)
        assert estado() == antes
        assert en_orden()


def test_limits_of_an_earlier_day_give_back_what_they_replaced(poblado, oeste, tmp_path):
    poner_limites({oeste: cuadro(0, 0, 1, 2)}, desde=date(2030, 1, 1), fuente="f", estado="definido")
    antes = estado()
    importacion = importar(tmp_path, MOVIDOS[:1], "--vigente-desde", "2020-01-01")
    assert Limite.objects.filter(unidad=oeste).exclude(sustituido=None).count() == 1
    deshacer(importacion=importacion)
    assert estado() == antes


def test_a_limit_recorded_while_the_old_one_was_closed_is_compared_with_it_when_it_returns(muni, oeste, tmp_path):
    importacion = importar(tmp_path, [(cuadro(0, 0, 1, 2), {"codigo": "1", "nombre": "Oeste"})])
    importar(tmp_path, [(cuadro(1, 0, 2), {"codigo": "9", "nombre": "Vecino"})], nombre="v.geojson")
    d = hechos.demanda(muni, "d", cuadro(0, 0, 2))
    deshacer(importacion=importacion)
    partes = {x.unidad.codigo: round(x.fraccion, 4) for x in d.localizaciones.filter(nivel__codigo="distrito")}
    assert partes == {"1": 0.75, "9": 0.25}
    assert en_orden()


def test_a_renamed_unit_keeps_its_old_name_until_the_day_of_the_import(muni, oeste, tmp_path):
    importar(tmp_path, [(cuadro(0, 0, 2), {"codigo": "1", "nombre": "Poniente"})], "--vigente-desde", "2024-05-01")
    pasada = Denominacion.objects.get()
    assert (pasada.nombre, pasada.vigencia.lower, pasada.vigencia.upper) == ("Oeste", None, date(2024, 5, 1))
    importar(tmp_path, [(cuadro(0, 0, 2), {"codigo": "1", "nombre": "Ocaso"})], "--vigente-desde", "2024-05-01")
    assert [d.nombre for d in Denominacion.objects.all()] == ["Oeste"]  # Poniente never had a day of its own


def test_a_later_import_of_the_same_units_goes_first(poblado, tmp_path):
    primera = importar(tmp_path, MOVIDOS)
    segunda = importar(tmp_path, [(cuadro(0, 0, 1.6, 2), {"codigo": "1", "nombre": "Poniente"})], nombre="b.geojson")
    antes = estado()
    with pytest.raises(NoSePuedeDeshacer) as no:
        deshacer(importacion=primera)
    assert str(segunda.uid) in no.value.mensajes[0]
    assert "«Poniente» (1)" in no.value.mensajes[0]
    assert estado() == antes
    deshacer(importacion=segunda)
    deshacer(importacion=primera)
    assert en_orden()


@pytest.mark.parametrize(
    ("hacer", "dice"),
    [
        (lambda m, u: hechos.demanda(m, "nueva", proponente=u), "1 demanda depende de «Nuevo» (3)"),
        (lambda m, u: hechos.proyecto(m, "nuevo", beneficia=[u]), "depende de «Nuevo» (3)"),
        (lambda m, u: unidad("comunidad", "h", None, municipio=m, padre=u), "1 unidad territorial depende de «Nuevo»"),
        (lambda m, u: Poblacion.objects.create(unidad=u, censo=2012, personas=5), "después habitantes de «Nuevo»"),
        (
            lambda m, u: UnidadTerritorial.objects.filter(pk=u.pk).update(nombre="Otro"),
            "«Otro» (3): se cambió después su nombre",
        ),
        (
            lambda m, u: poner_limites({u: cuadro(4, 0, 2)}, desde=date(2030, 1, 1), fuente="f", estado="definido"),
            "«Nuevo» (3): su límite cambió después",
        ),
    ],
)
def test_what_rests_on_a_unit_that_the_import_made_refuses_and_is_named(poblado, tmp_path, hacer, dice):
    importacion = importar(tmp_path, MOVIDOS)
    hacer(poblado, UnidadTerritorial.objects.get(codigo="3"))
    with pytest.raises(NoSePuedeDeshacer) as no:
        deshacer(importacion=importacion)
    assert dice in " ".join(no.value.mensajes)
    importacion.refresh_from_db()
    assert importacion.estado == "aplicada"


def test_the_same_file_again_leaves_no_record_and_an_undone_import_can_be_repeated(poblado, tmp_path):
    importacion = importar(tmp_path, MOVIDOS)
    despues = (unidades()[-1][1:], len(en_vigor()))
    importar(tmp_path, MOVIDOS)
    assert Importacion.objects.count() == 1
    deshacer(importacion=importacion)
    importar(tmp_path, MOVIDOS)
    assert (unidades()[-1][1:], len(en_vigor())) == despues
    assert CambioImportado.objects.filter(importacion=Importacion.objects.latest("pk")).count() == 3
    assert en_orden()


def test_the_commands_list_simulate_undo_and_say_so_again(poblado, tmp_path, capsys):
    importacion = importar(tmp_path, MOVIDOS)
    call_command("importaciones")
    assert str(importacion.uid) in capsys.readouterr().out
    antes = estado()
    call_command("deshacer_importacion", str(importacion.uid), "--simular")
    assert "SIMULADO" in capsys.readouterr().out
    assert estado() == antes
    call_command("deshacer_importacion", str(importacion.uid))
    dicho = capsys.readouterr().out
    assert "DESHECHA." in dicho
    assert "demandas que cambiaron de unidad: " in dicho
    call_command("deshacer_importacion", str(importacion.uid))
    assert "ya estaba deshecha" in capsys.readouterr().out
    with pytest.raises(CommandError, match="No hay ninguna importación"):
        call_command("deshacer_importacion", "00000000-0000-4000-8000-000000000000")


def test_the_report_names_who_changed_unit_before_and_after(poblado, tmp_path):
    importacion = importar(tmp_path, MOVIDOS)
    mudanzas = importacion.informe["mudanzas"]["demandas.Demanda"]
    de_p = [m for m in mudanzas if m["codigo"] == "p"]
    assert [(m["nivel"], m["antes"], m["despues"]) for m in de_p] == [("distrito", ["Oeste"], ["Este"])]
    assert importacion.informe["mudanzas_totales"]["demandas.Demanda"] == len(mudanzas)
    assert not [m for m in mudanzas if m["codigo"] == "o"]  # declared in the district itself: it stays there
