"""The same results as others get: pabutools, exhaustive search and another solver."""

import random

import pytest
from hypothesis import given, settings
from pabutools.election import (
    ApprovalBallot,
    ApprovalMultiProfile,
    Cardinality_Sat,
    Cost_Sat,
    Instance,
    Project,
    parse_pabulib,
)
from pabutools.rules import greedy_utilitarian_welfare, method_of_equal_shares
from pabutools.tiebreaking import TieBreakingRule
from pulp import PULP_CBC_CMD, LpMaximize, LpProblem, LpVariable, lpSum

from demandas.priorizacion import Candidata, Entrada, Fase, Limites, Regla, calcular

from .mundos import entradas, permitidas

SATISFACCION = {"apoyo": Cardinality_Sat, "costo": Cost_Sat}
ARCHIVOS = ("Poland_Warszawa_2021_Wawer.pb", "Poland_Wieliczka_2023_Green_Budget.pb")


class Eleccion:
    """One set as both sides see it; the score is the number of voters, as pabutools' greedy rule counts."""

    def __init__(self, proyectos, boletas, techo):
        self.proyectos, self.techo = proyectos, techo
        self.boletas = [(set(b), veces) for b, veces in boletas]
        self.votantes = {v: veces for v, (_, veces) in enumerate(self.boletas)}
        self.puntaje = {k: sum(n for b, n in self.boletas if k in b) for k in proyectos}

    def entrada(self, regla, puntaje=None, **parametros):
        apoyos = {k: {v: 1 for v, (b, _) in enumerate(self.boletas) if k in b} for k in self.proyectos}
        cands = tuple(
            Candidata(k, costo, float((puntaje or self.puntaje)[k]), None, apoyos[k])
            for k, costo in self.proyectos.items()
        )
        votantes = self.votantes if regla == Regla.PARTES_IGUALES else None
        return Entrada(regla, cands, Limites(self.techo), votantes, parametros)

    def pabutools(self):
        proyectos = {k: Project(f"{k:05}", costo) for k, costo in self.proyectos.items()}
        instancia = Instance(proyectos.values(), budget_limit=self.techo)
        perfil = ApprovalMultiProfile()
        for boleta, veces in self.boletas:
            perfil.append(ApprovalBallot(proyectos[k] for k in boleta).frozen())
            perfil[ApprovalBallot(proyectos[k] for k in boleta).frozen()] += veces - 1
        return instancia, perfil


def regla_de_empate(puntaje):
    return TieBreakingRule(lambda i, p, x: (-puntaje[int(x.name)], x.cost, int(x.name)))


def claves(proyectos):
    return tuple(int(p.name) for p in proyectos)


def al_azar(semilla):
    r = random.Random(semilla)
    cuantos = r.randint(1, 10)
    # Few different costs and ballots: ties are the rule.
    proyectos = {k: r.choice((1, 2, 3, 5, 6, 10)) for k in range(cuantos)}
    boletas = [(r.sample(range(cuantos), r.randint(0, cuantos)), r.randint(1, 4)) for _ in range(r.randint(1, 8))]
    return Eleccion(proyectos, boletas, r.randint(1, sum(proyectos.values()) + 2))


def real(archivo):
    instancia, perfil = parse_pabulib(str(archivo))
    proyectos = {int(p.name): int(p.cost) for p in instancia}
    boletas = {}
    for b in perfil:
        boleta = tuple(sorted(int(p.name) for p in b))
        boletas[boleta] = boletas.get(boleta, 0) + 1
    return Eleccion(proyectos, list(boletas.items()), int(instancia.budget_limit))


@pytest.fixture(params=ARCHIVOS)
def eleccion(request, datos):
    archivo = datos / "presupuesto_participativo" / request.param
    if not archivo.exists():
        pytest.skip(f"no está {archivo}")
    return real(archivo)


def igual_que_pabutools(eleccion, satisfaccion, puntaje=None):
    instancia, perfil = eleccion.pabutools()
    empate = regla_de_empate(puntaje or eleccion.puntaje)
    clase = SATISFACCION[satisfaccion]
    partes = eleccion.entrada(Regla.PARTES_IGUALES, puntaje, satisfaccion=satisfaccion, completar="ninguna")
    suyo = method_of_equal_shares(instancia, perfil, sat_class=clase, tie_breaking=empate)
    assert calcular(partes).orden == claves(suyo)
    return suyo


@pytest.mark.parametrize("satisfaccion", SATISFACCION)
def test_real_equal_shares_are_those_of_pabutools(eleccion, satisfaccion):
    assert len(igual_que_pabutools(eleccion, satisfaccion)) > 10


def test_real_score_per_bs_is_the_greedy_rule_of_pabutools(eleccion):
    instancia, perfil = eleccion.pabutools()
    empate = regla_de_empate(eleccion.puntaje)
    suyo = greedy_utilitarian_welfare(instancia, perfil, sat_class=Cardinality_Sat, tie_breaking=empate)
    hecho = calcular(eleccion.entrada(Regla.POR_BOLIVIANO))
    assert hecho.orden == claves(suyo)
    assert len(hecho.orden) > 10


def test_real_shares_raised_step_by_step_are_those_of_pabutools(eleccion):
    instancia, perfil = eleccion.pabutools()
    pasos = 2
    suyo = method_of_equal_shares(
        instancia,
        perfil,
        sat_class=Cardinality_Sat,
        tie_breaking=regla_de_empate(eleccion.puntaje),
        voter_budget_increment=_paso(eleccion, pasos),
    )
    hecho = calcular(eleccion.entrada(Regla.PARTES_IGUALES, completar="aumento", pasos=pasos))
    assert hecho.de_fase(Fase.REGLA) == claves(suyo)


def _paso(eleccion, pasos):
    from gmpy2 import mpq

    return mpq(eleccion.techo, sum(eleccion.votantes.values()) * pasos)


def test_on_200_random_elections_with_ties_all_agree_with_pabutools():
    con_empates = raros = 0
    for semilla in range(200):
        eleccion = al_azar(semilla)
        instancia, perfil = eleccion.pabutools()
        r = random.Random(semilla)
        otro = {k: r.randint(0, 3) for k in eleccion.proyectos}  # a tie rule that the votes do not give
        for satisfaccion, clase in SATISFACCION.items():
            igual_que_pabutools(eleccion, satisfaccion)
            igual_que_pabutools(eleccion, satisfaccion, otro)
            pasos = r.randint(1, 9)
            suyo = method_of_equal_shares(
                instancia,
                perfil,
                sat_class=clase,
                tie_breaking=regla_de_empate(otro),
                voter_budget_increment=_paso(eleccion, pasos),
            )
            entrada = eleccion.entrada(
                Regla.PARTES_IGUALES, otro, satisfaccion=satisfaccion, completar="aumento", pasos=pasos
            )
            assert calcular(entrada).de_fase(Fase.REGLA) == claves(suyo), (semilla, satisfaccion)
        suyo = greedy_utilitarian_welfare(
            instancia, perfil, sat_class=Cardinality_Sat, tie_breaking=regla_de_empate(eleccion.puntaje)
        )
        assert calcular(eleccion.entrada(Regla.POR_BOLIVIANO)).orden == claves(suyo), semilla
        por_costo = [(eleccion.puntaje[k], costo) for k, costo in eleccion.proyectos.items()]
        con_empates += len(set(por_costo)) < len(por_costo)
        raros += len(suyo) < len(eleccion.proyectos)
    assert con_empates > 50
    assert raros > 50


# The knapsack


@given(entrada=entradas((Regla.MOCHILA,), maximo=8))
@settings(max_examples=60, deadline=None)
def test_the_knapsack_is_the_best_of_all_selections_floors_and_pairs_included(entrada):
    cands = [c for c in entrada.candidatas if c.costo]
    por_clave = {c.clave: c for c in cands}

    def valor(dentro):
        falta = sum(
            max(0, piso - sum(por_clave[k].costo for k in dentro if por_clave[k].distrito == d))
            for d, piso in entrada.limites.pisos.items()
        )
        return (-falta, sum(por_clave[k].puntaje for k in dentro))

    hecho = calcular(entrada)
    falta, puntaje = max(map(valor, permitidas(cands, entrada.limites)))
    assert hecho.optimo
    assert valor(hecho.orden)[0] == falta
    assert hecho.puntaje == pytest.approx(puntaje, abs=1e-4)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:pulp")
@pytest.mark.parametrize("semilla", range(6))
def test_the_knapsack_of_sixty_reaches_the_optimum_of_another_solver(semilla):
    r = random.Random(semilla)
    cands = tuple(
        Candidata(k, r.randint(20_000, 90_000_000), round(r.uniform(0, 100), 6), f"D{k % 4}") for k in range(60)
    )
    techo = sum(c.costo for c in cands) // r.randint(2, 6)
    limites = Limites(
        techo,
        pisos={"D0": techo // 3},
        topes={"D1": techo // 5},
        incompatibles=frozenset({(1, 2), (2, 3), (5, 9)}),
        requeridas=frozenset({(10, 11), (12, 13), (4, 8)}),
    )
    problema = LpProblem("mochila", LpMaximize)
    x = {c.clave: LpVariable(f"x{c.clave}", cat="Binary") for c in cands}
    problema += lpSum(c.puntaje * x[c.clave] for c in cands)
    problema += lpSum(c.costo / techo * x[c.clave] for c in cands) <= 1
    problema += lpSum(c.costo / techo * x[c.clave] for c in cands if c.distrito == "D0") >= limites.pisos["D0"] / techo
    problema += lpSum(c.costo / techo * x[c.clave] for c in cands if c.distrito == "D1") <= limites.topes["D1"] / techo
    for a, b in limites.incompatibles:
        problema += x[a] + x[b] <= 1
    for a, b in limites.requeridas:
        problema += x[a] <= x[b]
    problema.solve(PULP_CBC_CMD(msg=False, gapRel=0, gapAbs=0))
    hecho = calcular(Entrada(Regla.MOCHILA, cands, limites))
    assert hecho.optimo
    assert hecho.puntaje == pytest.approx(problema.objective.value(), abs=1e-4)


def test_the_knapsack_equals_dynamic_programming_with_costs_in_centimos_of_large_works():
    r = random.Random(7)
    cands = [Candidata(k, r.randint(1, 400) * 1_000_000_000 + r.randint(0, 1), r.randint(1, 99)) for k in range(40)]
    techo = 2_000_000_000_000 + 5
    mejores = {0: 0}  # cost → best score
    for c in cands:
        for costo, puntaje in list(mejores.items()):
            if costo + c.costo <= techo and mejores.get(costo + c.costo, -1) < puntaje + c.puntaje:
                mejores[costo + c.costo] = puntaje + c.puntaje
    hecho = calcular(Entrada(Regla.MOCHILA, tuple(cands), Limites(techo)))
    assert hecho.gastado <= techo
    assert hecho.puntaje == max(mejores.values())


def test_floors_out_of_reach_are_brought_as_near_as_possible_before_the_score_counts():
    cands = (Candidata(1, 900, 1.0, "D"), Candidata(2, 899, 50.0, "D"), Candidata(3, 100, 9.0))
    limites = Limites(2000, {"D": 1000}, incompatibles=frozenset({(1, 2)}))
    hecho = calcular(Entrada(Regla.MOCHILA, cands, limites))
    assert hecho.orden == (3, 1)
    assert [(p.distrito, p.falta) for p in hecho.pisos_sin_alcanzar] == [("D", 100)]


def test_a_knapsack_without_time_says_how_far_the_optimum_may_lie():
    r = random.Random(1)
    cands = tuple(Candidata(k, r.randint(10**6, 10**7), 50 + r.random()) for k in range(400))
    techo = sum(c.costo for c in cands) // 3
    hecho = calcular(Entrada(Regla.MOCHILA, cands, Limites(techo), None, {"segundos": 1e-6}))
    assert hecho.gastado <= techo
    if not hecho.optimo:
        assert 0 < hecho.brecha <= 1
