"""Plans, programmes and publication through the API: statuses, versions, what is hidden, hostile bodies."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from demandas.models import Demanda
from proyectos.models import PDM, POA, ActoFormal, Proyecto
from territorio.models import Rol
from tests import hechos, mundo
from tests.quienes import entrar, miembro

pytestmark = pytest.mark.django_db
NORMA = {"norma": "resolucion", "norma_numero": "045/2026", "fecha": "2026-01-02"}


@pytest.fixture
def ana(muni):
    return entrar(Client(), miembro(muni, Rol.PLANIFICADOR, "ana"))


@pytest.fixture
def eva(muni):
    return entrar(Client(), miembro(muni, Rol.CONCEJO, "eva"))


@pytest.fixture
def plan(muni):
    return PDM.objects.create(municipio=muni, nombre="PDM 2026-2030", desde=2026, hasta=2030)


@pytest.fixture
def vecino(db):
    return mundo.unidad("municipio", "990102", mundo.cuadro(4, 0, 2), nombre="Vecino")


def post(cliente, ruta: str, cuerpo=None, version=None):
    crudo = cuerpo if isinstance(cuerpo, str | bytes) else json.dumps(cuerpo or {})
    cabeceras = {"If-Match": f'"{version}"'} if version is not None else {}
    respuesta = cliente.post(f"/api/v1/{ruta}", crudo, content_type="application/json", headers=cabeceras)
    return respuesta.status_code, respuesta.json()


def ver(cliente, ruta: str):
    respuesta = cliente.get(f"/api/v1/{ruta}")
    crudo = b"".join(respuesta.streaming_content) if respuesta.streaming else respuesta.content
    return respuesta.status_code, json.loads(crudo), respuesta.headers.get("ETag")


# --- the way of a document --------------------------------------------------------------------------------------------


def test_a_plan_goes_its_way_and_each_answer_carries_the_version_for_the_next(ana, eva, plan):
    ruta = f"pdm/{plan.pk}/"
    _codigo, dicho, etiqueta = ver(ana, ruta)
    assert (dicho["estado"], dicho["pasos"], etiqueta) == ("borrador", ["presentar"], '"1"')
    assert post(ana, f"{ruta}presentar/", {"fecha": "2026-01-01"}, 1)[1]["version"] == 2
    assert ver(eva, ruta)[1]["pasos"] == ["aprobar", "devolver"]
    codigo, dicho = post(eva, f"{ruta}aprobar/", NORMA | {"version": "2"})
    assert (codigo, dicho["estado"], dicho["version"]) == (200, "aprobado", 3)
    assert post(ana, f"{ruta}publicar/", None, 3)[0] == 200
    _codigo, publico, etiqueta = ver(Client(), ruta)
    assert (publico["estado"], etiqueta, publico["pasos"]) == ("publicado", '"4"', [])
    aprobado = next(acto for acto in publico["actos"] if acto["paso"] == "aprobar")
    assert (aprobado["norma_numero"], aprobado["fecha"], aprobado["por"]) == ("045/2026", "2026-01-02", None)
    assert [acto["por"] for acto in ver(ana, ruta)[1]["actos"]] == [None, "ana", "eva", "ana"]


def test_a_programme_goes_its_way(ana, eva, muni):
    programa = POA.objects.create(municipio=muni, gestion=2026)
    ruta = f"poas/{programa.pk}/"
    assert post(ana, f"{ruta}presentar/", {"fecha": "2026-01-01"}, 1)[0] == 200
    assert post(eva, f"{ruta}devolver/", {"nota": "Falta el agua."}, 2)[0] == 200
    assert post(ana, f"{ruta}presentar/", None, 3)[0] == 200
    assert post(eva, f"{ruta}aprobar/", NORMA | {"fecha": timezone.localdate().isoformat()}, 4)[0] == 200
    assert post(ana, f"{ruta}iniciar/", None, 5)[0] == 200
    assert post(ana, f"{ruta}cerrar/", None, 6)[1]["estado"] == "cerrado"


@pytest.mark.parametrize("clave", ["presentar", "aprobar", "publicar", "devolver"])
def test_without_version_428_with_an_old_one_409_and_the_present_one_is_told(ana, eva, plan, clave):
    cliente = eva if clave == "aprobar" else ana
    ruta = f"pdm/{plan.pk}/{clave}/"
    cuerpo = {"aprobar": NORMA, "devolver": {"nota": "x"}}.get(clave, {})
    assert post(cliente, ruta, cuerpo)[0] == 428
    assert post(cliente, ruta)[0] == 428  # before what else is amiss
    codigo, dicho = post(cliente, ruta, cuerpo, 77)
    assert (codigo, dicho["version"], bool(dicho["error"])) == (409, 1, True)
    assert ActoFormal.objects.count() == 1


def test_a_step_from_another_state_is_409_and_who_presented_gets_403_with_the_reason(plan, muni, ana):
    assert post(ana, f"pdm/{plan.pk}/publicar/", None, 1)[0] == 409
    miembro(muni, Rol.CONCEJO, "ana")
    assert post(ana, f"pdm/{plan.pk}/presentar/", {"fecha": "2026-01-01"}, 1)[0] == 200
    codigo, dicho = post(ana, f"pdm/{plan.pk}/aprobar/", NORMA, 2)
    assert codigo == 403
    assert "quien propone no aprueba" in dicho["error"]
    assert ver(ana, f"pdm/{plan.pk}/")[1]["estado"] == "concertado"


def test_an_approval_without_the_code_says_that_the_code_is_missing(plan, muni, ana):
    post(ana, f"pdm/{plan.pk}/presentar/", {"fecha": "2026-01-01"}, 1)
    sin_codigo = entrar(Client(), miembro(muni, Rol.CONCEJO, "eva"), con_codigo=False)
    codigo, dicho = post(sin_codigo, f"pdm/{plan.pk}/aprobar/", NORMA, 2)
    assert (codigo, dicho["falta"]) == (403, "segundo_factor")


@pytest.mark.parametrize("rol", [rol for rol in Rol if rol != Rol.PLANIFICADOR])
def test_other_roles_present_nothing(plan, muni, rol):
    otra = entrar(Client(), miembro(muni, rol, "otra"))
    assert post(otra, f"pdm/{plan.pk}/presentar/", None, 1)[0] == 403
    plan.refresh_from_db()
    assert plan.estado == "borrador"


def test_a_draft_is_not_there_for_visitors_nor_for_members_of_another_municipality(plan, muni, vecino):
    programa = POA.objects.create(municipio=muni, gestion=2026)
    for cliente in (Client(), entrar(Client(), miembro(vecino, Rol.PLANIFICADOR, "ajena"))):
        for ruta in (f"pdm/{plan.pk}/", f"poas/{programa.pk}/"):
            assert ver(cliente, ruta)[0] == 404
        assert ver(cliente, "pdm/")[1]["filas"] == []
        assert ver(cliente, "poas/")[1]["filas"] == []
    assert post(entrar(Client(), miembro(vecino, Rol.CONCEJO, "otra")), f"pdm/{plan.pk}/aprobar/", NORMA, 1)[0] == 404
    assert post(Client(), f"pdm/{plan.pk}/presentar/", None, 1)[0] == 403


def test_lists_are_narrowed_by_known_parameters_only(ana, plan, muni):
    POA.objects.create(municipio=muni, gestion=2026, estado="cerrado")
    assert [f["nombre"] for f in ver(ana, "pdm/?estado=borrador&municipio=990101")[1]["filas"]] == ["PDM 2026-2030"]
    assert [f["gestion"] for f in ver(Client(), "poas/?gestion=2026")[1]["filas"]] == [2026]
    for mala in ("pdm/?estado=nada", "pdm/?otro=1", "poas/?gestion=x", "poas/?limite=-1"):
        assert ver(ana, mala)[0] == 400, mala


HOSTILES = [
    {"norma_numero": "9" * 10_000}, {"norma_numero": "1\x00"}, {"norma_numero": ""}, {"norma_numero": ["1"]},
    {"norma": "bando"}, {"norma": None}, {"fecha": "0000-01-01"}, {"fecha": "0001-01-01"}, {"fecha": "1989-12-31"},
    {"fecha": "2026-13-45"}, {"fecha": "99999-01-01"}, {"fecha": 5}, {"fecha": "2025-12-31"},
    {"fecha": (timezone.localdate() + timedelta(days=2)).isoformat()}, {"nota": "x" * 10_000}, {"nota": "\x00"},
    {"sobra": 1}, {"version": "x" * 200}, {"version": True}, {"version": {"a": 1}}, {"version": [2]},
]  # fmt: skip


@pytest.mark.parametrize("cambio", HOSTILES, ids=lambda cambio: str(cambio)[:40])
def test_a_hostile_body_is_400_in_words_and_nothing_is_written(ana, eva, plan, cambio):
    post(ana, f"pdm/{plan.pk}/presentar/", {"fecha": "2026-01-01"}, 1)
    version = None if "version" in cambio else 2
    codigo, dicho = post(eva, f"pdm/{plan.pk}/aprobar/", NORMA | cambio, version)
    assert (codigo, bool(dicho["error"]), bool(dicho["detalle"])) == (400, True, True), dicho
    assert ActoFormal.objects.count() == 2


@pytest.mark.parametrize("crudo", ["", "[]", "[1]", "5", "null", '"x"', "{", '{"version": 1, "version": 2}', b"\xff"])
def test_a_body_that_is_no_object_is_refused(ana, plan, crudo):
    assert post(ana, f"pdm/{plan.pk}/presentar/", crudo)[0] in {400, 428}
    assert ActoFormal.objects.count() == 1


@pytest.mark.parametrize("etiqueta", ["*", "1", '"x y"', '"1", "2"', '""', '"' + "9" * 5000 + '"'])
def test_a_tag_that_is_none_is_400(ana, plan, etiqueta):
    respuesta = ana.post(
        f"/api/v1/pdm/{plan.pk}/presentar/", "{}", content_type="application/json", headers={"If-Match": etiqueta}
    )
    assert respuesta.status_code == 400


@pytest.mark.parametrize("pk", ["0", str(10**30), "x", "-1"])
def test_what_does_not_exist_is_404(ana, pk):
    assert post(ana, f"pdm/{pk}/presentar/", None, 1)[0] == 404


# --- publication ------------------------------------------------------------------------------------------------------


@pytest.fixture
def ocultos(muni):
    return {
        "demandas": hechos.demanda(muni, "d", mundo.punto(1, 1), publicada=False),
        "proyectos": hechos.proyecto(muni, "p", mundo.punto(1, 1), publicado=False),
    }


@pytest.mark.parametrize("que", ["demandas", "proyectos"])
def test_what_is_published_is_there_for_all_until_it_is_taken_back(ana, ocultos, que):
    ruta = f"{que}/{ocultos[que].pk}/"
    assert ver(Client(), ruta)[0] == 404
    assert post(ana, f"{ruta}publicar/")[0] == 428
    assert post(ana, f"{ruta}publicar/", None, 9)[0] == 409
    assert ver(Client(), ruta)[0] == 404
    assert post(ana, f"{ruta}publicar/", {"version": 1})[0] == 200
    assert ver(Client(), ruta)[2] == '"2"'
    assert post(ana, f"{ruta}retirar/", None, 2)[0] == 200
    assert ver(Client(), ruta)[0] == 404


@pytest.mark.parametrize("que", ["demandas", "proyectos"])
@pytest.mark.parametrize("rol", [rol for rol in Rol if rol != Rol.PLANIFICADOR])
def test_other_roles_publish_nothing(muni, oeste, ocultos, que, rol):
    otra = entrar(Client(), miembro(muni, rol, "otra", unidades=[oeste] if rol == Rol.FACILITADOR else ()))
    codigo = post(otra, f"{que}/{ocultos[que].pk}/publicar/", None, 1)[0]
    assert codigo in {403, 404}
    assert not Demanda.objects.filter(publicada=True).exists()
    assert not Proyecto.objects.filter(publicado=True).exists()


def test_a_planner_of_one_district_publishes_what_lies_in_it(muni, oeste, este, ocultos):
    del_oeste = entrar(Client(), miembro(muni, Rol.PLANIFICADOR, "limitada", unidades=[oeste]))
    alla = hechos.demanda(muni, "e", mundo.punto(3, 1), publicada=False)
    assert post(del_oeste, f"demandas/{ocultos['demandas'].pk}/publicar/", None, 1)[0] == 200
    assert post(del_oeste, f"demandas/{alla.pk}/publicar/", None, 1)[0] in {403, 404}
    alla.refresh_from_db()
    assert not alla.publicada
