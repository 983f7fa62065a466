"""The environment: what is missing or cannot be is named, in one message, without repeating what may be secret."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.entorno import Entorno
from config.seguridad import origen_de, politica_de_contenido
from cuentas.guardia import revisiones

RAIZ = Path(__file__).parents[1]
SEGURA = "k3Xy" * 20
CAJA = (-69.66, -22.91, -57.52, -9.67)


@pytest.fixture
def entorno(monkeypatch):
    """Reads an environment of the test's own: `entorno(VARIABLE="…")`."""

    def con(**variables: str) -> Entorno:
        monkeypatch.setattr(Entorno, "ENVIRON", variables)
        return Entorno(Path("no-existe"))

    return con


def quejas(env: Entorno) -> str:
    with pytest.raises(ImproperlyConfigured) as error:
        env.terminar()
    return str(error.value)


def test_all_that_production_lacks_is_named_at_once_with_what_to_put(entorno):
    env = entorno()
    env.clave(produccion=True), env.anfitriones(produccion=True), env.base(produccion=True)
    dicho = quejas(env)
    for variable, remedio in (
        ("SECRET_KEY", "50 caracteres"), ("ALLOWED_HOSTS", "minka.ejemplo.bo"), ("DATABASE_URL", "postgis://usuario"),
    ):  # fmt: skip
        assert re.search(rf"Falta la variable {variable}: .*{remedio}", dicho)


def test_outside_production_nothing_is_needed(entorno):
    env = entorno()
    env.clave(produccion=False), env.anfitriones(produccion=False), env.base(produccion=False)
    env.terminar()


@pytest.mark.parametrize(
    ("variable", "valor", "leer"),
    [
        ("SECRET_KEY", "corta", lambda e: e.clave(produccion=True)),
        ("SECRET_KEY", "a" * 60, lambda e: e.clave(produccion=True)),
        ("ALLOWED_HOSTS", "*", lambda e: e.anfitriones(produccion=True)),
        ("CSRF_TRUSTED_ORIGINS", "minka.bo", lambda e: e.origenes()),
        ("DATABASE_URL", "mysql://u:c0ntrasena@h/minka", lambda e: e.base(produccion=False)),
        ("DATABASE_URL", "postgis://u:c0ntrasena@h/", lambda e: e.base(produccion=False)),
        ("DATABASE_URL", "postgis://u:c0ntrasena@h:puerto/minka", lambda e: e.base(produccion=False)),
        ("DATABASE_URL", "postgis:///minka", lambda e: e.base(produccion=True)),
        ("DATABASE_URL", "c0ntrasena", lambda e: e.base(produccion=False)),
        ("MINKA_CAJA", "1,2,3", lambda e: e.caja("MINKA_CAJA", CAJA)),
        ("MINKA_CAJA", "1,2,a,4", lambda e: e.caja("MINKA_CAJA", CAJA)),
        ("MINKA_CAJA", "-57,-22,-69,-9", lambda e: e.caja("MINKA_CAJA", CAJA)),
        ("MINKA_CAJA", "nan,1,2,3", lambda e: e.caja("MINKA_CAJA", CAJA)),
        ("MINKA_ESPERA_MS", "treinta", lambda e: e.int("MINKA_ESPERA_MS", default=1)),
        ("MINKA_ESPERA_MS", "-1", lambda e: e.int("MINKA_ESPERA_MS", default=1)),
        ("MINKA_ESPERA_MS", "1.5", lambda e: e.int("MINKA_ESPERA_MS", default=1)),
        ("MINKA_DEBUG", "quizás", lambda e: e.bool("MINKA_DEBUG", default=False)),
        ("MINKA_RITMO_API", "muchas", lambda e: e.ritmo("MINKA_RITMO_API", "600/m")),
        ("MINKA_MAPA_BASE", "https://mapas.bo/", lambda e: e.mapa_base("MINKA_MAPA_BASE")),
        ("MINKA_MAPA_BASE", "https://m.bo/{z}/{x}/{y}; script-src *", lambda e: e.mapa_base("MINKA_MAPA_BASE")),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_named_and_passwords_are_not_repeated(entorno, variable, valor, leer):
    env = entorno(**{variable: valor})
    leer(env)
    dicho = quejas(env)
    assert dicho.count("\n") == 1
    assert variable in dicho
    assert "c0ntrasena" not in dicho


@pytest.mark.parametrize(
    "url",
    [
        "postgis://u:c@h:5432/minka",
        "postgis://minka@/minka?host=/run/pg",
        "postgres://u@h/minka",
        "postgis://u@//run/pg/minka",
    ],
)
def test_databases_by_server_or_by_socket_are_taken(entorno, url):
    env = entorno(DATABASE_URL=url)
    assert env.base(produccion=True)["NAME"]
    env.terminar()


def test_what_can_be_is_read_as_it_is(entorno):
    env = entorno(MINKA_CAJA="-68,-17,-67,-16", MINKA_ESPERA_MS="5", MINKA_DEBUG="no", MINKA_RITMO_API="5/10s")
    assert env.caja("MINKA_CAJA", CAJA) == (-68, -17, -67, -16)
    assert (env.int("MINKA_ESPERA_MS", default=1), env.bool("MINKA_DEBUG", default=True)) == (5, False)
    assert env.ritmo("MINKA_RITMO_API", "600/m") == "5/10s"
    env.terminar()


def test_a_command_says_it_in_words_and_shows_no_code():
    ambiente = {"PATH": os.environ["PATH"], "MINKA_PRODUCCION": "1", "MINKA_CAJA": "1,2,3"}
    hecho = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=RAIZ, env=ambiente, capture_output=True, text=True, check=False
    )
    assert hecho.returncode == 1
    assert "Traceback" not in hecho.stderr
    assert {"SECRET_KEY", "ALLOWED_HOSTS", "MINKA_CAJA"} <= set(re.findall(r"[A-Z]+(?:_[A-Z]+)+", hecho.stderr))


# --- what `check --deploy` adds ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_service_that_logs_in_as_owner_is_told_not_to(settings):
    settings.PRODUCCION = True
    assert [error.id for error in revisiones.cuenta_de_la_base(databases=["default"])] == ["minka.E001"]
    settings.PRODUCCION = False
    assert revisiones.cuenta_de_la_base(databases=["default"]) == []


def test_uploads_under_what_is_served_are_an_error(settings, tmp_path):
    settings.STATIC_ROOT, settings.MEDIA_ROOT = tmp_path, tmp_path / "archivos"
    assert [error.id for error in revisiones.archivos_aparte()] == ["minka.E002"]
    settings.MEDIA_ROOT = tmp_path.parent / "aparte"
    assert revisiones.archivos_aparte() == []


def test_rhythms_switched_off_are_a_warning(settings):
    settings.MINKA_RITMOS = {"api": "0", "busqueda": "60/m"}
    assert "api" in revisiones.con_ritmo()[0].msg


# --- the policy, the repository ---------------------------------------------------------------------------------------


def test_the_policy_lets_in_the_base_map_and_nobody_else():
    politica = politica_de_contenido("https://{s}.mapas.bo/{z}/{x}/{y}.png")
    assert politica["img-src"][-1] == "https://*.mapas.bo"
    assert origen_de("http://teselas:8080/{z}/{x}/{y}") == "http://teselas:8080"
    assert not any("unsafe" in str(fuente) for fuentes in politica.values() for fuente in fuentes)


@pytest.mark.django_db
def test_every_answer_carries_its_headers(client):
    respuesta = client.get("/entrar/")
    assert respuesta["Permissions-Policy"].startswith("geolocation=(self)")
    assert respuesta["X-Content-Type-Options"] == "nosniff"
    assert respuesta["X-Frame-Options"] == "DENY"
    assert respuesta["Referrer-Policy"] == respuesta["Cross-Origin-Opener-Policy"] == "same-origin"
    politica = respuesta["Content-Security-Policy"]
    for directiva in (
        "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'", "form-action 'self'", "style-src 'self'",
    ):  # fmt: skip
        assert directiva in politica
    assert "unsafe" not in politica


SECRETOS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|django-[i]nsecure-|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}"
    r"|(?:SECRET_KEY|PASSWORD|CLAVE|TOKEN)\s*=\s*[\"'][A-Za-z0-9+/_\-]{24,}[\"']"
    r"|://[^/\s:@\"'{}<]+:(?!c0ntrasena|clave|password|contraseña|c@|x@|secreto)[^/\s@\"'{}<$]{6,}@"
)


def test_the_repository_holds_no_secret():
    listado = subprocess.run(["git", "ls-files", "-z"], cwd=RAIZ, capture_output=True, text=True, check=False)
    if listado.returncode:
        pytest.skip("no es un repositorio de git")
    nombres = [
        n for n in listado.stdout.split("\0") if n and not n.endswith((".lock", ".geojson", ".po", "package-lock.json"))
    ]
    assert nombres
    assert not [n for n in nombres if Path(n).name == ".env" or Path(n).suffix in {".pem", ".key", ".p12"}]
    hallados = []
    for nombre in nombres:
        ruta = RAIZ / nombre
        if ruta.is_file() and ruta.stat().st_size < 1_000_000:
            hallados += [f"{nombre}: {h}" for h in SECRETOS.findall(ruta.read_text(errors="ignore"))]
    assert hallados == []


def test_the_search_for_secrets_finds_them():
    clave = "A1b2" * 8
    assert SECRETOS.search(f'SECRET_KEY = "{clave}"')
    assert SECRETOS.search("postgis://u:" + "Tr3sGatos" + "@h/x")
    assert not SECRETOS.search(str(SimpleNamespace(clave="x")))
