"""Pages of plans and programmes, of their steps, and of what is published."""

import re
from datetime import date
from html import unescape

import pytest
from django.test import Client

from proyectos.models import PDM, POA, ActoFormal
from proyectos.services.tramite import dar_paso
from territorio.models import Rol
from tests import hechos, mundo
from tests.quienes import entrar, miembro, verificada

pytestmark = pytest.mark.django_db
NORMA = {"norma": "resolucion", "norma_numero": "045/2026", "fecha": "2026-01-02"}


@pytest.fixture
def gente(muni):
    return {rol: miembro(muni, rol, nombre) for rol, nombre in ((Rol.PLANIFICADOR, "ana"), (Rol.CONCEJO, "eva"))}


@pytest.fixture
def ana(gente):
    return entrar(Client(), gente[Rol.PLANIFICADOR])


@pytest.fixture
def eva(gente):
    return entrar(Client(), gente[Rol.CONCEJO])


@pytest.fixture
def plan(muni, oeste, este):
    nuevo = PDM.objects.create(municipio=muni, nombre="PDM 2026-2030", desde=2026, hasta=2030)
    hechos.proyecto(muni, "p", mundo.linea((1, 1), (3, 1)), pdm=nuevo, costo_total=1000)
    hechos.proyecto(muni, "q", pdm=nuevo, costo_total=500)
    hechos.proyecto(muni, "r", mundo.punto(1, 1), pdm=nuevo)
    hechos.proyecto(muni, "s", mundo.punto(1, 1), pdm=nuevo, costo_total=70, estado="anulado")
    nuevo.refresh_from_db()
    return nuevo


def leer(cliente, ruta: str, estado: int = 200, datos=None) -> str:
    respuesta = cliente.get(ruta) if datos is None else cliente.post(ruta, datos)
    assert respuesta.status_code == estado, (respuesta.status_code, ruta)
    sin_etiquetas = re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", respuesta.content.decode(), flags=re.S)
    return re.sub(r"[\s\xa0]+", " ", unescape(sin_etiquetas))


def presentado(documento, gente):
    documento.refresh_from_db()
    ana = gente[Rol.PLANIFICADOR]
    dar_paso(por=ana, documento=documento, clave="presentar", version=documento.version, fecha=date(2026, 1, 1))
    return documento


def aprobado(documento, gente):
    presentado(documento, gente)
    eva = verificada(gente[Rol.CONCEJO])
    norma = NORMA | {"fecha": date(2026, 1, 2)}
    dar_paso(por=eva, documento=documento, clave="aprobar", version=documento.version, **norma)
    return documento


# --- reading ----------------------------------------------------------------------------------------------------------


def test_a_plan_says_what_it_costs_where_it_lies_and_what_was_left_out(ana, plan):
    texto = leer(ana, f"/planes/pdm/{plan.pk}/")
    assert "3 proyectos para Bs 1.500,00" in texto
    assert "1 proyecto no tiene costo" in texto
    assert "Además, 1 anulado" in texto
    assert "Oeste 1,5 500,00" in texto  # half of the line and the point without cost
    assert "Este 0,5 500,00" in texto
    assert "2 ubicadas · 0 fuera · 1 sin ubicar = 3 proyectos" in texto
    assert "Bs 1.000,00 ubicados · 0,00 fuera · 500,00 sin ubicar = 1.500,00" in texto


def test_a_programme_says_its_money_and_the_line_closes(ana, muni, oeste, este):
    uno = hechos.proyecto(muni, "p", mundo.punto(1, 1))
    operacion = hechos.operacion(uno, presupuesto_inicial=90, presupuesto_vigente=100, devengado=25)
    hechos.operacion(hechos.proyecto(muni, "q"), presupuesto_inicial=50, presupuesto_vigente=50)
    texto = leer(Client(), f"/planes/poa/{operacion.poa_id}/")
    assert "2 operaciones: Bs 150,00 vigentes, Bs 25,00 devengados" in texto
    assert "Total del programa 140,00 150,00 25,00" in texto
    assert "Bs 100,00 ubicados · 0,00 fuera · 50,00 sin ubicar = 150,00" in texto


def test_the_public_sees_the_acts_of_what_is_published_without_who(plan, gente, ana):
    aprobado(plan, gente)
    assert leer(Client(), f"/planes/pdm/{plan.pk}/", 404)
    quien = gente[Rol.PLANIFICADOR]
    dar_paso(por=quien, documento=plan, clave="publicar", version=plan.version, nota="Para los de casa.")
    publico, propio = leer(Client(), f"/planes/pdm/{plan.pk}/"), leer(ana, f"/planes/pdm/{plan.pk}/")
    for texto in (publico, propio):
        assert "Aprobado 02/01/2026 Resolución municipal n.º 045/2026" in texto
    assert "eva ·" in propio
    assert "Para los de casa" in propio
    assert "eva" not in publico
    assert "Para los de casa" not in publico


def test_the_list_says_what_waits_for_each(ana, eva, plan, gente):
    presentado(plan, gente)
    assert "Aprobar" in leer(eva, "/planes/?municipio=990101")
    assert "Aprobar" not in leer(ana, "/planes/?municipio=990101")
    assert "PDM 2026-2030" not in leer(Client(), "/planes/?municipio=990101")


@pytest.mark.parametrize("ruta", ["/planes/pdm/{}/", "/planes/pdm/{}/presentar/", "/planes/poa/{}/"])
def test_a_draft_of_another_municipality_is_not_there(plan, muni, ruta):
    programa = POA.objects.create(municipio=muni, gestion=2026)
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(4, 0, 2), nombre="Vecino")
    ajena = entrar(Client(), miembro(vecino, Rol.PLANIFICADOR, "ajena"))
    leer(ajena, ruta.format(programa.pk if "poa" in ruta else plan.pk), 404)


# --- steps ------------------------------------------------------------------------------------------------------------


def test_a_plan_is_presented_approved_and_published_from_its_pages(ana, eva, plan):
    ruta = f"/planes/pdm/{plan.pk}/"
    assert "Presentar al Concejo" in leer(ana, ruta)
    paso = leer(ana, f"{ruta}presentar/")
    assert "Quien lo presenta no podrá aprobarlo" in paso
    datos = {"version": plan.version, "fecha": "2026-01-01", "nota": ""}
    assert ana.post(f"{ruta}presentar/", datos).headers["Location"] == ruta
    assert "Aprobar…" in leer(eva, ruta)
    assert eva.post(f"{ruta}aprobar/", NORMA | {"version": plan.version + 1}).status_code == 302
    assert ana.post(f"{ruta}publicar/", {"version": plan.version + 2, "fecha": "2026-01-05"}).status_code == 302
    plan.refresh_from_db()
    assert plan.estado == "publicado"


def test_who_presented_reads_why_she_cannot_approve(plan, muni, gente, ana):
    miembro(muni, Rol.CONCEJO, "ana")
    presentado(plan, gente)
    assert "debe aprobarlo otra persona del concejo" in leer(ana, f"/planes/pdm/{plan.pk}/")
    texto = leer(ana, f"/planes/pdm/{plan.pk}/aprobar/", 403, NORMA | {"version": plan.version})
    assert "quien propone no aprueba" in texto
    plan.refresh_from_db()
    assert plan.estado == "concertado"


def test_a_page_opened_before_somebody_acted_says_who_did_what(ana, plan, gente):
    leida = plan.version
    presentado(plan, gente)
    texto = leer(ana, f"/planes/pdm/{plan.pk}/presentar/", 409, {"version": leida, "fecha": "2026-01-01"})
    assert "«PDM 2026-2030» cambió después de que usted lo leyó" in texto
    assert "Presentado al Concejo · ana" in texto
    assert ActoFormal.objects.de(plan).count() == 2


def test_a_page_opened_before_the_content_changed_says_so_and_offers_to_send_again(eva, plan, gente, muni):
    presentado(plan, gente)
    leida = plan.version
    hechos.proyecto(muni, "nuevo", pdm=plan, costo_total=9_000_000)
    datos = NORMA | {"version": leida}
    texto = leer(eva, f"/planes/pdm/{plan.pk}/aprobar/", 409, datos)
    assert "sus proyectos o sus montos" in texto
    respuesta = eva.post(f"/planes/pdm/{plan.pk}/aprobar/", datos)
    nueva = re.search(r'name="version" value="(\d+)"', respuesta.content.decode())[1]
    assert (int(nueva), 'value="045/2026"' in respuesta.content.decode()) == (leida + 1, True)
    assert eva.post(f"/planes/pdm/{plan.pk}/aprobar/", NORMA | {"version": nueva}).status_code == 302


def test_a_form_without_version_is_428_and_what_cannot_be_400(eva, ana, plan, gente):
    assert "qué versión leyó" in leer(ana, f"/planes/pdm/{plan.pk}/presentar/", 428, {"fecha": "2026-01-01"})
    presentado(plan, gente)
    ruta = f"/planes/pdm/{plan.pk}/aprobar/"
    for cambio in ({"fecha": "0000-01-01"}, {"fecha": "2999-01-01"}, {"norma_numero": "9" * 10_000},
                   {"norma_numero": "1\x00"}, {"norma": "bando"}, {"nota": "x" * 10_000}):  # fmt: skip
        assert "✕" in leer(eva, ruta, 400, NORMA | {"version": plan.version} | cambio), cambio
    for rara in ("x", "9" * 20, "²"):
        leer(eva, ruta, 409, NORMA | {"version": rara})
    plan.refresh_from_db()
    assert plan.estado == "concertado"


def test_a_step_whose_turn_it_is_not_says_so(ana, plan):
    assert "ya no corresponde" in leer(ana, f"/planes/pdm/{plan.pk}/publicar/", 409)


def test_pages_of_steps_are_for_who_may(plan, muni, oeste):
    assert Client().get(f"/planes/pdm/{plan.pk}/presentar/").headers["Location"].startswith("/entrar/")
    leer(entrar(Client(), miembro(muni, Rol.LECTOR, "lee")), f"/planes/pdm/{plan.pk}/presentar/", 403)
    limitada = miembro(muni, Rol.PLANIFICADOR, "limitada", unidades=[oeste])
    leer(entrar(Client(), limitada), f"/planes/pdm/{plan.pk}/presentar/", 403)


# --- publication ------------------------------------------------------------------------------------------------------


@pytest.fixture
def tres(muni):
    return [hechos.demanda(muni, f"d{i}", mundo.punto(1, 1), publicada=False) for i in range(3)]


def elegidas(*demandas) -> list[str]:
    return [f"{d.pk}:{d.version}" for d in demandas]


def test_many_are_published_at_once_from_the_list(ana, tres):
    assert f'value="{tres[0].pk}:1"' in ana.get("/demandas/?municipio=990101").content.decode()
    datos = {"publicar": "1", "elegida": elegidas(*tres), "volver": "/demandas/?municipio=990101"}
    assert ana.post("/demandas/publicar/", datos).headers["Location"] == "/demandas/?municipio=990101"
    assert len(re.findall(r'href="/demandas/\d+/"', Client().get("/demandas/?municipio=990101").content.decode())) == 3
    assert 'name="elegida"' not in Client().get("/demandas/?municipio=990101").content.decode()


def test_if_one_changed_none_is_published_and_the_page_says_which_and_how(ana, tres):
    leidas = elegidas(*tres)
    tres[1].titulo = "Otro título"
    tres[1].save()
    datos = {"publicar": "1", "elegida": leidas, "volver": "/demandas/"}
    texto = leer(ana, "/demandas/publicar/", 409, datos)
    assert "Título Demanda d1 → Otro título" in texto
    assert "Cambió mientras usted la leía" in texto
    leer(Client(), f"/demandas/{tres[0].pk}/", 404)
    respuesta = ana.post("/demandas/publicar/", datos)
    nuevas = re.findall(r'name="elegida" value="([\d:]+)"', respuesta.content.decode())
    assert ana.post("/demandas/publicar/", datos | {"elegida": nuevas}).status_code == 302
    leer(Client(), f"/demandas/{tres[1].pk}/")


def test_a_project_is_published_and_taken_back_on_its_page(ana, muni):
    obra = hechos.proyecto(muni, "p", publicado=False)
    ruta = f"/proyectos/{obra.pk}/"
    for valor, estado in (("1", 200), ("0", 404)):
        boton = re.search(r'name="elegida" value="([\d:]+)"', ana.get(ruta).content.decode())[1]
        ana.post("/proyectos/publicar/", {"publicar": valor, "elegida": boton, "volver": ruta})
        leer(Client(), ruta, estado)


@pytest.mark.parametrize(
    ("datos", "estado"),
    [
        ({"publicar": "1", "elegida": "{pk}:"}, 428),
        ({"publicar": "1", "elegida": "{pk}:9"}, 409),
        ({"publicar": "2", "elegida": "{pk}:1"}, 400),
        ({"publicar": "1", "elegida": "{pk}"}, 400),
        ({"publicar": "1", "elegida": "1; DROP"}, 400),
        ({"publicar": "1", "elegida": "9" * 30 + ":1"}, 400),
        ({"publicar": "1", "elegida": "0:1"}, 404),
        ({"publicar": "1"}, 302),
        ({"publicar": "1", "elegida": "{pk}:1", "volver": "//otro.example/"}, 302),
    ],
)
def test_a_form_of_publication_that_cannot_be(ana, tres, datos, estado):
    datos = {clave: valor.replace("{pk}", str(tres[0].pk)) for clave, valor in datos.items()}
    respuesta = ana.post("/demandas/publicar/", datos)
    assert respuesta.status_code == estado
    assert "otro.example" not in respuesta.headers.get("Location", "")


def test_nobody_else_publishes_from_the_pages(muni, oeste, tres):
    datos = {"publicar": "1", "elegida": elegidas(tres[0])}
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(4, 0, 2), nombre="Vecino")
    assert (
        entrar(Client(), miembro(vecino, Rol.PLANIFICADOR, "a")).post("/demandas/publicar/", datos).status_code == 404
    )
    facilitador = miembro(muni, Rol.FACILITADOR, "b", unidades=[oeste])
    assert entrar(Client(), facilitador).post("/demandas/publicar/", datos).status_code == 403
    assert Client().post("/demandas/publicar/", datos).headers["Location"].startswith("/entrar/")
    tres[0].refresh_from_db()
    assert not tres[0].publicada
