"""Every door, by everybody who is not of the municipality: its drafts change nothing of what they are answered."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from cuentas.models import Usuario
from demandas.models import (
    CargaDeDemandas,
    DatoInstitucional,
    Etapa,
    Evento,
    Hallazgo,
    NotaDePriorizacion,
    Paso,
    Priorizacion,
    Proceso,
    Producto,
    Rango,
)
from mapas.capas import CAPAS
from mapas.exportacion import TIPO
from proyectos.models import PDM, POA, Operacion
from territorio.localizacion import localizar
from territorio.models import Importacion, Membresia, Rol, UnidadTerritorial
from tests import hechos, mundo

pytestmark = pytest.mark.django_db

SECRETO = "amatista"  # in every draft; what is searched for is another of its words
GESTION = 2077
# What an answer says of itself, and not of what is stored.
PROPIO_DE_LA_RESPUESTA = [
    rb'name="csrfmiddlewaretoken" value="[^"]*"',
    rb'"csrf": ?"[^"]*"',
    rb'nonce="[^"]*"',
    rb"leaflet_[0-9a-f]+|map_[0-9a-f]{32}|[0-9a-f]{32}",
    rb'"(?:generado|hora|peticion)": ?"[^"]*"',
]
SIN_VISITAR = {
    "metricas",  # numbers of the whole server, for who runs it
    "salud-listo",
    "sello",  # the newest seal moves with every write, and says nothing of it
}


def test_drafts_of_another_municipality_change_no_answer(tablero):
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(6, 0, 2), nombre="Vecino")
    extranios = {
        "visitante": Client(),
        "administrador de al lado": _cliente(vecino, Rol.ADMINISTRADOR),
    }
    propia = _cliente(tablero, Rol.PLANIFICADOR)
    rutas = _rutas(tablero)
    antes = {quien: {ruta: _respuesta(cliente, ruta) for ruta in rutas} for quien, cliente in extranios.items()}
    ids = _borradores(tablero)
    despues = {quien: {ruta: _respuesta(cliente, ruta) for ruta in rutas} for quien, cliente in extranios.items()}
    distintas = [
        f"{quien}: {ruta} {antes[quien][ruta][0]} → {despues[quien][ruta][0]}"
        for quien in extranios
        for ruta in rutas
        if antes[quien][ruta] != despues[quien][ruta]
    ]
    assert not distintas, "\n".join(distintas)
    assert sum(codigo == 200 for codigo, _cuerpo in despues["visitante"].values()) > 60

    # The same doors at the drafts themselves: closed to strangers, open to who is of the municipality.
    abiertas, delatan, vistas = [], [], 0
    for ruta in _rutas_de_objetos(ids):
        for quien, cliente in extranios.items():
            codigo, cuerpo = _respuesta(cliente, ruta)
            if codigo < 300 and ruta.split("/")[1] != "archivos":
                abiertas.append(f"{quien}: {ruta} {codigo}")
            if _delata(cuerpo):
                delatan.append(f"{quien}: {ruta} {codigo}")
        vistas += _delata(_respuesta(propia, ruta)[1])
    assert not abiertas, "\n".join(abiertas)
    assert not delatan, "\n".join(delatan)
    assert vistas >= 6, "quien es del municipio no los vio: la prueba no miraba nada"
    cuantas = sum(_delata(_respuesta(propia, ruta)[1]) for ruta in rutas)
    assert cuantas >= 8, "las listas, mapas y descargas de quien es del municipio no los nombran"


def _cliente(municipio, rol) -> Client:
    usuario = Usuario.objects.create(username=f"{rol}-{municipio.codigo}")
    Membresia.objects.create(usuario=usuario, municipio=municipio, rol=rol)
    cliente = Client()
    cliente.force_login(usuario)
    return cliente


def _borradores(muni) -> dict[str, object]:
    cota = UnidadTerritorial.objects.get(municipio=muni, codigo="c")
    demanda = hechos.demanda(
        muni, "z", mundo.punto(0.4, 0.4), publicada=False, proponente=cota, titulo=f"Zafiro {SECRETO}",
        sector=hechos.sector("11"), grupo="mujeres", beneficiarias_mujeres=40, costo_estimado=1000,
    )  # fmt: skip
    Rango.objects.create(demanda=demanda, grupo="mujeres", puesto=1)
    pdm = PDM.objects.create(municipio=muni, nombre=f"Zafiro {SECRETO}", desde=GESTION, hasta=GESTION + 4)
    proyecto = hechos.proyecto(
        muni, "z", mundo.punto(0.4, 0.4), publicado=False, responde=[demanda], pdm=pdm, beneficia=[cota],
        nombre=f"Zafiro {SECRETO}", sector=hechos.sector("11"), estado="concluido", costo_total=5000,
    )  # fmt: skip
    poa = POA.objects.create(municipio=muni, gestion=GESTION)
    Operacion.objects.create(poa=poa, proyecto=proyecto, presupuesto_inicial=10, presupuesto_vigente=10, devengado=5)
    proceso = Proceso.objects.create(
        municipio=muni, nombre=f"Zafiro {SECRETO}", desde=2024, hasta=GESTION, inicio=date(2024, 1, 1)
    )
    etapa = Etapa.objects.create(proceso=proceso, numero=1, nombre=f"Zafiro {SECRETO}")
    paso = Paso.objects.create(etapa=etapa, orden=1, nombre=f"Zafiro {SECRETO}")
    producto = Producto.objects.create(etapa=etapa, paso=paso, orden=1, nombre=f"Zafiro {SECRETO}")
    evento = Evento.objects.create(
        municipio=muni, proceso=proceso, tipo="cumbre", nombre=f"Zafiro {SECRETO}", unidad=cota,
        punto=mundo.punto(0.4, 0.4), fecha=date(GESTION, 1, 1),
    )  # fmt: skip
    hallazgo = Hallazgo.objects.create(
        municipio=muni, unidad=cota, tipo="problema", texto=f"Zafiro {SECRETO}", grupo="mujeres", puesto=1,
        sector=hechos.sector("11"),
    )  # fmt: skip
    dato = DatoInstitucional.objects.create(
        municipio=muni, apartado="personal", concepto=f"Zafiro {SECRETO}", anio=GESTION, cantidad=6
    )
    importacion = Importacion.objects.create(municipio=muni, nivel=cota.nivel, archivo=f"zafiro_{SECRETO}.geojson")
    carga = CargaDeDemandas.objects.create(municipio=muni, archivo=f"zafiro_{SECRETO}.csv")
    corrida = Priorizacion.objects.create(municipio=muni, nombre=f"Zafiro {SECRETO}", regla="puntaje", techo=1000)
    NotaDePriorizacion.objects.create(priorizacion=corrida, texto=f"Zafiro {SECRETO}")
    localizar(UnidadTerritorial.objects.filter(municipio=muni))
    return {
        "demanda": demanda.pk,
        "proyecto": proyecto.pk,
        "pdm": pdm.pk,
        "poa": poa.pk,
        "proceso": proceso.pk,
        "etapa": etapa.pk,
        "paso": paso.pk,
        "producto": producto.pk,
        "evento": evento.pk,
        "hallazgo": hallazgo.pk,
        "dato": dato.pk,
        "importacion": importacion.uid,
        "carga": carga.uid,
        "corrida": corrida.uid,
    }


# --- the doors --------------------------------------------------------------------------------------------------------
def _patrones(patrones, prefijo: str = "") -> Iterator[tuple[str, URLPattern]]:
    for patron in patrones:
        if isinstance(patron, URLResolver):
            yield from _patrones(patron.url_patterns, prefijo + str(patron.pattern))
        else:
            yield prefijo + str(patron.pattern), patron


def _plantillas() -> list[str]:
    """Each route as text with `{parameter}`s; the admin site, which is for superusers, apart."""
    plantillas = set()
    for ruta, patron in _patrones(get_resolver().url_patterns):
        if (
            ruta.startswith("admin/")
            or (patron.name or "").split(":")[-1] in SIN_VISITAR
            or "<drf_format_suffix" in ruta
        ):
            continue
        ruta = re.sub(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:\[[^\]]*\]|[^)\[])*\)", lambda m: f"{{{m[1] or m[2]}}}", ruta)
        if "{format}" not in ruta:
            plantillas.add("/" + re.sub(r"[\^$]|/\?|\\", "", ruta))
    return sorted(plantillas)


def _rutas(muni) -> list[str]:
    """Every route that needs no object, and those of the municipality's own public ones, as it is and by its filters."""
    consulta = f"?municipio={muni.codigo}"
    unidades = list(UnidadTerritorial.objects.del_municipio(muni).values_list("pk", flat=True))
    rutas = []
    for plantilla in _plantillas():
        if plantilla == "/exportar/{capa}.{formato}":
            # What is read is the same for each format; how it is written, for each layer.
            rutas += [f"/exportar/{capa}.geojson{consulta}" for capa in CAPAS]
            rutas += [f"/exportar/{capa}.{formato}{consulta}" for capa in ("demandas", "proyectos") for formato in TIPO]
        elif "{pk}" in plantilla and "nidad" in plantilla:
            rutas += [plantilla.format(pk=pk) for pk in unidades]
        elif "{municipio}" in plantilla:
            rutas += [plantilla.format(municipio=muni.codigo, nivel=nivel) for nivel in ("distrito", "comunidad")]
        elif "{" not in plantilla:
            rutas += [plantilla, plantilla + consulta, f"{plantilla}{consulta}&q=Zafiro", f"{plantilla}?q=Zafiro"]
            rutas += [
                f"{plantilla}{consulta}&nivel=comunidad&gestion={GESTION}",
                f"{plantilla}{consulta}&nivel=distrito",
            ]
            rutas += [f"{plantilla}{consulta}&sector=11", f"{plantilla}{consulta}&fecha=2024-05-01"]
            rutas += [f"{plantilla}?lat=-16.996&lon=-64.996"]
    return rutas


def _rutas_de_objetos(ids: dict[str, object]) -> list[str]:
    """Every route with an object, tried with each draft: a number says nothing of what it is the number of."""
    rutas = []
    for plantilla in _plantillas():
        for valor in ids.values():
            clave = "{uid}" if isinstance(valor, UUID) else "{pk}"
            if clave in plantilla and "{de}" not in plantilla:
                rutas.append(plantilla.replace(clave, str(valor)))
    # A number may also be that of something public; the drafts' numbers are only theirs where the noun fits.
    nombres = {
        "demanda": "demandas",
        "proyecto": "proyectos",
        "pdm": "pdm",
        "poa": "poas?",
        "proceso": "proceso",
        "etapa": "etapas",
        "paso": "pasos",
        "producto": "productos",
        "evento": "eventos",
        "hallazgo": "hallazgos",
        "dato": "institucional",
        "importacion": "importaciones",
        "carga": "cargas",
        "corrida": "priorizaciones",
    }
    propias = [
        ruta for ruta in rutas for clave, valor in ids.items() if re.search(rf"/{nombres[clave]}/{valor}(/|$)", ruta)
    ]
    return sorted(set(propias))


def _respuesta(cliente: Client, ruta: str) -> tuple[int, bytes]:
    """Status and body, of a zip what it holds, without what an answer says of itself only."""
    respuesta = cliente.get(ruta)
    cuerpo = b"".join(respuesta.streaming_content) if respuesta.streaming else respuesta.content
    if cuerpo[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(cuerpo)) as paquete:
            cuerpo = b"".join(
                nombre.encode() + paquete.read(nombre)
                for nombre in sorted(paquete.namelist())
                if "docProps" not in nombre
            )
    for patron in PROPIO_DE_LA_RESPUESTA:
        cuerpo = re.sub(patron, b"", cuerpo)
    return respuesta.status_code, cuerpo


def _delata(cuerpo: bytes) -> bool:
    return SECRETO.encode() in cuerpo or re.search(rb"(?<![\w.,-])%d(?![\w])" % GESTION, cuerpo) is not None
