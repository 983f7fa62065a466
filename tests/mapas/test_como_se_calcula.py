"""The page that explains the rules shows what the rules compute."""

import re

import pytest

from demandas.priorizacion.ejemplo import ejemplo
from mapas.views import como_se_calcula as vista

RUTA = "/mapas/priorizacion/como-se-calcula/"


def texto(respuesta) -> str:
    sin_marcas = re.sub(r"<[^>]+>", " ", respuesta.content.decode())
    return " ".join(sin_marcas.replace("\xa0", " ").split())


@pytest.mark.django_db
def test_each_rule_says_what_enters_what_it_costs_and_why_the_others_do_not(client):
    dicho = texto(client.get(RUTA))
    for frase in (
        "Entran A, C. Cuestan Bs 100.000, quedan Bs 0 y suman 155 puntos.",
        "Entran D, C, E. Cuestan Bs 70.000, quedan Bs 30.000 y suman 122,5 puntos.",
        "Entran B, C, E. Cuestan Bs 100.000, quedan Bs 0 y suman 157,5 puntos.",
        "Entran D, A, E. Cuestan Bs 90.000, quedan Bs 10.000 y suman 147,5 puntos.",
        "hay 32 maneras de elegir. 19 caben",
        "Vuelta 2: se compra A",
        "Quedan Bs 20.000 repartidos",
        "B. Cuando le tocó faltaban Bs 10.000. Haría falta una de estas cosas: que otros pongan Bs 10.000;",
        "C. A quienes la piden les faltan Bs 35.000 de su parte. Haría falta que otros pongan Bs 20.000.",
    ):
        assert frase in dicho, frase


def test_every_figure_of_the_page_comes_from_the_example(monkeypatch):
    """With another ceiling the page says something else."""
    monkeypatch.setattr("demandas.priorizacion.ejemplo.TECHO", 7_000_000)
    otro = vista.contexto(ejemplo())
    assert otro["techo"].endswith("70.000")
    assert otro["reglas"][0]["entran"] == "A, E"
    assert [r["letra"] for r in otro["turnos"]["por_puntaje"] if r["entra"]] == ["A", "E"]
    assert otro["mejores"][0]["letras"] != "B + C + E"


def test_figures_are_rounded_as_people_round():
    assert [vista._puntos(x) for x in (1.625, 1.5999999999999999, 90.0, 12.5, 0.0, 2.999999)] == [
        "1,63",
        "1,6",
        "90",
        "12,5",
        "0",
        "3",
    ]
