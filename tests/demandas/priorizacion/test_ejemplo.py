"""The worked example says of each rule what the rule does."""

from demandas.priorizacion import Regla
from demandas.priorizacion.ejemplo import ejemplo


def test_each_rule_chooses_otherwise_and_its_steps_lead_to_what_it_chose():
    ej = ejemplo()
    dentro = {regla: "".join(t.dentro) for regla, t in ej.reglas.items()}
    assert dentro == {
        Regla.POR_PUNTAJE: "AC",
        Regla.POR_BOLIVIANO: "DCE",
        Regla.MOCHILA: "BCE",
        Regla.PARTES_IGUALES: "DAE",
    }
    for regla, turnos in ej.turnos.items():
        assert "".join(t.letra for t in turnos if t.entra) == dentro[regla]
        assert all(t.entra == (t.costo <= t.habia) and t.queda >= 0 for t in turnos)
        assert [t.medida for t in turnos] == sorted((t.medida for t in turnos), reverse=True)
    assert "".join(ej.mejores[0].letras) == dentro[Regla.MOCHILA]
    assert ej.mejores[0].puntaje == ej.reglas[Regla.MOCHILA].resultado.puntaje > ej.mejores[1].puntaje
    assert [r.elegida for r in ej.rondas] == ["D", "A", None]
    assert ej.completadas == ("E",)


def test_each_round_of_the_example_adds_up():
    ej = ejemplo()
    costos = {d.letra: d.costo for d in ej.demandas}
    assert sum(ej.partes.values()) == ej.techo
    for ronda, otra in zip(ej.rondas, ej.rondas[1:], strict=False):
        assert sum(ronda.pagos.values()) == costos[ronda.elegida]
        assert otra.habia == {v: m - ronda.pagos.get(v, 0) for v, m in ronda.habia.items()}
        assert ronda.ofertas[0].letra == ronda.elegida
    assert all(o.precio is None and o.falta > 0 for o in ej.rondas[-1].ofertas)


def test_the_parts_of_each_score_add_up_and_what_is_out_says_what_would_bring_it_in():
    ej = ejemplo()
    for d in ej.demandas:
        assert sum(d.aportes.values()) == d.puntaje
    for t in ej.reglas.values():
        assert {*t.dentro, *(f.letra for f in t.fuera)} == set("ABCDE")
        assert all(f.haria_falta != type(f.haria_falta)() for f in t.fuera)
