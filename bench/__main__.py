"""`bin/bench`: load a city into a database of its own and print what each thing costs, in one run."""

import gzip
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from io import StringIO
from pathlib import Path

BASE = "minka_bench"
VECES = 7


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    warnings.filterwarnings("ignore", "No directory at", UserWarning)  # no collected static files are served here
    django.setup()
    # Without arguments, all of it; `bin/bench ciudad`, `nacional`, `diagnostico` or `reglas`, a part.
    partes = sys.argv[1:] or ["ciudad", "nacional", "diagnostico", "reglas"]
    for parte in partes:
        if parte == "reglas":
            from bench import reglas

            reglas.medir(_fila)
            continue
        with _base_propia(), tempfile.TemporaryDirectory(prefix="minka-bench-") as carpeta:
            {"ciudad": _medir, "nacional": _nacional, "diagnostico": _diagnostico}[parte](Path(carpeta))


class _base_propia:  # noqa: N801 (used as a phrase: with _base_propia())
    """A database made for the run and dropped after it, on the same server."""

    def __enter__(self) -> None:
        from django.conf import settings
        from django.db import connection

        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {BASE}")
            cursor.execute(f"CREATE DATABASE {BASE}")
        connection.close()
        self.anterior = settings.DATABASES["default"]["NAME"]
        connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = BASE

    def __exit__(self, *error: object) -> None:
        from django.db import connection

        connection.close()
        connection.settings_dict["NAME"] = self.anterior
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {BASE}")


def _medir(carpeta: Path) -> None:
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from bench.datos import ciudad
    from mapas.preguntas import PREGUNTAS

    settings.ALLOWED_HOSTS = ["*"]
    lugar = ciudad(carpeta)
    print(f"Medido en {lugar.nombre}, {os.cpu_count()} núcleos; mediana de {VECES} (mínimo – máximo).\n")
    call_command("migrate", verbosity=0)
    for paso in lugar.preparacion:
        _fila(f"cargar {paso.que}", [_orden(paso)], "s")
    otbs, obras = _orden(lugar.otbs), _orden(lugar.obras)
    _fila(f"cargar {lugar.otbs.que} y localizar {lugar.obras.que}", [otbs + obras], "s", limite=10)
    _fila(f"cargar {lugar.otbs.que} otra vez, sin cambios", [_orden(lugar.otbs)], "s")
    cliente = Client(headers={"accept-encoding": "gzip"})
    print()
    for pregunta in PREGUNTAS:
        for nivel in ("otb", "distrito"):
            url = f"/mapas/{pregunta}/?municipio={lugar.codigo}&nivel={nivel}"
            tiempos, bytes_ = _pagina(cliente, url)
            formas = _bytes(cliente, f"/mapas/geometria/{lugar.codigo}/{nivel}.json")
            _fila(f"{pregunta}, por {nivel}: servidor", tiempos, "ms", limite=300)
            _fila(f"{pregunta}, por {nivel}: página y límites, gzip", [(bytes_ + formas) / 1024], "KB", limite=1024)
    print()
    por_sql = _repetir(lambda: _sql(lugar.codigo))
    sin_comprimir, url = Client(), f"/api/v1/unidades/?municipio={lugar.codigo}&nivel=otb"
    por_api = _repetir(lambda: b"".join(sin_comprimir.get(url).streaming_content))
    _fila("GeoJSON de todas las OTB: solo SQL", por_sql, "ms")
    _fila("GeoJSON de todas las OTB: API", por_api, "ms")
    _fila("   API / SQL, por pares", [a / s for a, s in zip(por_api, por_sql, strict=True)], "×", limite=2)
    salida = StringIO()
    try:
        inicio = time.perf_counter()
        call_command("verificar", stdout=salida)
        _fila("verificar", [time.perf_counter() - inicio], "s")
    except SystemExit:
        print(salida.getvalue())
        sys.exit("verificar encontró diferencias: las medidas no valen.")


def _nacional(carpeta: Path) -> None:
    from django.core.management import call_command

    from bench import escala

    call_command("migrate", verbosity=0)
    escala.medir(carpeta, _fila)


def _diagnostico(_carpeta: Path) -> None:
    from django.core.management import call_command

    from bench import diagnostico, mesa

    call_command("migrate", verbosity=0)
    diagnostico.medir(_fila, _repetir)
    mesa.medir(_fila, _repetir)


def _orden(paso) -> float:
    """Seconds that a command takes in this process; a refused load ends the run."""
    from django.core.management import call_command

    salida, inicio = StringIO(), time.perf_counter()
    try:
        call_command(paso.comando, *paso.argumentos, stdout=salida)
    except SystemExit as e:
        sys.exit(f"No se pudo cargar {paso.que}:\n{salida.getvalue()}\n{e}")
    return time.perf_counter() - inicio


def _repetir(que: Callable[[], object]) -> list[float]:
    """Milliseconds of each counted run, after one that is not counted."""
    que()
    tiempos = []
    for _ in range(VECES):
        inicio = time.perf_counter()
        que()
        tiempos.append((time.perf_counter() - inicio) * 1000)
    return tiempos


def _pagina(cliente, url: str) -> tuple[list[float], int]:
    tiempos = _repetir(lambda: cliente.get(url))
    respuesta = cliente.get(url)
    if respuesta.status_code != 200:
        sys.exit(f"{url} respondió {respuesta.status_code}")
    return tiempos, _comprimidos(respuesta)


def _bytes(cliente, url: str) -> int:
    return _comprimidos(cliente.get(url, follow=True))


def _comprimidos(respuesta) -> int:
    cuerpo = b"".join(respuesta.streaming_content) if respuesta.streaming else respuesta.content
    return len(cuerpo) if respuesta.headers.get("Content-Encoding") == "gzip" else len(gzip.compress(cuerpo, 6))


def _sql(municipio: str) -> bytes:
    """The bare statement that a hand-written service would run for the same collection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT json_build_object('type', 'FeatureCollection', 'features', json_agg(json_build_object(
                'type', 'Feature', 'id', u.id, 'geometry', ST_AsGeoJSON(l.geom, 7)::json, 'properties', json_build_object(
                    'codigo', u.codigo, 'nombre', u.nombre, 'padre', p.codigo, 'categoria', u.categoria))))::text
            FROM territorio_unidadterritorial u
            JOIN territorio_nivel n ON n.id = u.nivel_id AND n.codigo = 'otb'
            JOIN territorio_unidadterritorial m ON m.id = u.municipio_id AND m.codigo = %s
            LEFT JOIN territorio_unidadterritorial p ON p.id = u.padre_id
            LEFT JOIN territorio_limite l ON l.unidad_id = u.id AND l.sustituido IS NULL AND l.vigencia @> CURRENT_DATE""",
            [municipio],
        )
        return cursor.fetchone()[0].encode()


def _fila(nombre: str, valores: list[float], unidad: str, *, limite: float | None = None) -> None:
    mediana = statistics.median(valores)
    rango = f" ({min(valores):.2f} – {max(valores):.2f})" if len(valores) > 1 else ""
    juicio = "" if limite is None else f"   {'bien' if mediana <= limite else 'PASA'}: tope {limite:g} {unidad}"
    print(f"{nombre:<58}{mediana:>10.2f} {unidad}{rango}{juicio}", flush=True)


if __name__ == "__main__":
    main()
