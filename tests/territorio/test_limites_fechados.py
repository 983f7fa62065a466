"""Dated limits: one per unit and day, history never overwritten."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from territorio.importacion.escritor import poner_limites
from territorio.models import Limite, UnidadTerritorial
from tests.mundo import cuadro, nivel, punto

pytestmark = pytest.mark.django_db
A, B, C = cuadro(0, 0, 1), cuadro(0, 0, 2), cuadro(0, 0, 3)


@pytest.fixture
def cota(db):
    return UnidadTerritorial.objects.create(nivel=nivel("municipio"), codigo="1", nombre="Cota")


def poner(unidad, geom, desde: str) -> None:
    poner_limites({unidad: geom}, desde=date.fromisoformat(desde), fuente="f", estado="referencial")


def historia(unidad) -> list[tuple]:
    """Area in steps, first day, day after the last, replaced or not; in order of recording."""
    return [
        (
            round(v.geom.area * 10_000),
            v.vigencia.lower.isoformat(),
            v.vigencia.upper and v.vigencia.upper.isoformat(),
            bool(v.sustituido),
        )
        for v in Limite.objects.filter(unidad=unidad).order_by("pk")
    ]


def test_a_later_limit_closes_the_one_before_on_its_first_day(cota):
    poner(cota, A, "2010-01-01")
    poner(cota, B, "2020-01-01")
    assert historia(cota) == [(1, "2010-01-01", "2020-01-01", False), (4, "2020-01-01", None, False)]


def test_a_limit_of_an_earlier_day_takes_over_from_there_and_what_came_later_is_kept_as_replaced(cota):
    poner(cota, A, "2010-01-01")
    poner(cota, B, "2020-01-01")
    poner(cota, C, "2015-01-01")
    assert historia(cota) == [
        (1, "2010-01-01", "2015-01-01", False),
        (4, "2020-01-01", None, True),
        (9, "2015-01-01", None, False),
    ]


def test_a_limit_older_than_all_replaces_all(cota):
    poner(cota, A, "2010-01-01")
    poner(cota, B, "2000-01-01")
    assert historia(cota) == [(1, "2010-01-01", None, True), (4, "2000-01-01", None, False)]


def test_nothing_is_ever_deleted_or_redrawn(cota):
    for geom, dia in ((A, "2010-01-01"), (B, "2010-01-01"), (C, "2012-01-01"), (A, "2011-06-01")):
        poner(cota, geom, dia)
    assert sorted(h[0] for h in historia(cota)) == [1, 1, 4, 9]


@pytest.mark.parametrize(
    ("dia", "area"), [("2009-12-31", None), ("2010-01-01", 1), ("2019-12-31", 1), ("2020-01-01", 4), ("2999-01-01", 4)]
)
def test_each_day_has_the_limit_of_that_day(cota, dia, area):
    poner(cota, A, "2010-01-01")
    poner(cota, B, "2020-01-01")
    limite = Limite.objects.en_vigor(date.fromisoformat(dia)).first()
    assert (round(limite.geom.area * 10_000) if limite else None) == area
    cubren = UnidadTerritorial.objects.que_cubren(punto(1.5, 1.5), date.fromisoformat(dia))
    assert cubren.exists() is (area == 4)


def test_two_limits_on_one_day_are_refused_by_the_database(cota):
    poner(cota, A, "2010-01-01")
    with pytest.raises(IntegrityError, match="limite_uno_por_dia"), transaction.atomic():
        Limite.objects.create(unidad=cota, geom=B, vigencia=DateRange(date(2015, 1, 1), date(2016, 1, 1)))
    Limite.objects.create(unidad=cota, geom=B, vigencia=DateRange(date(2000, 1, 1), date(2010, 1, 1)))


def test_the_limit_of_the_day_gives_state_and_shape_and_without_one_the_point_does(cota):
    UnidadTerritorial.objects.update(punto=punto(0.5, 0.5))
    poner(cota, A, "2010-01-01")
    hoy, antes = (
        UnidadTerritorial.objects.con_limite().get(),
        UnidadTerritorial.objects.con_limite(date(2001, 1, 1)).get(),
    )
    assert (hoy.estado_limite, hoy.geometria.geom_type) == ("referencial", "MultiPolygon")
    assert (antes.estado_limite, antes.geometria.geom_type) == (None, "Point")
    poner(cota, B, "2020-01-01")
    assert UnidadTerritorial.objects.con_limite().count() == 1


def test_a_new_legal_state_of_the_same_ground_is_a_new_limit_and_the_old_one_stays(muni, tmp_path):
    from datetime import date

    from territorio.models import Limite
    from tests.archivos import correr, geojson
    from tests.mundo import cuadro

    archivo = geojson(tmp_path / "d.geojson", [(cuadro(0, 0), {"codigo": "1", "nombre": "Uno"})])
    orden = ["importar_limites", archivo, "--nivel", "distrito", "--municipio", "990101", "--vigente-desde"]
    correr(*orden, "2020-01-01")
    corrida = correr(*orden, "2024-05-01", "--estado", "definido", "--norma", "Ley 1")
    assert corrida.cuentas["cambiadas"] == 1
    limites = Limite.objects.filter(unidad__codigo="1", unidad__municipio=muni).order_by("vigencia")
    assert [(x.estado, x.norma, x.vigencia.lower, x.vigencia.upper) for x in limites] == [
        ("referencial", "", date(2020, 1, 1), date(2024, 5, 1)),
        ("definido", "Ley 1", date(2024, 5, 1), None),
    ]
    assert correr(*orden, "2024-06-01").cuentas["iguales"] == 1
