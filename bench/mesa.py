"""The prioritisation workbench over 2,000 demands: the page with its columns, and the slower rules on the server."""

import random
import sys
import time
from collections.abc import Callable

from bench.diagnostico import CODIGO

DEMANDAS = 2000


def medir(fila: Callable[..., None], repetir: Callable[[Callable[[], object]], list[float]]) -> None:
    """Print a line for each measure, in a database where `bench.diagnostico` has filled its municipality."""
    import gzip

    from django.contrib.auth.models import AnonymousUser
    from django.test import Client

    from demandas.mesa.conjunto import reunir
    from demandas.mesa.corrida import correr
    from demandas.mesa.pedido import leer_pedido
    from territorio.models import Municipio

    _llenar()
    consulta = f"?municipio={CODIGO}&techo=40.000.000&estado=validada"
    cliente, ruta = Client(), f"/mapas/priorizacion/{consulta}"
    respuesta = cliente.get(ruta)
    if respuesta.status_code != 200 or f"{DEMANDAS:,}".replace(",", ".") not in respuesta.content.decode():
        sys.exit(f"{ruta} respondió {respuesta.status_code}, o no tiene las {DEMANDAS} demandas")
    print(f"\nMesa de priorización: {DEMANDAS:,} demandas.\n")
    fila("mesa: servidor", repetir(lambda: cliente.get(ruta)), "ms", limite=1000)
    fila("mesa: página con sus columnas, gzip", [len(gzip.compress(respuesta.content, 6)) / 1024], "KB", limite=500)
    municipio = Municipio.objects.get(codigo=CODIGO)
    pedido = leer_pedido({"techo": "40.000.000", "estado": "validada"}, municipio)
    fila(
        "mesa: reunir el conjunto con sus criterios y votos",
        repetir(lambda: reunir(pedido, AnonymousUser(), con_votos=True)),
        "ms",
        limite=800,
    )
    conjunto = reunir(pedido, AnonymousUser(), con_votos=True)
    for regla in ("puntaje", "por_boliviano", "partes_iguales", "mochila"):
        inicio = time.perf_counter()
        correr(pedido, conjunto, regla=regla)
        fila(f"mesa: {regla}", [(time.perf_counter() - inicio) * 1000], "ms")


def _llenar() -> None:
    from django.contrib.gis.geos import Point
    from django.db import connection

    from demandas.models import Demanda, Grupo, Madurez, Rango
    from territorio.localizacion import localizar
    from territorio.models import Municipio, Sector, UnidadTerritorial

    azar = random.Random(2)
    municipio = Municipio.objects.get(codigo=CODIGO)
    comunidades = list(UnidadTerritorial.objects.filter(municipio=municipio, nivel__codigo="comunidad"))
    sectores = list(Sector.objects.order_by("codigo")[:20])
    grupos = list(Grupo)
    nuevas = Demanda.objects.bulk_create(
        [
            Demanda(
                municipio=municipio, codigo=f"M{i:05}", titulo=f"Construcción de lo que se pidió primero, número {i}",
                proponente=comunidades[i % len(comunidades)], sector=azar.choice(sectores), grupo=azar.choice(grupos),
                estado="validada", publicada=True, costo_estimado=azar.randrange(5_000, 900_000),
                punto=Point(-65 + azar.random() * 0.8, -16.99 + azar.random() * 0.08, srid=4326),
                beneficiarias_mujeres=azar.randrange(10, 90), beneficiarios_hombres=azar.randrange(10, 90),
                contraparte=azar.choice([None, 1000]), madurez=azar.choice(list(Madurez)), pedida_desde=2018 + i % 8,
            )
            for i in range(DEMANDAS)
        ],
        batch_size=1000,
    )  # fmt: skip
    Rango.objects.bulk_create(
        [
            Rango(demanda=d, grupo=grupo, puesto=1 + i // len(comunidades))
            for i, d in enumerate(nuevas)
            for grupo in ("comunidad", "mujeres", "jovenes")
        ],
        batch_size=5000,
    )
    localizar(Demanda.objects.filter(pk__in=[d.pk for d in nuevas]))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
