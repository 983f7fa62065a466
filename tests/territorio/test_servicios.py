"""The nearest working service of a unit, its site, and services recorded by hand."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from cuentas.models import Usuario
from cuentas.versiones import VersionVieja
from territorio.localizacion import relocalizar
from territorio.models import Equipamiento, Limite, UnidadTerritorial
from territorio.services.equipamientos import crear_equipamiento, editar_equipamiento
from territorio.verificacion import comprobaciones
from tests import hechos
from tests.mundo import PASO, cuadro, linea, punto, unidad

pytestmark = pytest.mark.django_db
# One step of the grid in metres, along a meridian at 17° S and along that parallel.
AL_NORTE, AL_ESTE = PASO * 110_664, PASO * 106_487


@pytest.fixture
def comunidad(muni, oeste):
    return unidad("comunidad", "a", punto(1, 1), municipio=muni, padre=oeste)


def cercano(una, **filtros) -> dict | None:
    return UnidadTerritorial.objects.con_servicio_cercano(**filtros).get(pk=una.pk).servicio_cercano


def test_the_nearest_by_metres_not_by_degrees(muni, comunidad):
    hechos.equipamiento(muni, "n", punto(1, 1.99))
    este = hechos.equipamiento(muni, "e", punto(2, 1))
    hallado = cercano(comunidad)
    # One step east is shorter than 0.99 of a step north is long: degrees would say the other.
    assert AL_ESTE < 0.99 * AL_NORTE
    assert (hallado["id"], hallado["nombre"]) == (este.pk, "Servicio e")
    assert hallado["metros"] == pytest.approx(AL_ESTE, rel=1e-3)


def test_only_what_works_and_is_of_the_sector_and_kind(muni, comunidad):
    hechos.equipamiento(muni, "cerrado", punto(1, 1), estado="cerrado")
    hechos.equipamiento(muni, "nadie sabe", punto(1, 1), estado="desconocido")
    escuela = hechos.equipamiento(muni, "escuela", punto(1.1, 1), sector_="21", tipo="unidad educativa")
    lejos = hechos.equipamiento(muni, "lejos", punto(3, 1), estado="en_parte")
    hospital = hechos.equipamiento(muni, "hospital", punto(4, 1), tipo="hospital")
    assert cercano(comunidad)["id"] == escuela.pk
    assert cercano(comunidad, sector="20")["id"] == lejos.pk
    assert cercano(comunidad, sector="20", tipo="hospital")["id"] == hospital.pk
    assert cercano(comunidad, sector="11") is None


def test_a_service_of_the_neighbour_counts(muni, comunidad):
    vecino = unidad("municipio", "990102", cuadro(4, 0, 4, 2))
    suyo = hechos.equipamiento(vecino, "v", punto(5, 1))
    assert cercano(comunidad)["id"] == suyo.pk


def test_a_unit_sets_out_from_inside_its_limit_and_one_without_place_from_nowhere(muni, oeste):
    hechos.equipamiento(muni, "s", punto(0.5, 0.5))
    con_limite = unidad("comunidad", "b", cuadro(0, 0), municipio=muni)
    sin_lugar = unidad("comunidad", "c", None, municipio=muni, padre=oeste)
    assert cercano(con_limite)["metros"] < AL_NORTE / 2
    assert cercano(sin_lugar) is None


def test_a_service_known_by_its_community_stands_there_and_one_known_by_its_district_nowhere(muni, oeste, comunidad):
    en_ella = hechos.equipamiento(muni, "c", unidad=comunidad)
    assert cercano(comunidad) | {"tipo": ""} == {"id": en_ella.pk, "nombre": "Servicio c", "tipo": "", "metros": 0}
    en_el_distrito = hechos.equipamiento(muni, "d", unidad=oeste, sector_="21")
    assert (en_el_distrito.sitio, en_el_distrito.ubicada_por) == (None, "unidad")
    assert cercano(comunidad, sector="21") is None


def test_a_road_or_a_plot_is_reached_at_a_point_on_it(muni, comunidad):
    toma = hechos.equipamiento(muni, "l", linea((1, 1), (1, 2)))
    assert cercano(comunidad)["metros"] <= AL_NORTE
    assert toma.sitio.x == pytest.approx(-65 + PASO)


def test_the_site_follows_the_unit_and_verificar_sees_one_that_did_not(muni):
    base = unidad("comunidad", "b", cuadro(0, 0), municipio=muni)
    servicio = hechos.equipamiento(muni, "s", unidad=base)
    antes = servicio.sitio
    Limite.objects.filter(unidad=base).update(geom=cuadro(2, 0))
    assert Equipamiento.mal_situados() == [servicio.pk]
    relocalizar([base.pk])
    servicio.refresh_from_db()
    assert servicio.sitio.x > antes.x
    connection.check_constraints()  # what is only written at commit, as the links of the record are
    assert [falla for _nombre, revisar in comprobaciones() for falla in revisar()] == []


def test_services_are_recorded_and_corrected_by_who_may(muni, comunidad):
    sector = hechos.sector("20")
    datos = {"municipio": muni, "codigo": "p", "nombre": "Posta", "sector": sector, "tipo": "puesto de salud"}
    with pytest.raises(PermissionDenied):
        crear_equipamiento(por=Usuario.objects.create_user("nadie"), **datos)
    jefa = Usuario.objects.create_superuser("jefa")
    posta = crear_equipamiento(por=jefa, **datos, unidad=comunidad, estado="funciona")
    assert cercano(comunidad)["metros"] == 0
    posta = editar_equipamiento(por=jefa, equipamiento=posta, cambios={"lugar": punto(2, 1)}, version=posta.version)
    assert cercano(comunidad)["metros"] == pytest.approx(AL_ESTE, rel=1e-3)
    with pytest.raises(VersionVieja):
        editar_equipamiento(por=jefa, equipamiento=posta, cambios={"estado": "cerrado"}, version=1)
    posta = editar_equipamiento(por=jefa, equipamiento=posta, cambios={"estado": "cerrado"}, version=2)
    assert cercano(comunidad) is None
    ajena = unidad("municipio", "990102", cuadro(4, 0, 4, 2))
    with pytest.raises(ValidationError):
        editar_equipamiento(por=jefa, equipamiento=posta, cambios={"unidad": ajena}, version=posta.version)
