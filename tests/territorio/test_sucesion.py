"""Units that are divided, merged, shrunk, renamed, abolished; and limits that follow one another."""

from datetime import date, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from demandas.models import DemandaUnidad
from territorio.fechas import al
from territorio.historia import limites_fuera_de_su_unidad, sucesiones_imposibles
from territorio.models import Denominacion, EstadoLimite, Limite, Membresia, Sucesion, UnidadTerritorial
from territorio.pasado import como_era
from territorio.services import formas, limites, sucesion
from territorio.services.formas import Parte
from territorio.verificacion import comprobaciones
from tests import hechos, mundo

DIA = date(2023, 1, 1)
ANTES = date(2022, 12, 31)


@pytest.fixture
def tecnico(muni):
    usuario = get_user_model().objects.create_user("tecnico")
    Membresia.objects.create(usuario=usuario, municipio=muni, rol="tecnico_sig")
    return usuario


@pytest.fixture(autouse=True)
def todo_cuadra(db):
    """Whatever a test does through a service, what is stored agrees with geometry and with itself."""
    yield
    connection.check_constraints()  # what is only written at commit, as the links of the record are
    fallas = {nombre: fallas for nombre, comprobar in comprobaciones() if (fallas := comprobar())}
    assert not fallas


def en_distritos() -> dict[str, float]:
    filas = DemandaUnidad.objects.filter(nivel__codigo="distrito").values_list("unidad__nombre", "fraccion")
    return {nombre: round(sum(f for n, f in filas if n == nombre), 3) for nombre, _f in filas}


def mitades(nombres=("Norte", "Sur")) -> list[Parte]:
    return [Parte(n, "", mundo.cuadro(0, y, 2, 1)) for n, y in zip(nombres, (1, 0), strict=True)]


def test_a_divided_unit_ends_and_its_parts_begin_that_day(muni, oeste, tecnico):
    nuevas = sucesion.dividir(unidad=oeste, en=mitades(), desde=DIA, norma="Ley 7", por=tecnico)
    oeste.refresh_from_db()
    assert oeste.vigencia == DateRange(None, DIA)
    assert [(n.nombre, n.codigo, n.padre, n.vigencia.lower) for n in nuevas] == [
        ("Norte", "1-1", muni, DIA),
        ("Sur", "1-2", muni, DIA),
    ]
    assert list(UnidadTerritorial.objects.del_nivel("distrito").vigentes()) == nuevas
    assert list(UnidadTerritorial.objects.del_nivel("distrito").vigentes(ANTES)) == [oeste]
    assert {(s.sucesora, s.motivo, s.norma) for s in oeste.sucesiones.all()} == {
        (n, "division", "Ley 7") for n in nuevas
    }
    assert not oeste.limites.en_vigor().exists()
    assert oeste.limites.en_vigor(ANTES).count() == 1


def test_what_was_asked_in_a_divided_unit_counts_in_its_parts_now_and_in_it_before(muni, oeste, tecnico):
    hechos.demanda(muni, "a", mundo.punto(0.5, 0.5))
    hechos.demanda(muni, "b", proponente=oeste)
    sucesion.dividir(unidad=oeste, en=mitades(), desde=DIA, por=tecnico)
    assert en_distritos() == {"Sur": 1.5, "Norte": 0.5}
    with como_era(muni, ANTES):
        assert en_distritos() == {"Oeste": 2}


def test_units_below_a_divided_one_go_to_the_part_where_most_of_them_lies(muni, oeste, tecnico):
    arriba = mundo.unidad("comunidad", "a", mundo.cuadro(0, 0.8, 1, 1.2), municipio=muni, padre=oeste)
    punto = mundo.unidad("comunidad", "p", mundo.punto(0.5, 0.5), municipio=muni, padre=oeste)
    sin_lugar = mundo.unidad("comunidad", "s", None, municipio=muni, padre=oeste)
    norte, sur = sucesion.dividir(unidad=oeste, en=mitades(), desde=DIA, por=tecnico)
    for comunidad, padre in ((arriba, norte), (punto, sur), (sin_lugar, muni)):
        comunidad.refresh_from_db()
        assert comunidad.padre == padre


def test_units_with_a_place_below_units_without_limit_follow_them(muni, tecnico):
    """What no limit of a level covers goes to the declared unit of that level, and that one is another now."""
    partes = [mundo.unidad("distrito", c, None, municipio=muni, nombre=c) for c in ("a", "b")]
    otb = mundo.unidad("otb", "o", mundo.punto(0.5, 0.5), municipio=muni, padre=partes[0])
    hechos.demanda(muni, "d", mundo.punto(1, 1), proponente=otb)
    hechos.demanda(muni, "s", proponente=otb)
    assert en_distritos() == {"a": 2}
    sucesion.fusionar(unidades=partes, en=Parte("Todo"), desde=DIA, por=tecnico)
    assert en_distritos() == {"Todo": 2}


def test_a_division_places_anew_at_the_other_levels_only_the_new_units(muni, oeste, tecnico, monkeypatch):
    from territorio.localizacion import cambios

    otb = mundo.unidad("otb", "o", mundo.cuadro(0, 0), municipio=muni, padre=oeste)
    hechos.demanda(muni, "a", mundo.punto(0.5, 0.5), proponente=otb)
    pedidos, original = [], cambios._localizar

    def espiar(tabla, ids, niveles=None):
        pedidos.append((niveles, set(ids)))
        return original(tabla, ids, niveles)

    monkeypatch.setattr(cambios, "_localizar", espiar)
    nuevas = sucesion.dividir(unidad=oeste, en=mitades(), desde=DIA, por=tecnico)
    en_todos = set().union(*(ids for niveles, ids in pedidos if niveles is None))
    assert en_todos == {nueva.pk for nueva in nuevas}
    assert {tuple(niveles) for niveles, ids in pedidos if niveles} == {(mundo.nivel("distrito").pk,)}
    otb.refresh_from_db()
    assert otb.padre == nuevas[1]


def test_merged_units_end_and_one_begins_with_their_ground(muni, oeste, este, tecnico):
    comunidad = mundo.unidad("comunidad", "c", mundo.punto(0.5, 0.5), municipio=muni, padre=oeste)
    hechos.demanda(muni, "a", proponente=este)
    hechos.demanda(muni, "b", mundo.punto(0.5, 0.5))
    nueva = sucesion.fusionar(unidades=[oeste, este], en=Parte("Todo"), desde=DIA, norma="Ley 8", por=tecnico)
    comunidad.refresh_from_db()
    assert (nueva.codigo, comunidad.padre) == ("1+2", nueva)
    assert nueva.limites.get().geom.equals(mundo.cuadro(0, 0, 4, 2))
    assert set(nueva.procedencias.values_list("predecesora__nombre", "motivo")) == {
        ("Oeste", "fusion"),
        ("Este", "fusion"),
    }
    assert en_distritos() == {"Todo": 2}
    with como_era(muni, ANTES):
        assert en_distritos() == {"Este": 1, "Oeste": 1}


def test_what_a_part_leaves_goes_on_with_the_rest(muni, oeste, tecnico):
    hechos.demanda(muni, "a", mundo.punto(0.5, 1.5))
    hechos.demanda(muni, "b", mundo.punto(0.5, 0.5))
    nueva = sucesion.desmembrar(unidad=oeste, parte=mitades()[0], desde=DIA, norma="Ley 9", por=tecnico)
    oeste.refresh_from_db()
    assert oeste.vigencia.upper is None
    assert oeste.limites.en_vigor().get().geom.equals(mundo.cuadro(0, 0, 2, 1))
    assert oeste.limites.en_vigor(ANTES).get().geom.equals(mundo.cuadro(0, 0, 2))
    assert nueva.procedencias.get().motivo == "desmembramiento"
    assert en_distritos() == {"Norte": 1, "Oeste": 1}
    with pytest.raises(ValidationError, match="no queda nada"):
        sucesion.desmembrar(
            unidad=nueva, parte=Parte("Otra", "x", mundo.cuadro(0, 1, 2, 1)), desde=DIA + timedelta(days=1), por=tecnico
        )


def test_a_renamed_unit_keeps_the_name_it_had(muni, oeste, tecnico):
    sucesion.renombrar(unidad=oeste, nombre=" Poniente ", desde=DIA, norma="Ley 1", por=tecnico)
    sucesion.renombrar(unidad=oeste, nombre="Ocaso", desde=date(2024, 1, 1), por=tecnico)
    oeste.refresh_from_db()
    nombres = [(d.nombre, d.vigencia.lower, d.vigencia.upper) for d in oeste.denominaciones.all()]
    assert nombres == [("Oeste", None, DIA), ("Poniente", DIA, date(2024, 1, 1))]
    for dia, nombre in ((ANTES, "Oeste"), (DIA, "Poniente"), (date(2024, 1, 1), "Ocaso")):
        with como_era(muni, dia):
            assert UnidadTerritorial.objects.get(pk=oeste.pk).nombre == nombre
    with pytest.raises(ValidationError, match="posterior"):
        sucesion.renombrar(unidad=oeste, nombre="Tarde", desde=date(2023, 6, 1), por=tecnico)
    with pytest.raises(ValidationError, match="ya se llama así"):
        sucesion.renombrar(unidad=oeste, nombre="Ocaso", desde=date(2025, 1, 1), por=tecnico)


def test_an_abolished_unit_leaves_its_ground_to_the_one_above(muni, oeste, tecnico):
    hechos.demanda(muni, "a", proponente=oeste)
    assert sucesion.suprimir(unidad=oeste, desde=DIA, norma="Ley 2", por=tecnico) == muni
    assert en_distritos() == {}
    assert Sucesion.objects.get().motivo == "sustitucion"
    with como_era(muni, ANTES):
        assert en_distritos() == {"Oeste": 1}


def test_limits_follow_one_another_and_none_is_lost(muni, oeste, tecnico):
    for anio, ancho in ((2021, 1), (2010, 3), (2015, 1.5)):  # in any order: each finds its place in time
        limites.cambiar_limite(
            unidad=oeste, geom=mundo.cuadro(0, 0, ancho, 2), desde=date(anio, 1, 1), estado="definido", por=tecnico
        )
    fechas = [(lim.vigencia.lower.year, lim.vigencia.upper and lim.vigencia.upper.year) for lim in en_orden(oeste)]
    assert fechas == [(2000, 2010), (2010, 2015), (2015, 2021), (2021, None)]
    corregido = limites.cambiar_limite(
        unidad=oeste, geom=mundo.cuadro(0, 0, 2.5, 2), desde=date(2015, 1, 1), estado="definido", por=tecnico
    )
    assert corregido.vigencia == DateRange(date(2015, 1, 1), date(2021, 1, 1))
    assert oeste.limites.exclude(sustituido=None).count() == 1
    assert len(en_orden(oeste)) == 4


def en_orden(unidad) -> list[Limite]:
    return list(unidad.limites.filter(sustituido=None).order_by("vigencia"))


def test_another_legal_state_is_a_new_limit_of_the_same_ground(muni, oeste, tecnico):
    primero = oeste.limites.get()
    nuevo = limites.cambiar_estado(
        limite=primero, estado=EstadoLimite.EN_CONFLICTO, norma="Ley 3", desde=DIA, por=tecnico
    )
    primero.refresh_from_db()
    assert (primero.estado, primero.vigencia.upper) == ("referencial", DIA)
    assert (nuevo.estado, nuevo.norma, nuevo.fuente) == ("en_conflicto", "Ley 3", "mundo de prueba")
    assert nuevo.geom.equals(primero.geom)
    with al(ANTES):
        assert UnidadTerritorial.objects.con_limite().get(pk=oeste.pk).estado_limite == "referencial"
    with pytest.raises(ValidationError, match="no rige"):
        limites.cambiar_estado(limite=primero, estado="definido", desde=date(2024, 1, 1), por=tecnico)
    with pytest.raises(ValidationError, match="ya tiene ese estado"):
        limites.cambiar_estado(limite=nuevo, estado="en_conflicto", norma="Ley 3", desde=date(2024, 1, 1), por=tecnico)


@pytest.mark.parametrize(
    ("partes", "palabras"),
    [
        ([Parte("Norte", "", mundo.cuadro(0, 1, 2, 1))], "dos partes"),
        ([*mitades()[:1], Parte("", "", mundo.cuadro(0, 0, 2, 1))], "no tiene nombre"),
        (mitades(("Igual", "Igual")), "mismo nombre"),
        ([*mitades()[:1], Parte("Sur")], "necesita el suyo"),
        ([*mitades()[:1], Parte("Lejos", "", mundo.cuadro(9, 9))], "no toca"),
        ([*mitades()[:1], Parte("Sur", "2", mundo.cuadro(0, 0, 2, 1))], "ya es de Este"),
    ],
)
def test_parts_that_cannot_be_are_refused_in_words_and_nothing_is_written(oeste, este, tecnico, partes, palabras):
    with pytest.raises(ValidationError, match=palabras):
        sucesion.dividir(unidad=oeste, en=partes, desde=DIA, por=tecnico)
    oeste.refresh_from_db()
    assert oeste.vigencia.upper is None
    assert not Sucesion.objects.exists()
    assert UnidadTerritorial.objects.del_nivel("distrito").count() == 2


def test_days_that_cannot_be_are_refused(muni, oeste, este, tecnico):
    manana = timezone.localdate() + timedelta(days=1)
    with pytest.raises(ValidationError, match="todavía no llega"):
        sucesion.dividir(unidad=oeste, en=mitades(), desde=manana, por=tecnico)
    with pytest.raises(ValidationError, match="tiene un límite"):  # its limit begins in 2000
        sucesion.dividir(unidad=oeste, en=mitades(), desde=date(1999, 1, 1), por=tecnico)
    sucesion.dividir(unidad=oeste, en=mitades(), desde=DIA, por=tecnico)
    with pytest.raises(ValidationError, match="ya terminó"):
        sucesion.suprimir(unidad=oeste, desde=date(2024, 1, 1), por=tecnico)
    with pytest.raises(ValidationError, match="no existe"):
        limites.cambiar_limite(
            unidad=oeste, geom=mundo.cuadro(0, 0), desde=date(2024, 1, 1), estado="definido", por=tecnico
        )
    with pytest.raises(ValidationError, match="municipio"):
        sucesion.suprimir(unidad=muni, desde=DIA, por=tecnico)
    with pytest.raises(ValidationError, match="mismo nivel"):
        sucesion.fusionar(
            unidades=[este, mundo.unidad("comunidad", "c", municipio=muni)], en=Parte("x"), desde=DIA, por=tecnico
        )


def test_areas_that_do_not_agree_are_told_in_square_metres(oeste):
    partes = [Parte("a", "", mundo.cuadro(0, 0, 1, 2)), Parte("b", "", mundo.cuadro(0.5, 0, 1, 2.5))]
    dichos = sucesion.avisos(oeste, partes, DIA)
    assert [sum(palabra in d for d in dichos) for palabra in ("ninguna parte", "fuera de Oeste", "superponen")] == [
        1,
        1,
        1,
    ]
    assert sucesion.avisos(oeste, mitades(), DIA) == [
        "Los habitantes de Oeste se quedan en ella: cargue los de las unidades nuevas."
    ]


@pytest.mark.parametrize("rol", ["facilitador", "planificador", "comite", None])
def test_only_gis_staff_of_the_municipality_may(muni, oeste, rol):
    usuario = get_user_model().objects.create_user("otra")
    if rol:
        Membresia.objects.create(usuario=usuario, municipio=muni, rol=rol)
    for hacer in (
        lambda: sucesion.dividir(unidad=oeste, en=mitades(), desde=DIA, por=usuario),
        lambda: sucesion.desmembrar(unidad=oeste, parte=mitades()[0], desde=DIA, por=usuario),
        lambda: sucesion.fusionar(unidades=[oeste, muni], en=Parte("x"), desde=DIA, por=usuario),
        lambda: sucesion.renombrar(unidad=oeste, nombre="x", desde=DIA, por=usuario),
        lambda: sucesion.suprimir(unidad=oeste, desde=DIA, por=usuario),
        lambda: limites.cambiar_estado(limite=oeste.limites.get(), estado="definido", desde=DIA, por=usuario),
    ):
        with pytest.raises(PermissionDenied):
            hacer()
    assert not Denominacion.objects.exists()


def test_a_limit_outside_the_days_of_its_unit_and_a_circle_of_successions_are_found(muni, oeste, este):
    UnidadTerritorial.objects.filter(pk=oeste.pk).update(vigencia=DateRange(None, DIA))
    assert "Oeste" in limites_fuera_de_su_unidad()[0]
    oeste.limites.update(vigencia=DateRange(date(2000, 1, 1), DIA))
    assert limites_fuera_de_su_unidad() == []
    for una, otra in ((oeste, este), (este, oeste)):
        Sucesion.objects.create(predecesora=una, sucesora=otra, desde=DIA, motivo="sustitucion")
    fallas = sucesiones_imposibles()
    assert "Este no termina" in fallas[0]
    assert sum("a sí misma" in falla for falla in fallas) == 2
    Sucesion.objects.all().delete()
    UnidadTerritorial.objects.filter(pk=oeste.pk).update(vigencia=DateRange(None, None))
    oeste.limites.update(vigencia=mundo.SIEMPRE)


@pytest.mark.parametrize(
    "geometria",
    [
        {"type": "Polygon", "coordinates": [[[1e200, 0], [1, 1], [0, 1], [1e200, 0]]]},
        {"type": "Polygon", "coordinates": [[[-65, -17], [float("nan"), -17], [-65, -16.9], [-65, -17]]]},
        {"type": "LineString", "coordinates": [[-65, -17], [-65.1, -17]]},
        {"type": "Point", "coordinates": [10, 50]},
        None,
    ],
)
def test_geometry_that_must_not_be_is_refused_before_it_is_built(geometria):
    with pytest.raises(ValidationError):
        formas.leer_geojson(geometria)


def test_a_polygon_with_a_bow_tie_is_mended_by_the_reader():
    geometria = {
        "type": "Polygon",
        "coordinates": [[[-65, -17], [-64.9, -16.9], [-64.9, -17], [-65, -16.9], [-65, -17]]],
    }
    geom = formas.leer_geojson(geometria)
    assert geom.valid
    assert geom.geom_type == "MultiPolygon"
