"""Catalogues come with `migrate`; what a user changed is left alone."""

import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from territorio.catalogos import cargar_catalogos
from territorio.models import Censo, Nivel, Sector
from tests.archivos import contenido

pytestmark = pytest.mark.django_db


def test_levels_sectors_and_censuses_are_there_after_migrate():
    assert set(Nivel.objects.values_list("codigo", flat=True)) >= {
        "departamento", "provincia", "municipio", "macrodistrito", "distrito", "canton", "otb",
        "unidad_vecinal", "comunidad",
    }  # fmt: skip
    assert set(Nivel.objects.filter(es_base=True).values_list("codigo", flat=True)) == {
        "otb",
        "unidad_vecinal",
        "comunidad",
    }
    assert Sector.objects.vigentes(date(2024, 1, 1)).count() == 28
    assert Sector.objects.vigentes(date(2024, 1, 1)).get(codigo="11").nombre == "Saneamiento básico"
    assert set(Censo.objects.values_list("anio", flat=True)) == {2001, 2012, 2024}


def test_canton_and_distrito_stand_side_by_side():
    superiores = {n.codigo: set(n.superiores.values_list("codigo", flat=True)) for n in Nivel.objects.all()}
    assert superiores["comunidad"] == {"distrito", "canton"}
    assert "distrito" not in superiores["canton"]
    assert "canton" not in superiores["distrito"]


def test_loading_them_again_changes_nothing():
    antes = contenido()
    call_command("migrate", verbosity=0)
    cargar_catalogos()
    assert contenido() == antes


def test_what_a_user_changed_is_left_alone():
    otb = Nivel.objects.get(codigo="otb")
    otb.nombre, otb.es_base = "junta vecinal", False
    otb.save()
    otb.superiores.set([Nivel.objects.get(codigo="municipio")])
    Sector.objects.filter(codigo="11").update(nombre="Agua y saneamiento")
    Nivel.objects.get(codigo="marka").delete()
    antes = contenido()
    cargar_catalogos()
    otb.refresh_from_db()
    assert (otb.nombre, otb.es_base, [s.codigo for s in otb.superiores.all()]) == (
        "junta vecinal",
        False,
        ["municipio"],
    )
    assert Sector.objects.get(codigo="11").nombre == "Agua y saneamiento"
    ahora = contenido()
    assert {t for t in antes if antes[t] != ahora[t]} == {
        "territorio_nivel",
        "territorio_nivel_superiores",
    }  # marka came back


def test_a_sector_of_other_dates_may_have_the_same_code_and_of_the_same_dates_may_not():
    Sector.objects.create(codigo="11", nombre="Otro", vigencia=DateRange(date(2027, 1, 1), None))
    cargar_catalogos()
    assert Sector.objects.filter(codigo="11").count() == 2
    with pytest.raises(IntegrityError, match="sector_un_codigo_por_fecha"), transaction.atomic():
        Sector.objects.create(codigo="11", nombre="Otro más", vigencia=DateRange(date(2020, 1, 1), date(2021, 1, 1)))


# --- levels of ones own -----------------------------------------------------------------------------------------------


def crear(*opciones: str) -> str:
    salida = io.StringIO()
    call_command("crear_nivel", *opciones, stdout=salida)
    return salida.getvalue()


def test_a_level_is_added_under_those_that_hold_it():
    crear("subalcaldia", "--sobre", "municipio", "--nombre", "subalcaldía", "--plural", "subalcaldías")
    crear("zona", "--sobre", "subalcaldia", "distrito", "--base")
    zona = Nivel.objects.get(codigo="zona")
    assert (zona.es_base, zona.nombre_plural, set(zona.superiores.values_list("codigo", flat=True))) == (
        True,
        "zonas",
        {"subalcaldia", "distrito"},
    )
    assert zona.orden > Nivel.objects.get(codigo="distrito").orden


@pytest.mark.parametrize(
    ("opciones", "dice"),
    [(["otb", "--sobre", "distrito"], "ya existe"), (["z", "--sobre", "barrio"], "No existen los niveles: barrio")],
)
def test_a_level_that_cannot_be_is_refused_in_words(opciones, dice):
    with pytest.raises(CommandError, match=dice):
        crear(*opciones)


@pytest.mark.parametrize("codigo", ["Zona Alta", "ñandú", "z" * 41, ""])
def test_the_code_of_a_level_is_a_plain_word_and_the_refusal_is_no_traceback(codigo):
    with pytest.raises(CommandError):
        crear(codigo, "--sobre", "municipio")


def test_a_municipality_is_begun_once_with_a_code_and_a_name(db):
    call_command("crear_municipio", "990109", "Nuevo", stdout=io.StringIO())
    for codigo, nombre, dice in (("990109", "Otro", "ya existe"), ("", "X", "vacío"), ("990110", "", "vacío")):
        with pytest.raises(CommandError, match=dice):
            call_command("crear_municipio", codigo, nombre, stdout=io.StringIO())
