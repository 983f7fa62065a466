"""An import of limits at each of its stages, its file in a folder of the test's own."""

import pytest

from cuentas.models import Usuario
from territorio.models import EstadoImportacion as E
from territorio.models import Importacion, Membresia, Rol
from territorio.services import importaciones
from tests import mundo
from tests.subidas import con_informe, recibir, trabajar


@pytest.fixture(autouse=True)
def carpeta(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "privado"
    return settings.MEDIA_ROOT


@pytest.fixture
def tecnica(muni):
    usuaria = Usuario.objects.create_user("tecnica")
    Membresia.objects.create(usuario=usuaria, municipio=muni, rol=Rol.TECNICO_SIG)
    return usuaria


@pytest.fixture
def leida(muni, tecnica):
    importacion = trabajar(recibir(muni, tecnica))
    assert importacion.estado == E.POR_REVISAR, importacion.mensajes
    return importacion


@pytest.fixture
def registrada(muni, tecnica):
    """A record as reading leaves it, without reading."""
    fila = {"numero": 1, "estado": "nueva", "nombre": "Oeste", "codigo": "1"}
    nueva = Importacion.objects.create(
        municipio=muni, nivel=mundo.nivel("distrito"), archivo="a.geojson", por=tecnica, sha256="x", estado=E.POR_REVISAR,
        huella="h", pedido={"nivel": "distrito"},
    )  # fmt: skip
    return con_informe(nueva, filas=[fila])


@pytest.fixture
def aplicada(leida, tecnica):
    return trabajar(importaciones.aceptar(uid=leida.uid, por=tecnica, huella=leida.huella))
