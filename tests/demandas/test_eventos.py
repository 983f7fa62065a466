"""Meetings: what may be written of them, and whom each reader is shown among those who came."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from cuentas.guardia.middleware import clase_de
from cuentas.models import Usuario
from cuentas.versiones import VersionVieja
from demandas import asistencia
from demandas.asistencia import NADIE, POCOS, POR_SEXO, TODO, TOTAL, asistentes
from demandas.eventos import avisos, eventos_pedidos
from demandas.models import Actor, Evento, Proceso
from demandas.services.eventos import anotar_asistencia, guardar_evento, publicar_evento
from territorio.adjuntos import enlaces
from territorio.models import Rol
from territorio.services import archivos
from tests import hechos, mundo
from tests.quienes import entrar, miembro

pytestmark = pytest.mark.django_db
MJ, MA, MM = (
    ("mujeres", "jovenes", "masiva"),
    ("mujeres", "adultos", "masiva"),
    ("mujeres", "adultos_mayores", "masiva"),
)
HJ, HA = ("hombres", "jovenes", "masiva"), ("hombres", "adultos", "delegada")
AYER = timezone.localdate() - timedelta(days=1)


@pytest.fixture
def planificadora(muni):
    return miembro(muni, Rol.PLANIFICADOR)


def evento(por, unidad, **datos) -> Evento:
    base = {"tipo": "taller_distrital", "unidad": unidad, "fecha": AYER, "estado": "realizado"}
    return guardar_evento(por=por, municipio=unidad.municipio_propio, datos=base | datos, actores=[])


def con(por, uno: Evento, celdas: dict) -> Evento:
    uno.refresh_from_db()
    return anotar_asistencia(por=por, evento=uno, version=uno.version, celdas=celdas)


# --- what is shown of who came ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("celdas", "ve"),
    [
        ({}, NADIE),
        ({MA: 12, HA: 7}, TODO),
        ({MA: 12, MJ: 3, HA: 7}, POR_SEXO),  # the 3 can't be found by taking 12 from 15: the 12 is not told
        ({MA: 12, HA: 3}, TOTAL),
        ({MA: 2, HA: 2}, POCOS),
    ],
)
def test_a_visitor_is_shown_a_meeting_in_the_finest_way_that_gives_no_few_away(celdas, ve, settings):
    settings.MINKA_UMBRAL_PERSONAS = 5
    visto = asistentes(celdas, de_aqui=False)
    assert visto.ver == ve
    dichas = [*visto.celdas.values(), *visto.por_sexo.values(), *([visto.total] if visto.total else [])]
    assert not any(0 < n < 5 for n in dichas)
    miembra = asistentes(celdas, de_aqui=True)
    assert miembra.ver == (TODO if celdas else NADIE)
    assert dict(miembra.celdas) == celdas


def test_a_sum_over_meetings_is_made_of_what_is_shown_of_each_and_of_nothing_else(settings):
    settings.MINKA_UMBRAL_PERSONAS = 5
    celdas = [{MA: 12, HA: 7}, {MA: 12, MJ: 3, HA: 7}, {MA: 12, HA: 3}, {MA: 2}, {}]
    suma = asistencia.sumar(asistentes(c, de_aqui=False) for c in celdas)
    assert dict(suma.por_edad) == {("mujeres", "adultos"): 12, ("hombres", "adultos"): 7}
    assert dict(suma.sin_edad) == {"mujeres": 15, "hombres": 7}
    assert (suma.sin_sexo, suma.calladas, suma.total) == (15, 1, 56)
    assert (suma.reuniones, suma.con_asistencia) == (5, 4)
    de_aqui = asistencia.sumar(asistentes(c, de_aqui=True) for c in celdas)
    assert (de_aqui.total, de_aqui.mujeres, de_aqui.hombres) == (58, 41, 17)


def test_page_list_and_download_keep_the_same_from_a_visitor(muni, oeste, planificadora, client, settings):
    settings.MINKA_UMBRAL_PERSONAS = 5
    casos = [({MA: 12, HA: 7}, ("12", "7", "19")), ({MA: 12, HA: 3}, ("", "", "15")), ({MA: 2, HA: 2}, ("", "", ""))]
    for celdas, _dicho in casos:
        uno = con(planificadora, evento(planificadora, oeste), celdas)
        publicar_evento(por=planificadora, evento=uno, version=uno.version)
    bajado = b"".join(client.get(f"/exportar/eventos.csv?municipio={muni.codigo}&orden=fecha").streaming_content)
    filas = list(csv.DictReader(io.StringIO(bajado.decode("utf-8-sig"))))
    assert [(f["mujeres"], f["hombres"], f["personas"]) for f in filas] == [dicho for _celdas, dicho in casos]
    lista = client.get(f"/eventos/?municipio={muni.codigo}").content.decode()
    assert "menos de 5" in lista
    pocos = client.get(f"/eventos/{Evento.objects.latest('pk').pk}/").content.decode()
    assert "Vinieron menos de 5 personas." in pocos
    entrar(client, planificadora)
    bajado = b"".join(client.get(f"/exportar/eventos.csv?municipio={muni.codigo}&orden=fecha").streaming_content)
    filas = list(csv.DictReader(io.StringIO(bajado.decode("utf-8-sig"))))
    assert [f["personas"] for f in filas] == ["19", "15", "4"]


# --- what may be written ----------------------------------------------------------------------------------------------
def test_what_is_to_come_was_not_held_and_has_nobody(oeste, planificadora):
    manana = timezone.localdate() + timedelta(days=1)
    with pytest.raises(ValidationError) as error:
        evento(planificadora, oeste, fecha=manana)
    assert list(error.value.message_dict) == ["estado"]
    uno = evento(planificadora, oeste, fecha=manana, estado="programado")
    with pytest.raises(ValidationError, match="consta como realizado"):
        con(planificadora, uno, {MA: 10})


def test_a_meeting_with_people_in_it_was_held(oeste, planificadora):
    uno = con(planificadora, evento(planificadora, oeste), {MA: 10})
    with pytest.raises(ValidationError, match="asistencia anotada"):
        guardar_evento(
            por=planificadora, municipio=uno.municipio, evento=uno, version=uno.version,
            datos={"estado": "suspendido"}, actores=[],
        )  # fmt: skip


def test_who_came_replaces_what_was_there_and_is_another_version_of_the_meeting(oeste, planificadora):
    uno = con(planificadora, evento(planificadora, oeste), {MA: 10, HA: None, HJ: 0})
    leida = uno.version
    assert uno.asistencias.count() == 1
    con(planificadora, uno, {MM: 4})
    assert list(uno.asistencias.values_list("sexo", "grupo_edad", "personas")) == [("mujeres", "adultos_mayores", 4)]
    with pytest.raises(VersionVieja):
        anotar_asistencia(por=planificadora, evento=uno, version=leida, celdas={MA: 1})
    for malas in ({MA: -1}, {MA: 2_000_000}, {("x", "adultos", "masiva"): 1}):
        with pytest.raises(ValidationError):
            con(planificadora, uno, malas)


def test_more_people_than_live_there_are_pointed_out(oeste, planificadora):
    uno = con(planificadora, evento(planificadora, oeste), {MA: 600})
    assert avisos(uno) == []
    (aviso,) = avisos(con(planificadora, uno, {MA: 601}))
    assert aviso == "Asistieron 601 personas y en Oeste viven 600 (Censo 2024): revise la cuenta."


def test_unit_actors_and_process_are_of_the_same_municipality(muni, oeste, planificadora):
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(6, 0, 2))
    with pytest.raises(ValidationError, match="de este municipio"):
        guardar_evento(
            por=planificadora, municipio=muni, actores=[],
            datos={"tipo": "cumbre", "unidad": vecino, "fecha": AYER, "estado": "programado"},
        )  # fmt: skip
    ajeno = Actor.objects.create(municipio=vecino, tipo="otb", nombre="Ajena")
    with pytest.raises(ValidationError, match="otro municipio"):
        guardar_evento(
            por=planificadora, municipio=muni, actores=[ajeno],
            datos={"tipo": "cumbre", "unidad": oeste, "fecha": AYER, "estado": "programado"},
        )  # fmt: skip


def test_a_facilitator_of_the_west_writes_its_meetings_and_publishes_none(oeste, este):
    del_oeste = miembro(oeste.municipio, Rol.FACILITADOR, "lia", unidades=[oeste])
    uno = evento(del_oeste, oeste)
    with pytest.raises(PermissionDenied):
        evento(del_oeste, este)
    with pytest.raises(PermissionDenied):  # nor takes it east
        guardar_evento(
            por=del_oeste, municipio=uno.municipio, evento=uno, version=uno.version, datos={"unidad": este}, actores=[]
        )
    with pytest.raises(PermissionDenied):
        publicar_evento(por=del_oeste, evento=uno, version=uno.version)
    with pytest.raises(PermissionDenied):
        evento(miembro(oeste.municipio, Rol.COMITE, "ana"), oeste)


# --- lists and pages --------------------------------------------------------------------------------------------------
def test_the_list_narrows_by_unit_type_state_year_and_words(muni, oeste, este, planificadora):
    cota = mundo.unidad("comunidad", "c", mundo.cuadro(0, 0), municipio=muni, padre=oeste, nombre="Ñuñu Mayu")
    de_cota = evento(planificadora, cota, tipo="autodiagnostico", lugar="Escuela", fecha=date(2024, 5, 1))
    de_este = evento(planificadora, este, estado="programado", fecha=date(2025, 5, 1))
    cumbre = evento(planificadora, muni, tipo="cumbre", nombre="La cumbre", fecha=date(2025, 6, 1))

    def pedidos(**filtros):
        return list(eventos_pedidos({"municipio": muni.codigo} | filtros, planificadora))

    assert pedidos() == [cumbre, de_este, de_cota]
    assert pedidos(orden="fecha") == [de_cota, de_este, cumbre]
    assert pedidos(unidad=str(oeste.pk)) == [de_cota]  # it lies there
    assert pedidos(unidad=str(muni.pk)) == [cumbre, de_este, de_cota]
    assert pedidos(tipo="cumbre") == [cumbre]
    assert pedidos(estado="programado") == [de_este]
    assert pedidos(anio="2025") == [cumbre, de_este]
    assert pedidos(q="nunu escuela") == [de_cota]
    assert not eventos_pedidos({"municipio": muni.codigo}, AnonymousUser()).exists()


def test_a_meeting_held_without_acta_or_people_says_so_to_its_members(oeste, planificadora, client):
    uno = evento(planificadora, oeste)
    publicar_evento(por=planificadora, evento=uno, version=uno.version)
    falta = "le faltan el acta y la asistencia"
    assert falta not in client.get(f"/eventos/{uno.pk}/").content.decode()
    entrar(client, planificadora)
    assert falta in client.get(f"/eventos/{uno.pk}/").content.decode()
    con(planificadora, uno, {MA: 10})
    assert "le falta el acta" in client.get(f"/eventos/{uno.pk}/").content.decode()


def test_what_came_from_a_meeting_stands_on_its_page(muni, oeste, planificadora, client):
    proceso = Proceso.objects.create(municipio=muni, nombre="Aún callado", desde=2024, hasta=2029, inicio=AYER)
    uno = evento(planificadora, oeste, proceso=proceso)
    publicar_evento(por=planificadora, evento=uno, version=uno.version)
    hechos.demanda(muni, "a", mundo.punto(0.5, 0.5), evento=uno, titulo="Agua para todos")
    hechos.demanda(muni, "b", mundo.punto(0.5, 0.5), evento=uno, titulo="En secreto", publicada=False)
    pagina = client.get(f"/eventos/{uno.pk}/").content.decode()
    assert "Agua para todos" in pagina
    assert "En secreto" not in pagina
    assert "Aún callado" not in pagina


def test_a_form_keeps_what_was_typed_and_says_what_is_wrong_beside_it(muni, oeste, planificadora, client):
    entrar(client, planificadora)
    manana = (timezone.localdate() + timedelta(days=1)).isoformat()
    pedido = {"tipo": "cumbre", "unidad": "Norte", "fecha": manana, "estado": "realizado", "agenda": "Larga"}
    respuesta = client.post(f"/eventos/nuevo/?municipio={muni.codigo}", pedido)
    assert respuesta.status_code == 400
    assert list(respuesta.context["formulario"].errors) == ["unidad"]
    assert "Larga" in respuesta.content.decode()
    pedido["unidad"] = "Oeste"
    respuesta = client.post(f"/eventos/nuevo/?municipio={muni.codigo}", pedido)
    assert list(respuesta.context["formulario"].errors) == ["estado"]
    pedido |= {"estado": "programado", "coordenadas": "-16.99, -64.99"}
    assert client.post(f"/eventos/nuevo/?municipio={muni.codigo}", pedido).status_code == 302
    uno = Evento.objects.get()
    assert (uno.unidad, round(uno.punto.y, 2)) == (oeste, -16.99)


def test_the_table_of_who_came_is_sent_as_it_was_read(oeste, planificadora, client):
    uno = evento(planificadora, oeste)
    entrar(client, planificadora)
    direccion = f"/eventos/{uno.pk}/asistencia/"
    pedido = {"version": uno.version, "mujeres-adultos-masiva": "12", "hombres-jovenes-delegada": ""}
    assert client.post(direccion, pedido).status_code == 302
    assert list(uno.asistencias.values_list("personas", flat=True)) == [12]
    otra_vez = client.post(direccion, pedido | {"mujeres-adultos-masiva": "9"})
    assert otra_vez.status_code == 409
    assert 'value="9"' in otra_vez.content.decode()
    assert client.post(direccion, {"version": "9", "mujeres-adultos-masiva": "-3"}).status_code == 400


@pytest.mark.parametrize("papel", ["lista", "boleta", "tarjetas"])
def test_papers_are_for_who_sees_the_meeting(muni, oeste, planificadora, client, papel, monkeypatch):
    impresos = []
    monkeypatch.setattr("territorio.impresos.pdf", lambda plantilla, contexto: impresos.append(contexto) or b"%PDF-")
    hechos.demanda(muni, "o", mundo.punto(0.5, 0.5), titulo="Del oeste")
    hechos.demanda(muni, "e", mundo.punto(3, 0.5), titulo="Del este")
    hechos.demanda(muni, "h", mundo.punto(0.5, 0.5), titulo="Ya hecha", estado="ejecutada")
    uno = evento(planificadora, oeste)
    assert client.get(f"/eventos/{uno.pk}/{papel}.pdf").status_code == 404
    publicar_evento(por=planificadora, evento=uno, version=uno.version)
    respuesta = client.get(f"/eventos/{uno.pk}/{papel}.pdf")
    assert respuesta["Content-Type"] == "application/pdf"
    assert clase_de(respuesta.wsgi_request) == "exportes"  # as costly as a download, and counted as one
    if papel == "tarjetas":
        assert [d.titulo for d in impresos[0]["demandas"]] == ["Del oeste"]


def test_files_of_a_meeting_are_for_its_members_until_they_and_it_are_published(
    oeste, planificadora, tmp_path, settings
):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from territorio.models import Archivo
    from tests.imagenes import pdf

    settings.MEDIA_ROOT = tmp_path
    uno = evento(planificadora, oeste)
    lia = miembro(oeste.municipio, Rol.FACILITADOR, "lia", unidades=[oeste])
    acta = SimpleUploadedFile("acta.pdf", pdf(), content_type="application/pdf")
    archivo = archivos.adjuntar(por=lia, objeto=uno, archivo=acta, clase="acta")
    assert enlaces.de(uno).objeto_de(archivo) == uno
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(6, 0, 2))
    vecina = miembro(vecino, Rol.PLANIFICADOR, "vecina")

    def ven():
        return [Archivo.objects.visibles_para(u).exists() for u in (AnonymousUser(), vecina, lia)]

    assert ven() == [False, False, True]
    publicar_evento(por=planificadora, evento=uno, version=uno.version)
    assert ven() == [False, False, True]
    archivos.publicar(uid=archivo.uid, por=planificadora, publico=True)
    assert ven() == [True, True, True]
    assert Usuario.objects.count() == 3
