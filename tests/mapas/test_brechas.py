"""Gaps between groups: what each ranked first, how much of it reached plan and budget, and what is for members only."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from cuentas.models import Usuario
from demandas.models import Asistencia, Evento, Rango
from mapas.brechas import brechas, reservadas
from mapas.filtros import vista_de
from proyectos.models import PDM
from territorio.models import Rol
from tests import hechos, mundo
from tests.quienes import miembro


@pytest.fixture
def pedidas(muni, oeste, este):
    """Women of the west ranked first what the plan answers; men, what the budget has too; women of the east, neither."""
    agua, camino, posta = (
        hechos.demanda(muni, codigo, mundo.punto(x, 0.5), sector=hechos.sector(sector))
        for codigo, x, sector in (("agua", 0.5, "11"), ("camino", 0.6, "18"), ("posta", 3, "20"))
    )
    segunda = hechos.demanda(muni, "segunda", mundo.punto(0.7, 0.5), sector=hechos.sector("22"))
    for demanda, grupo, puesto in (
        (agua, "mujeres", 1), (camino, "hombres", 1), (posta, "mujeres", 1), (segunda, "mujeres", 2),
    ):  # fmt: skip
        Rango.objects.create(demanda=demanda, grupo=grupo, puesto=puesto)
    plan = PDM.objects.create(municipio=muni, nombre="PDM 2021-2025", desde=2021, hasta=2025, estado="publicado")
    hechos.proyecto(muni, "p", mundo.punto(0.5, 0.5), responde=[agua, segunda], pdm=plan)
    hechos.operacion(hechos.proyecto(muni, "q", responde=[camino], pdm=plan), presupuesto_vigente=10)
    return muni


def figuras(usuario=None, **consulta):
    texto = "&".join(f"{clave}={valor}" for clave, valor in {"municipio": "990101", **consulta}.items())
    vista = vista_de(QueryDict(texto), usuario or AnonymousUser(), pregunta="brechas")
    return brechas(vista)


def fila(hechas, codigo: str) -> dict:
    return next(f for f in hechas.filas if f["codigo"] == codigo)


@pytest.mark.django_db
def test_the_share_is_of_what_the_group_put_first_and_of_nothing_else(pedidas):
    de_ellas = figuras(grupo="mujeres")
    assert [fila(de_ellas, c)["cuota_pdm"] for c in "12"] == [100, 0]
    assert [fila(de_ellas, c)["cuota_poa"] for c in "12"] == [0, 0]
    assert (de_ellas.totales["primeras"], de_ellas.totales["cuota_pdm"]) == (2, 50)
    assert de_ellas.conservacion.total == 2
    de_ellos = figuras(grupo="hombres", medida="poa")
    assert fila(de_ellos, "1")["cuota_poa"] == 100
    assert fila(de_ellos, "2")["cuota_poa"] is None
    assert de_ellos.totales["cuota_poa"] == 100


@pytest.mark.django_db
def test_two_groups_stand_side_by_side(pedidas):
    juntas = figuras(grupo="mujeres", otro="hombres")
    assert juntas.valor == "diferencia"
    assert (fila(juntas, "1")["diferencia"], fila(juntas, "2")["diferencia"]) == (0, None)
    assert juntas.totales["diferencia"] == -50
    assert "50 %" in juntas.frase and "100 %" in juntas.frase
    assert fila(juntas, "1")["primero_mujeres"] == "Demanda agua"
    por_sector, llegaron = juntas.tablas
    assert ["Saneamiento básico", "–", "1 (50 %)", "–", "–", "–", "–"] in por_sector.filas
    assert ["mujeres", "2", "1", "50 %", "0", "0 %"] in llegaron.filas


@pytest.mark.django_db
def test_projects_without_effect_and_drafts_answer_nothing(pedidas, muni):
    oculta = hechos.demanda(muni, "oculta", mundo.punto(0.5, 0.5), publicada=False)
    Rango.objects.create(demanda=oculta, grupo="mujeres", puesto=1)
    hechos.proyecto(muni, "anulado", responde=[oculta], pdm=PDM.objects.get(), estado="anulado")
    assert figuras(grupo="mujeres").totales["primeras"] == 2
    ana = miembro(muni, Rol.PLANIFICADOR)
    assert (figuras(ana, grupo="mujeres").totales["primeras"], figuras(ana, grupo="mujeres").totales["en_pdm"]) == (
        3,
        1,
    )


@pytest.mark.django_db
def test_what_few_persons_put_first_is_for_members(pedidas, muni, oeste, este, settings):
    settings.MINKA_UMBRAL_PERSONAS = 5
    taller = Evento.objects.create(
        municipio=muni, unidad=oeste, tipo="autodiagnostico", fecha="2024-05-01", estado="realizado", publicado=True
    )
    Asistencia.objects.create(evento=taller, sexo="mujeres", grupo_edad="jovenes", calidad="masiva", personas=3)
    Asistencia.objects.create(evento=taller, sexo="hombres", grupo_edad="adultos", calidad="masiva", personas=90)
    visita = figuras(grupo="mujeres")
    # Alone it would be found by subtraction: the other goes with it.
    assert [fila(visita, c)["primeras"] for c in "12"] == [None, None]
    assert [fila(visita, c)["primero_mujeres"] for c in "12"] == ["", ""]
    assert "pocas personas" in visita.detalle and visita.totales["primeras"] == 2
    assert fila(figuras(grupo="hombres"), "1")["primeras"] == 1
    for quien in (miembro(muni, Rol.LECTOR), Usuario(username="jefa", is_superuser=True)):
        assert fila(figuras(quien, grupo="mujeres"), "1")["primeras"] == 1
    settings.MINKA_UMBRAL_PERSONAS = 0
    assert fila(figuras(grupo="mujeres"), "1")["primeras"] == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.one_of(st.none(), st.integers(0, 12))), max_size=12))
def test_never_one_alone_is_silent_where_another_could_go_with_it(dadas):
    filas = [{"id": i, "padre": p, "primeras": n, "personas": k} for i, (p, n, k) in enumerate(dadas)]
    calladas = reservadas(filas, 5)
    dicen = [f for f in filas if f["primeras"]]
    assert {f["id"] for f in dicen if f["personas"] is not None and f["personas"] < 5} <= calladas
    for familia in [dicen, *([f for f in dicen if f["padre"] == p] for p in range(4))]:
        solas = sum(f["id"] in calladas for f in familia)
        assert solas != 1 or len(familia) == 1
    assert calladas <= {f["id"] for f in dicen}
    if all(f["personas"] is None or f["personas"] >= 5 for f in dicen):
        assert not calladas


@pytest.mark.django_db
def test_page_api_and_files_say_the_same(client, pedidas):
    por_api = client.get("/api/v1/brechas/?municipio=990101&grupo=mujeres").json()
    assert (por_api["totales"]["primeras"], len(por_api["tablas"])) == (2, 2)
    assert por_api["frase"] in client.get("/mapas/brechas/?municipio=990101&grupo=mujeres").content.decode()
    hoja = b"".join(client.get("/exportar/brechas.csv?municipio=990101&grupo=mujeres").streaming_content).decode()
    assert "demandas que puso primero este grupo en total),2" in hoja
    assert client.get("/mapas/brechas/?otro=nadie").status_code == 400
