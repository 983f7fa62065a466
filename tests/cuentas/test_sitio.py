"""The admin site: superusers alone, with their code where the settings ask for it."""

import pytest
from django.contrib.auth.models import Permission

from cuentas.models import Usuario
from tests.quienes import entrar

pytestmark = pytest.mark.django_db


@pytest.fixture
def jefa():
    return Usuario.objects.create_superuser("jefa", password="maíz-y-papa")


def test_a_superuser_manages_accounts_and_sees_no_key_of_a_second_factor(client, jefa):
    entrar(client, jefa, con_codigo=False)
    assert client.get("/admin/cuentas/usuario/").status_code == 200
    assert client.get(f"/admin/cuentas/usuario/{jefa.pk}/change/").status_code == 200
    assert client.get("/admin/otp_totp/totpdevice/").status_code == 404


def test_where_the_settings_ask_for_the_code_the_password_alone_opens_nothing(client, jefa, settings):
    settings.MINKA_ADMIN_SEGUNDO_FACTOR = True
    entrar(client, jefa, con_codigo=False)
    puerta = client.get("/admin/cuentas/usuario/")["Location"]
    assert puerta == "/admin/login/?next=/admin/cuentas/usuario/"
    assert client.get(puerta)["Location"].startswith("/entrar/codigo/?next=")
    entrar(client, jefa)
    assert client.get("/admin/cuentas/usuario/").status_code == 200


def test_staff_with_every_permission_of_django_is_told_that_it_is_not_for_her(client):
    rosa = Usuario.objects.create_user("rosa", is_staff=True)
    rosa.user_permissions.set(Permission.objects.all())
    entrar(client, rosa)
    assert client.get("/admin/cuentas/usuario/", follow=True).status_code == 403


def test_a_visitor_enters_through_the_door_of_everybody(client):
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/entrar/?next=%2Fadmin%2F"
