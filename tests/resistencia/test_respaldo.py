"""Backup → loss → restore: the same pages, the same files, the same seal; and what is refused."""

import hashlib
import io
import json
import re
import tarfile
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from cuentas.models import Eslabon, Usuario
from cuentas.operacion import metricas
from cuentas.operacion.respaldo import guardar, manifiesto, postgres
from cuentas.operacion.respaldo import restaurar as modulo
from cuentas.operacion.respaldo.guardar import respaldar
from cuentas.operacion.respaldo.postgres import Falla
from cuentas.operacion.respaldo.restaurar import restaurar
from demandas.models import Demanda
from territorio.models import EstadoImportacion, Importacion, Municipio
from territorio.services import deposito
from tests import subidas

PAGINAS = (
    "/",
    "/demandas/",
    "/mapas/demanda/",
    "/mapas/ejecucion-poa/?nivel=distrito",
    "/proyectos/",
    "/api/v1/unidades/?nivel=comunidad",
    "/api/v1/demandas/",
    "/exportar/proyectos.geojson",
)
# What each answer makes up anew: tokens of forms, nonces of scripts, ids that folium draws by lot, marks of caches.
_PASAJERO = re.compile(rb'(csrfmiddlewaretoken" value="|nonce="|nonce-)[\w+/=-]+|[0-9a-f]{32}|(?<=[?]v=)[\w-]+')


def paginas() -> dict[str, str]:
    visitante = Client()
    dichas = {}
    for ruta in PAGINAS:
        respuesta = visitante.get(ruta)
        assert respuesta.status_code == 200, ruta
        dichas[ruta] = _PASAJERO.sub(b"", respuesta.getvalue()).decode()
    return dichas


def donde_difieren(uno: str, otro: str) -> tuple[str, str]:
    """What stands around the first difference."""
    n = next(n for n in range(len(uno)) if uno[: n + 1] != otro[: n + 1])
    return uno[max(n - 60, 0) : n + 60], otro[max(n - 60, 0) : n + 60]


@pytest.fixture(scope="module")
def demo(base_propia) -> Path:
    """The invented municipality and an upload that waits for somebody to accept it."""
    call_command("cargar_demo", stdout=StringIO())
    por = Usuario.objects.get(username="tecnico")
    subidas.trabajar(subidas.recibir(Municipio.objects.get(codigo=settings.MINKA_MUNICIPIO_DEMO), por))
    return base_propia


@pytest.fixture(scope="module")
def archivo(demo) -> Path:
    return respaldar(demo / "respaldos")


def test_a_backup_leaves_nothing_beside_it_and_word_for_the_metrics(demo, archivo):
    assert [ruta.name for ruta in archivo.parent.iterdir()] == [archivo.name]
    assert archivo.stat().st_mode & 0o077 == 0
    assert sorted(ruta.name for ruta in (demo / "archivos").iterdir()) == ["cargas", "importaciones"]
    dicho = manifiesto.revisar(archivo)
    assert metricas.ultimo_respaldo() == pytest.approx(archivo.stat().st_mtime, abs=60)
    assert dicho.conteos[Demanda._meta.db_table] == Demanda.objects.count() > 0
    assert dicho.cadena == manifiesto.ultimo_sello()


def test_everything_comes_back_after_the_database_and_the_files_are_lost(demo, archivo):
    antes, importacion = paginas(), Importacion.objects.get(estado=EstadoImportacion.POR_REVISAR)
    huella, sello = deposito.sha256(importacion.uid), manifiesto.ultimo_sello()
    nombre = connection.settings_dict["NAME"]
    connection.close()
    postgres.borrar(nombre)
    deposito.borrar(importacion.uid)

    hecho = restaurar(archivo)  # runs verificar, and fails where it fails

    assert (hecho.base_anterior, hecho.archivos_anteriores) == (
        "",
        str(next((demo / "archivos").glob(".anteriores-*"))),
    )
    for ruta, texto in paginas().items():
        assert texto == antes[ruta], f"{ruta}: {donde_difieren(antes[ruta], texto)}"
    assert deposito.sha256(importacion.uid) == huella == importacion.sha256
    assert manifiesto.ultimo_sello() == sello
    Demanda.objects.filter(pk=Demanda.objects.first().pk).update(titulo="Sigue el registro")
    assert Eslabon.objects.order_by("-numero").first().numero > sello[0]


def test_a_database_in_use_is_set_aside_only_when_asked_and_keeps_its_rows(archivo, monkeypatch):
    monkeypatch.setattr(modulo, "_verificar", lambda *_: None)  # it did when the same file came back before
    nombre = connection.settings_dict["NAME"]
    with pytest.raises(Falla, match="--reemplazar"):
        restaurar(archivo)
    Demanda.objects.all().update(titulo="Lo de después del respaldo")
    hecho = restaurar(archivo, reemplazar=True)
    assert not Demanda.objects.filter(titulo="Lo de después del respaldo").exists()
    assert connection.settings_dict["NAME"] == nombre
    with postgres.trabajando_en(hecho.base_anterior):
        assert Demanda.objects.filter(titulo="Lo de después del respaldo").exists()


def test_a_copy_that_does_not_verify_is_thrown_away_and_nothing_changes(archivo, tmp_path, monkeypatch):
    def no_verifica(*args, **kwargs):
        raise Falla("no verifica")

    monkeypatch.setattr(modulo, "_verificar", no_verifica)
    nombre, sello = connection.settings_dict["NAME"], manifiesto.ultimo_sello()
    with pytest.raises(Falla, match="no verifica"):
        restaurar(archivo, reemplazar=True)
    assert manifiesto.ultimo_sello() == sello
    with postgres.servidor() as conexion:
        sobran = conexion.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"{nombre[:36]}_restaurando"]
        )
        assert sobran.fetchall() == []
    assert not list(Path(settings.MEDIA_ROOT).glob(".restaurando-*"))


def test_only_the_newest_are_kept(demo, tmp_path, monkeypatch):
    monkeypatch.setattr(guardar, "_volcar", lambda volcado: volcado.write_bytes(b"x") and _dicho())
    for nombre in ("minka-20200101T000000Z.tar", "minka-20210101T000000Z.tar", "otro.tar"):
        (tmp_path / nombre).touch()
    nuevo = respaldar(tmp_path, conservar=2)
    assert {ruta.name for ruta in tmp_path.iterdir()} == {nuevo.name, "minka-20210101T000000Z.tar", "otro.tar"}


def _dicho() -> dict:
    return {"version": "0", "postgresql": "15", "migraciones": [], "conteos": {}, "cadena": (0, "")}


# --- damaged files ----------------------------------------------------------------------------------------------------
def rehecho(archivo: Path, destino: Path, cambiar) -> Path:
    """The same backup, with its members as `cambiar` leaves them."""
    with tarfile.open(archivo) as tar:
        partes = {miembro.name: tar.extractfile(miembro).read() for miembro in tar.getmembers()}
    cambiar(partes)
    with tarfile.open(destino, "w:") as tar:
        for nombre, cuerpo in partes.items():
            miembro = tarfile.TarInfo(nombre)
            miembro.size = len(cuerpo)
            tar.addfile(miembro, io.BytesIO(cuerpo))
    return destino


def sin(nombre: str):
    return lambda partes: partes.pop(nombre)


def con_un_byte_de_menos(nombre: str):
    def cambiar(partes):
        partes[nombre] = partes[nombre][:500] + bytes([partes[nombre][500] ^ 1]) + partes[nombre][501:]

    return cambiar


def con_ruta_ajena(partes):
    dicho = json.loads(partes["manifiesto.json"])
    cuerpo = b"fuera"
    partes["archivos/../../fuera"] = cuerpo
    parte = {"nombre": "archivos/../../fuera", "bytes": 5, "sha256": hashlib.sha256(cuerpo).hexdigest()}
    dicho["partes"].append(parte)
    partes["manifiesto.json"] = json.dumps(dicho).encode()
    partes["manifiesto.sha256"] = hashlib.sha256(partes["manifiesto.json"]).hexdigest().encode()


@pytest.mark.parametrize(
    ("cambiar", "mensaje"),
    [
        (con_un_byte_de_menos("base.dump"), "«base.dump» está dañada"),
        (con_un_byte_de_menos("manifiesto.json"), "manifiesto .* dañado"),
        (sin("manifiesto.json"), "le falta el manifiesto"),
        (sin("base.dump"), "faltan o le sobran partes"),
        (lambda partes: partes.update(intruso=b""), "faltan o le sobran partes"),
        (con_ruta_ajena, "no es un archivo que Minka guarde"),
    ],
)
def test_a_damaged_backup_is_refused_before_anything_is_touched(archivo, tmp_path, monkeypatch, cambiar, mensaje):
    monkeypatch.setattr(postgres, "servidor", lambda *_: pytest.fail("no debe llegar a la base"))
    with pytest.raises(Falla, match=mensaje):
        restaurar(rehecho(archivo, tmp_path / "roto.tar", cambiar), reemplazar=True)


@pytest.mark.parametrize("cuanto", [0, 100, 0.3, 0.9, 0.98])
def test_a_backup_cut_short_is_refused_in_words(archivo, tmp_path, cuanto):
    entero = archivo.read_bytes()
    cortado = tmp_path / "cortado.tar"
    cortado.write_bytes(entero[: int(len(entero) * cuanto) if cuanto < 1 else cuanto])
    with pytest.raises(CommandError, match=r"cortado|no es un respaldo|dañad"):
        call_command("restaurar", str(cortado), stdout=StringIO())
    with pytest.raises(CommandError, match="No existe"):
        call_command("restaurar", str(tmp_path / "no-hay.tar"), stdout=StringIO())
