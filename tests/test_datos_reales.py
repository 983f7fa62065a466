"""Real Bolivian data through the commands, checked against counts made without Minka; skips where the folder is absent."""

import csv
import json
import os
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
import shapely
from django.db import transaction
from django.db.models import Sum
from django.test import Client

from proyectos.models import Proyecto
from territorio.importacion.limites import Pedido, planear
from territorio.importacion.texto import normalizar
from territorio.models import OTB, Distrito, Limite, Municipio, Poblacion
from territorio.models import Nivel as NivelTerritorial
from territorio.verificacion import comprobaciones
from tests.archivos import correr

LA_PAZ = "020101"
CARPETA = Path(os.environ.get("MINKA_DATOS", Path(__file__).parents[1] / ".." / "shared" / "datos")).resolve()
DISTRITO_SUR = {"18", "19", "21"}
OTBS = ("--nivel", "otb", "--nombre", "nom_otb", "--padre", "distrito")
SIN_EFECTO = {"Anulado desde la convocatoria", "Cancelado", "Desierto"}
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not CARPETA.is_dir(), reason=f"no está la carpeta de datos reales {CARPETA} (MINKA_DATOS)"),
]


@pytest.fixture(scope="module")
def cargado(django_db_setup, django_db_blocker):
    """The country and La Paz, loaded once by the commands, in a transaction that ends with the module."""

    def limites(archivo, *opciones):
        corrida = correr("importar_limites", CARPETA / archivo, *opciones)
        assert corrida.salida == 0, corrida.texto
        return corrida

    la_paz = ["--municipio", LA_PAZ]
    macro = ["--nivel", "macrodistrito", "--codigo", "cod_macro", "--nombre", "macro_vige"]
    distrito = ["--nivel", "distrito", "--codigo", "distrito", "--padre", "cod_macro"]
    with django_db_blocker.unblock(), transaction.atomic():
        yield SimpleNamespace(
            municipios=limites("bolivia/municipios.geojson", "--nivel", "municipio", "--censo", "2024"),
            macros=limites("lapaz/macrodistritos.geojson", *la_paz, *macro),
            distritos=limites("lapaz/distritos.geojson", *la_paz, *distrito),
            otbs=limites("lapaz/otbs.geojson", *la_paz, *OTBS),
            obras=correr("importar_proyectos", CARPETA / "lapaz/obras_2020_2022.csv", *la_paz, "--nivel", "otb"),
        )
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def obras() -> list[dict[str, str]]:
    with (CARPETA / "lapaz/obras_2020_2022.csv").open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


@pytest.fixture(scope="module")
def otbs() -> list[dict]:
    return json.loads((CARPETA / "lapaz/otbs.geojson").read_text(encoding="utf-8"))["features"]


def filas(pregunta: str, **filtros) -> dict:
    return Client().get(f"/api/v1/{pregunta}/", {"municipio": LA_PAZ, **filtros}).json()


# --- the country ------------------------------------------------------------------------------------------------------


def test_the_country_has_343_municipalities_and_11365333_inhabitants(cargado):
    assert Municipio.objects.count() == 343
    assert Limite.objects.filter(unidad__nivel__codigo="municipio").count() == 343
    assert Poblacion.objects.filter(unidad__nivel__codigo="municipio").aggregate(n=Sum("personas"))["n"] == 11_365_333
    assert cargado.municipios.cuentas["habitantes"] == 11_365_333
    assert Municipio.objects.filter(codigo__startswith="0").count() == Municipio.objects.count()  # nine departments
    assert all(len(codigo) == 6 for codigo in Municipio.objects.values_list("codigo", flat=True))


def test_repeated_names_of_municipalities_are_reported(cargado):
    assert {"San Pedro", "Santa Rosa"} <= set(cargado.municipios.informe["listas"]["nombres_repetidos"])
    assert "San Pedro (×3)" in cargado.municipios.texto


def test_invalid_polygons_are_mended_and_each_repair_is_reported_with_both_areas(cargado):
    crudo = json.loads((CARPETA / "dificiles/departamentos_invalidos.json").read_text(encoding="utf-8"))
    corrida = correr(
        "importar_limites",
        CARPETA / "dificiles/departamentos_invalidos.json",
        "--nivel",
        "departamento",
        "--nombre",
        "NOM_DEP",
        "--simular",
    )
    assert corrida.salida == 0, corrida.texto
    invalidas = sum(not shapely.from_geojson(json.dumps(r["geometry"])).is_valid for r in crudo["features"])
    reparadas = corrida.problemas("geometria_reparada")
    assert (invalidas, len(reparadas), corrida.cuentas["nuevas"]) == (9, 9, 9)
    for problema in reparadas:
        antes, despues = problema["detalle"]["antes_m2"], problema["detalle"]["despues_m2"]
        assert problema["fila"]
        assert despues == pytest.approx(antes, rel=0.01)


# --- La Paz -----------------------------------------------------------------------------------------------------------


def test_la_paz_has_9_macrodistritos_23_distritos_and_643_otbs(cargado):
    unidades = Municipio.objects.get(codigo=LA_PAZ).unidades_del_municipio
    assert Counter(unidades.values_list("nivel__codigo", flat=True)) == {"macrodistrito": 9, "distrito": 23, "otb": 643}


def test_each_district_stands_under_its_macrodistrito_whatever_the_names_say(cargado):
    crudos = json.loads((CARPETA / "lapaz/distritos.geojson").read_text(encoding="utf-8"))["features"]
    dichos = {str(r["properties"]["distrito"]): str(r["properties"]["cod_macro"]) for r in crudos}
    assert dict(Distrito.objects.values_list("codigo", "padre__codigo")) == dichos
    del_sur = Distrito.objects.filter(padre__nombre="SUR", padre__nivel__codigo="macrodistrito")
    assert set(del_sur.values_list("codigo", flat=True)) == DISTRITO_SUR
    # By space too: nearly all of each district lies in its macrodistrito.
    for distrito in Distrito.objects.filter(codigo__in=DISTRITO_SUR):
        assert distrito.localizaciones.get(unidad=distrito.padre).fraccion > 0.99


def test_nine_repeated_otb_names_are_reported_and_each_keeps_its_own_code(cargado, otbs):
    veces = Counter(normalizar(r["properties"]["nom_otb"]) for r in otbs)
    repetidos = {n for n, v in veces.items() if v > 1}
    assert len(repetidos) == 9 == cargado.otbs.cuentas["nombres_repetidos"]
    assert {normalizar(n) for n in cargado.otbs.informe["listas"]["nombres_repetidos"]} == repetidos
    assert OTB.objects.values("codigo").distinct().count() == 643


def test_overlaps_and_what_lies_beyond_the_census_limit_are_said_and_loaded(cargado):
    assert cargado.otbs.cuentas["hectareas_superpuestas"] == pytest.approx(8.9, abs=0.1)
    assert cargado.otbs.cuentas["pares_superpuestos"] >= 885
    assert cargado.distritos.cuentas["por_ciento_fuera_del_municipio"] == pytest.approx(33.6, abs=0.5)
    assert {"superpuestas", "nombres_repetidos", "superior_distinto"} <= cargado.otbs.avisos
    assert "fuera_del_municipio" in cargado.distritos.avisos


def test_the_same_otbs_again_change_nothing_in_whatever_order(cargado, otbs, tmp_path):
    crudo = json.loads((CARPETA / "lapaz/otbs.geojson").read_text(encoding="utf-8"))
    crudo["features"] = otbs[::-1]
    (tmp_path / "otbs.geojson").write_text(json.dumps(crudo), encoding="utf-8")
    corrida = correr("importar_limites", tmp_path / "otbs.geojson", "--municipio", LA_PAZ, *OTBS)
    assert (corrida.cuentas["iguales"], corrida.cuentas["cambiadas"], corrida.cuentas["nuevas"]) == (643, 0, 0)


# --- works ------------------------------------------------------------------------------------------------------------


def test_works_are_placed_by_the_otb_that_they_name(cargado, otbs, obras):
    veces = Counter(normalizar(r["properties"]["nom_otb"]) for r in otbs)
    contadas = Counter(min(veces[normalizar(o["otb"])], 2) if o["otb"] else "sin" for o in obras)
    assert (contadas[1], contadas[2], contadas["sin"], len(obras)) == (912, 25, 82, 1019)
    cuentas = cargado.obras.cuentas
    assert (cuentas["con_unidad"], cuentas["unidad_ambigua"], cuentas["sin_unidad"], cuentas["unidad_desconocida"]) == (
        912,
        25,
        82,
        0,
    )
    assert (Proyecto.objects.count(), Proyecto.objects.filter(ubicada_por="unidad").count()) == (1019, 912)
    assert Proyecto.objects.sin_ubicar().count() == 25 + 82


def test_the_repeated_cuce_is_reported_with_both_rows(cargado, obras):
    ((cuce, _veces),) = [par for par in Counter(o["cuce"] for o in obras).items() if par[1] > 1]
    numeros = [i for i, o in enumerate(obras, start=2) if o["cuce"] == cuce]
    assert cargado.obras.cuentas["cuce_repetidos"] == 1
    assert f"el CUCE «{cuce}» está en las filas {', '.join(map(str, numeros))}" in cargado.obras.texto


def test_works_by_district_add_up_with_the_conservation_line(cargado):
    la_paz = Municipio.objects.get(codigo=LA_PAZ)
    for codigo in ("distrito", "macrodistrito", "otb", "municipio"):
        nivel = NivelTerritorial.objects.get(codigo=codigo)
        linea = Proyecto.objects.conservacion(nivel, la_paz)
        assert (linea.total, linea.sin_ubicar) == (1019, 107)
        assert linea.ubicadas + linea.fuera == pytest.approx(912)
        de_aqui = Proyecto.objects.all().localizaciones().filter(nivel=nivel)
        de_aqui = de_aqui.filter(unidad=la_paz) if codigo == "municipio" else de_aqui
        assert de_aqui.aggregate(n=Sum("fraccion"))["n"] == pytest.approx(linea.ubicadas)


def test_what_lies_outside_the_districts_is_what_shapely_finds_there(cargado, otbs, obras):
    crudos = json.loads((CARPETA / "lapaz/distritos.geojson").read_text(encoding="utf-8"))["features"]
    distritos = shapely.union_all([_forma(r) for r in crudos])
    obras_por_otb = Counter(normalizar(o["otb"]) for o in obras if o["otb"])
    veces = Counter(normalizar(r["properties"]["nom_otb"]) for r in otbs)
    fuera = 0.0
    for rasgo in otbs:
        nombre, forma = normalizar(rasgo["properties"]["nom_otb"]), _forma(rasgo)
        if veces[nombre] == 1:
            fuera += obras_por_otb[nombre] * (1 - forma.intersection(distritos).area / forma.area)
    linea = Proyecto.objects.conservacion(
        NivelTerritorial.objects.get(codigo="distrito"), Municipio.objects.get(codigo=LA_PAZ)
    )
    assert fuera > 0.5
    assert linea.fuera == pytest.approx(fuera, abs=0.02)


def _forma(rasgo: dict):
    return shapely.make_valid(shapely.from_geojson(json.dumps(rasgo["geometry"])), method="structure")


def test_the_page_of_the_unserved_lists_the_otbs_without_works(cargado, otbs, obras):
    veces = Counter(normalizar(r["properties"]["nom_otb"]) for r in otbs)
    con_obra = {normalizar(o["otb"]) for o in obras if o["otb"] and o["estado"] not in SIN_EFECTO}
    con_obra = {nombre for nombre in con_obra if veces[nombre] == 1}
    esperadas = {nombre: n for nombre, n in veces.items() if nombre not in con_obra}
    figuras = Client().get("/mapas/desatendidas/", {"municipio": LA_PAZ, "nivel": "otb"}).context["figuras"]
    desatendidas = Counter(
        normalizar(f["nombre"]) for f in figuras.filas if f["paso"] in {"sin_demanda", "demanda_sin_pdm"}
    )
    assert desatendidas == esperadas
    assert len(figuras.filas) == 643
    dicho = filas("desatendidas", nivel="otb")
    assert dicho["frase"].startswith(f"{sum(esperadas.values())} de 643 OTB sin ningún proyecto")
    assert dicho["conservacion"]["total"] == 643


def test_the_unserved_by_district_add_up_to_those_of_the_city(cargado):
    por_otb, por_distrito = filas("desatendidas", nivel="otb"), filas("desatendidas", nivel="distrito")
    assert por_otb["frase"].split()[0] == por_distrito["frase"].split()[0]
    linea = por_distrito["conservacion"]
    assert sum(
        f["sin_demanda"] + f["en_ejecucion"] + f["en_poa_sin_ejecutar"] for f in por_distrito["filas"]
    ) == pytest.approx(linea["ubicadas"])
    assert linea["ubicadas"] + linea["fuera"] + linea["sin_ubicar"] == pytest.approx(643)


# --- difficult files --------------------------------------------------------------------------------------------------


def test_psad56_lands_within_ten_metres_of_the_wgs84_original(cargado, otbs):
    archivo = CARPETA / "dificiles/otbs_lapaz_psad56_19s_cp1252/otbs.shp"
    plan = planear(Pedido(archivo, nivel="unidad_vecinal", municipio=LA_PAZ, campo_nombre="nom_otb"))
    assert plan.informe.aceptable, plan.informe.texto()
    assert "EPSG:24879" in plan.informe.lectura["crs"]
    assert "EPSG:1202" in plan.informe.lectura["operacion"]
    assert "cp1252" in plan.informe.lectura["codificacion"]
    veces = Counter(normalizar(fila.nombre) for fila in plan.filas)
    llegadas = {normalizar(fila.nombre): fila.geom for fila in plan.filas}
    originales = {normalizar(r["properties"]["nom_otb"]): _forma(r) for r in otbs}
    unicos = [nombre for nombre, v in veces.items() if v == 1]
    assert len(unicos) > 600
    metros = [shapely.hausdorff_distance(llegadas[n], originales[n]) * 111_320 for n in unicos]
    assert max(metros) < 10
    assert any("ñ" in fila.nombre.casefold() for fila in plan.filas)


def test_without_prj_the_file_is_refused_with_the_candidates_and_taken_when_it_is_said(cargado):
    archivo = CARPETA / "dificiles/otbs_lapaz_psad56_19s_sin_prj_sin_cpg/otbs.shp"
    opciones = ["--nivel", "unidad_vecinal", "--municipio", LA_PAZ, "--nombre", "nom_otb"]
    corrida = correr("importar_limites", archivo, *opciones)
    assert corrida.salida == 1
    assert {"sin_crs", "sin_codificacion"} <= corrida.codigos
    candidatos = {c["crs"] for c in corrida.problemas("sin_crs")[0]["detalle"]["candidatos"]}
    assert {"EPSG:24879", "EPSG:32719"} <= candidatos
    assert "EPSG:24879" in corrida.texto
    assert (
        correr(
            "importar_limites", archivo, *opciones, "--crs", "EPSG:24879", "--codificacion", "cp1252", "--simular"
        ).salida
        == 0
    )


def test_points_labelled_as_degrees_that_are_none_are_refused_as_outside_bolivia(cargado):
    archivo = CARPETA / "dificiles/recintos_4326_falso.gpkg"
    corrida = correr("importar_limites", archivo, "--nivel", "comunidad", "--municipio", LA_PAZ)
    assert corrida.salida == 1
    assert corrida.codigos & {"fuera_de_bolivia", "crs_equivocado"}
    assert not Municipio.objects.get(codigo=LA_PAZ).unidades_del_municipio.filter(nivel__codigo="comunidad").exists()


def test_what_was_loaded_agrees_with_its_geometry(cargado):
    assert {nombre: revisar() for nombre, revisar in comprobaciones()} == {n: [] for n, _revisar in comprobaciones()}
