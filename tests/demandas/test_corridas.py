"""Runs of prioritisation: kept, proven, refused where their demands changed, approved once and for all."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from demandas import criterios
from demandas.mesa.conjunto import Conjunto, reunir
from demandas.mesa.corrida import correr
from demandas.mesa.pedido import leer_pedido
from demandas.models import Criterio, Demanda, EstadoDemanda, Evento, PasoDeDemanda, Priorizacion, Rango
from demandas.services import criterios as servicio_de_criterios
from demandas.services import priorizacion as servicio
from territorio.models import Rol
from tests import hechos, mundo
from tests.quienes import miembro

pytestmark = pytest.mark.django_db


@pytest.fixture
def planificadora(muni):
    return miembro(muni, Rol.PLANIFICADOR, "ana")


@pytest.fixture
def demandas(oeste, este, muni):
    """Two in the west, two in the east, one without a cost: the women's favourite is the dearest."""
    for codigo, distrito, x, personas in (("o", oeste, 0, 600), ("p", este, 2, 400)):
        mundo.unidad("comunidad", codigo, mundo.cuadro(x, 0, 2), municipio=muni, padre=distrito, personas=personas)
    hechas = []
    filas = (("a", 0.5, 600, 1), ("b", 1.5, 300, 2), ("c", 2.5, 300, 1), ("d", 3.5, 100, 3), ("e", 3.5, None, 2))
    comunes = {"estado": "validada", "fecha": date(2024, 5, 1), "grupo": "mujeres"}
    for codigo, x, costo, puesto in filas:
        d = hechos.demanda(muni, codigo, mundo.punto(x, 1), costo_estimado=costo, **comunes)
        Rango.objects.create(demanda=d, grupo="comunidad", puesto=puesto)
        hechas.append(d)
    Rango.objects.create(demanda=hechas[0], grupo="mujeres", puesto=1)
    return hechas


def pedido(muni, **datos):
    return leer_pedido({"techo": "700", "pesos": "rango_acordado:100", "estado": "validada"} | datos, muni)


def cumbre(muni, **campos) -> Evento:
    datos = {
        "unidad": muni,
        "tipo": "cumbre",
        "fecha": date(2025, 3, 1),
        "estado": "realizado",
        "acuerdos": "Se aprobó.",
    }
    return Evento.objects.create(municipio=muni, **datos | campos)


def corrida_de(muni, por, **datos) -> Priorizacion:
    return servicio.crear_corrida(por=por, pedido=pedido(muni, **datos), nombre="Cumbre")


def test_values_that_nobody_knows_are_missing_and_few_persons_are_not_found_by_dividing(demandas, muni, este):
    muchas, pocas = demandas[0], demandas[3]
    Demanda.objects.filter(pk=muchas.pk).update(beneficiarias_mujeres=30, beneficiarios_hombres=30)
    Demanda.objects.filter(pk=pocas.pk).update(beneficiarias_mujeres=2, contraparte=25)
    todos = criterios.del_municipio(muni)
    hallados = criterios.valores(todos, Demanda.objects.all(), criterios.Contexto.de(muni))
    assert hallados["bs_por_beneficiario"][muchas.pk] == 10
    assert hallados["bs_por_beneficiario"][pocas.pk] == pytest.approx(100 / 400)  # by the inhabitants of the east
    assert hallados["contraparte"] == {pocas.pk: 25.0}
    assert hallados["habitantes"] == {demandas[0].pk: 600, demandas[1].pk: 600} | {d.pk: 400 for d in demandas[2:]}
    assert hallados["rango_mujeres"] == {demandas[0].pk: 1.0}
    assert hallados["paso"] == {}  # they have no sector
    conjunto = reunir(pedido(muni), miembro(muni, Rol.LECTOR, "lea"))
    assert correr(pedido(muni), conjunto).resumen["sin_dato"]["rango_mujeres"] == 4


def test_the_step_of_the_funnel_is_that_of_the_demands_sector_and_of_published_projects(muni, oeste):
    cota = mundo.unidad("comunidad", "c", mundo.cuadro(0, 0), municipio=muni, padre=oeste, personas=120)
    agua = hechos.demanda(muni, "agua", proponente=cota, sector=hechos.sector("11"))
    salud = hechos.demanda(muni, "salud", proponente=cota, sector=hechos.sector("20"))
    hechos.proyecto(muni, "p", beneficia=[cota], sector=hechos.sector("11"), estado="en_ejecucion")
    hechos.proyecto(muni, "q", beneficia=[cota], sector=hechos.sector("20"), estado="concluido", publicado=False)
    [paso] = [c for c in criterios.del_municipio(muni) if c.clave == "paso"]
    hallados = criterios.valores([paso], Demanda.objects.all(), criterios.Contexto.de(muni))["paso"]
    assert hallados == {agua.pk: 4.0, salud.pk: 1.0}


def test_a_stored_set_gives_the_same_result_and_its_digest_shows_any_change(demandas, muni, planificadora):
    for regla in ("puntaje", "por_boliviano", "mochila", "partes_iguales"):
        corrida = Priorizacion.objects.get(pk=corrida_de(muni, planificadora, regla=regla).pk)
        assert servicio.diferencias(corrida) == []
        otra = servicio.reproducir(corrida)
        assert [f.pk for f in otra.orden] == list(corrida.resultados.values_list("demanda", flat=True))
        assert Conjunto.de_guardado(corrida.entradas).guardado() == corrida.entradas
        corrida.entradas["demandas"][0][4] = 1  # its cost
        assert servicio.diferencias(corrida)


def test_an_approved_list_moves_what_is_in_and_never_changes_again(demandas, muni, planificadora):
    corrida = corrida_de(muni, planificadora)
    dentro = list(corrida.resultados.filter(entra=True).values_list("demanda__codigo", flat=True))
    assert dentro == ["c", "b", "d"]  # a is first by rank as well, but dearer: c goes before, and then it does not fit
    evento = cumbre(muni)
    servicio.aprobar(por=planificadora, corrida=corrida, evento=evento)
    assert {d.codigo: d.estado for d in Demanda.objects.all()} == dict.fromkeys("ae", "validada") | dict.fromkeys(
        "bcd", "priorizada_municipio"
    )
    assert PasoDeDemanda.objects.filter(priorizacion=corrida, evento=evento).count() == 3
    with pytest.raises(IntegrityError, match="aprobada no se cambia"), transaction.atomic():
        Priorizacion.objects.filter(pk=corrida.pk).update(nombre="otra")
    with pytest.raises(IntegrityError, match="aprobada no se cambia"), transaction.atomic():
        corrida.resultados.update(entra=True)
    with pytest.raises(IntegrityError, match="aprobada no se cambia"), transaction.atomic():
        corrida.resultados.all().delete()
    planificadora.membresias.all().delete()
    Priorizacion.objects.filter(pk=corrida.pk).update(por=None)  # an account that goes takes its name along
    with pytest.raises(IntegrityError), transaction.atomic():
        Priorizacion.objects.filter(pk=corrida.pk).delete()


def test_what_changed_since_is_told_and_nothing_is_approved(demandas, muni, planificadora):
    corrida = corrida_de(muni, planificadora)
    Demanda.objects.filter(codigo="b").update(costo_estimado=Decimal("301"))
    Rango.objects.filter(demanda__codigo="d").update(puesto=9)
    Demanda.objects.filter(codigo="c").update(estado=EstadoDemanda.PROGRAMADA)
    hechos.demanda(muni, "nueva", mundo.punto(1, 1), estado="validada")  # is none of its own
    with pytest.raises(servicio.CambiaronLasDemandas) as fallo:
        servicio.aprobar(por=planificadora, corrida=corrida, evento=cumbre(muni))
    dichos = " ".join(fallo.value.cambios)
    assert "b: el costo era Bs\u00a0300 y es Bs\u00a0301." in dichos
    assert "d: cambió Puesto acordado por la comunidad" in dichos
    assert "c: estaba validada y está programada." in dichos
    assert len(fallo.value.cambios) == 4  # and b's Bs by person
    corrida.refresh_from_db()
    assert corrida.estado == "calculada" and not PasoDeDemanda.objects.filter(priorizacion=corrida).exists()


def test_only_a_meeting_that_was_held_with_its_agreements_may_approve(demandas, muni, oeste, este, planificadora):
    corrida = corrida_de(muni, planificadora)
    malas = (
        {"estado": "programado"}, {"acuerdos": " "}, {"tipo": "taller_distrital", "unidad": oeste}, {"tipo": "capacitacion"},
    )  # fmt: skip
    for mal in malas:
        with pytest.raises(ValidationError):
            servicio.aprobar(por=planificadora, corrida=corrida, evento=cumbre(muni, **mal))
    del_oeste = servicio.crear_corrida(
        por=planificadora, pedido=pedido(muni, unidad=str(oeste.pk)), nombre="Oeste", alcance="distrito"
    )
    with pytest.raises(ValidationError, match="otro distrito"):
        servicio.aprobar(
            por=planificadora, corrida=del_oeste, evento=cumbre(muni, tipo="taller_distrital", unidad=este)
        )
    servicio.aprobar(por=planificadora, corrida=del_oeste, evento=cumbre(muni, tipo="taller_distrital", unidad=oeste))
    assert set(Demanda.objects.filter(estado="priorizada_distrito").values_list("codigo", flat=True)) == {"a"}
    assert del_oeste.resumen["demandas"] == 2


def test_roles_and_districts_bound_who_keeps_discusses_and_approves(demandas, muni, oeste, este, planificadora):
    corrida = corrida_de(muni, planificadora)
    del_este = miembro(muni, Rol.PLANIFICADOR, "eva", unidades=[este])
    lectora = miembro(muni, Rol.LECTOR, "lia")
    for quien in (del_este, lectora, miembro(muni, Rol.FACILITADOR, "fe")):
        with pytest.raises(PermissionDenied):
            servicio.aprobar(por=quien, corrida=corrida, evento=cumbre(muni))
    for quien in (del_este, lectora):
        with pytest.raises(PermissionDenied):
            corrida_de(muni, quien)
        with pytest.raises(PermissionDenied):
            servicio.anotar(por=quien, corrida=corrida, texto="x")
    suya = servicio.crear_corrida(
        por=del_este, pedido=pedido(muni, unidad=str(este.pk)), nombre="E", alcance="distrito"
    )
    assert suya.estado == "calculada"


@pytest.mark.parametrize(
    ("datos", "dicho"),
    [
        ({"techo": "0"}, "entra ninguna"),
        ({"techo": "-5"}, "negativo"),
        ({"techo": "mucho"}, "no es un monto"),
        ({"pesos": "rango_acordado:0"}, "pesos_en_cero"),
        ({"estado": "priorizada_distrito"}, "sin_candidatas"),
        ({"incompatibles": "a~z"}, "par_desconocido"),
        ({"requeridas": "a~b;b~a"}, "requeridas_en_circulo"),
        ({"incompatibles": "a~b", "requeridas": "a~b"}, "pares_contradictorios"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(demandas, muni, planificadora, datos, dicho):
    with pytest.raises((ValidationError, servicio.NoSePuedePriorizar), match=dicho):
        corrida_de(muni, planificadora, **datos)
    assert not Priorizacion.objects.exists()


def test_floors_above_the_ceiling_are_refused(demandas, muni, oeste, este, planificadora):
    with pytest.raises(servicio.NoSePuedePriorizar, match="pisos_sobre_techo"):
        corrida_de(muni, planificadora, pisos=f"{oeste.pk}=500;{este.pk}=300")


def test_a_large_run_waits_for_its_job_which_can_be_stopped_and_begun_again(demandas, muni, planificadora, monkeypatch):
    monkeypatch.setattr(servicio, "AL_MOMENTO", 2)
    corrida = corrida_de(muni, planificadora, regla="partes_iguales")
    assert corrida.estado == "en_cola" and corrida.trabajo
    servicio.calcular(uid=corrida.uid, trabajo=corrida.trabajo + 1)  # of another job
    corrida.refresh_from_db()
    assert corrida.estado == "en_cola"
    servicio.detener(por=planificadora, corrida=corrida)
    servicio.calcular(uid=corrida.uid, trabajo=corrida.trabajo)
    corrida.refresh_from_db()
    assert corrida.estado == "fallida" and not corrida.resultados.exists()
    corrida = servicio.calcular_otra_vez(por=planificadora, corrida=corrida)
    servicio.calcular(uid=corrida.uid, trabajo=corrida.trabajo, apagandose=lambda: True)
    corrida.refresh_from_db()
    assert corrida.estado == "fallida" and "detuvo" in corrida.mensaje
    corrida = servicio.calcular_otra_vez(por=planificadora, corrida=corrida)
    servicio.calcular(uid=corrida.uid, trabajo=corrida.trabajo)
    corrida.refresh_from_db()
    assert (corrida.estado, corrida.progreso) == ("calculada", 100)
    assert servicio.diferencias(corrida) == []


def test_groups_vote_with_their_own_ranks_and_share_their_communitys_weight(muni, oeste):
    cota = mundo.unidad("comunidad", "c", mundo.cuadro(0, 0), municipio=muni, padre=oeste, personas=120)
    una = hechos.demanda(muni, "una", proponente=cota, estado="validada", costo_estimado=10)
    otra = hechos.demanda(muni, "otra", proponente=cota, estado="validada", costo_estimado=10)
    for demanda, grupo, puesto in (
        (una, "comunidad", 2),
        (una, "mujeres", 1),
        (otra, "mujeres", 12),
        (otra, "jovenes", 3),
    ):
        Rango.objects.create(demanda=demanda, grupo=grupo, puesto=puesto)
    quien = miembro(muni, Rol.LECTOR, "lia")
    votos = reunir(pedido(muni), quien, con_votos=True).votos
    assert votos.pesos == {cota.pk: 120}
    assert votos.apoyos == {una.pk: {cota.pk: 9}, otra.pk: {cota.pk: 1}}
    de_grupos = reunir(pedido(muni, votantes="grupos"), quien, con_votos=True).votos
    assert sorted(de_grupos.pesos.values()) == [120 * 30, 120 * 30]
    assert sorted(u for suyos in de_grupos.apoyos.values() for u in suyos.values()) == [1, 8, 10]


def test_a_municipality_makes_a_criterion_of_the_catalogue_its_own_and_writes_values(demandas, muni, planificadora):
    nbi = Criterio.objects.get(clave="nbi", municipio=None)
    servicio_de_criterios.cambiar_criterio(por=planificadora, municipio=muni, clave="nbi", version=nbi.version, peso=77)
    nbi.refresh_from_db()
    assert nbi.peso == 20
    propio = servicio_de_criterios.crear_criterio(por=planificadora, municipio=muni, nombre="Tiene terreno", peso=5)
    assert {c.clave: c.peso for c in criterios.del_municipio(muni)}["nbi"] == 77
    filas = servicio_de_criterios.leer_valores("a\tsí\nb;0,5\n\nc\t")
    assert filas == [("a", 1.0), ("b", 0.5), ("c", None)]
    servicio_de_criterios.poner_valores(por=planificadora, criterio=propio, filas=filas)
    conjunto = reunir(pedido(muni), planificadora)
    i = [m.clave for m in conjunto.medidas].index("tiene_terreno")
    assert {f.codigo: f.valores[i] for f in conjunto.filas} == {"a": 1.0, "b": 0.5, "c": None, "d": None, "e": None}
    for mal in ("a\tmucho", "a\t1\na\t2", "", "a\tnan"):
        with pytest.raises(ValidationError):
            servicio_de_criterios.leer_valores(mal)
    with pytest.raises(ValidationError, match="código «zz»"):
        servicio_de_criterios.poner_valores(por=planificadora, criterio=propio, filas=[("zz", 1.0)])
