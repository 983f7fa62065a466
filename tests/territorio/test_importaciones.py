"""An import as a record: files kept, states, permissions, jobs; and that it writes what was shown, or nothing."""

import gzip
import json
import os
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from cuentas.models import Usuario
from territorio.importacion import limites
from territorio.importacion.filas import completo
from territorio.importacion.informe import Cancelada
from territorio.importacion.plan import Pedido
from territorio.models import EstadoImportacion as E
from territorio.models import FilaImportada, Importacion, Limite, Membresia, Rol
from territorio.services import deposito, importaciones, marcha
from territorio.services.deposito import ArchivoRechazado
from territorio.services.importaciones import NoCorresponde
from tests import archivos, mundo
from tests.subidas import con_informe, distritos, recibir, subida, trabajar

pytestmark = pytest.mark.django_db
NADIE = AnonymousUser()


# --- the whole way ----------------------------------------------------------------------------------------------------


def test_nothing_is_written_before_acceptance_and_all_of_it_after(muni, tecnica):
    antes = archivos.contenido()
    leida = trabajar(recibir(muni, tecnica))
    despues = archivos.contenido()
    propias = {Importacion._meta.db_table, FilaImportada._meta.db_table}
    assert {t: f for t, f in despues.items() if t not in propias} == {
        t: f for t, f in antes.items() if t not in propias
    }
    assert [f["estado"] for f in completo(leida)["filas"]] == ["nueva", "nueva"]
    hecha = trabajar(importaciones.aceptar(uid=leida.uid, por=tecnica, huella=leida.huella))
    assert (hecha.estado, hecha.aceptada_por) == (E.APLICADA, tecnica)
    assert distritos() == {"Oeste", "Este"}
    assert Limite.objects.filter(importacion=hecha).count() == 2


def test_undoing_leaves_the_territory_as_it_was(aplicada, tecnica):
    deshecha = trabajar(importaciones.pedir_deshacer(uid=aplicada.uid, por=tecnica))
    assert deshecha.estado == E.DESHECHA
    assert distritos() == set()


def test_what_a_later_import_changed_cannot_be_undone_and_the_reason_is_kept(muni, aplicada, tecnica):
    otra = subida(filas=[(mundo.cuadro(0, 0, 1), {"codigo": "1", "nombre": "Oeste chico"})])
    segunda = trabajar(recibir(muni, tecnica, otra))
    trabajar(importaciones.aceptar(uid=segunda.uid, por=tecnica, huella=segunda.huella))
    assert importaciones.impedimentos(aplicada)
    intento = trabajar(importaciones.pedir_deshacer(uid=aplicada.uid, por=tecnica))
    assert intento.estado == E.APLICADA
    assert "distritos.geojson" in " ".join(intento.mensajes)
    assert distritos() == {"Oeste chico", "Este"}


def test_rows_taken_off_are_not_written(leida, tecnica):
    fuera = next(f["numero"] for f in completo(leida)["filas"] if f["nombre"] == "Este")
    importaciones.marcar(uid=leida.uid, por=tecnica, omitir=[fuera, 999])
    leida.refresh_from_db()
    assert leida.omitidas == [fuera]
    trabajar(importaciones.aceptar(uid=leida.uid, por=tecnica, huella=leida.huella))
    assert distritos() == {"Oeste"}


def test_rows_are_taken_off_a_proven_plan_without_making_it_again(muni, leida, tecnica, monkeypatch):
    planes = []

    def contado(*args, **kwargs):
        planes.append(limites.planear(*args, **kwargs))
        return planes[-1]

    monkeypatch.setattr(marcha, "planear", contado)
    aceptada = importaciones.aceptar(uid=leida.uid, por=tecnica, huella=leida.huella, omitidas=[2])
    hecha = trabajar(aceptada)
    assert len(planes) == 1
    assert [(f["estado"], f["cambios"]) for f in completo(hecha)["filas"]] == [("nueva", {}), ("omitida", {})]
    # Exactly what a plan made without the row would have said.
    archivo = deposito.principal(hecha.uid)
    importaciones.pedir_deshacer(uid=hecha.uid, por=tecnica)
    hecha.refresh_from_db()
    trabajar(hecha)
    otra = limites.planear(replace(Pedido.de_dict(hecha.pedido, archivo), omitidas=frozenset({2})))
    claves = ("nuevas", "cambiadas", "iguales", "omitidas")
    assert [otra.informe.cuentas[c] for c in claves] == [hecha.informe["cuentas"][c] for c in claves] == [1, 0, 0, 1]
    assert otra.informe.filas[1]["estado"] == "omitida"


def test_a_row_left_out_of_the_reading_comes_back_only_through_another_reading(leida, tecnica):
    importaciones.marcar(uid=leida.uid, por=tecnica, omitir=[1])
    sin_una = trabajar(importaciones.releer(uid=leida.uid, por=tecnica))
    importaciones.marcar(uid=leida.uid, por=tecnica, cargar=[1])
    with pytest.raises(NoCorresponde, match="vuelva a leer"):
        importaciones.aceptar(uid=leida.uid, por=tecnica, huella=sin_una.huella)
    vuelta = trabajar(importaciones.releer(uid=leida.uid, por=tecnica))
    assert [f["estado"] for f in completo(vuelta)["filas"]] == ["nueva", "nueva"]


def test_the_report_is_whole_again_with_its_rows_and_a_new_reading_replaces_them(registrada):
    def problema(fila, gravedad):
        return {"fila": fila, "gravedad": gravedad, "codigo": "x", "mensaje": "m", "remedio": "", "detalle": {"a": 1}}

    informe = {
        "que": "Importación de límites",
        "filas": [{"numero": n, "estado": "nueva", "dudas": []} for n in (1, 2)],
        "problemas": [problema(None, "aviso"), problema(2, "error"), problema(7, "dato")],
        "faltan": [{"id": 1, "codigo": "1", "nombre": "Uno"}],
    }
    con_informe(registrada, **informe)
    registrada.refresh_from_db()
    assert completo(registrada) == informe
    assert list(registrada.filas.order_by("orden").values_list("numero", "gravedad")) == [
        (2, "error"), (1, ""), (7, "dato"),
    ]  # fmt: skip
    con_informe(registrada, filas=[{"numero": 5, "estado": "igual"}])
    assert list(registrada.filas.values_list("numero", flat=True)) == [5]
    registrada.delete()
    assert not FilaImportada.objects.exists()


def test_with_every_row_taken_off_there_is_nothing_to_accept(registrada, tecnica):
    importaciones.marcar(uid=registrada.uid, por=tecnica, omitir=[f["numero"] for f in completo(registrada)["filas"]])
    with pytest.raises(NoCorresponde, match="nada que cargar"):
        importaciones.aceptar(uid=registrada.uid, por=tecnica, huella=registrada.huella)


def test_reading_again_uses_what_is_said_now_and_keeps_the_rows_off(leida, tecnica):
    importaciones.marcar(uid=leida.uid, por=tecnica, omitir=[completo(leida)["filas"][0]["numero"]])
    otra = importaciones.releer(uid=leida.uid, por=tecnica, campo_nombre="codigo", campo_codigo="", fuente="Catastro")
    assert otra.huella == ""
    otra = trabajar(otra)
    assert [f["estado"] for f in completo(otra)["filas"]] == ["omitida", "nueva"]
    assert completo(otra)["filas"][1]["nombre"] == "2"
    assert otra.pedido["fuente"] == "Catastro"


def test_the_day_it_rules_from_is_fixed_when_it_is_brought(leida):
    assert leida.pedido["vigente_desde"] == timezone.localdate().isoformat()


# --- what was shown is what is written --------------------------------------------------------------------------------


def test_a_territory_that_changed_meanwhile_is_shown_again_and_nothing_is_written(muni, leida, tecnica):
    vista = leida.huella
    aceptada = importaciones.aceptar(uid=leida.uid, por=tecnica, huella=vista)
    mundo.unidad("distrito", "1", mundo.cuadro(0, 0, 1), municipio=muni, nombre="Otro")
    vuelta = trabajar(aceptada)
    assert vuelta.estado == E.POR_REVISAR
    assert "cambió" in vuelta.mensajes[0]
    assert vuelta.huella not in {"", vista}
    assert [f["estado"] for f in completo(vuelta)["filas"]] == ["cambiada", "nueva"]
    assert distritos() == {"Otro"}


def test_a_report_that_was_read_again_since_is_not_accepted_by_its_old_page(registrada, tecnica):
    with pytest.raises(NoCorresponde, match="cambió después"):
        importaciones.aceptar(uid=registrada.uid, por=tecnica, huella="0" * 64)


def test_a_kept_file_that_was_tampered_with_is_not_written(leida, tecnica):
    deposito.principal(leida.uid).write_bytes(b"{}")
    fallida = trabajar(importaciones.aceptar(uid=leida.uid, por=tecnica, huella=leida.huella))
    assert fallida.estado == E.FALLIDA
    assert "no es el que se subió" in fallida.mensajes[0]
    assert distritos() == set()


def test_a_failure_while_writing_leaves_nothing_behind(leida, tecnica, monkeypatch):
    aceptada = importaciones.aceptar(uid=leida.uid, por=tecnica, huella=leida.huella)
    territorio = {t: f for t, f in archivos.contenido().items() if t != Importacion._meta.db_table}

    def se_corta(*_args, **_kwargs):
        raise ConnectionError("se fue la luz")

    monkeypatch.setattr("territorio.importacion.registro.Registro.cerrar", se_corta)  # the last step of the writer
    fallida = trabajar(aceptada)
    assert fallida.estado == E.FALLIDA
    assert "ConnectionError" in fallida.mensajes[0]
    assert {t: f for t, f in archivos.contenido().items() if t != Importacion._meta.db_table} == territorio
    monkeypatch.undo()
    assert trabajar(importaciones.releer(uid=leida.uid, por=tecnica)).estado == E.POR_REVISAR


# --- states -----------------------------------------------------------------------------------------------------------

ACCIONES = {
    "releer": lambda i, por: importaciones.releer(uid=i.uid, por=por),
    "marcar": lambda i, por: importaciones.marcar(uid=i.uid, por=por),
    "aceptar": lambda i, por: importaciones.aceptar(uid=i.uid, por=por, huella=i.huella),
    "descartar": lambda i, por: importaciones.descartar(uid=i.uid, por=por),
    "cancelar": lambda i, por: importaciones.cancelar(uid=i.uid, por=por),
    "deshacer": lambda i, por: importaciones.pedir_deshacer(uid=i.uid, por=por),
}


@pytest.mark.parametrize("estado", E.values)
@pytest.mark.parametrize("que", ACCIONES)
def test_each_state_allows_what_its_table_says_and_refuses_the_rest_in_words(registrada, tecnica, que, estado):
    Importacion.objects.filter(pk=registrada.pk).update(estado=estado, aplicada=timezone.now())
    if estado in importaciones.PERMITIDO[que]:
        ACCIONES[que](registrada, tecnica)
    else:
        with pytest.raises(NoCorresponde, match="ya no se puede"):
            ACCIONES[que](registrada, tecnica)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_accept_at_once_write_once(registrada, tecnica):
    juntos = Barrier(2)

    def aceptar(_quien: int) -> bool:
        try:
            juntos.wait(5)
            importaciones.aceptar(uid=registrada.uid, por=tecnica, huella="h")
            return True
        except NoCorresponde:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as hilos:
        assert sorted(hilos.map(aceptar, range(2))) == [False, True]
    assert ProcrastinateJob.objects.filter(task_name="aplicar_importacion").count() == 1


def test_a_job_that_runs_twice_or_comes_late_does_nothing(aplicada):
    hasta = archivos.contenido()
    marcha.aplicar(uid=aplicada.uid, trabajo=aplicada.trabajo)
    marcha.leer(uid=aplicada.uid, trabajo=aplicada.trabajo)
    marcha.leer(uid=uuid.uuid4(), trabajo=1)
    assert archivos.contenido() == hasta


def test_the_record_and_its_job_are_stored_together_or_not_at_all(muni, tecnica, carpeta, monkeypatch):
    class Cola:
        def defer(self, **_kwargs):
            raise ConnectionError

    monkeypatch.setattr("territorio.tareas.leer_importacion", Cola())
    with pytest.raises(ConnectionError):
        recibir(muni, tecnica)
    assert not Importacion.objects.exists()
    assert list((carpeta / "importaciones").iterdir()) == []


# --- stopping ---------------------------------------------------------------------------------------------------------


def test_what_waits_in_the_queue_is_stopped_at_once(muni, tecnica):
    importacion = importaciones.cancelar(uid=recibir(muni, tecnica).uid, por=tecnica)
    assert importacion.estado == E.CANCELADA
    assert ProcrastinateJob.objects.get(pk=importacion.trabajo).status == "cancelled"
    assert trabajar(importacion, marcha.leer).estado == E.CANCELADA


def test_a_reading_under_way_stops_when_the_person_asks(muni, tecnica):
    importacion = recibir(muni, tecnica)
    Importacion.objects.filter(pk=importacion.pk).update(cancelar=True)
    assert trabajar(importacion).estado == E.CANCELADA
    assert importacion.informe == {}
    assert trabajar(importaciones.releer(uid=importacion.uid, por=tecnica)).estado == E.POR_REVISAR


@pytest.mark.django_db(transaction=True)
def test_stopping_while_it_is_being_written_is_seen_within_the_transaction_and_writes_nothing(leida, tecnica):
    aceptada = importaciones.aceptar(uid=leida.uid, por=tecnica, huella=leida.huella)
    Importacion.objects.filter(pk=leida.pk).update(cancelar=True)
    detenida = trabajar(aceptada)
    assert detenida.estado == E.POR_REVISAR
    assert "no se escribió nada" in detenida.mensajes[0]
    assert distritos() == set()


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_from_outside_the_transaction_that_makes_it(registrada):
    otra = connection.copy()
    try:
        with connection.cursor() as cursor, marcha.Avance(registrada, aparte=True, apagandose=lambda: False) as avance:
            cursor.execute("BEGIN")
            avance("escribiendo", 42)
            with otra.cursor() as mirada:
                mirada.execute(
                    f"SELECT paso, progreso FROM {Importacion._meta.db_table} WHERE id = %s", [registrada.pk]
                )
                assert mirada.fetchone() == ("escribiendo", 42)
            # The transaction holds the record: the next step is not told, and nobody waits for ever.
            cursor.execute(f"UPDATE {Importacion._meta.db_table} SET archivo = archivo WHERE id = %s", [registrada.pk])
            avance("otro paso", 50)
            cursor.execute("ROLLBACK")
    finally:
        otra.close()


def test_a_worker_that_shuts_down_says_so_and_the_import_can_go_on(muni, tecnica):
    importacion = recibir(muni, tecnica)
    marcha.leer(uid=importacion.uid, trabajo=importacion.trabajo, apagandose=lambda: True)
    importacion.refresh_from_db()
    assert importacion.estado == E.FALLIDA
    assert importaciones.permite(importacion, "releer")


# --- a worker that died -----------------------------------------------------------------------------------------------


def morir(importacion: Importacion, estado: str) -> None:
    """Its job is being done, says the queue, by a worker that is no more."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [importacion.trabajo])
    Importacion.objects.filter(pk=importacion.pk).update(estado=estado)


def test_an_import_whose_worker_died_is_set_free_and_can_be_tried_again(muni, tecnica):
    importacion = recibir(muni, tecnica)
    morir(importacion, E.LEYENDO)
    assert marcha.recuperar() == 1
    importacion.refresh_from_db()
    assert importacion.estado == E.FALLIDA
    assert ProcrastinateJob.objects.get(pk=importacion.trabajo).status == "failed"
    assert trabajar(importaciones.releer(uid=importacion.uid, por=tecnica)).estado == E.POR_REVISAR


def test_an_undoing_that_died_is_a_loaded_import_again(aplicada, tecnica):
    morir(importaciones.pedir_deshacer(uid=aplicada.uid, por=tecnica), E.DESHACIENDO)
    marcha.recuperar()
    aplicada.refresh_from_db()
    assert aplicada.estado == E.APLICADA
    assert importaciones.permite(aplicada, "deshacer")


def test_what_waits_its_turn_is_left_alone(muni, tecnica):
    importacion = recibir(muni, tecnica)
    assert marcha.recuperar() == 0
    importacion.refresh_from_db()
    assert importacion.estado == E.EN_COLA


@pytest.mark.django_db(transaction=True)
def test_an_import_that_somebody_still_works_on_is_left_alone(muni, tecnica):
    importacion = recibir(muni, tecnica)
    morir(importacion, E.LEYENDO)
    obrero = connection.copy()
    try:
        with obrero.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [marcha.CERROJO, importacion.pk])
            assert marcha.recuperar() == 0
    finally:
        obrero.close()  # and with its connection goes its hold
    assert marcha.recuperar() == 1


# --- who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rol", [rol for rol in Rol.values if rol != Rol.TECNICO_SIG])
def test_only_gis_staff_of_the_municipality_may_bring_a_file(muni, carpeta, rol):
    usuario = Usuario.objects.create_user("otro")
    Membresia.objects.create(usuario=usuario, municipio=muni, rol=rol)
    for quien in (usuario, NADIE):
        with pytest.raises(PermissionDenied):
            recibir(muni, quien)
    assert not (carpeta / "importaciones").exists()


@pytest.mark.parametrize("que", ACCIONES)
def test_gis_staff_of_another_municipality_may_do_nothing_with_it(registrada, que):
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(9, 9), nombre="Vecino")
    ajena = Usuario.objects.create_user("ajena")
    Membresia.objects.create(usuario=ajena, municipio=vecino, rol=Rol.TECNICO_SIG)
    with pytest.raises(PermissionDenied):
        ACCIONES[que](registrada, ajena)


def test_municipal_limits_are_for_who_administers(muni, tecnica):
    nueva = subida(filas=[(mundo.cuadro(20, 20), {"codigo": "990199", "nombre": "Lejano"})])
    with pytest.raises(PermissionDenied):
        recibir(muni, tecnica, nueva, nivel="municipio")
    raiz = Usuario.objects.create_superuser("raiz")
    importacion = trabajar(recibir(muni, raiz, nueva, nivel="municipio"))
    assert (importacion.municipio, importacion.estado) == (None, E.POR_REVISAR)


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nombre", "mostrado"),
    [
        ("../../../etc/passwd.geojson", "passwd.geojson"),
        ("..\\..\\mapa.geojson", "mapa.geojson"),
        ("a\u202eb\x00\n c.geojson", "ab c.geojson"),
        (f"{'ñ' * 300}.geojson", f"{'ñ' * 191}….geojson"),
        ("...geojson", "geojson"),
        ("", "archivo"),
    ],
)
def test_names_are_shown_harmless(nombre, mostrado):
    assert deposito.nombre_limpio(nombre) == mostrado
    assert len(mostrado) <= 200


def test_a_file_is_kept_under_names_of_ours_and_closed_to_others(muni, tecnica, carpeta):
    importacion = recibir(muni, tecnica, subida("../../fuera.geojson"))
    assert importacion.archivo == "fuera.geojson"
    propia = carpeta / "importaciones" / str(importacion.uid)
    assert [p for p in carpeta.rglob("*") if p.is_file()] == [propia / "archivo.geojson"]
    assert propia.stat().st_mode & 0o077 == 0


def test_the_parts_of_a_shapefile_come_together(muni, tecnica, tmp_path):
    zipfile.ZipFile(
        archivos.shapefile(tmp_path / "a.zip", [(mundo.cuadro(0, 0, 2), {"codigo": "1", "nombre": "Peñas"})])
    ).extractall(tmp_path / "suelto")
    partes = [SimpleUploadedFile(p.name.upper(), p.read_bytes()) for p in (tmp_path / "suelto").iterdir()]
    leida = trabajar(recibir(muni, tecnica, *partes, SimpleUploadedFile("CAPA.sbn", b"x")))
    assert leida.archivo == "CAPA.SHP"
    assert completo(leida)["filas"][0]["nombre"] == "Peñas"


@pytest.mark.parametrize(
    ("nombres", "dice"),
    [
        ([], "Elija un archivo"),
        (["virus.exe"], "No se puede leer"),
        (["a.geojson", "b.geojson"], "un solo archivo"),
        (["a.zip", "a.shp"], "un solo archivo"),
        (["a.shx", "a.dbf"], "Falta el archivo .shp"),
        (["a.shp", "b.shx", "a.dbf"], "más de un shapefile"),
        (["a.shp", "b.shp"], "más de un shapefile"),
    ],
)
def test_what_is_no_layer_is_refused_in_words_and_nothing_is_kept(muni, tecnica, carpeta, nombres, dice):
    with pytest.raises(ArchivoRechazado, match=dice):
        importaciones.recibir(
            por=tecnica,
            municipio=muni,
            nivel=mundo.nivel("distrito"),
            archivos=[SimpleUploadedFile(n, b"x") for n in nombres],
        )
    assert not carpeta.exists() or not any(p.is_file() for p in carpeta.rglob("*"))


def test_too_large_a_file_is_refused(muni, tecnica, settings):
    settings.MINKA_IMPORTACION_MAXIMO_MB = 0
    with pytest.raises(ArchivoRechazado, match="pasa de 0 MB"):
        recibir(muni, tecnica)


def test_a_file_that_cannot_be_read_is_a_report_and_no_failure(muni, tecnica):
    importacion = trabajar(recibir(muni, tecnica, subida("roto.geojson", b"{no es json")))
    assert importacion.estado == E.CON_ERRORES
    assert importacion.informe["problemas"]


def test_the_map_is_kept_compressed_with_the_municipality_under_it(leida):
    mapa = json.loads(gzip.decompress(deposito.mapa(leida.uid)))
    assert len(mapa["filas"]["features"]) == 2
    assert len(mapa["municipio"]["features"]) == 1


def test_files_of_what_is_over_go_after_some_days_and_those_of_nobody_too(muni, leida, tecnica, carpeta, settings):
    settings.MINKA_IMPORTACION_DIAS = 30
    descartada = importaciones.descartar(uid=recibir(muni, tecnica).uid, por=tecnica)
    assert marcha.limpiar() == 0
    viejo = timezone.now() - timedelta(days=31)
    Importacion.objects.filter(pk__in=[descartada.pk, leida.pk]).update(cambiada=viejo)
    de_nadie = Path(carpeta) / "importaciones" / str(uuid.uuid4())
    de_nadie.mkdir()
    os.utime(de_nadie, (viejo.timestamp(), viejo.timestamp()))
    assert marcha.limpiar() == 2
    assert not de_nadie.exists()
    assert deposito.principal(descartada.uid) is None
    assert deposito.principal(leida.uid) is not None  # it still waits to be looked at
    descartada.refresh_from_db()
    assert (descartada.sha256, importaciones.permite(descartada, "releer")) == ("", False)


def test_one_whose_file_is_gone_says_so(registrada, tecnica):
    Importacion.objects.filter(pk=registrada.pk).update(sha256="")
    with pytest.raises(NoCorresponde, match="ya se borró"):
        importaciones.releer(uid=registrada.uid, por=tecnica)


def test_cancelada_is_what_stops_a_reading(registrada):
    """`Avance` raises what the importer knows how to leave nothing behind for."""
    Importacion.objects.filter(pk=registrada.pk).update(cancelar=True)
    with pytest.raises(Cancelada), marcha.Avance(registrada, aparte=False, apagandose=lambda: False) as avance:
        avance("leyendo", 10)
