"""Files of demands in the browser: read by a job, told row by row, written as shown or not at all."""

import io
import zipfile
from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from demandas.importacion.plantilla import plantilla
from demandas.models import BeneficiariosPorEdad, CargaDeDemandas, Demanda, EstadoDemanda, Evento
from demandas.models import EstadoCarga as E
from demandas.services import cargas, deposito, marcha_cargas
from territorio.models import Rol
from territorio.services.deposito import ArchivoRechazado
from territorio.services.importaciones import NoCorresponde
from tests import hechos, mundo
from tests.archivos import contenido, correr
from tests.quienes import entrar, miembro

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def carpeta(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "privado"


@pytest.fixture
def comunidades(muni, oeste):
    mundo.unidad("comunidad", "001", mundo.cuadro(0, 0), municipio=muni, padre=oeste, nombre="Ñuñu Mayu", personas=50)
    mundo.unidad("comunidad", "002", mundo.punto(1.5, 1.5), municipio=muni, padre=oeste, nombre="=Peñas")
    return muni


@pytest.fixture
def rosa(comunidades):
    return miembro(comunidades, Rol.PLANIFICADOR)


def csv(*lineas: str, separador: str = ",", codificacion: str = "utf-8") -> bytes:
    return "\n".join(lineas).replace(",", separador).encode(codificacion)


def xlsx(*filas, otras=(), combinar=(), oculta=False) -> bytes:
    libro = Workbook()
    for fila in filas:
        libro.active.append(fila)
    for rango in combinar:
        libro.active.merge_cells(rango)
    for titulo in otras:
        libro.create_sheet(titulo).append(["titulo"])
        if oculta:
            libro[titulo].sheet_state = "hidden"
    salida = io.BytesIO()
    libro.save(salida)
    return salida.getvalue()


def subir(muni, por, cuerpo: bytes, nombre: str = "d.csv", **opciones) -> CargaDeDemandas:
    carga = cargas.recibir(por=por, municipio=muni, archivo=SimpleUploadedFile(nombre, cuerpo), **opciones)
    return trabajar(carga)


def trabajar(carga: CargaDeDemandas) -> CargaDeDemandas:
    """What the queue's job would do."""
    que = {E.EN_COLA: marcha_cargas.leer, E.CARGANDO: marcha_cargas.aplicar}[carga.estado]
    que(uid=carga.uid, trabajo=carga.trabajo, **({"por": carga.por_id} if carga.estado == E.CARGANDO else {}))
    carga.refresh_from_db()
    return carga


def aceptar(carga: CargaDeDemandas, por) -> CargaDeDemandas:
    return trabajar(cargas.aceptar(uid=carga.uid, por=por, huella=carga.huella))


def dichos(carga: CargaDeDemandas) -> list[tuple[str, int | None]]:
    return [(p["codigo"], p["fila"]) for p in carga.informe["problemas"]]


# --- the way of a file ------------------------------------------------------------------------------------------------


def test_nothing_is_written_before_acceptance_and_then_what_was_shown(comunidades, rosa):
    cuerpo = csv("codigo,titulo,unidad,sector", "D1,Agua,001,11", "D2,Luz,001,11", "D3,Camino,001,11")
    antes = contenido()["demandas_demanda"]
    carga = subir(comunidades, rosa, cuerpo)
    assert (carga.estado, contenido()["demandas_demanda"]) == (E.POR_REVISAR, antes)
    assert [(f["numero"], f["codigo"], f["estado"]) for f in carga.informe["filas"]] == [
        (2, "D1", "nueva"), (3, "D2", "nueva"), (4, "D3", "nueva"),
    ]  # fmt: skip
    carga = cargas.marcar(uid=carga.uid, por=rosa, omitir=[3])
    carga = aceptar(carga, rosa)
    assert carga.estado == E.CARGADA
    assert set(Demanda.objects.values_list("codigo", "publicada", "registrada_por")) == {
        ("D1", False, rosa.pk), ("D3", False, rosa.pk),
    }  # fmt: skip
    otra = subir(comunidades, rosa, cuerpo)
    assert [f["estado"] for f in otra.informe["filas"]] == ["igual", "nueva", "igual"]


def test_what_changed_meanwhile_is_not_written_over(comunidades, rosa):
    hechos.demanda(comunidades, "D1", titulo="Agua")
    carga = subir(comunidades, rosa, csv("codigo,titulo", "D1,Agua potable"))
    assert carga.informe["filas"][0]["cambios"] == {"titulo": ["Agua", "Agua potable"]}
    Demanda.objects.filter(codigo="D1").update(titulo="Agua de pozo")
    carga = aceptar(carga, rosa)
    assert (carga.estado, Demanda.objects.get().titulo) == (E.POR_REVISAR, "Agua de pozo")
    assert "Algo cambió" in carga.informe["mensajes"][0]
    with pytest.raises(NoCorresponde):
        cargas.aceptar(uid=carga.uid, por=rosa, huella="0" * 64)


def test_a_failure_while_writing_leaves_nothing_and_a_dead_job_is_set_free(comunidades, rosa, monkeypatch):
    carga = subir(comunidades, rosa, csv("titulo,unidad", "Agua,001"))
    monkeypatch.setattr("demandas.services.importacion.localizar", lambda _d: 1 / 0)
    assert (aceptar(carga, rosa).estado, Demanda.objects.count()) == (E.FALLIDA, 0)
    CargaDeDemandas.objects.update(estado=E.CARGANDO, trabajo=None)
    assert marcha_cargas.recuperar() == 1
    carga.refresh_from_db()
    assert (carga.estado, cargas.permite(carga, "releer")) == (E.FALLIDA, True)


def test_rows_with_errors_are_left_out_by_a_press_and_the_rest_is_loaded(client, comunidades, rosa):
    carga = subir(comunidades, rosa, csv("titulo,unidad,mujeres", "Agua,001,3", "Luz,001,-4"))
    assert carga.estado == E.CON_ERRORES
    entrar(client, rosa)
    pagina = client.get(f"/demandas/cargas/{carga.uid}/?ver=errores").content.decode()
    assert "<strong>mujeres:</strong>" in pagina
    client.post(f"/demandas/cargas/{carga.uid}/omitir/", {"errores": "si"})
    client.post(f"/demandas/cargas/{carga.uid}/aceptar/", {"huella": carga.huella})
    carga.refresh_from_db()
    assert (carga.estado, trabajar(carga).estado) == (E.CARGANDO, E.CARGADA)
    assert [d.titulo for d in Demanda.objects.all()] == ["Agua"]


def test_only_who_may_publish_loads_what_is_public(comunidades):
    ana = miembro(comunidades, Rol.FACILITADOR, "ana")
    with pytest.raises(PermissionDenied):
        cargas.recibir(por=ana, municipio=comunidades, archivo=SimpleUploadedFile("d.csv", b"titulo\nx"), publicar=True)
    with pytest.raises(ArchivoRechazado):
        cargas.recibir(por=ana, municipio=comunidades, archivo=SimpleUploadedFile("d.exe", b"x"))
    assert not list(deposito.guardadas())


# --- rules over rows --------------------------------------------------------------------------------------------------


def test_ranks_inhabitants_and_rows_of_nowhere_are_told_with_their_rows(comunidades, rosa):
    hechos.demanda(comunidades, "X", titulo="Posta", proponente_id=_comunidad("001")).rangos.create(
        grupo="mujeres", puesto=2
    )
    carga = subir(
        comunidades,
        rosa,
        csv(
            "titulo,unidad,puesto_acordado,puesto_mujeres,mujeres,hombres",
            "Agua,001,1,2,10,5",
            "Luz,001,1,,60,",
            "Camino,001,4,1,,",
            "Riego,,1,,,",
        ),
    )
    mensajes = {p["codigo"]: p["mensaje"] for p in carga.informe["problemas"]}
    assert set(dichos(carga)) == {
        ("puesto_repetido", 2), ("puesto_saltado", 2), ("mas_que_habitantes", 3), ("sin_unidad", 5),
    }  # fmt: skip
    assert [p["mensaje"] for p in carga.informe["problemas"] if p["codigo"] == "puesto_repetido"] == [
        "Ñuñu Mayu, toda la comunidad: el puesto 1 está en las filas 2, 3.",
        "Ñuñu Mayu, mujeres: el puesto 2 está en la fila 2, y lo tiene ya X.",
    ]
    assert "falta el puesto 2, 3 (las filas 2, 3, 4)" in mensajes["puesto_saltado"]
    assert "60 personas" in mensajes["mas_que_habitantes"]
    assert "viven 50" in mensajes["mas_que_habitantes"]
    assert carga.estado == E.POR_REVISAR


def _comunidad(codigo: str) -> int:
    from territorio.models import UnidadTerritorial

    return UnidadTerritorial.objects.get(nivel__codigo="comunidad", codigo=codigo).pk


def test_a_word_that_is_no_sector_is_answered_once_for_all_its_rows(client, comunidades, rosa):
    carga = subir(comunidades, rosa, csv("titulo,unidad,sector", "Agua,001,Saneamiento", "Baños,001,Saneamiento"))
    (propuesta,) = carga.informe["sugerencias"]["sectores"]
    assert (propuesta["filas"], propuesta["propuestos"][0]["codigo"]) == ([2, 3], "11")
    entrar(client, rosa)
    client.post(f"/demandas/cargas/{carga.uid}/leer/", {"palabra": "Saneamiento", "sector": "11"})
    carga.refresh_from_db()
    trabajar(carga)
    assert (carga.estado, {f["sector"] for f in carga.informe["filas"]}) == (E.POR_REVISAR, {str(hechos.sector("11"))})


def test_new_columns_ages_and_event_are_stored_and_ages_must_add_up(comunidades, rosa):
    taller = Evento.objects.create(
        municipio=comunidades, unidad=comunidades, tipo="cumbre", nombre="Cumbre", fecha=date(2025, 3, 2)
    )
    cabeza = "codigo,titulo,unidad,mujeres,mujeres_jovenes,mujeres_adultas,contraparte,madurez,pedida_desde,evento"
    carga = subir(
        comunidades, rosa, csv(cabeza, "A,Agua,001,,4,6,1500,perfil,2015,cumbre", "B,Luz,001,9,4,6,,,,02/03/2025")
    )
    assert [(p["fila"], p["campo"]) for p in carga.informe["problemas"] if p["gravedad"] == "error"] == [(3, "mujeres")]
    carga = aceptar(cargas.marcar(uid=carga.uid, por=rosa, omitir=[3]), rosa)
    d = Demanda.objects.get()
    assert (d.beneficiarias_mujeres, d.contraparte, d.madurez, d.pedida_desde, d.evento) == (
        10, 1500, "perfil", 2015, taller,
    )  # fmt: skip
    assert set(BeneficiariosPorEdad.objects.values_list("sexo", "grupo_edad", "personas")) == {
        ("mujeres", "jovenes", 4), ("mujeres", "adultos", 6),
    }  # fmt: skip


def test_what_the_file_has_no_column_for_stays(comunidades, rosa):
    hechos.demanda(
        comunidades, "D1", mundo.punto(1, 1), titulo="Agua", descripcion="Tanque", estado=EstadoDemanda.VALIDADA
    )
    carga = aceptar(subir(comunidades, rosa, csv("codigo,titulo", "D1,Agua potable")), rosa)
    d = Demanda.objects.get()
    assert (carga.estado, d.titulo, d.descripcion, d.estado, bool(d.punto)) == (
        E.CARGADA, "Agua potable", "Tanque", "validada", True,
    )  # fmt: skip


def test_no_file_moves_a_stored_demand_along_its_way(comunidades, rosa):
    hechos.demanda(comunidades, "D1", titulo="Agua", estado=EstadoDemanda.PROGRAMADA)
    carga = subir(
        comunidades, rosa, csv("codigo,titulo,unidad,estado", "D1,Agua,001,registrada", "D2,Luz,001,validada")
    )
    assert dichos(carga) == [("estado_no_cambia", 2)]
    aceptar(carga, rosa)
    assert dict(Demanda.objects.values_list("codigo", "estado")) == {"D1": "programada", "D2": "validada"}
    assert not Demanda.objects.get(codigo="D1").pasos.exists()


def test_one_that_may_be_stored_already_is_shown_beside(comunidades, rosa):
    vieja = hechos.demanda(comunidades, "V", titulo="Sistema de agua potable", proponente_id=_comunidad("001"))
    carga = subir(comunidades, rosa, csv("titulo,unidad", "Sistema de água potable,001", "Cancha,001"))
    assert [(p["fila"], p["detalle"]["demanda"]) for p in carga.informe["problemas"] if p["codigo"] == "parecida"] == [
        (2, vieja.pk)
    ]


# --- files of all kinds -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cuerpo", "nombre", "codigos"),
    [
        (xlsx(["titulo"], ["Agua"], ["=A2"]), "d.xlsx", {"formula_sin_valor"}),
        (xlsx(["titulo"], ["Agua"], otras=["Otra"]), "d.xlsx", {"varias_hojas"}),
        (xlsx(["titulo"], *[[f"Agua {n}"] for n in range(10_002)]), "d.xlsx", {"muy_grande"}),
        (csv("titulo;unidad", "Ñandú;001", codificacion="cp1252"), "d.csv", {"sin_codificacion"}),
        (xlsx(["pedido"], ["Agua"]), "d.xlsx", {"sin_titulo"}),
        (b"{}", "d.json", None),
        (b"PK\x03\x04roto", "d.xlsx", {"xlsx_roto"}),
        (b"PK\x03\x04roto", "d.zip", {"envios_ilegibles"}),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_asks(comunidades, rosa, cuerpo, nombre, codigos):
    carga = subir(comunidades, rosa, cuerpo, nombre)
    assert carga.estado == E.CON_ERRORES
    assert carga.huella
    if codigos is not None:
        assert {p["codigo"] for p in carga.informe["problemas"] if p["gravedad"] == "error"} == codigos
    assert all(p["remedio"] for p in carga.informe["problemas"])


def test_merged_cells_hidden_sheets_empty_rows_and_written_numbers_are_understood(comunidades, rosa):
    filas = [["titulo", "unidad", "fecha", "costo_estimado"], ["Agua", "001", "22/11/2024", "1.234,50"], ["Luz"]]
    cuerpo = xlsx(*filas, combinar=["B2:B3"], otras=["Apuntes"], oculta=True)
    carga = subir(comunidades, rosa, cuerpo, "d.xlsx")
    assert dichos(carga) == [("celdas_combinadas", None)]
    assert [f["unidad"] for f in carga.informe["filas"]] == ["Ñuñu Mayu", "Ñuñu Mayu"]
    aceptar(carga, rosa)
    d = Demanda.objects.get(titulo="Agua")
    assert (d.fecha, str(d.costo_estimado)) == (date(2024, 11, 22), "1234.50")


def test_a_hundred_thousand_empty_rows_are_none(comunidades, rosa):
    crudo = xlsx(["titulo"], ["Agua"])
    vacias = "".join(f'<row r="{n}"><c r="A{n}" s="0"/></row>' for n in range(3, 100_003))
    salida = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(crudo)) as viejo, zipfile.ZipFile(salida, "w", zipfile.ZIP_DEFLATED) as nuevo:
        for m in viejo.namelist():
            texto = viejo.read(m)
            if m == "xl/worksheets/sheet1.xml":
                texto = texto.replace(b"</sheetData>", vacias.encode() + b"</sheetData>")
            nuevo.writestr(m, texto)
    carga = subir(comunidades, rosa, salida.getvalue(), "d.xlsx")
    assert (carga.estado, len(carga.informe["filas"])) == (E.POR_REVISAR, 1)


def test_a_column_of_another_name_is_told_on_the_page_and_kept(client, comunidades, rosa):
    carga = subir(comunidades, rosa, csv("pedido,barrio", "Agua,001"))
    entrar(client, rosa)
    pagina = client.get(f"/demandas/cargas/{carga.uid}/").content.decode()
    assert "Dígalo abajo" in pagina
    assert "--columnas" not in pagina
    dichas = {"columnas": "si", "columna": ["pedido", "barrio"], "destino": ["titulo", "unidad"]}
    client.post(f"/demandas/cargas/{carga.uid}/leer/", dichas)
    carga.refresh_from_db()
    trabajar(carga)
    assert [(f["titulo"], f["unidad"]) for f in carga.informe["filas"]] == [("Agua", "Ñuñu Mayu")]


def test_the_command_leaves_the_same_rows_out(comunidades, tmp_path):
    archivo = tmp_path / "d.csv"
    archivo.write_bytes(csv("codigo,titulo,mujeres", "A,Agua,2", "B,Luz,-1", "C,Vía,"))
    assert correr("importar_demandas", archivo, "--municipio", "990101").salida == 1
    assert correr("importar_demandas", archivo, "--municipio", "990101", "--omitir", "3-4").salida == 0
    assert [d.codigo for d in Demanda.objects.all()] == ["A"]


# --- the workbook to fill in ------------------------------------------------------------------------------------------


def test_the_template_filled_in_loads_without_a_single_warning(client, comunidades, rosa):
    entrar(client, rosa)
    respuesta = client.get("/demandas/cargas/plantilla.xlsx?municipio=990101")
    libro = load_workbook(io.BytesIO(respuesta.content))
    hoja, listas = libro["Demandas"], libro["Listas"]
    unidades = [c.value for c in listas["A"][1:] if c.value]
    assert "=Peñas (comunidad 002)" in unidades
    assert {c.data_type for c in listas["A"]} <= {"s", "n"}
    reglas = {str(r.sqref).split("2")[0]: r for r in hoja.data_validations.dataValidation}
    columna = {c.value: c.column_letter for c in hoja[1]}
    assert {reglas[columna[c]].type for c in ("Unidad", "Sector", "Grupo", "Madurez", "Estado")} == {"list"}
    assert (reglas[columna["Mujeres"]].type, reglas[columna["Fecha"]].type) == ("whole", "date")
    sector = next(c.value for c in listas["B"] if str(c.value).startswith("11 · "))
    lleno = {
        "Título": "Agua", "Unidad": "=Peñas (comunidad 002)", "Sector": sector, "Grupo": "mujeres", "Mujeres": 4,
        "Puesto acordado": 1, "Madurez": "estudio técnico previo", "Fecha": date(2024, 5, 1), "Pedida desde": 2019,
    }  # fmt: skip
    for campo, valor in lleno.items():
        hoja[f"{columna[campo]}3"].value = valor
        hoja[f"{columna[campo]}3"].data_type = "s" if isinstance(valor, str) else hoja[f"{columna[campo]}3"].data_type
    salida = io.BytesIO()
    libro.save(salida)
    carga = subir(comunidades, rosa, salida.getvalue(), "demandas.xlsx")
    assert (carga.estado, carga.informe["problemas"]) == (E.POR_REVISAR, [])
    aceptar(carga, rosa)
    d = Demanda.objects.get()
    assert (d.titulo, d.proponente.codigo, d.sector.codigo, d.grupo, d.madurez, d.pedida_desde) == (
        "Agua", "002", "11", "mujeres", "estudio", 2019,
    )  # fmt: skip


def test_an_empty_template_says_that_there_is_nothing(comunidades, rosa):
    carga = subir(comunidades, rosa, plantilla(comunidades), "demandas.xlsx")
    assert dichos(carga) == [("sin_filas", None)]
