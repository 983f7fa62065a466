"""A demand registered from a phone: once, however often it is sent; placed, warned of, corrected; by who may."""

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuentas.versiones import FaltaVersion, VersionVieja
from demandas.captura.avisos import avisos_de
from demandas.captura.catalogo import catalogo, contornos
from demandas.models import Demanda, Evento, Hallazgo, PasoDeDemanda
from demandas.services.captura import EnvioDistinto, corregir_demanda, registrar_demanda
from demandas.services.flujo import PasoImposible, mover
from territorio.fechas import hoy
from territorio.models import Archivo, Rol
from tests import hechos, mundo
from tests.imagenes import foto
from tests.quienes import entrar, miembro

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(muni):
    return miembro(muni, Rol.FACILITADOR, "rosa")


@pytest.fixture
def pampa(muni, oeste):
    return mundo.unidad("comunidad", "p", mundo.cuadro(0, 0), municipio=muni, padre=oeste, nombre="Pampa", personas=80)


def registrar(muni, rosa, **contenido) -> Demanda:
    contenido = {"titulo": "Agua para la escuela", **contenido}
    return registrar_demanda(por=rosa, municipio=muni, envio=contenido.pop("envio", uuid4()), **contenido)[0]


# --- what is written --------------------------------------------------------------------------------------------------
def test_all_that_is_said_is_kept_and_the_first_step_is_written(muni, rosa, pampa):
    taller = Evento.objects.create(municipio=muni, unidad=pampa, tipo="autodiagnostico", fecha=hoy())
    sed = Hallazgo.objects.create(municipio=muni, unidad=pampa, tipo="problema", texto="El pozo se seca")
    una = registrar(
        muni, rosa, proponente=pampa, lugar=mundo.punto(0.5, 0.5), sector=hechos.sector("11"), grupo="mujeres",
        por_edad={("mujeres", "jovenes"): 7, ("mujeres", "adultos"): 20, ("hombres", "adultos"): 11},
        rangos={"mujeres": 1, "comunidad": 2}, contraparte=Decimal("1500.50"), madurez="perfil", pedida_desde=2019,
        evento=taller, hallazgos=[sed],
    )  # fmt: skip
    assert (una.codigo, una.estado, una.publicada, una.registrada_por) == ("DEM-0001", "registrada", False, rosa)
    assert (una.beneficiarias_mujeres, una.beneficiarios_hombres) == (27, 11)
    assert (una.ubicada_por, una.fecha) == ("propia", hoy())
    assert set(una.localizaciones.values_list("unidad__nombre", flat=True)) == {muni.nombre, "Oeste", "Pampa"}
    assert dict(una.rangos.values_list("grupo", "puesto")) == {"mujeres": 1, "comunidad": 2}
    assert una.beneficiarios_por_edad.count() == 3
    assert list(una.hallazgos.all()) == [sed]
    assert [(p.desde, p.hacia, p.por) for p in PasoDeDemanda.objects.filter(demanda=una)] == [("", "registrada", rosa)]
    assert avisos_de(una) == []


def test_codes_go_on_after_the_highest_of_the_municipality_whatever_others_are_called(muni, rosa):
    for codigo in ("DEM-0041", "DEM-7-b", "X-99"):
        hechos.demanda(muni, codigo)
    otro = mundo.unidad("municipio", "990102", mundo.cuadro(4, 0, 4, 2))
    hechos.demanda(otro, "DEM-0500")
    assert [registrar(muni, rosa).codigo for _ in range(2)] == ["DEM-0042", "DEM-0043"]


@pytest.mark.parametrize(
    ("lugar", "con_unidad", "ubicada"),
    [
        (mundo.linea((0.5, 0.5), (3, 0.5)), True, "propia"),
        (mundo.cuadro(0, 0), False, "propia"),
        (None, True, "unidad"),
        (None, False, "sin_ubicar"),
    ],
)
def test_a_line_an_area_the_unit_or_nothing_place_it(muni, rosa, pampa, lugar, con_unidad, ubicada):
    una = registrar(muni, rosa, lugar=lugar, proponente=pampa if con_unidad else None)
    assert una.ubicada_por == ubicada
    assert any("sin ubicar" in aviso for aviso in avisos_de(una)) == (ubicada == "sin_ubicar")


def test_what_cannot_be_is_told_by_field_and_nothing_is_written(muni, rosa):
    otro = mundo.unidad("municipio", "990102", mundo.cuadro(4, 0, 4, 2))
    ajena = mundo.unidad("comunidad", "z", mundo.punto(5, 1), municipio=otro)
    with pytest.raises(ValidationError) as error:
        registrar(
            muni, rosa, titulo="   ", proponente=ajena, rangos={"mujeres": 0}, pedida_desde=hoy().year + 1,
            por_edad={("mujeres", "jovenes"): 3}, beneficiarias_mujeres=4, grupo="nadie",
        )  # fmt: skip
    assert set(error.value.message_dict) == {
        "titulo", "proponente", "rangos", "pedida_desde", "beneficiarias_mujeres", "grupo",
    }  # fmt: skip
    assert not Demanda.objects.exists()


def test_more_persons_than_live_there_a_rank_given_twice_and_a_place_outside_are_warned_of(muni, rosa, pampa):
    primera = registrar(muni, rosa, proponente=pampa, titulo="Posta", rangos={"mujeres": 1})
    segunda = registrar(muni, rosa, proponente=pampa, rangos={"mujeres": 1, "hombres": 1}, beneficiarias_mujeres=81)
    de_personas, de_puesto = avisos_de(segunda)
    assert "81 personas" in de_personas
    assert "80 habitantes" in de_personas
    assert primera.codigo in de_puesto
    assert "«Posta»" in de_puesto
    afuera = registrar(muni, rosa, proponente=pampa, lugar=mundo.punto(3, 1))
    assert avisos_de(afuera) == ["El lugar marcado queda fuera de Pampa."]


# --- once -------------------------------------------------------------------------------------------------------------
def test_the_same_sending_is_the_same_demand_even_after_it_was_corrected(muni, rosa, pampa):
    envio = uuid4()
    dicho = {"titulo": "Agua ", "proponente": pampa, "rangos": {"mujeres": 1}, "costo_estimado": Decimal("10.0")}
    una = registrar(muni, rosa, envio=envio, **dicho)
    corregir_demanda(por=rosa, demanda=una, version=una.version, titulo="Agua potable")
    otra_vez = dicho | {"costo_estimado": Decimal("10.00"), "descripcion": "", "lugar": None}
    misma, nueva = registrar_demanda(por=rosa, municipio=muni, envio=envio, **otra_vez)
    assert (misma.pk, misma.titulo, nueva) == (una.pk, "Agua potable", False)
    with pytest.raises(EnvioDistinto) as distinto:
        registrar_demanda(por=rosa, municipio=muni, envio=envio, **dicho | {"rangos": {"mujeres": 2}})
    assert distinto.value.demanda == una
    assert PasoDeDemanda.objects.count() == 1


ENVIOS = [UUID(int=n) for n in range(3)]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(ENVIOS), st.integers(0, 2)), min_size=1, max_size=8))
def test_whatever_comes_again_in_whatever_order_each_sending_is_one_demand(muni, rosa, envios):
    with transaction.atomic():
        primeros: dict[UUID, int] = {}
        for envio, cual in envios:
            contenido = {"titulo": f"Pedido {cual}", "rangos": {"comunidad": cual + 1}}
            if primeros.setdefault(envio, cual) == cual:
                registrar_demanda(por=rosa, municipio=muni, envio=envio, **contenido)
            else:
                with pytest.raises(EnvioDistinto):
                    registrar_demanda(por=rosa, municipio=muni, envio=envio, **contenido)
        guardadas = {d.envio: (d.titulo, d.rangos.get().puesto) for d in Demanda.objects.all()}
        assert guardadas == {envio: (f"Pedido {cual}", cual + 1) for envio, cual in primeros.items()}
        assert len(set(Demanda.objects.values_list("codigo", flat=True))) == len(primeros)
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_once_register_one_and_other_demands_get_codes_of_their_own(transactional_db):
    muni = mundo.unidad("municipio", "990101", mundo.cuadro(0, 0, 4, 2))
    rosa, salida = miembro(muni, Rol.FACILITADOR, "rosa"), Barrier(8, timeout=30)
    envios = [ENVIOS[0]] * 4 + [uuid4() for _ in range(4)]

    def mandar(envio: UUID) -> tuple[str, bool]:
        try:
            connection.ensure_connection()
            salida.wait()
            una, nueva = registrar_demanda(por=rosa, municipio=muni, envio=envio, titulo="Agua")
            return una.codigo, nueva
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as hilos:
        respuestas = list(hilos.map(mandar, envios))
    assert len({codigo for codigo, _nueva in respuestas[:4]}) == 1
    assert [nueva for _codigo, nueva in respuestas].count(True) == 5 == Demanda.objects.count()
    assert len({codigo for codigo, _nueva in respuestas}) == 5


# --- by whom ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rol", [r for r in Rol if r not in {Rol.FACILITADOR, Rol.PLANIFICADOR}])
def test_other_roles_register_nothing(muni, rol):
    with pytest.raises(PermissionDenied):
        registrar(muni, miembro(muni, rol, "otra"))
    assert not Demanda.objects.exists()


def test_who_is_limited_to_a_district_registers_what_lies_in_it_or_is_asked_by_it(muni, oeste, este, pampa):
    ana = miembro(muni, Rol.FACILITADOR, "ana", unidades=[oeste])
    registrar(muni, ana, proponente=pampa)
    registrar(muni, ana, lugar=mundo.punto(1, 1))
    for lejos in ({"proponente": este}, {"lugar": mundo.punto(3, 1)}, {}):
        with pytest.raises(PermissionDenied):
            registrar(muni, ana, **lejos)
    assert Demanda.objects.count() == 2


# --- corrected --------------------------------------------------------------------------------------------------------
def test_it_is_corrected_as_it_was_read_until_somebody_validates_it(muni, rosa, pampa):
    una = registrar(muni, rosa, lugar=mundo.punto(3, 1), rangos={"mujeres": 1})
    otra = corregir_demanda(por=rosa, demanda=una, version=una.version, rangos={"hombres": 2})
    assert otra.version == una.version + 1, "what is beside the row counts too"
    with pytest.raises(VersionVieja):
        corregir_demanda(por=rosa, demanda=una, version=una.version, titulo="Otra cosa")
    with pytest.raises(FaltaVersion):
        corregir_demanda(por=rosa, demanda=una, version=None, titulo="Otra cosa")
    otra = corregir_demanda(por=rosa, demanda=una, version=otra.version, lugar=None, proponente=pampa)
    assert (otra.ubicada_por, otra.punto, otra.titulo) == ("unidad", None, "Agua para la escuela")
    assert dict(otra.rangos.values_list("grupo", "puesto")) == {"hombres": 2}
    jefa = miembro(muni, Rol.PLANIFICADOR, "jefa")
    validada = mover(por=jefa, demanda=otra, hacia="validada", version=otra.version)
    with pytest.raises(PasoImposible):
        corregir_demanda(por=rosa, demanda=una, version=validada.version, titulo="Otra cosa")


# --- through the API --------------------------------------------------------------------------------------------------
def mandar(client, cuerpo: dict, **cabeceras: str):
    cabeceras = {nombre.replace("_", "-"): valor for nombre, valor in cabeceras.items()}
    return client.post("/api/v1/demandas/", json.dumps(cuerpo), content_type="application/json", headers=cabeceras)


def test_the_api_registers_answers_a_repetition_and_shows_both_of_a_conflict(client, muni, rosa, pampa):
    entrar(client, rosa)
    envio = str(uuid4())
    cuerpo = {
        "municipio": "990101", "titulo": "Agua", "proponente": pampa.pk, "grupo": "mujeres", "sector": "11",
        "lugar": json.loads(mundo.linea((0.2, 0.2), (0.8, 0.8)).geojson), "rangos": {"mujeres": 1, "hombres": None},
        "beneficiarios": {"mujeres": {"jovenes": 50, "adultos": 40}},
    }  # fmt: skip
    hecha = mandar(client, cuerpo, Idempotency_Key=envio)
    assert hecha.status_code == 201, hecha.content
    rasgo = hecha.json()
    assert (rasgo["geometry"]["type"], rasgo["properties"]["beneficiarias_mujeres"]) == ("MultiLineString", 90)
    assert "80 habitantes" in rasgo["properties"]["avisos"][0]
    assert hecha.headers["ETag"] == f'"{rasgo["properties"]["version"]}"'
    repetida = mandar(client, cuerpo | {"envio": envio})
    assert (repetida.status_code, repetida.json()) == (200, rasgo)
    otra = mandar(client, cuerpo | {"titulo": "Riego"}, Idempotency_Key=envio)
    assert otra.status_code == 409
    assert otra.json()["guardada"]["id"] == rasgo["id"]
    assert otra.json()["diferencias"] == [
        {"campo": "titulo", "etiqueta": "qué se pide", "guardada": "Agua", "enviada": "Riego"}
    ]
    ruta = f"/api/v1/demandas/{rasgo['id']}/"
    cambio = json.dumps({"titulo": "Agua potable", "hallazgos": []})
    assert client.patch(ruta, cambio, content_type="application/json").status_code == 428
    leida = {"If-Match": hecha.headers["ETag"]}
    corregida = client.patch(ruta, cambio, content_type="application/json", headers=leida)
    assert (corregida.status_code, corregida.json()["properties"]["titulo"]) == (200, "Agua potable")
    assert client.patch(ruta, cambio, content_type="application/json", headers=leida).status_code == 409


def test_the_api_says_by_field_what_is_wrong(client, muni, rosa):
    entrar(client, rosa)
    malo = {
        "municipio": "990101", "titulo": "", "lugar": {"type": "Point", "coordinates": [0, 0]}, "sector": "77",
        "rangos": {"mujeres": 0}, "beneficiarios": {"mujeres": {"ancianas": 1}}, "nada": 1,
    }  # fmt: skip
    assert set(mandar(client, malo).json()["detalle"]) == {"nada"}
    del malo["nada"]
    respuesta = mandar(client, malo)
    assert respuesta.status_code == 400
    assert set(respuesta.json()["detalle"]) == {"titulo", "lugar", "sector", "rangos", "beneficiarios"}
    sin_envio = mandar(client, {"municipio": "990101", "titulo": "Agua"})
    assert (sin_envio.status_code, list(sin_envio.json()["detalle"])) == (400, ["envio"])
    assert not Demanda.objects.exists()


def test_a_number_of_sending_that_a_neighbour_used_tells_nothing_of_theirs(client, muni, rosa):
    otro = mundo.unidad("municipio", "990102", mundo.cuadro(4, 0, 4, 2))
    envio = uuid4()
    hechos.demanda(otro, "ajena", envio=envio, publicada=False, titulo="De nadie más")
    respuesta = mandar(entrar(client, rosa), {"municipio": "990101", "titulo": "Agua", "envio": str(envio)})
    assert respuesta.status_code == 400
    assert "De nadie más" not in respuesta.content.decode()


def test_a_photo_sent_again_after_its_answer_was_lost_is_one_photo(client, muni, rosa, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    una = registrar(muni, rosa)
    entrar(client, rosa)

    def subir():
        archivo = SimpleUploadedFile("pozo.jpg", foto(), content_type="image/jpeg")
        return client.post("/api/v1/archivos/", {"demanda": una.pk, "clase": "foto", "archivo": archivo})

    primera, segunda = subir(), subir()
    assert (primera.status_code, segunda.status_code) == (201, 200)
    assert primera.json()["uid"] == segunda.json()["uid"]
    assert Archivo.objects.count() == 1


# --- what a phone keeps -----------------------------------------------------------------------------------------------
def test_the_catalogue_has_the_units_with_their_place_and_people_and_the_outlines_are_light(muni, rosa, pampa):
    sin_lugar = mundo.unidad("comunidad", "x", None, municipio=muni, nombre="Sin lugar")
    dicho = catalogo(muni, rosa)
    unidades = {fila[0]: fila for fila in dicho["unidades"]}
    x, y = mundo.xy(0.5, 0.5)
    assert unidades[pampa.pk] == [pampa.pk, "Pampa", "comunidad", "Oeste", pytest.approx(x), pytest.approx(y), 80]
    assert unidades[sin_lugar.pk][4:6] == [None, None]
    assert [uno["nombre"] for uno in contornos(muni)] == [muni.nombre, "Oeste", "Pampa"]
    assert len(json.dumps(contornos(muni))) < 1500
