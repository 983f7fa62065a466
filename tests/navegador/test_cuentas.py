"""People come by invitation, put their second step, and enter with it."""

from base64 import b32decode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connections
from django_otp.oath import totp
from playwright.sync_api import Page, expect

from cuentas import segundo_factor
from cuentas.models import Usuario
from tests.navegador.conftest import ANCHO, TELEFONO

CLAVE = "quinua-real-77"


def aparte(hacer: Callable[[], object]) -> None:
    """Outside of this test's transaction, which the server does not see."""

    def en_su_conexion() -> None:
        try:
            hacer()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as hilo:
        hilo.submit(en_su_conexion).result()


@pytest.fixture
def sin_huella(demo) -> Iterator[None]:
    """Afterwards the demo has the people that it had, without second step."""
    yield
    aparte(_borrar)


def _borrar() -> None:
    Usuario.objects.filter(username__in=["nueva-jefa", "concejala"]).delete()
    for usuario in Usuario.objects.filter(totpdevice__isnull=False):
        segundo_factor.quitar(usuario=usuario)


def hacer_cuenta(pagina: Page, nombre: str, usuario: str) -> None:
    pagina.get_by_label("Nombre", exact=True).fill(nombre)
    pagina.get_by_label("Nombre de usuario").fill(usuario)
    pagina.get_by_label("Contraseña", exact=True).fill(CLAVE)
    pagina.get_by_label("Contraseña (confirmación)").fill(CLAVE)
    pagina.get_by_role("button", name="Hacer la cuenta").click()


def poner_segundo_paso(pagina: Page) -> str:
    """As with the camera: the key that is written is the one of the drawing. Gives the key in hexadecimal."""
    expect(pagina.locator("svg.qr")).to_be_visible()
    pagina.get_by_text("No puedo usar la cámara").click()
    clave = b32decode(pagina.locator("[data-clave]").inner_text().replace(" ", "")).hex()
    pagina.get_by_label("Código", exact=True).fill(f"{totp(bytes.fromhex(clave)):06}")
    pagina.get_by_role("button", name="Confirmar").click()
    expect(pagina.get_by_role("heading", name="Guarde estos códigos de recuperación")).to_be_visible()
    expect(pagina.locator(".codigos li")).to_have_count(10)
    return clave


def entrar(pagina: Page, usuario: str, clave: str) -> None:
    pagina.goto("/entrar/")
    pagina.get_by_label("Nombre de usuario").fill(usuario)
    pagina.get_by_label("Contraseña").fill(CLAVE)
    pagina.get_by_role("button", name="Entrar", exact=True).click()
    expect(pagina.get_by_role("heading", name="Escriba el código de su aplicación")).to_be_visible()
    # The code of the set-up is spent; that of the next half minute is taken as well.
    pagina.get_by_label("Código", exact=True).fill(f"{totp(bytes.fromhex(clave), drift=1):06}")
    pagina.get_by_role("button", name="Seguir").click()


def test_from_the_first_invitation_to_a_member_who_enters_with_her_code(navegacion, retratar, sin_huella):
    salida = StringIO()
    aparte(partial(call_command, "invitar", municipio="990101", sitio=navegacion.servidor, stdout=salida))
    jefa = navegacion.contexto(ANCHO).new_page()
    jefa.goto(salida.getvalue().split()[-1])
    hacer_cuenta(jefa, "Nueva", "nueva-jefa")

    jefa.get_by_role("link", name="Personas").click()  # it asks for the second step first, and leads back
    poner_segundo_paso(jefa)
    retratar(jefa, "cuentas-codigos")
    jefa.get_by_role("link", name="Ya los guardé: seguir").click()
    expect(jefa).to_have_url(f"{navegacion.servidor}/municipio/personas/?municipio=990101")

    jefa.get_by_label("Para quién").fill("Concejala de prueba")
    jefa.get_by_label("Rol", exact=True).select_option("concejo")
    retratar(jefa, "cuentas-personas")
    jefa.get_by_role("button", name="Hacer el enlace").click()
    enlace = jefa.get_by_label("Enlace de la invitación").input_value()

    telefono = navegacion.contexto(TELEFONO).new_page()
    telefono.goto(enlace)
    retratar(telefono, "cuentas-invitacion-360")
    hacer_cuenta(telefono, "Concejala", "concejala")
    expect(telefono.get_by_role("heading", name="Ponga el segundo paso")).to_be_visible()
    retratar(telefono, "cuentas-segundo-factor-360")
    clave = poner_segundo_paso(telefono)
    telefono.get_by_role("link", name="Ya los guardé: seguir").click()
    expect(telefono.get_by_role("heading", name="Concejala")).to_be_visible()
    retratar(telefono, "cuentas-cuenta-360")

    otra = navegacion.contexto(ANCHO).new_page()
    entrar(otra, "concejala", clave)
    otra.get_by_role("link", name="Concejala").click()
    expect(otra.get_by_text("concejo municipal")).to_be_visible()
    retratar(otra, "cuentas-cuenta")


def test_the_council_of_the_demo_sees_how_to_put_its_second_step_when_it_enters(navegacion, clave_demo, sin_huella):
    pagina = navegacion.contexto(TELEFONO).new_page()
    pagina.goto("/entrar/?next=/planes/")
    pagina.get_by_label("Nombre de usuario").fill("concejo")
    pagina.get_by_label("Contraseña").fill(clave_demo)
    pagina.get_by_role("button", name="Entrar", exact=True).click()
    poner_segundo_paso(pagina)
    pagina.get_by_role("link", name="Ya los guardé: seguir").click()
    expect(pagina).to_have_url(f"{navegacion.servidor}/planes/")
