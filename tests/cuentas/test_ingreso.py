"""Log in and out."""

import pytest
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
