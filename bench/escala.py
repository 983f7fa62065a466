"""National size: 25,000 polygons and 100,000 demands, each step beside its limit and the load beside `ogr2ogr`."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from urllib.parse import urlencode

from bench.nacional import CODIGO, Nacional

DEMANDAS = 100_000
PUNTOS = 300
Fila = Callable[..., None]


def medir(carpeta: Path, fila: Fila) -> None:
    """Print a line for each thing measured, in a database that already has its tables."""
    from django.core.management import call_command

    pais = Nacional(carpeta)
    pais.escribir()
    n = f"{pais.comunidades:,}".replace(",", ".")
    print(f"\nTamaño nacional: {n} polígonos con bordes compartidos de unos 60 vértices, 20 distritos.\n")
    _cargar(pais.archivo("municipio"), "municipio", "")
    _cargar(pais.archivo("distritos"), "distrito", CODIGO)
    ogr = _ogr2ogr(pais.archivo("comunidades"))
    medido = _cargar(pais.archivo("comunidades"), "comunidad", CODIGO)
    fila(f"{n} polígonos: simular", [medido["simular_s"]], "s", limite=60)
    fila(f"{n} polígonos: simular, memoria del proceso y su lector", [medido["simular_mb"]], "MB", limite=1024)
    fila(f"{n} polígonos: cargar y ubicar", [medido["cargar_s"]], "s", limite=60)
    fila(f"{n} polígonos: cargar, memoria", [medido["cargar_mb"]], "MB", limite=1024)
    if ogr is None:
        print("ogr2ogr no está instalado (paquete gdal-bin): no se compara.")
    else:
        fila(f"{n} polígonos: ogr2ogr a una tabla vacía (solo copia)", [ogr], "s")
        fila("   cargar y ubicar / ogr2ogr", [medido["cargar_s"] / ogr], "×", limite=4)
    fila(f"¿qué unidad es aquí?, {PUNTOS} puntos", _donde(pais), "ms", limite=20)
    fila(f"ubicar {DEMANDAS:,} demandas nuevas".replace(",", "."), [_demandas(pais)], "s")
    for que in ("poco", "mucho"):
        medido = _cargar(pais.archivo(f"distrito_{que}"), "distrito", CODIGO)
        movidas = medido["cuentas"].get("demandas_que_cambiaron_de_unidad", 0)
        fila(f"un distrito cambia {que}: {movidas} demandas cambian de unidad", [medido["cargar_s"]], "s", limite=10)
    fila("   deshacer el último cambio", [_deshacer()], "s", limite=10)
    salida, inicio = StringIO(), time.perf_counter()
    try:
        call_command("verificar", stdout=salida)
    except SystemExit:
        sys.exit(f"{salida.getvalue()}\nverificar encontró diferencias: las medidas no valen.")
    fila("verificar todo", [time.perf_counter() - inicio], "s")


def _cargar(archivo: Path, nivel: str, municipio: str) -> dict:
    """Load a file in a process of its own and give what it measured."""
    orden = [sys.executable, "-m", "bench.carga", str(archivo), nivel, municipio]
    hecho = subprocess.run(orden, env=os.environ | {"DATABASE_URL": _url()}, capture_output=True, text=True)
    if hecho.returncode:
        sys.exit(f"No se pudo cargar {archivo.name}:\n{hecho.stderr[-3000:]}")
    return json.loads(hecho.stdout.splitlines()[-1])


def _base() -> dict:
    from django.conf import settings

    return settings.DATABASES["default"]


def _url() -> str:
    base = _base()
    quien = base["USER"] + (f":{base['PASSWORD']}" if base["PASSWORD"] else "")
    # A folder of sockets as a host keeps its own slash: that is how django-environ tells it from a name.
    servidor = (
        ("/" if base["HOST"].startswith("/") else "") + base["HOST"] + (f":{base['PORT']}" if base["PORT"] else "")
    )
    opciones = urlencode({clave: valor for clave, valor in base.get("OPTIONS", {}).items() if isinstance(valor, str)})
    return f"postgis://{quien}@{servidor}/{base['NAME']}?{opciones}"


def _ogr2ogr(archivo: Path) -> float | None:
    """Seconds that GDAL takes to copy the file into an empty table: no matching, no checks, no places."""
    if shutil.which("ogr2ogr") is None:
        return None
    base = _base()
    partes = {
        "dbname": base["NAME"],
        "user": base["USER"],
        "password": base["PASSWORD"],
        "host": base["HOST"] or base.get("OPTIONS", {}).get("host"),
        "port": base["PORT"],
    }
    destino = "PG:" + " ".join(f"{clave}={valor}" for clave, valor in partes.items() if valor)
    # The program of the system with the libraries of the system, not those of the wheels.
    entorno = {
        c: v for c, v in os.environ.items() if c not in {"GDAL_LIBRARY_PATH", "PROJ_LIB", "GDAL_DATA", "PROJ_DATA"}
    }
    orden = ["ogr2ogr", "-f", "PostgreSQL", destino, str(archivo), "-nln", "comparacion", "-nlt", "MULTIPOLYGON"]
    inicio = time.perf_counter()
    subprocess.run([*orden, "-overwrite"], env=entorno | {"PG_USE_COPY": "YES"}, check=True, capture_output=True)
    return time.perf_counter() - inicio


def _donde(pais: Nacional) -> list[float]:
    """Milliseconds of each question, from the point to the list of units, through the ORM."""
    from django.contrib.gis.geos import Point

    from territorio.models import UnidadTerritorial

    tiempos = []
    for x, y in pais.puntos(PUNTOS + 20):
        inicio = time.perf_counter()
        list(UnidadTerritorial.objects.que_cubren(Point(x, y, srid=4326)))
        tiempos.append((time.perf_counter() - inicio) * 1000)
    return tiempos[20:]


def _demandas(pais: Nacional) -> float:
    """Seconds to place the demands, once they are stored."""
    from django.contrib.gis.geos import Point

    from demandas.models import Demanda
    from territorio.localizacion import localizar
    from territorio.models import UnidadTerritorial

    municipio = UnidadTerritorial.objects.get(codigo=CODIGO)
    Demanda.objects.bulk_create(
        [
            Demanda(municipio=municipio, codigo=f"D{n}", titulo=f"Demanda {n}", punto=Point(x, y, srid=4326))
            for n, (x, y) in enumerate(pais.puntos(DEMANDAS, semilla=3))
        ],
        batch_size=5000,
    )
    inicio = time.perf_counter()
    localizar(Demanda.objects.all())
    return time.perf_counter() - inicio


def _deshacer() -> float:
    from territorio.importacion.deshacer import deshacer
    from territorio.models import Importacion

    inicio = time.perf_counter()
    deshacer(importacion=Importacion.objects.latest("pk"))
    return time.perf_counter() - inicio
