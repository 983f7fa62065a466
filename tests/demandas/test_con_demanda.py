"""Demand by territory: how many, for how many, per thousand; and that the conservation line closes at every level."""

import pytest

from demandas.models import Demanda
from territorio import cifras
from territorio.models import Nivel, Poblacion, UnidadTerritorial
from tests import hechos
from tests.mundo import cuadro, linea, punto, unidad

pytestmark = pytest.mark.django_db


def cuenta(demandas=None, nivel="distrito", censo=2024) -> dict[str, UnidadTerritorial]:
    demandas = Demanda.objects.all() if demandas is None else demandas
    return {u.codigo: u for u in UnidadTerritorial.objects.del_nivel(nivel).con_demanda(demandas, censo=censo)}


def test_demands_are_counted_by_the_part_that_lies_in_each(muni, oeste, este):
    hechos.demanda(muni, "a", punto(1, 1))
    hechos.demanda(muni, "b", linea((1, 1), (3, 1)), beneficiarias_mujeres=30, beneficiarios_hombres=10)
    hechos.demanda(muni, "c", punto(2, 1))
    filas = cuenta()
    assert (filas["1"].demandas, filas["2"].demandas) == pytest.approx((2.0, 1.0))
    assert (filas["1"].beneficiarios, filas["2"].beneficiarios) == pytest.approx((20, 20))
    assert (filas["1"].demandas_en_disputa, filas["2"].demandas_en_disputa) == pytest.approx((0.5, 0.5))


def test_per_thousand_uses_the_census_asked_for(muni, oeste, este):
    Poblacion.objects.create(unidad=oeste, censo=2012, personas=300)
    cifras.recalcular([muni.pk])
    hechos.demanda(muni, "a", punto(1, 1))
    assert (cuenta()["1"].habitantes, cuenta()["1"].por_mil) == (600, pytest.approx(1000 / 600))
    assert (cuenta(censo=2012)["1"].habitantes, cuenta(censo=2012)["1"].por_mil) == (300, pytest.approx(1000 / 300))
    assert (cuenta()["2"].demandas, cuenta()["2"].por_mil) == (0, 0)


@pytest.mark.parametrize(("personas", "censo"), [(None, 2012), (0, 2024)])
def test_where_nobody_is_counted_there_is_no_rate(muni, personas, censo):
    unidad("distrito", "9", cuadro(0, 0, 2), municipio=muni, personas=personas)
    hechos.demanda(muni, "a", punto(1, 1))
    assert (cuenta(censo=censo)["9"].demandas, cuenta(censo=censo)["9"].por_mil) == (1, None)


def test_a_district_without_figure_has_the_rate_of_its_estimate(muni):
    unidad("distrito", "9", cuadro(0, 0, 2), municipio=muni)
    hechos.demanda(muni, "a", punto(1, 1))
    assert (cuenta()["9"].habitantes, cuenta()["9"].habitantes_metodo, cuenta()["9"].por_mil) == (1000, "area", 1.0)


def test_population_by_sex_or_age_is_no_second_total(muni, oeste):
    Poblacion.objects.create(unidad=oeste, censo=2024, sexo="mujeres", personas=310)
    Poblacion.objects.create(unidad=oeste, censo=2024, grupo_edad="0-14", personas=200)
    assert cuenta()["1"].habitantes == 600


def test_a_group_and_a_sector_narrow_what_is_counted(muni, oeste):
    hechos.demanda(muni, "a", punto(1, 1), grupo="mujeres", sector=hechos.sector("11"))
    hechos.demanda(muni, "b", punto(1, 1), grupo="mujeres", sector=hechos.sector("21"))
    hechos.demanda(muni, "c", punto(1, 1), grupo="jovenes", sector=hechos.sector("11"))
    todas = Demanda.objects.all()
    assert cuenta(todas.de(grupo="mujeres"))["1"].demandas == 2
    assert cuenta(todas.de_sector("11"))["1"].demandas == 2
    assert cuenta(todas.de(grupo="mujeres").de_sector("11"))["1"].demandas == 1


def test_ranks_do_not_multiply_a_demand(muni, oeste):
    d = hechos.demanda(muni, "a", punto(1, 1))
    for grupo, puesto in (("mujeres", 1), ("jovenes", 4)):
        d.rangos.create(grupo=grupo, puesto=puesto)
    assert cuenta()["1"].demandas == 1
    assert Demanda.objects.con_puesto("jovenes").get().puesto == 4
    assert Demanda.objects.con_puesto().get().puesto is None


def test_the_line_closes_at_every_level_with_something_of_everything(muni, oeste, este):
    cota = unidad("comunidad", "c", punto(3, 1), municipio=muni, padre=este)
    unidad("canton", "k", cuadro(1, 0, 2, 2), municipio=muni)
    hechos.demanda(muni, "dentro", punto(0.5, 1))
    hechos.demanda(muni, "borde", punto(2, 1))
    hechos.demanda(muni, "fuera", punto(9, 9))
    hechos.demanda(muni, "medio fuera", linea((3, 1), (5, 1)))
    hechos.demanda(muni, "area", cuadro(1, 1, 2, 2))
    hechos.demanda(muni, "de cota", None, proponente=cota)
    hechos.demanda(muni, "de nadie")
    niveles = Nivel.objects.filter(codigo__in=["municipio", "distrito", "canton", "comunidad"])
    esperadas = {
        "municipio": (1 + 1 + 0 + 0.5 + 0.5 + 1, 1),
        "distrito": (4.0, 1),
        "canton": (1 + 0.5 + 1, 1),
        "comunidad": (1, 1),
    }
    for nivel in niveles:
        linea_ = Demanda.objects.conservacion(nivel, muni)
        assert (linea_.total, linea_.sin_ubicar) == (7, 1), nivel
        assert linea_.ubicadas == pytest.approx(esperadas[nivel.codigo][0], abs=1e-3), nivel
        assert linea_.ubicadas + linea_.fuera + linea_.sin_ubicar == pytest.approx(7), nivel
        filas = cuenta(nivel=nivel.codigo)
        assert sum(u.demandas for u in filas.values()) == pytest.approx(linea_.ubicadas), nivel


def test_what_lies_in_a_neighbour_is_outside_and_not_lost(muni, oeste):
    vecino = unidad("municipio", "990102", cuadro(4, 0, 2), nombre="Vecino")
    unidad("distrito", "v1", cuadro(4, 0, 2), municipio=vecino)
    hechos.demanda(muni, "a", punto(5, 1))
    linea_ = Demanda.objects.conservacion(Nivel.objects.get(codigo="distrito"), muni)
    assert (linea_.total, linea_.ubicadas, linea_.fuera) == (1, 0, 1)
    assert cuenta()["v1"].demandas == 1
