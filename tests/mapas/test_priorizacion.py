"""The workbench and its runs over HTTP: what is said first, errors beside their field, what a visitor may not see."""

import io
import json
from datetime import date

import openpyxl
import pytest
from django.urls import reverse

from demandas.mesa.pedido import leer_pedido
from demandas.models import Demanda, Evento, Priorizacion, Rango
from demandas.services import priorizacion as servicio
from mapas.priorizacion.hojas import comparadas, hoja_de_guardada
from territorio.models import Rol
from tests import hechos, mundo
from tests.quienes import entrar, miembro

pytestmark = pytest.mark.django_db
MESA = "/mapas/priorizacion/"


@pytest.fixture
def demandas(oeste, este, muni):
    filas = (
        ("a", 0.5, 600, 1, True),
        ("b", 1.5, 300, 2, True),
        ("=c", 2.5, 300, 1, True),
        ("oculta", 3.5, 100, 3, False),
    )
    for codigo, x, costo, puesto, publicada in filas:
        campos = {"estado": "validada", "costo_estimado": costo, "publicada": publicada, "titulo": f"Pide {codigo}"}
        campos = {"estado": "validada", "costo_estimado": costo, "publicada": publicada, "titulo": f"Pide {codigo}"}
        d = hechos.demanda(muni, codigo, mundo.punto(x, 1), **campos)
        Rango.objects.create(demanda=d, grupo="comunidad", puesto=puesto)


def ver(client, **datos):
    return client.get(MESA, {"municipio": "990101", "techo": "700", "pesos": "rango_acordado:100"} | datos)


def datos_de(respuesta) -> dict:
    return respuesta.context["datos"]


def test_the_page_says_first_what_enters_and_lists_it_without_script(client, demandas, django_assert_max_num_queries):
    with django_assert_max_num_queries(60):
        respuesta = ver(client)
    texto = respuesta.content.decode()
    assert "Con Bs\u00a0700 entran 2 de 3 demandas; 2 de 2 distritos reciben algo" in texto
    assert "oculta" not in texto
    datos = datos_de(respuesta)
    assert datos["codigo"] == ["a", "b", "=c"] and datos["costo"] == [60_000, 30_000, 30_000]
    assert datos["columnas"]["rango_acordado"] == [7500, 0, 7500]
    json.dumps(datos)


def test_a_member_counts_with_what_is_not_published(client, demandas, muni):
    entrar(client, miembro(muni, Rol.LECTOR, "lia"))
    assert "de 4 demandas" in ver(client).content.decode()


@pytest.mark.parametrize(
    ("datos", "campo", "dicho"),
    [
        ({"techo": "0"}, "techo", "no entra ninguna"),
        ({"techo": "abc"}, "techo", "no es un monto"),
        ({"pesos": "rango_acordado:0"}, "pesos", "Todos los pesos están en cero"),
        ({"estado": "priorizada_distrito"}, "conjunto", "No hay demandas en este conjunto"),
        ({"incompatibles": "a~nada"}, "pares", "«nada» no está en este conjunto"),
        ({"unidad": "999999"}, "unidad", "no es de este municipio"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(client, demandas, datos, campo, dicho):
    respuesta = ver(client, **datos)
    assert respuesta.status_code == 200
    assert dicho in respuesta.context["mesa"].errores[campo]
    assert dicho in respuesta.content.decode()


def test_the_form_without_script_leads_to_the_address_that_says_the_same(client, demandas, oeste):
    campos = {
        "municipio": "990101", "techo": "1.000,50", "regla": "mochila", "peso_nbi": "30", "peso_habitantes": "0",
        f"piso_{oeste.pk}": "200", "incompatibles": "a ~ b\n", "votantes": "comunidades", "otra": "x",
    }  # fmt: skip
    respuesta = client.post(f"{MESA}ver/", campos)
    assert respuesta.status_code == 302
    pagina = client.get(respuesta["Location"])
    pedido = pagina.context["pedido"]
    assert (pedido.techo, pedido.regla, pedido.pesos["nbi"], pedido.pesos["habitantes"]) == (100_050, "mochila", 30, 0)
    assert pedido.pisos == {oeste.pk: 20_000} and pedido.incompatibles == (("a", "b"),)


def test_the_slower_rules_answer_with_reasons_that_the_page_can_say(client, demandas):
    vista = {"municipio": "990101", "techo": "900", "regla": "mochila", "pesos": "rango_acordado:100"}
    hecho = client.get(f"{MESA}resultado.json", vista).json()
    de_cada = {d.codigo: hecho["razones"][str(d.pk)] for d in Demanda.objects.filter(publicada=True)}
    assert [de_cada[codigo]["codigo"] for codigo in ("a", "=c")] == ["elegida", "elegida"]
    assert (de_cada["b"]["codigo"], de_cada["b"]["falta"]) == ("otra_combinacion_rinde_mas", 30_000)
    pk = Demanda.objects.get(codigo="a").pk
    faltas = client.get(
        f"{MESA}falta.json",
        {"municipio": "990101", "techo": "700", "pesos": "rango_acordado:100", "demanda": str(pk)},
    ).json()
    assert any("Bs\u00a0200" in frase for frase in faltas["frases"])  # 600 asked, 400 left when its turn came


def test_two_rules_side_by_side_say_why_one_leaves_out_what_the_other_takes(client, demandas, muni, oeste):
    mundo.unidad("comunidad", "o", mundo.cuadro(0, 0, 2), municipio=muni, padre=oeste, personas=600)
    respuesta = client.get(
        f"{MESA}comparar/",
        {"municipio": "990101", "techo": "900", "pesos": "rango_acordado:100", "contra": "por_boliviano"},
    )
    clases = respuesta.context["clases"]
    assert sum(len(pares) for pares in clases.values()) == 3
    assert [par.cual.codigo for par in clases["ambas"]] == ["=c", "a"]
    assert clases["ninguna"][0].a.por_que == "Cuando le tocó faltaban Bs\u00a0300."
    assert comparadas(respuesta.context["a"], respuesta.context["a"])["solo_a"] == []


# --- stored runs --------------------------------------------------------------------------------------------------------
@pytest.fixture
def planificadora(muni):
    return miembro(muni, Rol.PLANIFICADOR, "ana")


@pytest.fixture
def corrida(demandas, muni, planificadora) -> Priorizacion:
    pedido = leer_pedido({"techo": "800", "pesos": "rango_acordado:100", "estado": "validada"}, muni)
    return servicio.crear_corrida(por=planificadora, pedido=pedido, nombre="Para la cumbre")


def cumbre(muni) -> Evento:
    return Evento.objects.create(
        municipio=muni, unidad=muni, tipo="cumbre", fecha=date(2025, 3, 1), estado="realizado", acuerdos="Sí."
    )


def test_a_run_is_of_its_members_until_an_act_approves_it(client, corrida, muni, planificadora):
    pagina = reverse("paginas:priorizacion", args=[corrida.uid])
    assert client.get(pagina).status_code == 404
    assert "Para la cumbre" not in client.get("/priorizaciones/?municipio=990101").content.decode()
    servicio.anotar(por=planificadora, corrida=corrida, texto="Esto es entre nosotros")
    servicio.aprobar(por=planificadora, corrida=corrida, evento=cumbre(muni))
    texto = client.get(pagina).content.decode()
    assert "Con Bs\u00a0800 entran 3 de 4 demandas" in texto and "oculta" not in texto
    assert "Falta 1 demanda que todavía no se publica" in texto
    assert "Esto es entre nosotros" not in texto
    assert hoja_de_guardada(corrida, planificadora).ocultas == 0


def test_saving_and_approving_by_the_pages(client, demandas, muni, planificadora):
    entrar(client, planificadora)
    consulta = "municipio=990101&techo=800&pesos=rango_acordado:100&estado=validada"
    guardar = reverse("demandas:priorizacion-guardar")
    mal = client.post(guardar, {"consulta": consulta + "&incompatibles=a~z", "nombre": "X", "alcance": "municipio"})
    assert mal.status_code == 400 and "«z» no está en este conjunto" in mal.content.decode()
    hecha = client.post(guardar, {"consulta": consulta, "nombre": "X", "alcance": "municipio"})
    corrida = Priorizacion.objects.get(nombre="X")
    assert hecha["Location"] == reverse("paginas:priorizacion", args=[corrida.uid])
    aprobar = reverse("demandas:priorizacion-aprobar", args=[corrida.uid])
    assert "registre primero el taller o la cumbre" in client.get(aprobar).content.decode()
    evento = cumbre(muni)
    Demanda.objects.filter(codigo="b").update(costo_estimado=301)
    negada = client.post(aprobar, {"evento": str(evento.pk)})
    assert negada.status_code == 409 and "b: el costo era" in negada.content.decode()
    Demanda.objects.filter(codigo="b").update(costo_estimado=300)
    assert client.post(aprobar, {"evento": str(evento.pk)}).status_code == 302
    corrida.refresh_from_db()
    assert corrida.estado == "aprobada"
    assert client.post(aprobar, {"evento": str(evento.pk)}).status_code == 409


def test_the_list_goes_to_a_sheet_and_to_the_wall(client, corrida, muni, planificadora):
    servicio.aprobar(por=planificadora, corrida=corrida, evento=cumbre(muni))
    respuesta = client.get(reverse("paginas:priorizacion-xlsx", args=[corrida.uid]))
    libro = openpyxl.load_workbook(io.BytesIO(b"".join(respuesta.streaming_content)))
    filas = list(libro["Lista"].values)
    assert [fila[1] for fila in filas[1:4]] == ["=c", "b", "a"]
    assert libro["Lista"]["B2"].data_type == "s"
    assert [fila[8] for fila in filas[1:3]] == [300, 600] and filas[-1][7] == 100
    notas = dict(libro["Fuente"].values)
    assert notas["Huella"] == corrida.huella and notas["Acto que la aprobó"].endswith(", 01/03/2025")
    pdf = client.get(reverse("paginas:priorizacion-pdf", args=[corrida.uid]), {"papel": "A4"})
    assert pdf["Content-Type"] == "application/pdf" and pdf.content[:5] == b"%PDF-"
    assert client.get(reverse("paginas:priorizacion-pdf", args=[corrida.uid]), {"papel": "A9"}).status_code == 400


def test_criteria_are_added_changed_and_given_values_by_the_page(client, demandas, muni, planificadora):
    entrar(client, planificadora)
    criterios = reverse("demandas:criterios")
    nuevo = {"nombre": "Terreno", "sentido": "mas", "normalizacion": "si_no", "peso": "40", "activo": "on"}
    assert client.post(criterios, nuevo | {"municipio": "990101", "peso": "400"}).status_code == 400
    hecho = client.post(criterios, nuevo | {"municipio": "990101"})
    pagina = hecho["Location"]
    mal = client.post(pagina, {"filas": "a\tmucho", "municipio": "990101"})
    assert mal.status_code == 400 and "Fila 1: «mucho» no es un número" in mal.content.decode()
    client.post(pagina, {"filas": "a\tsí\nb\tno", "municipio": "990101"})
    datos = datos_de(ver(client))
    assert datos["columnas"]["terreno"] == [10_000, 0, -1, -1]
    assert client.post(pagina, nuevo | {"municipio": "990101", "version": "99"}).status_code == 409


def test_a_neighbours_approved_run_is_read_and_not_touched(client, corrida, muni, planificadora):
    servicio.aprobar(por=planificadora, corrida=corrida, evento=cumbre(muni))
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(6, 0, 2))
    entrar(client, miembro(vecino, Rol.PLANIFICADOR, "vera"))
    assert client.get(reverse("paginas:priorizacion", args=[corrida.uid])).status_code == 200
    for cual in ("detener", "otra-vez", "aprobar", "anotar"):
        respuesta = client.post(reverse(f"demandas:priorizacion-{cual}", args=[corrida.uid]), {"texto": "x"})
        assert respuesta.status_code == 403, cual
