"""Figures rolled up and down: what is counted stays, what is estimated adds up and says how; on squares of the grid."""

from datetime import date

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from territorio import cifras
from territorio.localizacion import localizar, relocalizar
from territorio.models import HABITANTES, Cifra, Indicador, Limite, Poblacion, UnidadTerritorial
from tests.mundo import cuadro, nivel, punto, unidad

pytestmark = pytest.mark.django_db


@pytest.fixture
def muni(db):
    return unidad("municipio", "990101", cuadro(0, 0, 4, 2), nombre="Municipio de prueba")


@pytest.fixture
def distritos(muni):
    """A west of one square by two, and an east of three by two."""
    return (
        unidad("distrito", "1", cuadro(0, 0, 1, 2), municipio=muni),
        unidad("distrito", "2", cuadro(1, 0, 3, 2), municipio=muni),
    )


def contar(una, personas: int, censo: int = 2024) -> None:
    Poblacion.objects.update_or_create(
        unidad=una, censo=censo, sexo="total", grupo_edad="total", defaults={"personas": personas}
    )
    cifras.recalcular([una.municipio_id or una.pk])


def medir(una, valor: float, *, nombre: str = "nbi", anio: int = 2024, medida: str = "porcentaje") -> None:
    Indicador.objects.create(unidad=una, nombre=nombre, anio=anio, valor=valor, medida=medida)
    cifras.recalcular([una.municipio_id or una.pk])


def cifra(una, nombre: str = HABITANTES, anio: int = 2024) -> tuple[float, str] | None:
    return Cifra.objects.filter(unidad=una, nombre=nombre, anio=anio).values_list("valor", "metodo").first()


def origen(una) -> str | None:
    return Cifra.objects.values_list("nivel_origen__codigo", flat=True).get(unidad=una, nombre=HABITANTES)


# --- from below -------------------------------------------------------------------------------------------------------


def test_a_unit_whose_parts_were_all_counted_has_their_sum(muni, distritos):
    for distrito, personas in zip(distritos, (600, 400), strict=True):
        contar(distrito, personas)
    assert cifra(muni) == (1000, "suma")
    assert origen(muni) == "distrito"


def test_the_sum_waits_until_the_last_part_is_counted(muni, distritos):
    contar(distritos[0], 600)
    assert cifra(muni) is None


def test_a_figure_of_its_own_is_never_replaced_by_a_sum(muni, distritos):
    contar(muni, 1100)
    for distrito, personas in zip(distritos, (600, 400), strict=True):
        contar(distrito, personas)
    assert cifra(muni) == (1100, "censo")


def test_a_part_that_lies_across_two_units_counts_in_each_by_its_area(muni, distritos):
    una = unidad("comunidad", "a", cuadro(0, 0, 4, 2), municipio=muni)  # a quarter in the west
    contar(una, 100)
    assert cifra(distritos[0]) == (pytest.approx(25, abs=0.01), "suma")
    assert cifra(distritos[1]) == (pytest.approx(75, abs=0.01), "suma")


def test_what_two_claim_is_halved_between_them(muni):
    oeste = unidad("distrito", "1", cuadro(0, 0, 2.5, 2), municipio=muni)
    este = unidad("distrito", "2", cuadro(1.5, 0, 2.5, 2), municipio=muni)
    contar(unidad("comunidad", "a", punto(2, 1), municipio=muni), 100)
    contar(unidad("comunidad", "b", punto(0.5, 1), municipio=muni), 7)
    assert (cifra(oeste), cifra(este)) == ((57, "suma"), (50, "suma"))


def test_communities_and_otb_make_up_a_district_together(muni, distritos):
    contar(unidad("otb", "o", cuadro(0, 0), municipio=muni), 70)
    comunidad = unidad("comunidad", "c", punto(0.5, 1.5), municipio=muni)
    assert cifra(distritos[0]) is None
    contar(comunidad, 30)
    assert cifra(distritos[0]) == (100, "suma")


def test_an_otb_over_its_communities_does_not_count_them_twice(muni, distritos):
    contar(unidad("otb", "o", cuadro(0, 0, 1, 2), municipio=muni), 70)
    contar(unidad("comunidad", "c", punto(0.5, 1.5), municipio=muni), 30)
    assert cifra(distritos[0]) == (70, "suma")


def test_a_level_that_leaves_much_of_a_unit_uncovered_does_not_make_it_up(muni):
    contar(unidad("distrito", "1", cuadro(0, 0, 2, 2), municipio=muni), 600)
    assert cifra(muni) is None


# --- from above -------------------------------------------------------------------------------------------------------


def test_what_is_left_is_shared_by_area_among_those_with_limits(muni, distritos):
    contar(muni, 1000)
    assert cifra(distritos[0]) == (250, "area")
    assert cifra(distritos[1]) == (750, "area")
    assert origen(distritos[0]) == "municipio"


def test_what_was_counted_is_taken_off_first(muni, distritos):
    contar(muni, 1000)
    contar(distritos[0], 900)
    assert (cifra(distritos[0]), cifra(distritos[1])) == ((900, "censo"), (100, "area"))


def test_points_and_units_without_place_share_equally(muni, distritos):
    una = unidad("comunidad", "a", punto(0.5, 0.5), municipio=muni, padre=distritos[0])
    otra = unidad("comunidad", "b", cuadro(0, 1), municipio=muni, padre=distritos[0])
    ninguna = unidad("comunidad", "c", None, municipio=muni, padre=distritos[0])
    contar(distritos[0], 100)
    assert sorted(cifra(u) for u in (una, otra, ninguna)) == [(33, "puntos"), (33, "puntos"), (34, "puntos")]


def test_a_municipality_without_any_map_is_shared_by_what_is_declared(db):
    muni = unidad("municipio", "990101", None)
    distrito = unidad("distrito", "1", None, municipio=muni)
    partes = [unidad("comunidad", c, None, municipio=muni, padre=distrito) for c in "ab"]
    contar(muni, 9)
    assert cifra(distrito) == (9, "puntos")
    assert sorted(cifra(p)[0] for p in partes) == [4, 5]
    assert origen(partes[0]) == "municipio"


def test_of_two_ladders_the_one_that_was_counted_is_asked(muni, distritos):
    contar(muni, 1000)
    canton = unidad("canton", "c", cuadro(0, 0, 4, 1), municipio=muni)
    unidad("canton", "d", cuadro(0, 1, 4, 1), municipio=muni)
    comunidad = unidad("comunidad", "a", cuadro(0, 0), municipio=muni)
    assert cifra(canton) == (500, "area")
    contar(canton, 800)
    assert cifra(comunidad) == (800, "area")
    assert origen(comunidad) == "canton"


def test_known_communities_are_a_floor_for_their_district(muni, distritos):
    contar(muni, 1000)
    conocida = unidad("comunidad", "a", cuadro(0, 0), municipio=muni)
    desconocida = unidad("comunidad", "b", cuadro(0, 1), municipio=muni)
    contar(conocida, 600)
    # 400 are left: a quarter of them for the west by its area, on top of the 600 that are known to live there.
    assert (cifra(distritos[0]), cifra(distritos[1])) == ((700, "area"), (300, "area"))
    assert cifra(desconocida) == (100, "area")


def test_parts_with_more_than_the_whole_leave_nothing_and_it_is_said(muni, distritos):
    contar(muni, 500)
    contar(distritos[0], 600)
    assert cifra(distritos[1]) == (0, "area")
    [exceso] = cifras.excesos()
    assert str(exceso) == "Municipio de prueba, habitantes 2024: tiene 500 y sus partes suman 600"
    contar(distritos[0], 400)
    assert cifras.excesos() == []


def test_each_census_by_itself(muni, distritos):
    contar(muni, 1000, 2012)
    contar(muni, 2000, 2024)
    assert (cifra(distritos[0], anio=2012), cifra(distritos[0], anio=2024)) == ((250, "area"), (500, "area"))


# --- rates ------------------------------------------------------------------------------------------------------------


def test_a_rate_is_the_mean_of_the_parts_weighted_by_inhabitants(muni, distritos):
    for distrito, personas, nbi in zip(distritos, (900, 100), (10, 60), strict=True):
        contar(distrito, personas)
        medir(distrito, nbi, anio=2023)  # weighted by the census nearest in time
    assert cifra(muni, "nbi", 2023) == (pytest.approx(15), "suma")


def test_without_inhabitants_a_rate_is_not_averaged(muni, distritos):
    for distrito, nbi in zip(distritos, (10, 60), strict=True):
        medir(distrito, nbi)
    assert cifra(muni, "nbi") is None


def test_a_rate_comes_down_as_it_is(muni, distritos):
    comunidad = unidad("comunidad", "a", punto(0.5, 0.5), municipio=muni)
    medir(muni, 40)
    medir(distritos[0], 55)
    assert (cifra(comunidad, "nbi"), cifra(distritos[1], "nbi")) == ((55, "heredada"), (40, "heredada"))


def test_a_count_that_is_no_person_is_shared_with_its_decimals(muni, distritos):
    medir(muni, 10, nombre="viviendas", medida="cantidad")
    assert cifra(distritos[0], "viviendas") == (pytest.approx(2.5, abs=1e-3), "area")


# --- as things change -------------------------------------------------------------------------------------------------


def test_a_unit_that_ended_keeps_its_own_figure_and_its_successors_share(muni, distritos):
    contar(muni, 1000)
    contar(distritos[1], 700)
    UnidadTerritorial.objects.filter(pk=distritos[1].pk).update(vigencia=DateRange(None, date(2020, 1, 1)))
    nueva = unidad("distrito", "3", cuadro(1, 0, 3, 2), municipio=muni, ubicar=False)
    localizar(UnidadTerritorial.objects.all())
    assert cifra(distritos[1]) == (700, "censo")
    assert (cifra(distritos[0]), cifra(nueva)) == ((250, "area"), (750, "area"))


def test_a_limit_that_moves_moves_the_shares(muni, distritos):
    contar(muni, 1000)
    for distrito, forma in zip(distritos, (cuadro(0, 0, 2, 2), cuadro(2, 0, 2, 2)), strict=True):
        Limite.objects.filter(unidad=distrito).update(geom=forma)
    relocalizar([d.pk for d in distritos])
    assert (cifra(distritos[0]), cifra(distritos[1])) == ((500, "area"), (500, "area"))


def test_counting_again_writes_nothing_and_a_figure_taken_back_takes_its_estimates_along(muni, distritos):
    contar(muni, 1000)
    antes = set(Cifra.objects.values_list("pk", "valor"))
    cifras.recalcular()
    assert set(Cifra.objects.values_list("pk", "valor")) == antes
    Poblacion.objects.all().delete()
    cifras.recalcular([muni.pk])
    assert not Cifra.objects.exists()


def test_verificar_sees_a_figure_that_nothing_supports(muni, distritos):
    contar(muni, 1000)
    assert cifras.diferencias() == []
    Cifra.objects.filter(unidad=distritos[0]).update(valor=1)
    [dicho] = cifras.diferencias()
    assert f"unidad {distritos[0].pk}" in dicho


def test_a_department_shares_among_its_municipalities_and_down_to_their_districts(muni, distritos):
    departamento = UnidadTerritorial.objects.create(nivel=nivel("departamento"), codigo="99", nombre="Noventa y nueve")
    provincia = UnidadTerritorial.objects.create(
        nivel=nivel("provincia"), codigo="9901", nombre="Primera", padre=departamento
    )
    otro = unidad("municipio", "990102", cuadro(4, 0, 4, 2), padre=provincia)
    UnidadTerritorial.objects.filter(pk=muni.pk).update(padre=provincia)
    contar(departamento, 1000)
    contar(otro, 600)
    assert (cifra(provincia)[0], cifra(muni), cifra(distritos[0])) == (1000, (400, "area"), (100, "area"))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    anchos=st.lists(st.integers(1, 9), min_size=2, max_size=6),
    propias=st.lists(st.integers(0, 5000) | st.none(), min_size=6, max_size=6),
    sobra=st.integers(0, 100_000),
)
def test_shares_add_up_to_the_whole(muni, anchos, propias, sobra):
    UnidadTerritorial.objects.filter(municipio=muni).delete()
    partes, x = [], 0.0
    for n, ancho in enumerate(anchos):
        parte = 4 * ancho / sum(anchos)
        partes.append(unidad("distrito", str(n), cuadro(x, 0, parte, 2), municipio=muni, ubicar=False))
        x += parte
    conocidas = {p.pk: v for p, v in zip(partes, propias, strict=False) if v is not None}
    Poblacion.objects.bulk_create(Poblacion(unidad_id=pk, censo=2024, personas=v) for pk, v in conocidas.items())
    total = sum(conocidas.values()) + sobra
    Poblacion.objects.update_or_create(
        unidad=muni, censo=2024, sexo="total", grupo_edad="total", defaults={"personas": total}
    )
    localizar(UnidadTerritorial.objects.all())
    cifras.recalcular([muni.pk])
    valores = dict(Cifra.objects.filter(unidad__in=partes).values_list("unidad", "valor"))
    assert len(valores) == len(partes)
    assert all(v >= 0 and v == int(v) for v in valores.values())
    assert {pk: valores[pk] for pk in conocidas} == conocidas
    if len(conocidas) < len(partes):
        assert sum(valores.values()) == total
