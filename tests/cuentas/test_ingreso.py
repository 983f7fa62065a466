"""Log in and out."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from cuentas.models import Usuario

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.mapas.test_paginas")]


@pytest.fixture
def rosa():
    return Usuario.objects.create_user("rosa", password="maíz-y-papa", first_name="Rosa", last_name="Mamani")


def test_who_knows_the_password_comes_in_and_returns_to_where_she_was(client, rosa):
    respuesta = client.post("/entrar/", {"username": "rosa", "password": "maíz-y-papa", "next": "/demandas/?q=agua"})
    assert (respuesta.status_code, respuesta["Location"]) == (302, "/demandas/?q=agua")
    assert "Rosa Mamani" in client.get("/").content.decode()


def test_a_wrong_password_is_told_in_words_and_lets_nobody_in(client, rosa):
    respuesta = client.post("/entrar/", {"username": "rosa", "password": "otra"})
    assert 'role="alert"' in respuesta.content.decode()
    assert "_auth_user_id" not in client.session


def test_entering_never_sends_anybody_to_another_site(client, rosa):
    respuesta = client.post("/entrar/", {"username": "rosa", "password": "maíz-y-papa", "next": "https://otro.test/"})
    assert respuesta["Location"] == "/"


def test_leaving_needs_a_post(client, rosa):
    client.force_login(rosa)
    assert client.get("/salir/").status_code == 405
    assert "_auth_user_id" in client.session
    assert client.post("/salir/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_form_from_elsewhere_is_refused_with_a_page_that_explains(rosa):
    respuesta = Client(enforce_csrf_checks=True).post("/entrar/", {"username": "rosa", "password": "maíz-y-papa"})
    assert respuesta.status_code == 403
    assert "El formulario venció" in respuesta.content.decode()


def test_guessing_a_password_is_stopped_for_that_name_and_address_alone(client, rosa, settings):
    settings.AXES_FAILURE_LIMIT = 3
    Usuario.objects.create_user("juan", password="maíz-y-papa")

    def intentar(nombre: str, clave: str, desde: str = "10.0.0.1"):
        return client.post("/entrar/", {"username": nombre, "password": clave}, REMOTE_ADDR=desde)

    estados = [intentar("rosa", f"adivino-{i}").status_code for i in range(3)]
    assert estados == [200, 200, 429]
    ultima = intentar("rosa", "maíz-y-papa")  # right, but too late
    assert ultima.status_code == 429
    assert "Demasiados intentos" in ultima.content.decode()
    assert int(ultima["Retry-After"]) == 900
    assert intentar("juan", "maíz-y-papa").status_code == 302
    client.post("/salir/")
    assert intentar("rosa", "maíz-y-papa", desde="10.0.0.2").status_code == 302


def test_what_lies_in_the_tables_of_djangos_permissions_opens_nothing(client, rosa):
    rosa.is_staff = True
    rosa.save()
    rosa.user_permissions.set(Permission.objects.all())
    assert not rosa.has_perm("cuentas.change_usuario")
    assert not rosa.has_module_perms("cuentas")
