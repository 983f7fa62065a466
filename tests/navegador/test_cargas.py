"""A file of demands as a planner walks it, and two demands joined: upload, report, acceptance, side by side, joined."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from demandas.models import Demanda
from tests.archivos import tabla_csv
from tests.navegador.conftest import ANCHO, TELEFONO, aparte
from tests.navegador.pasos import ancho_del_documento
from tests.navegador.test_accesibilidad import mirar

cada_ancho = pytest.mark.parametrize("ancho", [ANCHO, TELEFONO])


@pytest.fixture
def planificadora(navegacion, clave_demo) -> Callable[[int], Page]:
    def abrir(ancho: int) -> Page:
        pagina = navegacion.contexto(ancho).new_page()
        pagina.goto("/entrar/")
        pagina.locator("input[name=username]").fill("planificadora")
        pagina.locator("input[name=password]").fill(clave_demo)
        pagina.locator("main button[type=submit]").click()
        pagina.wait_for_url("/")
        return pagina

    return abrir


def _cabe(pagina: Page, ancho: int) -> None:
    assert ancho_del_documento(pagina) <= ancho
    mirar(pagina)


@cada_ancho
def test_a_planner_loads_a_file_and_joins_what_was_there_already(
    planificadora, municipio, cola, tmp_path: Path, ancho: int
):
    con_todo = {"estado": "validada", "proponente__isnull": False, "sector__isnull": False}
    vieja = Demanda.objects.filter(municipio=municipio, **con_todo).first()
    assert vieja is not None
    filas = [
        {
            "codigo": f"N{ancho}", "titulo": vieja.titulo, "unidad": vieja.proponente.codigo,
            "nivel": vieja.proponente.nivel.codigo, "sector": vieja.sector.codigo, "mujeres": "12",
        },
        {"codigo": f"M{ancho}", "titulo": "Otra cosa", "mujeres": "-3"},
    ]  # fmt: skip
    archivo = tabla_csv(tmp_path / "taller.csv", filas)
    pagina = planificadora(ancho)
    pagina.goto("/demandas/cargas/?municipio=990101")
    pagina.get_by_label("Archivo", exact=True).set_input_files([archivo])
    pagina.get_by_role("button", name="Subir y revisar").click()
    pagina.wait_for_url(re.compile(r"/cargas/[0-9a-f-]{36}/$"))
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_contain_text("2 demandas: 1 nueva, 1 con error")
    expect(pagina.get_by_text("se parece a la demanda")).to_be_visible()
    _cabe(pagina, ancho)
    pagina.get_by_role("button", name="Dejar fuera la fila con error").click()
    pagina.get_by_role("button", name="Aceptar y cargar").click()
    cola()
    expect(pagina.get_by_role("heading", level=1)).to_contain_text("Cargado: 1 demandas nuevas")

    pagina.goto("/demandas/parecidas/?municipio=990101")
    _cabe(pagina, ancho)
    nueva = Demanda.objects.get(codigo=f"N{ancho}")
    pagina.goto(f"/demandas/{vieja.pk}/unir/?con={nueva.codigo}")
    pagina.get_by_role("group", name="¿Cuál queda?").get_by_label(vieja.codigo).check()
    pagina.get_by_role("group", name="¿A quiénes beneficia").get_by_label("los de las dos").check()
    _cabe(pagina, ancho)
    pagina.get_by_role("button", name="Es la misma: unir").click()
    expect(pagina).to_have_url(re.compile(rf"/demandas/{vieja.pk}/$"))
    expect(pagina.get_by_text("Otra demanda es la misma")).to_be_visible()
    pagina.goto(f"/demandas/{nueva.pk}/")
    pagina.get_by_role("button", name="Separar").click()
    expect(pagina.get_by_text("Se separaron")).to_be_visible()
    aparte(lambda: _borrar(nueva.pk))


def _borrar(pk: int) -> None:
    from demandas.models import PasoDeDemanda, UnionDeDemandas

    UnionDeDemandas.objects.filter(demanda=pk).delete()
    PasoDeDemanda.objects.filter(demanda=pk).delete()
    Demanda.objects.filter(pk=pk).delete()
