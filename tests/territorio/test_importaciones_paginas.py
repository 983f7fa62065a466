"""The pages and the API of imports: thin doors over the services, closed to those who may not."""

import csv
import io
import json
from datetime import date

import pytest
from django.urls import reverse

from cuentas.models import Usuario
from territorio.importacion.filas import completo
from territorio.models import EstadoImportacion as E
from territorio.models import Importacion, Membresia, Rol
from territorio.revision import Revision, superficie
from territorio.services import deposito, importaciones
from tests import mundo
from tests.subidas import con_informe, distritos, recibir, subida, trabajar

pytestmark = pytest.mark.django_db
LISTA = "/territorio/importaciones/"
API = "/api/v1/importaciones/"


@pytest.fixture
def cliente(client, tecnica):
    client.force_login(tecnica)
    return client


def ruta(importacion: Importacion, que: str = "importacion") -> str:
    return reverse(f"territorio:{que}", args=[importacion.uid])


def texto(respuesta) -> str:
    return " ".join(respuesta.content.decode().split())


# --- pages ------------------------------------------------------------------------------------------------------------


def test_from_upload_to_undo_by_pages(cliente, muni):
    respuesta = cliente.post(LISTA, {"nivel": "distrito", "archivos": subida(), "fuente": "Catastro"})
    importacion = Importacion.objects.get()
    assert respuesta.headers["Location"] == ruta(importacion)
    assert "Espera su turno" in texto(cliente.get(ruta(importacion)))
    trabajar(importacion)
    assert cliente.get(ruta(importacion, "importacion-estado")).headers["HX-Refresh"] == "true"
    informe = texto(cliente.get(ruta(importacion)))
    assert "2 distritos: 2 nuevas, 0 cambiadas, 0 dudas" in informe
    confirmar = cliente.get(ruta(importacion, "importacion-aceptar"))
    assert "Se crearán 2 y se cambiarán 0 distritos" in texto(confirmar)
    cliente.post(ruta(importacion, "importacion-aceptar"), {"huella": confirmar.context["importacion"].huella})
    importacion.refresh_from_db()
    trabajar(importacion)
    assert "2 unidades nuevas" in texto(cliente.get(ruta(importacion)))
    assert "Se quitan 2 unidades" in texto(cliente.get(ruta(importacion, "importacion-deshacer")))
    cliente.post(ruta(importacion, "importacion-deshacer"))
    importacion.refresh_from_db()
    trabajar(importacion)
    assert "todo está como antes" in texto(cliente.get(ruta(importacion)))
    assert distritos() == set()


def test_asking_is_not_doing(cliente, leida):
    """Neither confirmation page does anything by being looked at."""
    for que in ("importacion-aceptar", "importacion-deshacer"):
        cliente.get(ruta(leida, que))
    leida.refresh_from_db()
    assert leida.estado == E.POR_REVISAR
    for que in ("importacion-leer", "importacion-descartar", "importacion-detener", "importacion-omitir"):
        assert cliente.get(ruta(leida, que)).status_code == 405


def test_a_refused_upload_is_said_beside_its_field(cliente):
    respuesta = cliente.post(LISTA, {"nivel": "distrito", "archivos": subida("notas.docx")})
    assert respuesta.status_code == 400
    assert "No se puede leer «notas.docx»" in texto(respuesta)
    assert "Elija un archivo." in texto(cliente.post(LISTA, {"nivel": "distrito"}))
    assert not Importacion.objects.exists()


def test_an_upload_beyond_the_limit_is_dropped_while_it_comes_in(cliente, settings, monkeypatch):
    monkeypatch.setattr(deposito, "maximo", lambda: 10)
    respuesta = cliente.post(LISTA, {"nivel": "distrito", "archivos": subida()})
    assert respuesta.status_code == 400
    assert f"pasa de {settings.MINKA_IMPORTACION_MAXIMO_MB} MB" in texto(respuesta)
    assert not Importacion.objects.exists()


def test_one_answer_of_the_page_reads_again_and_leaves_the_rest_as_it_was(cliente, leida):
    cliente.post(ruta(leida, "importacion-leer"), {"crs": "EPSG:24879", "invertir_ejes": "no"})
    leida.refresh_from_db()
    assert leida.estado == E.EN_COLA
    assert leida.pedido["lectura"]["crs"] == "EPSG:24879"
    assert leida.pedido["vigente_desde"] is not None


def test_the_form_offers_the_fields_with_samples_and_says_what_was_wrong(cliente, leida):
    pagina = texto(cliente.get(ruta(leida)))
    assert "nombre: Oeste, Este" in pagina
    respuesta = cliente.post(ruta(leida, "importacion-leer"), {"completo": "si", "tolerancia": "200"})
    assert respuesta.status_code == 400
    assert respuesta.context["formulario"].errors.keys() == {"tolerancia"}
    cliente.post(
        ruta(leida, "importacion-leer"),
        {
            "completo": "si",
            "campo_nombre": "codigo",
            "campo_codigo": "-",
            "tolerancia": "3",
            "vigente_desde": "2024-02-03",
        },
    )
    leida.refresh_from_db()
    pedido = {k: leida.pedido[k] for k in ("campo_nombre", "campo_codigo", "tolerancia", "vigente_desde")}
    assert pedido == {"campo_nombre": "codigo", "campo_codigo": "", "tolerancia": 3.0, "vigente_desde": "2024-02-03"}


def test_a_row_is_taken_off_by_its_box_and_the_page_says_what_is_left(cliente, leida):
    uno, otro = (f["numero"] for f in completo(leida)["filas"])
    datos = {"vista": [uno, otro], "cargar": [uno]}
    parte = texto(cliente.post(ruta(leida, "importacion-omitir"), datos, headers={"HX-Request": "true"}))
    assert "<strong>1</strong> nuevas" in parte
    assert "1 fila queda fuera" in parte
    cliente.post(ruta(leida, "importacion-omitir"), {"vista": [otro], "cargar": [otro]})
    leida.refresh_from_db()
    assert leida.omitidas == []


def test_rows_with_errors_can_be_left_out_with_one_press(cliente, muni, tecnica):
    filas = [
        (mundo.cuadro(0, 0), {"codigo": "1", "nombre": "Uno"}),
        (mundo.cuadro(1, 0), {"codigo": "2", "nombre": ""}),
    ]
    importacion = trabajar(recibir(muni, tecnica, subida(filas=filas)))
    assert importacion.estado == E.CON_ERRORES
    assert "Dejar fuera la fila con error y volver a leer" in texto(cliente.get(ruta(importacion)))
    cliente.post(ruta(importacion, "importacion-leer"), {"sin_errores": "si"})
    importacion.refresh_from_db()
    trabajar(importacion)
    assert importacion.estado == E.POR_REVISAR
    assert Revision(importacion).por_cargar == {"nueva": 1}


def test_a_button_pressed_too_late_is_answered_in_words(cliente, registrada):
    Importacion.objects.filter(pk=registrada.pk).update(estado=E.DESCARTADA)
    for que in ("leer", "descartar", "detener", "aceptar", "deshacer", "omitir"):
        respuesta = cliente.post(ruta(registrada, f"importacion-{que}"), {"sin_errores": "si"}, follow=True)
        assert "ya no se puede" in texto(respuesta), que


def test_the_map_and_the_report_are_for_those_who_may(cliente, client, leida):
    mapa = cliente.get(ruta(leida, "importacion-mapa"))
    assert mapa.headers["Content-Encoding"] == "gzip"
    assert cliente.get(ruta(leida, "importacion-informe")).json()["filas"][0]["nombre"] == "Oeste"
    client.logout()
    for que in ("importacion", "importacion-mapa", "importacion-informe", "importacion-filas", "importacion-estado"):
        assert client.get(ruta(leida, que)).headers["Location"].startswith("/entrar/")
    ajena = Usuario.objects.create_user("ajena")
    Membresia.objects.create(usuario=ajena, municipio=leida.municipio, rol=Rol.PLANIFICADOR)
    client.force_login(ajena)
    assert client.get(LISTA).status_code == 403
    assert client.get(ruta(leida)).status_code == 403
    assert client.post(ruta(leida, "importacion-descartar")).status_code == 403
    assert client.get(ruta(leida, "importacion-mapa")).status_code == 403


def test_the_rows_go_to_a_sheet_without_formulas(cliente, muni, tecnica):
    filas = [(mundo.cuadro(0, 0), {"codigo": "1", "nombre": "=HYPERLINK(1)"})]
    importacion = trabajar(recibir(muni, tecnica, subida(filas=filas)))
    cuerpo = b"".join(cliente.get(ruta(importacion, "importacion-filas")).streaming_content).decode("utf-8-sig")
    fila = next(csv.DictReader(io.StringIO(cuerpo)))
    assert (fila["nombre"], fila["estado"], fila["se_carga"]) == ("'=HYPERLINK(1)", "nueva", "sí")


def test_the_menu_shows_the_way_only_to_who_may_go(cliente, client):
    assert LISTA in texto(cliente.get("/"))
    client.logout()
    assert LISTA not in texto(client.get("/"))


def test_a_row_pressed_on_the_map_is_found_on_its_page(cliente, registrada):
    filas = [{"numero": n, "estado": "nueva", "nombre": f"U{n}", "codigo": str(n)} for n in range(1, 121)]
    con_informe(registrada, filas=filas)
    pagina = cliente.get(ruta(registrada), {"fila": "77"}).context["pagina"]
    assert 77 in {fila.numero for fila in pagina}
    assert pagina.number == 2


def test_while_nobody_attends_the_queue_the_page_says_so(cliente, muni, tecnica):
    importacion = recibir(muni, tecnica)
    Importacion.objects.filter(pk=importacion.pk).update(cambiada="2020-01-01T00:00Z")
    assert "Nadie está atendiendo la cola" in texto(cliente.get(ruta(importacion)))


# --- the report as it is read -----------------------------------------------------------------------------------------


def test_doubts_come_first_and_notes_are_no_doubts(registrada):
    def problema(gravedad):
        return {"codigo": gravedad, "mensaje": gravedad, "remedio": "", "gravedad": gravedad}

    filas = [
        {"numero": 1, "estado": "igual", "dudas": []},
        {"numero": 2, "estado": "nueva", "dudas": [problema("dato")]},
        {"numero": 3, "estado": "cambiada", "dudas": [problema("dato"), problema("aviso")]},
        {"numero": 4, "estado": "con_error", "dudas": [problema("error")]},
    ]
    con_informe(registrada, filas=filas, faltan=[{"id": 9, "codigo": "9", "nombre": "Nueve"}])
    revision = Revision(registrada)
    assert [f.numero for f in revision.filas()] == [4, 3, 2, 1]
    assert revision.filas()[1].problemas[0]["gravedad"] == "aviso"
    assert revision.cuentas == {
        "todas": 4, "errores": 1, "dudas": 1, "nuevas": 1, "cambiadas": 1, "iguales": 1, "omitidas": 0, "faltan": 1,
    }  # fmt: skip
    assert revision.por_cargar == {"nueva": 1, "cambiada": 1}


def test_a_remedy_names_what_is_on_the_page_and_not_on_the_command_line(registrada):
    problema = {
        "codigo": "x",
        "mensaje": "m",
        "remedio": "Dígalo con --nombre o --codigo.",
        "gravedad": "aviso",
        "fila": None,
    }
    registrada.informe = {"problemas": [problema]}
    assert Revision(registrada).notas[0]["remedio"] == "Dígalo con «Nombre» o «Código»."


def test_what_moved_is_named_the_first_in_sight_and_the_rest_folded(cliente, registrada):
    filas = [
        {
            "id": n,
            "codigo": f"D{n}",
            "titulo": f"Pedido {n}",
            "nivel": "distrito",
            "antes": ["Oeste"],
            "despues": ["Este"],
        }
        for n in range(1, 31)
    ]
    Importacion.objects.filter(pk=registrada.pk).update(
        estado=E.APLICADA,
        aplicada="2024-01-01T00:00Z",
        informe={"mudanzas": {"demandas.Demanda": filas}, "mudanzas_totales": {"demandas.Demanda": 500}},
    )
    respuesta = cliente.get(ruta(registrada))
    (mudanza,) = respuesta.context["revision"].mudanzas
    assert (len(mudanza["primeras"]), len(mudanza["demas"])) == (12, 18)
    assert "Demandas: 500" in texto(respuesta)
    assert "Pedido 30" in texto(respuesta)


@pytest.mark.parametrize(("m2", "dicho"), [(123.4, "123 m²"), (56_000, "5,6 ha"), (123_456_789, "123,5 km²")])
def test_areas_are_said_in_the_unit_people_use(m2, dicho):
    assert superficie(m2) == dicho


# --- API --------------------------------------------------------------------------------------------------------------


def test_the_same_way_by_the_api(cliente, muni):
    creada = cliente.post(
        API, {"municipio": muni.codigo, "nivel": "distrito", "archivos": [subida()], "tolerancia": "2"}
    )
    assert creada.status_code == 201, creada.content
    uid = creada.json()["uid"]
    importacion = trabajar(Importacion.objects.get(uid=uid))
    assert importacion.pedido["tolerancia"] == 2.0
    detalle = cliente.get(f"{API}{uid}/").json()
    assert detalle["estado"] == "por_revisar"
    assert [f["estado"] for f in detalle["informe"]["filas"]] == ["nueva", "nueva"]

    def pedir(accion, **datos):
        return cliente.post(f"{API}{uid}/{accion}/", json.dumps(datos), content_type="application/json")

    assert pedir("leer", fuente="Catastro", vigente_desde="2024-01-02").status_code == 202
    importacion.refresh_from_db()
    assert (importacion.pedido["fuente"], importacion.pedido["tolerancia"]) == ("Catastro", 2.0)
    trabajar(importacion)
    fuera = completo(importacion)["filas"][0]["numero"]
    assert pedir("omitir", omitidas=[fuera]).json()["omitidas"] == [fuera]
    assert pedir("aceptar", huella="no").status_code == 409
    assert pedir("aceptar", huella=importacion.huella, omitidas=[]).status_code == 202
    assert pedir("descartar").status_code == 409
    importacion.refresh_from_db()
    trabajar(importacion)
    assert importacion.limites.first().vigencia.lower == date(2024, 1, 2)
    assert distritos() == {"Oeste", "Este"}
    assert pedir("deshacer").status_code == 202
    importacion.refresh_from_db()
    assert trabajar(importacion).estado == E.DESHECHA


def test_the_api_refuses_in_the_same_shape(cliente, client, muni, leida):
    malo = cliente.post(API, {"municipio": muni.codigo, "nivel": "distrito", "archivos": [subida("a.exe")]})
    assert (malo.status_code, "No se puede leer" in malo.json()["error"]) == (400, True)
    assert "archivos" in cliente.post(API, {"nivel": "distrito"}).json()["detalle"]
    alto = cliente.post(API, {"nivel": "municipio", "archivos": [subida()]})
    assert alto.status_code == 403
    client.logout()
    assert client.get(API).status_code == 403
    ajena = Usuario.objects.create_user("ajena")
    client.force_login(ajena)
    assert client.get(API).json()["count"] == 0
    assert client.get(f"{API}{leida.uid}/").status_code == 404
    assert client.post(f"{API}{leida.uid}/descartar/").status_code == 404
    nadie = client.post(API, {"municipio": muni.codigo, "nivel": "distrito", "archivos": [subida()]})
    assert nadie.status_code == 403


def test_the_list_of_the_api_is_filtered_and_light(cliente, leida):
    lista = cliente.get(API, {"municipio": "990101", "estado": "por_revisar"}).json()
    assert [fila["uid"] for fila in lista["results"]] == [str(leida.uid)]
    assert "informe" not in lista["results"][0]
    assert cliente.get(API, {"estado": "aplicada"}).json()["count"] == 0


def test_discarding_and_stopping_by_the_api(cliente, muni, tecnica):
    una, otra = recibir(muni, tecnica), recibir(muni, tecnica)
    assert cliente.post(f"{API}{una.uid}/cancelar/").json()["estado"] == "cancelada"
    assert cliente.post(f"{API}{otra.uid}/descartar/").json()["estado"] == "descartada"
    assert importaciones.permite(Importacion.objects.get(pk=una.pk), "releer")
