"""The mobile form and what comes back from it: accepted by pyxform, read from every export, each interview once."""

import csv
import io
import json
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook
from pyxform.xls2xform import convert

from demandas.models import Demanda, EstadoCarga, Hallazgo
from demandas.odk.formulario import formulario
from demandas.services import cargas, marcha_cargas
from territorio.models import Rol
from tests import mundo
from tests.quienes import miembro

pytestmark = pytest.mark.django_db
UNO, DOS = "7c9e6679-7425-40de-944b-e07fc1f90ae7", "7c9e6679-7425-40de-944b-e07fc1f90ae8"
LUGAR = "{:.6f} {:.6f} 3650.0 4.8"


@pytest.fixture(autouse=True)
def carpeta(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "privado"


@pytest.fixture
def lugar(muni, oeste):
    mundo.unidad("comunidad", "001", mundo.cuadro(0, 0), municipio=muni, padre=oeste, nombre="Ñuñu ${Mayu}")
    mundo.unidad("comunidad", "a b", mundo.cuadro(1, 1), municipio=muni, padre=oeste, nombre="Con espacio")
    return muni


@pytest.fixture
def rosa(lugar):
    return miembro(lugar, Rol.FACILITADOR)


def cargar(muni, por, nombre: str, cuerpo: bytes, *, aceptar: bool = True):
    carga = cargas.recibir(por=por, municipio=muni, archivo=SimpleUploadedFile(nombre, cuerpo))
    marcha_cargas.leer(uid=carga.uid, trabajo=carga.trabajo)
    carga.refresh_from_db()
    if aceptar and carga.estado == EstadoCarga.POR_REVISAR:
        carga = cargas.aceptar(uid=carga.uid, por=por, huella=carga.huella)
        marcha_cargas.aplicar(uid=carga.uid, trabajo=carga.trabajo, por=por.pk)
        carga.refresh_from_db()
    return carga


def guardado() -> tuple[set, set]:
    demandas = Demanda.objects.values_list(
        "titulo", "proponente__codigo", "grupo", "beneficiarias_mujeres", "ubicada_por"
    )
    hallazgos = Hallazgo.objects.values_list("texto", "tipo", "puesto", "demandas__titulo")
    return set(demandas), set(hallazgos)


# --- the form ---------------------------------------------------------------------------------------------------------


def test_pyxform_accepts_the_form_with_its_cascade_repeats_and_places(lugar):
    hecho = convert(formulario(lugar), file_type=".xlsx", validate=False)
    assert hecho.warnings == []
    assert 'id="minka_demandas_990101"' in hecho.xform
    assert set(re.findall(r'<repeat nodeset="/[^/]+/(\w+)"', hecho.xform)) == {"demanda", "hallazgo"}
    assert set(re.findall(r'type="(geo\w+)"', hecho.xform)) == {"geopoint", "geotrace", "geoshape"}
    assert re.search(r"instance\('unidad'\)/root/item\[superior *= */[^]]*/superior *\]", hecho.xform)
    assert "Hasta 300 letras" in hecho.xform
    assert "Ñuñu $ {Mayu} (001)" in hecho.xform


# --- what comes back --------------------------------------------------------------------------------------------------


def demanda(**otros) -> dict:
    return {"titulo": "Agua", "sector": "11", "grupo": "mujeres", "mujeres": 12, "puesto_mujeres": 1} | otros


def kobo_json(*envios) -> bytes:
    """As KoboToolbox gives it: every name with the groups it lies in."""
    x, y = mundo.xy(0.5, 0.5)
    for n, envio in enumerate(envios):
        for d in envio["demanda"]:
            d.setdefault("lugar", "punto")
            d.setdefault("punto", LUGAR.format(y, x))
        envio["_id"] = n
    return json.dumps(
        {
            "count": len(envios),
            "results": [
                {
                    "meta/instanceID": f"uuid:{e['uuid']}", "_uuid": e["uuid"], "_submission_time": "2025-01-01T10:00:00",
                    "minka_municipio": "990101", "donde/unidad": e.get("unidad", "comunidad.001"),
                    "donde/fecha": "2025-01-01",
                    "demanda": [{f"demanda/que/{k}": v for k, v in d.items()} for d in e["demanda"]],
                    "hallazgo": [{f"hallazgo/hallado/{k}": v for k, v in h.items()} for h in e.get("hallazgo", [])],
                }
                for e in envios
            ],
        }
    ).encode()  # fmt: skip


PROBLEMA = {"tipo": "problema", "texto": "No hay agua", "hallazgo_puesto": "1", "hallazgo_grupo": "mujeres"}
ESPERADO = (
    {("Agua", "001", "mujeres", 12, "propia"), ("Luz", "001", "comunidad", None, "propia")},
    {("No hay agua", "problema", 1, "Agua"), ("No hay agua", "problema", 1, "Luz")},
)


def central_zip() -> bytes:
    """As ODK Central exports: a CSV for the form and one for each group that repeats, tied by KEY and PARENT_KEY."""
    x, y = mundo.xy(0.5, 0.5)
    clave = f"uuid:{UNO}"
    comun = {"que-titulo": "", "que-sector": "", "que-grupo": "", "a_quienes-mujeres": "", "puestos-puesto_mujeres": "",
             "punto-Latitude": "", "punto-Longitude": "", "linea": "", "PARENT_KEY": clave, "KEY": ""}  # fmt: skip
    x2, y2 = mundo.xy(1.5, 0.5)
    tablas = {
        "minka_demandas_990101.csv": [
            {"SubmissionDate": "x", "minka_municipio": "990101", "donde-unidad": "comunidad.001",
             "donde-fecha": "2025-01-01", "meta-instanceID": clave, "KEY": clave}
        ],
        "minka_demandas_990101-demanda.csv": [
            comun | {"que-titulo": "Agua", "que-sector": "11", "que-grupo": "mujeres", "a_quienes-mujeres": 12,
                     "puestos-puesto_mujeres": 1, "punto-Latitude": y, "punto-Longitude": x, "KEY": f"{clave}/demanda[1]"},
            comun | {"que-titulo": "Luz", "que-grupo": "comunidad", "KEY": f"{clave}/demanda[2]",
                     "linea": f"{LUGAR.format(y, x)};{LUGAR.format(y2, x2)}"},
        ],
        "minka_demandas_990101-hallazgo.csv": [
            {f"hallado-{k}": v for k, v in PROBLEMA.items()} | {"PARENT_KEY": clave, "KEY": f"{clave}/hallazgo[1]"}
        ],
    }  # fmt: skip
    salida = io.BytesIO()
    with zipfile.ZipFile(salida, "w") as comprimido:
        for nombre, filas in tablas.items():
            texto = io.StringIO()
            escritor = csv.DictWriter(texto, list(filas[0]))
            escritor.writeheader()
            escritor.writerows(filas)
            comprimido.writestr(nombre, texto.getvalue())
    return salida.getvalue()


def kobo_xlsx() -> bytes:
    """As KoboToolbox exports: a sheet for the form and one for each group that repeats, tied by _index."""
    x, y = mundo.xy(0.5, 0.5)
    libro = Workbook()
    libro.active.title = "Demandas"
    libro.active.append(["minka_municipio", "unidad", "fecha", "_id", "_uuid", "_submission_time", "_index"])
    libro.active.append(["990101", "comunidad.001", "2025-01-01", 5, UNO, "2025-01-01T10:00:00", 1])
    hoja = libro.create_sheet("demanda")
    hoja.append(
        [
            "titulo",
            "sector",
            "grupo",
            "mujeres",
            "puesto_mujeres",
            "punto",
            "_punto_latitude",
            "_index",
            "_parent_index",
        ]
    )
    hoja.append(["Agua", "11", "mujeres", 12, 1, LUGAR.format(y, x), y, 1, 1])
    hoja.append(["Luz", None, "comunidad", None, None, LUGAR.format(y, x), y, 2, 1])
    hoja = libro.create_sheet("hallazgo")
    hoja.append([*PROBLEMA, "_index", "_parent_index"])
    hoja.append([*PROBLEMA.values(), 1, 1])
    salida = io.BytesIO()
    libro.save(salida)
    return salida.getvalue()


def central_json() -> bytes:
    """As ODK Central's OData gives it: groups as objects, places as GeoJSON."""
    x, y = mundo.xy(0.5, 0.5)
    punto = {"type": "Point", "coordinates": [x, y, 3650.0], "properties": {"accuracy": 4.8}}
    dichas = [
        {"que": {"titulo": "Agua", "sector": "11", "grupo": "mujeres"}, "a_quienes": {"mujeres": 12}, "punto": punto},
        {
            "que": {"titulo": "Luz", "sector": None, "grupo": "comunidad"},
            "a_quienes": {"mujeres": None},
            "punto": punto,
        },
    ]
    envio = {
        "__id": f"uuid:{UNO}", "minka_municipio": "990101", "donde": {"unidad": "comunidad.001", "fecha": "2025-01-01"},
        "demanda": dichas, "hallazgo": [{"hallado": PROBLEMA}], "meta": {"instanceID": f"uuid:{UNO}"},
    }  # fmt: skip
    return json.dumps({"value": [envio], "@odata.context": "x"}).encode()


DE_KOBO = {"uuid": UNO, "demanda": [demanda(), {"titulo": "Luz", "grupo": "comunidad"}], "hallazgo": [PROBLEMA]}


@pytest.mark.parametrize(
    ("nombre", "cuerpo"),
    [
        ("kobo.json", lambda: kobo_json(json.loads(json.dumps(DE_KOBO)))),
        ("central.zip", central_zip),
        ("kobo.xlsx", kobo_xlsx),
        ("central.json", central_json),
    ],
)
def test_every_export_brings_the_same_and_only_once(lugar, rosa, nombre, cuerpo):
    carga = cargar(lugar, rosa, nombre, cuerpo())
    assert (carga.estado, carga.origen) == ("cargada", "odk"), carga.informe["problemas"]
    assert guardado() == ESPERADO
    # The same interview out of another export, and one more beside it: only that one is new.
    despues = kobo_json(json.loads(json.dumps(DE_KOBO)), {"uuid": DOS, "demanda": [demanda(titulo="Riego")]})
    otra = cargar(lugar, rosa, "despues.json", despues)
    assert [f["estado"] for f in otra.informe["filas"]] == ["igual", "igual", "nueva"]
    assert (Demanda.objects.count(), Hallazgo.objects.count()) == (3, 1)


def test_unknown_choices_and_places_are_told_by_row(lugar, rosa):
    malo = [demanda(sector="99"), demanda(titulo="Luz", grupo="marcianos"), demanda(titulo="Vía", punto="norte")]
    carga = cargar(lugar, rosa, "k.json", kobo_json({"uuid": UNO, "unidad": "comunidad.777", "demanda": malo}))
    errores = [(p["fila"], p["campo"]) for p in carga.informe["problemas"] if p["gravedad"] == "error"]
    assert sorted(errores) == [(1, "sector"), (2, "grupo"), (3, "lugar")]
    assert {p["fila"] for p in carga.informe["problemas"] if p["codigo"] == "unidad_desconocida"} == {1, 2, 3}


@pytest.mark.parametrize(
    ("cuerpo", "dice"),
    [
        (
            {"_uuid": UNO, "_xform_id_string": "censo_casas", "techo": "calamina"},
            ("faltan minka_municipio", "censo_casas"),
        ),
        ({"_uuid": UNO, "techo": "calamina"}, ("pregunta: techo",)),
        ({"_uuid": UNO, "minka_municipio": "999999", "unidad": "x"}, ("otro municipio (999999)",)),
        ({"minka_municipio": "990101", "unidad": "x", "_submission_time": "x"}, ("sin identificador",)),
        ({"__id": "uuid:1", "demanda@odata.navigationLink": "x"}, ("solo un enlace",)),
    ],
)
def test_a_file_of_another_form_is_refused_and_says_what_it_looks_like(lugar, rosa, cuerpo, dice):
    carga = cargar(lugar, rosa, "otro.json", json.dumps([cuerpo]).encode())
    (problema,) = carga.informe["problemas"]
    assert carga.estado == "con_errores"
    assert all(trozo in problema["mensaje"] for trozo in dice)
    assert problema["remedio"]


def test_a_geojson_of_the_same_suffix_is_still_a_table(lugar, rosa):
    rasgo = {"type": "Feature", "properties": {"titulo": "Posta"}, "geometry": json.loads(mundo.punto(1, 1).json)}
    carga = cargar(lugar, rosa, "d.json", json.dumps({"type": "FeatureCollection", "features": [rasgo]}).encode())
    assert (carga.estado, carga.origen, Demanda.objects.get().ubicada_por) == ("cargada", "tabla", "propia")
