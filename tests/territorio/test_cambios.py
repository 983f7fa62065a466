"""Localisation under change: what is placed anew after a change is what placing everything anew would give."""

from itertools import combinations

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import affinity, wkt

from demandas.models import Demanda
from territorio import solapes
from territorio.fechas import hoy
from territorio.importacion.escritor import poner_limites
from territorio.localizacion import diferencias, relocalizar, retratar, tablas
from territorio.models import Limite, UnidadTerritorial
from tests import hechos
from tests.mundo import SIEMPRE, cuadro, linea, punto, unidad

pytestmark = pytest.mark.django_db

medio = st.integers(0, 8).map(lambda n: n / 2)
lado = st.integers(1, 6).map(lambda n: n / 2)
caja = st.builds(cuadro, medio, medio, lado, lado)


def todo_en_orden() -> bool:
    return not solapes.diferencias() and not [d for tabla in tablas() for d in diferencias(tabla)]


@pytest.fixture
def poblado(muni, oeste, este):
    """Four neighbourhoods (one without a limit), communities by a point and without place, features of every shape."""
    a, b, c = (unidad("otb", x, cuadro(n, 0, 1.5), municipio=muni, padre=oeste) for n, x in enumerate("abc"))
    unidad("otb", "d", punto(3.5, 1.5), municipio=muni, padre=este)
    sin_lugar = unidad("comunidad", "x", None, municipio=muni, padre=b)
    unidad("comunidad", "y", punto(1, 1), municipio=muni, padre=a)
    for n in range(12):
        hechos.demanda(muni, f"p{n}", punto((n % 4) + 0.5, (n // 4) / 2 + 0.25), proponente=c if n % 2 else None)
    hechos.demanda(muni, "x", proponente=sin_lugar)
    hechos.demanda(muni, "o", proponente=oeste)
    hechos.proyecto(muni, "l", linea((0.5, 0.5), (3.5, 0.5), (3.5, 1.5)))
    hechos.proyecto(muni, "g", cuadro(0.75, 0.25, 2, 1))
    return muni


def cambiar(geometrias: dict[str, object]) -> None:
    """Give these units of the test new limits, or a new point, and place anew what that can have moved."""
    unidades = {u.codigo: u for u in UnidadTerritorial.objects.exclude(nivel__codigo="municipio")}
    antes = retratar([unidades[codigo].pk for codigo in geometrias])
    limites = {unidades[c]: g for c, g in geometrias.items() if g.geom_type == "MultiPolygon"}
    poner_limites(limites, desde=hoy(), fuente="f", estado="referencial")
    for codigo, geom in geometrias.items():
        if geom.geom_type == "Point":
            UnidadTerritorial.objects.filter(pk=unidades[codigo].pk).update(punto=geom)
    relocalizar([unidades[codigo].pk for codigo in geometrias], antes=antes)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["1", "2", "a", "b", "c", "d", "x", "y"]),
            st.one_of(caja, caja, st.builds(punto, medio, medio)),
            min_size=1,
            max_size=3,
        ),
        min_size=1,
        max_size=2,
    )
)
def test_any_change_of_limits_and_points_leaves_what_geometry_says(poblado, pasos):
    with transaction.atomic():
        for geometrias in pasos:
            cambiar(geometrias)
            assert todo_en_orden()
        transaction.set_rollback(True)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(caja, min_size=0, max_size=6), st.sampled_from([0.0, 0.3, 0.7]))
def test_no_pair_that_overlaps_escapes_suspicion(cajas, giro):
    # Every other one turned about itself, so that borders cross at any angle; and the first once more, the very same.
    rectos = [wkt.loads(c.wkt) for c in cajas + cajas[:1]]
    formas = {n: affinity.rotate(r, giro * 100 * (n % 2)) for n, r in enumerate(rectos)}
    pares = list(zip(*solapes.sospechosos(formas), strict=True))
    assert len(set(map(frozenset, pares))) == len(pares)
    for una, otra in combinations(formas, 2):
        if formas[una].intersection(formas[otra]).area > solapes.AREA_MINIMA:
            assert frozenset((una, otra)) in set(map(frozenset, pares))


def test_moving_a_border_a_little_places_anew_only_what_it_passed_over(poblado, oeste, este, monkeypatch):
    from territorio.localizacion import cambios

    vistos: dict[str, set[int]] = {}
    original = cambios._localizar

    def espiar(tabla, ids, niveles=None):
        vistos.setdefault(tabla.__name__, set()).update(ids)
        return original(tabla, ids, niveles)

    monkeypatch.setattr(cambios, "_localizar", espiar)
    cerca = hechos.demanda(poblado, "cerca", punto(1.95, 1.7))
    vistos.clear()
    cambiar({"1": cuadro(0, 0, 1.9, 2), "2": cuadro(1.9, 0, 2.1, 2)})
    tocadas = set(Demanda.objects.filter(pk__in=vistos["DemandaUnidad"]).values_list("codigo", flat=True))
    # Where the border passed; what is declared in the district, or in a unit without place below one that it crosses.
    assert tocadas == {"cerca", "o", "x"}
    assert [x.unidad.codigo for x in cerca.localizaciones.filter(nivel__codigo="distrito")] == ["2"]
    assert todo_en_orden()


def test_a_new_legal_state_of_the_same_ground_moves_nothing(poblado, oeste):
    antes = retratar([oeste.pk])
    poner_limites({oeste: cuadro(0, 0, 2)}, desde=hoy(), fuente="f", estado="definido", norma="Ley 1")
    cambios = relocalizar([oeste.pk], antes=antes)
    assert not any(cambio.hay for cambio in cambios.values())
    assert todo_en_orden()


def test_a_limit_of_a_later_day_moves_nothing_today(poblado, oeste):
    from datetime import timedelta

    antes = retratar([oeste.pk])
    poner_limites({oeste: cuadro(0, 0, 1)}, desde=hoy() + timedelta(days=30), fuente="f", estado="referencial")
    assert not any(cambio.hay for cambio in relocalizar([oeste.pk], antes=antes).values())
    assert todo_en_orden()


def test_a_first_limit_takes_what_was_declared_in_its_unit_for_want_of_one(muni, oeste, este):
    cota = unidad("comunidad", "c", punto(3, 1), municipio=muni, padre=este)
    d = hechos.demanda(muni, "d", punto(1, 1), proponente=cota)
    assert d.localizaciones.filter(unidad=cota).exists()
    antes = retratar([cota.pk])
    poner_limites({cota: cuadro(2.5, 0.5, 1)}, desde=hoy(), fuente="f", estado="referencial")
    relocalizar([cota.pk], antes=antes)
    assert not d.localizaciones.filter(unidad=cota).exists()
    assert todo_en_orden()


def test_units_without_place_follow_the_one_above_when_limits_of_another_level_change(muni, oeste):
    unidad("comunidad", "x", None, municipio=muni, padre=oeste)
    barrio = unidad("otb", "a", cuadro(0, 0, 1), municipio=muni)
    antes = retratar([barrio.pk])
    poner_limites({barrio: cuadro(0, 0, 2)}, desde=hoy(), fuente="f", estado="referencial")
    relocalizar([barrio.pk], antes=antes)
    x = UnidadTerritorial.objects.get(codigo="x")
    assert x.localizaciones.get(unidad=barrio).fraccion == pytest.approx(1)
    assert todo_en_orden()


def test_a_unit_whose_limit_ends_today_holds_no_feature_by_its_ground(poblado, oeste):
    antes = retratar([oeste.pk])
    Limite.objects.filter(unidad=oeste).update(vigencia=DateRange(SIEMPRE.lower, hoy()))
    relocalizar([oeste.pk], antes=antes)
    assert not Demanda.objects.get(codigo="p0").localizaciones.filter(unidad=oeste).exists()
    assert todo_en_orden()
