"""A full disk: what would write is refused in words, what reads goes on, and with room again everything goes on."""

import errno
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.urls import reverse

from cuentas.guardia import disco
from cuentas.models import Usuario
from proyectos.models import AdjuntoDeProyecto
from territorio.adjuntos import almacen
from territorio.models import Archivo, EstadoImportacion, Membresia, Rol
from territorio.services import deposito
from tests import hechos, imagenes, mundo
from tests.subidas import recibir, trabajar

pytestmark = pytest.mark.django_db
LLENO = "se quedó sin espacio en el disco"


@pytest.fixture(autouse=True)
def sin_memoria_de_antes(settings, tmp_path):
    """Disks are looked at anew, with no other of this machine among them."""
    settings.MEDIA_ROOT, settings.MINKA_DISCOS = tmp_path / "privado", [str(tmp_path)]
    disco.olvidar()
    yield
    disco.olvidar()


@pytest.fixture
def planificadora(muni):
    nueva = Usuario.objects.create_user("rosa", password="clave-de-prueba-9")
    Membresia.objects.create(usuario=nueva, municipio=muni, rol=Rol.PLANIFICADOR)
    return nueva


@pytest.fixture
def obra(muni):
    return hechos.proyecto(muni, "p", mundo.punto(0.5, 0.5))


@pytest.fixture
def disco_bajo(monkeypatch):
    """Turn off and on how much room the system says there is."""
    estado = {"libres": 0}
    real = os.statvfs

    def statvfs(ruta):
        visto = real(ruta)
        if estado["libres"] is None:
            return visto
        campos = list(visto)
        campos[4] = estado["libres"] // visto.f_frsize  # f_bavail
        return os.statvfs_result(campos)

    monkeypatch.setattr(disco.os, "statvfs", statvfs)
    disco.olvidar()
    return estado


def subir(client, obra, ancho=64, **cabeceras):
    cuerpo = SimpleUploadedFile("foto.jpg", imagenes.foto(ancho=ancho))
    ruta = reverse("archivos:de", args=["proyecto", obra.pk])
    return client.post(ruta, {"clase": "foto", "archivos": cuerpo}, headers=cabeceras)


def se_lee(client, obra) -> None:
    for ruta in ("/", reverse("paginas:proyecto", args=[obra.pk]), "/proyectos/", f"/api/v1/proyectos/{obra.pk}/"):
        assert client.get(ruta).status_code == 200, ruta


# --- a disk that runs low ---------------------------------------------------------------------------------------------
def test_below_the_minimum_writes_are_refused_reads_go_on_and_room_brings_writes_back(
    client, planificadora, obra, disco_bajo
):
    client.force_login(planificadora)
    respuesta = subir(client, obra)
    assert respuesta.status_code == 507
    assert LLENO in respuesta.content.decode()
    assert respuesta["Retry-After"] == "60"
    assert not Archivo.objects.exists()
    se_lee(client, obra)
    disco_bajo["libres"] = None
    assert subir(client, obra).status_code == 507, "a look holds for some seconds"
    disco.olvidar()
    assert subir(client, obra).status_code == 302
    assert Archivo.objects.count() == 1


@pytest.mark.parametrize("metodo", ["post", "put", "patch", "delete"])
def test_the_api_says_it_in_json_whatever_the_method(client, disco_bajo, metodo):
    respuesta = getattr(client, metodo)("/api/v1/equipamientos/1/")
    assert respuesta.status_code == 507
    assert LLENO in respuesta.json()["error"]


def test_nobody_signs_in_for_the_time_being_and_who_is_in_may_leave(client, planificadora, disco_bajo):
    assert client.get("/entrar/").status_code == 200
    assert client.post("/entrar/", {"username": "rosa", "password": "clave-de-prueba-9"}).status_code == 507
    client.force_login(planificadora)
    assert client.post("/salir/").status_code == 302


def test_a_folder_that_is_not_there_yet_is_looked_for_upwards_and_one_out_of_reach_is_let_be(settings, tmp_path):
    settings.MINKA_DISCO_MINIMO_MB = 1 << 40
    settings.MINKA_DISCOS = [str(tmp_path / "aun" / "no")]
    assert disco.sin_espacio() == str(tmp_path / "aun" / "no")


def test_an_import_says_that_there_is_no_room_and_can_be_tried_again(muni, settings, disco_bajo):
    from territorio.services import importaciones

    tecnica = Usuario.objects.create_user("tecnica")
    Membresia.objects.create(usuario=tecnica, municipio=muni, rol=Rol.TECNICO_SIG)
    disco_bajo["libres"] = None
    importacion = recibir(muni, tecnica)
    disco_bajo["libres"] = 0
    disco.olvidar()
    trabajar(importacion)
    assert importacion.estado == EstadoImportacion.FALLIDA
    assert LLENO in importacion.mensajes[0]
    disco_bajo["libres"] = None
    disco.olvidar()
    importacion = importaciones.releer(uid=importacion.uid, por=tecnica)
    assert trabajar(importacion).estado == EstadoImportacion.POR_REVISAR


def test_the_file_of_an_import_is_not_begun_without_room(muni, disco_bajo, settings):
    tecnica = Usuario.objects.create_user("tecnica")
    Membresia.objects.create(usuario=tecnica, municipio=muni, rol=Rol.TECNICO_SIG)
    with pytest.raises(disco.SinEspacio):
        recibir(muni, tecnica)
    assert not (Path(settings.MEDIA_ROOT) / deposito.CARPETA).exists()


# --- a disk that fills up in the middle -------------------------------------------------------------------------------
_DISPARADOR = """
CREATE FUNCTION pg_temp.lleno() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER lleno BEFORE INSERT ON territorio_archivo FOR EACH ROW EXECUTE FUNCTION pg_temp.lleno();
"""


@contextmanager
def base_llena():
    """PostgreSQL refuses each new row of files as it does where its disk has no room."""
    with connection.cursor() as cursor:
        cursor.execute(_DISPARADOR)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE; DROP TRIGGER lleno ON territorio_archivo")


def test_what_postgresql_has_no_room_for_is_refused_with_its_files_and_reads_go_on(
    client, planificadora, obra, settings
):
    client.force_login(planificadora)
    with base_llena():
        respuesta = subir(client, obra)
        assert respuesta.status_code == 507
        assert LLENO in respuesta.content.decode()
        assert [r for r in almacen.raiz().rglob("*") if r.is_file()] == []
        se_lee(client, obra)
        cuerpo = {"clase": "foto", "proyecto": obra.pk, "archivo": SimpleUploadedFile("f.jpg", imagenes.foto())}
        api = client.post("/api/v1/archivos/", cuerpo)
        assert (api.status_code, api["Retry-After"]) == (507, "60")
        assert LLENO in api.json()["error"]
    assert subir(client, obra).status_code == 302


@pytest.mark.parametrize("codigo", [errno.ENOSPC, errno.EDQUOT])
def test_what_the_system_has_no_room_for_is_refused_as_well(client, planificadora, obra, monkeypatch, codigo):
    def sin_sitio(*args, **kwargs):
        raise OSError(codigo, os.strerror(codigo))

    client.force_login(planificadora)
    with monkeypatch.context() as parche:
        parche.setattr(almacen, "guardar", sin_sitio)
        assert subir(client, obra).status_code == 507
    assert subir(client, obra).status_code == 302


def test_only_a_full_disk_is_taken_for_one():
    lleno = OperationalError("x")
    lleno.__cause__ = psycopg.errors.DiskFull("could not extend file")
    assert disco.es_falta_de_espacio(lleno)
    assert not disco.es_falta_de_espacio(OperationalError("x"))
    assert not disco.es_falta_de_espacio(FileNotFoundError(errno.ENOENT, "x"))
    assert not disco.es_falta_de_espacio(None)


# --- a real small disk ------------------------------------------------------------------------------------------------
@contextmanager
def disco_chico(carpeta: Path, mb: int):
    """A disk of so many MB, in memory; skips where this system lets nobody mount one."""
    carpeta.mkdir()
    orden = shutil.which("mount")
    hecho = orden and subprocess.run(
        [orden, "-t", "tmpfs", "-o", f"size={mb}m", "tmpfs", str(carpeta)], capture_output=True, text=True, check=False
    )
    if not hecho or hecho.returncode:
        pytest.skip(f"no se puede montar un disco de prueba: {hecho.stderr.strip() if hecho else 'falta mount'}")
    try:
        yield carpeta
    finally:
        subprocess.run(["umount", "-l", str(carpeta)], check=True)


def llenar(carpeta: Path) -> Path:
    relleno = carpeta / "relleno"
    with relleno.open("wb", buffering=0) as f, pytest.raises(OSError, match="No space left"):
        while True:
            f.write(b"\0" * 4096)
    return relleno


def test_a_real_disk_of_uploads_that_fills_up_and_is_freed(client, planificadora, obra, settings, tmp_path):
    client.force_login(planificadora)
    with disco_chico(tmp_path / "disco", 2) as montado:
        settings.MEDIA_ROOT = montado / "archivos"
        settings.MINKA_DISCO_MINIMO_MB = 0  # the guard looks away: the write itself must fail well
        assert subir(client, obra).status_code == 302
        relleno = llenar(montado)
        respuesta = subir(client, obra, ancho=700)
        assert respuesta.status_code == 507
        assert LLENO in respuesta.content.decode()
        se_lee(client, obra)
        guardado = Archivo.objects.get()
        assert client.get(reverse("archivos:ver", args=[guardado.uid])).status_code == 200
        assert len([r for r in almacen.raiz().rglob("*") if r.is_file()]) == 3, "nothing half done is left"
        relleno.unlink()
        assert subir(client, obra, ancho=700).status_code == 302
        assert almacen.diferencias() == []


def test_a_real_disk_that_runs_low_stops_writes_before_it_is_full(client, planificadora, obra, settings, tmp_path):
    client.force_login(planificadora)
    with disco_chico(tmp_path / "disco", 3) as montado:
        settings.MEDIA_ROOT, settings.MINKA_DISCO_MINIMO_MB = montado / "archivos", 1
        assert subir(client, obra).status_code == 302
        relleno = llenar(montado)
        disco.olvidar()
        assert subir(client, obra, ancho=70).status_code == 507
        se_lee(client, obra)
        relleno.unlink()
        disco.olvidar()
        assert subir(client, obra, ancho=70).status_code == 302


@pytest.fixture(scope="module")
def disco_de_la_base(django_db_setup, tmp_path_factory):
    """A disk of 2 MB with a tablespace on it; given back once no test's transaction holds anything there."""
    carpeta = tmp_path_factory.mktemp("base")
    for padre in (carpeta, *carpeta.parents[:3]):
        padre.chmod(padre.stat().st_mode | 0o011)  # the server's user must reach what is mounted below
    nombre = f"minka_prueba_{os.getpid()}"
    parametros = {
        clave: valor
        for clave, valor in connection.get_connection_params().items()
        if clave in {"dbname", "user", "password", "host", "port"}
    }
    with disco_chico(carpeta / "disco", 2) as montado, psycopg.connect(**parametros, autocommit=True) as aparte:
        try:
            (servidor,) = aparte.execute("SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)").fetchone()
            shutil.chown(montado, Path(f"/proc/{servidor}").stat().st_uid)
            aparte.execute(f"CREATE TABLESPACE {nombre} LOCATION '{montado}'")
        except (psycopg.Error, OSError) as no:
            pytest.skip(f"PostgreSQL no puede usar un disco de prueba: {no}")
        yield montado, nombre
        aparte.execute(f"DROP TABLESPACE {nombre}")


def test_a_real_disk_of_the_database_that_fills_up_and_is_freed(
    client, planificadora, obra, settings, disco_de_la_base
):
    """The rows that tie files to projects lie on a disk of 2 MB."""
    montado, espacio = disco_de_la_base
    settings.MINKA_DISCO_MINIMO_MB = 0
    tabla = AdjuntoDeProyecto._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tabla}; ALTER TABLE {tabla} SET TABLESPACE {espacio}")
    client.force_login(planificadora)
    relleno = llenar(montado)
    respuesta = subir(client, obra)
    assert respuesta.status_code == 507
    assert LLENO in respuesta.content.decode()
    assert [r for r in almacen.raiz().rglob("*") if r.is_file()] == []
    se_lee(client, obra)
    relleno.unlink()
    assert subir(client, obra).status_code == 302
    assert AdjuntoDeProyecto.objects.count() == 1
