"""The consolidated diagnosis of a large municipality: 120 communities × 20 sectors, each cell with all that it holds."""

import random
import sys
from collections.abc import Callable

COMUNIDADES, SECTORES, DISTRITOS = 120, 20, 8
CODIGO = "990190"


def medir(fila: Callable[..., None], repetir: Callable[[Callable[[], object]], list[float]]) -> None:
    """Print a line for each page and download, in a database that already has its tables."""
    from django.conf import settings
    from django.test import Client

    settings.ALLOWED_HOSTS = ["*"]
    hallazgos, demandas = _llenar()
    print(
        f"\nDiagnóstico: {COMUNIDADES} comunidades × {SECTORES} sectores, {hallazgos:,} hallazgos, {demandas:,} demandas.\n"
    )
    cliente, consulta = Client(), f"?municipio={CODIGO}"
    for que, ruta, limite in (
        ("matriz, primera hoja", f"/diagnostico/{consulta}", 200),
        ("matriz, una hoja del medio", f"/diagnostico/{consulta}&pagina=5", 200),
        ("matriz entera de un vistazo (120 × 20)", f"/diagnostico/{consulta}&ver=rejilla", 200),
        ("mapa del diagnóstico, por comunidad", f"/mapas/diagnostico/{consulta}&nivel=comunidad", 300),
        ("libro (XLSX)", f"/diagnostico.xlsx{consulta}", None),
        ("documento (DOCX)", f"/diagnostico.docx{consulta}", None),
    ):
        respuesta = cliente.get(ruta)
        if respuesta.status_code != 200:
            sys.exit(f"{ruta} respondió {respuesta.status_code}")
        fila(f"{que}: servidor", repetir(lambda ruta=ruta: _entera(cliente, ruta)), "ms", limite=limite)


def _entera(cliente, ruta: str) -> bytes:
    respuesta = cliente.get(ruta)
    return b"".join(respuesta.streaming_content) if respuesta.streaming else respuesta.content


def _llenar() -> tuple[int, int]:
    """A municipality of points in districts of squares; how many findings and demands it has."""
    from django.contrib.gis.geos import MultiPolygon, Point, Polygon
    from django.db import connection

    from demandas.models import Demanda, DemandaHallazgo, Grupo, Hallazgo, TipoDeHallazgo
    from territorio.localizacion import localizar
    from territorio.models import Limite, Nivel, Sector, UnidadTerritorial

    azar = random.Random(1)
    nivel = {n.codigo: n for n in Nivel.objects.all()}
    sectores = list(Sector.objects.order_by("codigo")[:SECTORES])
    municipio = UnidadTerritorial.objects.create(nivel=nivel["municipio"], codigo=CODIGO, nombre="Municipio de medida")
    distritos = []
    for i in range(DISTRITOS):
        distrito = UnidadTerritorial.objects.create(
            nivel=nivel["distrito"], codigo=f"D{i}", nombre=f"Distrito {i}", municipio=municipio, padre=municipio
        )
        caja = Polygon.from_bbox((-65 + i * 0.1, -17, -65 + (i + 1) * 0.1, -16.9))
        Limite.objects.create(unidad=distrito, geom=MultiPolygon(caja), vigencia=(None, None), fuente="medida")
        distritos.append(distrito)
    comunidades = UnidadTerritorial.objects.bulk_create(
        UnidadTerritorial(
            nivel=nivel["comunidad"],
            codigo=f"C{i:03}",
            nombre=f"Comunidad {i}",
            municipio=municipio,
            padre=distritos[i % DISTRITOS],
            punto=Point(-65 + (i % DISTRITOS) * 0.1 + 0.05, -16.99 + i * 0.0005, srid=4326),
        )
        for i in range(COMUNIDADES)
    )
    localizar(UnidadTerritorial.objects.filter(municipio=municipio) | UnidadTerritorial.objects.filter(pk=municipio.pk))
    grupos = list(Grupo)
    hallazgos = Hallazgo.objects.bulk_create(
        [
            Hallazgo(
                municipio=municipio, unidad=comunidad, sector=sector, tipo=tipo, grupo=azar.choice(grupos),
                texto=f"Lo que se dijo de {sector.nombre} en {comunidad.nombre}, con las palabras del taller",
                publicado=True,
            )
            for comunidad in comunidades
            for sector in sectores
            for tipo in TipoDeHallazgo
        ],
        batch_size=2000,
    )  # fmt: skip
    demandas = Demanda.objects.bulk_create(
        [
            Demanda(
                municipio=municipio, codigo=f"{comunidad.codigo}-{sector.codigo}", proponente=comunidad, sector=sector,
                titulo=f"Construcción de lo que falta de {sector.nombre} en {comunidad.nombre}", publicada=True,
            )
            for comunidad in comunidades
            for sector in sectores
        ],
        batch_size=2000,
    )  # fmt: skip
    # The first of the four findings of each cell is the problem from which its demand comes.
    DemandaHallazgo.objects.bulk_create(
        [
            DemandaHallazgo(demanda=d, hallazgo=h)
            for d, h in zip(demandas, hallazgos[:: len(TipoDeHallazgo)], strict=True)
        ]
    )
    localizar(Demanda.objects.filter(municipio=municipio))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return len(hallazgos), len(demandas)
