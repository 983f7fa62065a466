"""The explorer of the territory: its sentence, its tree, its search, and which unit is here."""

import pytest

from territorio import cifras
from territorio.models import CodigoExterno, Limite, UnidadTerritorial
from tests.mundo import cuadro, punto, unidad, xy

pytestmark = pytest.mark.django_db


@pytest.fixture
def canton(tablero):
    return unidad("canton", "k", cuadro(0, 0, 4, 1), municipio=tablero, nombre="Cantón Ñ")


def texto(respuesta) -> str:
    assert respuesta.status_code == 200
    return respuesta.content.decode()


def pk(codigo: str) -> int:
    return UnidadTerritorial.objects.get(codigo=codigo).pk


def test_the_first_line_counts_each_level_and_what_has_no_place(client, tablero):
    pagina = texto(client.get("/territorio/"))
    assert "Municipio de prueba: 2 distritos, 3 comunidades; 1 sin lugar conocido" in pagina


def test_a_municipality_with_nothing_says_what_to_do(client, muni):
    pagina = texto(client.get("/territorio/"))
    assert "todavía sin distritos ni comunidades" in pagina
    assert "importar_limites" in pagina


def test_parallel_ladders_hang_side_by_side_and_each_leads_to_the_communities(client, tablero, canton):
    raiz = texto(client.get(f"/territorio/rama/{tablero.pk}/"))
    assert "2 distritos" in raiz
    assert "1 cantón" in raiz
    assert "Sin lugar" in raiz  # hangs from the municipality, which is its parent
    assert "Ñuñu Mayu" in texto(client.get(f"/territorio/rama/{pk('1')}/"))
    del_canton = texto(client.get(f"/territorio/rama/{canton.pk}/"))
    assert "Ñuñu Mayu" in del_canton
    assert "Pampa" not in texto(client.get(f"/territorio/rama/{pk('1')}/"))


def test_without_script_a_link_opens_the_tree_down_to_a_unit(client, tablero):
    pagina = texto(client.get("/territorio/", {"abierta": pk("1")}))
    assert "Ñuñu Mayu" not in texto(client.get("/territorio/")).split('<script id="datos-territorio"')[0]
    assert f'id="nodo-{pk("1")}"' in pagina
    dentro = texto(client.get("/territorio/", {"abierta": pk("c")})).split('<script id="datos-territorio"')[0]
    assert "Ñuñu Mayu" in dentro


def test_a_long_list_comes_when_its_heading_is_opened(client, tablero, monkeypatch):
    monkeypatch.setattr("mapas.arbol.DE_UNA_VEZ", 0)
    raiz = texto(client.get(f"/territorio/rama/{tablero.pk}/"))
    assert "Oeste" not in raiz
    assert "hx-get" in raiz
    assert "Oeste" in texto(client.get(f"/territorio/rama/{tablero.pk}/", {"nivel": "distrito"}))
    assert client.get(f"/territorio/rama/{tablero.pk}/", {"nivel": "nada"}).status_code == 404


@pytest.mark.parametrize("buscado", ["nunu", "ÑUÑU mayu", "mayu ñu", "c", "INE-77"])
def test_search_finds_by_name_without_accents_and_by_any_code(client, tablero, buscado):
    CodigoExterno.objects.create(unidad_id=pk("c"), esquema="ine", codigo="INE-77")
    assert "Ñuñu Mayu" in texto(client.get("/territorio/buscar/", {"q": buscado}))
    assert "Ñuñu Mayu" in texto(client.get("/territorio/", {"q": buscado})).split('<script id="datos-territorio"')[0]


@pytest.mark.parametrize("buscado", ["%", "'", "x" * 500, "zzz", "\u202e🏔"])
def test_search_says_that_it_found_nothing(client, tablero, buscado):
    respuesta = texto(client.get("/territorio/buscar/", {"q": buscado}))
    assert "Ñuñu" not in respuesta


def test_here_names_every_level_disputes_and_the_nearest_communities(client, tablero):
    lon, lat = xy(3, 0.2)
    aqui = texto(client.get("/territorio/aqui/", {"lat": lat, "lon": lon}))
    assert "Es Este" in aqui
    assert "Pampa" in aqui  # no community covers the place: the nearest is told with its distance
    Limite.objects.filter(unidad__codigo="1").update(geom=cuadro(0, 0, 4, 2))
    disputado = texto(client.get("/territorio/aqui/", {"lat": lat, "lon": lon}))
    assert "Lugar en disputa" in disputado
    assert "Oeste" in disputado
    assert client.get("/territorio/aqui/", {"lat": "0", "lon": "0"}).status_code == 400
    assert client.get("/territorio/aqui/", {"lat": "nan", "lon": "x"}).status_code == 400


def test_the_card_of_a_unit_knows_the_way_to_it(client, tablero):
    tarjeta = texto(client.get(f"/territorio/unidad/{pk('c')}/"))
    assert f'data-camino="{tablero.pk},{pk("1")},{pk("c")}"' in tarjeta
    assert "Sin lugar conocido" in texto(client.get(f"/territorio/unidad/{pk('x')}/"))


def test_only_who_may_edit_is_offered_to(client, tablero, django_user_model):
    from territorio.models import Membresia

    ruta = f"/territorio/unidad/{pk('x')}/"
    assert "/editar/" not in texto(client.get(ruta))
    tecnica = django_user_model.objects.create_user("tecnica")
    Membresia.objects.create(usuario=tecnica, municipio=tablero, rol="tecnico_sig")
    client.force_login(tecnica)
    assert "/editar/" in texto(client.get(ruta))


def test_a_municipality_of_points_alone_answers_every_page(client, db):
    muni = unidad("municipio", "990103", None, nombre="Solo puntos")
    una = unidad("comunidad", "a", punto(1, 1), municipio=muni, nombre="Una", personas=50)
    unidad("comunidad", "b", punto(2, 1), municipio=muni, nombre="Otra")
    for ruta in (
        "/territorio/",
        "/mapas/desatendidas/",
        "/mapas/demanda/",
        "/mapas/servicios/",
        f"/unidades/{una.pk}/",
    ):
        assert "Una" in texto(
            client.get(ruta, {"municipio": "990103", **({"nivel": "comunidad"} if "mapas" in ruta else {})})
        )
    exportadas = client.get("/exportar/unidades.geojson", {"municipio": "990103", "nivel": "comunidad"})
    assert b"".join(exportadas.streaming_content).count(b'"Point"') == 2
    assert b'"features":[]' in b"".join(
        client.get("/exportar/influencia.geojson", {"municipio": "990103", "nivel": "comunidad"}).streaming_content
    )


# --- the page of a unit -----------------------------------------------------------------------------------------------


def test_the_pyramid_takes_any_bands_in_the_order_of_their_ages(client, muni, oeste):
    from territorio.models import Poblacion

    for sexo, grupo, personas in (
        ("mujeres", "0-14", 30),
        ("hombres", "0-14", 20),
        ("mujeres", "65+", 5),
        ("hombres", "15-64", 60),
    ):
        Poblacion.objects.create(unidad=oeste, censo=2024, sexo=sexo, grupo_edad=grupo, personas=personas)
    Poblacion.objects.create(unidad=oeste, censo=2012, sexo="mujeres", grupo_edad="0-4", personas=7)
    cifras.recalcular([muni.pk])
    dicha = client.get(f"/unidades/{oeste.pk}/").context["piramide"]
    assert [b["grupo"] for b in dicha["bandas"]] == ["65+", "15-64", "0-14"]
    assert (dicha["mujeres"], dicha["hombres"], dicha["total"], dicha["censos"]) == (35, 80, 115, [2024, 2012])
    assert dicha["bandas"][1]["ancho_hombres"] == 100
    vieja = client.get(f"/unidades/{oeste.pk}/", {"censo": "2012"}).context["piramide"]
    assert [b["grupo"] for b in vieja["bandas"]] == ["0-4"]
    assert client.get(f"/unidades/{oeste.pk}/", {"censo": "²⁰¹²"}).status_code == 400


def test_an_indicator_stands_beside_the_municipalitys_and_says_where_it_is_estimated(client, muni, oeste):
    from territorio.models import Indicador

    Indicador.objects.create(unidad=muni, nombre="nbi", anio=2024, valor=40, fuente="INE")
    Indicador.objects.create(unidad=oeste, nombre="nbi", anio=2024, valor=55.5, fuente="INE")
    este = unidad("distrito", "2", cuadro(2, 0, 2), municipio=muni, nombre="Este")
    cifras.recalcular([muni.pk])
    propia = texto(client.get(f"/unidades/{oeste.pk}/"))
    assert "55,5" in propia
    assert "40,0" in propia
    assert "estimado" in texto(client.get(f"/unidades/{este.pk}/"))
