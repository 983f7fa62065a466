"""The way of a demand: which steps, by whom, from where, and what is written of each."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from cuentas.versiones import FaltaVersion, VersionVieja
from demandas.camino import camino_de
from demandas.models import Demanda, EstadoDemanda, Evento, PasoDeDemanda
from demandas.services.flujo import POR_ACTOS, POR_PERSONAS, PasoImposible, avanzar, mover, validar_demandas
from proyectos.models import PDM, POA
from proyectos.services.respuestas import poner_al_dia, proyectos_de
from tests import hechos, mundo
from tests.quienes import entrar, miembro

E = EstadoDemanda


@pytest.fixture
def planificadora(muni):
    return miembro(muni, "planificador")


@pytest.fixture
def facilitador(muni):
    return miembro(muni, "facilitador", "pedro")


def taller(muni, **campos):
    datos = {"tipo": "taller_distrital", "estado": "realizado", "fecha": date(2025, 5, 4), "unidad": muni}
    return Evento.objects.create(municipio=muni, **datos | campos)


def test_a_step_is_taken_and_written(muni, planificadora):
    una = hechos.demanda(muni, "a")
    movida = mover(por=planificadora, demanda=una, hacia="validada", version=una.version)
    assert (movida.estado, movida.version) == ("validada", una.version + 1)
    paso = movida.pasos.get()
    assert (paso.desde, paso.hacia, paso.por) == ("registrada", "validada", planificadora)


@pytest.mark.parametrize("desde", [estado for estado in E if estado != E.UNIDA])
@pytest.mark.parametrize("hacia", POR_PERSONAS)
def test_only_from_states_that_allow_it(muni, planificadora, desde, hacia):
    una = hechos.demanda(muni, "a", estado=desde)
    tipo = "cumbre" if hacia.startswith("priorizada") else None
    datos = {"motivo": "falta el lugar"} | ({"evento": taller(muni, tipo=tipo)} if tipo else {})
    if desde in POR_PERSONAS[hacia]:
        assert mover(por=planificadora, demanda=una, hacia=hacia, version=una.version, **datos).estado == hacia
    else:
        with pytest.raises(PasoImposible):
            mover(por=planificadora, demanda=una, hacia=hacia, version=una.version, **datos)
        assert not PasoDeDemanda.objects.exists()


@pytest.mark.parametrize("hacia", ["devuelta", "rechazada"])
def test_who_sends_back_or_refuses_says_why(muni, planificadora, hacia):
    una = hechos.demanda(muni, "a")
    with pytest.raises(ValidationError) as error:
        mover(por=planificadora, demanda=una, hacia=hacia, version=una.version, motivo="  ")
    assert "motivo" in error.value.message_dict
    with pytest.raises(IntegrityError, match="paso_de_demanda_con_motivo"), transaction.atomic():
        PasoDeDemanda.objects.create(demanda=una, desde="registrada", hacia=hacia)


def test_a_priority_rests_on_a_meeting_that_was_held_here(muni, planificadora):
    una = hechos.demanda(muni, "a", estado="validada")
    for evento in (None, taller(muni, estado="programado"), taller(muni, tipo="capacitacion")):
        with pytest.raises(ValidationError) as error:
            mover(por=planificadora, demanda=una, hacia="priorizada_distrito", version=una.version, evento=evento)
        assert "evento" in error.value.message_dict
    mover(por=planificadora, demanda=una, hacia="priorizada_distrito", version=una.version, evento=taller(muni))


def test_a_facilitator_does_not_validate_but_brings_back_what_was_returned(muni, facilitador, planificadora):
    una = hechos.demanda(muni, "a")
    with pytest.raises(PermissionDenied):
        mover(por=facilitador, demanda=una, hacia="validada", version=una.version)
    una = mover(por=planificadora, demanda=una, hacia="devuelta", version=una.version, motivo="falta el lugar")
    assert mover(por=facilitador, demanda=una, hacia="registrada", version=una.version).estado == "registrada"


def test_a_step_on_an_older_version_is_refused(muni, planificadora):
    una = hechos.demanda(muni, "a")
    Demanda.objects.filter(pk=una.pk).update(titulo="Otra")
    with pytest.raises(VersionVieja):
        mover(por=planificadora, demanda=una, hacia="validada", version=una.version)
    with pytest.raises(FaltaVersion):
        mover(por=planificadora, demanda=una, hacia="validada", version=None)


@pytest.mark.parametrize("hacia", POR_ACTOS)
def test_an_act_moves_those_that_stand_before_and_no_other(muni, hacia):
    todas = {estado: hechos.demanda(muni, estado, estado=estado) for estado in E if estado != E.UNIDA}
    n = avanzar(por=None, demandas=Demanda.objects.all(), hacia=hacia, referencia="PDM")
    assert n == len(POR_ACTOS[hacia])
    for estado, una in todas.items():
        una.refresh_from_db()
        assert una.estado == (hacia if estado in POR_ACTOS[hacia] else estado)
    assert set(PasoDeDemanda.objects.values_list("desde", flat=True)) == {str(e) for e in POR_ACTOS[hacia]}


def test_what_plans_programmes_and_works_say_reaches_the_demand(muni):
    en_plan, con_obra, hecha, ajena = (hechos.demanda(muni, c, estado="validada") for c in "abcd")
    firme = PDM.objects.create(municipio=muni, nombre="PDM", desde=2021, hasta=2025, estado="publicado")
    borrador = PDM.objects.create(municipio=muni, nombre="Otro", desde=2026, hasta=2030)
    hechos.proyecto(muni, "1", responde=[en_plan], pdm=firme)
    programado = hechos.proyecto(muni, "2", responde=[con_obra], pdm=firme)
    hechos.operacion(programado, estado="aprobado")
    hechos.proyecto(muni, "3", responde=[hecha], pdm=firme, estado="concluido")
    hechos.proyecto(muni, "4", responde=[ajena], pdm=borrador)
    hechos.proyecto(muni, "5", responde=[ajena], pdm=firme, estado="anulado")
    from proyectos.models import Proyecto

    assert poner_al_dia(por=None, proyectos=Proyecto.objects.all()) == 5
    for una, estado in (
        (en_plan, "incorporada_pdm"),
        (con_obra, "programada"),
        (hecha, "ejecutada"),
        (ajena, "validada"),
    ):
        una.refresh_from_db()
        assert una.estado == estado
    assert list(con_obra.pasos.values_list("hacia", "referencia")) == [
        ("incorporada_pdm", "PDM"),
        ("programada", str(POA.objects.get())),
    ]
    assert proyectos_de(borrador).count() == 1
    assert poner_al_dia(por=None, proyectos=Proyecto.objects.all()) == 0


def test_the_way_tells_what_was_passed_and_the_reason(muni, planificadora):
    una = hechos.demanda(muni, "a")
    una = mover(por=planificadora, demanda=una, hacia="validada", version=una.version)
    una = mover(por=planificadora, demanda=una, hacia="rechazada", version=una.version, motivo="Es de la gobernación.")
    camino = camino_de(una, planificadora)
    assert [p["cuando"] for p in camino.paradas] == ["hecho", "hecho", "salida"]
    assert camino.motivo.motivo == "Es de la gobernación."
    assert [a["hacia"] for a in camino.acciones] == ["registrada"]


def test_on_the_page_a_visitor_reads_the_reason_and_only_who_may_finds_the_step(
    client, muni, planificadora, facilitador
):
    una = hechos.demanda(muni, "a")
    pagina = f"/demandas/{una.pk}/paso/devuelta/"
    assert client.get(pagina).status_code == 302
    entrar(client, facilitador)
    assert client.get(pagina).status_code == 403
    entrar(client, planificadora)
    assert client.post(pagina, {"version": una.version, "motivo": ""}).status_code == 400
    assert client.post(pagina, {"version": 99, "motivo": "Falta el lugar."}).status_code == 409
    assert client.post(pagina, {"version": una.version, "motivo": "Falta el lugar."}).status_code == 302
    client.logout()
    dicho = client.get(f"/demandas/{una.pk}/").content.decode()
    assert "Falta el lugar." in dicho
    assert "rosa" not in dicho


def test_several_are_validated_together_or_none(client, muni, planificadora):
    una, otra, ya = hechos.demanda(muni, "a"), hechos.demanda(muni, "b"), hechos.demanda(muni, "c", estado="validada")
    with pytest.raises(PasoImposible):
        validar_demandas(por=planificadora, versiones={d.pk: d.version for d in (una, otra, ya)})
    una.refresh_from_db()
    assert una.estado == "registrada"
    entrar(client, planificadora)
    elegidas = [f"{d.pk}:{d.version}" for d in (una, otra)]
    assert client.post("/demandas/validar/", {"elegida": elegidas, "volver": "/demandas/"}).status_code == 302
    assert Demanda.objects.filter(estado="validada").count() == 3


def test_through_the_api_a_step_says_which_version_it_read_and_why(client, muni, planificadora, facilitador):
    una = hechos.demanda(muni, "a")
    base = f"/api/v1/demandas/{una.pk}/"

    def pedir(paso: str, version: int | None = None, **cuerpo):
        cabeceras = {"If-Match": f'"{version}"'} if version else {}
        return client.post(f"{base}{paso}/", cuerpo, content_type="application/json", headers=cabeceras)

    assert pedir("validar", una.version).status_code in {401, 403}
    entrar(client, facilitador)
    assert pedir("validar", una.version).status_code == 403
    entrar(client, planificadora)
    assert pedir("validar").status_code == 428
    assert pedir("validar", una.version + 5).status_code == 409
    validada = pedir("validar", una.version)
    assert (validada.status_code, validada.json()["properties"]["estado"]) == (200, "validada")
    version = validada.json()["properties"]["version"]
    assert pedir("validar", version).status_code == 409
    assert pedir("priorizar", version, hacia="priorizada_distrito", evento=999).status_code == 400
    assert pedir("priorizar", version, hacia="priorizada_distrito", evento=taller(muni).pk).status_code == 200
    assert pedir("devolver", version + 1).status_code == 400
    assert pedir("devolver", version + 1, motivo="Falta el costo.").status_code == 200
    client.logout()
    pasos = client.get(f"{base}pasos/").json()
    assert [p["hacia"] for p in pasos] == ["validada", "priorizada_distrito", "devuelta"]
    assert "por" not in pasos[0]


def test_nobody_validates_in_another_municipality(client, muni):
    publica = hechos.demanda(muni, "a")
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(6, 0, 2), nombre="Vecino")
    entrar(client, miembro(vecino, "planificador", "ajena"))
    assert client.post("/demandas/validar/", {"elegida": f"{publica.pk}:{publica.version}"}).status_code == 403
    assert client.get(f"/demandas/{publica.pk}/paso/validada/").status_code == 403
    publica.refresh_from_db()
    assert publica.estado == "registrada"
