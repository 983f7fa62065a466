"""How things stood on another day: the questions of today, answered with the limits, units and names of then."""

from datetime import date

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import DatabaseError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demandas.models import Demanda, DemandaUnidad
from mapas.filtros import vista_de
from mapas.preguntas import PREGUNTAS
from territorio.fechas import FechaInvalida, al, hoy, leer_dia
from territorio.importacion.escritor import poner_limites
from territorio.localizacion import localizar, relocalizar, tablas
from territorio.models import Denominacion, Sucesion, UnidadEnUnidad, UnidadTerritorial
from territorio.pasado import como_era
from territorio.services import limites, sucesion
from territorio.services.formas import Parte
from tests import hechos, mundo
from tests.archivos import contenido

ANTES, CAMBIO = date(2022, 6, 1), date(2023, 1, 1)


def cambiar(unidad: UnidadTerritorial, geom, desde: date = CAMBIO) -> None:
    poner_limites({unidad: geom}, desde=desde, fuente="prueba", estado="definido")
    relocalizar([unidad.pk])


def por_unidad(modelo=Demanda) -> dict[str, float]:
    filas = modelo.objects.all().localizaciones().filter(nivel__codigo="distrito")
    return {f.unidad.nombre: f.fraccion for f in filas.select_related("unidad")}


@pytest.fixture
def frontera_movida(muni, oeste, este):
    """Until 2022 the border ran at 2; since then West holds all up to 3. One demand at 2.5."""
    demanda = hechos.demanda(muni, "a", mundo.punto(2.5, 0.5))
    cambiar(oeste, mundo.cuadro(0, 0, 3, 2))
    cambiar(este, mundo.cuadro(3, 0, 1, 2))
    return demanda


def test_a_demand_counts_in_the_district_that_held_its_place_that_day(muni, frontera_movida):
    assert por_unidad() == {"Oeste": 1}
    with como_era(muni, ANTES):
        assert por_unidad() == {"Este": 1}
    with como_era(muni, CAMBIO):
        assert por_unidad() == {"Oeste": 1}
    assert por_unidad() == {"Oeste": 1}


def test_a_demand_declared_in_a_unit_lies_that_day_where_the_unit_lay(muni, oeste, este):
    comunidad = mundo.unidad("comunidad", "c", mundo.cuadro(0, 0), municipio=muni, padre=oeste)
    hechos.demanda(muni, "a", proponente=comunidad)
    cambiar(comunidad, mundo.cuadro(3, 0))
    assert por_unidad() == {"Este": 1}
    with como_era(muni, ANTES):
        assert por_unidad() == {"Oeste": 1}


def test_how_a_demand_came_to_its_place_is_that_of_the_day(muni, oeste):
    comunidad = mundo.unidad("comunidad", "c", None, municipio=muni, padre=oeste)
    demanda = hechos.demanda(muni, "a", proponente=comunidad)
    cambiar(comunidad, mundo.cuadro(0, 0))
    demanda.refresh_from_db()
    assert demanda.ubicada_por == "unidad"
    with como_era(muni, ANTES):
        assert Demanda.objects.get().ubicada_por == "ancestro"
    assert Demanda.objects.get().ubicada_por == "unidad"


def test_the_questions_close_on_either_day(muni, frontera_movida, este):
    hechos.proyecto(muni, "p", mundo.linea((1.5, 1), (5, 1)))
    hechos.demanda(muni, "fuera", mundo.punto(9, 9))
    hechos.demanda(muni, "sin lugar")
    for fecha, donde in (("", "Oeste"), (ANTES.isoformat(), "Este")):
        for pregunta, responder in PREGUNTAS.items():
            parametros = QueryDict(f"municipio=990101&nivel=distrito&fecha={fecha}")
            vista = vista_de(parametros, AnonymousUser(), pregunta=pregunta)
            with vista.en_su_dia():
                figuras = responder(vista)
            linea = figuras.conservacion
            assert linea.ubicadas + linea.fuera + linea.sin_ubicar == pytest.approx(linea.total)
            if pregunta == "demanda":
                assert (linea.total, linea.ubicadas, linea.fuera, linea.sin_ubicar) == (3, 1, 1, 1)
                assert {f["nombre"]: f["demandas"] for f in figuras.filas if f["demandas"]} == {donde: 1}


def test_units_and_names_are_those_of_the_day(muni, oeste, este):
    nueva = mundo.unidad("distrito", "3", mundo.cuadro(2, 0, 1, 2), municipio=muni, nombre="Centro")
    UnidadTerritorial.objects.filter(pk=nueva.pk).update(vigencia=DateRange(CAMBIO, None))
    Denominacion.objects.create(unidad=oeste, nombre="Poniente", vigencia=DateRange(None, CAMBIO))
    localizar(UnidadTerritorial.objects.all())

    def nombres():
        return set(UnidadTerritorial.objects.del_nivel("distrito").vigentes().values_list("nombre", flat=True))

    assert nombres() == {"Oeste", "Este", "Centro"}
    with como_era(muni, ANTES):
        assert nombres() == {"Poniente", "Este"}
    assert nombres() == {"Oeste", "Este", "Centro"}


def test_a_unit_that_was_divided_holds_on_a_day_before_what_its_parts_hold_now(muni, oeste):
    UnidadTerritorial.objects.filter(pk=oeste.pk).update(vigencia=DateRange(None, CAMBIO))
    oeste.limites.update(vigencia=DateRange(date(2000, 1, 1), CAMBIO))
    for codigo, x in (("1a", 0), ("1b", 1)):
        parte = mundo.unidad("distrito", codigo, mundo.cuadro(x, 0, 1, 2), municipio=muni, nombre=codigo)
        UnidadTerritorial.objects.filter(pk=parte.pk).update(vigencia=DateRange(CAMBIO, None))
        parte.limites.update(vigencia=DateRange(CAMBIO, None))
        Sucesion.objects.create(predecesora=oeste, sucesora=parte, desde=CAMBIO, motivo="division")
    hechos.demanda(muni, "a", proponente=oeste)
    hechos.demanda(muni, "b", mundo.punto(0.5, 0.5))
    relocalizar(UnidadTerritorial.objects.del_nivel("distrito").values_list("pk", flat=True))

    def sumas():
        filas = DemandaUnidad.objects.filter(nivel__codigo="distrito").values_list("unidad__codigo", "fraccion")
        return {codigo: round(sum(f for c, f in filas if c == codigo), 6) for codigo, _f in filas}

    assert sumas() == {"1a": 1.5, "1b": 0.5}
    with como_era(muni, ANTES):
        assert sumas() == {"1": 2}


def test_a_change_next_door_moves_what_is_of_this_municipality(muni, oeste):
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(4, 0, 2), nombre="Vecino")
    lejano = mundo.unidad("municipio", "990103", mundo.cuadro(20, 0, 2), nombre="Lejano")
    hechos.demanda(muni, "a", mundo.punto(4.5, 0.5))
    hechos.demanda(vecino, "v", mundo.punto(1, 1))
    cambiar(vecino, mundo.cuadro(5, 0))
    cambiar(lejano, mundo.cuadro(21, 0))

    def municipios(codigo):
        filas = DemandaUnidad.objects.filter(demanda__codigo=codigo, nivel__codigo="municipio")
        return list(filas.values_list("unidad__nombre", flat=True))

    assert (municipios("a"), municipios("v")) == ([], [muni.nombre])
    with como_era(muni, ANTES):
        assert (municipios("a"), municipios("v")) == (["Vecino"], [muni.nombre])


def test_only_the_levels_whose_limits_changed_are_worked_out(muni, oeste, este, monkeypatch):
    from territorio import pasado

    mundo.unidad("otb", "a", mundo.cuadro(0, 0), municipio=muni, padre=oeste)
    hechos.demanda(muni, "a", mundo.punto(0.5, 0.5))
    jefe = get_user_model().objects.create_superuser("jefe")
    dividir([oeste], 0, 5, CAMBIO, jefe)
    pedidos, original = [], pasado.calcular
    monkeypatch.setattr(pasado, "calcular", lambda c, tabla, ids, n: pedidos.append(n) or original(c, tabla, ids, n))
    with como_era(muni, ANTES):
        assert por_unidad() == {"Oeste": 1}
    distrito = [mundo.nivel("distrito").pk]
    assert pedidos
    # At every level only the new ones, which that day lie nowhere of their own, may be asked about.
    assert [n for n in pedidos if n != distrito] in ([], [None])


def test_nothing_is_written_and_nothing_leaks(muni, frontera_movida):
    antes, de_antes = contenido(), temporales()
    for modelo, campo in ((Demanda, "titulo"), (UnidadTerritorial, "nombre")):
        with como_era(muni, ANTES), pytest.raises(DatabaseError), transaction.atomic():
            modelo.objects.update(**{campo: "otro"})
    with pytest.raises(ZeroDivisionError), como_era(muni, ANTES):
        1 / 0  # noqa: B018
    assert hoy() > CAMBIO
    assert temporales() == de_antes
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("off",)
    assert contenido() == antes
    hechos.demanda(muni, "b", mundo.punto(0.5, 0.5))  # and writing goes on


def temporales() -> list[tuple]:
    """Names that this session set before the stored ones."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT oid, relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() ORDER BY 1")
        return cursor.fetchall()


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_stays_open_serves_the_next_request_as_it_was(client):
    muni = mundo.unidad("municipio", "990101", mundo.cuadro(0, 0, 4, 2))
    oeste = mundo.unidad("distrito", "1", mundo.cuadro(0, 0, 2), municipio=muni)
    hechos.demanda(muni, "a", mundo.punto(2.5, 0.5))
    cambiar(oeste, mundo.cuadro(0, 0, 3, 2))

    def fuera(fecha: str) -> float:
        respuesta = client.get("/api/v1/demanda/", {"municipio": "990101", "nivel": "distrito", "fecha": fecha})
        return respuesta.json()["conservacion"]["fuera"]

    assert [fuera(""), fuera("2022-06-01"), fuera(""), fuera("2022-06-01")] == [0, 1, 0, 1]


def test_another_day_within_one_day_is_refused(muni, frontera_movida):
    with como_era(muni, ANTES):
        with como_era(muni, ANTES):
            assert por_unidad() == {"Este": 1}
        with pytest.raises(RuntimeError), como_era(muni, CAMBIO):
            pass


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bordes=st.lists(st.integers(1, 39), min_size=2, max_size=3),
    lugares=st.lists(st.tuples(st.integers(0, 44), st.integers(1, 19)), min_size=1, max_size=5),
)
def test_what_is_worked_out_for_a_day_is_what_was_stored_that_day(muni, oeste, este, bordes, lugares):
    """A border that moves: the answer as of each day is the one that was stored while that day was today."""
    with transaction.atomic():
        for i, (x, y) in enumerate(lugares):
            hechos.demanda(muni, f"{i}", mundo.punto(x / 10, y / 10))
        hechos.demanda(muni, "linea", mundo.linea((0.5, 1), (3.5, 1)))
        guardadas = {}
        for anio, borde in enumerate(bordes, start=2010):
            cambiar(oeste, mundo.cuadro(0, 0, borde / 10, 2), date(anio, 1, 1))
            cambiar(este, mundo.cuadro(borde / 10, 0, 4 - borde / 10, 2), date(anio, 1, 1))
            guardadas[date(anio, 6, 1)] = _todo()
        for dia, guardada in guardadas.items():
            with como_era(muni, dia):
                calculada = _todo()
            assert calculada.keys() == guardada.keys()
            assert all(calculada[clave] == pytest.approx(guardada[clave], abs=1e-6) for clave in guardada)
        transaction.set_rollback(True)


def dividir(distritos, cual: int, corte: int, desde: date, por) -> None:
    """Cut one of the districts that exist by a vertical, `corte` tenths from its left."""
    distrito = distritos[cual % len(distritos)]
    x0, y0, x1, y1 = distrito.limites.en_vigor().get().geom.extent
    x = x0 + (x1 - x0) * corte / 10
    partes = [Polygon.from_bbox((x0, y0, x, y1)), Polygon.from_bbox((x, y0, x1, y1))]
    en = [Parte(f"{distrito.nombre} {i}", "", MultiPolygon(p, srid=4326)) for i, p in enumerate(partes)]
    sucesion.dividir(unidad=distrito, en=en, desde=desde, por=por)


def unir(distritos, cual: int, otro: int, desde: date, por) -> None:
    juntos = sorted({distritos[cual % len(distritos)], distritos[otro % len(distritos)]}, key=lambda u: u.pk)
    if len(juntos) == 2:
        sucesion.fusionar(unidades=juntos, en=Parte("Juntos"), desde=desde, por=por)


medio = st.integers(0, 6).map(lambda n: n / 2)
caja = st.builds(mundo.cuadro, medio, medio, st.integers(1, 4).map(lambda n: n / 2))
paso = st.one_of(
    st.tuples(st.just(dividir), st.integers(0, 3), st.integers(1, 9)),
    st.tuples(st.just(unir), st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.sampled_from(["distrito", "otb"]), st.integers(0, 3), caja),
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pasos=st.lists(paso, min_size=1, max_size=3))
def test_units_divided_and_joined_and_limits_changed_at_two_levels_are_seen_as_they_were(muni, oeste, este, pasos):
    """Neighbourhoods that overlap each other and cross the districts, one known by its point; features of every kind."""
    with transaction.atomic():
        jefe = get_user_model().objects.create_superuser("jefe")
        otbs = [mundo.unidad("otb", c, g, municipio=muni, padre=p) for c, g, p in (
            ("a", mundo.cuadro(0.5, 0.5), oeste), ("b", mundo.cuadro(1, 0, 2, 1.5), oeste), ("c", mundo.punto(3, 1), este)
        )]  # fmt: skip
        for i, proponente in enumerate((None, oeste, este, *otbs)):
            hechos.demanda(muni, f"s{i}", proponente=proponente)
            hechos.demanda(muni, f"p{i}", mundo.punto(0.6 * i + 0.5, 0.9), proponente=proponente)
        hechos.proyecto(muni, "linea", mundo.linea((0.5, 1), (3.5, 1)))
        hechos.proyecto(muni, "area", mundo.cuadro(0.75, 0.25, 2.5, 1))
        guardadas = {date(2009, 6, 1): _filas()}
        for anio, (que, cual, como) in enumerate(pasos, start=2010):
            vivas = list(UnidadTerritorial.objects.del_nivel(que if que == "otb" else "distrito").vigentes())
            desde = date(anio, 1, 1)
            if callable(que):
                que(vivas, cual, como, desde, jefe)
            else:
                unidad = vivas[cual % len(vivas)]
                limites.cambiar_limite(unidad=unidad, geom=como, desde=desde, estado="definido", por=jefe)
            guardadas[date(anio, 6, 1)] = _filas()
        for dia, guardada in guardadas.items():
            with como_era(muni, dia):
                calculada = _filas()
            assert calculada.keys() == guardada.keys()
            assert all(calculada[clave] == pytest.approx(guardada[clave], abs=1e-6) for clave in guardada)
        transaction.set_rollback(True)


def _filas() -> dict[tuple, tuple[float, bool]]:
    """Every stored row, but for the places of units that do not exist."""
    filas = {}
    for tabla in tablas():
        de_la_tabla = tabla.objects.values_list(f"{tabla.OBJETO}_id", "unidad_id", "nivel_id", "fraccion", "en_disputa")
        if tabla is UnidadEnUnidad:
            de_la_tabla = de_la_tabla.filter(parte__in=UnidadTerritorial.objects.vigentes())
        filas |= {(tabla.__name__, o, u, n): (fraccion, disputa) for o, u, n, fraccion, disputa in de_la_tabla}
    marcas = {("marca", d.pk): (d.ubicada_por, d.codigo) for d in Demanda.objects.all()}
    return filas | marcas


def _todo() -> dict[tuple[str, str], float]:
    return {
        (f.demanda.codigo, f.unidad.codigo): f.fraccion
        for f in DemandaUnidad.objects.select_related("demanda", "unidad")
    }


@pytest.mark.parametrize(
    "texto", ["hola", "2023-13-01", "31/12/2023", "1825-08-05", "2999-01-01", "20231231", "2023-1-1"]
)
def test_a_day_that_cannot_be_asked_about_is_refused_in_words(texto):
    with pytest.raises(FechaInvalida, match=r"fecha|llega"):
        leer_dia(texto)


def test_today_is_no_other_day():
    assert leer_dia("") is None
    assert leer_dia(hoy().isoformat()) is None
    with al(ANTES):
        assert leer_dia("2023-12-31") == date(2023, 12, 31)
