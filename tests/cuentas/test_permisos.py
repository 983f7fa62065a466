"""Who may do what: by role in a municipality, declared by each app, checked in one place."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from cuentas import permisos
from cuentas.models import Usuario
from demandas.models import Demanda
from proyectos.models import PDM, POA, Proyecto
from territorio.models import Membresia, Rol
from territorio.permisos import IMPORTAR_LIMITES, VER_BORRADORES
from tests import hechos
from tests.mundo import cuadro, unidad

pytestmark = pytest.mark.django_db


@pytest.fixture
def vecino(db):
    return unidad("municipio", "990102", cuadro(4, 0, 2), nombre="Vecino")


def miembro(municipio, rol, nombre="rosa") -> Usuario:
    usuario, _ = Usuario.objects.get_or_create(username=nombre)
    Membresia.objects.create(usuario=usuario, municipio=municipio, rol=rol)
    return usuario


def test_a_role_counts_in_its_own_municipality_only(muni, vecino):
    tecnico = miembro(muni, Rol.TECNICO_SIG)
    assert permisos.puede(tecnico, IMPORTAR_LIMITES, muni)
    assert not permisos.puede(tecnico, IMPORTAR_LIMITES, vecino)


@pytest.mark.parametrize("rol", [r for r in Rol if r != Rol.TECNICO_SIG])
def test_another_role_may_not_load_limits_and_is_told_so(muni, rol):
    usuario = miembro(muni, rol)
    assert permisos.puede(usuario, VER_BORRADORES, muni)
    with pytest.raises(PermissionDenied, match="no permite: importar límites"):
        permisos.exigir(usuario, IMPORTAR_LIMITES, muni)


def test_who_has_several_roles_may_do_what_any_of_them_may(muni):
    miembro(muni, Rol.LECTOR)
    assert permisos.puede(miembro(muni, Rol.TECNICO_SIG), IMPORTAR_LIMITES, muni)


def test_a_visitor_may_nothing_and_a_superuser_everything(muni):
    assert not any(permisos.puede(AnonymousUser(), accion, muni) for accion in permisos.acciones())
    jefa = Usuario.objects.create_superuser("jefa")
    assert all(permisos.puede(jefa, accion, muni) for accion in permisos.acciones())


def test_an_account_that_was_closed_may_nothing(muni):
    usuario = miembro(muni, Rol.TECNICO_SIG)
    usuario.is_active = False
    assert not permisos.puede(usuario, IMPORTAR_LIMITES, muni)


def test_an_action_is_declared_once():
    with pytest.raises(ValueError, match="ya está declarada"):
        permisos.declarar("territorio.importar_limites", "otra vez", [Rol.LECTOR])


def test_every_action_names_roles_that_exist():
    assert permisos.acciones()
    for accion in permisos.acciones():
        assert accion.roles
        assert accion.roles <= set(Rol.values), accion


def test_a_role_is_given_once(muni):
    miembro(muni, Rol.LECTOR)
    with pytest.raises(IntegrityError, match="membresia_unica"), transaction.atomic():
        miembro(muni, Rol.LECTOR)


def test_members_see_drafts_of_their_municipality_once_each_and_visitors_none(muni, vecino):
    rosa = miembro(muni, Rol.LECTOR)
    miembro(muni, Rol.COMITE)
    for m in (muni, vecino):
        for publico in (True, False):
            hechos.demanda(m, f"d{publico}", publicada=publico)
            hechos.proyecto(m, f"p{publico}", publicado=publico)
        PDM.objects.create(municipio=m, nombre="a", desde=2016, hasta=2020, estado="publicado")
        PDM.objects.create(municipio=m, nombre="b", desde=2021, hasta=2025, estado="borrador")
        POA.objects.create(municipio=m, gestion=2023, estado="cerrado")
        POA.objects.create(municipio=m, gestion=2024, estado="presentado")
    jefa = Usuario.objects.create_superuser("jefa")
    for modelo in (Demanda, Proyecto, PDM, POA):
        vistas = [modelo.objects.visibles_para(u).count() for u in (AnonymousUser(), rosa, jefa)]
        assert vistas == [2, 3, 4], modelo
