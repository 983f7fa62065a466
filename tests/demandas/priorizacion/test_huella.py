"""A run can be made again from what is stored, and its digest says whether it is the same."""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from demandas.priorizacion import Candidata, Entrada, Limites, Regla, calcular, canonico, como_dict, huella, leer

from .mundos import VORACES, entradas

reglas = (*VORACES, Regla.PARTES_IGUALES)


@given(entrada=entradas(reglas), datos=st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_stored_gives_the_same_digest_and_the_same_result(entrada, datos):
    mezclada = replace(
        entrada,
        candidatas=tuple(
            replace(c, apoyos=dict(reversed(c.apoyos.items()))) for c in datos.draw(st.permutations(entrada.candidatas))
        ),
        limites=replace(entrada.limites, pisos=dict(reversed(entrada.limites.pisos.items()))),
    )
    assert huella(mezclada) == huella(entrada)
    for guardada in (canonico(entrada), json.loads(json.dumps(como_dict(entrada)))):
        vuelta = leer(guardada)
        assert huella(vuelta) == huella(entrada)
        assert replace(calcular(vuelta), entrada=entrada) == calcular(entrada)


def test_any_difference_changes_the_digest():
    base = Entrada(
        Regla.PARTES_IGUALES,
        (Candidata(1, 500, 3.5, "D", {1: 1}), Candidata(2, 700, 0.1 + 0.2, None, {2: 2})),
        Limites(1000, {"D": 10}, {"D": 600}, frozenset({(1, 2)})),
        {1: 5, 2: 6},
        {"completar": "ninguna"},
    )
    lim, (a, b) = base.limites, base.candidatas
    distintas = [
        base,
        replace(base, regla=Regla.MOCHILA),
        replace(base, parametros={"completar": "aumento"}),
        replace(base, votantes={1: 5, 2: 7}),
        replace(base, limites=replace(lim, techo=1001)),
        replace(base, limites=replace(lim, pisos={"D": 11})),
        replace(base, limites=replace(lim, topes={})),
        replace(base, limites=replace(lim, incompatibles=frozenset())),
        replace(base, limites=replace(lim, incompatibles=frozenset(), requeridas=frozenset({(1, 2)}))),
        replace(base, limites=replace(lim, incompatibles=frozenset(), requeridas=frozenset({(2, 1)}))),
        replace(base, candidatas=(a,)),
        replace(base, candidatas=(a, replace(b, puntaje=0.3))),
        replace(base, candidatas=(a, replace(b, costo=None))),
        replace(base, candidatas=(a, replace(b, apoyos={2: 1}))),
    ]
    assert len({huella(e) for e in distintas}) == len(distintas)
    assert huella(replace(base, limites=replace(lim, incompatibles=frozenset({(2, 1)})))) == huella(base)
