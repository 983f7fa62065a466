"""What every rule promises, whatever it is given."""

from dataclasses import replace
from fractions import Fraction
from math import nextafter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandas.priorizacion import (
    Candidata,
    Codigo,
    CodigoError,
    Detenida,
    Entrada,
    Fase,
    Limites,
    NoSePuedePriorizar,
    Regla,
    calcular,
    explicar,
)

from .mundos import VORACES, entradas, permitidas

TODAS = (*VORACES, Regla.MOCHILA, Regla.PARTES_IGUALES)
rapido = settings(max_examples=60, deadline=None)


def gasto(entrada, claves, distrito=None):
    return sum(c.costo for c in entrada.candidatas if c.clave in claves and distrito in (None, c.distrito))


@pytest.mark.parametrize("regla", TODAS)
@given(datos=st.data())
@settings(max_examples=60, deadline=None)
def test_every_limit_is_kept_and_every_candidate_has_its_reason(regla, datos):
    entrada = datos.draw(entradas((regla,)))
    hecho, limites = calcular(entrada), entrada.limites
    dentro = set(hecho.orden)
    assert len(dentro) == len(hecho.orden)
    assert hecho.gastado == gasto(entrada, dentro) <= limites.techo
    assert hecho.pasos[-1].queda == hecho.queda if hecho.pasos else hecho.gastado == 0
    for distrito, tope in limites.topes.items():
        assert gasto(entrada, dentro, distrito) <= tope
    assert not any(a in dentro and b in dentro for a, b in limites.incompatibles)
    assert all(b in dentro for a, b in limites.requeridas if a in dentro)
    assert set(hecho.razones) == {c.clave for c in entrada.candidatas}
    assert {k for k, r in hecho.razones.items() if r.codigo == Codigo.ELEGIDA} == dentro
    sin_costo = {c.clave for c in entrada.candidatas if c.costo is None}
    assert {k for k, r in hecho.razones.items() if r.codigo == Codigo.SIN_COSTO} == sin_costo


@pytest.mark.parametrize("regla", TODAS)
@given(datos=st.data())
@settings(max_examples=60, deadline=None)
def test_a_floor_that_is_not_reached_is_said_and_nothing_more_of_its_district_fits(regla, datos):
    entrada = datos.draw(entradas((regla,)))
    hecho, limites = calcular(entrada), entrada.limites
    assert {p.distrito: p.gastado for p in hecho.pisos} == {
        d: gasto(entrada, set(hecho.orden), d) for d in limites.pisos
    }
    for piso in hecho.pisos_sin_alcanzar:
        guardado = sum(p.falta for p in hecho.pisos)
        tope = limites.topes.get(piso.distrito, limites.techo)
        for c in entrada.candidatas:
            if c.distrito != piso.distrito or not c.costo or c.clave in hecho.orden:
                continue
            libre = any(c.clave in par and set(par) & set(hecho.orden) for par in limites.incompatibles) or any(
                a == c.clave and b not in hecho.orden for a, b in limites.requeridas
            )
            entra = c.costo <= min(hecho.queda - (guardado - piso.falta), tope - piso.gastado)
            completa = entrada.parametros.get("completar") != "ninguna"
            assert libre or not entra or not completa


@pytest.mark.parametrize("regla", TODAS)
@given(datos=st.data())
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_input_decides_nothing(regla, datos):
    entrada = datos.draw(entradas((regla,)))
    otra = replace(
        entrada,
        candidatas=tuple(datos.draw(st.permutations(entrada.candidatas))),
        votantes=entrada.votantes and dict(reversed(entrada.votantes.items())),
    )
    assert calcular(entrada) == calcular(otra)


@given(entrada=entradas())
@rapido
def test_what_would_bring_one_in_does_bring_it_in_and_less_does_not(entrada):
    hecho = calcular(entrada)
    for c in entrada.candidatas:
        falta = explicar(hecho, c.clave)

        def entra(clave=c.clave, *, otra=None, techo=0, sin=None):
            cands = tuple(otra if otra and d.clave == clave else d for d in entrada.candidatas if d.clave != sin)
            limites = replace(entrada.limites, techo=entrada.limites.techo + techo)
            if sin is not None:
                pares = {p for p in limites.incompatibles if sin not in p}
                requeridas = {p for p in limites.requeridas if sin not in p}
                huerfanas = {a for a, b in limites.requeridas if b == sin}
                if huerfanas:  # those that need it cannot enter either
                    return None
                limites = replace(limites, incompatibles=frozenset(pares), requeridas=frozenset(requeridas))
            return clave in calcular(replace(entrada, candidatas=cands, limites=limites)).orden

        if hecho.razones[c.clave].dentro or c.costo is None:
            assert falta == type(falta)()
            continue
        razon = hecho.razones[c.clave]
        if razon.codigo in (Codigo.NO_ALCANZA, Codigo.TOPE_DE_DISTRITO):
            assert (falta.contraparte is None) == (razon.falta >= c.costo)
        if falta.contraparte is not None:
            assert entra(otra=replace(c, costo=c.costo - falta.contraparte))
        if falta.techo is not None:
            assert entra(techo=falta.techo)
            assert not any(entra(techo=menos) for menos in range(falta.techo))
        elif razon.codigo == Codigo.NO_ALCANZA and not (entrada.limites.incompatibles or entrada.limites.topes):
            raise AssertionError("more money must be enough")
        if falta.puntaje is not None:
            assert entra(otra=replace(c, puntaje=falta.puntaje))
            assert falta.puntaje > c.puntaje
            assert not entra(otra=replace(c, puntaje=nextafter(falta.puntaje, 0)))
        if falta.ceder is not None:
            assert falta.ceder in hecho.orden
            assert entra(sin=falta.ceder) in (True, None)


@given(entrada=entradas((Regla.PARTES_IGUALES,)))
@rapido
def test_equal_shares_a_counterpart_that_is_promised_brings_one_in(entrada):
    hecho = calcular(entrada)
    for c in entrada.candidatas:
        contraparte = explicar(hecho, c.clave).contraparte
        # Where shares are raised step by step, a cheaper one may change how far: nothing is promised there.
        assert contraparte is None or entrada.parametros["completar"] != "aumento"
        if contraparte is not None:
            rebajada = replace(c, costo=c.costo - contraparte)
            otras = tuple(rebajada if d.clave == c.clave else d for d in entrada.candidatas)
            assert c.clave in calcular(replace(entrada, candidatas=otras)).orden


@given(entrada=entradas((Regla.MOCHILA,)))
@settings(max_examples=40, deadline=None)
def test_knapsack_what_is_lost_by_forcing_one_in_is_what_the_best_with_it_lacks(entrada):
    hecho = calcular(entrada)
    for c in entrada.candidatas[:3]:
        if hecho.razones[c.clave].dentro or c.costo is None or entrada.limites.pisos:
            continue
        falta = explicar(hecho, c.clave)
        con = [s for s in permitidas([x for x in entrada.candidatas if x.costo], entrada.limites) if c.clave in s]
        assert falta.imposible == (not con)
        if con:
            mejor = max(sum(x.puntaje for x in entrada.candidatas if x.clave in s) for s in con)
            assert falta.perdida == pytest.approx(hecho.puntaje - mejor, abs=1e-4)


# Equal shares


def _saldos(entrada, hecho):
    """What each voter keeps, recounted from what each paid."""
    dinero = Fraction(entrada.limites.techo, sum(entrada.votantes.values()))
    quedan = {v: float(dinero * peso) for v, peso in entrada.votantes.items()}
    for paso in hecho.pasos:
        assert sum(paso.pagos.values()) == pytest.approx(paso.costo, rel=1e-9)
        for v, monto in paso.pagos.items():
            quedan[v] -= monto
    return quedan


sin_resto = entradas((Regla.PARTES_IGUALES,), con_limites=False).map(
    lambda e: replace(e, parametros={**e.parametros, "completar": "ninguna"})
)


@given(entrada=sin_resto)
@rapido
def test_equal_shares_are_priceable(entrada):
    """Each voter pays only from its own share, only for what it wants, and what is left out its supporters cannot pay."""
    hecho = calcular(entrada, con_pagos=True)
    quedan = _saldos(entrada, hecho)
    apoyos = {c.clave: c.apoyos for c in entrada.candidatas}
    for paso in hecho.pasos:
        assert set(paso.pagos) == set(apoyos[paso.clave])
    assert all(q >= -1e-9 for q in quedan.values())
    assert hecho.saldos == pytest.approx(quedan, abs=1e-9)
    for c in entrada.candidatas:
        if c.clave not in hecho.orden and c.costo:
            tienen = sum(quedan[v] for v in c.apoyos)
            assert tienen < c.costo + 1e-9
            if c.apoyos:
                assert hecho.razones[c.clave].falta >= c.costo - tienen - 1e-9
                assert hecho.razones[c.clave].falta < c.costo - tienen + 1 + 1e-9


@given(entrada=sin_resto, mas=st.integers(0, 30))
@rapido
def test_equal_shares_a_group_that_could_pay_something_never_gets_nothing_and_more_money_takes_no_guarantee(
    entrada, mas
):
    """Who together could pay, from their own shares, a candidate that all of them want: one of them gets something.

    The groups that have this guarantee under a ceiling have it under any greater one.
    """

    def garantias(techo):
        parte = Fraction(techo, sum(entrada.votantes.values()))
        return {
            c.clave
            for c in entrada.candidatas
            if c.costo and sum(parte * entrada.votantes[v] for v in c.apoyos) >= c.costo
        }

    antes = garantias(entrada.limites.techo)
    for techo in (entrada.limites.techo, entrada.limites.techo + mas):
        hecho = calcular(replace(entrada, limites=Limites(techo)))
        assert antes <= garantias(techo)
        servidos = {v for c in entrada.candidatas if c.clave in hecho.orden for v in c.apoyos}
        for c in entrada.candidatas:
            if c.clave in garantias(techo):
                assert servidos & set(c.apoyos)


@given(entrada=entradas((Regla.PARTES_IGUALES,)), veces=st.integers(2, 7))
@settings(max_examples=60, deadline=None)
def test_equal_shares_money_in_another_unit_or_all_weights_times_the_same_changes_nothing(entrada, veces):
    hecho = calcular(entrada)
    pesos = replace(entrada, votantes={v: p * veces for v, p in entrada.votantes.items()})
    assert calcular(pesos).orden == hecho.orden
    limites = entrada.limites
    dinero = replace(
        entrada,
        candidatas=tuple(replace(c, costo=c.costo and c.costo * veces) for c in entrada.candidatas),
        limites=replace(
            limites,
            techo=limites.techo * veces,
            pisos={d: m * veces for d, m in limites.pisos.items()},
            topes={d: m * veces for d, m in limites.topes.items()},
        ),
    )
    assert calcular(dinero).orden == hecho.orden


@given(entrada=entradas((Regla.PARTES_IGUALES,)), cual=st.integers(0, 4))
@settings(max_examples=60, deadline=None)
def test_equal_shares_a_community_split_in_two_that_want_the_same_weighs_the_same(entrada, cual):
    peso = entrada.votantes[cual]
    if peso < 2:
        return
    partida = replace(
        entrada,
        votantes=entrada.votantes | {cual: peso - 1, 99: 1},
        candidatas=tuple(
            replace(c, apoyos={**c.apoyos, 99: c.apoyos[cual]}) if cual in c.apoyos else c for c in entrada.candidatas
        ),
    )
    assert calcular(partida).orden == calcular(entrada).orden


def test_equal_shares_says_what_came_by_shares_and_what_by_completing():
    cands = (Candidata(1, 60, 1, None, {1: 1}), Candidata(2, 30, 2, None, {2: 1}), Candidata(3, 10, 3))
    entrada = Entrada(Regla.PARTES_IGUALES, cands, Limites(100), {1: 1, 2: 1})
    hecho = calcular(entrada)
    assert hecho.de_fase(Fase.REGLA) == (2,)
    assert hecho.de_fase(Fase.COMPLETAR) == (3, 1)
    solo = calcular(replace(entrada, parametros={"completar": "ninguna"}))
    assert solo.orden == (2,)
    assert solo.razones[1].codigo == Codigo.APOYO_INSUFICIENTE
    assert (solo.razones[1].falta, solo.razones[3].codigo) == (10, Codigo.SIN_APOYO)


def test_ties_go_to_the_higher_score_then_the_cheaper_then_the_lower_key():
    cands = tuple(
        Candidata(k, costo, puntaje, None, {k: costo})
        for k, costo, puntaje in ((4, 20, 5.0), (3, 10, 5.0), (2, 10, 5.0), (1, 10, 4.0))
    )
    votantes = dict.fromkeys(range(1, 5), 1)
    for regla, orden in ((Regla.POR_PUNTAJE, (2, 3, 4, 1)), (Regla.PARTES_IGUALES, (2, 3, 4, 1))):
        entrada = Entrada(regla, cands, Limites(80), votantes if regla == Regla.PARTES_IGUALES else None)
        assert calcular(entrada).orden == orden
    iguales = tuple(replace(c, puntaje=c.costo * 0.1) for c in cands)
    assert calcular(Entrada(Regla.POR_BOLIVIANO, iguales, Limites(80))).orden == (4, 1, 2, 3)


def test_equal_shares_tell_prices_apart_that_a_float_cannot():
    cerca = (Candidata(1, 10**15 + 1, 9.0, None, {1: 1}), Candidata(2, 10**15, 1.0, None, {1: 1}))
    entrada = Entrada(Regla.PARTES_IGUALES, cerca, Limites(3 * 10**15), {1: 1}, {"completar": "ninguna"})
    assert calcular(entrada).orden == (2, 1)


def test_what_is_kept_for_the_floor_of_a_district_is_not_spent_on_another():
    cands = (Candidata(1, 15, 9.0, "A"), Candidata(2, 10, 5.0, "A"), Candidata(3, 10, 1.0, "B"), Candidata(4, 5, 9.0))
    limites = Limites(20, pisos={"A": 10, "B": 10})
    for regla in VORACES:
        hecho = calcular(Entrada(regla, cands, limites))
        assert hecho.orden == (2, 3)
        assert hecho.de_fase(Fase.PISO) == (2, 3)
        assert not hecho.pisos_sin_alcanzar
    assert calcular(Entrada(Regla.POR_PUNTAJE, cands, replace(limites, techo=25))).orden == (1, 3)


def test_one_that_needs_another_waits_for_it():
    cands = (Candidata(1, 10, 9.0), Candidata(2, 10, 5.0), Candidata(3, 10, 7.0))
    limites = Limites(20, requeridas=frozenset({(1, 2)}))
    hecho = calcular(Entrada(Regla.POR_PUNTAJE, cands, limites))
    assert hecho.orden == (3, 2)
    assert hecho.razones[1].codigo == Codigo.NO_ALCANZA
    assert calcular(Entrada(Regla.POR_PUNTAJE, cands, replace(limites, techo=30))).orden == (3, 2, 1)


@pytest.mark.parametrize(
    ("codigo", "cambio"),
    [
        (CodigoError.TECHO_NO_POSITIVO, {"limites": Limites(0)}),
        (CodigoError.SIN_CANDIDATAS, {"candidatas": ()}),
        (CodigoError.CLAVE_REPETIDA, {"candidatas": (Candidata(1, 5), Candidata(1, 6))}),
        (CodigoError.PUNTAJE_NO_VALIDO, {"candidatas": (Candidata(1, 5, float("nan")),)}),
        (CodigoError.PAR_DESCONOCIDO, {"limites": Limites(9, incompatibles=frozenset({(1, 8)}))}),
        (CodigoError.PARES_CONTRADICTORIOS, {"limites": Limites(9, requeridas=frozenset({(1, 1)}))}),
        (
            CodigoError.PARES_CONTRADICTORIOS,
            {"limites": Limites(9, incompatibles=frozenset({(1, 3)}), requeridas=frozenset({(1, 2), (2, 3)}))},
        ),
        (CodigoError.REQUERIDAS_EN_CIRCULO, {"limites": Limites(9, requeridas=frozenset({(1, 2), (2, 1)}))}),
        (CodigoError.LIMITE_NEGATIVO, {"limites": Limites(9, pisos={"D": -1})}),
        (CodigoError.PISO_SOBRE_TOPE, {"limites": Limites(9, pisos={"D": 5}, topes={"D": 4})}),
        (CodigoError.PISOS_SOBRE_TECHO, {"limites": Limites(9, pisos={"D": 5, "E": 5})}),
        (CodigoError.SIN_VOTANTES, {"regla": Regla.PARTES_IGUALES, "votantes": {1: 0}}),
        (CodigoError.PESO_NEGATIVO, {"regla": Regla.PARTES_IGUALES, "votantes": {1: -1, 2: 3}}),
        (CodigoError.PARAMETRO_NO_VALIDO, {"parametros": {"pasos": 3}}),
        (
            CodigoError.APOYO_NO_VALIDO,
            {"regla": Regla.PARTES_IGUALES, "votantes": {1: 1}, "candidatas": (Candidata(1, 5, 1, None, {7: 1}),)},
        ),
        (
            CodigoError.APOYO_NO_VALIDO,
            {"regla": Regla.PARTES_IGUALES, "votantes": {1: 1}, "candidatas": (Candidata(1, 5, 1, None, {1: 0.5}),)},
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(codigo, cambio):
    entrada = Entrada(Regla.POR_PUNTAJE, tuple(Candidata(k, 5) for k in (1, 2, 3)), Limites(9))
    with pytest.raises(NoSePuedePriorizar) as e:
        calcular(replace(entrada, **cambio))
    assert e.value.codigo == codigo


@pytest.mark.parametrize("regla", (Regla.PARTES_IGUALES, Regla.MOCHILA))
def test_a_slow_rule_says_how_it_goes_and_stops_when_asked(regla):
    cands = tuple(Candidata(k, 7 + k * k % 13, float(k * 37 % 41), None, {k % 5: 1}) for k in range(60))
    entrada = Entrada(regla, cands, Limites(200), dict.fromkeys(range(5), 1))
    oido = []
    calcular(entrada, avance=oido.append)
    assert all(0 <= x <= 1 for x in oido)
    assert oido or regla == Regla.MOCHILA
    with pytest.raises(Detenida):
        calcular(entrada, detener=lambda: True)
