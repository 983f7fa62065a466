"""Fifty approvals of one document at once: one wins, the others are told that it changed, and the ledger holds one."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from cuentas.versiones import VersionVieja
from proyectos.models import PDM, POA, ActoFormal
from proyectos.services.tramite import dar_paso
from territorio.models import Rol
from tests import mundo
from tests.quienes import entrar, miembro, verificada

pytestmark = pytest.mark.django_db(transaction=True)

CUANTAS = 50
NORMA = {"norma": "resolucion", "norma_numero": "045/2026", "fecha": date(2026, 1, 2)}


@pytest.fixture
def presentado(transactional_db):
    muni = mundo.unidad("municipio", "990101", mundo.cuadro(0, 0, 4, 2), nombre="Municipio de prueba")
    programa = POA.objects.create(municipio=muni, gestion=2026)
    ana = miembro(muni, Rol.PLANIFICADOR, "ana")
    dar_paso(por=ana, documento=programa, clave="presentar", version=1, fecha=date(2026, 1, 1))
    return programa


def todas_a_la_vez(intento) -> list:
    """What each of fifty threads, let loose together, answers."""
    salida = Barrier(CUANTAS, timeout=60)

    def correr(numero: int):
        try:
            connection.ensure_connection()
            salida.wait()
            return intento(numero)
        finally:
            connection.close()

    with ThreadPoolExecutor(CUANTAS) as hilos:
        return list(hilos.map(correr, range(CUANTAS)))


def una_aprobacion(programa: POA) -> ActoFormal:
    programa.refresh_from_db()
    assert (programa.estado, programa.version) == ("aprobado", 3)
    return ActoFormal.objects.de(programa).get(hacia="aprobado")


def test_by_the_service(presentado):
    eva = verificada(miembro(presentado.municipio, Rol.CONCEJO, "eva"))

    def intento(numero: int) -> str:
        programa = POA.objects.get(pk=presentado.pk)
        try:
            norma = NORMA | {"norma_numero": f"{numero}/2026"}
            return dar_paso(por=eva, documento=programa, clave="aprobar", version=2, **norma).norma_numero
        except VersionVieja as error:
            assert error.actual == 3
            return "vieja"

    respuestas = todas_a_la_vez(intento)
    assert respuestas.count("vieja") == CUANTAS - 1
    assert una_aprobacion(presentado).norma_numero in respuestas


def test_through_the_api(presentado):
    cliente = entrar(Client(), miembro(presentado.municipio, Rol.CONCEJO, "eva"))
    sesion = cliente.cookies["sessionid"].value

    def intento(numero: int) -> int:
        otro = Client()
        otro.cookies.load({"sessionid": sesion})
        cuerpo = {"norma": "ley", "norma_numero": f"{numero}/2026", "fecha": "2026-01-02"}
        ruta = f"/api/v1/poas/{presentado.pk}/aprobar/"
        return otro.post(
            ruta, json.dumps(cuerpo), content_type="application/json", headers={"If-Match": '"2"'}
        ).status_code

    respuestas = todas_a_la_vez(intento)
    assert sorted(respuestas) == [200] + [409] * (CUANTAS - 1)
    assert una_aprobacion(presentado).por.username == "eva"


def test_two_who_present_at_once_present_once(transactional_db):
    muni = mundo.unidad("municipio", "990101", mundo.cuadro(0, 0, 4, 2), nombre="Municipio de prueba")
    plan = PDM.objects.create(municipio=muni, nombre="PDM", desde=2026, hasta=2030)
    ana = miembro(muni, Rol.PLANIFICADOR, "ana")

    def intento(_numero: int) -> bool:
        try:
            dar_paso(por=ana, documento=PDM.objects.get(pk=plan.pk), clave="presentar", version=1)
        except VersionVieja:
            return False
        return True

    assert todas_a_la_vez(intento).count(True) == 1
    assert ActoFormal.objects.de(plan).count() == 2
