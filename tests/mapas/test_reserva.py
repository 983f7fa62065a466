"""What readers and members see of small counts, by every door: page, list, map, download, API and the table itself."""

import csv
import io
import json
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import AnonymousUser

from cuentas.aislamiento import entrar, salir
from cuentas.models import Usuario
from demandas.models import Demanda
from territorio import cifras, reserva
from territorio.edades import TOTAL
from territorio.models import Desglose, Membresia, Poblacion, Rol, UnidadTerritorial
from territorio.verificacion import comprobaciones
from tests import hechos
from tests.mundo import cuadro, punto, unidad

pytestmark = pytest.mark.django_db

RESERVADO = "reservado: grupo de menos de 5 personas"


def contar(una, mujeres: int, hombres: int, jovenes: int = 0, *, censo: int = 2024) -> None:
    """Women and men, and of the women those up to 29 years."""
    filas = {
        ("mujeres", TOTAL): mujeres,
        ("hombres", TOTAL): hombres,
        (TOTAL, TOTAL): mujeres + hombres,
        ("mujeres", "0-29"): jovenes or mujeres // 2,
        ("mujeres", "30+"): mujeres - (jovenes or mujeres // 2),
    }
    Poblacion.objects.filter(unidad=una, censo=censo).delete()
    Poblacion.objects.bulk_create(
        Poblacion(unidad=una, censo=censo, sexo=s, grupo_edad=g, personas=n) for (s, g), n in filas.items()
    )


@pytest.fixture
def distritos(muni):
    """Three districts, of which the second has three young women."""
    hechos_ = [(100, 100, 0), (50, 50, 3), (20, 30, 0)]
    hechas = []
    for i, (mujeres, hombres, jovenes) in enumerate(hechos_):
        hecha = unidad("distrito", str(i + 1), cuadro(i, 0, 1, 2), municipio=muni, nombre=f"Distrito {i + 1}")
        contar(hecha, mujeres, hombres, jovenes)
        hechas.append(hecha)
    contar(muni, 170, 180, 63)
    cifras.recalcular([muni.pk])
    return hechas


@pytest.fixture
def miembro(muni):
    usuaria = Usuario.objects.create_user("lectora", password="clave-de-prueba-9")
    Membresia.objects.create(usuario=usuaria, municipio=muni, rol=Rol.LECTOR)
    return usuaria


def publicas() -> set[str]:
    return set(Desglose.objects.filter(publico=True).values_list("unidad__codigo", flat=True))


def filas(client, **filtros) -> list[dict]:
    respuesta = client.get("/api/v1/poblaciones/", filtros)
    assert respuesta.status_code == 200
    return json.loads(b"".join(respuesta.streaming_content))["filas"]


# --- what is shown of a tree of units ---------------------------------------------------------------------------------


def test_the_smallest_neighbour_is_kept_too_so_that_the_municipality_less_the_rest_says_nothing(distritos):
    assert publicas() == {"990101", "1"}


def test_a_community_across_two_districts_is_kept_where_these_are_shown(muni, oeste, este):
    for una in (muni, oeste, este):
        contar(una, 400, 400)
    cruza = unidad("comunidad", "c", cuadro(1, 0, 2, 1), municipio=muni)
    dentro = unidad("comunidad", "d", cuadro(0, 0, 1, 1), municipio=muni)
    contar(cruza, 60, 60)
    contar(dentro, 60, 60)
    cifras.recalcular([muni.pk])
    assert publicas() == {"990101", "1", "2", "d"}


def test_a_unit_without_place_is_in_what_it_is_declared_part_of(muni, oeste):
    contar(oeste, 100, 100)
    contar(unidad("comunidad", "c", None, municipio=muni, padre=oeste), 98, 60)
    cifras.recalcular([muni.pk])
    assert publicas() == {"1"}  # the district less the community would be two women


def test_a_unit_whose_place_nobody_knows_is_kept_where_it_might_lie(muni, oeste, este):
    contar(oeste, 100, 100)
    contar(unidad("comunidad", "c", None, municipio=muni), 60, 60)
    cifras.recalcular([muni.pk])
    assert publicas() == {"1"}


def test_censuses_are_apart(distritos, muni):
    contar(distritos[1], 50, 50, 25, censo=2012)
    cifras.recalcular([muni.pk])
    assert set(Desglose.objects.filter(unidad=distritos[1]).values_list("censo", "publico")) == {
        (2024, False),
        (2012, True),
    }


def test_a_new_limit_and_a_table_that_goes_are_followed(distritos, muni):
    Poblacion.objects.filter(unidad=distritos[1]).exclude(sexo=TOTAL, grupo_edad=TOTAL).delete()
    cifras.recalcular([muni.pk])
    # Nobody loaded the second any more, but the municipality less the others would still tell it.
    assert publicas() == {"990101", "1"}
    assert not Desglose.objects.filter(unidad=distritos[1]).exists()


def test_the_threshold_is_a_setting(distritos, muni, settings):
    settings.MINKA_UMBRAL_PERSONAS = 0
    cifras.recalcular([muni.pk])
    assert publicas() == {"990101", "1", "2", "3"}
    settings.MINKA_UMBRAL_PERSONAS = 3
    cifras.recalcular([muni.pk])
    assert publicas() == {"990101", "1", "2", "3"}


def test_verificar_finds_what_is_shown_against_the_rule(distritos):
    assert reserva.diferencias() == []
    Desglose.objects.filter(unidad=distritos[1]).update(publico=True)
    (falla,) = reserva.diferencias()
    assert "guardado público, según la regla reservado" in falla
    assert any(funcion is reserva.diferencias for _nombre, funcion in comprobaciones())


# --- doors: population ------------------------------------------------------------------------------------------------


def test_the_page_of_a_unit_says_that_it_is_reserved_and_shows_it_to_members(client, distritos, miembro):
    pagina = client.get(f"/unidades/{distritos[1].pk}/").content.decode()
    assert RESERVADO in pagina
    assert 'class="piramide' not in pagina
    assert 'class="piramide' in client.get(f"/unidades/{distritos[0].pk}/").content.decode()
    client.force_login(miembro)
    pagina = client.get(f"/unidades/{distritos[1].pk}/").content.decode()
    assert 'class="piramide' in pagina
    assert RESERVADO not in pagina


def test_a_census_that_is_reserved_can_be_asked_for_and_is_said_to_be(client, distritos, muni):
    contar(distritos[1], 50, 50, 25, censo=2012)
    cifras.recalcular([muni.pk])
    assert RESERVADO in client.get(f"/unidades/{distritos[1].pk}/").content.decode()
    pagina = client.get(f"/unidades/{distritos[1].pk}/?censo=2012").content.decode()
    assert 'class="piramide' in pagina


def test_the_api_gives_the_total_and_one_empty_row_that_says_reserved(client, distritos, miembro):
    suyas = filas(client, unidad=distritos[1].pk)
    assert [(f["sexo"], f["grupo_edad"], f["personas"], f["reservado"]) for f in suyas] == [
        (None, None, None, True),
        (TOTAL, TOTAL, 100, False),
    ]
    assert len(filas(client, unidad=distritos[0].pk)) == 5
    client.force_login(miembro)
    assert {f["personas"] for f in filas(client, unidad=distritos[1].pk)} == {3, 47, 50, 100}


def test_filters_and_pages_of_the_api_hold_with_reserved_rows(client, distritos):
    todas = filas(client)
    assert len(todas) == 5 + 5 + 2 + 2
    paginas = [f for desde in range(0, 14, 4) for f in filas(client, desde=desde, limite=4)]
    assert paginas == todas
    assert [f["reservado"] for f in filas(client, unidad=distritos[1].pk, sexo="mujeres")] == [True]
    assert [f["reservado"] for f in filas(client, unidad=distritos[1].pk, sexo="total")] == [False]
    assert filas(client, unidad=distritos[1].pk, censo=2012) == []


def test_the_database_itself_keeps_the_rows_from_who_is_not_a_member(distritos, muni):
    @contextmanager
    def como(municipios):
        entrar(municipios=municipios)
        try:
            yield set(Poblacion.objects.filter(unidad=distritos[1]).values_list("personas", flat=True))
        finally:
            salir()

    with como([]) as ajenas:
        assert ajenas == {100}
    with como([muni.pk]) as propias:
        assert propias == {3, 47, 50, 100}
    assert set(
        Poblacion.objects.visibles_para(AnonymousUser()).filter(unidad=distritos[1]).values_list("personas")
    ) == {(100,)}


# --- doors: demands ---------------------------------------------------------------------------------------------------


@pytest.fixture
def demandas(muni, oeste):
    """Of many people, of few women among many men, of few in all, of nobody counted, of women only."""
    quienes = {"muchas": (40, 50), "pocas": (3, 50), "nadie_mas": (2, 1), "sin": (None, None), "ellas": (30, None)}
    return {
        codigo: hechos.demanda(muni, codigo, punto(1, 1), beneficiarias_mujeres=mujeres, beneficiarios_hombres=hombres)
        for codigo, (mujeres, hombres) in quienes.items()
    }


def por_codigo(usuario) -> dict[str, tuple]:
    return {d.codigo: (d.mujeres, d.hombres, d.personas, d.reservado) for d in Demanda.objects.con_personas(usuario)}


def test_both_sexes_are_kept_or_neither_and_the_sum_only_where_it_is_few(demandas, miembro):
    assert por_codigo(AnonymousUser()) == {
        "muchas": (40, 50, 90, False),
        "pocas": (None, None, 53, True),
        "nadie_mas": (None, None, None, True),
        "sin": (None, None, None, False),
        "ellas": (30, None, 30, False),
    }
    assert por_codigo(miembro)["pocas"] == (3, 50, 53, False)
    assert por_codigo(Usuario(is_superuser=True))["nadie_mas"] == (2, 1, 3, False)


def test_members_of_another_municipality_read_what_everybody_reads(demandas):
    otro = unidad("municipio", "990102", cuadro(8, 8), nombre="Otro")
    vecina = Usuario.objects.create_user("vecina")
    Membresia.objects.create(usuario=vecina, municipio=otro, rol=Rol.ADMINISTRADOR)
    assert por_codigo(vecina) == por_codigo(AnonymousUser())


def test_sums_by_territory_are_made_of_what_the_reader_sees(demandas, oeste, miembro):
    """However demands are filtered, the difference of two sums is what was given for each."""

    def suma(usuario, **filtros) -> float:
        del_filtro = Demanda.objects.filter(**filtros)
        return (
            UnidadTerritorial.objects.filter(pk=oeste.pk).con_demanda(del_filtro, usuario=usuario).get().beneficiarios
        )

    assert suma(AnonymousUser()) == 90 + 53 + 30
    assert suma(AnonymousUser(), codigo="nadie_mas") == 0
    assert suma(miembro) == suma(None) == 90 + 53 + 3 + 30


def test_page_list_and_order_of_demands_do_not_tell_it(client, demandas, muni, miembro):
    pagina = client.get(f"/demandas/{demandas['pocas'].pk}/").content.decode()
    assert "53 personas" in pagina
    assert RESERVADO in pagina
    assert RESERVADO in client.get(f"/demandas/{demandas['nadie_mas'].pk}/").content.decode()
    assert "sin dato" in client.get(f"/demandas/{demandas['sin'].pk}/").content.decode()
    lista = client.get("/demandas/", {"municipio": muni.codigo, "orden": "beneficiarios"}).context["pagina"]
    assert [d.codigo for d in lista] == ["ellas", "pocas", "muchas", "nadie_mas", "sin"]
    client.force_login(miembro)
    pagina = client.get(f"/demandas/{demandas['pocas'].pk}/").content.decode()
    assert "mujeres: 3, hombres: 50" in pagina
    lista = client.get("/demandas/", {"municipio": muni.codigo, "orden": "beneficiarios"}).context["pagina"]
    assert [d.codigo for d in lista] == ["nadie_mas", "ellas", "pocas", "muchas", "sin"]


def test_downloads_and_api_leave_it_empty_and_say_why(client, demandas):
    bajado = b"".join(client.get("/exportar/demandas.csv").streaming_content).decode("utf-8-sig")
    por_codigo_ = {f["codigo"]: f for f in csv.DictReader(io.StringIO(bajado))}
    assert [por_codigo_["pocas"][c] for c in ("mujeres", "hombres", "personas", "reservado")] == ["", "", "53", "sí"]
    rasgos = json.loads(b"".join(client.get("/api/v1/demandas/").streaming_content))["features"]
    (pocas,) = (r["properties"] for r in rasgos if r["properties"]["codigo"] == "nadie_mas")
    assert (pocas["mujeres"], pocas["personas"], pocas["reservado"]) == (None, None, True)
    una = client.get(f"/api/v1/demandas/{demandas['pocas'].pk}/").json()["properties"]
    assert (una["beneficiarias_mujeres"], una["personas"], una["reservado"]) == (None, 53, True)


def test_the_page_of_a_project_adds_up_what_is_shown_and_says_what_is_not(client, demandas, muni, miembro):
    obra = hechos.proyecto(muni, "o", responde=[demandas["muchas"], demandas["pocas"]])
    pagina = client.get(f"/proyectos/{obra.pk}/").content.decode()
    assert "mujeres: 40, hombres: 50" in pagina
    assert RESERVADO in pagina
    client.force_login(miembro)
    assert "mujeres: 43, hombres: 100" in client.get(f"/proyectos/{obra.pk}/").content.decode()
