"""The consolidated diagnosis: each reader what she may see, everything accounted for, on page, workbook and document."""

import io

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from docx import Document
from openpyxl import load_workbook

from cuentas.models import Usuario
from demandas.models import DatoInstitucional, DemandaHallazgo, Hallazgo
from mapas.diagnostico.matriz import comunidades_de, matriz, totales
from mapas.diagnostico.pedido import pedido_de
from territorio.models import Rol, UnidadTerritorial
from tests import hechos
from tests.quienes import entrar, miembro

pytestmark = pytest.mark.django_db


def hallazgo(unidad, texto, tipo="problema", *, sector="11", publicado=True, **como) -> Hallazgo:
    return Hallazgo.objects.create(
        municipio=unidad.municipio, unidad=unidad, tipo=tipo, texto=texto, publicado=publicado,
        sector=hechos.sector(sector) if sector else None, **como,
    )  # fmt: skip


@pytest.fixture
def cota(tablero):
    """The world of the questions, where one community has looked at itself."""
    cota = UnidadTerritorial.objects.get(municipio=tablero, codigo="c")
    agua = hallazgo(cota, "Falta <agua>", grupo="mujeres", puesto=1)
    hallazgo(cota, "Hay vertiente", "potencialidad")
    hallazgo(cota, "Callado todavía", publicado=False)
    demanda = hechos.demanda(tablero, "ag", proponente=cota, sector=hechos.sector("11"), titulo="Agua potable")
    DemandaHallazgo.objects.create(demanda=demanda, hallazgo=agua)
    return cota


@pytest.fixture
def rosa(tablero, client):
    return entrar(client, miembro(tablero, Rol.PLANIFICADOR))


def pagina(cliente: Client, ruta: str = "/diagnostico/", **consulta) -> str:
    respuesta = cliente.get(ruta, {"municipio": "990101", **consulta})
    assert respuesta.status_code == 200
    return respuesta.content.decode()


def test_the_first_line_counts_communities_findings_and_those_of_which_nothing_is_known(client, cota):
    assert "3 comunidades, 2 hallazgos, 2 sin autodiagnóstico; el sector más nombrado: saneamiento básico" in pagina(
        client
    )


def test_a_visitor_sees_what_is_published_and_a_member_all(client, cota, tablero):
    assert "Callado todavía" not in pagina(client)
    libro = load_workbook(io.BytesIO(b"".join(client.get("/diagnostico.xlsx?municipio=990101").streaming_content)))
    dichos = {valor for hoja in libro for fila in hoja.iter_rows(values_only=True) for valor in fila}
    assert "Falta <agua>" in dichos and not any("Callado" in str(valor) for valor in dichos)
    assert "Callado todavía" in pagina(entrar(Client(), miembro(tablero, Rol.LECTOR)))


def test_what_people_wrote_is_text(client, cota):
    assert "Falta &lt;agua&gt;" in pagina(client) and "Falta <agua>" not in pagina(client)


def test_a_cell_goes_from_the_problem_to_its_demand(cota, tablero, rosa):
    pedido = pedido_de({}, tablero, Usuario.objects.get(pk=rosa.session["_auth_user_id"]))
    filas = matriz(pedido, comunidades_de(pedido))
    celda = next(c for fila in filas if fila.unidad == cota for c in fila.celdas)
    assert [d.texto for d in celda.dichos["problema"]] == ["Falta <agua>", "Callado todavía"]
    assert [d.texto for d in celda.dichos["potencialidad"]] == ["Hay vertiente"]
    assert [(d.titulo, d.explicada) for d in celda.demandas if d.codigo == "ag"] == [("Agua potable", True)]


@pytest.mark.parametrize(
    ("filtro", "hallazgos"),
    [
        ({"grupo": "mujeres"}, 1),
        ({"sector": "11"}, 2),
        ({"sector": "20"}, 0),
        ({"distrito": "1"}, 2),
        ({"distrito": "2"}, 0),
    ],
)
def test_filters_leave_what_they_say_and_the_line_still_adds_up(client, cota, tablero, filtro, hallazgos):
    suman = totales(pedido_de(filtro, tablero, AnonymousUser()))
    assert suman.hallazgos == hallazgos
    linea = suman.conservacion
    assert linea.ubicadas + linea.fuera + linea.sin_ubicar == linea.total == hallazgos
    assert sum(d["hallazgos"] for d in suman.por_distrito) == pytest.approx(linea.ubicadas)
    pagina(client, **filtro)


def test_filters_that_cannot_be_are_refused_in_words(client, cota):
    for malo in ({"grupo": "nadie"}, {"distrito": "99"}, {"sector": "xx"}, {"ver": "todo"}):
        assert client.get("/diagnostico/", malo).status_code == 400


def test_the_map_shows_those_that_have_not_looked_at_themselves(client, cota):
    figuras = client.get("/api/v1/diagnostico/?municipio=990101&nivel=comunidad").json()
    por_codigo = {f["codigo"]: f for f in figuras["filas"]}
    assert (por_codigo["c"]["problemas"], por_codigo["c"]["potencialidades"], por_codigo["c"]["hallados"]) == (1, 1, 2)
    assert por_codigo["p"]["clase"] == "cero"
    assert next(c for c in figuras["clases"] if c["clave"] == "cero")["etiqueta"] == "sin autodiagnóstico"
    assert figuras["conservacion"]["total"] == 2


def test_the_workbook_has_the_matrix_the_findings_and_where_they_come_from(rosa, cota):
    hallazgo(cota, "=1+1")
    libro = load_workbook(io.BytesIO(b"".join(rosa.get("/diagnostico.xlsx").streaming_content)))
    assert libro.sheetnames == ["Matriz", "Hallazgos", "Totales", "Por sector", "Fuente"]
    largas = list(libro["Hallazgos"].iter_rows(values_only=True))
    assert ("problema", "mujeres", 1, "Falta <agua>", "ag") in {fila[6:] for fila in largas}
    assert {c.data_type for c in libro["Hallazgos"]["J"]} == {"s"}  # what looks like a formula is text
    assert any("4 hallazgos ubicados" in str(v) for _que, v in libro["Fuente"].iter_rows(values_only=True))


def test_the_document_has_a_table_for_each_district_the_law_and_the_line(rosa, cota, tablero):
    DatoInstitucional.objects.create(municipio=tablero, apartado="personal", concepto="Técnicos", anio=2025, cantidad=6)
    documento = Document(io.BytesIO(b"".join(rosa.get("/diagnostico.docx").streaming_content)))
    titulos = [p.text for p in documento.paragraphs if p.style.name.startswith(("Heading", "Title"))]
    assert {"Base legal", "Oeste", "Diagnóstico institucional", "Comunidades sin autodiagnóstico"} <= set(titulos)
    texto = "\n".join(p.text for p in documento.paragraphs)
    assert "Hallazgos: 3 ubicados + 0 fuera de los límites + 0 sin ubicar = 3." in texto
    assert any("1.º Falta <agua> (mujeres)" in c.text for t in documento.tables for f in t.rows for c in f.cells)
    publico = Document(io.BytesIO(b"".join(Client().get("/diagnostico.docx").streaming_content)))
    assert "Diagnóstico institucional" not in [p.text for p in publico.paragraphs]


# --- the notebook of a community --------------------------------------------------------------------------------------
def test_a_finding_is_added_without_leaving_the_page_or_with_whole_pages(rosa, cota):
    ruta = f"/diagnostico/comunidades/{cota.pk}/"
    datos = {"tipo": "problema", "grupo": "mujeres", "texto": "Falta luz", "puesto": ""}
    trozo = rosa.post(ruta, datos, headers={"HX-Request": "true"})
    assert trozo.status_code == 200 and "Anotado" in trozo.content.decode() and "<html" not in trozo.content.decode()
    entera = rosa.post(ruta, datos | {"texto": "Falta gas"})
    assert entera.status_code == 302 and "grupo=mujeres" in entera["Location"]
    assert set(
        Hallazgo.objects.filter(unidad=cota, texto__in=["Falta luz", "Falta gas"]).values_list("puesto", flat=True)
    ) == {2, 3}
    repetido = rosa.post(ruta, datos | {"texto": "Falta pan", "puesto": "1"})
    assert repetido.status_code == 400 and "Falta pan" in repetido.content.decode()
    assert "ya lo tiene «Falta &lt;agua&gt;»" in repetido.content.decode()


def test_correcting_on_an_old_version_shows_what_changed_and_keeps_what_was_typed(rosa, cota):
    uno = Hallazgo.objects.get(texto="Hay vertiente")
    ruta = f"/diagnostico/hallazgos/{uno.pk}/"
    datos = {"tipo": "potencialidad", "grupo": "comunidad", "texto": "Hay dos vertientes", "version": "1"}
    assert rosa.post(ruta, datos).status_code == 302
    vieja = rosa.post(ruta, datos | {"texto": "Hay tres"})
    assert (
        vieja.status_code == 409
        and "Hay tres" in vieja.content.decode()
        and "Hay dos vertientes" in vieja.content.decode()
    )
    assert rosa.post(ruta, {k: v for k, v in datos.items() if k != "version"}).status_code == 428
    assert rosa.post(ruta, {}).status_code == 428


def test_facts_of_the_institution_are_for_members(rosa, client, tablero):
    DatoInstitucional.objects.create(municipio=tablero, apartado="ingresos", concepto="IDH", anio=2025, monto=1000)
    assert "IDH" in rosa.get("/diagnostico/institucional/").content.decode()
    assert Client().get("/diagnostico/institucional/?municipio=990101").status_code == 302
    assert Client().get("/diagnostico/institucional.xlsx?municipio=990101").status_code in {302, 403}
    libro = load_workbook(io.BytesIO(b"".join(rosa.get("/diagnostico/institucional.xlsx").streaming_content)))
    assert [f for f in libro["Institucional"].iter_rows(values_only=True) if f[1] == "IDH"] == [
        ("ingresos", "IDH", None, None, 1000)
    ]
