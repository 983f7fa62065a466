"""What the logs say, and what they never say."""

import io
import json
import logging

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.urls import path

from config.urls import urlpatterns as las_de_siempre
from cuentas.guardia.parametros import parametros
from cuentas.models import Usuario
from cuentas.operacion.bitacora import EnJSON, ParaLeer, ajustes, limpio, peticion_en_curso

NUMERO = "0123456789abcdef0123456789abcdef"


@parametros("q")
def revienta(request, secreto):
    raise ValueError(f"no entiendo {request.GET.get('q', '')} de {request.POST.get('correo', '')}")


@parametros("q")
def duplica(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::integer", [request.GET["q"]])
    return HttpResponse()


def contexto(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('pghistory.context_metadata')::json->>'peticion'")
        return HttpResponse(cursor.fetchone()[0])


urlpatterns = [
    *las_de_siempre,
    path("revienta/<str:secreto>/", revienta, name="revienta"),
    path("contexto/", contexto, name="contexto"),
    path("duplica/", duplica, name="duplica"),
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Lineas(logging.StreamHandler):
    def __init__(self) -> None:
        super().__init__(io.StringIO())
        self.setFormatter(EnJSON())

    @property
    def texto(self) -> str:
        return self.stream.getvalue()

    @property
    def todas(self) -> list[dict]:
        return [json.loads(linea) for linea in self.texto.splitlines()]

    @property
    def accesos(self) -> list[dict]:
        return [linea for linea in self.todas if linea["registro"] == "minka.acceso"]


@pytest.fixture
def lineas():
    manejador = Lineas()
    raiz = logging.getLogger()
    raiz.addHandler(manejador)
    yield manejador
    raiz.removeHandler(manejador)


@pytest.fixture
def rosa():
    return Usuario.objects.create_user(
        "rosa.mamani", "rosa@example.bo", "maíz-y-papa-7", first_name="Rosaura", last_name="Mamani"
    )


def test_a_request_leaves_one_line_with_the_route_and_the_user_and_nothing_of_what_was_asked(client, lineas, rosa):
    client.force_login(rosa)
    respuesta = client.get("/buscar/?q=Juana+Quispe", headers={"x-request-id": NUMERO})
    assert len(lineas.accesos) == 1
    linea = lineas.accesos[0]
    assert (linea["metodo"], linea["ruta"], linea["estado"]) == ("GET", "paginas:buscar", respuesta.status_code)
    assert (linea["usuario"], linea["peticion"], linea["bytes"]) == (rosa.pk, NUMERO, len(respuesta.content))
    assert linea["ms"] >= 0
    for secreto in ("Juana", "Quispe", "rosa", "Rosaura", "?q", "127.0.0.1"):
        assert secreto not in lineas.texto


def test_a_stream_is_counted_to_its_last_byte(client, lineas, muni):
    respuesta = client.get("/api/v1/unidades/")
    cuerpo = respuesta.getvalue()
    respuesta.close()
    assert lineas.accesos[0]["bytes"] == len(cuerpo)


@pytest.mark.parametrize("dado", ["", "no es", "a" * 33, NUMERO + "\x01", "{" + NUMERO + "}", "1_" * 16])
def test_an_id_that_is_not_well_formed_is_replaced(client, lineas, dado):
    respuesta = client.get("/entrar/", headers={"x-request-id": dado})
    numero = respuesta["X-Request-ID"]
    assert len(numero) == 32 and int(numero, 16) and numero != dado
    assert lineas.accesos[0]["peticion"] == numero


@pytest.mark.parametrize("dado", [NUMERO, "01234567-89ab-cdef-0123-456789abcdef"])
def test_a_well_formed_id_comes_back(client, dado):
    assert client.get("/entrar/", headers={"x-request-id": dado})["X-Request-ID"] == dado


def test_the_id_goes_with_every_change_that_the_request_makes(client, rosa):
    client.force_login(rosa)
    respuesta = client.get("/contexto/", headers={"x-request-id": NUMERO})
    assert respuesta.content.decode() == NUMERO


def test_a_log_in_leaves_neither_name_nor_password(client, lineas, rosa):
    client.post("/entrar/", {"username": "rosa.mamani", "password": "no-es-esta-8"})
    client.post("/entrar/", {"username": "rosa.mamani", "password": "maíz-y-papa-7"})
    client.post("/entrar/", {"username": "Nadia Ticona", "password": "no-es-esta-8"})
    assert len(lineas.accesos) == 3
    for secreto in ("rosa", "Mamani", "papa", "no-es-esta", "Nadia", "Ticona", "example.bo"):
        assert secreto not in lineas.texto


def test_an_error_keeps_its_traceback_and_loses_what_the_request_brought(client, lineas, rosa):
    client.raise_request_exception = False
    client.force_login(rosa)
    respuesta = client.post(
        "/revienta/ficha-secreta-99/?q=Juana+Quispe", {"correo": "juana@example.bo"}, headers={"x-request-id": NUMERO}
    )
    assert respuesta.status_code == 500
    error = next(linea for linea in lineas.todas if "error" in linea)
    assert "in revienta" in error["error"] and "ValueError: no entiendo [dato]" in error["error"]
    assert error["peticion"] == NUMERO and "revienta" in error["mensaje"]
    for secreto in ("Juana", "Quispe", "juana@", "ficha-secreta", "rosa.mamani"):
        assert secreto not in lineas.texto
    assert NUMERO in respuesta.content.decode(), "the page of the error tells the id"


def test_an_error_of_the_database_keeps_its_class_and_loses_the_values(client, lineas):
    client.raise_request_exception = False
    client.get("/duplica/?q=Quispe")
    error = next(linea["error"] for linea in lineas.todas if "error" in linea)
    assert "InvalidTextRepresentation: invalid input syntax" in error and "Quispe" not in lineas.texto


def test_the_detail_of_a_constraint_is_not_told(lineas, rosa):
    try:
        with transaction.atomic():
            Usuario.objects.create(username=rosa.username)
    except IntegrityError:
        logging.getLogger("territorio").exception("No se pudo")
    assert "cuentas_usuario_username_key" in lineas.texto and "rosa.mamani" not in lineas.texto


def test_statements_are_never_logged(client, lineas, settings):
    settings.DEBUG = True
    client.get("/buscar/?q=Quispe")
    assert "SELECT" not in lineas.texto


@pytest.mark.parametrize(
    ("texto", "queda"),
    [
        ("de rosa@example.bo", "de [dato]"),
        ("GET /buscar/?q=juana HTTP", "GET /buscar/?[dato] HTTP"),
        ("ip=203.0.113.7: mal", "ip=[dato]: mal"),
        ("Listening at: http://127.0.0.1:8000 (12)", "Listening at: http://127.0.0.1:8000 (12)"),
        ("desde 2001:db8:0:1::7", "desde [dato]"),
        ("a las 10:20:30", "a las 10:20:30"),
        ("¿sigue?", "¿sigue?"),
    ],
)
def test_addresses_and_query_strings_are_masked_wherever_they_come_from(texto, queda):
    assert peticion_en_curso.get() is None
    assert limpio(texto) == queda


def test_for_people_the_same_is_said_on_a_line(lineas, client):
    lineas.setFormatter(ParaLeer())
    client.get("/entrar/?next=/x", headers={"x-request-id": NUMERO})
    acceso = next(linea for linea in lineas.texto.splitlines() if "minka.acceso" in linea)
    assert "[01234567]" in acceso and "ruta=cuentas:ingresar estado=200" in acceso and "next" not in acceso


def test_levels_are_settings():
    puestos = ajustes(formato="json", nivel="WARNING", niveles={"territorio": "debug"})["loggers"]
    assert (puestos["territorio"]["level"], puestos["mapas"]["level"]) == ("DEBUG", "WARNING")
