"""Units written by hand: who may, what is refused and why, what moves with a point, what stands in the way of deleting."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from cuentas.models import Usuario
from cuentas.versiones import FaltaVersion, VersionVieja
from territorio.donde import donde
from territorio.models import CodigoExterno, Limite, Membresia, Rol, UnidadEnUnidad, UnidadTerritorial
from territorio.services.unidades import (
    NoSePuedeBorrar,
    borrar_unidad,
    crear_unidad,
    editar_unidad,
    lejos_de_su_padre,
    mover_punto,
    version_de,
)
from territorio.verificacion import comprobaciones
from tests import hechos
from tests.mundo import SIEMPRE, cuadro, nivel, punto, unidad

pytestmark = pytest.mark.django_db


def leida(una: UnidadTerritorial) -> str:
    """The version that a page just opened would carry."""
    return version_de(UnidadTerritorial.objects.get(pk=una.pk))


@pytest.fixture
def tecnica(muni):
    usuario = Usuario.objects.create_user("tecnica")
    Membresia.objects.create(usuario=usuario, municipio=muni, rol=Rol.TECNICO_SIG)
    return usuario


@pytest.fixture
def pampa(muni, oeste):
    return unidad("comunidad", "p", punto(0.5, 0.5), municipio=muni, padre=oeste, nombre="Pampa", personas=80)


def en_verde() -> bool:
    connection.check_constraints()  # what is only written at commit, as the links of the record are
    return not any(fallos() for _nombre, fallos in comprobaciones())


def errores(accion, **datos) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as excepcion:
        accion(**datos)
    return excepcion.value.message_dict


# --- make -------------------------------------------------------------------------------------------------------------


def test_a_new_community_with_a_point_is_placed_at_once(muni, oeste, tecnica):
    nueva = crear_unidad(
        por=tecnica, nivel=nivel("comunidad"), municipio=muni, padre=oeste, nombre=" Ñuñu  Mayu ", punto=punto(1, 1)
    )
    assert (nueva.nombre, nueva.codigo, nueva.padre) == ("Ñuñu Mayu", "nunu-mayu", oeste)
    assert list(UnidadEnUnidad.objects.filter(parte=nueva, unidad=oeste).values_list("fraccion", flat=True)) == [1.0]
    assert en_verde()


def test_a_community_without_place_lies_in_its_parent_by_declaration(muni, este, tecnica):
    nueva = crear_unidad(por=tecnica, nivel=nivel("comunidad"), municipio=muni, padre=este, nombre="Lejana")
    assert UnidadEnUnidad.objects.filter(parte=nueva, unidad=este).exists()


def test_a_second_one_of_the_same_name_gets_another_code(muni, tecnica):
    codigos = [
        crear_unidad(por=tecnica, nivel=nivel("comunidad"), municipio=muni, nombre="San José").codigo for _ in range(3)
    ]
    assert codigos == ["san-jose", "san-jose-2", "san-jose-3"]


def test_what_cannot_be_is_refused_field_by_field_and_nothing_is_written(muni, oeste, pampa, tecnica):
    vecino = unidad("municipio", "990102", cuadro(4, 0, 2), nombre="Vecino")
    ajeno = unidad("distrito", "9", cuadro(4, 0), municipio=vecino)
    antes = UnidadTerritorial.objects.count()
    comun = {"por": tecnica, "nivel": nivel("comunidad"), "municipio": muni}
    assert errores(crear_unidad, **comun, nombre="") == {"nombre": ["Este campo no puede estar vacío."]}
    assert "ya es de Pampa" in errores(crear_unidad, **comun, nombre="Otra", codigo="p")["codigo"][0]
    assert "otro municipio" in errores(crear_unidad, **comun, nombre="Otra", padre=ajeno)["padre"][0]
    assert "no contiene" in errores(crear_unidad, **comun, nombre="Otra", padre=pampa)["padre"][0]
    lejos = errores(crear_unidad, **comun, nombre="Otra", punto=punto(2000, 0))
    assert "fuera de Bolivia" in lejos["punto"][0]
    assert set(errores(crear_unidad, **comun, nombre="", codigo="p", punto=punto(2000, 0))) == {
        "nombre", "codigo", "punto",
    }  # fmt: skip
    assert "nivel" in errores(crear_unidad, por=tecnica, nivel=nivel("municipio"), municipio=muni, nombre="Otro")
    assert UnidadTerritorial.objects.count() == antes


@pytest.mark.parametrize("rol", [r for r in Rol if r != Rol.TECNICO_SIG])
def test_other_roles_and_other_municipalities_technicians_may_not(muni, pampa, rol):
    usuario = Usuario.objects.create_user("otro")
    Membresia.objects.create(usuario=usuario, municipio=muni, rol=rol)
    vecino = unidad("municipio", "990102", cuadro(4, 0, 2), nombre="Vecino")
    Membresia.objects.create(usuario=usuario, municipio=vecino, rol=Rol.TECNICO_SIG)
    with pytest.raises(PermissionDenied):
        crear_unidad(por=usuario, nivel=nivel("comunidad"), municipio=muni, nombre="x")
    with pytest.raises(PermissionDenied):
        mover_punto(por=usuario, unidad_id=pampa.pk, punto=punto(1, 1), version=leida(pampa))
    with pytest.raises(PermissionDenied):
        borrar_unidad(por=usuario, unidad_id=pampa.pk, version=leida(pampa))


# --- edit -------------------------------------------------------------------------------------------------------------


def test_moving_a_point_takes_along_what_is_declared_in_it(muni, oeste, este, pampa, tecnica):
    demanda = hechos.demanda(muni, "a", proponente=pampa)
    mover_punto(por=tecnica, unidad_id=pampa.pk, punto=punto(3, 1), version=leida(pampa))
    assert [x.unidad for x in demanda.localizaciones.filter(nivel=este.nivel)] == [este]
    mover_punto(por=tecnica, unidad_id=pampa.pk, punto=None, version=leida(pampa))
    assert [x.unidad for x in demanda.localizaciones.filter(nivel=este.nivel)] == [oeste]  # as its parent says
    editar_unidad(por=tecnica, unidad_id=pampa.pk, cambios={"padre": este}, version=leida(pampa))
    assert [x.unidad for x in demanda.localizaciones.filter(nivel=este.nivel)] == [este]
    assert en_verde()


def test_a_code_that_changes_is_kept_among_the_others(pampa, tecnica):
    cambios = {"codigo": "020-1", "codigos": [("ine", "02"), ("pcode", "B")]}
    editar_unidad(por=tecnica, unidad_id=pampa.pk, cambios=cambios, version=leida(pampa))
    codigos = CodigoExterno.objects.filter(unidad=pampa).values_list("esquema", "codigo")
    assert set(codigos) == {("ine", "02"), ("pcode", "B"), ("codigo_anterior", "p")}
    vacio = {"por": tecnica, "unidad_id": pampa.pk, "cambios": {"codigos": [("ine", "")]}, "version": leida(pampa)}
    assert "«ine: »" in errores(editar_unidad, **vacio)["codigos"][0]


def test_who_edits_what_somebody_else_changed_meanwhile_is_told_and_nothing_is_lost(pampa, tecnica):
    antes = version_de(pampa)
    editar_unidad(por=tecnica, unidad_id=pampa.pk, cambios={"nombre": "Pampa Grande"}, version=antes)
    with pytest.raises(VersionVieja) as vieja:
        editar_unidad(por=tecnica, unidad_id=pampa.pk, cambios={"nombre": "Pampa Chica"}, version=antes)
    assert vieja.value.actual == leida(pampa) != antes
    for nada in (None, ""):
        with pytest.raises(FaltaVersion):
            borrar_unidad(por=tecnica, unidad_id=pampa.pk, version=nada)
    assert UnidadTerritorial.objects.get(pk=pampa.pk).nombre == "Pampa Grande"


def test_the_same_content_is_the_same_version(pampa, tecnica):
    antes = version_de(pampa)
    editar_unidad(por=tecnica, unidad_id=pampa.pk, cambios={"nombre": "Pampa", "punto": punto(0.5, 0.5)}, version=antes)
    assert leida(pampa) == antes


def test_another_limit_is_another_version(oeste):
    antes = leida(oeste)
    Limite.objects.filter(unidad=oeste).update(vigencia=(date(2000, 1, 1), date(2020, 1, 1)))
    assert leida(oeste) != antes


def test_a_point_outside_its_parent_is_told_with_the_distance(muni, oeste, pampa):
    assert lejos_de_su_padre(punto(1, 1), oeste) is None
    padre, metros = lejos_de_su_padre(punto(3, 1), oeste)
    assert padre == oeste
    assert metros == pytest.approx(1064, rel=0.01)  # one step of 0.01° at 17° south
    sin_limite = unidad("distrito", "3", None, municipio=muni)
    assert lejos_de_su_padre(punto(9, 1), sin_limite)[0] == muni


# --- delete -----------------------------------------------------------------------------------------------------------


def test_a_unit_that_nothing_refers_to_is_deleted_with_what_was_derived_of_it(muni, oeste, tecnica):
    sola = unidad("comunidad", "s", punto(1, 1), municipio=muni, padre=oeste)
    CodigoExterno.objects.create(unidad=sola, esquema="ine", codigo="1")
    borrar_unidad(por=tecnica, unidad_id=sola.pk, version=leida(sola))
    assert not UnidadTerritorial.objects.filter(pk=sola.pk).exists()
    assert en_verde()


def test_what_refers_to_a_unit_is_named_with_its_count(muni, oeste, pampa, tecnica):
    hechos.demanda(muni, "a", proponente=pampa)
    hechos.demanda(muni, "b", proponente=pampa)
    hechos.proyecto(muni, "q", beneficia=[pampa])
    with pytest.raises(NoSePuedeBorrar) as excepcion:
        borrar_unidad(por=tecnica, unidad_id=pampa.pk, version=leida(pampa))
    assert set(excepcion.value.motivos) == {"1 población", "2 demandas", "1 proyecto"}
    with pytest.raises(NoSePuedeBorrar, match="1 límite"):
        borrar_unidad(por=tecnica, unidad_id=oeste.pk, version=leida(oeste))


# --- which unit is here -----------------------------------------------------------------------------------------------


def test_a_place_is_in_units_of_every_level_and_a_disputed_strip_names_each_claimant(muni, oeste, este):
    Limite.objects.filter(unidad=este).update(geom=cuadro(1.5, 0, 2.5, 2))
    aqui = {(c.unidad.nombre, c.en_disputa) for c in donde(punto(1.75, 1))}
    assert aqui == {("Municipio de prueba", False), ("Oeste", True), ("Este", True)}
    assert [c.unidad.nombre for c in donde(punto(0.5, 1))] == ["Municipio de prueba", "Oeste"]
    assert donde(punto(9, 9)) == []


def test_a_limit_of_another_day_and_a_unit_that_ended_are_not_here(muni, oeste):
    Limite.objects.filter(unidad=oeste).update(vigencia=(date(2000, 1, 1), date(2020, 1, 1)))
    assert [c.unidad for c in donde(punto(1, 1))] == [muni]
    assert [c.unidad for c in donde(punto(1, 1), date(2010, 1, 1))] == [muni, oeste]
    Limite.objects.filter(unidad=oeste).update(vigencia=SIEMPRE)
    UnidadTerritorial.objects.filter(pk=oeste.pk).update(vigencia=(None, date(2020, 1, 1)))
    assert [c.unidad for c in donde(punto(1, 1))] == [muni]
