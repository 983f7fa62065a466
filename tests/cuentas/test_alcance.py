"""A role limited to districts: what it lets do and see, and where it ends."""

import pytest
from django.core.exceptions import PermissionDenied

from cuentas.models import Usuario
from cuentas.permisos import FaltaSegundoFactor, declarar, exigir, puede
from demandas.models import Demanda
from proyectos.models import PDM, Proyecto
from territorio.models import Rol
from territorio.permisos import EDITAR_EQUIPAMIENTO, EDITAR_UNIDAD, VER_BORRADORES
from territorio.services.equipamientos import crear_equipamiento, editar_equipamiento
from territorio.services.unidades import editar_unidad
from territorio.services.versiones import version_de
from tests import hechos
from tests.mundo import cuadro, punto, unidad
from tests.quienes import entrar, miembro, verificada

pytestmark = pytest.mark.django_db


@pytest.fixture
def ayllu(muni, oeste):
    return unidad("comunidad", "a", cuadro(0, 0), municipio=muni, padre=oeste, nombre="Ayllu")


@pytest.fixture
def sin_lugar(muni, este):
    return unidad("comunidad", "s", None, municipio=muni, padre=este, nombre="Sin lugar")


def test_a_limited_role_counts_in_its_unit_and_in_what_lies_there(muni, oeste, este, ayllu, sin_lugar):
    rosa = miembro(muni, Rol.TECNICO_SIG, unidades=[oeste])
    juan = miembro(muni, Rol.TECNICO_SIG, "juan", unidades=[este])
    assert [puede(rosa, EDITAR_UNIDAD, muni, u) for u in (oeste, ayllu, este, sin_lugar)] == [True, True, False, False]
    assert [puede(juan, EDITAR_UNIDAD, muni, u) for u in (este, sin_lugar, oeste, ayllu)] == [True, True, False, False]


def test_a_unit_lies_where_its_limit_lies_whatever_its_parent(muni, oeste, este):
    declarada_al_oeste = unidad("comunidad", "x", cuadro(3, 0), municipio=muni, padre=oeste)
    assert puede(miembro(muni, Rol.TECNICO_SIG, unidades=[este]), EDITAR_UNIDAD, muni, declarada_al_oeste)


def test_a_limited_role_gives_nothing_on_the_municipality_as_a_whole(muni, oeste):
    rosa = miembro(muni, Rol.TECNICO_SIG, unidades=[oeste])
    assert not puede(rosa, EDITAR_UNIDAD, muni)
    assert not puede(rosa, VER_BORRADORES, muni)
    with pytest.raises(PermissionDenied):
        exigir(rosa, EDITAR_UNIDAD, muni, muni)


def test_a_wide_role_beside_a_limited_one_counts_everywhere(muni, oeste, este):
    miembro(muni, Rol.TECNICO_SIG, unidades=[oeste])
    rosa = miembro(muni, Rol.PLANIFICADOR)
    assert puede(rosa, EDITAR_EQUIPAMIENTO, muni, este)
    assert not puede(rosa, EDITAR_UNIDAD, muni, este)


def test_a_feature_is_allowed_where_it_lies(muni, oeste, este):
    rosa = miembro(muni, Rol.PLANIFICADOR, unidades=[oeste])
    aca, alla = hechos.demanda(muni, "aca", punto(0.5, 0.5)), hechos.demanda(muni, "alla", punto(3, 1))
    assert puede(rosa, EDITAR_EQUIPAMIENTO, muni, aca)
    assert not puede(rosa, EDITAR_EQUIPAMIENTO, muni, alla)


def test_a_limited_member_sees_what_is_published_and_the_drafts_of_her_units(muni, oeste, este, ayllu, sin_lugar):
    rosa = miembro(muni, Rol.FACILITADOR, unidades=[oeste])
    juan = miembro(muni, Rol.FACILITADOR, "juan", unidades=[este])
    hechos.demanda(muni, "publica", punto(3, 1))
    hechos.demanda(muni, "aca", punto(0.5, 0.5), publicada=False)
    hechos.demanda(muni, "alla", punto(3, 1), publicada=False)
    hechos.demanda(muni, "propuesta", publicada=False, proponente=sin_lugar)
    hechos.demanda(muni, "nadie", publicada=False)
    hechos.proyecto(muni, "aca", punto(0.5, 0.5), publicado=False)
    hechos.proyecto(muni, "alla", punto(3, 1), publicado=False)
    PDM.objects.create(municipio=muni, nombre="b", desde=2021, hasta=2025, estado="borrador")

    def ve(quien, modelo) -> set[str]:
        return set(modelo.objects.visibles_para(quien).values_list("codigo", flat=True))

    assert (ve(rosa, Demanda), ve(rosa, Proyecto)) == ({"publica", "aca"}, {"aca"})
    assert (ve(juan, Demanda), ve(juan, Proyecto)) == ({"publica", "alla", "propuesta"}, {"alla"})
    assert PDM.objects.visibles_para(rosa).count() == 1


def test_a_unit_of_a_limit_elsewhere_opens_no_draft_of_another_municipality(muni, oeste):
    otro = unidad("municipio", "990102", cuadro(4, 0, 2))
    rosa = miembro(muni, Rol.FACILITADOR, unidades=[oeste])
    # Declared of the neighbour, though its point lies in the west of ours.
    hechos.demanda(otro, "ajena", punto(0.5, 0.5), publicada=False)
    assert not Demanda.objects.visibles_para(rosa).exists()


def test_what_is_moved_must_stay_within_reach(muni, oeste, este, ayllu):
    rosa = miembro(muni, Rol.TECNICO_SIG, unidades=[oeste])
    with pytest.raises(PermissionDenied):
        editar_unidad(por=rosa, unidad_id=ayllu.pk, cambios={"padre": este}, version=version_de(ayllu))
    posta = crear_equipamiento(
        por=rosa, municipio=muni, codigo="1", nombre="Posta", sector=hechos.sector("20"), tipo="posta", unidad=ayllu
    )
    with pytest.raises(PermissionDenied):
        cambios = {"unidad": este, "lugar": punto(3, 1)}
        editar_equipamiento(por=rosa, equipamiento=posta, cambios=cambios, version=posta.version)
    cambios = {"lugar": punto(0.2, 0.2)}
    assert editar_equipamiento(por=rosa, equipamiento=posta, cambios=cambios, version=posta.version).punto


def test_the_pages_say_the_same(client, muni, oeste, este, ayllu):
    entrar(client, miembro(muni, Rol.TECNICO_SIG, unidades=[oeste]))
    assert client.get(f"/territorio/unidades/{ayllu.pk}/editar/").status_code == 200
    assert client.get(f"/territorio/unidades/{este.pk}/editar/").status_code == 403
    assert client.patch(f"/api/v1/unidades/{este.pk}/", "{}", content_type="application/json").status_code == 403
    assert client.get("/territorio/importaciones/").status_code == 403


# --- the second factor ------------------------------------------------------------------------------------------------
def test_what_asks_for_a_second_factor_is_done_only_in_a_verified_session(muni, monkeypatch):
    monkeypatch.setattr("cuentas.permisos._acciones", {})
    aprobar = declarar("prueba.aprobar", "aprobar", [Rol.PLANIFICADOR], segundo_factor=True)
    rosa, juan = miembro(muni, Rol.PLANIFICADOR), miembro(muni, Rol.LECTOR, "juan")
    jefa = Usuario.objects.create_superuser("jefa")
    assert puede(rosa, aprobar, muni)
    for quien in (rosa, jefa):
        with pytest.raises(FaltaSegundoFactor, match="segundo paso"):
            exigir(quien, aprobar, muni)
        exigir(verificada(quien), aprobar, muni)
    with pytest.raises(PermissionDenied) as negado:
        exigir(verificada(juan), aprobar, muni)
    assert not isinstance(negado.value, FaltaSegundoFactor)


def test_what_a_member_of_the_council_may_do_asks_for_it_whatever_it_is(muni):
    rosa = miembro(muni, Rol.CONCEJO)
    with pytest.raises(FaltaSegundoFactor):
        exigir(rosa, VER_BORRADORES, muni)
    exigir(verificada(rosa), VER_BORRADORES, muni)
    miembro(muni, Rol.LECTOR)  # the same rosa, who reads with another role too
    exigir(Usuario.objects.get(username="rosa"), VER_BORRADORES, muni)
