"""Twenty times the web or the database dies amid writes: what was acknowledged stays, what was not is whole or absent.

MINKA_SEMILLA=n repeats the run of that seed, as far as the timing of processes allows.
"""

import os
import random
import time
from pathlib import Path

import psycopg
import pytest
from django.test import Client

from cuentas import cadena
from cuentas.models import Usuario
from cuentas.operacion.respaldo.guardar import respaldar
from demandas.models import Demanda
from territorio.models import (
    CodigoExterno,
    Equipamiento,
    EquipamientoUnidad,
    Importacion,
    Membresia,
    Rol,
    UnidadTerritorial,
)
from tests import hechos, mundo, quienes
from tests.resistencia.clientes import Cliente, CreaServicios, EditaUnidad, Importa, PublicaDemanda, Trabajo
from tests.resistencia.cluster import Cluster
from tests.resistencia.servicio import Servicio

VECES = 20
SEMILLA = int(os.environ.get("MINKA_SEMILLA", "20261122"))
BASE = "minka"


@pytest.fixture(scope="module")
def cluster():
    propio = Cluster()
    propio.arrancar()
    yield propio
    propio.tirar()


@pytest.fixture(scope="module")
def mundo_guardado(base_propia) -> tuple[Path, dict]:
    """A backup of a small municipality, and what its people need to know to work there."""
    muni = mundo.unidad("municipio", "990101", mundo.cuadro(0, 0, 4, 2), nombre="Municipio de prueba", personas=1000)
    for n in (0, 1):
        mundo.unidad("distrito", str(n + 1), mundo.cuadro(2 * n, 0, 2), municipio=muni, personas=500)
    comunidades = [mundo.unidad("comunidad", f"c{n}", mundo.punto(n + 0.5, 1), municipio=muni).pk for n in range(3)]
    demanda = hechos.demanda(muni, "d", mundo.punto(1, 1), publicada=False)
    usuario = Usuario.objects.create_user("rosa")
    for rol in (Rol.TECNICO_SIG, Rol.PLANIFICADOR):
        Membresia.objects.create(usuario=usuario, municipio=muni, rol=rol)
    sesion = quienes.entrar(Client(), usuario).cookies["sessionid"].value
    return respaldar(base_propia / "respaldos"), {"sesion": sesion, "comunidades": comunidades, "demanda": demanda.pk}


@pytest.fixture(scope="module")
def servicio(cluster, mundo_guardado, tmp_path_factory):
    """Minka on a server that had neither database nor role: both came with the backup."""
    carpeta = tmp_path_factory.mktemp("servicio")
    propio = Servicio(carpeta, cluster.url(BASE, "minka_app"), cluster.url(BASE))
    propio.mandar("restaurar", str(mundo_guardado[0]))
    propio.web.arrancar()
    propio.trabajador.arrancar()
    propio.esperar()
    yield propio
    propio.detener()


def test_no_acknowledged_write_is_lost_and_none_is_left_half(cluster, servicio, mundo_guardado):
    azar = random.Random(SEMILLA)
    print(f"MINKA_SEMILLA={SEMILLA}")
    dicho = mundo_guardado[1]
    trabajos = _gente(servicio.puerto, dicho)
    for trabajo in trabajos:
        trabajo.start()
    try:
        for vez in range(VECES):
            if vez % 4 == 3:  # these while an import is being written, if one comes to that
                trabajos[-1].aplicando.wait(10)
            time.sleep(azar.uniform(0.1, 1.0))
            que = azar.choice(("base", "base", "proceso", "web"))
            _matar(que, cluster, servicio)
            if que == "web":
                servicio.trabajador.matar()
            servicio.esperar()
            if not servicio.trabajador.vive():
                servicio.trabajador.arrancar()
            _comprobar(cluster, trabajos, f"{vez}: {que}")
        _esperar_importacion(trabajos)
    finally:
        for trabajo in trabajos:
            trabajo.parar.set()
        for trabajo in trabajos:
            trabajo.join(30)
    _comprobar(cluster, trabajos, "al final")
    assert [trabajo.raras for trabajo in trabajos if trabajo.raras] == []
    assert all(trabajo.confirmadas for trabajo in trabajos), [
        (type(trabajo).__name__, trabajo.confirmadas, getattr(trabajo, "ultima", "")) for trabajo in trabajos
    ]
    assert "Todo coincide." in servicio.mandar("verificar")


def _matar(que: str, cluster: Cluster, servicio: Servicio) -> None:
    """The database; the process that serves, which gunicorn replaces; or all of gunicorn."""
    if que == "base":
        cluster.matar()
        cluster.arrancar()
    elif que == "proceso":
        servicio.web.matar_hijos()
    else:
        servicio.web.matar()
        servicio.web.arrancar()


def _gente(puerto: int, dicho: dict) -> list[Trabajo]:
    def cliente() -> Cliente:
        return Cliente(puerto, dicho["sesion"])

    return [
        *(EditaUnidad(cliente(), pk) for pk in dicho["comunidades"]),
        CreaServicios(cliente(), "S"),
        PublicaDemanda(cliente(), dicho["demanda"]),
        Importa(cliente()),
    ]


def _esperar_importacion(trabajos: list[Trabajo], plazo: float = 90) -> None:
    """Imports take longer than some lives: let one come to its end in peace, if none did so far."""
    importa = next(trabajo for trabajo in trabajos if isinstance(trabajo, Importa))
    limite = time.monotonic() + plazo
    while not importa.confirmadas and time.monotonic() < limite:
        time.sleep(0.2)


# --- what must hold at any moment -------------------------------------------------------------------------------------
def _comprobar(cluster: Cluster, trabajos: list[Trabajo], cuando: str) -> None:
    """One look at the database, later than what is noted as acknowledged: all of it is there, and nothing is half."""
    anotado = [_anotado(trabajo) for trabajo in trabajos]
    with psycopg.connect(host=str(cluster.zocalo), user="minka", dbname=BASE) as conexion:
        conexion.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        ver = Vista(conexion, cuando)
        for trabajo, notas in zip(trabajos, anotado, strict=True):
            EXIGENCIAS[type(trabajo)](ver, trabajo, notas)
        ver.cadena_entera()


def _anotado(trabajo: Trabajo) -> list:
    return list(getattr(trabajo, "dichos", None) or getattr(trabajo, "dichas", []))


class Vista:
    """The database at one moment."""

    def __init__(self, conexion: psycopg.Connection, cuando: str) -> None:
        self.conexion, self.cuando = conexion, cuando

    def columna(self, consulta: str, *datos: object) -> list:
        return [fila[0] for fila in self.conexion.execute(consulta, datos).fetchall()]

    def cadena_entera(self) -> None:
        for mandato in filter(str.strip, cadena._ESTABLE.split(";")):
            self.conexion.execute(mandato)
        for consulta in (cadena._CADENA, cadena._SIN_ESLABON):
            assert self.columna(consulta) == [], f"{self.cuando}: la cadena está rota"


def _unidad(ver: Vista, trabajo: EditaUnidad, dichos: list[str]) -> None:
    tabla, eventos = UnidadTerritorial._meta.db_table, UnidadTerritorial.pgh_event_model._meta.db_table
    registrados = ver.columna(f"SELECT nombre FROM {eventos} WHERE pgh_obj_id = %s ORDER BY pgh_id", trabajo.unidad)
    assert not set(dichos) - set(registrados), f"{ver.cuando}: confirmado y no registrado"
    [nombre] = ver.columna(f"SELECT nombre FROM {tabla} WHERE id = %s", trabajo.unidad)
    assert registrados[-1] == nombre, f"{ver.cuando}: lo guardado no es lo último registrado"
    if dichos:
        pedidos = list(trabajo.pedidos)
        assert nombre in pedidos[pedidos.index(dichos[-1]) :], f"{ver.cuando}: se perdió {dichos[-1]}, quedó {nombre}"
        codigos = ver.columna(f"SELECT codigo FROM {CodigoExterno._meta.db_table} WHERE unidad_id = %s", trabajo.unidad)
        assert codigos == [nombre], f"{ver.cuando}: una escritura quedó a medias"


def _servicios(ver: Vista, trabajo: CreaServicios, dichos: list[str]) -> None:
    tabla, eventos = Equipamiento._meta.db_table, Equipamiento.pgh_event_model._meta.db_table
    hay = ver.columna(f"SELECT codigo FROM {tabla}")
    assert len(hay) == len(set(hay))
    assert not set(dichos) - set(hay), f"{ver.cuando}: confirmado y perdido"
    assert set(hay) == set(ver.columna(f"SELECT codigo FROM {eventos}")), f"{ver.cuando}: el registro no dice lo mismo"
    sin_lugar = f"""SELECT e.codigo FROM {tabla} e WHERE
        (SELECT count(*) FROM {EquipamientoUnidad._meta.db_table} u WHERE u.equipamiento_id = e.id) < 2"""
    assert ver.columna(sin_lugar) == [], f"{ver.cuando}: un servicio quedó sin sus unidades"


def _demanda(ver: Vista, trabajo: PublicaDemanda, dichas: list[int]) -> None:
    tabla, eventos = Demanda._meta.db_table, Demanda.pgh_event_model._meta.db_table
    fila = ver.conexion.execute(f"SELECT version, publicada FROM {tabla} WHERE id = %s", [trabajo.demanda]).fetchone()
    registradas = ver.conexion.execute(
        f"SELECT version, publicada FROM {eventos} WHERE pgh_obj_id = %s ORDER BY pgh_id", [trabajo.demanda]
    ).fetchall()
    assert registradas[-1] == fila
    assert not {int(v) for v in dichas} - {version for version, _ in registradas}, f"{ver.cuando}: publicación perdida"


def _importaciones(ver: Vista, trabajo: Importa, dichas: list[str]) -> None:
    codigos = ver.columna(f"SELECT codigo FROM {UnidadTerritorial._meta.db_table} WHERE codigo LIKE 'I%%-%%'")
    por_marca: dict[str, int] = {}
    for codigo in codigos:
        marca = codigo.partition("-")[0]
        por_marca[marca] = por_marca.get(marca, 0) + 1
    assert set(por_marca.values()) <= {3}, f"{ver.cuando}: una importación quedó a medias: {por_marca}"
    assert not set(dichas) - set(por_marca), f"{ver.cuando}: una importación confirmada se perdió"
    [aplicadas] = ver.columna(f"SELECT count(*) FROM {Importacion._meta.db_table} WHERE estado = 'aplicada'")
    assert aplicadas == len(por_marca), f"{ver.cuando}: lo que dicen las importaciones no es lo que hay"


EXIGENCIAS = {
    EditaUnidad: _unidad,
    CreaServicios: _servicios,
    PublicaDemanda: _demanda,
    Importa: _importaciones,
}
