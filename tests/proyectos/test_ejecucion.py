"""POA execution: money divided as the works lie, conserved to the cent; physical progress weighted by money."""

from decimal import Decimal

import pytest

from proyectos.models import Operacion, Proyecto
from territorio.models import Nivel, UnidadTerritorial
from tests import hechos
from tests.mundo import cuadro, linea, punto, unidad

pytestmark = pytest.mark.django_db


def ejecucion(operaciones=None, nivel="distrito"):
    operaciones = Operacion.objects.all() if operaciones is None else operaciones
    return {u.codigo: u for u in UnidadTerritorial.objects.del_nivel(nivel).ejecucion_poa(operaciones)}


def obra(muni, codigo, geom=None, gestion=2024, vigente=100, devengado=0, programado=0, alcanzado=0, **campos):
    p = hechos.proyecto(muni, codigo, geom, **campos)
    hechos.operacion(
        p,
        gestion,
        presupuesto_vigente=vigente,
        devengado=devengado,
        fisico_programado=programado,
        fisico_alcanzado=alcanzado,
    )
    return p


def test_money_follows_the_part_of_the_work_that_lies_in_each(muni, oeste, este):
    obra(muni, "a", linea((1, 1), (4, 1)), vigente=300, devengado=90)
    filas = ejecucion()
    assert (filas["1"].vigente, filas["2"].vigente) == pytest.approx((100, 200), abs=0.05)
    assert (filas["1"].devengado, filas["2"].devengado) == pytest.approx((30, 60), abs=0.05)
    assert (filas["1"].operaciones_n, filas["2"].operaciones_n) == pytest.approx((1 / 3, 2 / 3), abs=1e-3)
    assert filas["1"].financiero == pytest.approx(30)


def test_money_on_the_border_outside_and_without_place_is_conserved(muni, oeste, este):
    obra(muni, "dentro", punto(1, 1), vigente=Decimal("1000.01"))
    obra(muni, "borde", punto(2, 1), vigente=100)
    obra(muni, "fuera", punto(9, 9), vigente=10)
    obra(muni, "medio", cuadro(3, 0, 2, 2), vigente=20)
    obra(muni, "sin lugar", vigente=7)
    filas = ejecucion()
    assert (filas["1"].vigente, filas["2"].vigente) == pytest.approx((1050.01, 60), abs=1e-3)
    linea_ = Proyecto.objects.conservacion(Nivel.objects.get(codigo="distrito"), muni)
    assert (linea_.total, linea_.sin_ubicar, linea_.en_disputa) == (5, 1, 1)
    assert (linea_.ubicadas, linea_.fuera) == pytest.approx((2.5, 1.5), abs=1e-3)
    total = Operacion.objects.all().totales()
    assert (total["vigente"], total["operaciones"]) == (Decimal("1137.01"), 5)
    assert float(total["vigente"]) == pytest.approx(sum(f.vigente for f in filas.values()) + 10 + 10 + 7, abs=1e-3)


def test_physical_progress_is_weighted_by_the_budget_in_force(muni, oeste):
    obra(muni, "grande", punto(1, 1), vigente=900, programado=100, alcanzado=50)
    obra(muni, "chica", punto(1, 1), vigente=100, programado=0, alcanzado=0)
    fila = ejecucion()["1"]
    assert (fila.programado, fila.alcanzado) == pytest.approx((90, 45))
    total = Operacion.objects.all().totales()
    assert (total["programado"], total["alcanzado"]) == pytest.approx((90, 45))


def test_without_budget_there_is_no_progress_to_weigh(muni, oeste, este):
    obra(muni, "a", punto(1, 1), vigente=0, programado=100, alcanzado=100)
    filas = ejecucion()
    for codigo, n in (("1", 1), ("2", 0)):
        fila = filas[codigo]
        assert (fila.operaciones_n, fila.vigente, fila.financiero, fila.programado, fila.alcanzado) == (
            n,
            0,
            None,
            None,
            None,
        )
    assert Operacion.objects.all().totales()["financiero"] is None


def test_a_project_with_two_years_counts_each_year_alone_and_both_together(muni, oeste, este):
    p = obra(muni, "a", linea((1, 1), (3, 1)), 2023, vigente=100, devengado=100)
    hechos.operacion(p, 2024, presupuesto_vigente=300, devengado=30)
    assert ejecucion(Operacion.objects.filter(poa__gestion=2023))["1"].vigente == pytest.approx(50)
    assert ejecucion(Operacion.objects.filter(poa__gestion=2024))["1"].vigente == pytest.approx(150)
    ambas = ejecucion()["1"]
    assert (ambas.vigente, ambas.devengado, ambas.operaciones_n) == pytest.approx((200, 65, 1))


def test_answers_and_beneficiaries_do_not_multiply_money(muni, oeste):
    d, e = hechos.demanda(muni, "d", punto(1, 1)), hechos.demanda(muni, "e", punto(1, 1))
    cota = unidad("comunidad", "c", cuadro(0, 0), municipio=muni)
    obra(muni, "a", punto(1, 1), vigente=100, responde=[d, e], beneficia=[cota, oeste])
    assert ejecucion()["1"].vigente == pytest.approx(100)
    assert Operacion.objects.visibles_para(_visita()).totales()["vigente"] == 100


def _visita():
    from django.contrib.auth.models import AnonymousUser

    return AnonymousUser()


def test_a_visitor_sees_neither_drafts_of_the_programme_nor_unpublished_projects(muni, oeste):
    obra(muni, "a", punto(1, 1), 2024, vigente=1)
    obra(muni, "b", punto(1, 1), 2024, vigente=2, publicado=False)
    hechos.operacion(hechos.proyecto(muni, "c", punto(1, 1)), 2025, estado="borrador", presupuesto_vigente=4)
    assert Operacion.objects.visibles_para(_visita()).totales()["vigente"] == 1


def test_financial_share_and_efficacy_of_one_operation(muni):
    obra(muni, "a", vigente=200, devengado=50, programado=80, alcanzado=40)
    obra(muni, "b", vigente=0)
    a, b = Operacion.objects.con_financiero().order_by("proyecto__codigo")
    assert (a.financiero, a.eficacia) == (25, 50)
    assert (b.financiero, b.eficacia) == (None, None)
