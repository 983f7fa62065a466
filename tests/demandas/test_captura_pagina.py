"""The capture page over HTTP: the long form, what a phone keeps of it, and who is told what."""

import os
import re
import shutil
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from config.estaticos import Sellados
from demandas.captura import recursos
from demandas.models import Demanda
from territorio.models import Rol
from tests import mundo
from tests.quienes import entrar, miembro

pytestmark = pytest.mark.django_db
RUTA = "/demandas/nueva/"


@pytest.fixture
def pampa(muni, oeste):
    return mundo.unidad("comunidad", "p", mundo.punto(0.5, 0.5), municipio=muni, padre=oeste, nombre="Pampa")


@pytest.fixture
def rosa(client, muni) -> Client:
    return entrar(client, miembro(muni, Rol.FACILITADOR))


def llenar(pagina, **campos: object) -> dict[str, object]:
    envio = re.search(r'name="envio" value="([^"]+)"', pagina.content.decode())[1]
    return {"envio": envio, "titulo": "Agua", "grupo": "mujeres", **campos}


def test_the_same_form_sent_twice_is_one_demand_and_sent_otherwise_shows_which(rosa, pampa):
    pagina = rosa.get(RUTA, {"unidad": pampa.pk})
    assert f'value="{pampa.pk}" selected' in pagina.content.decode()
    dicho = llenar(
        pagina, proponente=pampa.pk, rango_mujeres=1, personas_mujeres_jovenes=6, contraparte="1.500,50",
        coordenadas="-16,995; -64,995",
    )  # fmt: skip
    primera, segunda = rosa.post(RUTA, dicho), rosa.post(RUTA, dicho)
    (una,) = Demanda.objects.all()
    assert primera.url == segunda.url == f"/demandas/{una.pk}/"
    assert (str(una.contraparte), una.beneficiarias_mujeres, una.ubicada_por) == ("1500.50", 6, "propia")
    otra = rosa.post(RUTA, dicho | {"titulo": "Riego"})
    assert otra.status_code == 409
    assert f"/demandas/{una.pk}/" in otra.content.decode()
    assert Demanda.objects.get().titulo == "Agua"


def test_what_is_wrong_is_told_beside_its_field_and_what_was_written_stays(rosa):
    dicho = llenar(rosa.get(RUTA), titulo="", coordenadas="por ahí", rango_comunidad=0, descripcion="sigue aquí")
    respuesta = rosa.post(RUTA, dicho)
    texto = respuesta.content.decode()
    assert respuesta.status_code == 400
    assert "sigue aquí" in texto
    for campo in ("titulo", "coordenadas", "rango_comunidad"):
        assert re.search(rf'data-error="{campo}" role="alert">✕ \w', texto), campo
    assert not Demanda.objects.exists()


def test_who_registers_nowhere_or_elsewhere_is_told_so(client, muni, rosa):
    mundo.unidad("municipio", "990102", mundo.cuadro(4, 0, 4, 2))
    assert "data-formulario" not in rosa.get(RUTA, {"municipio": "990102"}).content.decode()
    lectora = entrar(Client(), miembro(muni, Rol.LECTOR, "ana"))
    assert "Su cuenta no registra demandas" in lectora.get(RUTA).content.decode()
    assert lectora.get(f"{RUTA}catalogo.json").json() == {"municipio": None}
    assert Client().get(f"{RUTA}catalogo.json").status_code == 403


def test_who_is_limited_to_a_district_opens_the_page(muni, oeste):
    ana = entrar(Client(), miembro(muni, Rol.FACILITADOR, "ana", unidades=[oeste]))
    pagina = ana.get(RUTA)
    assert "data-formulario" in pagina.content.decode()
    assert ana.post(RUTA, llenar(pagina, proponente=oeste.pk)).status_code == 302
    assert ana.post(RUTA, llenar(ana.get(RUTA))).status_code == 403
    assert Demanda.objects.count() == 1


def test_a_session_says_whose_it_is(client, rosa):
    assert Client().get(f"{RUTA}sesion.json").json()["id"] is None
    dicha = rosa.get(f"{RUTA}sesion.json")
    assert dicha.json()["cuenta"] == "rosa"
    assert dicha.headers["Cache-Control"] == "no-store"


def test_what_a_phone_has_already_is_not_brought_again(rosa, pampa):
    for cual in ("catalogo.json", "contornos.json"):
        primera = rosa.get(RUTA + cual)
        assert primera.status_code == 200
        otra_vez = rosa.get(RUTA + cual, headers={"If-None-Match": primera.headers["ETag"]})
        assert (otra_vez.status_code, otra_vez.content) == (304, b"")
    pampa.nombre = "Pampa Alta"
    pampa.save()
    assert rosa.get(f"{RUTA}catalogo.json").headers["ETag"] not in {None, primera.headers["ETag"]}


# --- what the worker keeps --------------------------------------------------------------------------------------------
def test_the_worker_keeps_every_module_and_all_that_it_keeps_exists(client):
    carpeta = Path(finders.find("minka/captura/principal.js")).parent
    assert {modulo.stem for modulo in carpeta.glob("*.js")} == set(recursos.MODULOS)
    assert [archivo for archivo in recursos.ARCHIVOS if finders.find(archivo) is None] == []
    obrero = client.get("/sw.js")
    assert obrero.headers["Content-Type"].startswith("text/javascript")
    assert all(direccion in obrero.content.decode() for direccion in recursos.direcciones())
    assert obrero.content.startswith(b"import ")
    assert b"import " not in client.get("/sw.js?clasico=1").content


def test_a_changed_file_is_another_worker(monkeypatch, tmp_path):
    archivo = tmp_path / "a.js"
    archivo.write_text("1")
    monkeypatch.setattr(recursos.finders, "find", lambda nombre: str(archivo))
    antes = recursos.version()
    assert recursos.version() == antes
    os.utime(archivo, ns=(1, 1))
    assert recursos.version() != antes


def test_what_makes_it_installable_exists(client):
    manifiesto = client.get("/manifest.webmanifest").json()
    assert (manifiesto["start_url"], manifiesto["display"]) == (RUTA, "standalone")
    assert all(finders.find(icono["src"].removeprefix("/static/")) for icono in manifiesto["icons"])


def test_sealed_modules_import_each_other_by_their_sealed_names(tmp_path):
    destino = tmp_path / "minka/captura"
    destino.mkdir(parents=True)
    for modulo in recursos.MODULOS:
        shutil.copy(finders.find(f"minka/captura/{modulo}.js"), destino)
    almacen = Sellados(location=tmp_path, base_url="/static/")
    rutas = {f"minka/captura/{modulo}.js": (almacen, f"minka/captura/{modulo}.js") for modulo in recursos.MODULOS}
    assert not [hecho for _nombre, _sellado, hecho in almacen.post_process(rutas) if isinstance(hecho, Exception)]
    for modulo in recursos.MODULOS:
        sellado = (tmp_path / almacen.stored_name(f"minka/captura/{modulo}.js")).read_text(encoding="utf-8")
        importados = re.findall(r'(?:from |import\()"\./(\S+)"', sellado)
        assert all(re.fullmatch(r"\w+\.[0-9a-f]{12}\.js", uno) for uno in importados), (modulo, importados)
