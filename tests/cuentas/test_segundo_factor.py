"""The code of the telephone: set up, given at log-in, asked for by roles and actions, lost and replaced."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from cuentas import segundo_factor
from cuentas.models import Usuario
from territorio.models import Rol
from tests.quienes import entrar, miembro

pytestmark = pytest.mark.django_db

CLAVE = "maíz-y-papa-9"
PONER, PASO = "/cuenta/segundo-factor/", "/entrar/codigo/"


@pytest.fixture
def rosa():
    return Usuario.objects.create_user("rosa", password=CLAVE, first_name="Rosa")


def codigo_de(usuario: Usuario, *, pasos: int = 0) -> str:
    aparato = TOTPDevice.objects.get(user=usuario)
    return f"{totp(aparato.bin_key, drift=pasos):06}"


def poner(usuario: Usuario) -> list[str]:
    """The second factor, set up as if a while ago; gives the recovery codes."""
    clave = segundo_factor.clave_nueva()
    _aparato, codigos = segundo_factor.confirmar(
        usuario=usuario, clave=clave, codigo=f"{totp(bytes.fromhex(clave)):06}"
    )
    TOTPDevice.objects.update(last_t=-1)
    return codigos


def dar_clave(client, usuario, destino="/demandas/") -> str:
    return client.post("/entrar/", {"username": usuario.username, "password": CLAVE, "next": destino})["Location"]


def ha_entrado(client) -> bool:
    return "_auth_user_id" in client.session


# --- setting it up ----------------------------------------------------------------------------------------------------
def test_it_is_set_up_with_the_key_of_the_page_and_a_code_of_it(client, rosa):
    client.force_login(rosa)
    pagina = client.get(PONER, {"next": "/proyectos/"}).content.decode()
    assert "<svg" in pagina
    assert "viewBox" in pagina  # else what does not fit is cut off, and no camera reads it
    assert "style=" not in pagina
    escrita = re.search(r"data-clave>([A-Z2-7 ]+)<", pagina)[1]
    clave = client.session["segundo_factor_nuevo"]
    assert segundo_factor.legible(clave) == escrita
    codigo = f"{totp(bytes.fromhex(clave)):06}"

    equivocado = f"{(int(codigo) + 1) % 10**6:06}"
    assert client.post(PONER, {"codigo": equivocado}).status_code == 400
    assert not TOTPDevice.objects.exists()

    respuesta = client.post(PONER, {"codigo": f"{codigo[:3]} {codigo[3:]}", "next": "/proyectos/"})
    codigos = re.findall(r"<code>([a-z2-7]{4}-[a-z2-7]{4})</code>", respuesta.content.decode())
    assert len(set(codigos)) == 10
    assert 'href="/proyectos/"' in respuesta.content.decode()
    assert client.get(PASO)["Location"] == "/"  # nothing more to prove in this session
    rosa.refresh_from_db()
    assert rosa.segundo_factor_desde
    assert rosa.registro.last().segundo_factor_desde == rosa.segundo_factor_desde


def test_setting_it_up_ends_the_sessions_that_the_password_alone_opened(client, rosa):
    otra = Client()
    for sesion in (client, otra):
        sesion.force_login(rosa)
    client.get(PONER)
    client.post(PONER, {"codigo": f"{totp(bytes.fromhex(client.session['segundo_factor_nuevo'])):06}"})
    assert client.get("/cuenta/").status_code == 200
    assert otra.get("/cuenta/")["Location"] == "/entrar/?next=/cuenta/"


def test_where_it_is_set_up_a_password_alone_does_not_change_it(client, rosa):
    poner(rosa)
    client.force_login(rosa)
    assert client.get(PONER)["Location"].startswith(PASO)
    assert client.post("/cuenta/segundo-factor/codigos/")["Location"].startswith(PASO)
    assert client.post("/cuenta/segundo-factor/quitar/")["Location"].startswith(PASO)
    assert TOTPDevice.objects.filter(user=rosa).exists()


# --- log-in -----------------------------------------------------------------------------------------------------------
def test_the_password_alone_does_not_open_a_session_where_there_is_a_second_factor(client, rosa):
    poner(rosa)
    assert dar_clave(client, rosa) == "/entrar/codigo/?next=%2Fdemandas%2F"
    assert not ha_entrado(client)
    assert client.post(PASO, {"codigo": "000000"}).status_code == 200
    assert not ha_entrado(client)
    TOTPDevice.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    antes = client.session.session_key
    respuesta = client.post(PASO, {"codigo": codigo_de(rosa), "next": "/demandas/"})
    assert respuesta["Location"] == "/demandas/"
    assert ha_entrado(client)
    assert client.session.session_key != antes


def test_a_code_is_good_once(client, rosa):
    poner(rosa)
    codigo = codigo_de(rosa)
    dar_clave(client, rosa)
    client.post(PASO, {"codigo": codigo})
    otra = Client()
    dar_clave(otra, rosa)
    otra.post(PASO, {"codigo": codigo})
    assert ha_entrado(client)
    assert not ha_entrado(otra)


def test_wrong_codes_are_answered_with_a_growing_wait(client, rosa):
    poner(rosa)
    dar_clave(client, rosa)
    client.post(PASO, {"codigo": "000000"})
    client.post(PASO, {"codigo": codigo_de(rosa)})  # right, but too soon
    assert not ha_entrado(client)
    TOTPDevice.objects.update(throttling_failure_count=6)
    assert "Espere" in client.post(PASO, {"codigo": codigo_de(rosa)}).content.decode()


def test_a_recovery_code_opens_once_and_says_how_many_are_left(client, rosa):
    codigo = poner(rosa)[0]
    dar_clave(client, rosa)
    assert "Le quedan 9" in client.post(PASO, {"codigo": codigo.upper()}, follow=True).content.decode()
    otra = Client()
    dar_clave(otra, rosa)
    otra.post(PASO, {"codigo": codigo})
    assert not ha_entrado(otra)


def test_the_code_of_another_person_opens_nothing(client, rosa):
    juana = Usuario.objects.create_user("juana", password=CLAVE)
    poner(rosa)
    poner(juana)
    dar_clave(client, rosa)
    client.post(PASO, {"codigo": codigo_de(juana)})
    assert not ha_entrado(client)


def test_the_password_given_is_forgotten_after_a_while_and_when_it_changes(client, rosa, monkeypatch):
    poner(rosa)
    dar_clave(client, rosa)
    rosa.set_password("otra-clave-larga")
    rosa.save()
    assert client.post(PASO, {"codigo": codigo_de(rosa)})["Location"].startswith("/entrar/?")
    rosa.set_password(CLAVE)
    rosa.save()
    dar_clave(client, rosa)
    monkeypatch.setattr("cuentas.views.ingreso.MINUTOS", 0)
    assert client.post(PASO, {"codigo": codigo_de(rosa)})["Location"].startswith("/entrar/?")
    assert not ha_entrado(client)


def test_nobody_reaches_the_step_without_a_password(client, rosa):
    assert client.get(PASO)["Location"].startswith("/entrar/?")


def test_the_step_never_sends_anybody_to_another_site(client, rosa):
    poner(rosa)
    dar_clave(client, rosa)
    assert client.post(PASO, {"codigo": codigo_de(rosa), "next": "https://otro.test/"})["Location"] == "/"


# --- whom it is asked of ----------------------------------------------------------------------------------------------
@pytest.fixture
def consejera(muni):
    usuario = miembro(muni, Rol.CONCEJO, "consejera")
    usuario.set_password(CLAVE)
    usuario.save()
    return usuario


def test_a_member_of_the_council_is_led_to_set_it_up_when_she_logs_in(client, consejera):
    assert dar_clave(client, consejera) == "/cuenta/segundo-factor/?next=%2Fdemandas%2F"


def test_until_then_her_role_opens_no_page_and_no_door_of_the_api(client, consejera, muni):
    client.force_login(consejera)
    assert client.get("/demandas/?q=agua")["Location"] == "/entrar/codigo/?next=%2Fdemandas%2F%3Fq%3Dagua"
    cuerpo = client.get("/api/v1/demandas/")
    assert (cuerpo.status_code, cuerpo.json()["falta"]) == (403, "segundo_factor")
    assert client.get("/cuenta/").status_code == 200
    assert client.post("/salir/").status_code == 302


def test_in_a_verified_session_her_role_counts(client, consejera):
    entrar(client, consejera)
    assert client.get("/demandas/").status_code == 200
    assert client.post("/cuenta/segundo-factor/quitar/").status_code == 403  # her role asks for it


def test_taking_it_away_ends_the_verified_sessions(client, consejera):
    poner(consejera)
    entrar(client, consejera)
    segundo_factor.quitar(usuario=consejera)
    assert not TOTPDevice.objects.exists()
    assert not StaticDevice.objects.exists()
    assert client.get("/cuenta/")["Location"].startswith("/entrar/")


# --- sessions and passwords -------------------------------------------------------------------------------------------
def test_passwords_are_kept_with_argon2(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    assert identify_hasher(make_password(CLAVE)).algorithm == "argon2"
    from config import settings as propios

    assert propios.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")


def test_a_changed_password_ends_the_other_sessions_and_not_this_one(client, rosa):
    otra = Client()
    for sesion in (client, otra):
        sesion.force_login(rosa)
    nueva = {"old_password": CLAVE, "new_password1": "quinua-real-77", "new_password2": "quinua-real-77"}
    assert client.post("/cuenta/clave/", nueva)["Location"] == "/cuenta/"
    assert client.get("/cuenta/").status_code == 200
    assert otra.get("/cuenta/").status_code == 302


def test_other_sessions_are_closed_by_a_button(client, rosa):
    otra = Client()
    for sesion in (client, otra):
        sesion.force_login(rosa)
    assert client.post("/cuenta/sesiones/cerrar/")["Location"] == "/cuenta/"
    assert client.get("/cuenta/").status_code == 200
    assert otra.get("/cuenta/").status_code == 302


def test_a_session_in_use_lives_on_and_an_idle_one_ends(client, rosa, settings, monkeypatch):
    settings.SESSION_COOKIE_AGE = 600
    client.force_login(rosa)
    galleta = client.get("/cuenta/").cookies["sessionid"]
    assert (galleta["httponly"], galleta["samesite"]) == (True, "Lax")
    ahora = timezone.now()
    monkeypatch.setattr("cuentas.sesiones.time", lambda: ahora.timestamp() + 400)
    monkeypatch.setattr("django.utils.timezone.now", lambda: ahora + timedelta(seconds=400))
    assert client.get("/cuenta/").status_code == 200
    monkeypatch.setattr("django.utils.timezone.now", lambda: ahora + timedelta(seconds=900))
    assert client.get("/cuenta/").status_code == 200  # it was used since
    monkeypatch.setattr("django.utils.timezone.now", lambda: ahora + timedelta(seconds=1700))
    assert client.get("/cuenta/").status_code == 302


def test_my_account_says_who_i_am_and_saves_my_name(client, muni, rosa):
    miembro(muni, Rol.FACILITADOR)
    client.force_login(rosa)
    assert "facilitador" in client.get("/cuenta/").content.decode()
    client.post("/cuenta/", {"first_name": "Rosa", "last_name": "Mamani", "email": "", "is_superuser": "1"})
    rosa.refresh_from_db()
    assert (str(rosa), rosa.is_superuser) == ("Rosa Mamani", False)
